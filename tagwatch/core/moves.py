"""How fast somebody must know, and the moves along the state machine that raising makes."""

from collections.abc import Iterable
from typing import Final

import msgspec

from tagwatch.core.alert import (
    UNANSWERED,
    Action,
    Alert,
    AlertChange,
    AlertEvent,
    AlertKind,
    Context,
    move,
)
from tagwatch.core.alert_clock import deadline
from tagwatch.core.ids import AlertId
from tagwatch.core.outcome import AlertState, Phase, Severity, Stage
from tagwatch.core.settings import AlertSettings
from tagwatch.core.units import SECOND, Instant

_LIFE, _URGENT, _ROUTINE = Severity.LIFE, Severity.URGENT, Severity.ROUTINE

SEVERITIES: Final[dict[AlertKind, tuple[Severity, Severity]]] = {
    AlertKind.ZONE_ENTRY: (_LIFE, _URGENT),
    AlertKind.ZONE_APPROACH: (_URGENT, _URGENT),
    AlertKind.CURFEW_ABSENCE: (_URGENT, _URGENT),
    AlertKind.CURFEW_UNSEEN: (_URGENT, _ROUTINE),
    AlertKind.ENCOUNTER: (_LIFE, _URGENT),
    AlertKind.STRAP: (_LIFE, _URGENT),
    AlertKind.CASE: (_LIFE, _URGENT),
    AlertKind.NOT_WORN: (_LIFE, _URGENT),
    AlertKind.BATTERY_LOW: (_ROUTINE, _ROUTINE),
    AlertKind.BATTERY_CRITICAL: (_URGENT, _ROUTINE),
    AlertKind.POWER_OFF: (_URGENT, _URGENT),
    AlertKind.NO_COMMS: (_URGENT, _ROUTINE),
    AlertKind.NO_LOCATION: (_URGENT, _ROUTINE),
    AlertKind.JAMMING_SIGNS: (_URGENT, _ROUTINE),
    AlertKind.ALARM: (_URGENT, _URGENT),
    AlertKind.BLIND: (_LIFE, _URGENT),
    AlertKind.MASS_SILENCE: (_URGENT, _URGENT),
    AlertKind.WATCH: (_URGENT, _URGENT),
    AlertKind.DRILL: (_ROUTINE, _ROUTINE),
    AlertKind.ROTA_GAP: (_URGENT, _URGENT),
    AlertKind.ZONE_DRAFT: (_URGENT, _URGENT),
    AlertKind.PLAN_REVIEW: (_ROUTINE, _ROUTINE),
    AlertKind.NOT_MONITORED: (_URGENT, _ROUTINE),
    AlertKind.TASK_OVERDUE: (_ROUTINE, _ROUTINE),
    AlertKind.NOTICE_FAILED: (_URGENT, _URGENT),
    AlertKind.ENQUIRY_OVERDUE: (_ROUTINE, _ROUTINE),
    AlertKind.REQUEST_OVERDUE: (_ROUTINE, _ROUTINE),
    AlertKind.REVIEW_DUE: (_ROUTINE, _ROUTINE),
}
"""How fast somebody must know: (where a person is protected, otherwise)."""

_CLEARS_ITSELF: Final = frozenset(
    {
        AlertKind.BATTERY_LOW,
        AlertKind.BATTERY_CRITICAL,
        AlertKind.NO_COMMS,
        AlertKind.NO_LOCATION,
        AlertKind.MASS_SILENCE,
        AlertKind.WATCH,
        AlertKind.ROTA_GAP,
        AlertKind.ZONE_DRAFT,
        AlertKind.PLAN_REVIEW,
        AlertKind.NOT_MONITORED,
        AlertKind.TASK_OVERDUE,
        AlertKind.ENQUIRY_OVERDUE,
        AlertKind.REQUEST_OVERDUE,
        AlertKind.REVIEW_DUE,
    }
)
_ALWAYS_CLEAR: Final = frozenset(
    {
        AlertKind.MASS_SILENCE,
        AlertKind.WATCH,
        AlertKind.ROTA_GAP,
        AlertKind.ZONE_DRAFT,
        AlertKind.NOTICE_FAILED,
        AlertKind.ENQUIRY_OVERDUE,
        AlertKind.REQUEST_OVERDUE,
        AlertKind.REVIEW_DUE,
    }
)
LOWER: Final = {_LIFE: _URGENT, _URGENT: _ROUTINE, _ROUTINE: _ROUTINE}
"""One step less urgent: what is explained by another alert."""


def severity_of(kind: AlertKind, protects: Iterable[object]) -> Severity:
    """Return how fast somebody must know of an alert of this kind that protects these persons."""
    person, otherwise = SEVERITIES[kind]
    return person if any(True for _ in protects) else otherwise


def clears_itself(kind: AlertKind, severity: Severity) -> bool:
    """Return whether the line may close such an alert when its cause is over.

    Only the tag's health and the installation's, and never where a person is protected: somebody
    must have looked at that, as somebody has where she was told at last. Strap, case, wear, power
    and every zone or curfew wait for a person.
    """
    if kind in _ALWAYS_CLEAR:
        return True
    return kind in _CLEARS_ITSELF and severity is Severity.ROUTINE


