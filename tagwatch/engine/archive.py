"""The archive's keeper: what batch does so that old fixes are sealed and none is lost or doubled.

Everything follows one order: files are made durable, then the event that names them is journaled,
then the line makes them count. A file that no event names is an orphan and goes; one that gave way
to another goes when no reader can have it open any more.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final, Protocol

import structlog
from sqlalchemy import Connection, Engine, bindparam, func, select

from tagwatch.config import Config
from tagwatch.core.event import Event
from tagwatch.core.fix import FixBlock, empty_block
from tagwatch.core.ids import ActivationId, WearerId
from tagwatch.core.ledger import TrailSealed, TrailStaged
from tagwatch.core.units import DAY, HOUR, Instant, utc
from tagwatch.engine import installation
from tagwatch.store import schema, staging
from tagwatch.store.archive import parts
from tagwatch.store.archive.parts import recent
from tagwatch.store.cursors import cursors
from tagwatch.store.database import reading
from tagwatch.store.drafts import draft_of
from tagwatch.store.journal.files import Files
from tagwatch.store.journal.record import Draft, Head, Lane
from tagwatch.store.staging import StageRequest
from tagwatch.store.trail import pack, unpack

_LOG: Final = structlog.get_logger("archive")
_SHARE: Final = 50_000
"""Fixes brought back in one journal record."""
_GROUP: Final = 8
"""Such records appended together."""

_BLOCK: Final = schema.trail_block.c
_NEXT: Final = select(func.min(_BLOCK.wearer_id)).where(_BLOCK.wearer_id > bindparam("after"))
_ROWS: Final = (
    select(_BLOCK.activation_id, _BLOCK.rows)
    .where(
        _BLOCK.wearer_id == bindparam("wearer"),
        _BLOCK.last_at < bindparam("horizon"),
        _BLOCK.seq <= bindparam("upto"),
        recent(),
    )
    .order_by(_BLOCK.last_at, _BLOCK.seq)
)


class Post(Protocol):
    """Whoever makes drafts durable, and says how far the journal has come."""

    def append(self, drafts: Sequence[Draft]) -> range:
        """Append `drafts` as one group; they are durable on return. Returns their seqs."""
        ...

    def head(self) -> Head:
        """Return the durable end of the journal."""
        ...


class LineBehind(Exception):
    """The line has not applied what was journaled: nothing is done to the archive meanwhile."""


class ArchiveKeeper:
    """Seals, and brings back. For one thread; nobody else may write files of the archive."""

    def __init__(
        self,
        config: Config,
        projections: Engine,
        post: Post,
        applied: Callable[[int], bool],
        disk: Files = installation.OS_FILES,
    ) -> None:
        """`applied` waits until the line has applied a record, and tells whether it has."""
        self.config = config
        self.projections = projections
        self.disk = disk
        self.folder: Path = config.archive_folder
        self._post = post
        self._applied = applied
        self._reader = installation.open_reader(config)
        self._gone: dict[Path, float] = {}

    def close(self) -> None:
        """Close the journal."""
        self._reader.close()

    # --- one order --------------------------------------------------------------------------

    def settle(self) -> int:
        """Return the journal's end, once the line has applied it: then nothing is in doubt.

        Raises LineBehind.
        """
        head = self._post.head().seq
        self.wait_for(head)
        return head

    def wait_for(self, seq: int) -> None:
        """Return when the line has applied a record. Raises LineBehind."""
        if not self._applied(seq):
            raise LineBehind(f"the line has not applied record {seq}")

    def journal(self, events: Sequence[Event], at: Instant) -> None:
        """Append events as one group, and return when the line has applied them."""
        seqs = self._post.append([draft_of(event, at) for event in events])
        self.wait_for(seqs[-1])

    # --- sealing ----------------------------------------------------------------------------

    def seal_due(self, at: Instant) -> bool:
        """Return whether the day's seal is still to be made."""
        hour = self.config.archive.hour * HOUR
        due = (at - hour) // DAY * DAY + hour
        with reading(self.projections) as connection:
            seam = parts.seam(connection)
            return not seam.sweeping and seam.sealed_at < due

    def seal(self, at: Instant) -> int:
        """Archive what is older than the tables keep; returns how many fixes.

        Raises LineBehind, OSError.
        """
        self.settle()
        horizon = Instant((at - self.config.archive.recent_days * DAY) // DAY * DAY)
        with reading(self.projections) as connection:
            seam = parts.seam(connection)
            upto = self._passed(connection, seam.upto)
            if seam.sweeping or staging.waiting(connection):
                return 0
            if horizon < seam.horizon or upto < seam.upto:
                return 0
            rows = _Counted(_archivable(connection, horizon, upto))
            name = f"{utc(horizon):%Y%m%d}-{upto}"
            files = ()
            first = next(rows, None)
            if first is not None:
                from tagwatch.store.archive.write import write_parts  # noqa: PLC0415  # columnar

                files = write_parts(self.folder, name, _with(first, rows), self.disk)
        if not files and not seam.upto:
            return 0
        event = TrailSealed(at=at, horizon=horizon, upto=upto, files=files, fixes=rows.fixes)
        self.journal([event], at)
        _LOG.info("sealed", fixes=rows.fixes, files=len(files), horizon=f"{utc(horizon):%Y-%m-%d}")
        return rows.fixes

    def _passed(self, connection: Connection, after: int) -> int:
        """Return the last record such that nothing of either lane up to it is still to be
        applied."""
        stand = cursors(connection)
        fresh, late = stand[Lane.FRESH], stand[Lane.BACKFILL]
        waits = self._reader.read(max(late, after), fresh, Lane.BACKFILL, most=1)
        return waits[0].seq - 1 if waits else fresh

    # --- bringing back ----------------------------------------------------------------------

    def bring_back(self, at: Instant) -> int:
        """Journal the archived fixes that the line waits for; returns how many requests there
        were. Raises LineBehind, OSError, ArchiveDamage."""
        with reading(self.projections) as connection:
            if not staging.waiting(connection):
                return 0
        attempt = self.settle()
        with reading(self.projections) as connection:
            asked = staging.waiting(connection)
            for request in asked:
                shares = list(_shares(connection, request, attempt))
                for first in range(0, len(shares), _GROUP):
                    group = shares[first : first + _GROUP]
                    self._post.append([draft_of(event, at) for event in group])
        self.settle()
        return len(asked)

    # --- files that are no more -------------------------------------------------------------

    def tidy(self, grace_s: float | None = None) -> int:
        """Remove the files that nothing names, once they have been so for `grace_s` seconds (as
        configured, if not given); returns how many. Raises LineBehind, OSError."""
        if not self.folder.exists():
            return 0
        self.settle()
        with reading(self.projections) as connection:
            named = {self.folder / each.path for each in parts.visible(connection)}
        grace = self.config.archive.grace_s if grace_s is None else grace_s
        now = time.monotonic()
        found = {path for path in self.folder.rglob("*") if path.is_file() and path not in named}
        self._gone = {path: self._gone.get(path, now) for path in found}
        doomed = [path for path, since in self._gone.items() if now - since >= grace]
        for path in doomed:
            self.disk.remove(path)
            del self._gone[path]
        for folder in sorted({path.parent for path in doomed}):
            self.disk.fsync_dir(folder)
        return len(doomed)


class _Counted:
    """Fixes as they pass, and how many they were."""

    def __init__(self, rows: Iterator[tuple[WearerId, ActivationId, FixBlock]]) -> None:
        self._rows = rows
        self.fixes = 0

    def __iter__(self) -> Iterator[tuple[WearerId, ActivationId, FixBlock]]:
        return self

    def __next__(self) -> tuple[WearerId, ActivationId, FixBlock]:
        found = next(self._rows)
        self.fixes += len(found[2])
        return found


def _with(
    first: tuple[WearerId, ActivationId, FixBlock],
    rest: Iterator[tuple[WearerId, ActivationId, FixBlock]],
) -> Iterator[tuple[WearerId, ActivationId, FixBlock]]:
    yield first
    yield from rest


def _archivable(
    connection: Connection, horizon: Instant, upto: int
) -> Iterator[tuple[WearerId, ActivationId, FixBlock]]:
    """Yield the fixes of rows that a seam there would archive and that are not, by wearer."""
    wearer: str | None = ""
    while wearer is not None:
        asked = {"wearer": wearer, "horizon": horizon, "upto": upto}
        for activation, rows in connection.execute(_ROWS, asked):
            yield WearerId(wearer), ActivationId(activation), unpack(rows)
        wearer = connection.scalar(_NEXT, {"after": wearer})


def _shares(connection: Connection, request: StageRequest, attempt: int) -> Iterator[TrailStaged]:
    """Yield what is brought back for a request, in shares that fit into a record."""
    from tagwatch.store.archive.read import whole_trail  # noqa: PLC0415  # columnar

    found: list[tuple[WearerId, ActivationId, FixBlock]] = []
    for wearer in request.wearers:
        # What a broken clock dated before 1970 decides nothing.
        start = max(request.start, Instant(0))
        for activation, block in whole_trail(connection, wearer, start, request.end):
            for first in range(0, len(block), _SHARE):
                found.append((wearer, activation, block[first : first + _SHARE]))
    if not found:
        found.append((request.wearer, ActivationId(""), empty_block()))
    for number, (wearer, activation, block) in enumerate(found, start=1):
        yield TrailStaged(
            request=request.request,
            attempt=attempt,
            wearer=wearer,
            start=request.start,
            end=request.end,
            number=number,
            of=len(found),
            activation=activation,
            rows=pack(block),
        )
