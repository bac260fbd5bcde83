"""A walk as a timeline: what happens at what London time, and whom it must tell by when.

world.at("22:05").fix(inside)
world.phone.expects(between("22:05", "22:06"), AlertKind.ZONE_ENTRY)
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from math import cos, radians
from pathlib import Path

import msgspec
from sqlalchemy import select

from tagwatch.config import Config
from tagwatch.core import ledger
from tagwatch.core.alert import Alert, AlertKind
from tagwatch.core.circumstance import Circumstance
from tagwatch.core.geometry import Disc, LonLat
from tagwatch.core.ids import (
    AccountId,
    ActivationId,
    AlertId,
    ConditionId,
    ContactId,
    OrderId,
    PersonId,
    TagId,
    WearerId,
)
from tagwatch.core.ledger import Event, Tick
from tagwatch.core.order import (
    ConditionVersion,
    Curfew,
    ExclusionZone,
    LegalBasis,
    Order,
    Programme,
    Terms,
)
from tagwatch.core.person import (
    Activation,
    Channel,
    Contact,
    Duty,
    ProtectedPerson,
    Tag,
    Wearer,
)
from tagwatch.core.recorded_frame import FrameReceived
from tagwatch.core.timetable import CurfewRow, Weekday
from tagwatch.core.units import HOUR, SECOND, Instant, instant
from tagwatch.engine.centre import InProcessCentre
from tagwatch.store import alerts, schema
from tagwatch.store.database import reading
from tagwatch.store.drafts import draft_of
from tagwatch.store.journal.record import Lane
from tests.walk.tables import lay_tables

BY = AccountId("ac_clerk")
DAY = "2026-11-18"
"""A Wednesday in winter: London time is UTC."""
TICK = 20 * SECOND
HOME = LonLat(lon_deg=-0.1000, lat_deg=51.5000)
HERS = LonLat(lon_deg=-0.0600, lat_deg=51.5200)


def at_time(clock: str, day: str = DAY) -> Instant:
    """Return the instant of `22:05` or `22:05:30` on the day of the timeline."""
    return instant(datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=UTC))


START = at_time("00:00")


def metres_from(place: LonLat, east_m: float, north_m: float) -> LonLat:
    """Return the place so many metres away; good to a centimetre over a few hundred metres."""
    north = north_m / 111_320.0
    east = east_m / (111_320.0 * cos(radians(place.lat_deg)))
    return LonLat(lon_deg=place.lon_deg + east, lat_deg=place.lat_deg + north)


def between(start: str, end: str) -> tuple[Instant, Instant]:
    """Return [start, end) on the day of the timeline."""
    return at_time(start), at_time(end)


def frame(
    fixes: list[dict[str, object]],
    wearer: str = "w1",
    events: list[dict[str, object]] | None = None,
) -> FrameReceived:
    """Return a frame in Tagwatch's own protocol."""
    body = msgspec.json.encode({"fixes": fixes, "events": events or []})
    return FrameReceived(
        protocol="tagwatch",
        body=body,
        content_type="application/json",
        tag_id=TagId(f"t_{wearer}"),
        activation_id=ActivationId(f"a_{wearer}"),
        wearer_id=wearer,
        frame_sha256=sha256(body).digest(),
    )


def fix(place: LonLat, at: Instant, accuracy_m: float = 10.0, **more: object) -> dict[str, object]:
    """Return one fix of a batch."""
    return {
        "time": at / SECOND,
        "lon": place.lon_deg,
        "lat": place.lat_deg,
        "accuracy_m": accuracy_m,
        "confidence": 0.68,
        "source": 1,
        **more,
    }


ZONE = ExclusionZone(
    label="zone",
    shape=Disc(centre=HERS, radius_m=300.0),
    buffer_m=300.0,
    protects=(PersonId("p1"),),
)
CURFEW = Curfew(
    label="home",
    address=HOME,
    rows=tuple(
        CurfewRow(
            from_day=day,
            from_time=datetime.fromisoformat("2000-01-01T19:00").time(),
            until_day=list(Weekday)[(number + 1) % 7],
            until_time=datetime.fromisoformat("2000-01-01T07:00").time(),
        )
        for number, day in enumerate(Weekday)
    ),
)


def register(
    wearer: str = "w1",
    since: Instant | None = None,
    terms: tuple[Terms, ...] = (ZONE, CURFEW),
    basis: LegalBasis = LegalBasis.LICENCE,
) -> list[Event]:
    """Return the events that put one wearer under an order, tagged and told."""
    start = at_time("00:00") if since is None else since
    events: list[Event] = [
        ledger.WearerRecorded(
            wearer=Wearer(
                wearer_id=WearerId(wearer),
                name=f"Demo Wearer {wearer}",
                programme=Programme.DOMESTIC_ABUSE,
                borough="Camden",
                agency="probation-london",
            ),
            by=BY,
        ),
        ledger.TagRecorded(tag=Tag(tag_id=TagId(f"t_{wearer}"), serial=f"S-{wearer}"), by=BY),
        ledger.ActivationStarted(
            activation=Activation(
                activation_id=ActivationId(f"a_{wearer}"),
                tag_id=TagId(f"t_{wearer}"),
                wearer_id=WearerId(wearer),
                started_at=start,
            ),
            by=BY,
        ),
        ledger.OrderRecorded(
            order=Order(
                order_id=OrderId(f"o_{wearer}"),
                wearer_id=WearerId(wearer),
                reference="REF",
                legal_basis=basis,
                programme=Programme.DOMESTIC_ABUSE,
                starts_at=start,
            ),
            by=BY,
        ),
    ]
    for number, term in enumerate(terms):
        version = ConditionVersion(
            condition_id=ConditionId(f"c_{wearer}_{number}"),
            version=1,
            order_id=OrderId(f"o_{wearer}"),
            wearer_id=WearerId(wearer),
            terms=term,
            valid_from=start,
            recorded_at=start,
            told_at=start,
        )
        events.append(ledger.ConditionRecorded(condition=version, by=BY))
    return events


