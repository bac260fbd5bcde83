"""Wearers with a mark of their own planted in every field, and a search for it in every file."""

import datetime as dt
import enum
import io
import types
import typing
import zipfile
from collections.abc import Iterable
from typing import Any

import msgspec
from sqlalchemy import select

from tagwatch.core import ledger
from tagwatch.core.case import Case, CaseState
from tagwatch.core.enquiry import Enquiry, EnquiryState
from tagwatch.core.event import Event
from tagwatch.core.exemption import Exemption, ExemptionCause
from tagwatch.core.geometry import LonLat
from tagwatch.core.geometry_need import GeometryNeed
from tagwatch.core.ids import AccountId, WearerId
from tagwatch.core.ledger import Tick
from tagwatch.core.match_run import ExcludedPerson, MatchedPerson, MatchRun
from tagwatch.core.order import ConditionVersion, ExclusionZone, LegalBasis, Order, Programme
from tagwatch.core.outcome import AlertState, Disposition
from tagwatch.core.person import Activation, Channel, Contact, Duty, ProtectedPerson, Tag, Wearer
from tagwatch.core.risk_plan import RiskPlan
from tagwatch.core.shape import Disc
from tagwatch.core.units import DAY, HOUR, MINUTE, SECOND, Instant
from tagwatch.engine.centre import InProcessCentre
from tagwatch.query.week_facts import Shared
from tagwatch.query.week_making import make_week
from tagwatch.store import schema
from tagwatch.store.bundles import keep_file
from tagwatch.store.database import reading
from tagwatch.store.drafts import draft_of, wearer_owner
from tagwatch.store.journal.record import Owner, OwnerKind
from tagwatch.store.overviews import Overviews
from tagwatch.store.request_files import keep_released
from tests.walk.timeline import at_time, fix, frame, metres_from

BEGINS = at_time("00:00", "2026-08-01")
DAYS = 44
NOW = Instant(BEGINS + DAYS * DAY)
WEEK = dt.date(2026, 9, 7)
"""Monday of the last whole week of it."""
BY = AccountId("ac_clerk")


def mark(number: int, field: str = "") -> str:
    """Words that stand in no record but this wearer's."""
    return f"PLANT{number:05d}{field}"


def place(number: int) -> LonLat:
    """Where he lives, and nobody else."""
    return LonLat(lon_deg=-0.1234567 - number * 0.0131071, lat_deg=51.4321987 + number * 0.0000313)


def filled(kind: Any, number: int, **known: Any) -> Any:
    """A record with the mark in every text of it, and in those within it, save what is `known`."""
    values: dict[str, Any] = {}
    hints = typing.get_type_hints(kind)
    for field in msgspec.structs.fields(kind):
        if field.name in known:
            values[field.name] = known[field.name]
        else:
            value = _value(hints[field.name], field, number, known)
            if value is not ...:
                values[field.name] = value
    return kind(**values)


def _value(hint: Any, field: Any, number: int, known: dict[str, Any]) -> Any:
    given = field.default is not msgspec.NODEFAULT
    hint = getattr(hint, "__supertype__", hint)
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        plain = [each for each in typing.get_args(hint) if each is not type(None)]
        hint = getattr(plain[0], "__supertype__", plain[0])
    if hint is str:
        return mark(number, field.name)
    if given or field.default_factory is not msgspec.NODEFAULT:
        return ...
    return _made(hint, number, known)


def _made(hint: Any, number: int, known: dict[str, Any]) -> Any:
    if typing.get_origin(hint) is tuple:
        return ()
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return filled(hint, number, **known)
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return next(iter(hint))
    if hint is LonLat:
        return place(number)
    if hint is dt.time:
        return dt.time(1, 2)
    return hint(1)


def names(number: int) -> dict[str, Any]:
    """His ids: they say nothing of him."""
    wearer = f"w{number}"
    return {
        "wearer_id": WearerId(wearer),
        "order_id": f"o_{wearer}",
        "activation_id": f"a_{wearer}",
        "tag_id": f"t_{wearer}",
        "condition_id": f"c_{wearer}",
        "case_id": f"ca_{wearer}",
        "at": NOW,
        "by": BY,
        "version": 1,
        "seen": 1,
    }


def told(number: int) -> list[tuple[Event, Owner | None]]:
    """All that is recorded of a wearer but what his tag says, as the desk records it."""
    return [*_registered(number), *_done(number), *_counted(number)]


def _own(kind: Any, number: int, **known: Any) -> Any:
    return filled(kind, number, **(names(number) | known))


