"""What would this zone, schedule or setting have done on past trails, had it been in force?

Worked out away from the alarm: in the batch process for the pages, niced for the command line.
"""

import socket
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

import msgspec
from sqlalchemy import Connection, select

from tagwatch.access.reader import Reader
from tagwatch.core.ids import ActivationId, WearerId
from tagwatch.core.order import ConditionVersion, ExclusionZone, NoContact
from tagwatch.core.person import Tag
from tagwatch.core.rehearsal import (
    NearHome,
    RehearsedAlert,
    as_always,
    homes,
    near_homes,
    rehearse,
    rehearse_encounters,
)
from tagwatch.core.rules.prepare import Prepared, SettingsHistory, WearerOrders
from tagwatch.core.settings import Settings
from tagwatch.core.trail import TrailPart
from tagwatch.core.units import DAY, HOUR, Instant
from tagwatch.query.coverage import settings_history, versions_of_wearer
from tagwatch.query.landmarks import Landmark, LandmarkError, landmarks
from tagwatch.query.seen_trail import whole_trail
from tagwatch.store import schema
from tagwatch.store.archive.parts import recent
from tagwatch.store.post import LENGTH, exactly

MOST_DAYS: Final = 92
MOST_FIXES: Final = 400_000
"""Of one wearer: 92 days with a fix every twenty seconds."""
MOST_ANSWER: Final = 32 << 20
WAIT_S: Final = 60.0
CACHED: Final = 4096
BEFORE: Final = 12 * HOUR
"""So much of the trail before the window is read, for stays that reach into it."""


class Unrehearsed(Exception):
    """The rehearsal could not be made. The text says why and what to do."""


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be tried on the trail of one wearer in [start, end): a condition as it would
    stand, settings as they would be, or both."""

    wearer_id: WearerId
    start: Instant
    end: Instant
    condition: ConditionVersion | None = None
    """With the id of a recorded one it takes its place; else it is new."""
    settings: Settings | None = None
    geometry: tuple[str, ...] = ()
    """Paths of files of public geometry."""


class Rehearsal(msgspec.Struct, frozen=True, kw_only=True):
    """What would have been raised, and what was by the same rules as things stand."""

    wearer_id: WearerId
    start: Instant
    end: Instant
    fixes: int
    """Fixes of the window that were tried; without any the rehearsal says nothing."""
    fixes_other: int | None = None
    """The same of the other wearer, for a condition of no contact."""
    after: tuple[RehearsedAlert, ...]
    before: tuple[RehearsedAlert, ...]
    """Of the conditions that are changed, as recorded; none for a new one."""
    homes: tuple[NearHome, ...]
    landmarks: tuple[Landmark, ...]
    notes: tuple[str, ...] = ()


def window_of(end: Instant, days: int) -> tuple[Instant, Instant]:
    """Return the window of so many days before `end`. Raises Unrehearsed beyond MOST_DAYS."""
    if not 1 <= days <= MOST_DAYS:
        raise Unrehearsed(f"{days} days cannot be tried: give 1 to {MOST_DAYS}")
    return Instant(end - days * DAY), end


def worked_out(connection: Connection, proposal: Proposal) -> Rehearsal:
    """Return the rehearsal. The caller has checked the scope. Raises Unrehearsed."""
    wearer_id, window = proposal.wearer_id, (proposal.start, proposal.end)
    trails = Trailed(connection, Instant(proposal.start - BEFORE), proposal.end)
    trail = trails.of(wearer_id)
    recorded = versions_of_wearer(connection, wearer_id)
    published = settings_history(connection)
    settings = published
    if proposal.settings is not None:
        settings = SettingsHistory.of(proposal.settings)
    condition = proposal.condition
    if condition is None:
        now, then = recorded, recorded
    else:
        now = [v for v in recorded if v.condition_id == condition.condition_id]
        then = [as_always(condition)]
    terms = condition.terms if condition is not None else None
    found: tuple[Landmark, ...] = ()
    near: tuple[NearHome, ...] = ()
    notes: list[str] = []
    if isinstance(terms, ExclusionZone):
        near = near_homes(wearer_id, homes(trail, recorded, window), terms.shape)
        try:
            found = landmarks([Path(name) for name in proposal.geometry], terms.shape)
        except LandmarkError as error:
            notes.append(str(error))
    return Rehearsal(
        wearer_id=wearer_id,
        start=proposal.start,
        end=proposal.end,
        fixes=fixes_within(trail, proposal.start),
        fixes_other=fixes_within(trails.of(terms.other), proposal.start)
        if isinstance(terms, NoContact)
        else None,
        after=tried(trails, orders_of(wearer_id, then), settings, window, Prepared(most=CACHED)),
        before=tried(trails, orders_of(wearer_id, now), published, window, Prepared(most=CACHED)),
        homes=near,
        landmarks=found,
        notes=tuple(notes),
    )


def rehearsal(reader: Reader, batch: Path, proposal: Proposal) -> Rehearsal:
    """Return what the batch process at the socket `batch` works out about a wearer within scope;
    the other of a condition of no contact must be within scope too.

    Puts it on the audit before it is asked. Raises NotFound, Unrehearsed.
    """
    terms = None if proposal.condition is None else proposal.condition.terms
    looked_at = [proposal.wearer_id, *([terms.other] if isinstance(terms, NoContact) else [])]
    with reader.connection() as connection:
        for name in looked_at:
            reader.wearer(connection, name, "rehearsal")
    reader.consulted("rehearsal", looked_at, f"trail of [{proposal.start}, {proposal.end})")
    return asked(batch, proposal)


def asked(batch: Path, proposal: Proposal) -> Rehearsal:
    """Return the answer of the batch process. Raises Unrehearsed."""
    body = msgspec.json.encode(proposal)
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(WAIT_S)
            connection.connect(str(batch))
            connection.sendall(LENGTH.pack(len(body)) + body)
            answer = _received(connection)
    except TimeoutError as error:
        raise Unrehearsed(f"no answer within {WAIT_S:.0f} s: try fewer days") from error
    except OSError as error:
        raise Unrehearsed("the batch process does not answer: see Health") from error
    try:
        return msgspec.json.decode(answer[1:], type=Rehearsal)
    except msgspec.DecodeError:
        raise Unrehearsed(answer[1:].decode("utf-8", "replace")[:1000]) from None


def answer_of(result: Rehearsal | str) -> bytes:
    """Return the frame of an answer: the rehearsal, or in a sentence why there is none."""
    body = b"!" + result.encode() if isinstance(result, str) else b"=" + msgspec.json.encode(result)
    return LENGTH.pack(len(body)) + body


def _received(connection: socket.socket) -> bytes:
    (size,) = LENGTH.unpack(exactly(connection, LENGTH.size))
    if size > MOST_ANSWER:
        raise OSError(f"an answer of {size} bytes")
    return exactly(connection, size)


class Trailed:
    """The trails of [start, end) of a wearer and of those whom he must not meet, each read once."""

    def __init__(self, connection: Connection, start: Instant, end: Instant) -> None:
        self._connection = connection
        self._start, self._end = start, end
        self._read: dict[WearerId, list[TrailPart]] = {}

    def of(self, wearer_id: WearerId) -> list[TrailPart]:
        """Return a wearer's trail. Raises Unrehearsed beyond MOST_FIXES."""
        if wearer_id not in self._read:
            self._read[wearer_id] = _trail(self._connection, wearer_id, self._start, self._end)
        return self._read[wearer_id]


