"""Runs a scenario through the door and the line, in this process, on a clock of its own."""

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from random import Random
from typing import Any, Final

import msgspec
from sqlalchemy import select

from tagwatch.config import Config
from tagwatch.core.alert import SILENT, Alert
from tagwatch.core.between import NotExcluded, crossings
from tagwatch.core.circumstance import Circumstance
from tagwatch.core.deadline import is_unseen
from tagwatch.core.episode import Episode
from tagwatch.core.ids import AlertId, FixId, WearerId
from tagwatch.core.ledger import AlertClosed, Tick
from tagwatch.core.outcome import Disposition
from tagwatch.core.reconcile import content, is_gone
from tagwatch.core.rules.prepare import Prepared, WearerOrders
from tagwatch.core.silence import SilenceCard
from tagwatch.core.trail import TrailPart
from tagwatch.core.units import HOUR, MINUTE, SECOND, Instant
from tagwatch.engine.centre import InProcessCentre
from tagwatch.ingest.door import Admission, Door, Request
from tagwatch.ingest.limits import DoorLimits
from tagwatch.ingest.register import Register
from tagwatch.query.coverage import settings_history, versions_of_wearer
from tagwatch.store import alerts, schema
from tagwatch.store.database import reading
from tagwatch.store.drafts import draft_of
from tagwatch.store.trail import read_trail, unpack
from tests.golden.scenario import ActIn, Scenario
from tests.golden.world import BY, Cast, Post
from tests.walk.tables import lay_tables

TICK: Final = 20 * SECOND
"""Shorter than the settings' blind_after_s."""
APPLY: Final = 5 * MINUTE
OF_ZONES: Final = ("zone_entry", "zone_approach")
LOCATION: Final = ("zone", "approach", "curfew", "encounter")


