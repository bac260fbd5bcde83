"""Changes of the register, in journal order: people, tags, orders, contacts, settings."""

from typing import TypeAlias

import msgspec

from tagwatch.core import derive, ledger
from tagwatch.core.ids import WearerId
from tagwatch.core.person import Activation
from tagwatch.core.rules import battery, comms, tamper
from tagwatch.core.rules.worn import Worn
from tagwatch.core.units import Instant
from tagwatch.pipeline.decide import anew
from tagwatch.pipeline.encounter import encounters_anew
from tagwatch.pipeline.inform import registered
from tagwatch.pipeline.step import Span, Step
from tagwatch.pipeline.zone_draft import decided
from tagwatch.store.memory import WearerState
from tagwatch.store.register import REGISTER_EVENTS
from tagwatch.store.settings_proposals import put_published
from tagwatch.store.state import LineState

_ON_CALL = (ledger.ShiftRecorded, ledger.OverrideRecorded, ledger.ContactRecorded)
"""What changes who is on call."""


_Ordered: TypeAlias = (
    ledger.ConditionRecorded
    | ledger.ConditionTold
    | ledger.ExemptionRecorded
    | ledger.OrderRecorded
    | ledger.OrderTold
)
"""What changes which conditions bind a wearer, and since when he knows."""


def register(span: Span, state: LineState) -> None:
    """Take in the changes of the register with which the span begins.

    A corrected order, or a day on which he was told, derives what it touches again.
    """
    for step in span.steps:
        if step.event is None:
            continue  # lawfully erased: what follows it is still to be taken in
        if type(step.event) not in REGISTER_EVENTS:
            break
        _take_in(step, state)


def _take_in(step: Step, state: LineState) -> None:
    event = step.event
    if _of_the_erased(event, state):
        step.writes.count("acts_on_erased")
        return
    # A tag that is new is on nobody; a known one may be expected otherwise from now on.
    known = isinstance(event, ledger.TagRecorded) and event.tag.tag_id in state.register.tags
    if isinstance(event, _Ordered):
        _orders(step, _bound_by(event, state), event, state)
    elif isinstance(event, ledger.ZoneDraftDecided):
        _draft_decided(step, event, state)
    elif event is not None:
        state.register.apply(event, step.received_at, step.writes)
    _fittings(step, state)
    if isinstance(event, ledger.ActivationStarted):
        _put_on(step, event.activation, state)
    elif isinstance(event, ledger.ActivationEnded):
        activation = state.register.activations[event.activation_id]
        if state.of(activation.wearer_id).worn == event.activation_id:
            take_off(step, activation.wearer_id, event.ended_at, state)
    elif isinstance(event, _ON_CALL):
        state.rota_changed()
    elif isinstance(event, ledger.SettingsPublished):
        put_published(step.writes, event, step.received_at)
        state.settings_changed()
        state.plan_all()
        state.rota_changed()
    elif isinstance(event, ledger.TagRecorded) and known:
        state.plan_all()
    registered(step, state)


def _of_the_erased(event: ledger.Event | None, state: LineState) -> bool:
    """Tell whether an event is about a record that is not there: its own was lawfully erased."""
    held = state.register
    match event:
        case ledger.ActivationEnded():
            return event.activation_id not in held.activations
        case ledger.OrderTold():
            return event.order_id not in held.orders
        case ledger.ConditionTold():
            return event.condition_id not in held.conditions
        case _:
            return False


def _fittings(step: Step, state: LineState) -> None:
    """Look at the next tick whether an order is monitored, where that may have changed."""
    event = step.event
    if isinstance(event, ledger.OrderRecorded):
        wearer = event.order.wearer_id
    elif isinstance(event, ledger.ActivationStarted):
        wearer = event.activation.wearer_id
    elif isinstance(event, ledger.ActivationEnded):
        wearer = state.register.activations[event.activation_id].wearer_id
    elif isinstance(event, ledger.ExemptionRecorded):
        wearer = event.exemption.wearer_id
    else:
        return
    state.fittings.plan(wearer, step.received_at)


