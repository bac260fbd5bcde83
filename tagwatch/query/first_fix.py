"""When a tag's first fix since some moment was made, in the tables or in the archive."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection, select

from tagwatch.core.person import Activation
from tagwatch.core.units import DAY, Instant
from tagwatch.query.seen_trail import whole_trail
from tagwatch.store import schema
from tagwatch.store.archive import parts
from tagwatch.store.archive.parts import recent

_STEP: Final = 31 * DAY
"""So much of the archive is looked at at once: the first look nearly always finds it."""


def first_fix(
    connection: Connection, fitted: Sequence[Activation], since: Instant
) -> Instant | None:
    """Return when the first fix after `since` of any of these activations was made.

    Raises ArchiveDamage.
    """
    column = schema.trail_block.c
    ids = [each.activation_id for each in fitted]
    here = connection.scalar(
        select(column.first_at)
        .where(column.activation_id.in_(ids), column.last_at >= since, recent())
        .order_by(column.seq)
        .limit(1)
    )
    seam = parts.seam(connection)
    if not seam.upto or since >= seam.horizon:
        return here
    for one in sorted(fitted, key=lambda each: each.started_at):
        archived = _archived(connection, one, since, seam.horizon)
        if archived is not None:
            return archived if here is None else min(archived, here)
    return here


def _archived(
    connection: Connection, one: Activation, since: Instant, horizon: Instant
) -> Instant | None:
    start = max(since, one.started_at)
    end = min(one.ended_at or horizon, horizon)
    while start < end:
        until = Instant(min(start + _STEP, end))
        for activation, block in whole_trail(connection, one.wearer_id, start, until):
            if activation == one.activation_id and len(block):
                return Instant(int(block["fixed_at"].min()))
        start = until
    return None
