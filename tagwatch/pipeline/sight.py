"""That a tag, many at once, or everybody's cannot be seen: told to sides, and that it is over.

What concerns many at once is told in one message a contact, not in one a tag, and so is its end:
when all are seen again of whom the contact was told, or when the outage is over.
"""

from collections import Counter
from collections.abc import Iterable

import msgspec

from tagwatch.core.alert import AlertKind, ServiceFact, alert_id
from tagwatch.core.ids import ContactId, NotificationId, PersonId, WearerId
from tagwatch.core.notice import Notice, NoticeKind, NoticeState, notice_id
from tagwatch.core.outcome import Phase
from tagwatch.core.person import Contact
from tagwatch.core.rules.installation import mass_alert
from tagwatch.core.units import Instant
from tagwatch.notify.notice import about, to_sides
from tagwatch.pipeline.alert import excused
from tagwatch.pipeline.side import addressed, keep, keep_with
from tagwatch.pipeline.step import Step
from tagwatch.store.state import LineState


def tell_sight(step: Step, facts: Iterable[ServiceFact], state: LineState) -> None:
    """Tell of what the facts of a step say of who cannot be seen, and who can again."""
    together: list[Notice] = []
    for fact in facts:
        if fact.kind is AlertKind.BLIND:
            together += _blind(step, fact, state)
        elif fact.kind is AlertKind.MASS_SILENCE:
            _outage(step, fact, state)
        elif fact.kind is AlertKind.NO_COMMS and fact.wearer_id is not None:
            if fact.phase is Phase.OPEN:
                together += _silent(step, fact, fact.wearer_id, state)
            else:
                _heard_again(step, fact, fact.wearer_id, state)
    _send_together(step, together, state)


# --- what cannot be seen ----------------------------------------------------------------------


def _blind(step: Step, fact: ServiceFact, state: LineState) -> list[Notice]:
    """Return what the sides of everybody who wears a tag are told of a blind interval."""
    return [
        made
        for wearer, memory in sorted(state.wearers.items())
        if memory.worn is not None
        for made in _made(step, wearer, f"{fact.cause} {wearer}", fact, fact.cause, state)
    ]


def _silent(step: Step, fact: ServiceFact, wearer: WearerId, state: LineState) -> list[Notice]:
    """Tell of one silent tag; returns what is told with the others of an outage instead."""
    if excused(fact, step.received_at, state).excused:
        return []
    mass = state.installation.mass
    among = fact.explained_by is not None and fact.explained_by == mass_alert(mass)
    outage = (mass.cause or "") if among else ""
    made = _made(step, wearer, fact.cause, fact, outage, state)
    if outage:
        return made
    for notice in made:
        keep(step, *addressed(step, notice, state), state)
    return []


def _outage(step: Step, fact: ServiceFact, state: LineState) -> None:
    """Take in what was told of single tags before it was known that they are many; at its end,
    tell whoever waits for it that it is over."""
    if fact.phase is Phase.ENDED:
        _tell_over(step, state.notices.of_outage(fact.cause), state)
        return
    if state.book.alert(alert_id(AlertKind.MASS_SILENCE, fact.cause)) is not None:
        return
    for wearer in fact.affected:
        comms = state.of(wearer).comms
        if comms is None or comms.silence is None:
            continue
        for person in state.notices.persons_of(wearer):
            told = state.notices.get(notice_id(person, NoticeKind.BLIND, comms.silence.cause))
            if told is not None and not told.outage:
                among = msgspec.structs.replace(told, outage=fact.cause)
                state.notices.put(among, step.writes)


def _made(
    step: Step, wearer: WearerId, cause: str, fact: ServiceFact, outage: str, state: LineState
) -> list[Notice]:
    """Return what is told of one wearer, to each person who was not told yet."""
    names = {
        person: notice_id(person, NoticeKind.BLIND, cause)
        for person in state.notices.persons_of(wearer)
        if person in state.register.persons
    }
    return [
        Notice(
            notice_id=name,
            person_id=person,
            wearer_id=wearer,
            kind=NoticeKind.BLIND,
            happened_at=fact.happened_at,
            until=fact.ended_at,
            made_at=step.received_at,
            state=NoticeState.GATHERED,
            outage=outage,
        )
        for person, name in names.items()
        if state.notices.get(name) is None
    ]


