"""A wearer is entered, or his record corrected."""

import secrets
from collections.abc import Collection

import msgspec

from tagwatch.access.reader import Reader
from tagwatch.access.role import Verb
from tagwatch.core.ids import WearerId
from tagwatch.core.person import Wearer
from tagwatch.core.recorded_register import WearerRecorded
from tagwatch.desk.clerk import Clerk, Conflict, Done, need, refuse_agency, stored, unchanged
from tagwatch.store import schema


def record_wearer(clerk: Clerk, reader: Reader, wearer: Wearer, seen: str) -> Done:
    """Record the wearer as he is from now on. `seen` is the digest of what the form showed.

    An empty `seen` enters a new wearer; `made_id` says under which reference. Raises Refused for an
    agency not the actor's, NotFound outside the scope, Conflict if the record changed meanwhile,
    NotRecorded.
    """
    need(reader, Verb.REGISTER_WEARER)
    if not wearer.name.strip():
        raise Conflict("Enter the wearer's name.")
    refuse_agency(reader, wearer.agency)
    current = stored(reader, schema.wearer, wearer.wearer_id, Wearer)
    holders = [] if current is None else [current.wearer_id]
    name = own_reference(reader, wearer.wearer_id, holders, seen, "record_wearer")
    unchanged(current if name == wearer.wearer_id else None, seen)
    wearer = msgspec.structs.replace(wearer, wearer_id=WearerId(name))
    reader.about_to_alter("record_wearer", [name])
    done = clerk.record(WearerRecorded(wearer=wearer, by=reader.actor.account_id))
    return msgspec.structs.replace(done, made_id=name)


def own_reference(
    reader: Reader, name: str, holders: Collection[WearerId], seen: object, verb: str
) -> str:
    """Return the reference under which a record is entered: `name`, or a fresh one where that names
    a record of wearers (`holders`) whom this reader may not see. So nobody learns by entering that
    there is such a record. A change (`seen`) of one he cannot see, or that does not exist, raises
    NotFound, after putting the refusal on the audit.
    """
    if holders:
        with reader.connection() as connection:
            if len(reader.wearers(connection, holders)) == len(set(holders)):
                return name
    if seen:
        reader.refuse(verb, [name], "outside scope, or unknown")
    return f"{name.partition('_')[0]}_{secrets.token_hex(8)}" if holders else name


def in_scope(reader: Reader, wearer_id: str, verb: str) -> Wearer:
    """Return a wearer within scope. Raises NotFound, after putting the refusal on the audit."""
    with reader.connection() as connection:
        return reader.wearer(connection, wearer_id, verb)
