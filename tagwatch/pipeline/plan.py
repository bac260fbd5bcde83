"""Risk management plans: the next version is taken in, any other is not; overdue reviews alarm."""

import msgspec

from tagwatch.core import ledger
from tagwatch.core.alert import AlertKind, ServiceFact, alert_id
from tagwatch.core.ids import WearerId, derived_id
from tagwatch.core.outcome import Phase
from tagwatch.core.risk_plan import RiskPlan
from tagwatch.core.units import Instant
from tagwatch.pipeline.step import Step
from tagwatch.pipeline.zone_draft import long_waiting
from tagwatch.store.plans import put_appearance, put_note, put_photo
from tagwatch.store.state import LineState


def plan(step: Step, state: LineState) -> None:
    """Take in what officers record of a plan; at a tick, find the reviews that are due."""
    event = step.event
    if isinstance(event, ledger.PlanRecorded):
        _recorded(step, event.plan, event, "", state)
    elif isinstance(event, ledger.PlanReviewed):
        current = state.plans.plan(event.wearer_id)
        if current is not None:
            reviewed = msgspec.structs.replace(
                current, version=event.version, review_at=event.review_at
            )
            _recorded(step, reviewed, event, event.words, state)
    elif isinstance(event, ledger.RiskNoted):
        put_note(step.writes, event, step.seq)
    elif isinstance(event, ledger.AppearanceRecorded):
        put_appearance(step.writes, event, step.seq)
    elif isinstance(event, ledger.PhotoRecorded):
        put_photo(step.writes, event, step.seq)
    elif isinstance(event, ledger.Tick):
        _overdue(step, event.at, state)
        long_waiting(step, event.at, state)


def _recorded(
    step: Step,
    found: RiskPlan,
    event: ledger.PlanRecorded | ledger.PlanReviewed,
    words: str,
    state: LineState,
) -> None:
    wearer = found.wearer_id
    if found.version != state.plans.version(wearer) + 1:
        # Two officers at once: the second one's is in the journal, and he was told so.
        step.writes.count("plans_not_next")
        return
    before = state.plans.review_at(wearer)
    state.plans.put(found, step.seq, event.at, event.by, words, step.writes)
    state.plan_dates.plan(wearer, found.review_at)
    if before is None or before == found.review_at:
        return
    known = state.book.alert(alert_id(AlertKind.PLAN_REVIEW, _cause(wearer, before)))
    if known is not None and known.phase is Phase.OPEN:
        step.facts.append(_fact(wearer, before, Phase.ENDED, event.at))


def _overdue(step: Step, now: Instant, state: LineState) -> None:
    for wearer in state.plan_dates.take_due(now):
        review_at = state.plans.review_at(wearer)
        if review_at is None:
            continue
        if review_at > now:
            state.plan_dates.plan(wearer, review_at)
        elif state.book.alert(alert_id(AlertKind.PLAN_REVIEW, _cause(wearer, review_at))) is None:
            step.facts.append(_fact(wearer, review_at, Phase.OPEN))


def _cause(wearer: WearerId, review_at: Instant) -> str:
    return derived_id("fa", "plan_review", wearer, review_at)


def _fact(
    wearer: WearerId, review_at: Instant, phase: Phase, ended_at: Instant | None = None
) -> ServiceFact:
    return ServiceFact(
        cause=_cause(wearer, review_at),
        kind=AlertKind.PLAN_REVIEW,
        phase=phase,
        happened_at=review_at,
        ended_at=ended_at,
        wearer_id=wearer,
        detail="" if ended_at is None else "it has been reviewed",
    )
