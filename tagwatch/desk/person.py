"""A protected person is entered, or her record corrected."""

from tagwatch.access.reader import Reader
from tagwatch.access.role import Verb
from tagwatch.core.person import ProtectedPerson
from tagwatch.core.recorded_register import PersonRecorded
from tagwatch.desk.clerk import Clerk, Done, need, stored, unchanged
from tagwatch.desk.wearer import in_scope
from tagwatch.store import schema


def record_person(clerk: Clerk, reader: Reader, person: ProtectedPerson, seen: str) -> Done:
    """Record the person and the wearers she is protected from, all within the actor's scope.

    Raises NotFound outside the scope, Conflict if the record changed meanwhile.
    """
    need(reader, Verb.RECORD_PERSON)
    current: ProtectedPerson | None = stored(
        reader, schema.protected_person, person.person_id, ProtectedPerson
    )
    for wearer_id in sorted({*person.wearers, *(current.wearers if current else ())}):
        in_scope(reader, wearer_id, "record_person")
    unchanged(current, seen)
    reader.about_to_alter("record_person", [person.person_id, *person.wearers])
    return clerk.record(PersonRecorded(person=person, by=reader.actor.account_id))
