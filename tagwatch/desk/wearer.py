"""A wearer is entered, or his record corrected."""

from tagwatch.access.actor import Refused
from tagwatch.access.reader import Reader
from tagwatch.access.role import Verb
from tagwatch.core.person import Wearer
from tagwatch.core.recorded_register import WearerRecorded
from tagwatch.desk.clerk import Clerk, Done, need, refuse_agency, stored, unchanged
from tagwatch.store import schema


def record_wearer(clerk: Clerk, reader: Reader, wearer: Wearer, seen: str) -> Done:
    """Record the wearer as he is from now on. `seen` is the digest of what the form showed.

    An empty `seen` enters a new wearer. Raises Refused for an agency not the actor's, NotFound
    outside the scope, Conflict if the record changed meanwhile, NotRecorded.
    """
    need(reader, Verb.REGISTER_WEARER)
    if not wearer.name.strip():
        raise Refused("A wearer needs a name.")
    refuse_agency(reader, wearer.agency)
    current = stored(reader, schema.wearer, wearer.wearer_id, Wearer)
    if current is not None:
        in_scope(reader, wearer.wearer_id, "record_wearer")
    unchanged(current, seen)
    reader.about_to_alter("record_wearer", [wearer.wearer_id])
    return clerk.record(WearerRecorded(wearer=wearer, by=reader.actor.account_id))


def in_scope(reader: Reader, wearer_id: str, verb: str) -> Wearer:
    """Return a wearer within scope. Raises NotFound, after putting the refusal on the audit."""
    with reader.connection() as connection:
        return reader.wearer(connection, wearer_id, verb)
