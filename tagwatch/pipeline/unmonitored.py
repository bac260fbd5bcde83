"""Orders in force without a tag that reports: found at ticks, alarmed once, ended by the tag."""

from typing import Final

import msgspec

from tagwatch.core import ledger
from tagwatch.core.alert import AlertKind, ServiceFact
from tagwatch.core.ids import WearerId, derived_id
from tagwatch.core.outcome import Phase
from tagwatch.core.units import HOUR, Instant
from tagwatch.core.unmonitored import Unmonitored
from tagwatch.pipeline.step import Step
from tagwatch.store.state import LineState

_AGAIN: Final = HOUR
"""While it goes on, or nobody waits for a tag, it is looked at again after this, for what time
alone changes. What the tag says, and what the register does, is looked at with the next tick."""


def watch_orders(step: Step, state: LineState) -> None:
    """At a tick, say which orders are not monitored for too long, and which are again."""
    if not isinstance(step.event, ledger.Tick):
        return
    now = step.event.at
    for wearer in state.fittings.take_due(now):
        _look(step, wearer, now, state)


def _look(step: Step, wearer: WearerId, now: Instant, state: LineState) -> None:
    excused = state.register.exemptions.out_of_reach(wearer, now) is not None
    found = None if excused else state.unmonitored(wearer, now)
    alarmed = state.of(wearer).unmonitored
    if alarmed is not None and (found is None or found.since != alarmed):
        words = "he is in custody or deceased" if excused else "a tag on him reports, or no order"
        if found is not None:
            words = "a tag reported meanwhile, or the time is counted from a later release"
        step.facts.append(_fact(wearer, alarmed, Phase.ENDED, words, now))
        alarmed = None
    if found is not None and now >= found.due_at and alarmed is None:
        step.facts.append(_fact(wearer, found.since, Phase.OPEN, _words(found)))
        alarmed = found.since
    if alarmed != state.of(wearer).unmonitored:
        state.keep(wearer, msgspec.structs.replace(state.of(wearer), unmonitored=alarmed))
    if excused or alarmed is not None:
        state.fittings.plan(wearer, Instant(now + _AGAIN))
    else:
        state.fittings.plan(wearer, state.fitting_deadline(wearer, now))


def _words(found: Unmonitored) -> str:
    return "no tag is on him" if found.silent is None else "the tag on him was never heard of"


def _fact(
    wearer: WearerId, since: Instant, phase: Phase, words: str, ended_at: Instant | None = None
) -> ServiceFact:
    return ServiceFact(
        cause=derived_id("fa", "not_monitored", wearer, since),
        kind=AlertKind.NOT_MONITORED,
        phase=phase,
        happened_at=since,
        ended_at=ended_at,
        wearer_id=wearer,
        detail=words,
    )
