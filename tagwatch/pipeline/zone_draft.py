"""Drawn zones that wait too long for a second person: nobody is protected by them meanwhile."""

from tagwatch.core.alert import AlertKind, ServiceFact, alert_id
from tagwatch.core.ids import derived_id
from tagwatch.core.outcome import Phase
from tagwatch.core.units import SECOND, Instant
from tagwatch.core.zone_draft import ZoneDraft
from tagwatch.pipeline.step import Step
from tagwatch.store.state import LineState


def long_waiting(step: Step, now: Instant, state: LineState) -> None:
    """At a tick, find the drafts that have waited too long."""
    if not len(state.register.drafts):
        return
    wait = state.settings_at(now).alert.publish_within_s * SECOND
    for draft in state.register.drafts.overdue(Instant(now - wait)):
        if state.book.alert(alert_id(AlertKind.ZONE_DRAFT, _cause(draft))) is None:
            step.facts.append(_fact(draft, Phase.OPEN, now))


def decided(step: Step, draft: ZoneDraft, now: Instant, state: LineState) -> None:
    """End the alarm of a draft that somebody has decided."""
    if state.book.alert(alert_id(AlertKind.ZONE_DRAFT, _cause(draft))) is not None:
        step.facts.append(_fact(draft, Phase.ENDED, now))


def _cause(draft: ZoneDraft) -> str:
    return derived_id("fa", "zone_draft", draft.draft_id)


def _fact(draft: ZoneDraft, phase: Phase, now: Instant) -> ServiceFact:
    return ServiceFact(
        cause=_cause(draft),
        kind=AlertKind.ZONE_DRAFT,
        phase=phase,
        happened_at=draft.at,
        ended_at=now if phase is Phase.ENDED else None,
        wearer_id=draft.condition.wearer_id,
        detail="it was decided" if phase is Phase.ENDED else "",
    )
