"""The monthly dip sample of data requests, and how long requests took."""

from typing import Any

from litestar.params import FromPath
from litestar.response import Response

from tagwatch.access.reader import Reader
from tagwatch.access.role import Verb
from tagwatch.core.data_request import RequestError, RequestRefusal, RequestUrgency
from tagwatch.core.dip_sample import SampleFinding
from tagwatch.core.ids import RequestId
from tagwatch.core.request_kinds import RequestKind
from tagwatch.desk.clerk import Conflict, NotRecorded
from tagwatch.desk.request_sample import review
from tagwatch.query.request_samples import sample_view
from tagwatch.query.request_times import times_of_requests
from tagwatch.report.request_times import OUTCOMES
from tagwatch.web.data_request_form import request_reader
from tagwatch.web.data_requests import agency_words
from tagwatch.web.enquiry import span_words
from tagwatch.web.form import after, options, said
from tagwatch.web.foundation import Asked, foundation, role_reader, who
from tagwatch.web.layout import show
from tagwatch.web.programme import last_day, period
from tagwatch.web.route import Form, act, field, page
from tagwatch.web.words import word

_MONTH_MOST = 7


def _kind_words(code: str) -> str:
    return word(RequestKind(code))


def _urgency_words(code: str) -> str:
    return word(RequestUrgency(code))


def _refusal_words(code: str) -> str:
    return word(RequestRefusal(code))


_WORDS_OF = {"kind": _kind_words, "urgency": _urgency_words, "refusal": _refusal_words}


@page("/requests/sample", Verb.REVIEW_SAMPLE)
def request_sample(request: Asked) -> Response[Any]:
    """Show the sample of a month, by default the newest."""
    month = request.query_params.get("month", "")[:_MONTH_MOST]
    return _page(request, request_reader(request), month, {"said": said(request)}, 200)


@act("/requests/sample/{month:str}/{request_id:str}", Verb.REVIEW_SAMPLE)
def review_request(
    request: Asked, month: FromPath[str], request_id: FromPath[str], data: Form
) -> Response[Any]:
    """Record what the reviewer of a sampled request found."""
    asking = request_reader(request)
    finding, words = field(data, "finding", 40), field(data, "words", 4000)
    month = month[:_MONTH_MOST]
    kept = {"at": request_id, "finding": finding, "words": words}
    if finding not in list(SampleFinding):
        return _page(request, asking, month, {**kept, "problem": "Choose what you found"}, 422)
    try:
        which = (month, RequestId(request_id))
        done = review(foundation(request).clerk, asking, which, SampleFinding(finding), words)
    except (RequestError, Conflict, NotRecorded) as error:
        return _page(request, asking, month, {**kept, "problem": str(error)}, 422)
    return after(f"/requests/sample?month={month}", done)


def _page(
    request: Asked, asking: Reader, month: str, more: dict[str, Any], status: int
) -> Response[Any]:
    view = sample_view(asking, month)
    people = {row.sampled.reviewed_by or "" for row in view.rows} - {""}
    context = {
        "view": view,
        "names": foundation(request).sign_in.names(people),
        "findings": options(SampleFinding),
        "agency_words": agency_words,
        "may_see_log": who(request).actor.may(Verb.SEE_REQUESTS),
        "problem": "",
        "at": "",
        **more,
    }
    return show(request, "request_sample.html", context, status)


@page("/requests/times", Verb.SEE_ANSWER_TIMES)
def request_times(request: Asked) -> Response[Any]:
    """Show how long requests took, by kind, agency and urgency; by default in the last year."""
    asking = role_reader(request)
    asked = {name: request.query_params.get(name, "").strip()[:40] for name in ("from", "until")}
    problem, view = "", None
    try:
        view = times_of_requests(asking, *period(asking.now(), asked["from"], asked["until"]))
    except ValueError as error:
        problem = str(error)
    context = {
        "view": view,
        "asked": asked,
        "problem": problem,
        "outcomes": OUTCOMES,
        "last_day": last_day,
        "span": span_words,
        "agency_words": agency_words,
        "words_of": _WORDS_OF,
        "may_see_log": who(request).actor.may(Verb.SEE_REQUESTS),
    }
    return show(request, "request_times.html", context, 422 if problem else 200)


ROUTES = (request_sample, review_request, request_times)
