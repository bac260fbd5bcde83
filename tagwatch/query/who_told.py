"""Who was told what of an order and a tag: a protected person's side, and the wearer himself."""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, func, select

from tagwatch.access.role import Role
from tagwatch.core.ids import PersonId, WearerId
from tagwatch.core.notice import Notice, NoticeKind, NoticeState
from tagwatch.core.person import Channel, Contact, Duty, ProtectedPerson
from tagwatch.core.reminder import ReminderKind
from tagwatch.core.units import Instant
from tagwatch.notify.retry import NotificationState
from tagwatch.query.informed import contacts_by_id, persons_within
from tagwatch.query.reader import Reader
from tagwatch.store import schema

MOST: Final = 100
_NOTICE: Final = msgspec.json.Decoder(Notice)


class ToldRole(StrEnum):
    """Whom a message was for, by role."""

    HERSELF = "herself"
    HER_SPEAKER = "her_speaker"
    WEARER = "wearer"


class ToldLine(msgspec.Struct, frozen=True, kw_only=True):
    """One message, or one notice for which there was none. No address, no place, no label."""

    at: Instant
    """When it was found that somebody must be told."""
    notice: NoticeKind | None = None
    reminder: ReminderKind | None = None
    """Of what, one of the two."""
    person: str = ""
    """Which protected person's side; empty: the wearer himself."""
    wearer: str
    role: ToldRole | None
    """None: nobody is on record."""
    channel: Channel | None = None
    kept: NoticeState | None = None
    """What became of a notice before a channel had it."""
    state: NotificationState | None = None
    """What its channel made of it; None: there was no message."""
    settled_at: Instant | None = None
    """When it was delivered or failed, or a person said that she was told."""
    attempts: int = 0


class WhoTold(msgspec.Struct, frozen=True, kw_only=True):
    """Who was told what, newest first."""

    lines: tuple[ToldLine, ...]
    more: bool
    """There were more than these."""


class _Message(msgspec.Struct, frozen=True):
    """A message of the outbox as it stands."""

    channel: Channel
    state: NotificationState
    attempts: int
    last_at: Instant | None


def told_of_wearer(reader: Reader, wearer_id: WearerId) -> WhoTold:
    """Return who was told what about one wearer. On the audit.

    A liaison is shown the sides he speaks with alone, and nothing of what the wearer is told.
    Raises NotFound outside the scope.
    """
    row = schema.notice.c
    with reader.connection() as connection:
        wearer = reader.wearer(connection, wearer_id, "who_told")
        persons = persons_within(reader, connection, wearer_id)
        query = select(row.body).where(row.wearer_id == wearer_id, row.person_id.in_([*persons]))
        bodies = connection.scalars(query.order_by(row.made_at.desc()).limit(MOST + 1)).all()
        found = _of_sides(connection, bodies, persons, {wearer_id: wearer.name})
        if reader.actor.role is not Role.LIAISON:
            found += _of_himself(connection, wearer_id, wearer.name)
    reader.consulted("who_told", [wearer_id, *persons])
    return _newest(found)


def told_of_person(reader: Reader, person_id: PersonId) -> tuple[ProtectedPerson, WhoTold]:
    """Return a protected person and what her side was told, of wearers within scope. On the audit.

    Raises NotFound if none is, or a liaison does not speak with her.
    """
    row = schema.notice.c
    with reader.connection() as connection:
        person = persons_within(reader, connection, None, person_id).get(person_id)
        if person is None:
            reader.refuse("who_told", [person_id], "outside scope, or unknown")
        wearers = reader.wearers(connection, person.wearers)
        query = select(row.body).where(row.person_id == person_id, row.wearer_id.in_([*wearers]))
        bodies = connection.scalars(query.order_by(row.made_at.desc()).limit(MOST + 1)).all()
        names = {name: wearer.name for name, wearer in wearers.items()}
        found = _of_sides(connection, bodies, {person_id: person}, names)
    reader.consulted("who_told", [person_id, *wearers])
    return person, _newest(found)