def orders_of(wearer_id: WearerId, conditions: Iterable[ConditionVersion]) -> WearerOrders:
    """Return the orders that consist of these versions of conditions."""
    return WearerOrders(wearer_id=wearer_id, conditions=tuple(conditions))


def tried(
    trails: Trailed,
    orders: WearerOrders,
    settings: SettingsHistory,
    window: tuple[Instant, Instant],
    prepared: Prepared,
) -> tuple[RehearsedAlert, ...]:
    """Return the alerts these orders and settings would have raised about their wearer: of places,
    and of those whom he must not meet. Raises Unrehearsed."""
    if not orders.conditions:
        return ()
    own = trails.of(orders.wearer_id)
    found = list(rehearse(own, orders, settings, window, prepared))
    others = {
        version.condition_id: version.terms.other
        for version in orders.conditions
        if isinstance(version.terms, NoContact)
    }
    for name, other in sorted(others.items()):
        both = (own, trails.of(other))
        found += rehearse_encounters(both, orders, name, settings, window, prepared)
    return tuple(found)


def fixes_within(trail: Sequence[TrailPart], start: Instant) -> int:
    """Return how many fixes of a trail are of `start` or later."""
    return sum(int((part.block["fixed_at"] >= start).sum()) for part in trail)


def _trail(
    connection: Connection, wearer_id: WearerId, start: Instant, end: Instant
) -> list[TrailPart]:
    column = schema.trail_block.c
    sizes = connection.scalars(
        select(column.fixes).where(
            column.wearer_id == wearer_id, column.last_at >= start, column.first_at < end, recent()
        )
    )
    if (count := sum(sizes)) > MOST_FIXES:
        raise Unrehearsed(f"{count} fixes are more than {MOST_FIXES}: try fewer days")
    models = _models(connection, wearer_id)
    return [
        TrailPart(activation, models.get(activation, ""), block)
        for activation, block in whole_trail(connection, wearer_id, start, end)
    ]


def _models(connection: Connection, wearer_id: WearerId) -> dict[ActivationId, str]:
    column = schema.activation.c
    rows = connection.execute(
        select(column.activation_id, schema.tag.c.body)
        .join(schema.tag, schema.tag.c.tag_id == column.tag_id)
        .where(column.wearer_id == wearer_id)
    )
    return {
        ActivationId(row.activation_id): msgspec.json.decode(row.body, type=Tag).model
        for row in rows
    }
