"""Hand-overs as the projections keep them."""

from typing import Any

from sqlalchemy import Connection, select

from tagwatch.core.ledger import HandoverTaken, HandoverWritten
from tagwatch.store import schema
from tagwatch.store.writes import Writes


def put_handover(writes: Writes, event: HandoverWritten, seq: int) -> None:
    """Write what a person hands over."""
    row: dict[str, Any] = {"seq": seq, "at": event.at, "by": event.by, "words": event.words}
    writes.put(schema.handover, row | {"taken_at": None, "taken_by": None})


def put_taken(writes: Writes, event: HandoverTaken, written: dict[str, Any]) -> None:
    """Write who carries on from a hand-over; whoever was first stays."""
    if written["taken_at"] is None:
        writes.put(schema.handover, written | {"taken_at": event.at, "taken_by": event.by})


def handover(connection: Connection, seq: int) -> dict[str, Any] | None:
    """Return one hand-over."""
    query = select(schema.handover).where(schema.handover.c.seq == seq)
    found = connection.execute(query).mappings().first()
    return None if found is None else dict(found)
