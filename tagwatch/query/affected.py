"""Whom does an outage, or a blind interval, concern, and who has been heard from since?"""

from typing import Final

import msgspec
from sqlalchemy import Connection, select

from tagwatch.core.alert import SILENT, Alert
from tagwatch.core.ids import AlertId, WearerId
from tagwatch.core.person import Wearer
from tagwatch.core.units import Instant
from tagwatch.query.alert import visible_alert
from tagwatch.query.reader import Reader
from tagwatch.store import schema
from tagwatch.store.alerts import IS_OPEN

MOST: Final = 1000


class Affected(msgspec.Struct, frozen=True, kw_only=True):
    """One wearer of whom nothing was known."""

    wearer: Wearer
    heard_at: Instant | None
    """When his tag was last heard from."""
    is_back: bool
    """Heard from since the outage began."""
    alert_id: AlertId | None
    """His own open alert about the silence, where calls to him are written down."""


class AffectedList(msgspec.Struct, frozen=True, kw_only=True):
    """In the order in which to ring; `withheld` are outside the reader's scope."""

    rows: tuple[Affected, ...]
    withheld: int
    more: int
    """Beyond the first MOST."""


def affected(reader: Reader, alert_id: AlertId) -> AffectedList:
    """Return whom an alert about the installation concerns. Raises NotFound; audits either."""
    with reader.connection() as connection:
        found, _ = visible_alert(reader, connection, alert_id, "affected")
        asked = found.affected[:MOST]
        wearers = reader.wearers(connection, asked)
        heard = _heard(connection, asked)
        alerts = _silences(connection, asked)
        rows = tuple(
            _row(wearers[name], heard.get(name), alerts.get(name), found)
            for name in asked
            if name in wearers
        )
    reader.combined("affected", [alert_id, *(row.wearer.wearer_id for row in rows)])
    return AffectedList(
        rows=rows, withheld=len(asked) - len(rows), more=len(found.affected) - len(asked)
    )


def _row(wearer: Wearer, heard: Instant | None, alert_id: AlertId | None, found: Alert) -> Affected:
    return Affected(
        wearer=wearer,
        heard_at=heard,
        is_back=heard is not None and heard > found.raised_at,
        alert_id=alert_id,
    )


def _heard(connection: Connection, asked: tuple[WearerId, ...]) -> dict[WearerId, Instant]:
    column = schema.last_seen.c
    rows = connection.execute(
        select(column.wearer_id, column.received_at).where(column.wearer_id.in_(asked))
    )
    return {WearerId(name): Instant(at) for name, at in rows if at is not None}


def _silences(connection: Connection, asked: tuple[WearerId, ...]) -> dict[WearerId, AlertId]:
    column = schema.alert.c
    rows = connection.execute(
        select(column.wearer_id, column.alert_id).where(
            column.wearer_id.in_(asked),
            column.kind.in_([kind.value for kind in SILENT]),
            IS_OPEN,
        )
    )
    return {WearerId(name): AlertId(alert) for name, alert in rows}
