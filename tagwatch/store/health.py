"""The installation's own health: its parts and the intervals in which it was blind."""

from typing import Any

import msgspec
from sqlalchemy import Connection, func, select

from tagwatch.core.ledger import HeartbeatMissed, ProcessStarted
from tagwatch.core.recorded_service import PartState
from tagwatch.core.rules.installation import BlindInterval, Call
from tagwatch.core.units import Instant
from tagwatch.store import schema
from tagwatch.store.writes import Writes


def put_part(writes: Writes, event: HeartbeatMissed) -> None:
    """Write the state of a watched part."""
    row: dict[str, Any] = {"part": event.part, "state": event.state.value}
    writes.put(schema.process_state, row | {"at": event.at, "words": event.words})


def put_started(writes: Writes, event: ProcessStarted, seq: int) -> None:
    """Write when a process came up, and with which code and time zone data."""
    writes.put(schema.process_start, {"seq": seq, "process": event.process, "at": event.at})
    words = f"Tagwatch {event.code_version}, tzdata {event.tzdata_version}"
    row: dict[str, Any] = {"part": f"started {event.process}", "state": PartState.HEALTHY.value}
    writes.put(schema.process_state, row | {"at": event.at, "words": words})


def put_blind(writes: Writes, blind: BlindInterval, calls: tuple[Call, ...]) -> None:
    """Write a blind interval with the wearers to ring about, nearest to a place first."""
    writes.put(
        schema.blind_interval,
        {
            "from_at": blind.from_at,
            "to_at": blind.to_at,
            "cause": blind.cause,
            "call_list": msgspec.json.encode(calls).decode(),
        },
    )


def starts_since(connection: Connection, since: Instant) -> dict[str, int]:
    """Return how often each process came up since `since`."""
    table = schema.process_start
    query = (
        select(table.c.process, func.count())
        .where(table.c.at >= since)
        .group_by(table.c.process)
        .order_by(table.c.process)
    )
    return {row[0]: row[1] for row in connection.execute(query)}


def ailing_since(connection: Connection) -> dict[str, Instant]:
    """Return the parts that ail, and since when."""
    table = schema.process_state
    query = select(table.c.part, table.c.at).where(table.c.state == PartState.AILING.value)
    return {row.part: Instant(row.at) for row in connection.execute(query)}


def parts(connection: Connection) -> list[dict[str, Any]]:
    """Return the latest state of every watched part, by name."""
    query = select(schema.process_state).order_by(schema.process_state.c.part)
    return [dict(row) for row in connection.execute(query).mappings()]


def blind_intervals(connection: Connection) -> list[dict[str, Any]]:
    """Return the blind intervals, latest first."""
    query = select(schema.blind_interval).order_by(schema.blind_interval.c.from_at.desc())
    return [dict(row) for row in connection.execute(query).mappings()]
