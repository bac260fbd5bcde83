"""Silences that a record excuses: looked at again when the record ends, and told then."""

from tagwatch.core import ledger
from tagwatch.core.alert import UNANSWERED, Alert, AlertChange
from tagwatch.core.alert_clock import ran_out
from tagwatch.core.exemption import Exemption
from tagwatch.core.moves import excuse_moved, excuse_over
from tagwatch.core.units import SECOND, Instant
from tagwatch.pipeline.step import Step
from tagwatch.store.state import LineState


def look_again(away: Exemption, now: Instant, state: LineState) -> Instant:
    """Return when what `away` excuses is next looked at: at its end; where none is stated, after
    the published time from `now` on."""
    if away.ends_at is not None:
        return away.ends_at
    return Instant(now + state.settings_at(now).alert.excused_look_s * SECOND)


def clock_ran_out(alert: Alert, now: Instant, state: LineState) -> tuple[AlertChange, ...]:
    """Return what a tick does to an alert one of whose clocks has run out.

    One that nobody has taken on and that waits is excused by a record: at the record's end it is
    told; while a record without an end still holds it is told as well, so that somebody looks
    whether that is so; and where the end was moved it waits on.
    """
    settings = state.settings_at(now).alert
    waited = alert.waiting_until is not None and alert.waiting_until <= now
    if not waited or alert.state not in UNANSWERED or alert.wearer_id is None:
        return ran_out(alert, now, settings)
    away = state.register.exemptions.out_of_reach(alert.wearer_id, now)
    if away is not None and away.ends_at is not None:
        return excuse_moved(alert, away.ends_at, now)
    if away is not None:
        words = "it is on record still, without an end: look whether that is so"
        return excuse_over(alert, now, settings, words)
    return excuse_over(alert, now, settings, "what excused it on record is over")


def recorded_anew(step: Step, event: ledger.ExemptionRecorded, state: LineState) -> None:
    """Follow a change of what is on record: over before its time, or until another one."""
    wearer, now = event.exemption.wearer_id, step.received_at
    away = state.register.exemptions.out_of_reach(wearer, now)
    settings = state.settings_at(now).alert
    for alert in sorted(state.book.of_wearer(wearer), key=lambda found: found.alert_id):
        if alert.waiting_until is None or alert.state not in UNANSWERED:
            continue
        if away is None:
            step.moves += excuse_over(alert, now, settings, "what excused it was taken back")
        elif away.ends_at is not None:
            step.moves += excuse_moved(alert, away.ends_at, now)
