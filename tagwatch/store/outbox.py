"""Durable handover 2: what must be sent, written with the alert and drained by the sender."""

from typing import NamedTuple

from sqlalchemy import Connection, func, select

from tagwatch.core.units import Instant
from tagwatch.store import schema


class DueRow(NamedTuple):
    """One notification whose time has come."""

    body: str
    """JSON of notify.route.Notification."""
    attempts: int


class AcceptedRow(NamedTuple):
    """One attempt that a carrier took on."""

    name: str
    attempt: int
    reference: str


class Backlog(NamedTuple):
    """What waits to be sent."""

    pending: int
    oldest_due_at: Instant | None


def due_rows(connection: Connection, now: Instant, most: int, channel: str) -> list[DueRow]:
    """Return at most `most` pending rows of a channel due by `now`, most severe first."""
    table, alert = schema.notification, schema.alert
    severity = select(alert.c.severity).where(alert.c.alert_id == table.c.alert_id)
    query = (
        select(table.c.body, table.c.attempts)
        .where(
            table.c.state == "pending",
            table.c.channel == channel,
            table.c.next_attempt_at <= now,
        )
        .order_by(
            (severity.scalar_subquery() != "life"),
            (severity.scalar_subquery() != "urgent"),
            table.c.next_attempt_at,
            table.c.notification_id,
        )
        .limit(most)
    )
    return [DueRow(row.body, row.attempts) for row in connection.execute(query)]


def accepted_rows(
    connection: Connection, channel: str, since: Instant, most: int
) -> list[AcceptedRow]:
    """Return at most `most` accepted attempts of a channel without a final receipt."""
    row, attempt = schema.notification.c, schema.attempt.c
    query = (
        select(attempt.notification_id, attempt.attempt, attempt.reference)
        .join(schema.notification, row.notification_id == attempt.notification_id)
        .where(
            row.state == "accepted",
            row.channel == channel,
            row.attempts == attempt.attempt,
            row.created_at >= since,
            attempt.reference != "",
        )
        .order_by(attempt.at, attempt.notification_id)
        .limit(most)
    )
    return [AcceptedRow(*found) for found in connection.execute(query)]


def backlog(connection: Connection, now: Instant) -> Backlog:
    """Return how much is due by `now` and not delivered, and since when."""
    table = schema.notification
    query = select(func.count(), func.min(table.c.next_attempt_at)).where(
        table.c.state == "pending", table.c.next_attempt_at <= now
    )
    count, oldest = connection.execute(query).one()
    return Backlog(count, None if oldest is None else Instant(oldest))


def held(connection: Connection) -> int:
    """Return how many notifications a rebuild or a restore holds back."""
    table = schema.notification
    query = select(func.count()).select_from(table).where(table.c.state == "held")
    return connection.scalar(query) or 0
