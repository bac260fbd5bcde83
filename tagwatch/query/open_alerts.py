"""Which alerts are open, the most urgent first? None is ever left out: they stand on pages."""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import msgspec
from sqlalchemy import ColumnElement, Connection, Select, and_, case, func, or_, select

from tagwatch.access.role import Role
from tagwatch.core.alert import Alert, list_place
from tagwatch.core.ids import AlertId, WearerId
from tagwatch.core.person import Wearer
from tagwatch.core.units import Instant
from tagwatch.query.reader import Reader
from tagwatch.store import schema
from tagwatch.store.alerts import IS_OPEN

MOST: Final = 100
"""On one page."""
_ALERT: Final = msgspec.json.Decoder(Alert)


class _Held(msgspec.Struct):
    """What is read of an episode."""

    probability: float


_HELD: Final = msgspec.json.Decoder(_Held)


class OpenAlert(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the list. `wearer` is None where the installation itself is concerned.

    `withheld`: a restricted case, shown to operators without its identity so that its clock is
    watched; only its officer can open it.
    """

    alert: Alert
    wearer: Wearer | None
    withheld: str = ""
    probability_now: float | None = None
    """What later fixes made of the alert's probability; None where nothing was asked or held."""
    group: str = ""
    """Alerts of one wearer, or of one outage, share it and stand together."""

    @property
    def order(self) -> str:
        """What it is sorted by, apart from its group: `core.alert.list_place`."""
        return list_place(self.alert)


class OpenLine(NamedTuple):
    """One open alert and what it stands with."""

    group: str
    alert: Alert


class OpenAlerts(msgspec.Struct, frozen=True, kw_only=True):
    """One page of the list as it was at `at`; alert events up to `last_event` are in it."""

    at: Instant
    rows: tuple[OpenAlert, ...]
    total: int
    """Open alerts within scope, on all pages."""
    page: int
    """From 1; beyond the last one it has no rows."""
    pages: int
    begins: str
    """Places of the first of a group, where this page begins and the next one does; empty: no
    bound."""
    ends: str
    last_event: int


def open_alerts(reader: Reader, page: int = 1) -> OpenAlerts:
    """Return a page of the open alerts within the reader's scope."""
    page, placed = max(page, 1), _placed(reader).subquery()
    first = (page - 1) * MOST
    with reader.connection() as connection:
        last_event = newest_event(connection)
        query = select(placed.c.alert_id, placed.c.group, placed.c.first, placed.c.total)
        query = query.order_by(*_in_order(placed.c)).limit(MOST + 1).offset(first)
        stand = connection.execute(query).all()
        # Beyond the last page no row says how many there are.
        total = stand[0].total if stand else connection.scalar(select(func.count(placed.c.first)))
        found = _alerts(connection, [row.alert_id for row in stand[:MOST]])
        rows = _rows(reader, connection, found, {row.alert_id: row.group for row in stand})
        rows = _as_it_stands(connection, rows)
    reader.consulted("open_alerts", [row.alert.alert_id for row in rows])
    return OpenAlerts(
        at=reader.now(),
        rows=tuple(rows),
        total=int(total or 0),
        page=page,
        pages=max(1, -(-int(total or 0) // MOST)),
        begins=stand[0].first if stand and first else "",
        ends=stand[MOST].first if len(stand) > MOST else "",
        last_event=last_event,
    )


def _alerts(connection: Connection, names: Sequence[AlertId]) -> list[Alert]:
    """Return these alerts, in this order."""
    column = schema.alert.c
    query = select(column.alert_id, column.body).where(column.alert_id.in_(names))
    bodies = dict(iter(connection.execute(query)))
    return [_ALERT.decode(bodies[name]) for name in names]


def open_lines(reader: Reader) -> list[OpenLine]:
    """Return all open alerts within the reader's scope, in the order of the list, as lines. The
    caller puts on the audit what he shows of them."""
    placed = _placed(reader).subquery()
    query = select(placed.c.group, schema.alert.c.body).join(
        schema.alert, schema.alert.c.alert_id == placed.c.alert_id
    )
    with reader.connection() as connection:
        rows = connection.execute(query.order_by(*_in_order(placed.c))).all()
    return [OpenLine(group, _ALERT.decode(body)) for group, body in rows]


def _placed(reader: Reader) -> Select[Any, Any, Any, Any, Any]:
    """Return the selection of the open alerts within scope: `alert_id`, `place`, `group`;
    `first`, the place of the first of its group, at which all of it stands; and their `total`."""
    opened = _grouped(reader, IS_OPEN).subquery()
    first = func.min(opened.c.place).over(partition_by=opened.c.group)
    total = func.count().over()
    return select(opened, first.label("first"), total.label("total"))


def _grouped(reader: Reader, wanted: ColumnElement[bool]) -> Select[Any, Any, Any]:
    """Return the selection of those alerts that this reader sees are there: `alert_id`, `place`,
    and `group`, by which alerts of one wearer, or of one outage, stand together."""
    column, wearer = schema.alert.c, schema.wearer.c
    # Of each alert its own wearer is looked up, if he is within scope: they are fewer than all are.
    his = and_(wearer.wearer_id == column.wearer_id, reader.scope.condition())
    known = wearer.wearer_id.is_not(None)
    group = func.coalesce(wearer.wearer_id, column.alert_id)
    if reader.scope.sees_installation:
        outage = schema.alert.alias("outage")
        outages = select(outage.c.alert_id).where(outage.c.wearer_id.is_(None))
        group = case((column.explained_by.in_(outages), column.explained_by), else_=group)
    return (
        select(column.alert_id, column.place, group.label("group"))
        .select_from(schema.alert.outerjoin(schema.wearer, his))
        .where(wanted, _within(reader, known))
    )


def _in_order(placed: Any) -> tuple[ColumnElement[Any], ...]:
    """Return the order of the list: each group at the place of its first, an outage before what
    it explains."""
    return placed.first, placed.alert_id != placed.group, placed.place


def _as_it_stands(connection: Connection, rows: list[OpenAlert]) -> list[OpenAlert]:
    """Return the rows with the probability that the episode of each has by now."""
    column = schema.episode.c
    asked = [row.alert.episode_id for row in rows if row.alert.episode_id is not None]
    found = connection.execute(
        select(column.episode_id, column.body).where(column.episode_id.in_(asked))
    )
    now = {name: _HELD.decode(body).probability for name, body in found}
    return [
        msgspec.structs.replace(row, probability_now=now.get(row.alert.episode_id or ""))
        for row in rows
    ]


def rows_of(reader: Reader, connection: Connection, alerts: Sequence[Alert]) -> list[OpenAlert]:
    """Return the rows of these alerts, leaving out those this reader may not see."""
    named = schema.alert.c.alert_id.in_([alert.alert_id for alert in alerts])
    stand = connection.execute(_grouped(reader, named))
    return _rows(reader, connection, alerts, {row.alert_id: row.group for row in stand})


def _rows(
    reader: Reader, connection: Connection, alerts: Sequence[Alert], groups: dict[AlertId, str]
) -> list[OpenAlert]:
    """Return the rows of those alerts of which `groups` says where they stand."""
    wearers = reader.wearers(connection, (a.wearer_id for a in alerts if a.wearer_id))
    return [
        _row(alert, groups[alert.alert_id], wearers) for alert in alerts if alert.alert_id in groups
    ]


def within(reader: Reader) -> ColumnElement[bool]:
    """Return the condition on alerts under which this reader sees that they are there."""
    return _within(reader, schema.alert.c.wearer_id.in_(reader.scope.wearer_ids()))


def _within(reader: Reader, known: ColumnElement[bool]) -> ColumnElement[bool]:
    """Return that condition, where `known` holds for the alerts of wearers within scope."""
    column, conditions = schema.alert.c, [known]
    if reader.scope.sees_installation:
        conditions.append(column.wearer_id.is_(None))
    if reader.actor.role is Role.OPERATOR:
        conditions.append(column.wearer_id.is_not(None))
    return or_(*conditions)


def newest_event(connection: Connection) -> int:
    """Return the number of the newest alert event, 0 if there is none."""
    return int(
        connection.execute(select(func.max(schema.alert_event.c.event_id))).scalar_one() or 0
    )


def _row(alert: Alert, group: str, wearers: dict[WearerId, Wearer]) -> OpenAlert:
    wearer = None if alert.wearer_id is None else wearers.get(alert.wearer_id)
    if wearer is not None or alert.wearer_id is None:
        return OpenAlert(alert=alert, wearer=wearer, group=group)
    return OpenAlert(
        alert=msgspec.structs.replace(alert, wearer_id=None, episode_id=None),
        wearer=None,
        withheld="Restricted case: ring its responsible officer",
        group=group,
    )
