"""The page behind the link of a message to somebody without a sign-in: he takes the alert on."""

from typing import Any, Final

from litestar.params import FromPath
from litestar.response import Response

from tagwatch.access.enrolment import now
from tagwatch.access.written import ENTERS, LOOKS
from tagwatch.core.units import Instant
from tagwatch.desk.answer import Asked as Question
from tagwatch.desk.answer import Standing, Visit, answer, asked
from tagwatch.desk.clerk import NotRecorded
from tagwatch.notify.message import KIND_WORDS, URGENCY
from tagwatch.web.foundation import Asked, address_of, audit_of, foundation
from tagwatch.web.layout import show
from tagwatch.web.pace import Pace
from tagwatch.web.route import Form, open_act, open_page

PER_MINUTE: Final = 20
"""Visits by link from one address: a person needs two."""
IN_ALL_PER_MINUTE: Final = 600

STATUS: Final = {Standing.UNKNOWN: 404, Standing.EXPIRED: 410}


@open_page("/answer/{token:str}", LOOKS)
def look(request: Asked, token: FromPath[str]) -> Response[Any]:
    """Show what can be taken on."""
    if (slow := _slow(request)) is not None:
        return slow
    base = foundation(request)
    found = asked(base.projections, audit_of(request), base.links, _visit(request, token))
    return _page(request, found, done=False)


@open_act("/answer/{token:str}", ENTERS)
def take(request: Asked, token: FromPath[str], data: Form) -> Response[Any]:  # noqa: ARG001  # the form holds its token only
    """Take the alert on."""
    if (slow := _slow(request)) is not None:
        return slow
    base = foundation(request)
    try:
        found = answer(
            base.clerk, base.projections, audit_of(request), base.links, _visit(request, token)
        )
    except NotRecorded as error:
        context = {"title": "Not recorded", "words": str(error), "found": None}
        return show(request, "answer.html", context, 503)
    return _page(request, found, done=found.standing is Standing.OPEN)


def _page(request: Asked, found: Question, *, done: bool) -> Response[Any]:
    title, words = _said(found, done=done)
    context = {
        "title": title,
        "words": words,
        "found": found,
        "urgency": URGENCY[found.severity] if found.severity else "",
        "kind": KIND_WORDS[found.kind] if found.kind else "",
        "offers": found.standing is Standing.OPEN and not done,
    }
    return show(request, "answer.html", context, STATUS.get(found.standing, 200))


def _said(found: Question, *, done: bool) -> tuple[str, str]:
    """Return the heading and what to do."""
    if done and found.is_test:
        return "Thank you", "It is recorded that the test arrived."
    if done:
        return "You have taken it on", "The alert stops climbing. Do what your duty asks, now."
    if found.standing is Standing.OPEN and found.is_test:
        return "A test", "Nothing has happened. Say that the test arrived."
    return {
        Standing.OPEN: ("Do you take it on?", "It goes to the next person if nobody does."),
        Standing.USED: ("Used already", "This link works once. Ring the monitoring centre."),
        Standing.EXPIRED: ("Too old", "This link has run out. Ring the monitoring centre."),
        Standing.TAKEN: ("Taken on already", "Somebody has the alert. You need do nothing."),
        Standing.UNKNOWN: ("No such link", "Copy it whole from the message, or ring the centre."),
    }[found.standing]


def _visit(request: Asked, token: str) -> Visit:
    return Visit(token=token[:100], at=now(), address=address_of(request))


def _slow(request: Asked) -> Response[Any] | None:
    pace: Pace = request.app.state.pace
    if pace.may(address_of(request), Instant(now())):
        return None
    context = {"title": "Too many visits", "words": "Wait a minute, then try again.", "found": None}
    return show(request, "answer.html", context, 429)


ROUTES = (look, take)
