"""The line: takes journal records in order, lane by lane, and commits what they mean.

Fresh records are applied in order of seq. Where late data cuts in, the line first journals how
far each lane had come, so that a rebuild takes the same turns (`Applied`); between two such
records the order follows from the seqs alone, and batch boundaries do not matter.
"""

import time
import traceback
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final, Protocol, Self

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from tagwatch.config import Config, Limits
from tagwatch.core import ledger
from tagwatch.core.ledger import Applied, ArchiveVoided, HeartbeatMissed
from tagwatch.core.recorded_service import PartState
from tagwatch.engine import installation
from tagwatch.engine.clock import now
from tagwatch.engine.kept_index import KEPT_KIND, KeptIndex
from tagwatch.pipeline import ALONE, BOOKKEEPING, run_batch, set_aside
from tagwatch.store.archive.sweep import Sweep
from tagwatch.store.cells import INFO, Cells, make_field_key
from tagwatch.store.cursors import put_cursor
from tagwatch.store.database import Access, keep_fewer_pages, open_tables, wipe_log, write_anew
from tagwatch.store.drafts import draft_of
from tagwatch.store.journal.errors import JournalError
from tagwatch.store.journal.files import Files
from tagwatch.store.journal.reader import MOST_RECORDS, JournalReader
from tagwatch.store.journal.record import Draft, Lane, Record
from tagwatch.store.migrations import migrate
from tagwatch.store.post import PostError
from tagwatch.store.sealing import Sealing, seal_all
from tagwatch.store.state import LineState, load_state
from tagwatch.store.writes import Writes

_LOG: Final = structlog.get_logger("line")
_FIRST_SLICE: Final = 16
_LEAST_FRESH: Final = 512
_ONE_BY_ONE: Final = 64
"""Records of a batch that failed which are taken one by one: after each failure everything known
is loaded again, which takes longer than a commit for each."""
_NOT_THE_RECORDS_FAULT: Final = (
    OperationalError,
    OSError,
    MemoryError,
    JournalError,
    PostError,
    KeyboardInterrupt,
)
"""The disk, the receiver, the machine: the same batch may do when they are well again."""
_APPLIED_KIND: Final = ledger.kind_of(Applied(lane=0, from_seq=0, to_seq=0))
_VOIDED_KIND: Final = ledger.number_of(ArchiveVoided)


class Appender(Protocol):
    """Whoever makes drafts durable: the journal's writer, or the receiver's socket."""

    def append(self, drafts: Sequence[Draft]) -> range:
        """Append `drafts` as one group; they are durable on return. Returns their seqs."""
        ...


