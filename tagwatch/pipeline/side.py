"""By what a protected person's side is told: her own safe channel, else whoever speaks with her."""

import msgspec

from tagwatch.core.ids import PersonId
from tagwatch.core.notice import Notice, NoticeState
from tagwatch.core.outcome import Stage
from tagwatch.core.person import Contact
from tagwatch.notify.notice import to_side
from tagwatch.notify.route import Notification
from tagwatch.pipeline.route import put
from tagwatch.pipeline.step import Step
from tagwatch.store.state import LineState


def send(step: Step, notice: Notice, state: LineState) -> None:
    """Give a notice to the outbox, or keep it for a person where that is unsafe or impossible."""
    notice, contact = addressed(step, notice, state)
    keep(step, notice, contact, state)


def addressed(step: Step, notice: Notice, state: LineState) -> tuple[Notice, Contact | None]:
    """Return the notice in the state it goes out in, and who is told: of a held one her speaker."""
    held = state.notices.is_held(notice.person_id, step.received_at)
    person = notice.person_id
    contact = speaker(person, state) if held else safe_channel(person, state)
    now = NoticeState.SENT
    if held:
        now = NoticeState.HELD
    elif contact is None:
        now = NoticeState.NOBODY
    return msgspec.structs.replace(notice, state=now), contact


def keep(step: Step, notice: Notice, contact: Contact | None, state: LineState) -> None:
    """Write a notice, with a message of its own to `contact` if there is one."""
    if contact is None:
        state.notices.put(notice, step.writes)
    else:
        keep_with(step, [notice], contact, to_side(notice, contact, step.received_at), state)


def keep_with(
    step: Step, told: list[Notice], contact: Contact, message: Notification, state: LineState
) -> None:
    """Write notices that one message to `contact` tells, and the message."""
    put(step, (message,), Stage.NOTICE, state)
    for notice in told:
        sent = msgspec.structs.replace(
            notice, contact_id=contact.contact_id, notification_id=message.notification_id
        )
        state.notices.put(sent, step.writes)


def safe_channel(person: PersonId, state: LineState) -> Contact | None:
    """Return her own safe channel, else whoever speaks with her."""
    record = state.register.persons.get(person)
    own = None if record is None or record.contact is None else record.contact
    found = None if own is None else state.register.contacts.get(own)
    return found if found is not None and found.active else speaker(person, state)


def speaker(person: PersonId, state: LineState) -> Contact | None:
    """Return whoever speaks with her, if he can be reached."""
    record = state.register.persons.get(person)
    if record is None or record.liaison is None:
        return None
    found = state.register.contacts.get(record.liaison)
    return found if found is not None and found.active else None
