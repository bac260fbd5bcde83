"""What protected persons' sides are told: what happens to the order and the tag, each once.

What the register says is told as it is taken in, what time brings at the tick, and what nobody can
see as the line finds it. Nothing here looks at a fix.
"""

from typing import NamedTuple

import msgspec

from tagwatch.core import ledger
from tagwatch.core.exemption import ExemptionCause
from tagwatch.core.ids import PersonId, WearerId
from tagwatch.core.notice import (
    WAITING,
    Notice,
    NoticeKind,
    NoticeState,
    NoticeVerdict,
    notice_id,
)
from tagwatch.core.order import ExclusionZone, NoContact, Order
from tagwatch.core.units import Instant
from tagwatch.pipeline.not_told import settled
from tagwatch.pipeline.remind import plan_reminder
from tagwatch.pipeline.side import keep, safe_channel, send
from tagwatch.pipeline.sight import tell_sight
from tagwatch.pipeline.step import Step
from tagwatch.store.exemptions import custodies
from tagwatch.store.state import LineState


class Occasion(NamedTuple):
    """What a side is to be told; `persons` None stands for all who are protected from him."""

    kind: NoticeKind
    wearer_id: WearerId
    cause: str
    at: Instant
    until: Instant | None = None
    persons: tuple[PersonId, ...] | None = None


def registered(step: Step, state: LineState) -> None:
    """Tell of a change of the register that has just been taken in."""
    event = step.event
    match event:
        case ledger.ContactRecorded():
            state.notices.note_contact(event.contact)
            for wearer in event.contact.wearers:
                plan_reminder(wearer, state)
        case ledger.ConditionTold():
            versions = state.register.conditions.get(event.condition_id, ())
            for version in versions[-1:]:
                plan_reminder(version.wearer_id, state)
        case ledger.PersonRecorded():
            state.notices.note_person(event.person)
        case ledger.ActivationStarted():
            put_on = event.activation
            what = (NoticeKind.TAG_FITTED, put_on.wearer_id, put_on.activation_id)
            _tell(step, Occasion(*what, put_on.started_at), state)
        case ledger.ActivationEnded():
            wearer = state.register.activations[event.activation_id].wearer_id
            what = (NoticeKind.TAG_REMOVED, wearer, event.activation_id)
            _tell(step, Occasion(*what, event.ended_at), state)
        case ledger.OrderRecorded():
            _order(step, state.register.orders[event.order.order_id], state)
        case ledger.ConditionRecorded():
            plan_reminder(event.condition.wearer_id, state)
            version, terms = event.condition, event.condition.terms
            if version.version > 1 and isinstance(terms, ExclusionZone | NoContact):
                cause = f"{version.condition_id} {version.version}"
                what = (NoticeKind.ORDER_CHANGED, version.wearer_id, cause)
                at = Instant(max(version.valid_from, version.recorded_at))
                _tell(step, Occasion(*what, at, None, terms.protects), state)
        case ledger.ExemptionRecorded():
            plan_reminder(event.exemption.wearer_id, state)
            _custody(step, event.exemption.wearer_id, event, state)
        case _:
            pass


def inform(step: Step, state: LineState) -> None:
    """Tell of what a tick brings and of what cannot be seen; take in what persons decide."""
    event = step.event
    tell_sight(step, tuple(step.facts), state)
    match event:
        case ledger.Tick():
            _due(step, event.at, state)
        case ledger.HoldRecorded():
            state.notices.put_hold(event.hold, step.writes)
        case ledger.NoticeDecided():
            _decided(step, event, state)
        case ledger.NoticeWritten():
            if state.notices.get(event.notice.notice_id) is None:
                send(step, event.notice, state)
        case _:
            pass


# --- occasions ------------------------------------------------------------------------------------


def _order(step: Step, order: Order, state: LineState) -> None:
    if order.version > 1:
        cause = f"{order.order_id} {order.version}"
        at = order.valid_from if order.valid_from is not None else step.received_at
        _tell(step, Occasion(NoticeKind.ORDER_CHANGED, order.wearer_id, cause, at), state)
    if order.ends_at is None:
        return
    if order.ends_at > state.now:
        state.notices.endings.plan(order.order_id, order.ends_at)
    else:
        _tell(step, _ended(order, order.ends_at), state)


def _ended(order: Order, at: Instant) -> Occasion:
    return Occasion(NoticeKind.ORDER_ENDED, order.wearer_id, f"{order.order_id} {at}", at)


def _custody(
    step: Step, wearer: WearerId, event: ledger.ExemptionRecorded, state: LineState
) -> None:
    exemption = event.exemption
    ends_at = exemption.ends_at
    if exemption.cause is not ExemptionCause.CUSTODY or exemption.withdrawn or ends_at is None:
        return
    if ends_at > state.now:
        state.notices.releases.plan(wearer, ends_at)
    else:
        _tell(step, _released(wearer, exemption.exemption_id, ends_at), state)


def _released(wearer: WearerId, exemption: str, at: Instant) -> Occasion:
    return Occasion(NoticeKind.RELEASE, wearer, f"{exemption} {at}", at)


def _due(step: Step, now: Instant, state: LineState) -> None:
    for name in state.notices.endings.take_due(now):
        order = state.register.orders.get(name)
        if order is None or order.ends_at is None:
            continue
        if order.ends_at > now:
            state.notices.endings.plan(name, order.ends_at)
        else:
            _tell(step, _ended(order, order.ends_at), state)
    for wearer in state.notices.releases.take_due(now):
        for each in custodies(state.register.exemptions.of(wearer)):
            if each.ends_at is not None and each.ends_at > now:
                state.notices.releases.plan(wearer, each.ends_at)
            elif each.ends_at is not None:
                _tell(step, _released(wearer, each.exemption_id, each.ends_at), state)


# --- telling --------------------------------------------------------------------------------------


def _tell(step: Step, occasion: Occasion, state: LineState) -> None:
    persons = occasion.persons
    if persons is None:
        persons = state.notices.persons_of(occasion.wearer_id)
    for person in persons:
        name = notice_id(person, occasion.kind, occasion.cause)
        if state.notices.get(name) is None and person in state.register.persons:
            made = Notice(
                notice_id=name,
                person_id=person,
                wearer_id=occasion.wearer_id,
                kind=occasion.kind,
                happened_at=occasion.at,
                until=occasion.until,
                made_at=step.received_at,
                state=NoticeState.SENT,
            )
            send(step, made, state)


def _decided(step: Step, event: ledger.NoticeDecided, state: LineState) -> None:
    found = state.notices.get(event.notice_id)
    if found is None or found.state not in WAITING:
        step.writes.count("notices_decided_again")
        return
    failed = found.state is NoticeState.FAILED
    found = msgspec.structs.replace(
        found, by=event.by, decided_at=event.at, words=event.words, state=NoticeState.SENT
    )
    if event.verdict is not NoticeVerdict.SEND:
        dropped = event.verdict is NoticeVerdict.DROP
        now = NoticeState.DROPPED if dropped else NoticeState.TOLD
        found = msgspec.structs.replace(found, state=now)
        state.notices.put(found, step.writes)
        settled(step, found, state)
        return
    if failed:
        found = msgspec.structs.replace(found, round=found.round + 1)
    contact = safe_channel(found.person_id, state)
    if contact is None:
        found = msgspec.structs.replace(found, state=NoticeState.NOBODY)
    keep(step, found, contact, state)