def _draft_decided(step: Step, event: ledger.ZoneDraftDecided, state: LineState) -> None:
    drafts = state.register.drafts
    drawn = drafts.waiting(event.draft_id)
    wearer = event.wearer_id if drawn is None else drawn.condition.wearer_id
    _orders(step, wearer, event, state)
    if drawn is not None and drafts.waiting(event.draft_id) is None:
        decided(step, drawn, event.at, state)


def _orders(
    step: Step,
    wearer: WearerId,
    event: _Ordered | ledger.ZoneDraftDecided,
    state: LineState,
) -> None:
    before = state.orders(wearer)
    state.register.apply(event, step.received_at, step.writes)
    state.orders_changed(wearer)
    since = derive.changed_from(before, state.orders(wearer))
    if since is not None and since <= state.of(wearer).findings.upto:
        anew(step, wearer, since, _cause(event), state, None)
    else:
        state.curfews.plan(wearer, state.curfew_deadline(wearer))
    if since is not None and wearer in state.register.pairs:
        encounters_anew(step, wearer, since, _cause(event), state)


def _bound_by(event: _Ordered, state: LineState) -> WearerId:
    """Return the wearer whom an event of his orders is about; empty if that is not known."""
    held = state.register
    match event:
        case ledger.ConditionRecorded():
            return event.condition.wearer_id
        case ledger.ExemptionRecorded():
            return event.exemption.wearer_id
        case ledger.OrderRecorded():
            return event.order.wearer_id
        case ledger.ConditionTold():
            versions = held.conditions.get(event.condition_id, ())
            return versions[0].wearer_id if versions else WearerId("")
        case ledger.OrderTold():
            order = held.orders.get(event.order_id)
            return WearerId("") if order is None else order.wearer_id


def _cause(event: ledger.Event) -> str:
    """Return why findings are derived again, as their reasons say it."""
    if isinstance(event, ledger.ExemptionRecorded):
        return "an exemption on record"
    if isinstance(event, ledger.OrderRecorded) and event.order.ending is not None:
        return "the end of the order"
    return "a corrected order"


def _put_on(step: Step, activation: Activation, state: LineState) -> None:
    """Begin to listen for a tag that is on a wearer now."""
    wearer, now = activation.wearer_id, step.received_at
    memory = state.of(wearer)
    if activation.ended_at is not None and activation.ended_at <= now:
        return
    if memory.worn is not None and memory.worn != activation.activation_id:
        worn = state.register.activations[memory.worn]
        if worn.started_at > activation.started_at:
            return
        take_off(step, wearer, activation.started_at, state)
        memory = state.of(wearer)
    listening = memory.comms if memory.worn == activation.activation_id else None
    state.keep(
        wearer,
        msgspec.structs.replace(
            memory,
            worn=activation.activation_id,
            comms=listening or comms.started(activation.started_at),
        ),
    )
    state.silences.plan(wearer, state.silence_deadline(wearer))
    state.curfews.plan(wearer, state.curfew_deadline(wearer))


def take_off(step: Step, wearer: WearerId, at: Instant, state: LineState) -> None:
    """End what the tag on a wearer had reported of itself, and listen for it no more."""
    memory = state.of(wearer)
    if memory.worn is None:
        return
    worn = worn_of(wearer, memory, step.received_at, state)
    _, tampered = tamper.tag_removed(memory.tamper, worn, at)
    _, flat = battery.tag_removed(memory.battery, worn, at)
    silent = () if memory.comms is None else comms.tag_removed(memory.comms, worn, at)
    step.facts += (*tampered, *flat, *silent)
    state.keep(
        wearer,
        msgspec.structs.replace(
            memory,
            worn=None,
            comms=None,
            tamper=tamper.TamperMemory(),
            battery=battery.BatteryMemory(),
        ),
    )


def worn_of(wearer: WearerId, memory: WearerState, now: Instant, state: LineState) -> Worn:
    """Return the tag that is on a wearer, and the settings it is judged under."""
    if memory.worn is None:
        raise ValueError(f"wearer {wearer} has no tag on at {now}")
    return Worn(
        wearer_id=wearer,
        activation_id=memory.worn,
        settings_version=state.settings_at(now).version,
    )
