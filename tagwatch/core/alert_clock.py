"""What time does to an alert: escalation, the end of a wait; and what an attempt's end does."""

from tagwatch.core.alert import UNANSWERED, Action, Alert, AlertChange, AlertEvent, move
from tagwatch.core.outcome import AlertState, Severity, Stage
from tagwatch.core.recorded_delivery import AttemptResult
from tagwatch.core.settings import AlertSettings
from tagwatch.core.units import SECOND, Instant


def acknowledge_within_s(severity: Severity, step: int, settings: AlertSettings) -> int:
    """Return seconds a person has to acknowledge at this escalation step."""
    first_s = {
        Severity.LIFE: settings.acknowledge_life_s,
        Severity.URGENT: settings.acknowledge_urgent_s,
        Severity.ROUTINE: settings.acknowledge_routine_s,
    }[severity]
    doubled_s = first_s * 2 ** min(max(0, step - 3), 20)
    return min(doubled_s, max(first_s, settings.acknowledge_again_most_s))


def deadline(severity: Severity, step: int, now: Instant, settings: AlertSettings) -> Instant:
    """Return the instant from which an unacknowledged alert goes to the next rank."""
    return Instant(now + acknowledge_within_s(severity, step, settings) * SECOND)


def escalate(alert: Alert, now: Instant, settings: AlertSettings) -> tuple[AlertChange, ...]:
    """Return the escalation that a tick at `now` fires: none, or one step.

    The deadline itself is already too late: acknowledging counts in [raised, acknowledge_by).
    """
    if alert.state not in UNANSWERED or alert.acknowledge_by is None or now < alert.acknowledge_by:
        return ()
    return (_next_rank(alert, now, settings, "nobody acknowledged in time"),)


def ran_out(alert: Alert, now: Instant, settings: AlertSettings) -> tuple[AlertChange, ...]:
    """Return what a tick at `now` does to an alert one of whose clocks has run out: an escalation,
    or the end of a wait for which nobody came back; nothing if none has.
    """
    waited = alert.waiting_until is not None and now >= alert.waiting_until
    if not waited or alert.state is not AlertState.ACKNOWLEDGED:
        return escalate(alert, now, settings)
    return (
        move(
            alert,
            Action.LAPSE,
            AlertEvent.WAIT_OVER,
            now,
            words=f"waited for: {alert.waiting_for}",
            acknowledged_at=None,
            acknowledged_by=None,
            waiting_until=None,
            waiting_for="",
            acknowledge_by=deadline(alert.severity, alert.step, now, settings),
        ),
    )


def delivered(alert: Alert, now: Instant) -> AlertChange:
    """Return the alert after one of its notifications reached somebody."""
    return move(alert, Action.DELIVERED, AlertEvent.NOTIFIED, now)


def attempted(
    alert: Alert, result: AttemptResult, step: int, now: Instant, settings: AlertSettings
) -> tuple[AlertChange, ...]:
    """Return what the end of an attempt, of a notification of `step`, does to its alert.

    `result` is the settled one (see notify.retry.settle): a retry changes nothing, a failure
    tells the next rank at once, while the clock still serves the repeated ones.
    """
    if result is AttemptResult.DELIVERED:
        return (delivered(alert, now),)
    at_once = step == alert.step and step < settings.refused_at_once_most
    if result is AttemptResult.FAILED and alert.state in UNANSWERED and at_once:
        return (_next_rank(alert, now, settings, "a notification could not be delivered"),)
    return ()


def _next_rank(alert: Alert, now: Instant, settings: AlertSettings, words: str) -> AlertChange:
    step = alert.step + 1
    return move(
        alert,
        Action.ESCALATE,
        AlertEvent.ESCALATED,
        now,
        words=words,
        stage=Stage.ESCALATED,
        step=step,
        acknowledge_by=deadline(alert.severity, step, now, settings),
    )
