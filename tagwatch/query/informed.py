"""What protected persons' sides were told, what waits for somebody, and whose messages are held."""

from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Connection, func, literal, select

from tagwatch.access.role import Role
from tagwatch.core.ids import PersonId, WearerId
from tagwatch.core.notice import WAITING, Hold, Notice
from tagwatch.core.person import Contact, ProtectedPerson, Wearer
from tagwatch.query.reader import Reader
from tagwatch.store import schema

MOST: Final = 100
MOST_PERSONS: Final = 500


class NoticeView(msgspec.Struct, frozen=True, kw_only=True):
    """One notice, and what its channel made of it."""

    notice: Notice
    person: str
    wearer: str
    contact: str = ""
    """Who was told, as the contact is called; empty: nobody."""
    delivery: str = ""
    """State of its message: pending, accepted, delivered, failed …; empty: none was sent."""


class SideView(msgspec.Struct, frozen=True, kw_only=True):
    """One protected person, and how her side is told."""

    person: ProtectedPerson
    channel: str
    """How she is told, in words of the contact; empty: nobody is on record."""
    hold: Hold | None


class Informed(msgspec.Struct, frozen=True, kw_only=True):
    """What the sides within scope were told, newest first."""

    waiting: tuple[NoticeView, ...]
    """For which a person must still do something, oldest first."""
    told: tuple[NoticeView, ...]
    sides: tuple[SideView, ...]


def informed(reader: Reader, wearer_id: WearerId | None = None) -> Informed:
    """Return what sides were told, of one wearer or of all within scope. On the audit."""
    row = schema.notice.c
    with reader.connection() as connection:
        if wearer_id is not None:
            reader.wearer(connection, wearer_id, "informed")
        persons = persons_within(reader, connection, wearer_id)
        within: list[ColumnElement[bool]] = [
            row.person_id.in_([*persons]),
            row.wearer_id.in_(reader.scope.wearer_ids()),
        ]
        if wearer_id is not None:
            within.append(row.wearer_id == wearer_id)
        query = select(row.body).where(*within)
        wait = row.state.in_([state.value for state in WAITING])
        waiting = connection.scalars(query.where(wait).order_by(row.made_at).limit(MOST)).all()
        told = connection.scalars(query.where(~wait).order_by(row.made_at.desc()).limit(MOST)).all()
        labels = contacts_by_id(connection)
        found = Informed(
            waiting=_views(reader, connection, waiting, persons, labels),
            told=_views(reader, connection, told, persons, labels),
            sides=tuple(_side(connection, each, labels) for each in persons.values()),
        )
    ids = [each.notice.notice_id for each in (*found.waiting, *found.told)]
    reader.consulted("informed", [*persons, *ids])
    return found


def persons_within(
    reader: Reader,
    connection: Connection,
    wearer_id: WearerId | None,
    person_id: PersonId | None = None,
) -> dict[PersonId, ProtectedPerson]:
    """Return the protected persons of wearers within scope, or of one; one of them if named. For a
    liaison those alone whom he speaks with."""
    table = schema.protected_person
    each = func.json_each(table.c.wearers).table_valued("value")
    query = (
        select(table.c.body)
        .select_from(table.join(each, literal(1) == literal(1)))
        .where(each.c.value.in_(reader.scope.wearer_ids()))
        .order_by(table.c.person_id)
        .distinct()
        .limit(MOST_PERSONS)
    )
    if wearer_id is not None:
        query = query.where(each.c.value == wearer_id)
    if person_id is not None:
        query = query.where(table.c.person_id == person_id)
    persons = [msgspec.json.decode(b, type=ProtectedPerson) for b in connection.scalars(query)]
    if reader.actor.role is Role.LIAISON:
        own = {
            name
            for name, contact in contacts_by_id(connection).items()
            if contact.account_id == reader.actor.account_id
        }
        persons = [person for person in persons if person.liaison in own]
    return {person.person_id: person for person in persons}


def contacts_by_id(connection: Connection) -> dict[str, Contact]:
    """Return every contact by id. What is shown of them is the caller's to choose."""
    bodies = connection.scalars(select(schema.contact.c.body))
    found = (msgspec.json.decode(body, type=Contact) for body in bodies)
    return {contact.contact_id: contact for contact in found}


def _views(
    reader: Reader,
    connection: Connection,
    bodies: Any,
    persons: dict[PersonId, ProtectedPerson],
    labels: dict[str, Contact],
) -> tuple[NoticeView, ...]:
    notices = [msgspec.json.decode(body, type=Notice) for body in bodies]
    wearers: dict[WearerId, Wearer] = reader.wearers(connection, (n.wearer_id for n in notices))
    row = schema.notification.c
    names = [n.notification_id for n in notices if n.notification_id]
    query = select(row.notification_id, row.state).where(row.notification_id.in_(names))
    states = {each.notification_id: each.state for each in connection.execute(query)}
    return tuple(
        NoticeView(
            notice=each,
            person=persons[each.person_id].name,
            wearer=wearers[each.wearer_id].name,
            contact=labels[each.contact_id].label if each.contact_id in labels else "",
            delivery=states.get(each.notification_id or "", ""),
        )
        for each in notices
        if each.person_id in persons and each.wearer_id in wearers
    )


def _side(connection: Connection, person: ProtectedPerson, labels: dict[str, Contact]) -> SideView:
    row = schema.side_hold.c
    body = connection.scalar(select(row.body).where(row.person_id == person.person_id))
    hold = None if body is None else msgspec.json.decode(body, type=Hold)
    used = [labels[name] for name in (person.contact, person.liaison) if name in labels]
    active = next((contact for contact in used if contact.active), None)
    return SideView(
        person=person,
        channel="" if active is None else f"{active.label}, by {active.channel}",
        hold=None if hold is None or hold.is_lifted else hold,
    )
