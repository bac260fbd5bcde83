"""What would this zone, schedule or setting have done on past trails, had it been in force?

Worked out away from the alarm: in the batch process for the pages, niced for the command line.
"""

import socket
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec
from sqlalchemy import Connection, select

from tagwatch.access.reader import Reader
from tagwatch.core.fix import FixBlock
from tagwatch.core.ids import ActivationId, WearerId
from tagwatch.core.order import ConditionVersion, ExclusionZone
from tagwatch.core.person import Tag
from tagwatch.core.rehearsal import NearHome, RehearsedAlert, as_always, homes, near_homes, rehearse
from tagwatch.core.rules.prepare import Prepared, SettingsHistory, WearerOrders
from tagwatch.core.settings import Settings
from tagwatch.core.trail import TrailPart
from tagwatch.core.units import DAY, HOUR, Instant
from tagwatch.query.coverage import settings_history
from tagwatch.query.landmarks import Landmark, LandmarkError, landmarks
from tagwatch.store import schema
from tagwatch.store.post import LENGTH, exactly
from tagwatch.store.trail import read_trail

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
    trail = _trail(connection, wearer_id, Instant(proposal.start - BEFORE), proposal.end)
    recorded = _recorded(connection, wearer_id)
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
    zone = condition.terms if condition is not None else None
    found: tuple[Landmark, ...] = ()
    near: tuple[NearHome, ...] = ()
    notes: list[str] = []
    if isinstance(zone, ExclusionZone):
        near = near_homes(wearer_id, homes(trail, recorded, window), zone.shape)
        try:
            found = landmarks([Path(name) for name in proposal.geometry], zone.shape)
        except LandmarkError as error:
            notes.append(str(error))
    return Rehearsal(
        wearer_id=wearer_id,
        start=proposal.start,
        end=proposal.end,
        fixes=sum(_within(part.block, proposal.start) for part in trail),
        after=_tried(trail, wearer_id, then, settings, window),
        before=_tried(trail, wearer_id, now, published, window),
        homes=near,
        landmarks=found,
        notes=tuple(notes),
    )


def rehearsal(reader: Reader, batch: Path, proposal: Proposal) -> Rehearsal:
    """Return what the batch process at the socket `batch` works out about a wearer within scope.

    Puts it on the audit before it is asked. Raises NotFound, Unrehearsed.
    """
    with reader.connection() as connection:
        reader.wearer(connection, proposal.wearer_id, "rehearsal")
    reader.consulted(
        "rehearsal", [proposal.wearer_id], f"trail of [{proposal.start}, {proposal.end})"
    )
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


def _tried(
    trail: Sequence[TrailPart],
    wearer_id: WearerId,
    conditions: Sequence[ConditionVersion],
    settings: SettingsHistory,
    window: tuple[Instant, Instant],
) -> tuple[RehearsedAlert, ...]:
    if not conditions:
        return ()
    orders = WearerOrders(wearer_id=wearer_id, conditions=tuple(conditions))
    return rehearse(trail, orders, settings, window, Prepared(most=CACHED))


def _trail(
    connection: Connection, wearer_id: WearerId, start: Instant, end: Instant
) -> list[TrailPart]:
    column = schema.trail_block.c
    sizes = connection.scalars(
        select(column.fixes).where(
            column.wearer_id == wearer_id, column.last_at >= start, column.first_at < end
        )
    )
    if (count := sum(sizes)) > MOST_FIXES:
        raise Unrehearsed(f"{count} fixes are more than {MOST_FIXES}: try fewer days")
    models = _models(connection, wearer_id)
    return [
        TrailPart(activation, models.get(activation, ""), block)
        for activation, block in read_trail(connection, wearer_id, start, end)
    ]


def _within(block: FixBlock, start: Instant) -> int:
    return int((block["fixed_at"] >= start).sum())


def _recorded(connection: Connection, wearer_id: WearerId) -> list[ConditionVersion]:
    column = schema.condition.c
    bodies = connection.scalars(select(column.body).where(column.wearer_id == wearer_id))
    return [msgspec.json.decode(body, type=ConditionVersion) for body in bodies]


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
