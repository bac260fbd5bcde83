"""A whole monitoring centre inside this process: journal and line, no sockets and no clock.

Simulated history, replays and tests use it: they say what time it is by what they append.
"""

from collections.abc import Sequence
from types import TracebackType
from typing import Self

from sqlalchemy import Engine

from tagwatch.config import Config
from tagwatch.core.ledger import Event, Tick
from tagwatch.core.units import Instant
from tagwatch.engine import installation
from tagwatch.engine.line import Line
from tagwatch.store.drafts import draft_of
from tagwatch.store.journal.files import Files
from tagwatch.store.journal.record import Draft, Lane, Owner
from tagwatch.store.journal.writer import JournalWriter


class InProcessCentre:
    """The journal's writer and the line on one data folder, called instead of running.

    What it appends is durable on return; `apply` then decides everything appended so far.
    Nothing is sent: the outbox fills and stays.
    """

    def __init__(
        self,
        config: Config,
        writer: JournalWriter,
        line: Line,
        lock: installation.FolderLock | None,
    ) -> None:
        """Use `InProcessCentre.open`."""
        self.config = config
        self.writer = writer
        self.line = line
        self._lock = lock

    @classmethod
    def open(cls, config: Config, files: Files = installation.OS_FILES) -> Self:
        """Open the installation in `config.data`, made if there is none, and hold its lock.

        Raises InstallationError if another process has it.
        """
        installation.refuse_unfinished(config)
        lock = installation.FolderLock(config.lock_file)
        try:
            return cls._opened(config, files, lock)
        except BaseException:
            lock.release()
            raise

    @classmethod
    def within(cls, config: Config, files: Files = installation.OS_FILES) -> Self:
        """Open the installation in `config.data` for a caller who holds its lock already."""
        return cls._opened(config, files, None)

    @classmethod
    def _opened(cls, config: Config, files: Files, lock: installation.FolderLock | None) -> Self:
        if not installation.exists(config, files):
            installation.create(config, files)
        writer = installation.open_writer(config, files)
        try:
            line = Line.open(config, writer, files)
            # A turn may have been journaled although its transaction was lost: it is taken first.
            line.follow(writer.head().seq)
        except BaseException:
            writer.close()
            raise
        return cls(config, writer, line, lock)

    @property
    def projections(self) -> Engine:
        """Read-only connections to what the line has decided."""
        return self.line.projections

    def append(self, drafts: Sequence[Draft]) -> range:
        """Append `drafts` as one group and return their seqs, durable on return."""
        return self.writer.append(drafts)

    def record(
        self,
        *events: Event,
        at: Instant,
        lane: Lane = Lane.FRESH,
        owner: Owner | None = None,
    ) -> range:
        """Append `events` as one group received at `at`, and return their seqs."""
        return self.append([draft_of(event, at, lane=lane, owner=owner) for event in events])

    def tick(self, at: Instant) -> int:
        """Append a tick: deadlines up to `at` fire when it is applied. Returns its seq."""
        return self.record(Tick(at=at, monotonic_us=at), at=at)[0]

    def apply(self) -> int:
        """Decide everything appended so far, and return how many records that were."""
        return self.line.catch_up(self.writer.head().seq)

    def close(self) -> None:
        """Let go of the installation."""
        self.line.close()
        self.writer.close()
        self.let_go()

    def let_go(self) -> None:
        """Give the data folder's lock back, as the end of a process does."""
        if self._lock is not None:
            self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.close()