def inhibit(
    alert: Alert, by: AlertId, now: Instant, settings: AlertSettings, words: str
) -> tuple[AlertChange, ...]:
    """Return the alert explained by another: less urgent, still in the list, still answered for.

    Nothing if it is explained by that one already, or closed.
    """
    if alert.explained_by == by or alert.state is AlertState.CLOSED:
        return ()
    return (explained(alert, by, now, settings, words),)


def release(alert: Alert, now: Instant, settings: AlertSettings) -> tuple[AlertChange, ...]:
    """Return the alert when what explained it is over and it still goes on: urgent and told anew.

    Nothing if it has ended or is closed.
    """
    if alert.explained_by is None or alert.phase is Phase.ENDED:
        return ()
    if alert.state is AlertState.CLOSED:
        return ()
    severity = severity_of(alert.kind, alert.protects)
    plain = msgspec.structs.replace(alert, explained_by=None, severity=severity)
    words = "what explained it is over"
    context = Context(now=now, settings=settings)
    return (reopened(plain, AlertEvent.RELEASED, context, Stage.FACT, words),)


def excuse_over(
    alert: Alert, now: Instant, settings: AlertSettings, words: str
) -> tuple[AlertChange, ...]:
    """Return the alert when what excused it on record is over and it still goes on: as urgent as
    it is by itself, and told. Nothing if it has ended, or somebody has it already."""
    if alert.waiting_until is None or alert.state not in UNANSWERED or alert.phase is Phase.ENDED:
        return ()
    plain = msgspec.structs.replace(alert, severity=severity_of(alert.kind, alert.protects))
    context = Context(now=now, settings=settings)
    return (reopened(plain, AlertEvent.REOPENED, context, Stage.FACT, words),)


def excuse_moved(alert: Alert, until: Instant, now: Instant) -> tuple[AlertChange, ...]:
    """Return the alert when what excuses it lasts until another time than was thought."""
    if alert.waiting_until in (None, until) or alert.state not in UNANSWERED:
        return ()
    words = "what is on record lasts until another time"
    change = move(alert, Action.AMEND, AlertEvent.AMENDED, now, words=words, waiting_until=until)
    return (change,)


def raised_change(
    alert: Alert, context: Context, *, stage: Stage | None, words: str
) -> AlertChange:
    """Return the first version of `alert`, its acknowledgement clock running."""
    by = deadline(alert.severity, 0, context.now, context.settings)
    return AlertChange(
        alert=msgspec.structs.replace(alert, acknowledge_by=by),
        event=AlertEvent.RAISED,
        letter="a",
        at=context.now,
        words=late_words(words, alert.late_by_s),
        stage=stage,
    )


def amended(
    alert: Alert,
    event: AlertEvent,
    context: Context,
    words: str,
    stage: Stage | None = None,
    round_: int | None = None,
) -> AlertChange:
    """Return `alert` amended in the state it is in; `round_` lets the same stage be told again.

    What people are told of ends a wait: whoever put the alert aside did not know it.
    """
    if stage is not None:
        alert = msgspec.structs.replace(alert, waiting_until=None, waiting_for="")
    return move(
        alert,
        Action.AMEND,
        event,
        context.now,
        words=words,
        stage=stage,
        round=alert.round if round_ is None else round_,
    )


def reopened(
    alert: Alert, event: AlertEvent, context: Context, stage: Stage, words: str
) -> AlertChange:
    """Return `alert` told anew: open again if closed, its clock anew unless one has it in hand."""
    taken = alert.state is AlertState.ACKNOWLEDGED
    return move(
        alert,
        Action.REOPEN,
        event,
        context.now,
        words=words,
        stage=stage,
        round=alert.round + 1,
        closed_at=None,
        disposition=None,
        waiting_until=None,
        waiting_for="",
        acknowledge_by=None
        if taken
        else deadline(alert.severity, 0, context.now, context.settings),
    )


def explained(
    alert: Alert, by: AlertId, now: Instant, settings: AlertSettings, words: str
) -> AlertChange:
    """Return `alert` explained by another: one step less urgent, once."""
    severity = LOWER[alert.severity] if alert.explained_by is None else alert.severity
    running = alert.state in UNANSWERED
    return move(
        alert,
        Action.AMEND,
        AlertEvent.EXPLAINED,
        now,
        words=words,
        explained_by=by,
        severity=severity,
        acknowledge_by=deadline(severity, alert.step, now, settings) if running else None,
    )


def late_by_s(context: Context) -> int | None:
    """Return how late the fix came, if it came late: older than the limit, not equal to it."""
    if context.fixed_at is None:
        return None
    age = context.now - context.fixed_at
    return age // SECOND if age > context.settings.late_after_s * SECOND else None


def late_words(words: str, late_by_s: int | None) -> str:
    """Return the words of a change, saying how late the fix came if it came late."""
    if not late_by_s:
        return words
    late = f"found late: the fix came {late_by_s // 60} min after it was made"
    return f"{words}; {late}" if words else late
