"""Enquiries: which answers are owed, one with its history; taken on, answered, refused; and how
long answers took."""

from collections.abc import Callable
from typing import Any, Final

from litestar.params import FromPath
from litestar.response import Response

from tagwatch.access.reader import Reader
from tagwatch.access.role import Verb
from tagwatch.access.written import ENTERS_OR_HANDS_OUT
from tagwatch.core.enquiry import OVER, DisclosureBasis, EnquiryError, RefusalReason
from tagwatch.core.ids import AccountId, EnquiryId
from tagwatch.core.units import SECOND
from tagwatch.desk.clerk import Conflict, Done, NotRecorded
from tagwatch.desk.enquiry import OnEnquiry, answer, eligible, refuse, take
from tagwatch.query.enquiry import EnquiryView, enquiry_list, enquiry_times, enquiry_view
from tagwatch.web.form import TOP, after, options, said
from tagwatch.web.foundation import Asked, foundation, role_reader, who
from tagwatch.web.layout import page_asked, show
from tagwatch.web.programme import last_day, period
from tagwatch.web.render import age
from tagwatch.web.route import Form, act, field, page
from tagwatch.web.whole import whole

SETTLED: Final = "settled"


@page("/enquiries", Verb.SEE_ENQUIRIES)
def enquiries(request: Asked) -> Response[Any]:
    """List the enquiries that wait by when they are due; or those that are settled."""
    settled = request.query_params.get("show", "") == SETTLED
    found = enquiry_list(role_reader(request), "yes" if settled else "", page_asked(request))
    ids = {row.enquiry.taken_by or "" for row in found.rows} - {""}
    actor = who(request).actor
    context = {
        "found": found,
        "shows_settled": settled,
        "names": foundation(request).sign_in.names(ids),
        "may_answer": actor.may(Verb.ANSWER_ENQUIRY),
        "may_see_times": actor.may(Verb.SEE_ANSWER_TIMES),
        "said": said(request),
    }
    return show(request, "enquiries.html", context)


@page("/enquiries/times", Verb.SEE_ANSWER_TIMES)
def answer_times(request: Asked) -> Response[Any]:
    """Show how long answers took, by organisation and month; by default in the last year."""
    asking = role_reader(request)
    asked = {name: request.query_params.get(name, "").strip() for name in ("from", "until")}
    problem, view = "", None
    try:
        view = enquiry_times(asking, *period(asking.now(), asked["from"], asked["until"]))
    except ValueError as error:
        problem = str(error)
    context = {
        "view": view,
        "asked": asked,
        "problem": problem,
        "last_day": last_day,
        "span": span_words,
        "may_see_list": who(request).actor.may(Verb.SEE_ENQUIRIES),
    }
    return show(request, "answer_times.html", context, 422 if problem else 200)


@page("/enquiries/{enquiry_id:str}", Verb.SEE_ENQUIRIES)
def enquiry(request: Asked, enquiry_id: FromPath[str]) -> Response[Any]:
    """Show one enquiry."""
    return _page(request, enquiry_id, {"said": said(request)}, 200)


@act("/enquiries/{enquiry_id:str}/take", Verb.ANSWER_ENQUIRY)
def take_enquiry(request: Asked, enquiry_id: FromPath[str], data: Form) -> Response[Any]:
    """Take an enquiry on, or give it to somebody."""
    to = AccountId(field(data, "to", 80) or who(request).actor.account_id)
    accounts = foundation(request).sign_in.accounts
    return _do(request, enquiry_id, data, lambda on: take(on, accounts, to), {})