class Arrival(StrEnum):
    """How the tags' messages reach the door."""

    AS_SENT = "as sent"
    SHUFFLED = "shuffled"
    """Each held up for up to an hour and a half of its own."""
    REPEATED = "repeated"
    """Each twice: as it was and, later, as another message."""
    BACKWARDS = "all of it afterwards, newest first"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it."""

    scenario: Scenario
    alerts: list[Alert]
    episodes: list[Episode]
    """Found by the rules of place, and not merely kept as history."""
    outbox: list[dict[str, Any]]
    fixed_at: dict[FixId, int]
    blind: list[dict[str, Any]]
    silences: dict[AlertId, SilenceCard]
    """The last card of each silence."""
    cards: dict[AlertId, Circumstance]
    """The last card of each alert of a zone or its ring."""
    not_excluded: dict[WearerId, tuple[NotExcluded, ...]]
    """The marks of each wearer, of zones that he may have crossed between two fixes."""

    def findings(self) -> list[Episode]:
        """Return what fixes and orders say: without ids, and without what depends on arrival."""
        kept = [content(e) for e in self.episodes if not is_unseen(e)]
        timed = [
            msgspec.structs.replace(e, fixes=tuple(str(self.fixed_at[f]) for f in e.fixes))
            for e in kept
        ]
        return sorted(timed, key=repr)


def run(scenario: Scenario, folder: Path, arrival: Arrival = Arrival.AS_SENT) -> Outcome:
    """Return what an installation in `folder` makes of the scenario."""
    runner = _Runner(scenario, folder, arrival)
    try:
        runner.go()
        return runner.outcome()
    finally:
        runner.centre.close()


class _Runner:
    def __init__(self, scenario: Scenario, folder: Path, arrival: Arrival) -> None:
        self.scenario = scenario
        self.arrival = arrival
        self.cast = Cast(scenario)
        self.config = Config(data=folder)
        lay_tables(self.config)
        self.centre = InProcessCentre.open(self.config)
        self.register = Register()
        self.door = Door(self.register, DoorLimits(requests_per_minute=1_000_000))
        self.down = [(scenario.at(a), scenario.at(b)) for a, b in scenario.down]

    def go(self) -> None:
        began, until = self.scenario.began, self.scenario.at(self.scenario.until)
        self._record(began, self.cast.register())
        self.centre.apply()
        applied = began
        for at, act in self._timeline(began, until):
            if at - applied >= APPLY:
                self.centre.apply()
                applied = at
            act(Instant(at))
        self.centre.apply()

    def _timeline(self, began: int, until: int) -> Iterator[tuple[int, Callable[[Instant], None]]]:
        """Yield what happens, in order of time."""
        entries: list[tuple[int, int, Callable[[Instant], None]]] = []
        for act in self.scenario.acts:
            at = self.scenario.at(act.at)
            if act.do == "close":
                # Late runs may not have the alert yet; closing it has no say in what is found.
                if self.arrival is Arrival.AS_SENT:
                    entries.append((at, len(entries), self._closer(act)))
            else:
                events = self.cast.act(act)
                entries.append((at, len(entries), lambda at, e=events: self._record(at, e)))
        end = until
        for at, request in _arrivals(self.cast.posts(), self.arrival, self._open_at, until):
            end = max(end, at + SECOND)
            entries.append((at, len(entries), lambda at, r=request: self._receive(at, r)))
        for _, back in self.down:
            entries.append((back, len(entries), self._restart))
        # What a message says of the wearer's place, no tick can change: late runs tick seldom.
        step = TICK if self.arrival is Arrival.AS_SENT else end - began
        for at in range(began + step, end + 1, step):
            if self._open_at(at) == at:
                entries.append((at, len(entries), self._tick))
        heapq.heapify(entries)
        while entries:
            at, _, do = heapq.heappop(entries)
            yield at, do

    def _open_at(self, at: int) -> int:
        """Return `at`, or when the installation is up again if it is down then."""
        return next((back for gone, back in self.down if gone <= at < back), at)

    def _tick(self, at: Instant) -> None:
        self.centre.append([draft_of(Tick(at=at, monotonic_us=at), at)])

    def _record(self, at: Instant, events: list[Any]) -> None:
        for event in events:
            self.register.apply(event)
        self.centre.record(*events, at=at)

    def _restart(self, _at: Instant) -> None:
        self.centre.close()
        self.centre = InProcessCentre.open(self.config)

    def _receive(self, at: Instant, request: Request) -> None:
        outcome = self.door.admit(request, at)
        if isinstance(outcome, Admission):
            self.centre.append(outcome.drafts)
            answer = self.door.stored(outcome)
        else:
            answer = outcome
        assert answer.status == 200, answer.body

    def _closer(self, act: ActIn) -> Callable[[Instant], None]:
        def close(at: Instant) -> None:
            self.centre.apply()
            (found,) = [a for a in self._alerts() if a.kind == act.name]
            closing = AlertClosed(
                alert_id=found.alert_id,
                at=at,
                by=BY,
                disposition=Disposition.TECHNICAL,
                words="closed in a scenario",
            )
            self._record(at, [closing])

        return close

    # --- what came of it --------------------------------------------------------------------

    def _alerts(self) -> list[Alert]:
        with reading(self.centre.projections) as connection:
            return alerts.every_alert(connection)

    def outcome(self) -> Outcome:
        with reading(self.centre.projections) as connection:
            bodies = connection.scalars(select(schema.episode.c.body)).all()
            outbox = [dict(r) for r in connection.execute(select(schema.notification)).mappings()]
            blocks = connection.scalars(select(schema.trail_block.c.rows)).all()
            blind = [dict(r) for r in connection.execute(select(schema.blind_interval)).mappings()]
            asked = select(schema.circumstance).order_by(schema.circumstance.c.version)
            cards = {row.alert_id: row.body for row in connection.execute(asked)}
        silences = {
            alert.alert_id: msgspec.json.decode(cards[alert.alert_id], type=SilenceCard)
            for alert in self._alerts()
            if alert.kind in SILENT and alert.alert_id in cards
        }
        places = {
            alert.alert_id: msgspec.json.decode(cards[alert.alert_id], type=Circumstance)
            for alert in self._alerts()
            if alert.kind in OF_ZONES and alert.alert_id in cards
        }
        for row in outbox:
            row["body"] = msgspec.json.decode(row["body"])
        found = [msgspec.json.decode(body, type=Episode) for body in bodies]
        return Outcome(
            scenario=self.scenario,
            alerts=self._alerts(),
            episodes=[e for e in found if e.rule in LOCATION and not is_gone(e)],
            outbox=outbox,
            fixed_at={
                FixId(f"{fix['seq']}.{fix['index']}"): int(fix["fixed_at"])
                for rows in blocks
                for fix in unpack(rows)
            },
            blind=blind,
            silences=silences,
            cards=places,
            not_excluded=self._marks(),
        )

    def _marks(self) -> dict[WearerId, tuple[NotExcluded, ...]]:
        if not self.scenario.not_excluded:
            return {}
        window = (self.scenario.began, self.scenario.at(self.scenario.until))
        found: dict[WearerId, tuple[NotExcluded, ...]] = {}
        with reading(self.centre.projections) as connection:
            for wearer in (WearerId(each.name) for each in self.scenario.wearers):
                trail = [
                    TrailPart(activation, "", block)
                    for activation, block in read_trail(connection, wearer, *window)
                ]
                conditions = tuple(versions_of_wearer(connection, wearer))
                orders = WearerOrders(wearer_id=wearer, conditions=conditions)
                settings = settings_history(connection)
                found[wearer] = crossings(trail, orders, window, settings, Prepared())
        return found


def _arrivals(
    posts: list[Post], arrival: Arrival, open_at: Callable[[int], int], until: int
) -> Iterator[tuple[int, Request]]:
    """Yield when each message reaches the door."""
    rng = Random(4)
    if arrival is Arrival.BACKWARDS:
        for number, post in enumerate(reversed(posts)):
            yield until + MINUTE + number * SECOND // 10, post.request
        return
    for number, post in enumerate(posts):
        held_up = 0
        if arrival is Arrival.SHUFFLED:
            held_up = rng.choice([0, rng.randrange(10 * MINUTE), rng.randrange(3 * HOUR // 2)])
        yield open_at(post.sent_at + held_up), post.request
        if arrival is Arrival.REPEATED:
            held_up = rng.choice([SECOND, rng.randrange(2 * HOUR)])
            yield open_at(post.sent_at + held_up), _renamed(post.request, number)


def _renamed(request: Request, number: int) -> Request:
    """Return the message under another key, as a tag that forgot what it had sent."""
    body = msgspec.json.decode(request.body)
    body["batch"] = f"again/{number}"
    return request._replace(body=msgspec.json.encode(body))