def contacts() -> list[Event]:
    """Return a person to protect, and somebody on every duty."""
    people: list[Event] = [
        ledger.PersonRecorded(
            person=ProtectedPerson(
                person_id=PersonId("p1"),
                name="Demo Person",
                wearers=(WearerId("w1"),),
                liaison=ContactId("liaison"),
            ),
            by=BY,
        )
    ]
    for duty in Duty:
        contact = Contact(
            contact_id=ContactId(str(duty)),
            label=str(duty),
            duty=duty,
            channel=Channel.WEBHOOK,
            address="https://phone.invalid/hook",
        )
        people.append(ledger.ContactRecorded(contact=contact, by=BY))
    return people


@dataclass
class Phone:
    """What reached the outbox."""

    world: "World"

    def expects(
        self, window: tuple[Instant, Instant], kind: AlertKind, duty: Duty | None = None
    ) -> dict[str, object]:
        """Return the one notification of `kind` created in the window; fails if there is none."""
        start, end = window
        found = [
            row
            for row in self.world.outbox()
            if start <= row["created_at"] < end
            and row["body"]["kind"] == kind
            and (duty is None or row["body"]["duty"] == duty)
        ]
        said = [(r["created_at"], r["body"]["kind"], r["stage"]) for r in self.world.outbox()]
        assert found, f"no {kind} for {duty} in {window}; there are {said}"
        return found[0]

    def silent(self, window: tuple[Instant, Instant], kind: AlertKind | None = None) -> None:
        """Fail if anything (of `kind`) was created in the window."""
        start, end = window
        found = [
            (row["created_at"], row["body"]["kind"], row["stage"])
            for row in self.world.outbox()
            if start <= row["created_at"] < end and kind in (None, row["body"]["kind"])
        ]
        assert not found, found


@dataclass
class World:
    """One installation in this process, and a clock that the test moves."""

    config: Config
    centre: InProcessCentre = field(init=False)
    phone: Phone = field(init=False)
    now: Instant = START

    def __post_init__(self) -> None:
        self.centre = InProcessCentre.open(self.config)
        self.phone = Phone(self)

    @classmethod
    def on(cls, folder: Path) -> "World":
        """Make an installation in `folder` with one wearer, told of his zone and his curfew."""
        config = Config(data=folder)
        lay_tables(config)
        world = cls(config)
        world.record(*contacts(), *register())
        return world

    def record(self, *events: Event) -> range:
        """Journal events now."""
        return self.centre.record(*events, at=self.now)

    def at(self, clock: str, day: str = DAY) -> "World":
        """Move the clock, three ticks a minute on the way, and decide."""
        until = at_time(clock, day)
        ticks = [
            draft_of(Tick(at=Instant(at), monotonic_us=at), Instant(at))
            for at in range(self.now + TICK, until + 1, TICK)
        ]
        if ticks:
            self.centre.append(ticks)
        self.now = until
        self.centre.apply()
        return self

    def fix(self, place: LonLat, accuracy_m: float = 10.0, **more: object) -> "World":
        """Let the tag report a fix of now, and decide."""
        return self.late_fix(place, self.now, accuracy_m, **more)

    def late_fix(
        self, place: LonLat, at: Instant, accuracy_m: float = 10.0, **more: object
    ) -> "World":
        """Let the tag report a fix of `at` now, and decide."""
        sent = frame([fix(place, at, accuracy_m, **more)])
        lane = Lane.BACKFILL if self.now - at > HOUR else Lane.FRESH
        self.centre.record(sent, at=self.now, lane=lane)
        self.centre.apply()
        return self

    def says(self, **event: object) -> "World":
        """Let the tag report an event of itself, and decide."""
        said = {"time": self.now / SECOND, **event}
        self.record(frame([], events=[said]))
        self.centre.apply()
        return self

    def crash(self) -> "World":
        """Let everything in memory go and come up again from the disk."""
        self.centre.close()
        self.centre = InProcessCentre.open(self.config)
        return self

    def outbox(self) -> list[dict[str, object]]:
        """Return the outbox, in order of creation."""
        with reading(self.centre.projections) as connection:
            query = select(schema.notification).order_by(
                schema.notification.c.created_at, schema.notification.c.notification_id
            )
            rows = [dict(row) for row in connection.execute(query).mappings()]
        for row in rows:
            row["body"] = msgspec.json.decode(row["body"])
        return rows

    def alerts(self) -> list[Alert]:
        """Return all alerts, first raised first."""
        with reading(self.centre.projections) as connection:
            return alerts.every_alert(connection)

    def cards(self, alert_id: AlertId) -> list[Circumstance]:
        """Return the cards of an alert, first version first."""
        table = schema.circumstance
        query = select(table.c.body).where(table.c.alert_id == alert_id).order_by(table.c.version)
        with reading(self.centre.projections) as connection:
            bodies = list(connection.scalars(query))
        return [msgspec.json.decode(body, type=Circumstance) for body in bodies]

    def close(self) -> None:
        """Let go of the installation."""
        self.centre.close()
