"""Who is told of alerts: a contact is entered, or changed, or sent a test."""

from typing import Final

from sqlalchemy import func, select

from tagwatch.access.reader import Reader
from tagwatch.access.role import Verb
from tagwatch.core.ids import ContactId
from tagwatch.core.ledger import ContactRecorded, TestAsked
from tagwatch.core.outcome import Stage
from tagwatch.core.person import THEMSELVES, Contact
from tagwatch.core.units import MINUTE, Instant
from tagwatch.desk.clerk import Clerk, Conflict, Done, need, stored, unchanged
from tagwatch.store import schema

TEST_EVERY: Final = MINUTE
"""One test of a contact at most in this time."""


def record_contact(clerk: Clerk, reader: Reader, contact: Contact, seen: str) -> Done:
    """Record the contact. `seen` is the digest of what the form showed, empty for a new one.

    Raises Conflict if the record changed meanwhile, NotRecorded.
    """
    need(reader, Verb.RECORD_CONTACT)
    unchanged(stored(reader, schema.contact, contact.contact_id, Contact), seen)
    reader.about_to_alter("record_contact", [contact.contact_id])
    return clerk.record(ContactRecorded(contact=contact, by=reader.actor.account_id))


def send_test(clerk: Clerk, reader: Reader, contact_id: ContactId) -> Done:
    """Send the contact a message that says that it is a test.

    Raises NotFound, Conflict for the wearer himself or if one was sent a moment ago, NotRecorded.
    """
    need(reader, Verb.RECORD_CONTACT)
    found: Contact | None = stored(reader, schema.contact, contact_id, Contact)
    if found is None:
        reader.refuse("send_test", [contact_id], "unknown")
    if found.duty in THEMSELVES:
        raise Conflict("Whom it is about is sent no test: it would look like a real message.")
    column = schema.notification.c
    query = select(func.max(column.created_at)).where(
        column.contact_id == contact_id, column.stage == Stage.TEST.value
    )
    with reader.connection() as connection:
        last = connection.scalar(query)
    if last is not None and reader.now() < Instant(last + TEST_EVERY):
        raise Conflict("A test was sent less than a minute ago. Wait, then look at its result.")
    reader.about_to_alter("send_test", [contact_id])
    event = TestAsked(contact_id=contact_id, at=reader.now(), by=reader.actor.account_id)
    return clerk.record(event)
