"""Days of zones-only monitoring that are over: what lies near a condition is recorded anew, then
the key of the day is destroyed, a recorded lawful erasure. A legal hold stops it.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np
import structlog
from sqlalchemy import Connection, select

from tagwatch.core import ledger
from tagwatch.core.contact_fixes import contacts, span_of
from tagwatch.core.ids import ActivationId, WearerId
from tagwatch.core.order import ConditionVersion
from tagwatch.core.outcome import Finding
from tagwatch.core.radii import radii_95_m
from tagwatch.core.recorded_frame import FrameReceived
from tagwatch.core.recorded_zones_only import FixesKept, KeptFrame
from tagwatch.core.settings import Settings
from tagwatch.core.units import SECOND, Instant
from tagwatch.core.zones_only import AROUND, REACH_M, Span, ZonesOnly, blanked, due_at
from tagwatch.engine import installation
from tagwatch.engine.archive import ArchiveKeeper
from tagwatch.engine.archive_rewrite import span_of_period
from tagwatch.engine.retention import Destroy
from tagwatch.ingest import protocol
from tagwatch.ingest.protocol.message import DecodeError
from tagwatch.store import holds, schema
from tagwatch.store.database import reading
from tagwatch.store.journal.reader import JournalReader
from tagwatch.store.journal.record import DataClass, Owner, OwnerKind, Record
from tagwatch.store.kept_frames import DAY_LENGTH
from tagwatch.store.orders import zones_only_of
from tagwatch.store.settings import settings_at
from tagwatch.store.trail import pack

_LOG: Final = structlog.get_logger("day_keys")
_FRAMES: Final = 1_000
"""Messages of one record at most."""
_CLASSES: Final = (DataClass.FRAME, DataClass.QUARANTINE)
_COUNTED: Final = (Finding.POSSIBLE.value, Finding.CONFIRMED.value)


class Day(NamedTuple):
    """A day of one activation that is over."""

    owner: Owner
    wearer: WearerId
    period: str
    classes: tuple[DataClass, ...]


class DaysOver(NamedTuple):
    """What one run did."""

    destroyed: int
    """Keys."""
    held: int
    """Days that would have gone, of wearers on hold."""
    kept: int
    """Fixes recorded anew."""


def end_days(keeper: ArchiveKeeper, destroy: Destroy, at: Instant) -> DaysOver:
    """End the days that are over at `at`.

    Raises LineBehind, PostError, OSError; to run it again completes it.
    """
    head = keeper.settle()
    with reading(keeper.projections) as connection:
        due, held = _due(keeper, connection, at)
    destroyed = kept = 0
    for day in due:
        with reading(keeper.projections) as connection:
            events = list(_kept(keeper, connection, day, at, head))
        # One after the other: what stays is in the journal and in the tables before the rest goes.
        for event in events:
            keeper.journal([event], at)
            kept += sum(len(frame.kept) for frame in event.frames)
        for data_class in day.classes:
            destroy(day.owner, data_class, day.period, "zones only: the day is over")
            destroyed += 1
    if due or held:
        _LOG.info("days over", keys=destroyed, on_hold=held, fixes_kept=kept)
    return DaysOver(destroyed, held, kept)


def _due(keeper: ArchiveKeeper, connection: Connection, at: Instant) -> tuple[list[Day], int]:
    column = schema.activation.c
    rows = connection.execute(select(column.activation_id, column.wearer_id))
    wearers = {row.activation_id: WearerId(row.wearer_id) for row in rows}
    on_hold = holds.held(connection)
    keyring = installation.open_keyring(keeper.config)
    try:
        uses = keyring.uses()
    finally:
        keyring.close()
    found: dict[tuple[Owner, str], list[DataClass]] = {}
    for owner, data_class, period in uses:
        of_day = len(period) == DAY_LENGTH and data_class in _CLASSES
        if of_day and owner.kind is OwnerKind.ACTIVATION:
            found.setdefault((owner, period), []).append(data_class)
    due: list[Day] = []
    held = 0
    for (owner, period), classes in sorted(found.items()):
        wearer = wearers.get(owner.id)
        if wearer is None or not _over(zones_only_of(connection, wearer), period, at):
            continue
        if wearer in on_hold:
            held += 1
            continue
        due.append(Day(owner, wearer, period, tuple(classes)))
    return due, held


def _over(spans: Sequence[ZonesOnly], period: str, at: Instant) -> bool:
    """Say whether the longest time for which any of a day stands is over.

    A day of which no order says zones only any more, as one was corrected, stands as other days do:
    its retention is that of its month.
    """
    start, end = span_of_period(period)
    days = [span.days_kept for span in spans if span.start < end and span.end > start]
    return bool(days) and due_at(end, max(days)) <= at


def _kept(
    keeper: ArchiveKeeper, connection: Connection, day: Day, at: Instant, head: int
) -> Iterator[FixesKept]:
    settings = settings_at(connection, at)
    conditions, episodes = _conditions(connection, day.wearer), _episodes(connection, day)
    keyring = installation.open_keyring(keeper.config)
    reader = installation.open_reader(keeper.config)
    frames: list[KeptFrame] = []
    try:
        periods = keyring.ids_of(day.owner, DataClass.FRAME)
        for seq in _seqs(reader, connection, day, head):
            record = reader.get(seq)
            if record is None or periods.get(record.key_id) != day.period:
                continue  # of another owner, or a message that is kept whole
            frame = _frame(record, settings, conditions, episodes)
            if frame is not None:
                frames.append(frame)
            if len(frames) == _FRAMES:
                yield _event(day, frames, at)
                frames = []
    finally:
        reader.close()
        keyring.close()
    if frames:
        yield _event(day, frames, at)


def _event(day: Day, frames: Iterable[KeptFrame], at: Instant) -> FixesKept:
    return FixesKept(
        activation_id=ActivationId(day.owner.id),
        wearer_id=day.wearer,
        day=day.period,
        at=at,
        frames=tuple(frames),
        reach_m=REACH_M,
        around_s=AROUND // SECOND,
    )


def _frame(
    record: Record,
    settings: Settings,
    conditions: Sequence[ConditionVersion],
    episodes: Sequence[Span],
) -> KeptFrame | None:
    if record.payload is None:
        return None
    event = ledger.decode(record.kind, record.payload)
    if not isinstance(event, FrameReceived):
        return None
    (said,) = protocol.decode_all([(event, record.seq, record.received_at)])
    if isinstance(said, DecodeError):
        return None
    stays = contacts(said.fixes, radii_95_m(said.fixes, settings.errors), conditions, episodes)
    return KeptFrame(
        seq=record.seq,
        frame_sha256=event.frame_sha256,
        fixes=pack(blanked(said.fixes, stays)),
        kept=tuple(np.flatnonzero(stays).tolist()),
        events=said.events,
    )


def _seqs(reader: JournalReader, connection: Connection, day: Day, head: int) -> list[int]:
    """Return the records of a day that brought fixes or events of its activation."""
    start, end = span_of_period(day.period)
    bounds = _first_since(reader, start, head), _first_since(reader, end, head)
    found: set[int] = set()
    for table in (schema.trail_block, schema.tag_event):
        row = table.c
        query = select(row.seq).where(row.activation_id == day.owner.id, row.seq >= bounds[0])
        found.update(connection.scalars(query.where(row.seq < bounds[1])))
    return sorted(found)


def _first_since(reader: JournalReader, at: Instant, head: int) -> int:
    """Return the number of the first record received at `at` or later; one beyond the last."""
    low, high = 1, head + 1
    while low < high:
        middle = (low + high) // 2
        record = reader.get(middle)
        if record is not None and record.received_at >= at:
            high = middle
        else:
            low = middle + 1
    return low


def _conditions(connection: Connection, wearer: WearerId) -> list[ConditionVersion]:
    row = schema.condition.c
    bodies = connection.scalars(select(row.body).where(row.wearer_id == wearer))
    return [msgspec.json.decode(body, type=ConditionVersion) for body in bodies]


def _episodes(connection: Connection, day: Day) -> list[Span]:
    row: Any = schema.episode.c
    query = select(row.entered_at, row.left_at).where(
        row.wearer_id == day.wearer, row.finding.in_(_COUNTED)
    )
    return [span_of(each.entered_at, each.left_at, AROUND) for each in connection.execute(query)]
