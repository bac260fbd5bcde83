"""Findings, facts, deadlines and persons' acts → alerts, in the order of the journal."""

from typing import Final

import msgspec

from tagwatch.core import acts, ledger
from tagwatch.core import alert as alerts
from tagwatch.core.alert import (
    SILENT,
    Alert,
    AlertChange,
    AlertEvent,
    Context,
    ServiceFact,
    alert_id,
)
from tagwatch.core.episode import Episode
from tagwatch.core.ids import PersonId, WearerId
from tagwatch.core.moves import release
from tagwatch.core.order import Curfew
from tagwatch.core.outcome import Phase
from tagwatch.core.raising import from_episode, from_service_fact
from tagwatch.core.recorded_act import AlertAct
from tagwatch.core.units import Instant
from tagwatch.pipeline.delivery import delivery
from tagwatch.pipeline.excuse import look_again
from tagwatch.pipeline.step import Step
from tagwatch.store.alerts import add_alert_event
from tagwatch.store.state import LineState

_NO_SURPRISE: Final = SILENT | {
    alerts.AlertKind.NOT_WORN,
    alerts.AlertKind.POWER_OFF,
    alerts.AlertKind.BATTERY_LOW,
    alerts.AlertKind.BATTERY_CRITICAL,
}
"""What the tag of somebody in custody, or dead, is expected to report."""
_CARDED: Final = frozenset(
    {
        AlertEvent.RAISED,
        AlertEvent.REOPENED,
        AlertEvent.CONFIRMED,
        AlertEvent.AMENDED,
        AlertEvent.ENDED,
        AlertEvent.WITHDRAWN,
    }
)
"""What makes an alert's circumstances others."""
_SILENCE_CARDED: Final = frozenset({AlertEvent.EXPLAINED, AlertEvent.RELEASED})
"""And those of a silence: many tags fell silent together, or that is over."""


def alert(step: Step, state: LineState) -> None:
    """Change alerts, and note of which people must be told."""
    changes, step.changes = step.changes, []
    for episode, fixed_at in changes:
        _episode(step, episode, fixed_at, state)
    event = step.event
    if isinstance(event, ledger.DrillCalled):
        step.facts.append(_drill(event))
    elif event is not None and not isinstance(event, AlertAct):
        step.moves += delivery(step, event, state)
    facts, step.facts = step.facts, []
    for fact in facts:
        _fact(step, excused(fact, step.received_at, state), state)
    moves, step.moves = step.moves, []
    for change in moves:
        put_change(step, change, state)
    if isinstance(event, AlertAct):
        _act(step, event, state)


def _episode(step: Step, episode: Episode, fixed_at: Instant | None, state: LineState) -> None:
    other = episode.merged_into or episode.split_from
    related = next(iter(state.book.of_episode(other)), None) if other is not None else None
    context = _context(step, fixed_at, _protects(episode, state), state)
    stored = state.book.of_episode(episode.episode_id)
    for change in from_episode(stored, episode, context, related):
        put_change(step, change, state)


def _drill(event: ledger.DrillCalled) -> ServiceFact:
    return ServiceFact(
        cause=event.drill_id,
        kind=alerts.AlertKind.DRILL,
        phase=Phase.OPEN,
        happened_at=event.at,
        detail=event.words,
        severity=event.severity,
    )


def excused(fact: ServiceFact, at: Instant, state: LineState) -> ServiceFact:
    """Return a report of a silent or unworn tag with what makes it no surprise, if its wearer is
    out of reach. A strap, a case, an alarm or signs of jamming are told whatever is on record:
    the record may be wrong, or late."""
    if fact.wearer_id is None or fact.kind not in _NO_SURPRISE:
        return fact
    away = state.register.exemptions.out_of_reach(fact.wearer_id, at)
    if away is None:
        return fact
    words = f"On record: {away.cause.replace('_', ' ')}."
    until = look_again(away, at, state)
    return msgspec.structs.replace(fact, excused=words, excused_until=until)


