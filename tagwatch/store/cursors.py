"""How far the line has come in each lane, and the few numbers it keeps besides."""

from sqlalchemy import Connection, select

from tagwatch.core.units import Instant
from tagwatch.store import schema
from tagwatch.store.journal.record import Lane
from tagwatch.store.writes import Writes


def cursors(connection: Connection) -> dict[Lane, int]:
    """Return the last record applied of each lane; 0 before the first."""
    found = {Lane.FRESH: 0, Lane.BACKFILL: 0}
    for row in connection.execute(select(schema.cursor)):
        found[Lane(row.lane)] = row.seq
    return found


def put_cursor(writes: Writes, lane: Lane, seq: int, received_at: Instant) -> None:
    """Move the cursor of a lane to `seq`, a record received at `received_at`."""
    row = {"lane": int(lane), "seq": seq, "received_at": received_at}
    writes.put(schema.cursor, row)


def counters(connection: Connection) -> dict[str, int]:
    """Return the counters, by name: frames, fixes, duplicates …"""
    return {row.name: row.value for row in connection.execute(select(schema.counter))}
