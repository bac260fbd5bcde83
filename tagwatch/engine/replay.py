"""Recorded trails through the line: the same door, the same journal, the same decisions.

Each trail becomes a wearer with a tag that sends every ten seconds what it has, and is heard one
second later. Time is the trail's own, so a day is decided in seconds and comes out as it would
have then.
"""

import json
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from math import isnan
from typing import Any, Final, NamedTuple

import numpy as np

from tagwatch.core.fix import FixBlock, Mark, Motion, Source
from tagwatch.core.ids import (
    AccountId,
    ActivationId,
    ConditionId,
    ContactId,
    OrderId,
    TagId,
    WearerId,
)
from tagwatch.core.ledger import ContactRecorded, Event, Tick
from tagwatch.core.order import ConditionVersion, LegalBasis, Order, Programme, Terms
from tagwatch.core.person import Activation, Channel, Contact, Duty, Scheme, Tag, Wearer
from tagwatch.core.recorded_register import (
    ActivationStarted,
    ConditionRecorded,
    CredentialIssued,
    OrderRecorded,
    TagRecorded,
    WearerRecorded,
)
from tagwatch.core.units import DAY, MINUTE, SECOND, Instant
from tagwatch.engine.centre import InProcessCentre
from tagwatch.ingest.credential import issue
from tagwatch.ingest.door import Admission, Door, Request
from tagwatch.ingest.register import Register
from tagwatch.store.drafts import draft_of
from tagwatch.store.journal.record import Draft

BY: Final = AccountId("system:replay")
SENDS_EVERY: Final = 10 * SECOND
HEARD_AFTER: Final = 1 * SECOND
MOST_IN_MESSAGE: Final = 1000
TICK: Final = 20 * SECOND
"""Shorter than the settings' blind_after_s: a replay is never blind while it listens."""
STEP: Final = 10 * MINUTE
LISTENS_ON: Final = 1 * DAY
"""In a longer gap of all trails nobody listens; the line says so as a blind interval."""
_NUMBERS: Final = (
    ("lon", "lon_deg"),
    ("lat", "lat_deg"),
    ("accuracy_m", "accuracy_m"),
    ("confidence", "confidence"),
    ("hdop", "hdop"),
    ("altitude_m", "altitude_m"),
    ("speed_mps", "speed_mps"),
    ("bearing_deg", "bearing_deg"),
    ("battery_pct", "battery_pct"),
)


class Trail(NamedTuple):
    """Fixes of one person or device out of a file."""

    name: str
    fixes: FixBlock


class Sending(NamedTuple):
    """One message of a tag."""

    at: Instant
    trail: int
    first: int
    last: int


def usable(trail: Trail) -> Trail:
    """Return the trail in order of time, without fixes whose time is unknown or that the tag
    itself called not valid: those cannot be sent again at their time."""
    fixes = trail.fixes[(trail.fixes["marks"] & np.uint32(Mark.BAD_TIME | Mark.NOT_VALID)) == 0]
    return Trail(trail.name, fixes[np.argsort(fixes["fixed_at"], kind="stable")])


def replay(
    centre: InProcessCentre,
    trails: Sequence[Trail],
    terms: Sequence[Terms],
    progress: Callable[[Instant, float], None],
) -> list[WearerId]:
    """Put `trails` (each `usable`, none empty) through the line; returns their wearers.

    Every wearer is under every one of `terms`, told from the start. `progress` is told the time
    reached and the share done after each step; what it does takes real time, which is how a
    replay is slowed down.
    """
    if not trails:
        return []
    door = Door(Register())
    begins = Instant(min(int(trail.fixes["fixed_at"][0]) for trail in trails) - MINUTE)
    secrets: list[str] = []
    events: list[Event] = [ContactRecorded(contact=_contact(duty), by=BY) for duty in Duty]
    for number, trail in enumerate(trails, start=1):
        made, secret = _enter(number, trail, terms, begins)
        events += made
        secrets.append(secret)
    for event in events:
        door.register.apply(event)
    centre.record(*events, at=begins)
    sendings = sorted(s for number, trail in enumerate(trails) for s in _sendings(number, trail))
    ends = sendings[-1].at + 2 * MINUTE
    done = 0
    at = int(begins)
    for until in _steps(begins, sendings, ends):
        batch: list[tuple[int, Sending | None]] = []
        while done < len(sendings) and sendings[done].at < until:
            batch.append((sendings[done].at, sendings[done]))
            done += 1
        start = max(at, until - STEP)
        batch += [(tick, None) for tick in range(start, until, TICK)]
        batch.sort(key=lambda item: item[0])
        centre.append(list(_drafts(door, batch, trails, secrets)))
        centre.apply()
        at = until
        progress(Instant(until), done / len(sendings))
    return [_wearer_id(number) for number in range(1, len(trails) + 1)]


