"""The log of data requests: a page with filters, and the same as a table to save."""

from enum import StrEnum
from typing import Any, Final, TypeVar
from urllib.parse import urlencode

from litestar.response import Response

from tagwatch.access.role import Verb, may
from tagwatch.access.written import HANDS_OUT
from tagwatch.core.data_request import RequestState, RequestUrgency
from tagwatch.core.request_kinds import RequestKind
from tagwatch.query.data_requests import (
    LogFilter,
    fetch_counts,
    logged,
    request_groups,
    request_log,
)
from tagwatch.report.request_csv import log_csv
from tagwatch.web.data_request_form import request_reader
from tagwatch.web.form import said
from tagwatch.web.foundation import Asked, who
from tagwatch.web.layout import page_asked, show
from tagwatch.web.programme import days_of
from tagwatch.web.route import page
from tagwatch.web.words import word

_FIELDS: Final = ("kind", "state", "urgency", "agency", "from", "until")
Chosen = TypeVar("Chosen", bound=StrEnum)


@page("/requests", Verb.SEE_REQUESTS)
def data_requests(request: Asked) -> Response[Any]:
    """List requests: those that are owed by when they are due, then the others."""
    asking = request_reader(request)
    given = _given(request)
    problem, which = "", LogFilter()
    try:
        which = filter_of(given)
    except ValueError as error:
        problem = str(error)
    actor = who(request).actor
    context = {
        "found": request_log(asking, which, page_asked(request)),
        "given": given,
        "problem": problem,
        "asked": urlencode({name: value for name, value in given.items() if value}),
        "kinds": _options(RequestKind),
        "states": _options(RequestState),
        "urgencies": _options(RequestUrgency),
        "agencies": [("", "All"), *((name, agency_words(name)) for name in request_groups(asking))],
        "agency_words": agency_words,
        "only_asks": not may(actor.role, Verb.RELEASE_REQUEST),
        "may_open": actor.may(Verb.SEE_WEARER),
        "may_review": actor.may(Verb.REVIEW_SAMPLE),
        "may_see_times": actor.may(Verb.SEE_ANSWER_TIMES),
        "said": said(request),
    }
    return show(request, "requests.html", context, 422 if problem else 200)


@page("/requests/log.csv", Verb.SEE_REQUESTS, HANDS_OUT)
def log_to_save(request: Asked) -> Response[Any]:
    """Give the log as a table, by the same filters."""
    asking = request_reader(request)
    try:
        which = filter_of(_given(request))
    except ValueError as error:
        return Response(str(error), status_code=422, media_type="text/plain")
    rows = logged(asking, which)
    counts = fetch_counts(asking, [row.request.request_id for row in rows])
    content = log_csv((row.request, counts.get(row.request.request_id, 0)) for row in rows)
    return Response(
        content,
        headers={
            "content-type": "text/csv; charset=utf-8",
            "content-disposition": 'attachment; filename="data-requests.csv"',
        },
    )


def filter_of(given: dict[str, str]) -> LogFilter:
    """Return which requests an address asks for. Raises ValueError in words for the page."""
    since, until = days_of(given.get("from", ""), given.get("until", ""))
    return LogFilter(
        kind=_chosen(given, "kind", RequestKind),
        state=_chosen(given, "state", RequestState),
        urgency=_chosen(given, "urgency", RequestUrgency),
        agency=given.get("agency", ""),
        since=since,
        until=until,
    )


def _given(request: Asked) -> dict[str, str]:
    return {name: request.query_params.get(name, "").strip()[:80] for name in _FIELDS}


def _chosen(given: dict[str, str], name: str, kind: type[Chosen]) -> Chosen | None:
    value = given.get(name, "")
    if not value:
        return None
    try:
        return kind(value)
    except ValueError:
        raise ValueError(f"{name}: choose one of {', '.join(kind)}") from None


def _options(kind: type[StrEnum]) -> list[tuple[str, str]]:
    return [("", "All"), *((each.value, word(each)) for each in kind)]


def agency_words(name: str) -> str:
    """Return the words for an agency, or for the kind of those who have none."""
    return word(RequestKind(name)) if name in list(RequestKind) else name


ROUTES = (data_requests, log_to_save)
