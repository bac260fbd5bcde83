"""What happened to alerts since, and who of those who listen may hear of it?"""

from collections.abc import Collection, Iterable, Sequence
from typing import Final

import msgspec
from sqlalchemy import Connection, Engine, func, select

from tagwatch.access.actor import Actor
from tagwatch.access.reader import Reader
from tagwatch.access.role import Role
from tagwatch.core.alert import Alert
from tagwatch.core.ids import AccountId, AlertId
from tagwatch.core.units import Instant
from tagwatch.query.open_alerts import OpenAlert, rows_of
from tagwatch.store import schema
from tagwatch.store.database import reading
from tagwatch.store.glasses import holders
from tagwatch.store.journal.record import Lane

MOST: Final = 500
"""Events handed on at once; a listener who is further behind loads the list anew."""
_NEWEST: Final = "SELECT max(event_id) FROM alert_event"


class News(msgspec.Struct, frozen=True, kw_only=True):
    """One alert event, with the alert as it is now."""

    event_id: int
    kind: str
    at: Instant
    alert: Alert
    officer: AccountId | None = None
    """The wearer's responsible officer, who may see more of it than colleagues do."""


class Bell:
    """Tells the number of the newest alert event, so cheaply that it may be asked all the time."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection: Connection | None = None

    def newest(self) -> int:
        """Return the number of the newest alert event, 0 if there is none.

        Never waits for a lock. Raises SQLAlchemyError.
        """
        if self._connection is None:
            held = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
            held.exec_driver_sql("PRAGMA busy_timeout=0")
            self._connection = held
        return int(self._connection.exec_driver_sql(_NEWEST).scalar() or 0)

    def close(self) -> None:
        """Let the connection go, for good: it does not wait as others do."""
        if self._connection is not None:
            self._connection.invalidate()
            self._connection.close()
            self._connection = None


def news_after(engine: Engine, event_id: int) -> list[News]:
    """Return the alert events after `event_id`, oldest first, at most MOST. For nobody's eyes yet:
    `visible` says who may have which."""
    event, alert, wearer = schema.alert_event.c, schema.alert.c, schema.wearer.c
    with reading(engine) as connection:
        rows = connection.execute(
            select(event.event_id, event.kind, event.at, alert.body, wearer.officer)
            .join(schema.alert, alert.alert_id == event.alert_id)
            .outerjoin(schema.wearer, wearer.wearer_id == alert.wearer_id)
            .where(event.event_id > event_id)
            .order_by(event.event_id)
            .limit(MOST)
        ).all()
    return [
        News(
            event_id=row.event_id,
            kind=row.kind,
            at=row.at,
            alert=msgspec.json.decode(row.body, type=Alert),
            officer=None if row.officer is None else AccountId(row.officer),
        )
        for row in rows
    ]


def visible(reader: Reader, news: Sequence[News]) -> dict[AlertId, OpenAlert]:
    """Return the rows of those alerts that are within the reader's scope now, by alert."""
    alerts = {item.alert.alert_id: item.alert for item in news}
    with reader.connection() as connection:
        rows = rows_of(reader, connection, list(alerts.values()))
    return {row.alert.alert_id: row for row in rows}


def same_scope(
    actors: Iterable[Actor], officers: Collection[AccountId | None]
) -> dict[tuple[object, ...], list[Actor]]:
    """Return actors in groups whose members see the same of the news, so that each asks once.

    `officers` are responsible for the news' wearers, or see more for another reason: of those each
    asks for himself, as he sees more than the colleagues of his agency, who all see the same.
    """
    groups: dict[tuple[object, ...], list[Actor]] = {}
    for actor in actors:
        key = (actor.role, actor.agency, actor.boroughs, actor.programmes, actor.team)
        if actor.role is Role.LIAISON or actor.account_id in officers:
            key = (*key, actor.account_id)
        groups.setdefault(key, []).append(actor)
    return groups


def seeing_more(
    engine: Engine, officers: Iterable[AccountId | None], at: Instant
) -> set[AccountId]:
    """Return who sees more than his colleagues do at `at`: who stands in for one of these officers,
    and to whom a record is open by break-glass."""
    column = schema.officer_leave.c
    query = select(column.deputy).where(
        column.officer.in_(sorted(filter(None, officers))),
        column.starts_at <= at,
        column.until > at,
    )
    with reading(engine) as connection:
        return {AccountId(name) for name in connection.scalars(query)} | holders(connection, at)


def applied_seq(engine: Engine) -> int:
    """Return the journal record up to which the line has applied the fresh lane."""
    column = schema.cursor.c
    with reading(engine) as connection:
        query = select(func.max(column.seq)).where(column.lane == Lane.FRESH.value)
        return int(connection.scalar(query) or 0)
