"""A wearer's fixes wherever they are kept: those in the tables, and older ones in the archive."""

from sqlalchemy import Connection

from tagwatch.core.fix import FixBlock
from tagwatch.core.ids import ActivationId, WearerId
from tagwatch.core.units import Instant
from tagwatch.store.trail import read_trail


def whole_trail(
    connection: Connection, wearer: WearerId, start: Instant, end: Instant
) -> list[tuple[ActivationId, FixBlock]]:
    """Return the wearer's fixes with start ≤ fixed_at < end, one sorted block an activation."""
    return read_trail(connection, wearer, start, end)
