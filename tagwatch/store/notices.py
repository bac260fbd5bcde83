"""What protected persons' sides were told, for the line: known ids, holds, and who is whose."""

from collections import defaultdict
from collections.abc import Callable

import msgspec
from sqlalchemy import ColumnElement, Connection, and_, select

from tagwatch.core.ids import (
    AlertId,
    ContactId,
    LeaveId,
    NotificationId,
    OrderId,
    PersonId,
    WearerId,
)
from tagwatch.core.notice import Hold, Notice
from tagwatch.core.person import Contact, Duty, ProtectedPerson
from tagwatch.core.reminder import next_reminder
from tagwatch.core.rules.prepare import Tracks
from tagwatch.core.units import Instant
from tagwatch.store import schema
from tagwatch.store.deadlines import Deadlines
from tagwatch.store.register import Register
from tagwatch.store.writes import Writes

_NOTICE = msgspec.json.Decoder(Notice)
_HOLD = msgspec.json.Decoder(Hold)


class NoticeBook:
    """Notices by id: those of the current batch, and the rest from the table."""

    def __init__(self, connection: Connection, register: Register) -> None:
        """Load the holds through `connection`, and read notices through it."""
        self._connection = connection
        self._touched: dict[str, Notice] = {}
        bodies = connection.scalars(select(schema.side_hold.c.body))
        self._holds = {hold.person_id: hold for hold in map(_HOLD.decode, bodies)}
        self._wearers: dict[PersonId, tuple[WearerId, ...]] = {}
        self._persons: dict[WearerId, set[PersonId]] = defaultdict(set)
        self.endings = Deadlines[OrderId]()
        """When orders end."""
        self.releases = Deadlines[WearerId]()
        """When custody ends."""

        self.reminders = Deadlines[WearerId]()
        """When wearers who can be reached are to be reminded of a curfew."""
        self.covers = Deadlines[LeaveId]()
        """When leaves begin, and deputies are told of what is open."""
        self._phones: dict[WearerId, dict[ContactId, Contact]] = defaultdict(dict)
        for person in register.persons.values():
            self.note_person(person)
        for contact in register.contacts.values():
            self.note_contact(contact)

    def note_contact(self, contact: Contact) -> None:
        """Take note of a wearer's own contact, bound to him alone."""
        if contact.duty is not Duty.WEARER or len(contact.wearers) != 1:
            return
        known = self._phones[contact.wearers[0]]
        known.pop(contact.contact_id, None)
        if contact.active:
            known[contact.contact_id] = contact

    def phones(self, wearer: WearerId) -> tuple[Contact, ...]:
        """Return by what a wearer himself can be reached, by id."""
        known = self._phones.get(wearer, {})
        return tuple(known[name] for name in sorted(known))

    def plan_all(
        self,
        register: Register,
        now: Instant,
        tracks: Callable[[WearerId], Tracks],
        lead_s: int,
    ) -> None:
        """Plan every end of an order and of custody that is later than the last tick, and the
        reminders of those who can be reached."""
        reachable = [wearer for wearer, known in self._phones.items() if known]
        self.reminders.fill(reachable, lambda w: next_reminder(tracks(w), now, lead_s))
        ends = {name: order.ends_at for name, order in register.orders.items()}
        self.endings.fill([name for name, at in ends.items() if at and at > now], ends.get)
        begin = {leave.leave_id: leave.starts_at for leave in register.rota.leaves.all()}
        self.covers.fill([name for name, at in begin.items() if at > now], begin.get)
        freed = register.exemptions.custody_ends()
        self.releases.fill([wearer for wearer, at in freed.items() if at > now], freed.get)

    def note_person(self, person: ProtectedPerson) -> None:
        """Take note of whom a person is protected from now."""
        for wearer in self._wearers.get(person.person_id, ()):
            self._persons[wearer].discard(person.person_id)
        self._wearers[person.person_id] = person.wearers
        for wearer in person.wearers:
            self._persons[wearer].add(person.person_id)

    def persons_of(self, wearer: WearerId) -> tuple[PersonId, ...]:
        """Return who is protected from a wearer, sorted."""
        return tuple(sorted(self._persons.get(wearer, ())))

    def get(self, notice_id: str) -> Notice | None:
        """Return a notice, None if there is none."""
        if notice_id in self._touched:
            return self._touched[notice_id]
        column = schema.notice.c
        body = self._connection.scalar(select(column.body).where(column.notice_id == notice_id))
        return None if body is None else _NOTICE.decode(body)

    def of_message(self, name: NotificationId) -> list[Notice]:
        """Return what a message of the outbox told, by id."""
        asked = schema.notice.c.notification_id == name
        return self._found(asked, lambda notice: notice.notification_id == name)

    def of_alert(self, name: AlertId) -> list[Notice]:
        """Return of what an alert says that it did not arrive, by id."""
        asked = schema.notice.c.alert_id == name
        return self._found(asked, lambda notice: notice.alert_id == name)

    def overtaken_by(self, newer: Notice) -> list[Notice]:
        """Return what did not arrive and need not be told any more after `newer`, by id."""
        column = schema.notice.c
        asked = and_(column.person_id == newer.person_id, column.alert_id.is_not(None))
        return self._found(asked, lambda n: n.alert_id is not None and newer.overtakes(n))

    def of_outage(self, outage: str) -> list[Notice]:
        """Return what was told, or is gathered, of an outage, by id."""
        return self._found(schema.notice.c.outage == outage, lambda n: n.outage == outage)

    def told_together(self, outage: str, contact: ContactId) -> list[Notice]:
        """Return what one contact was told of an outage, or will be, by id."""
        column = schema.notice.c
        asked = and_(column.outage == outage, column.contact_id == contact)
        return self._found(asked, lambda n: (n.outage, n.contact_id) == (outage, contact))

    def _found(self, asked: ColumnElement[bool], fits: Callable[[Notice], bool]) -> list[Notice]:
        bodies = self._connection.scalars(select(schema.notice.c.body).where(asked))
        stored = {notice.notice_id: notice for notice in map(_NOTICE.decode, bodies)}
        known = stored | self._touched
        return [known[name] for name in sorted(known) if fits(known[name])]

    def put(self, notice: Notice, writes: Writes) -> None:
        """Make `notice` the current state of it."""
        self._touched[notice.notice_id] = notice
        row = {name: getattr(notice, name) for name in ("notice_id", "person_id", "wearer_id")}
        row |= {"state": notice.state.value, "made_at": notice.made_at}
        row |= {name: getattr(notice, name) for name in ("notification_id", "contact_id")}
        row |= {"alert_id": notice.alert_id, "outage": notice.outage or None}
        writes.put(schema.notice, row | {"body": msgspec.json.encode(notice).decode()})

    def is_held(self, person: PersonId, at: Instant) -> bool:
        """Say whether messages to a person are held at `at`."""
        hold = self._holds.get(person)
        return hold is not None and hold.is_on(at)

    def put_hold(self, hold: Hold, writes: Writes) -> None:
        """Hold messages to a person, or no more."""
        self._holds[hold.person_id] = hold
        body = msgspec.json.encode(hold).decode()
        writes.put(schema.side_hold, {"person_id": hold.person_id, "body": body})

    def forget(self) -> None:
        """Let go of what is in the tables now."""
        self._touched.clear()
