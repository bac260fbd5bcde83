"""Cases: the list, one case with its timeline, and the acts on it."""

from collections.abc import Callable
from typing import Any, Final

from litestar.params import FromPath
from litestar.response import Redirect, Response

from tagwatch.access.reader import Reader
from tagwatch.access.role import Verb
from tagwatch.core.alert import AlertEvent, reference
from tagwatch.core.case import SERIOUS, Agreement, CaseError, DecisionKind
from tagwatch.core.case_step import Proof, StepKind
from tagwatch.core.document import MOST_BYTES
from tagwatch.core.ids import AlertId, CaseId, WearerId
from tagwatch.core.timetable import Edge
from tagwatch.desk.case import (
    OnCase,
    close_case,
    decide,
    extend,
    finish_task,
    open_case,
    set_task,
    sign,
)
from tagwatch.desk.clerk import Conflict, Done, NotRecorded
from tagwatch.query.alert import alert as ask_alert
from tagwatch.query.case import (
    ACCOUNT_AGAIN,
    ACCOUNT_ATTACHED,
    ACCOUNT_SAID,
    ACCOUNT_TAKEN_BACK,
    CLOSED,
    CaseView,
    case_list,
    case_view,
)
from tagwatch.web.alerts import how_sure, page_purpose
from tagwatch.web.circumstances import card_lines
from tagwatch.web.form import Problems, moment, said
from tagwatch.web.foundation import Asked, foundation, reader, who
from tagwatch.web.layout import page_asked, show
from tagwatch.web.route import Form, act, field, fields, page
from tagwatch.web.whole import whole
from tagwatch.web.words import word

CARDS_MOST: Final = 5
"""Cards whose circumstances are offered to be weighed."""
TIMELINE: Final = {
    "opened": "Case opened",
    "extended": "Alerts added",
    "decided": "Decision",
    "signed": "Second person",
    "task": "Task set",
    "task_done": "Task done",
    "document": "Document attached",
    "contested": "The wearer contests a finding",
    "contest_answered": "Contest answered",
    "step_taken_back": "A step was taken back",
    CLOSED: "Case closed",
    ACCOUNT_ATTACHED: "Account check put on the case",
    ACCOUNT_AGAIN: "Account checked again",
    ACCOUNT_SAID: "Words to an account check",
    ACCOUNT_TAKEN_BACK: "Account check taken off the case",
    AlertEvent.RAISED.value: "Breach identified, as possible or confirmed",
    AlertEvent.NOTIFIED.value: "Authority notified",
    AlertEvent.ACKNOWLEDGED.value: "Taken on",
    AlertEvent.ACCOUNT.value: "The wearer's words",
}
"""The names that case work uses for what happened; others as on the alert."""
_CODED: Final[dict[str, type[DecisionKind] | type[Agreement]]] = {
    "decided": DecisionKind,
    "signed": Agreement,
}
"""Lines of the timeline whose words begin with a code."""


@page("/cases", Verb.SEE_CASES)
def cases(request: Asked) -> Response[Any]:
    """List the open cases."""
    context = {"found": case_list(case_reader(request), page_asked(request)), "said": said(request)}
    return show(request, "cases.html", context)


@page("/cases/{case_id:str}", Verb.SEE_CASES)
def case(request: Asked, case_id: FromPath[str]) -> Response[Any]:
    """Show one case."""
    return _page(request, CaseId(case_id), {"said": said(request)}, 200)


@act("/wearers/{wearer_id:str}/cases", Verb.RECORD_CASE)
def open_new(request: Asked, wearer_id: FromPath[str], data: Form) -> Response[Any]:
    """Open a case about alerts of a wearer."""
    alerts = tuple(AlertId(name) for name in fields(data, "alert"))
    title = field(data, "title", 300)
    base = foundation(request)
    try:
        done = open_case(base.clerk, case_reader(request), WearerId(wearer_id), alerts, title)
    except (CaseError, Conflict, NotRecorded) as error:
        back = f"/alerts/{alerts[0]}" if alerts else f"/wearers/{wearer_id}"
        context = {"title": "The case was not opened", "words": f"{error}.", "back": back}
        return show(request, "case_problem.html", context, 422)
    return Redirect(f"/cases/{done.made_id}", status_code=303)


