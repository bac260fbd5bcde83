"""Who can be told, as the register holds it."""

import msgspec
from sqlalchemy import Connection, select

from tagwatch.core.ids import ContactId
from tagwatch.core.person import THEMSELVES, Contact, Duty
from tagwatch.store import schema

_DECODER = msgspec.json.Decoder(Contact)


def contacts_of(connection: Connection, duty: Duty) -> list[Contact]:
    """Return the contacts of one duty, by id."""
    table = schema.contact
    query = select(table.c.body).where(table.c.duty == duty.value).order_by(table.c.contact_id)
    return [_DECODER.decode(body) for body in connection.scalars(query)]


def takes_messages(contact: Contact) -> bool:
    """Say whether a message that is about no wearer of his own can go to a contact."""
    return contact.active and contact.duty not in THEMSELVES


def contact_of(connection: Connection, contact_id: ContactId) -> Contact | None:
    """Return a contact, None if there is none of that id."""
    column = schema.contact.c
    body = connection.scalar(select(column.body).where(column.contact_id == contact_id))
    return None if body is None else _DECODER.decode(body)
