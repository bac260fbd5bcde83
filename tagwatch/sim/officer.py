"""What simulated officers look at: the open alerts and the notifications that wait."""

from typing import NamedTuple

import msgspec
from sqlalchemy import Engine, select

from tagwatch.core.alert import Alert
from tagwatch.core.ids import NotificationId
from tagwatch.core.outcome import AlertState
from tagwatch.store import schema

_ALERT = msgspec.json.Decoder(Alert)


class Waiting(NamedTuple):
    """A notification in the outbox, and how often it was tried."""

    notification_id: NotificationId
    attempts: int


def open_alerts(projections: Engine) -> list[Alert]:
    """Return the alerts that are not closed, oldest first."""
    wanted = (
        select(schema.alert.c.body)
        .where(schema.alert.c.state != AlertState.CLOSED.value)
        .order_by(schema.alert.c.raised_at, schema.alert.c.alert_id)
    )
    with projections.connect() as connection:
        return [_ALERT.decode(body) for body in connection.execute(wanted).scalars()]


def pending(projections: Engine) -> list[Waiting]:
    """Return the notifications that wait to be sent."""
    table = schema.notification
    wanted = (
        select(table.c.notification_id, table.c.attempts)
        .where(table.c.state == "pending")
        .order_by(table.c.created_at, table.c.notification_id)
    )
    with projections.connect() as connection:
        return [Waiting(NotificationId(row[0]), row[1]) for row in connection.execute(wanted)]