@act("/cases/{case_id:str}/alerts", Verb.RECORD_CASE)
def add_alerts(request: Asked, case_id: FromPath[str], data: Form) -> Response[Any]:
    """Put more alerts into a case."""
    alerts = tuple(AlertId(name) for name in fields(data, "alert"))
    return do_on_case(request, case_id, data, lambda on: extend(on, alerts))


@act("/cases/{case_id:str}/decide", Verb.DECIDE)
def decide_case(request: Asked, case_id: FromPath[str], data: Form) -> Response[Any]:
    """Decide a case."""
    kind, words = field(data, "kind", 40), field(data, "words", 8000)
    weighed = _chosen(data, "weighed", "weighed_other")
    alternatives = _chosen(data, "alternative", "other")
    dissent, agreed = field(data, "dissent", 4000), field(data, "agreed", 10)
    kept = {
        "decision_words": words,
        "chosen_kind": kind,
        "chosen_weighed": weighed,
        "weighed_other": field(data, "weighed_other", 4000),
        "chosen_alternatives": alternatives,
        "other": field(data, "other", 4000),
        "dissent": dissent,
        "agreed": agreed,
    }
    problem = None
    if kind not in list(DecisionKind):
        problem = ("kind", "Choose what you decide")
    elif kind in SERIOUS and agreed not in ("yes", "no"):
        problem = ("agreed", "Say whether somebody disagreed")
    elif agreed == "no" and not dissent:
        problem = ("dissent", "Write who disagreed, and why")
    if problem is not None:
        return case_problem(request, case_id, *problem, kept)
    chosen = DecisionKind(kind)
    spoken = dissent if agreed == "no" else ""
    return do_on_case(
        request,
        case_id,
        data,
        lambda on: decide(on, chosen, words, weighed, alternatives, spoken),
        kept,
    )


@act("/cases/{case_id:str}/sign", Verb.DECIDE)
def sign_decision(request: Asked, case_id: FromPath[str], data: Form) -> Response[Any]:
    """Agree to another's decision, or disagree."""
    decision, words = field(data, "decision", 80), field(data, "words", 8000)
    agreement = field(data, "agreement", 20)
    kept = {"sign_words": words}
    if agreement not in list(Agreement):
        return case_problem(request, case_id, "sign", "Choose whether you agree", kept)
    chosen = Agreement(agreement)
    return do_on_case(request, case_id, data, lambda on: sign(on, decision, chosen, words), kept)


@act("/cases/{case_id:str}/tasks", Verb.RECORD_CASE)
def add_task(request: Asked, case_id: FromPath[str], data: Form) -> Response[Any]:
    """Set a task."""
    words, problems = field(data, "words", 600), Problems()
    due = moment(data, "due", problems, "Enter when it is due", Edge.UNTIL)
    kept = {"task_words": words}
    if due is None:
        return case_problem(request, case_id, "due", problems.by_field["due"], kept)
    return do_on_case(request, case_id, data, lambda on: set_task(on, words, due), kept)


@act("/cases/{case_id:str}/tasks/{task_id:str}/done", Verb.RECORD_CASE)
def do_task(
    request: Asked, case_id: FromPath[str], task_id: FromPath[str], data: Form
) -> Response[Any]:
    """Record that a task was done."""
    words = field(data, "words", 600)
    return do_on_case(request, case_id, data, lambda on: finish_task(on, task_id, words))


@act("/cases/{case_id:str}/close", Verb.DECIDE)
def close(request: Asked, case_id: FromPath[str], data: Form) -> Response[Any]:
    """Close a case."""
    words = field(data, "words", 8000)
    kept = {"close_words": words}
    return do_on_case(request, case_id, data, lambda on: close_case(on, words), kept)


def _chosen(data: Form, ticked: str, written: str) -> tuple[str, ...]:
    """Return the lines that were ticked, and those that were written one a line."""
    lines = [*fields(data, ticked), *field(data, written, 4000).splitlines()]
    return tuple(line.strip() for line in lines if line.strip())


