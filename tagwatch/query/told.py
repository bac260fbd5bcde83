"""Who was told, why, and the proof of each attempt: of an alert, and of tests of a contact."""

from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, select

from tagwatch.core.ids import ContactId
from tagwatch.core.outcome import Stage
from tagwatch.core.person import Contact
from tagwatch.core.units import Instant
from tagwatch.query.reader import Reader
from tagwatch.store import schema


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """One attempt to reach somebody, or a carrier's later receipt for it."""

    attempt: int
    at: Instant
    result: str
    proof: str


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """Who was told, why, and how that went."""

    label: str
    duty: str
    channel: str
    stage: str
    why: str
    state: str
    created_at: Instant
    attempts: tuple[Delivery, ...]
    receipts: tuple[Delivery, ...] = ()
    """What the carrier said later, oldest first."""
    not_before: Instant | None = None
    """Held back by the contact's quiet hours until then."""
    answered_at: Instant | None = None
    """Taken on by the link in the message."""


def told_of(connection: Connection, alert_id: str) -> tuple[Told, ...]:
    """Return every message about an alert, oldest first."""
    column = schema.notification.c
    rows = connection.execute(
        select(schema.notification, schema.contact.c.body.label("contact"))
        .outerjoin(schema.contact, schema.contact.c.contact_id == column.contact_id)
        .where(column.alert_id == alert_id)
        .order_by(column.created_at, column.notification_id)
        .limit(200)
    ).mappings()
    return tuple(_told(connection, row) for row in rows)


def tests_of(reader: Reader, contact_id: ContactId) -> tuple[Told, ...]:
    """Return the newest tests of a contact, newest first. Call it for one already on the audit."""
    column = schema.notification.c
    with reader.connection() as connection:
        rows = connection.execute(
            select(schema.notification, schema.contact.c.body.label("contact"))
            .outerjoin(schema.contact, schema.contact.c.contact_id == column.contact_id)
            .where(column.contact_id == contact_id, column.stage == Stage.TEST.value)
            .order_by(column.created_at.desc())
            .limit(5)
        ).mappings()
        return tuple(_told(connection, row) for row in rows)


def _told(connection: Connection, row: Any) -> Told:
    contact = None if row["contact"] is None else msgspec.json.decode(row["contact"], type=Contact)
    body: dict[str, Any] = msgspec.json.decode(row["body"]) if row["body"] else {}
    attempt, receipt = schema.attempt.c, schema.receipt.c
    name = row["notification_id"]
    return Told(
        label=contact.label if contact else row["contact_id"],
        duty=contact.duty.value if contact else "",
        channel=row["channel"],
        stage=row["stage"],
        why=str(body.get("why", "")),
        state=row["state"],
        created_at=row["created_at"],
        attempts=_deliveries(
            connection, attempt, attempt.notification_id == name, attempt.attempt, attempt.proof
        ),
        receipts=_deliveries(
            connection, receipt, receipt.notification_id == name, receipt.seq, receipt.words
        ),
        not_before=body.get("not_before"),
        answered_at=row["answered_at"],
    )


def _deliveries(
    connection: Connection, column: Any, of_it: ColumnElement[bool], order: Any, words: Any
) -> tuple[Delivery, ...]:
    rows = connection.execute(
        select(column.attempt, column.at, column.result, words.label("proof"))
        .where(of_it)
        .order_by(order)
        .limit(50)
    ).mappings()
    return tuple(Delivery(**row) for row in rows)
