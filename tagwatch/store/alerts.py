"""Alerts as the projections keep them, and the log of what happened to each."""

from typing import Any, Final

import msgspec
from sqlalchemy import Connection, select

from tagwatch.core.alert import Alert, list_place
from tagwatch.core.ids import AlertId, EpisodeId, WearerId
from tagwatch.core.outcome import OPEN_STATES
from tagwatch.core.units import Instant
from tagwatch.store import schema
from tagwatch.store.writes import Writes

_DECODER = msgspec.json.Decoder(Alert)
IS_OPEN: Final = schema.alert.c.state.in_([state.value for state in OPEN_STATES])
"""The alerts that are not closed, found by their index however many are."""


def put_alert(writes: Writes, alert: Alert) -> None:
    """Write the current state of an alert."""
    writes.put(schema.alert, alert_row(alert))


def alert_row(alert: Alert) -> dict[str, Any]:
    """Return the row of an alert as it is now."""
    return {
        "alert_id": alert.alert_id,
        "kind": alert.kind.value,
        "wearer_id": alert.wearer_id,
        "episode_id": alert.episode_id,
        "severity": alert.severity.value,
        "state": alert.state.value,
        "raised_at": alert.raised_at,
        "acknowledge_by": alert.acknowledge_by,
        "explained_by": alert.explained_by,
        "place": list_place(alert),
        "body": msgspec.json.encode(alert).decode(),
    }


def add_alert_event(
    writes: Writes,
    alert_id: AlertId,
    wearer_id: WearerId | None,
    seq: int,
    at: Instant,
    kind: str,
    by: str | None = None,
    words: str = "",
) -> None:
    """Note something that happened to an alert; rows are numbered in the order of these calls."""
    writes.add(
        schema.alert_event,
        {
            "alert_id": alert_id,
            "wearer_id": wearer_id,
            "seq": seq,
            "at": at,
            "kind": kind,
            "by": by,
            "words": words,
        },
    )


def alert(connection: Connection, alert_id: AlertId) -> Alert | None:
    """Return one alert."""
    body = connection.scalar(select(schema.alert.c.body).where(schema.alert.c.alert_id == alert_id))
    return None if body is None else _DECODER.decode(body)


def of_episode(connection: Connection, episode_id: EpisodeId) -> list[Alert]:
    """Return the alerts raised about one episode."""
    table = schema.alert
    query = select(table.c.body).where(table.c.episode_id == episode_id)
    return [_DECODER.decode(body) for body in connection.scalars(query)]


def open_alerts(connection: Connection) -> list[Alert]:
    """Return every alert that is not closed, first raised first."""
    table = schema.alert
    query = select(table.c.body).where(IS_OPEN).order_by(table.c.raised_at, table.c.alert_id)
    return [_DECODER.decode(body) for body in connection.scalars(query)]


def every_alert(connection: Connection) -> list[Alert]:
    """Return all alerts, first raised first."""
    table = schema.alert
    query = select(table.c.body).order_by(table.c.raised_at, table.c.alert_id)
    return [_DECODER.decode(body) for body in connection.scalars(query)]


def alert_log(connection: Connection, alert_id: AlertId) -> list[dict[str, Any]]:
    """Return what happened to one alert, in order."""
    table = schema.alert_event
    query = select(table).where(table.c.alert_id == alert_id).order_by(table.c.event_id)
    return [dict(row) for row in connection.execute(query).mappings()]
