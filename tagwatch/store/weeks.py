"""Of which weeks the overviews were made, as the journal has it."""

from typing import Final

import msgspec
from sqlalchemy import Connection, select

from tagwatch.core.ids import AccountId
from tagwatch.core.recorded_week import WeekNoticeChosen, WeekOverviewsMade
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


def put_week_notice(writes: Writes, event: WeekNoticeChosen) -> None:
    """Write what somebody chose about being told."""
    row = {"account_id": event.account, "wanted": int(event.wanted), "at": event.at}
    writes.put(schema.week_notice, row)


def wants_week_notice(connection: Connection, writes: Writes | None = None) -> set[AccountId]:
    """Return who wants to be told; what `writes` holds is seen too."""
    column = schema.week_notice.c
    rows = connection.execute(select(column.account_id, column.wanted))
    chosen = {AccountId(row.account_id): bool(row.wanted) for row in rows}
    for row in writes.put_rows(schema.week_notice) if writes is not None else ():
        chosen[AccountId(row["account_id"])] = bool(row["wanted"])
    return {account for account, wanted in chosen.items() if wanted}


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