@act("/enquiries/{enquiry_id:str}/answer", Verb.ANSWER_ENQUIRY, ENTERS_OR_HANDS_OUT)
def answer_enquiry(request: Asked, enquiry_id: FromPath[str], data: Form) -> Response[Any]:
    """Record the answer that was given."""
    words, disclosed = field(data, "answer", 8000), field(data, "disclosed_words", 8000)
    went_out, basis = field(data, "disclosed", 10), field(data, "disclosure_basis", 40)
    kept = {
        "answer_words": words,
        "went_out": went_out,
        "disclosed_words": disclosed,
        "disclosure_basis": basis,
    }
    if went_out not in ("yes", "no"):
        problem = "Say whether data about the wearer was disclosed"
        return _problem(request, enquiry_id, "disclosed", problem, kept)
    if went_out == "yes" and basis not in list(DisclosureBasis):
        problem = "Choose on which basis data was disclosed"
        return _problem(request, enquiry_id, "disclosure_basis", problem, kept)
    chosen = DisclosureBasis(basis) if went_out == "yes" else None
    out = disclosed if went_out == "yes" else ""
    return _do(request, enquiry_id, data, lambda on: answer(on, words, out, chosen), kept)


@act("/enquiries/{enquiry_id:str}/refuse", Verb.ANSWER_ENQUIRY)
def refuse_enquiry(request: Asked, enquiry_id: FromPath[str], data: Form) -> Response[Any]:
    """Record that no answer was given, and why."""
    words, reason = field(data, "refusal_words", 8000), field(data, "refusal", 40)
    kept = {"refusal_words": words, "refusal": reason}
    if reason not in list(RefusalReason):
        return _problem(request, enquiry_id, "refusal", "Choose why it is not answered", kept)
    chosen = RefusalReason(reason)
    return _do(request, enquiry_id, data, lambda on: refuse(on, chosen, words), kept)


def _do(
    request: Asked,
    enquiry_id: str,
    data: Form,
    work: Callable[[OnEnquiry], Done],
    kept: dict[str, Any],
) -> Response[Any]:
    seen = field(data, "seen", 9)
    on = OnEnquiry(
        foundation(request).clerk,
        role_reader(request),
        EnquiryId(enquiry_id),
        whole(seen, digits=9),
    )
    try:
        done = work(on)
    except EnquiryError as error:
        return _problem(request, enquiry_id, error.field, str(error), kept)
    except (Conflict, NotRecorded) as error:
        return _problem(request, enquiry_id, TOP, str(error), kept)
    return after(f"/enquiries/{enquiry_id}", done)


def _problem(
    request: Asked, enquiry_id: str, place: str, words: str, kept: dict[str, Any]
) -> Response[Any]:
    return _page(request, enquiry_id, {"problem": words, "problem_at": place, **kept}, 422)


def _page(request: Asked, enquiry_id: str, more: dict[str, Any], status: int) -> Response[Any]:
    asking = role_reader(request)
    view = enquiry_view(asking, EnquiryId(enquiry_id))
    actor = who(request).actor
    answers = actor.may(Verb.ANSWER_ENQUIRY) and view.enquiry.state not in OVER
    context = {
        "view": view,
        "enquiry": view.enquiry,
        "names": foundation(request).sign_in.names(_people(view)),
        "may_answer": answers,
        "may_open": actor.may(Verb.SEE_WEARER),
        "may_request": actor.may(Verb.ASK_REQUEST),
        "me": actor.account_id,
        "eligible": _eligible(request, asking, view) if answers else [],
        "bases": options(DisclosureBasis),
        "refusals": options(RefusalReason),
        "problem": "",
        "problem_at": "",
        **more,
    }
    return show(request, "enquiry.html", context, status)


def _people(view: EnquiryView) -> set[str]:
    one = view.enquiry
    named = (one.recorded_by, one.taken_by, one.settled_by, *(step.by for step in view.steps))
    return {name for name in named if name}


def _eligible(request: Asked, asking: Reader, view: EnquiryView) -> list[dict[str, Any]]:
    accounts = eligible(asking, foundation(request).sign_in.accounts, view.wearer)
    return [
        {
            "value": each.account_id,
            "text": each.full_name,
            "selected": each.account_id == (view.enquiry.taken_by or view.wearer.officer),
        }
        for each in accounts
    ]


def span_words(seconds: int | None) -> str:
    """Return how long something took, or that it is not shown."""
    return "not shown" if seconds is None else age(seconds * SECOND)


ROUTES = (enquiries, answer_times, enquiry, take_enquiry, answer_enquiry, refuse_enquiry)