def _registered(number: int) -> list[tuple[Event, Owner | None]]:
    ids = names(number)
    his = _own(
        Wearer, number, programme=Programme.STALKING, borough="Camden", agency="probation-london"
    )
    order = _own(
        Order,
        number,
        legal_basis=LegalBasis.LICENCE,
        starts_at=BEGINS,
        ends_at=NOW,
        told_at=BEGINS,
        ending=None,
        valid_from=None,
        recorded_at=BEGINS,
    )
    return [
        (ledger.TagRecorded(tag=Tag(tag_id=ids["tag_id"], serial=f"TW-{number:05d}"), by=BY), None),
        (ledger.WearerRecorded(wearer=his, by=BY), None),
        *((event, None) for event in _hers(number)),
        (ledger.OrderRecorded(order=order, by=BY), None),
        *((event, None) for event in _bound(number)),
    ]


def _hers(number: int) -> list[Event]:
    wearer = names(number)["wearer_id"]
    person = ProtectedPerson(
        person_id=f"p_{wearer}",
        name=mark(number, "her"),
        relation=mark(number, "rel"),
        wearers=(wearer,),
        contact=f"k_{wearer}_her",
    )
    contacts = [
        Contact(
            contact_id=f"k_{wearer}_{who}",
            label=mark(number, who),
            duty=duty,
            channel=Channel.EMAIL,
            address=f"{mark(number, who)}@example.org",
            wearers=(wearer,),
        )
        for who, duty in (("him", Duty.WEARER), ("her", Duty.PROTECTED))
    ]
    return [
        ledger.PersonRecorded(person=person, by=BY),
        *(ledger.ContactRecorded(contact=contact, by=BY) for contact in contacts),
    ]


def _bound(number: int) -> list[Event]:
    ids = names(number)
    wearer = ids["wearer_id"]
    zone = ConditionVersion(
        condition_id=ids["condition_id"],
        version=1,
        order_id=ids["order_id"],
        wearer_id=wearer,
        terms=ExclusionZone(
            label=mark(number, "zone"),
            shape=Disc(centre=metres_from(place(number), 900, 0), radius_m=200.0),
            protects=(f"p_{wearer}",),
        ),
        valid_from=BEGINS,
        recorded_at=BEGINS,
        told_at=BEGINS,
    )
    activation = Activation(
        activation_id=ids["activation_id"],
        tag_id=ids["tag_id"],
        wearer_id=wearer,
        started_at=BEGINS,
    )
    return [
        ledger.ConditionRecorded(condition=zone, by=BY, reason=mark(number, "why")),
        ledger.ActivationStarted(activation=activation, by=BY),
    ]


def _done(number: int) -> list[tuple[Event, Owner | None]]:
    wearer = names(number)["wearer_id"]

    def own(kind: Any, **known: Any) -> Any:
        return _own(kind, number, **known)

    case = own(Case, state=CaseState.CLOSED, alerts=())
    enquiry = own(
        Enquiry,
        enquiry_id=f"en_{wearer}",
        state=EnquiryState.ANSWERED,
        taken_by=None,
        settled_by=None,
        recorded_by=BY,
        refusal=None,
        disclosure_basis=None,
    )
    exemption = own(
        Exemption,
        exemption_id=f"ex_{wearer}",
        cause=next(iter(ExemptionCause)),
        starts_at=NOW,
        ends_at=Instant(NOW + HOUR),
    )
    plan = own(RiskPlan, review_at=Instant(NOW + DAY), contingency=(mark(number, "plan"),))
    need = own(GeometryNeed, need_id=f"ge_{wearer}")
    return [
        (ledger.ExemptionRecorded(exemption=exemption, by=BY), None),
        (own(ledger.AppearanceRecorded), None),
        (own(ledger.PhotoRecorded, content=mark(number, "photo").encode() * 9), None),
        (own(ledger.PlanRecorded, plan=plan), None),
        (own(ledger.RiskNoted), None),
        (ledger.CaseOpened(case=case), None),
        (own(ledger.DocumentKept, content=mark(number, "document").encode() * 9), None),
        (ledger.EnquiryLogged(enquiry=enquiry), wearer_owner(wearer)),
        (ledger.GeometryNeeded(need=need, at=NOW, by=BY), None),
        (own(ledger.LegalHoldSet), None),
        (own(ledger.LegalHoldEnded), None),
        (own(ledger.BundleMade, bundle_id=f"bu_{wearer}"), None),
        (own(ledger.BundleGiven, bundle_id=f"bu_{wearer}"), None),
        (own(ledger.LeaveNoted), None),
    ]


def _counted(number: int) -> list[tuple[Event, Owner | None]]:
    ids = names(number)
    wearer = ids["wearer_id"]
    return [
        (
            ledger.AccountChecked(
                check_id=f"ch_{wearer}",
                wearer_id=wearer,
                version=1,
                made_at=NOW,
                made_by=BY,
                body=msgspec.json.encode({"words": mark(number, "account")}).decode(),
            ),
            None,
        ),
        (ledger.PersonMatched(person=_matched(number)), None),
        (
            ledger.FrameQuarantined(
                protocol="tagwatch",
                body=mark(number, "quarantine").encode(),
                tag_id=ids["tag_id"],
                reason=mark(number, "reason"),
            ),
            Owner(OwnerKind.ACTIVATION, ids["activation_id"]),
        ),
    ]