def _fact(step: Step, fact: ServiceFact, state: LineState) -> None:
    if fact.episode is not None:
        state.put_episode(fact.episode, step.seq, step.writes)
    protects = fact.protects
    if not protects and fact.wearer_id is not None:
        protects = state.register.protected_by(fact.wearer_id, step.received_at)
    elif not protects and fact.kind is alerts.AlertKind.BLIND:
        protects = _protected(fact.affected, step.received_at, state)
    context = _context(step, fact.happened_at if step.frame is not None else None, protects, state)
    stored = state.book.alert(alert_id(fact.kind, fact.cause))
    for change in from_service_fact(stored, fact, context):
        put_change(step, change, state)
    for name in fact.released:
        explained = state.book.alert(name)
        if explained is not None:
            for change in release(explained, step.received_at, context.settings):
                put_change(step, change, state)


def _act(step: Step, event: AlertAct, state: LineState) -> None:
    stored = state.book.alert(event.alert_id)
    if stored is None:
        # What raised the alert was lawfully erased; the act stays in the journal, and is counted.
        step.writes.count("acts_on_erased")
        return
    for change in _changes(stored, event, state):
        put_change(step, change, state)


def _changes(stored: Alert, event: AlertAct, state: LineState) -> tuple[AlertChange, ...]:
    settings = state.settings_at(event.at).alert
    match event:
        case ledger.AlertAcknowledged():
            return (acts.acknowledge(stored, event, settings),)
        case ledger.AlertNoted():
            return (acts.note(stored, event, settings),)
        case ledger.AlertClosed():
            return (acts.close(stored, event),)
        case ledger.AlertClaimed():
            return _claimed(stored, event, state)
        case ledger.AlertLetGo():
            return (acts.let_go(stored, event),)
        case ledger.AlertWaiting():
            return (acts.wait(stored, event, settings),)
        case ledger.CallRecorded():
            return acts.called(stored, event, settings)
        case (
            ledger.PoliceLinkIssued()
            | ledger.PoliceLinkRevoked()
            | ledger.PoliceLinkEntered()
            | ledger.PoliceReported()
        ):
            return (acts.police(stored, event),)
        case _:
            raise ValueError(f"{type(event).__name__} is no act on an alert that the line knows")


def _claimed(
    stored: Alert, event: ledger.AlertClaimed, state: LineState
) -> tuple[AlertChange, ...]:
    """Return the claim, and the end of what another held of the same wearer if it is taken over."""
    his = [stored] if stored.wearer_id is None else state.book.of_wearer(stored.wearer_id)
    other = acts.other_holder(his, event.by, event.at)
    change = acts.claim(stored, event, other, state.settings_at(event.at).alert)
    if change.event is not AlertEvent.CLAIMED:
        return (change,)
    freed = (
        acts.taken_over(alert, event.at, event.by)
        for alert in his
        if alert.alert_id != stored.alert_id and alert.claimed_by not in (None, event.by)
    )
    return (change, *freed)


def put_change(step: Step, change: AlertChange, state: LineState) -> None:
    """Make a change of an alert the current version, and note it in the alert's log."""
    current = change.alert
    state.book.put(current, step.writes)
    add_alert_event(
        step.writes,
        current.alert_id,
        current.wearer_id,
        step.seq,
        change.at,
        change.event.value,
        change.by,
        change.words,
    )
    silent = current.kind in SILENT and change.event in _SILENCE_CARDED
    if silent or change.event in _CARDED:
        step.carded[current.alert_id] = current
    if change.stage is not None:
        step.told.append((current, change.stage))


def _context(
    step: Step, fixed_at: Instant | None, protects: tuple[PersonId, ...], state: LineState
) -> Context:
    return Context(
        now=step.received_at,
        fixed_at=fixed_at,
        settings=state.settings_at(step.received_at).alert,
        protects=protects,
    )


def _protects(episode: Episode, state: LineState) -> tuple[PersonId, ...]:
    """Return whom the condition of a location episode protects."""
    if episode.condition_id is None:
        return ()
    for version in state.register.conditions.get(episode.condition_id, ()):
        if version.version == episode.condition_version:
            terms = version.terms
            return () if isinstance(terms, Curfew) else terms.protects
    return ()


def _protected(
    wearers: tuple[WearerId, ...], now: Instant, state: LineState
) -> tuple[PersonId, ...]:
    return tuple(sorted({p for w in wearers for p in state.register.protected_by(w, now)}))


def episode_of(found: Alert, state: LineState) -> Episode | None:
    """Return the episode an alert is about, as it stands."""
    if found.episode_id is None or found.wearer_id is None:
        return None
    return state.episode(found.wearer_id, found.episode_id)
