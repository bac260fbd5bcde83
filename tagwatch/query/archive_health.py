"""How is the trail archive: sealed up to when, how large, and what is still to be done to it?"""

from typing import Final

import msgspec
from sqlalchemy import Connection, Engine, func, literal, select

from tagwatch.core.recorded_archive import ArchiveOrder
from tagwatch.core.units import Instant
from tagwatch.store import schema
from tagwatch.store.archive import parts
from tagwatch.store.archive.parts import Seam
from tagwatch.store.database import reading

MOST_COUNTED: Final = 10_000
"""Rows still to be deleted are counted up to here."""


class ArchiveHealth(msgspec.Struct, frozen=True, kw_only=True):
    """The trail archive as it is now."""

    sealed_before: Instant | None
    """Fixes older than this are archived, save late ones; None before anything was sealed."""
    sealed_at: Instant | None
    """When it was last sealed."""
    files: int
    """Of both orders."""
    bytes: int
    fixes: int
    """Each counted once."""
    waiting: int
    """Requests of the line for archived fixes that are not answered."""
    waiting_since: Instant | None
    erasures: int
    """Erased keys whose fixes are still to be taken out of the files."""
    to_delete: int
    """Archived rows still in the tables, counted up to MOST_COUNTED."""


def archive_health(engine: Engine) -> ArchiveHealth:
    """Return the state of the archive; it names no wearer. No file is read."""
    part, request = schema.trail_part.c, schema.stage_request.c
    size = select(part.order, func.count(), func.sum(part.bytes), func.sum(part.fixes))
    with reading(engine) as connection:
        seam = parts.seam(connection)
        sizes = connection.execute(size.group_by(part.order)).all()
        waiting, since = connection.execute(
            select(func.count(), func.min(request.asked_at)).where(request.state == "waiting")
        ).one()
        return ArchiveHealth(
            sealed_before=seam.horizon if seam.upto else None,
            sealed_at=seam.sealed_at if seam.sealed_at else None,
            files=sum(int(row[1]) for row in sizes),
            bytes=sum(int(row[2]) for row in sizes),
            fixes=sum(int(row[3]) for row in sizes if row[0] == ArchiveOrder.BY_PERSON.value),
            waiting=int(waiting),
            waiting_since=None if since is None else Instant(since),
            erasures=len(parts.erasures(connection)),
            to_delete=_to_delete(connection, seam) if seam.sweeping else 0,
        )


def _to_delete(connection: Connection, seam: Seam) -> int:
    """Return how many archived rows the tables still have, by wearer, so that the index serves."""
    block = schema.trail_block.c
    # Rows that belong to nobody have the empty text for a wearer.
    whose = select(schema.wearer.c.wearer_id).union_all(select(literal(""))).subquery()
    archived = (
        select(block.seq)
        .join_from(whose, schema.trail_block, block.wearer_id == whose.c.wearer_id)
        .where(block.last_at < seam.horizon, block.seq <= seam.upto)
        .limit(MOST_COUNTED)
        .subquery()
    )
    return int(connection.scalar(select(func.count()).select_from(archived)) or 0)
