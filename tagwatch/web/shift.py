"""The shift: its report, what is handed over, drills; and the board on the wall."""

from typing import Any, Final

from litestar.params import FromPath
from litestar.response import Redirect, Response

from tagwatch.access.enrolment import now
from tagwatch.access.purpose import Purpose
from tagwatch.access.role import Verb
from tagwatch.core.outcome import Severity
from tagwatch.core.recorded_act import CallOutcome, Party
from tagwatch.core.units import HOUR, Instant
from tagwatch.desk.alert import WordsMissing
from tagwatch.desk.clerk import Applied, Conflict, Done, NotRecorded
from tagwatch.desk.shift import call_drill, hand_over, take_over
from tagwatch.query.health import health
from tagwatch.query.shift import shift_report
from tagwatch.query.wallboard import wallboard
from tagwatch.web.alerts import page_purpose
from tagwatch.web.foundation import Asked, foundation, reader, who
from tagwatch.web.health import LATE_S, behind_s
from tagwatch.web.layout import show
from tagwatch.web.route import Form, act, field, page
from tagwatch.web.words import word

HOURS: Final = (8, 12, 24, 168)
DONE: Final = {
    "hand_over": "Handed over. Whoever comes next reads it here.",
    "take_over": "You carry on from this hand-over.",
    "drill": "The drill is in the list.",
    "recorded": "Recorded for good, but not applied yet: load this page again in a moment.",
}


@page("/shift", Verb.RUN_SHIFT)
def shift(request: Asked) -> Response[Any]:
    """Show what happened in the last hours, and what is handed over."""
    return _page(request, {"done": DONE.get(request.query_params.get("done", ""), "")}, 200)


@act("/shift/hand-over", Verb.RUN_SHIFT)
def hand_over_shift(request: Asked, data: Form) -> Response[Any]:
    """Write what the next shift must know."""
    words = field(data, "words", 8000)
    try:
        done = hand_over(foundation(request).clerk, _reader(request), words)
    except (WordsMissing, NotRecorded) as error:
        return _page(request, {"problem": str(error), "problem_at": "#words", "words": words}, 422)
    return _after(done, "hand_over")


@act("/shift/{seq:int}/take-over", Verb.RUN_SHIFT)
def take_over_shift(request: Asked, seq: FromPath[int]) -> Response[Any]:
    """Carry on from a hand-over."""
    try:
        done = take_over(foundation(request).clerk, _reader(request), seq)
    except (Conflict, NotRecorded) as error:
        return _page(request, {"problem": str(error), "problem_at": "#handovers"}, 422)
    return _after(done, "take_over")


@act("/shift/drill", Verb.RUN_SHIFT)
def drill(request: Asked, data: Form) -> Response[Any]:
    """Raise an alert that says it is a drill."""
    words, severity = field(data, "words", 200), field(data, "severity", 20)
    kept = {"drill_words": words, "drill_severity": severity}
    if severity not in list(Severity):
        problem = {"problem": "Choose how urgent it shall be", "problem_at": "#severity"}
        return _page(request, problem | kept, 422)
    clerk = foundation(request).clerk
    try:
        done = call_drill(clerk, _reader(request), Severity(severity), words)
    except (WordsMissing, NotRecorded) as error:
        return _page(request, {"problem": str(error), "problem_at": "#drill-words", **kept}, 422)
    return _after(done, "drill")


@page("/wallboard", Verb.SEE_ALERTS)
def show_wallboard(request: Asked) -> Response[Any]:
    """Show clocks and counts for the wall: no name, no place."""
    base, actor = foundation(request), who(request).actor
    found = health(base.config, base.projections)
    ails = bool(found.problem) or (behind_s(found) or 0) >= LATE_S
    context = {"board": wallboard(reader(request, page_purpose(actor.role))), "ails": ails}
    return show(request, "wallboard.html", context)


def _reader(request: Asked) -> Any:
    return reader(request, Purpose.ALERT_RESPONSE)


def _after(done: Done, verb: str) -> Response[Any]:
    said = verb if done.applied is Applied.APPLIED else "recorded"
    return Redirect(f"/shift?done={said}", status_code=303)


def _page(request: Asked, more: dict[str, Any], status: int) -> Response[Any]:
    asked = request.query_params.get("hours", "12")
    hours = int(asked) if asked in [str(each) for each in HOURS] else 12
    end = now()
    report = shift_report(_reader(request), Instant(end - hours * HOUR), end)
    accounts = {one.by for one in report.handovers} | {one.taken_by for one in report.handovers}
    context = {
        "report": report,
        "hours": hours,
        "choices": HOURS,
        "names": foundation(request).sign_in.names(name for name in accounts if name),
        "calls": [(call_words(call), count) for call, count in report.calls],
        "severities": [{"value": one.value, "text": word(one)} for one in Severity],
        "problem": "",
        **more,
    }
    return show(request, "shift.html", context, status)


def call_words(call: str) -> str:
    """Return `party: outcome` in the words officers read."""
    party, outcome = call.split(": ")
    return f"{word(Party(party))}: {word(CallOutcome(outcome)).lower()}"


ROUTES = (shift, hand_over_shift, take_over_shift, drill, show_wallboard)
