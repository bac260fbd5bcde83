"""Who is told of alerts: a contact is entered, or changed."""

from tagwatch.access.reader import Reader
from tagwatch.access.role import Verb
from tagwatch.core.ledger import ContactRecorded
from tagwatch.core.person import Contact
from tagwatch.desk.clerk import Clerk, Done, need, stored, unchanged
from tagwatch.store import schema


def record_contact(clerk: Clerk, reader: Reader, contact: Contact, seen: str) -> Done:
    """Record the contact. `seen` is the digest of what the form showed, empty for a new one.

    Raises Conflict if the record changed meanwhile, NotRecorded.
    """
    need(reader, Verb.RECORD_CONTACT)
    unchanged(stored(reader, schema.contact, contact.contact_id, Contact), seen)
    reader.about_to_alter("record_contact", [contact.contact_id])
    return clerk.record(ContactRecorded(contact=contact, by=reader.actor.account_id))
