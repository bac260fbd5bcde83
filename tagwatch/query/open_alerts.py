"""Which alerts are open, the most urgent first? None is ever left out: they stand on pages."""

from collections.abc import Sequence
from typing import Final

import msgspec
from sqlalchemy import ColumnElement, Connection, func, or_, select

from tagwatch.access.role import Role
from tagwatch.core.alert import Alert, AlertKind
from tagwatch.core.ids import AlertId, WearerId
from tagwatch.core.outcome import AlertState, Severity
from tagwatch.core.person import Wearer
from tagwatch.core.units import Instant
from tagwatch.query.reader import Reader
from tagwatch.store import schema

MOST: Final = 100
"""On one page."""
_RANK: Final = {Severity.LIFE: 0, Severity.URGENT: 1, Severity.ROUTINE: 2}
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
        """See `order_of`."""
        return order_of(self.alert)


class OpenLine(msgspec.Struct, gc=False):
    """As much of an open alert as its place in the list and the wall need."""

    alert_id: AlertId
    kind: AlertKind
    severity: Severity
    raised_at: Instant
    happened_at: Instant
    wearer_id: WearerId | None = None
    explained_by: AlertId | None = None
    acknowledge_by: Instant | None = None
    acknowledged_at: Instant | None = None
    waiting_until: Instant | None = None
    claimed_by: str | None = None
    claimed_until: Instant | None = None
    group: str = ""
    place: str = ""
    """What its group is sorted by: the `order` of the first of it."""
    body: str = ""

    def is_in_hand(self, at: Instant) -> bool:
        """Return whether somebody has its wearer in hand."""
        return self.claimed_until is not None and at < self.claimed_until


_LINE: Final = msgspec.json.Decoder(OpenLine)


def order_of(alert: Alert | OpenLine) -> str:
    """Return a text that sorts alerts: unanswered first, what waits last; then by urgency, then
    the clock that ends first."""
    answered = int(alert.acknowledged_at is not None) + int(alert.waiting_until is not None)
    due = alert.acknowledge_by or alert.waiting_until or alert.raised_at
    return f"{answered}{_RANK[alert.severity]}{due:020d}{alert.alert_id}"


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
    """By `OpenLine.place`, where this page begins and the next one does; empty: no bound."""
    ends: str
    last_event: int


def open_alerts(reader: Reader, page: int = 1) -> OpenAlerts:
    """Return a page of the open alerts within the reader's scope."""
    with reader.connection() as connection:
        last_event = newest_event(connection)
        lines = _lines(reader, connection)
        first = (max(page, 1) - 1) * MOST
        part = lines[first : first + MOST]
        rows = rows_of(reader, connection, [_ALERT.decode(line.body) for line in part])
        rows = _as_it_stands(connection, rows)
    reader.consulted("open_alerts", [row.alert.alert_id for row in rows])
    after = lines[first + MOST : first + MOST + 1]
    return OpenAlerts(
        at=reader.now(),
        rows=tuple(rows),
        total=len(lines),
        page=max(page, 1),
        pages=max(1, -(-len(lines) // MOST)),
        begins=part[0].place if part and first else "",
        ends=after[0].place if after else "",
        last_event=last_event,
    )


def open_lines(reader: Reader) -> list[OpenLine]:
    """Return all open alerts within the reader's scope, in the order of the list, as lines. The
    caller puts on the audit what he shows of them."""
    with reader.connection() as connection:
        return _lines(reader, connection)


def _lines(reader: Reader, connection: Connection) -> list[OpenLine]:
    """Return the open alerts by `order_of`, each group at the place of its first, an outage before
    what it explains."""
    column = schema.alert.c
    known = column.wearer_id.in_(reader.scope.wearer_ids()).label("known")
    query = select(column.body, known).where(
        column.state != AlertState.CLOSED.value, within(reader)
    )
    lines: list[OpenLine] = []
    for body, is_known in connection.execute(query):
        line = _LINE.decode(body)
        line.body = body
        if not is_known:
            line.wearer_id = None
        lines.append(line)
    outages = _outages(reader, connection, lines)
    first: dict[str, str] = {}
    for line in lines:
        line.group, line.place = _group(line, outages), order_of(line)
        first[line.group] = min(first.get(line.group, line.place), line.place)
    lines.sort(key=lambda line: (first[line.group], line.alert_id != line.group, line.place))
    for line in lines:
        line.place = first[line.group]
    return lines


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
    wearers = reader.wearers(connection, (a.wearer_id for a in alerts if a.wearer_id))
    outages = _outages(reader, connection, alerts)
    return [
        msgspec.structs.replace(row, group=_group(row.alert, outages))
        for alert in alerts
        if (row := _row(reader, alert, wearers)) is not None
    ]


def _outages(
    reader: Reader, connection: Connection, alerts: Sequence[Alert | OpenLine]
) -> frozenset[AlertId | None]:
    """Return which alerts that explain these are of an outage, and shown to this reader."""
    causes = {alert.explained_by for alert in alerts} - {None}
    if not causes or not reader.scope.sees_installation:
        return frozenset()
    column = schema.alert.c
    query = select(column.alert_id).where(
        column.alert_id.in_(sorted(str(cause) for cause in causes)), column.wearer_id.is_(None)
    )
    return frozenset(AlertId(name) for name in connection.scalars(query))


def _group(alert: Alert | OpenLine, outages: frozenset[AlertId | None]) -> str:
    if alert.explained_by in outages:
        return str(alert.explained_by)
    return alert.wearer_id or alert.alert_id


def within(reader: Reader) -> ColumnElement[bool]:
    """Return the condition on alerts under which this reader sees that they are there."""
    column = schema.alert.c
    conditions = [column.wearer_id.in_(reader.scope.wearer_ids())]
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


def _row(reader: Reader, alert: Alert, wearers: dict[WearerId, Wearer]) -> OpenAlert | None:
    if alert.wearer_id is None:
        return OpenAlert(alert=alert, wearer=None) if reader.scope.sees_installation else None
    wearer = wearers.get(alert.wearer_id)
    if wearer is not None:
        return OpenAlert(alert=alert, wearer=wearer)
    if reader.actor.role is not Role.OPERATOR:
        return None
    return OpenAlert(
        alert=msgspec.structs.replace(alert, wearer_id=None, episode_id=None),
        wearer=None,
        withheld="Restricted case: ring its responsible officer",
    )