class Line:
    """Applies the journal to the projections of one installation. For one thread at a time."""

    def __init__(
        self,
        reader: JournalReader,
        database: Engine,
        projections: Engine,
        post: Appender,
        limits: Limits,
    ) -> None:
        """Use `Line.open`."""
        self._reader = reader
        self.database = database
        """The writing connection's engine."""
        self.projections = projections
        """Read-only connections to what is decided."""
        self._post = post
        self._limits = limits
        self._connection = database.connect()
        self._script: deque[Applied] = deque()
        self._late: deque[Record] = deque()
        self._late_most = _FIRST_SLICE
        self._damage_said = 0
        self._reached = 0
        """Up to here nothing fresh is left: late data is taken no farther."""
        self._late_s = self._fresh_s = 0.0
        self._sweeping = Sweep()
        self._wiping = False
        """Pages of somebody forgotten may still lie in the write-ahead log."""
        self._voided_upto = 0
        self._kept = KeptIndex(reader)
        self.state: LineState
        self._reload()
        self._passed = self._noted = self.cursor(Lane.FRESH)

    @classmethod
    def open(cls, config: Config, post: Appender, files: Files = installation.OS_FILES) -> Self:
        """Open the projections (made if absent) and stand where the last transaction ended."""
        reader = installation.open_reader(config, files)
        database = open_projections(config)
        projections = open_tables(config, Access.READ)
        return cls(reader, database, projections, post, config.limits)

    def close(self) -> None:
        """Close connections and files."""
        self._connection.close()
        self.database.dispose()
        self.projections.dispose()
        self._reader.close()

    def cursor(self, lane: Lane) -> int:
        """Return the last record applied of `lane`."""
        return self.state.cursors[lane]

    def follow(self, head: int) -> None:
        """Note the turns journaled beyond what is applied; they are taken before any other.

        Call once before the first `catch_up`.
        """
        after = self.cursor(Lane.FRESH)
        self._script.clear()
        self._voided_upto = 0
        self._kept.begin()
        while records := self._reader.read(after, head, Lane.FRESH):
            for record in records:
                if record.kind == _APPLIED_KIND and record.payload is not None:
                    turn = ledger.decode(record.kind, record.payload)
                    if isinstance(turn, Applied) and turn.to_seq > self.cursor(Lane(turn.lane)):
                        self._script.append(turn)
                elif record.kind == _VOIDED_KIND:
                    self._voided_upto = record.seq
                elif record.kind == KEPT_KIND:
                    self._kept.note(record)
            after = records[-1].seq
        self.state.trails.voided_upto = self._voided_upto

    def write_anew(self) -> None:
        """Write the tables' file anew, whatever its size, so that no page keeps what was in it."""
        write_anew(self._connection, None)
        wipe_log(self._connection)

    def seal_anew(self, sealing: Sealing) -> bool | None:
        """Seal a few protected rows with the newest field key; return whether none is left that
        is not, None if no former key is in use."""
        cells: Cells | None = self._connection.info.get(INFO)
        if cells is None or not cells.turned():
            return None
        with self._connection.begin():
            done = sealing.run(self._connection, cells)
        self._wiping = self._wiping or done
        return done

    def expect_small_batches(self) -> None:
        """Keep less ready of the tables: what had to be caught up with is done."""
        keep_fewer_pages(self._connection)

    def resume(self, head: int) -> None:
        """Stand where the tables do, and take the turns journaled beyond: after any failure."""
        self._reload()
        self.follow(head)

    def catch_up(self, head: int, until: Callable[[], bool] | None = None) -> int:
        """Apply everything up to `head`, fresh records first; returns how many it took.

        `until` is asked between batches and ends the work early by answering True.
        """
        done = 0
        while until is None or not until():
            took = self.step(head)
            if not took:
                break
            done += took
        return done

    def step(self, head: int) -> int:
        """Apply one batch and return how many records it had; 0 when nothing is left."""
        if self._script:
            return self._scripted(head)
        if self._late_waits() and self._late_s < self._limits.backfill_share * self._spent_s():
            return self._backfill()
        return self._fresh(head) or self._backfill()

    def _spent_s(self) -> float:
        return self._late_s + self._fresh_s

    def _fresh(self, head: int) -> int:
        began = time.perf_counter()
        records = self._real_fresh(head)
        if not records:
            # Nothing fresh waits: late data owes nobody for the time it takes now.
            self._reached = head
            self._late_s = self._fresh_s = 0.0
            return 0
        self._apply(Lane.FRESH, records, records[-1].seq)
        self._fresh_s += time.perf_counter() - began
        return len(records)

    def _real_fresh(self, head: int) -> list[Record]:
        """Return the next fresh records that are more than the line's own notes."""
        after = max(self._passed, self.cursor(Lane.FRESH))
        while records := self._read(Lane.FRESH, after, head, self._fresh_most()):
            after = self._passed = records[-1].seq
            real = [record for record in records if record.kind not in BOOKKEEPING]
            if real:
                self._passed = self.cursor(Lane.FRESH)
                return _together(real)
        return []

    def _fresh_most(self) -> int:
        """Return how many fresh records to take: about one frame of each wearer, so that what
        one frame changes is known when his next one is screened."""
        most = self._limits.batch_records
        return min(most, max(_LEAST_FRESH, len(self.state.wearers)))

    def _late_waits(self) -> bool:
        upto = max(self._reached, self.cursor(Lane.FRESH))
        if not self._late and upto > self._no_late_upto:
            after = max(self.cursor(Lane.BACKFILL), self._no_late_upto)
            self._late.extend(self._read(Lane.BACKFILL, after, upto))
            self._no_late_upto = 0 if self._late else upto
        return bool(self._late)

    def _backfill(self) -> int:
        """Take a slice of late data; first journal the turn, so that a rebuild repeats it."""
        if not self._late_waits():
            return 0
        began = time.perf_counter()
        count = min(self._late_most, len(self._late))
        records = [self._late.popleft() for _ in range(count)]
        fresh, late = self.cursor(Lane.FRESH), self.cursor(Lane.BACKFILL)
        turns = [Applied(lane=Lane.BACKFILL, from_seq=late, to_seq=records[-1].seq)]
        if fresh > self._noted:
            turns.insert(0, Applied(lane=Lane.FRESH, from_seq=self._noted, to_seq=fresh))
        at = records[-1].received_at
        self._post.append([draft_of(turn, at) for turn in turns])
        self._noted = fresh
        self._apply(Lane.BACKFILL, records, records[-1].seq)
        took = time.perf_counter() - began
        self._late_s += took
        self._late_most = _next_slice(count, took, self._limits)
        return count

    def _scripted(self, head: int) -> int:
        """Take the next journaled turn, or a part of it if it is of the fresh lane."""
        turn = self._script[0]
        lane = Lane(turn.lane)
        cursor = max(self.cursor(lane), self._passed if lane is Lane.FRESH else 0)
        most = self._limits.batch_records if lane is Lane.FRESH else MOST_RECORDS
        records = self._read(lane, cursor, turn.to_seq, most)
        if lane is Lane.BACKFILL:
            while more := self._read(lane, records[-1].seq, turn.to_seq, most) if records else []:
                records += more
        if not records:
            self._script.popleft()
            return self.step(head)
        if lane is Lane.FRESH:
            self._passed = records[-1].seq
            records = [record for record in records if record.kind not in BOOKKEEPING]
            records = _together(records)
            self._passed = records[-1].seq if records else self._passed
        if records:
            self._apply(lane, records, records[-1].seq)
        return max(len(records), 1)

    def _read(self, lane: Lane, after: int, upto: int, most: int = 0) -> list[Record]:
        limits = self._limits
        found = self._reader.read(
            after, upto, lane, most or limits.batch_records, limits.batch_bytes
        )
        self._say_damage()
        return found

    def _say_damage(self) -> None:
        """Journal what could not be read, so that an alert names it; its records are passed."""
        damage = self._reader.damage
        for place in damage[self._damage_said :]:
            cost = "no record is lost"
            if place.first_seq <= place.last_seq:
                cost = f"records {place.first_seq} to {place.last_seq} are lost"
            words = (
                f"bytes {place.start} to {place.end} cannot be read ({place.reason}); {cost}: "
                "run `tagwatch verify`"
            )
            event = HeartbeatMissed(
                part=f"journal segment {place.segment} at {place.start}",
                at=self.state.now,
                state=PartState.AILING,
                words=words,
            )
            self._post.append([draft_of(event, self.state.now)])
        self._damage_said = len(damage)

    def _apply(self, lane: Lane, records: Sequence[Record], upto: int) -> None:
        """Commit `records`; one that cannot be taken in is set aside, and said so, and passed."""
        try:
            self._commit(lane, upto, records[-1], lambda: run_batch(lane, records, self.state))
        except _NOT_THE_RECORDS_FAULT:
            self._reload()
            raise
        except Exception as error:  # noqa: BLE001  # whatever a record does, the line goes on behind it
            self._reload()
            if len(records) == 1:
                self._set_aside(lane, records[0], error)
                return
            failed = type(error).__name__
            _LOG.warning("batch taken again in parts", records=len(records), error=failed)
            most = 1 if len(records) <= _ONE_BY_ONE else (len(records) + 1) // 2
            for first in range(0, len(records), most):
                part = records[first : first + most]
                ends = first + most >= len(records)
                self._apply(lane, part, upto if ends else part[-1].seq)

    def _set_aside(self, lane: Lane, record: Record, error: Exception) -> None:
        # Where it failed, and nothing of what was in the record: logs hold no personal data.
        where = [f"{f.filename}:{f.lineno}" for f in traceback.extract_tb(error.__traceback__)]
        failed = type(error).__name__
        _LOG.error("record set aside", seq=record.seq, kind=record.kind, error=failed, at=where)
        self._commit(lane, record.seq, record, lambda: set_aside(record, error, self.state))

    def _commit(self, lane: Lane, upto: int, last: Record, decide: Callable[[], Writes]) -> None:
        with self._connection.begin():
            writes = decide()
            self.state.flush(writes)
            put_cursor(writes, lane, upto, last.received_at)
            writes.write(self._connection)
            swept = self._sweep()
        self.state.committed()
        self.state.cursors[lane] = upto
        if swept:
            self.state.trails.swept()
        if last.kind in ALONE:
            self._reload()
            write_anew(self._connection, self._limits.anew_bytes)
            self._wiping = True
        if self._wiping:
            self._wiping = not wipe_log(self._connection)

    def _sweep(self) -> bool:
        """Delete a few rows that are archived; return whether those were the last."""
        seam = self.state.trails.seam
        return seam.sweeping and self._sweeping.run(self._connection, seam)

    def _reload(self) -> None:
        """Stand where the last committed transaction ended; what was in memory is forgotten."""
        self._late.clear()
        self._no_late_upto = 0
        # The former goes first: two of them together would take twice the memory.
        if hasattr(self, "state"):
            del self.state
        with self._connection.begin():
            self.state = load_state(self._connection)
        self.state.trails.voided_upto = self._voided_upto
        self.state.trails.kept = self._kept.find
        self._sweeping.again()
        self._passed = self._reached = self.cursor(Lane.FRESH)


def _together(records: list[Record]) -> list[Record]:
    """Return the first of these that are one batch: those to be taken alone, or all before them."""
    alone = [record.kind in ALONE for record in records]
    if True not in alone:
        return records
    ends = alone.index(not alone[0]) if (not alone[0]) in alone else len(records)
    return records[:ends]


def open_projections(config: Config) -> Engine:
    """Return the writing engine on the projections, their tables made or brought up to date."""
    config.projections_file.touch(mode=0o600)  # SQLite's own files beside it take the same mode
    make_field_key(config, now())
    database = open_tables(config, Access.WRITE)
    with database.begin() as connection:
        sealed = migrate(connection) and seal_all(connection)
    if sealed:
        # Nothing of what stood in plain stays in a page that is free, or in the log.
        with database.connect() as connection:
            write_anew(connection, None)
            wipe_log(connection)
    return database


def _next_slice(count: int, took_s: float, limits: Limits) -> int:
    """Return how many late records the next slice takes to last about its limit."""
    wanted = int(count * limits.backfill_slice_ms / 1000 / max(took_s, 1e-4))
    return max(1, min(wanted, 2 * count, limits.batch_records))