def _send_together(step: Step, made: list[Notice], state: LineState) -> None:
    """Send one message a contact; who was told of the outage already is not told again."""
    by_contact: dict[ContactId, tuple[Contact, list[Notice]]] = {}
    for each in made:
        notice, contact = addressed(step, each, state)
        if contact is None:
            keep(step, notice, None, state)
        else:
            by_contact.setdefault(contact.contact_id, (contact, []))[1].append(notice)
    for contact, told in by_contact.values():
        before = _told_before(told[0], contact, state)
        for notice in told if before is not None else ():
            joined = msgspec.structs.replace(
                notice, contact_id=contact.contact_id, notification_id=before
            )
            state.notices.put(joined, step.writes)
        if before is None:
            message = to_sides(told, contact, step.received_at)
            keep_with(step, told, contact, message, state)


def _told_before(notice: Notice, contact: Contact, state: LineState) -> NotificationId | None:
    """Return the message by which the contact knows of this outage, if it is not over for him."""
    for known in _unseen(state.notices.told_together(notice.outage, contact.contact_id)):
        name = known.notification_id
        row = None if name is None else state.outbox.row(name)
        if row is not None and row["alert_id"] != about(known):
            return name
    return None


def _unseen(told: Iterable[Notice]) -> list[Notice]:
    """Return those of an outage's notices of whose end nothing is known yet."""
    told = tuple(told)
    over = {_whose(notice) for notice in told if notice.kind is NoticeKind.BLIND_OVER}
    return [n for n in told if n.kind is NoticeKind.BLIND and _whose(n) not in over]


def _whose(notice: Notice) -> tuple[PersonId, WearerId, Instant]:
    return notice.person_id, notice.wearer_id, notice.happened_at


# --- that it is over --------------------------------------------------------------------------


def _heard_again(step: Step, fact: ServiceFact, wearer: WearerId, state: LineState) -> None:
    """Tell those who were told of a silence that it is over; of an outage, with the others."""
    waiting: set[tuple[str, ContactId]] = set()
    for person in state.notices.persons_of(wearer):
        told = state.notices.get(notice_id(person, NoticeKind.BLIND, fact.cause))
        name = notice_id(person, NoticeKind.BLIND_OVER, fact.cause)
        if told is None or state.notices.get(name) is not None:
            continue
        over = msgspec.structs.replace(
            told,
            notice_id=name,
            kind=NoticeKind.BLIND_OVER,
            until=fact.ended_at if fact.ended_at is not None else step.received_at,
            made_at=step.received_at,
            state=NoticeState.GATHERED,
            notification_id=None,
            by=None,
            decided_at=None,
            words="",
            round=0,
            alert_id=None,
        )
        if told.outage and told.contact_id is not None:
            state.notices.put(over, step.writes)
            waiting.add((told.outage, told.contact_id))
        else:
            keep(step, *addressed(step, over, state), state)
    for outage, contact in sorted(waiting):
        known = state.notices.told_together(outage, contact)
        if not _unseen(known) or state.installation.mass.cause != outage:
            _tell_over(step, known, state)


def _tell_over(step: Step, known: Iterable[Notice], state: LineState) -> None:
    """Send what was gathered, one message a contact."""
    known = tuple(known)
    by_contact: dict[ContactId, tuple[Contact, list[Notice]]] = {}
    for each in known:
        if each.state is NoticeState.GATHERED:
            notice, contact = addressed(step, each, state)
            if contact is None:
                keep(step, notice, None, state)
            else:
                by_contact.setdefault(contact.contact_id, (contact, []))[1].append(notice)
    still = Counter(notice.contact_id for notice in _unseen(known))
    for name, (contact, told) in by_contact.items():
        message = to_sides(told, contact, step.received_at, still[name])
        keep_with(step, told, contact, message, state)