def _steps(begins: int, sendings: Sequence[Sending], ends: int) -> Iterator[int]:
    """Yield the ends of steps; a gap longer than LISTENS_ON is crossed in one."""
    at, following = begins, 0
    while at < ends:
        at += STEP
        while following < len(sendings) and sendings[following].at < at:
            following += 1
        before = sendings[following - 1].at if following else begins
        if following < len(sendings) and sendings[following].at - at > LISTENS_ON < at - before:
            at = sendings[following].at - STEP
        yield at


def _drafts(
    door: Door,
    batch: Sequence[tuple[int, Sending | None]],
    trails: Sequence[Trail],
    secrets: Sequence[str],
) -> Iterator[Draft]:
    for when, sending in batch:
        at = Instant(when)
        if sending is None:
            yield draft_of(Tick(at=at, monotonic_us=at), at)
            continue
        request = Request(
            method="POST",
            path="/v1/fixes",
            content_type="application/json",
            authorization=f"Bearer {secrets[sending.trail]}",
            body=_body(trails[sending.trail].fixes[sending.first : sending.last]),
        )
        outcome = door.admit(request, at)
        if not isinstance(outcome, Admission):
            raise ValueError(f"the door refused a replayed message: {outcome.body.decode()}")
        door.stored(outcome)
        yield from outcome.drafts


def _sendings(number: int, trail: Trail) -> Iterator[Sending]:
    """Cut a trail into messages of at most SENDS_EVERY."""
    times: list[int] = trail.fixes["fixed_at"].tolist()
    first = 0
    while first < len(times):
        last = min(bisect_left(times, times[first] + SENDS_EVERY), first + MOST_IN_MESSAGE)
        yield Sending(Instant(times[last - 1] + HEARD_AFTER), number, first, last)
        first = last


def _body(fixes: FixBlock) -> bytes:
    rows = [fixes[at] for at in range(len(fixes))]
    return json.dumps({"fixes": [_fix(row) for row in rows]}).encode()


def _fix(row: Any) -> dict[str, Any]:
    fix: dict[str, Any] = {"time": int(row["fixed_at"]) / SECOND}
    for name, column in _NUMBERS:
        value = float(row[column])
        if not isnan(value):
            fix[name] = value
    if row["satellites"] >= 0:
        fix["satellites"] = int(row["satellites"])
    if row["charging"] >= 0:
        fix["charging"] = bool(row["charging"])
    fix["source"] = Source(int(row["source"])).name.lower()
    fix["motion"] = Motion(int(row["motion"])).name.lower()
    return fix


def _enter(
    number: int, trail: Trail, terms: Sequence[Terms], begins: Instant
) -> tuple[list[Event], str]:
    """Return the register of one trail, and its tag's secret."""
    wearer_id, tag_id = _wearer_id(number), TagId(f"replay-tag-{number}")
    order_id = OrderId(f"replay-order-{number}")
    wearer = Wearer(
        wearer_id=wearer_id,
        name=trail.name,
        programme=Programme.OTHER,
        borough="",
        agency="replay",
        notes="A replayed trail.",
    )
    order = Order(
        order_id=order_id,
        wearer_id=wearer_id,
        reference=f"REPLAY/{number}",
        legal_basis=LegalBasis.LICENCE,
        programme=Programme.OTHER,
        starts_at=Instant(begins - DAY),
    )
    activation = Activation(
        activation_id=ActivationId(f"replay-act-{number}"),
        tag_id=tag_id,
        wearer_id=wearer_id,
        started_at=begins,
    )
    issued = issue(Scheme.TAGWATCH, tag_id, begins)
    events: list[Event] = [
        WearerRecorded(wearer=wearer, by=BY),
        TagRecorded(tag=Tag(tag_id=tag_id, serial=f"REPLAY-{number}", model="replayed"), by=BY),
        CredentialIssued(credential=issued.credential, by=BY),
        ActivationStarted(activation=activation, by=BY),
        OrderRecorded(order=order, by=BY),
    ]
    for place, item in enumerate(terms, start=1):
        version = ConditionVersion(
            condition_id=ConditionId(f"replay-{number}-{place}"),
            version=1,
            order_id=order_id,
            wearer_id=wearer_id,
            terms=item,
            valid_from=order.starts_at,
            recorded_at=begins,
            told_at=order.starts_at,
        )
        events.append(ConditionRecorded(condition=version, by=BY))
    return events, issued.secret


def _contact(duty: Duty) -> Contact:
    """Return somebody to tell, so that nothing but the trail raises alerts."""
    return Contact(
        contact_id=ContactId(f"replay-{duty.value}"),
        label=f"replay {duty.value}",
        duty=duty,
        channel=Channel.IN_APP,
    )


def _wearer_id(number: int) -> WearerId:
    return WearerId(f"replay-{number}")