def do_on_case(
    request: Asked,
    case_id: str,
    data: Form,
    work: Callable[[OnCase], Done],
    kept: dict[str, Any] | None = None,
) -> Response[Any]:
    """Do an act on the version of a case that was seen; the page says what stands against it."""
    seen = field(data, "seen", 9)
    on = OnCase(
        foundation(request).clerk,
        case_reader(request),
        CaseId(case_id),
        whole(seen, digits=9),
    )
    try:
        done = work(on)
    except CaseError as error:
        return case_problem(request, case_id, error.field, str(error), kept or {})
    except (Conflict, NotRecorded) as error:
        return case_problem(request, case_id, "main-content", str(error), kept or {})
    mark = "saved" if done.applied.value == "applied" else "recorded"
    return Redirect(f"/cases/{case_id}?done={mark}", status_code=303)


def case_problem(
    request: Asked, case_id: str, place: str, problem: str, kept: dict[str, Any]
) -> Response[Any]:
    """Return the page of a case with a problem at one of its fields."""
    context = {"problem": problem, "problem_at": f"#{place}", **kept}
    return _page(request, CaseId(case_id), context, 422)


def case_reader(request: Asked) -> Reader:
    """Return a reader for work on cases."""
    return reader(request, page_purpose(who(request).actor.role))


def _page(request: Asked, case_id: CaseId, more: dict[str, Any], status: int) -> Response[Any]:
    view = case_view(case_reader(request), case_id)
    actor = who(request).actor
    ids = {one.by for one in view.timeline if one.by} | {d.by for d in view.case.decisions}
    ids |= {d.countersigned_by or "" for d in view.case.decisions}
    ids |= {task.set_by for task in view.case.tasks}
    ids |= {document.by for document in view.case.documents}
    ids |= {each for one in view.case.contests for each in (one.by, one.answered_by or one.by)}
    ids |= {step.by for step in view.case.steps}
    ids |= {one.attached_by for one in view.accounts}
    context = {
        "view": view,
        "case": view.case,
        "names": foundation(request).sign_in.names(ids - {""}),
        "reference": reference,
        "how_sure": how_sure,
        "step_word": step_word,
        "step_said": step_said,
        "step_kinds": [{"value": kind.value, "text": word(kind)} for kind in StepKind],
        "proofs": [{"value": proof.value, "text": word(proof)} for proof in Proof],
        "kinds": [{"value": kind.value, "text": word(kind)} for kind in DecisionKind],
        "serious": SERIOUS,
        "may_decide": actor.may(Verb.DECIDE),
        "may_record": actor.may(Verb.RECORD_CASE),
        "me": actor.account_id,
        "problem": "",
        "documents_most_mb": MOST_BYTES >> 20,
        **_offered(request, view),
        **more,
    }
    return show(request, "case.html", context, status)


def _offered(request: Asked, view: CaseView) -> dict[str, Any]:
    """Return the circumstances and other explanations that the newest cards of the case show."""
    weigh: list[str] = []
    alternatives: list[str] = []
    for found in view.alerts[-CARDS_MOST:]:
        card = ask_alert(case_reader(request), found.alert_id).circumstance
        if card is None:
            continue
        weigh += [f"{line.label}: {line.value}" for line in card_lines(card)]
        alternatives += [one.cause.value.capitalize() for one in card.alternatives]
    return {
        "weigh": list(dict.fromkeys(weigh)),
        "alternatives": list(dict.fromkeys(alternatives)),
    }


def step_word(kind: str) -> str:
    """Return the word of case work for a line of the timeline."""
    if kind in TIMELINE:
        return TIMELINE[kind]
    if kind in list(StepKind):
        return word(StepKind(kind))
    return word(AlertEvent(kind)) if kind in list(AlertEvent) else word(kind)


def step_said(kind: str, words: str) -> str:
    """Return the words of a line of the timeline, a code before them as officers read it."""
    codes = _CODED.get(kind)
    code, colon, rest = words.partition(": ")
    return f"{word(codes(code))}: {rest}" if codes and colon and code in list(codes) else words


ROUTES = (
    cases,
    case,
    open_new,
    add_alerts,
    decide_case,
    sign_decision,
    add_task,
    do_task,
    close,
)
