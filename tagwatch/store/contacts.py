"""Who can be told, as the register holds it."""

import msgspec
from sqlalchemy import Connection, select

from tagwatch.core.person import Contact, Duty
from tagwatch.store import schema

_DECODER = msgspec.json.Decoder(Contact)


def contacts_of(connection: Connection, duty: Duty) -> list[Contact]:
    """Return the contacts of one duty, by id."""
    table = schema.contact
    query = select(table.c.body).where(table.c.duty == duty.value).order_by(table.c.contact_id)
    return [_DECODER.decode(body) for body in connection.scalars(query)]