def _newest(found: list[ToldLine]) -> WhoTold:
    ordered = sorted(found, key=lambda line: -line.at)
    return WhoTold(lines=tuple(ordered[:MOST]), more=len(ordered) > MOST)


def _of_sides(
    connection: Connection,
    bodies: Sequence[Any],
    persons: dict[PersonId, ProtectedPerson],
    names: dict[WearerId, str],
) -> list[ToldLine]:
    notices = [_NOTICE.decode(body) for body in bodies]
    known = contacts_by_id(connection)
    sent = _messages(connection, (n.notification_id for n in notices if n.notification_id))
    return [
        _of_side(
            notice,
            persons[notice.person_id].name,
            names[notice.wearer_id],
            known.get(notice.contact_id or ""),
            sent.get(notice.notification_id or ""),
        )
        for notice in notices
    ]


def _of_side(
    notice: Notice, person: str, wearer: str, contact: Contact | None, sent: _Message | None
) -> ToldLine:
    role = None
    if contact is not None:
        role = ToldRole.HERSELF if contact.duty is Duty.PROTECTED else ToldRole.HER_SPEAKER
    last_at = None if sent is None else sent.last_at
    return ToldLine(
        at=notice.made_at,
        notice=notice.kind,
        person=person,
        wearer=wearer,
        role=role,
        channel=None if sent is None else sent.channel,
        kept=notice.state,
        state=None if sent is None else sent.state,
        settled_at=notice.decided_at if notice.state is NoticeState.TOLD else last_at,
        attempts=0 if sent is None else sent.attempts,
    )


def _of_himself(connection: Connection, wearer_id: WearerId, name: str) -> list[ToldLine]:
    """Return what the wearer was told by the contacts that stand for himself alone."""
    row = schema.notification.c
    own = [
        contact.contact_id
        for contact in contacts_by_id(connection).values()
        if contact.duty is Duty.WEARER and contact.wearers == (wearer_id,)
    ]
    query = select(row.notification_id, row.stage, row.created_at).where(row.contact_id.in_(own))
    rows = connection.execute(query.order_by(row.created_at.desc()).limit(MOST + 1)).all()
    sent = _messages(connection, [each.notification_id for each in rows])
    reminders = {"notice": ReminderKind.CURFEW, "fact": ReminderKind.CHARGE}
    return [
        ToldLine(
            at=each.created_at,
            reminder=reminders[each.stage],
            wearer=name,
            role=ToldRole.WEARER,
            channel=sent[each.notification_id].channel,
            state=sent[each.notification_id].state,
            settled_at=sent[each.notification_id].last_at,
            attempts=sent[each.notification_id].attempts,
        )
        for each in rows
        if each.stage in reminders
    ]


def _messages(connection: Connection, names: Iterable[str]) -> dict[str, _Message]:
    """Return messages by id, each with when its newest attempt or receipt was."""
    row, tried, receipt = schema.notification.c, schema.attempt.c, schema.receipt.c
    wanted = sorted(set(names))
    last: dict[str, Instant] = {}
    for name, at in (
        *_last(connection, tried.notification_id, tried.at, wanted),
        *_last(connection, receipt.notification_id, receipt.at, wanted),
    ):
        last[name] = max(at, last.get(name, at))
    query = select(row.notification_id, row.channel, row.state, row.attempts)
    found = connection.execute(query.where(row.notification_id.in_(wanted))).all()
    return {
        each.notification_id: _Message(
            Channel(each.channel),
            NotificationState(each.state),
            each.attempts,
            last.get(each.notification_id),
        )
        for each in found
    }


def _last(
    connection: Connection, name: Any, at: Any, wanted: list[str]
) -> list[tuple[str, Instant]]:
    query = select(name, func.max(at)).where(name.in_(wanted)).group_by(name)
    return [(found, Instant(newest)) for found, newest in connection.execute(query)]