def _matched(number: int) -> MatchedPerson:
    ids = {key: value for key, value in names(number).items() if key != "seen"}
    return filled(MatchedPerson, number, **(ids | {"run_key": "ru_one"}))


def matched(count: int) -> Event:
    """A crime was matched: each wearer was found, and is on the list of those excluded too."""
    excluded = tuple(
        filled(ExcludedPerson, number, wearer_id=f"w{number}", best_radius_m=None)
        for number in range(count)
    )
    known = {"run_key": "ru_one", "crime_id": "cr_one", "by": None, "excluded": excluded}
    run = filled(MatchRun, 99_999, **known)
    return ledger.CrimeMatched(run=run)


def fixes(number: int, day: int) -> Event:
    """A day of one wearer: at home, and once where he must not be."""
    home = place(number)
    first = BEGINS + day * DAY + number % 40 * 15 * MINUTE
    times = [Instant(first + hour * HOUR) for hour in (0, 1, 2)]
    said = [fix(home, at) for at in times]
    if day == DAYS - 2:
        inside = metres_from(home, 900, 0)
        said += [fix(inside, Instant(times[-1] + k * MINUTE)) for k in range(1, 12)]
    return frame(said, f"w{number}")


def build(centre: InProcessCentre, count: int, every: int = 1) -> None:
    """Record so many wearers and their weeks, and what officers did of their alerts."""
    for duty in (Duty.MONITORING, Duty.PROBATION, Duty.POLICE, Duty.LIAISON, Duty.TECHNICAL):
        desk = Contact(
            contact_id=f"k_{duty.value}", label="Desk", duty=duty, channel=Channel.IN_APP
        )
        centre.record(ledger.ContactRecorded(contact=desk, by=BY), at=BEGINS)
    for number in range(count):
        events = told(number)
        centre.append([draft_of(event, BEGINS, owner=owner) for event, owner in events])
    for day in (*range(0, DAYS - 3, every), DAYS - 2, DAYS - 1):
        at = Instant(BEGINS + day * DAY + 13 * HOUR)
        centre.append([draft_of(fixes(number, day), at) for number in range(count)])
    centre.apply()
    ended = [
        draft_of(
            filled(ledger.ActivationEnded, number, **(names(number) | {"ended_at": NOW})),
            NOW,
            owner=wearer_owner(f"w{number}"),
        )
        for number in range(count)
    ]
    ticks = [Instant(NOW - 20 * SECOND * k) for k in range(30, -1, -1)]
    centre.append([draft_of(Tick(at=at, monotonic_us=at), at) for at in ticks])
    centre.append([draft_of(matched(count), NOW), *ended])
    centre.apply()
    _answer(centre)


def keep_files(centre: InProcessCentre, numbers: Iterable[int]) -> None:
    """Make overviews of their last week, and files as they are handed out."""
    kept = Overviews(centre.config.overviews_folder)
    with reading(centre.projections) as connection:
        shared = Shared.of(connection)
        for number in numbers:
            row = make_week(connection, kept, WearerId(f"w{number}"), WEEK, NOW, shared)
            assert row is not None
            kept.put_digest(
                WEEK.isoformat(),
                (kept.digest(WEEK.isoformat()) or b"") + msgspec.json.encode(row) + b"\n",
            )
    for number in numbers:
        said = {"fixes.csv": mark(number, "released").encode()}
        keep_released(centre.config, f"w{number}", f"rq_w{number}", said)
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as bundle:
            bundle.writestr("said.txt", mark(number, "bundle") * 9)
        keep_file(centre.config, f"w{number}", f"bu_w{number}", packed.getvalue())


def _answer(centre: InProcessCentre) -> None:
    """Note and close every open alert, as the desk does: its wearer owns the words."""
    table = schema.alert
    with reading(centre.projections) as connection:
        rows = connection.execute(
            select(table.c.alert_id, table.c.wearer_id).where(
                table.c.state != AlertState.CLOSED.value, table.c.wearer_id.is_not(None)
            )
        ).all()
    for row in rows:
        number = int(row.wearer_id[1:])
        owner = wearer_owner(row.wearer_id)
        words = mark(number, "alertnote")
        acts = (
            ledger.AlertAcknowledged(alert_id=row.alert_id, at=NOW, by=BY),
            ledger.AlertNoted(alert_id=row.alert_id, at=NOW, by=BY, words=words),
            ledger.AlertClosed(
                alert_id=row.alert_id,
                at=NOW,
                by=BY,
                disposition=Disposition.UNKNOWN,
                words=words,
            ),
        )
        for act in acts:
            centre.record(act, at=NOW, owner=owner)
    centre.apply()
