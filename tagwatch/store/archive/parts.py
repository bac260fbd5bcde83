"""Which files of the archive count, and where the seam lies: the tables' side of the archive.

A row of `trail_block` with `last_at < horizon` and `seq <= upto` is archived: it counts for nobody,
and is deleted piecemeal. Files and seam change in one transaction of the line, so whoever reads
both in one transaction sees each fix exactly once. No columnar library is loaded here.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Final, NamedTuple

import msgspec
from sqlalchemy import ColumnElement, Connection, bindparam, delete, func, or_, select

from tagwatch.core.ledger import KeyDestroyed, TrailRewritten, TrailSealed
from tagwatch.core.recorded_archive import ArchiveFile, ArchiveOrder
from tagwatch.core.units import Instant
from tagwatch.store import schema
from tagwatch.store.journal.record import DataClass, OwnerKind
from tagwatch.store.writes import Writes

FOLDER: Final = "archive"
"""Beside the file of the projections."""
NEVER: Final = Instant(-(2**63))
"""The horizon before anything was sealed."""

_PART: Final = schema.trail_part.c
_SEAM: Final = schema.trail_seam.c
_DROP: Final = delete(schema.trail_part).where(_PART.path == bindparam("doomed"))
_DROP_ALL: Final = delete(schema.trail_part)
_NAME: Final = "trail"
_ERASURE: Final = schema.archive_erasure.c
_ERASED: Final = delete(schema.archive_erasure).where(_ERASURE.seq <= bindparam("upto"))


class Seam(NamedTuple):
    """What is archived: rows that end before `horizon`, of records up to `upto`."""

    horizon: Instant = NEVER
    upto: int = 0
    settled: Instant = NEVER
    """The same two as the line counts. They differ where files were lost and their fixes are in
    the tables again: the line takes no notice, so that a rebuild takes the turns it took."""
    settled_upto: int = 0
    sweeping: bool = False
    """Archived rows are still to be deleted."""
    sealed_at: Instant = Instant(0)


UNSEALED: Final = Seam()


class Erasure(NamedTuple):
    """Fixes whose key was destroyed: of an activation, received in a month or on a day."""

    seq: int
    activation: str
    period: str


def recent() -> ColumnElement[bool]:
    """Return the condition of a row of `trail_block` that is not archived.

    The seam is read in the same statement, so in the same state of the tables.
    """
    block = schema.trail_block.c
    horizon = func.coalesce(select(_SEAM.horizon).scalar_subquery(), NEVER)
    upto = func.coalesce(select(_SEAM.upto).scalar_subquery(), 0)
    return or_(block.last_at >= horizon, block.seq > upto)


def seam(connection: Connection) -> Seam:
    """Return where the seam lies now."""
    row = connection.execute(select(schema.trail_seam)).one_or_none()
    if row is None:
        return UNSEALED
    return Seam(
        horizon=Instant(row.horizon),
        upto=row.upto,
        settled=Instant(row.settled),
        settled_upto=row.settled_upto,
        sweeping=bool(row.sweeping),
        sealed_at=Instant(row.sealed_at),
    )


def visible(
    connection: Connection,
    order: ArchiveOrder | None = None,
    start: Instant | None = None,
    end: Instant | None = None,
) -> list[ArchiveFile]:
    """Return the files that count, by month and path: of one order, and with fixes that may lie in
    [start, end), where those are given."""
    query = select(schema.trail_part).order_by(_PART.month, _PART.path)
    if order is not None:
        query = query.where(_PART.order == order.value)
    if start is not None:
        query = query.where(_PART.last_at >= start)
    if end is not None:
        query = query.where(_PART.first_at < end)
    names = ArchiveFile.__struct_fields__
    rows = connection.execute(query).mappings()
    return [msgspec.convert({name: row[name] for name in names}, ArchiveFile) for row in rows]


def folder_of(connection: Connection) -> Path | None:
    """Return the archive's folder, None for a database in memory. It need not exist."""
    for _, name, path in connection.exec_driver_sql("PRAGMA database_list"):
        if name == "main" and path:
            return Path(path).parent / FOLDER
    return None


def put_seam(writes: Writes, found: Seam) -> None:
    """Move the seam."""
    row = found._asdict() | {"name": _NAME, "sweeping": int(found.sweeping)}
    writes.put(schema.trail_seam, row)


def put_sealed(writes: Writes, event: TrailSealed) -> None:
    """Make the files of a seal count."""
    _put(writes, event.files)


def put_rewritten(writes: Writes, event: TrailRewritten) -> None:
    """Let files of the archive give way to others."""
    for path in event.dropped:
        writes.remove(_DROP, {"doomed": path})
    gone = frozenset(event.dropped)
    writes.unput(schema.trail_part, lambda row: row["path"] in gone)
    _put(writes, event.files)
    if event.erased_upto:
        writes.remove(_ERASED, {"upto": event.erased_upto})
        table = schema.archive_erasure
        writes.unput(table, lambda row: row["seq"] <= event.erased_upto)


def note_erasure(writes: Writes, event: KeyDestroyed, seq: int, at: Instant) -> None:
    """Note fixes that batch is to take out of the archive, if the event names any."""
    fixes = event.data_class == int(DataClass.FRAME)
    if not fixes or event.owner_kind != int(OwnerKind.ACTIVATION):
        return
    row = {"seq": seq, "activation_id": event.owner_id, "period": event.period, "at": at}
    writes.put(schema.archive_erasure, row)


def erasures(connection: Connection) -> list[Erasure]:
    """Return what is to be taken out of the archive, the oldest first."""
    query = select(_ERASURE.seq, _ERASURE.activation_id, _ERASURE.period).order_by(_ERASURE.seq)
    rows = connection.execute(query)
    return [Erasure(row.seq, row.activation_id, row.period) for row in rows]


def drop_all(writes: Writes) -> None:
    """Let no file count any more."""
    writes.remove(_DROP_ALL, {})
    writes.unput(schema.trail_part, bool)


def _put(writes: Writes, files: Iterable[ArchiveFile]) -> None:
    for file in files:
        row = {name: getattr(file, name) for name in file.__struct_fields__}
        writes.put(schema.trail_part, row | {"order": file.order.value})
