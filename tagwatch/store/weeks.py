"""Of which weeks the overviews were made, as the journal has it."""

from typing import Final

import msgspec
from sqlalchemy import Connection, select

from tagwatch.core.recorded_week import WeekOverviewsMade
from tagwatch.core.units import Instant
from tagwatch.store import schema
from tagwatch.store.writes import Writes

_COLUMNS: Final = ("monday", "began_at", "at", "made", "failed", "sha256")


class WeekMade(msgspec.Struct, frozen=True, kw_only=True):
    """That the overviews of one week were made."""

    monday: str
    began_at: Instant
    at: Instant
    made: int
    failed: int
    sha256: str


def put_week_made(writes: Writes, event: WeekOverviewsMade) -> None:
    """Write that the overviews of a week were made; made again, the last counts."""
    writes.put(schema.week_made, {name: getattr(event, name) for name in _COLUMNS})


def week_made(connection: Connection, monday: str) -> WeekMade | None:
    """Return that of one week; None if its overviews were not made."""
    found = (
        connection.execute(select(schema.week_made).where(schema.week_made.c.monday == monday))
        .mappings()
        .one_or_none()
    )
    return None if found is None else WeekMade(**found)


def last_week_made(connection: Connection) -> WeekMade | None:
    """Return that of the latest week, None if none was ever made."""
    column = schema.week_made.c
    query = select(schema.week_made).order_by(column.monday.desc()).limit(1)
    found = connection.execute(query).mappings().one_or_none()
    return None if found is None else WeekMade(**found)
