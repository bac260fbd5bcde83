"""A protected person is entered, or her record corrected."""

import msgspec

from tagwatch.access.reader import Reader
from tagwatch.access.role import Verb
from tagwatch.core.ids import PersonId
from tagwatch.core.person import ProtectedPerson
from tagwatch.core.recorded_register import PersonRecorded
from tagwatch.desk.clerk import Clerk, Done, need, stored, unchanged
from tagwatch.desk.wearer import in_scope, own_reference
from tagwatch.store import schema


def record_person(clerk: Clerk, reader: Reader, person: ProtectedPerson, seen: str) -> Done:
    """Record the person and the wearers she is protected from, all within the actor's scope.

    Raises NotFound outside the scope, Conflict if the record changed meanwhile.
    """
    need(reader, Verb.RECORD_PERSON)
    current: ProtectedPerson | None = stored(
        reader, schema.protected_person, person.person_id, ProtectedPerson
    )
    for wearer_id in sorted(set(person.wearers)):
        in_scope(reader, wearer_id, "record_person")
    holders = () if current is None else current.wearers
    name = own_reference(reader, person.person_id, holders, seen, "record_person")
    if name != person.person_id:
        current, person = None, msgspec.structs.replace(person, person_id=PersonId(name))
    unchanged(current, seen)
    reader.about_to_alter("record_person", [person.person_id, *person.wearers])
    done = clerk.record(PersonRecorded(person=person, by=reader.actor.account_id))
    return msgspec.structs.replace(done, made_id=person.person_id)
