"""The police response page: by a link and a code on a phone at night, or signed in as police."""

from collections.abc import Callable
from typing import Any, Final

import msgspec
from litestar.datastructures import Cookie
from litestar.params import FromPath
from litestar.response import Redirect, Response

from tagwatch.access.audit import Act, Outcome, line_of
from tagwatch.access.enrolment import now
from tagwatch.access.police_link import Entered, PoliceLink, Standing, enter, find_link, holder
from tagwatch.access.reader import Reader
from tagwatch.access.role import Verb
from tagwatch.access.scope import link_scope
from tagwatch.access.written import COLLECTS, ENTERS, LOOKS
from tagwatch.core.alert import reference
from tagwatch.core.ids import AlertId
from tagwatch.core.recorded_police import Sighting
from tagwatch.core.units import SECOND, Instant
from tagwatch.desk.clerk import NotRecorded
from tagwatch.desk.police import note_entry, report
from tagwatch.query.photo import alerted_wearer
from tagwatch.query.police import police_page
from tagwatch.query.reader import NotFound
from tagwatch.web.alert import alert_reader
from tagwatch.web.foundation import Asked, address_of, audit_of, foundation
from tagwatch.web.layout import show
from tagwatch.web.pace import Pace
from tagwatch.web.photo import picture
from tagwatch.web.police_map import arrow, drawing
from tagwatch.web.route import Form, act, field, open_act, open_page, page
from tagwatch.web.words import word

COOKIE: Final = "tagwatch-police"
REFRESH_S: Final = 60
NO_ENTRY: Final = "Ring the monitoring centre: they can make another."
SAYS: Final = {
    Standing.UNKNOWN: ("No such link", "Copy it whole from the message. " + NO_ENTRY),
    Standing.EXPIRED: ("This link has run out", NO_ENTRY),
    Standing.REVOKED: ("This link was taken back", NO_ENTRY),
    Standing.USED: ("This link was used already", "It opens on one phone. " + NO_ENTRY),
    Standing.LOCKED: ("Too many wrong codes", "The link is locked for good. " + NO_ENTRY),
}
GONE: Final = (
    "You cannot see this",
    "The link has run out or was taken back, or the alert is closed. " + NO_ENTRY,
)


@open_page("/p/enter/{key:str}", COLLECTS)
def ask_police_code(request: Asked, key: FromPath[str]) -> Response[Any]:
    """Ask for the code that goes with the link."""
    if (slow := _slow(request)) is not None:
        return slow
    link = find_link(foundation(request).sign_in.accounts, key[:100])
    standing = Standing.UNKNOWN if link is None else link.standing(now())
    if standing is not Standing.OPEN:
        _on_audit(request, link, f"link is {standing}", Outcome.REFUSED)
        return _no_entry(request, standing)
    _on_audit(request, link, "asked for the code", Outcome.ANSWERED)
    return _show(request, "police_code.html", {"problem": "", "title": "Police response page"})


@open_act("/p/enter/{key:str}", COLLECTS)
def take_police_code(request: Asked, key: FromPath[str], data: Form) -> Response[Any]:
    """Check the code; the first right one gives this phone the page."""
    if (slow := _slow(request)) is not None:
        return slow
    base, at = foundation(request), now()
    found = enter(base.sign_in.accounts, key[:100], field(data, "code", 20), at)
    if not found.cookie or found.link is None:
        _on_audit(request, found.link, f"wrong code or link: {found.standing}", Outcome.REFUSED)
        return _wrong(request, found)
    _on_audit(request, found.link, "right code", Outcome.ANSWERED)
    try:
        note_entry(base.clerk, found.link, at)
    except NotRecorded as error:
        return _says(request, "Not recorded", str(error), 503)
    answer = Redirect(f"/p/alerts/{found.link.alert_id}", status_code=303)
    lasts_s = (found.link.expires_at - at) // SECOND
    answer.cookies.append(
        Cookie(
            key=COOKIE,
            value=found.cookie,
            max_age=lasts_s,
            path="/p",
            httponly=True,
            secure=request.app.state.secure,
            samesite="strict",
        )
    )
    return answer


@open_page("/p/alerts/{alert_id:str}", LOOKS)
def linked_page(request: Asked, alert_id: FromPath[str]) -> Response[Any]:
    """Show the page to the phone that gave the code."""
    return _linked(request, alert_id, lambda reader: _page(request, reader, alert_id, "/p/alerts"))


@open_act("/p/alerts/{alert_id:str}/report", ENTERS)
def linked_report(request: Asked, alert_id: FromPath[str], data: Form) -> Response[Any]:
    """Record what the officer with the link found."""
    return _linked(
        request, alert_id, lambda reader: _report(request, reader, alert_id, data, "/p/alerts")
    )


@open_page("/p/alerts/{alert_id:str}/photo/{photo_id:str}", LOOKS)
def linked_photo(request: Asked, alert_id: FromPath[str], photo_id: FromPath[str]) -> Response[Any]:
    """Give the wearer's picture to the phone that gave the code."""

    def answer(reading: Reader) -> Response[Any]:
        wearer = alerted_wearer(reading, AlertId(alert_id))
        return picture(request, reading, wearer, photo_id)

    return _linked(request, alert_id, answer)


@page("/police/{alert_id:str}", Verb.SEE_POLICE_PAGE)
def police(request: Asked, alert_id: FromPath[str]) -> Response[Any]:
    """Show the page to somebody signed in."""
    return _page(request, alert_reader(request), alert_id, "/police")


@page("/police/{alert_id:str}/photo/{photo_id:str}", Verb.SEE_POLICE_PAGE)
def police_photo(request: Asked, alert_id: FromPath[str], photo_id: FromPath[str]) -> Response[Any]:
    """Give the wearer's picture to somebody signed in."""
    reading = alert_reader(request)
    return picture(request, reading, alerted_wearer(reading, AlertId(alert_id)), photo_id)


@act("/police/{alert_id:str}/report", Verb.SEE_POLICE_PAGE)
def report_police(request: Asked, alert_id: FromPath[str], data: Form) -> Response[Any]:
    """Record what police found."""
    return _report(request, alert_reader(request), alert_id, data, "/police")


def _linked(
    request: Asked, alert_id: str, answer: Callable[[Reader], Response[Any]]
) -> Response[Any]:
    base = foundation(request)
    link = holder(base.sign_in.accounts, request.cookies.get(COOKIE, ""), now())
    if link is None:
        _on_audit(request, None, f"no valid link for {alert_id[:40]}", Outcome.REFUSED)
        return _says(request, *GONE, 404)
    reading = Reader(
        base.projections,
        link_scope(link.actor(), link.wearer_id, link.alert_id),
        audit_of(request),
        now,
        purpose_words="by link",
        address=address_of(request),
    )
    try:
        return answer(reading)
    except NotFound:
        return _says(request, *GONE, 404)
    except NotRecorded as error:
        return _says(request, "Not recorded", str(error), 503)


def _page(request: Asked, reading: Reader, alert_id: str, under: str) -> Response[Any]:
    view = police_page(reading, AlertId(alert_id))
    refreshes = request.query_params.get("refresh") != "off"
    names = foundation(request).sign_in.names(one.by for one in view.reports if one.by)
    link = holder(foundation(request).sign_in.accounts, request.cookies.get(COOKIE, ""), now())
    asked_by = "" if link is None or under == "/police" else link.made_by
    if asked_by:
        asked_by = foundation(request).sign_in.names([asked_by]).get(asked_by, asked_by)
    context = {
        "view": view,
        "title": "Police response",
        "code": reference(view.alert.alert_id),
        "drawn": drawing(view.last, view.zone),
        "arrow": None if view.heading is None else arrow(view.heading.bearing_deg),
        "asked_by": asked_by,
        "until": None if under == "/police" or link is None else link.expires_at,
        "names": names,
        "reports": [(one, *_said(one.words)) for one in view.reports],
        "sightings": [(one.value, word(one)) for one in Sighting],
        "under": f"{under}/{alert_id}",
        "refreshes": refreshes,
        "refresh_s": REFRESH_S,
        "done": request.query_params.get("done") == "reported",
    }
    answer = _show(request, "police.html", context)
    if refreshes:
        answer.headers["refresh"] = f"{REFRESH_S}; url={under}/{alert_id}"
    return answer


def _report(
    request: Asked, reading: Reader, alert_id: str, data: Form, under: str
) -> Response[Any]:
    chosen = field(data, "sighting", 20)
    if chosen not in list(Sighting):
        # A form of ours has no such button; who may not see the alert learns nothing by it.
        return _page(request, reading, alert_id, under)
    words = field(data, "words", 500)
    report(foundation(request).clerk, reading, AlertId(alert_id), Sighting(chosen), words)
    return Redirect(f"{under}/{alert_id}?done=reported", status_code=303)


def _said(words: str) -> tuple[str, str]:
    code, _, rest = words.partition(": ")
    return (word(Sighting(code)) if code in list(Sighting) else code), rest


def _wrong(request: Asked, found: Entered) -> Response[Any]:
    if found.standing is not Standing.OPEN:
        return _no_entry(request, found.standing)
    left = f"{found.left} {'try' if found.left == 1 else 'tries'} left"
    problem = f"The code is not right: {left}. Ask for it again by telephone"
    context = {"problem": problem, "title": "Police response page"}
    return _show(request, "police_code.html", context, 422)


def _no_entry(request: Asked, standing: Standing) -> Response[Any]:
    return _says(request, *SAYS[standing], 404 if standing is Standing.UNKNOWN else 410)


def _says(request: Asked, title: str, words: str, status: int) -> Response[Any]:
    return _show(request, "police_says.html", {"title": title, "words": words}, status)


def _show(
    request: Asked, template: str, context: dict[str, Any], status: int = 200
) -> Response[Any]:
    return show(request, template, context, status)


def _slow(request: Asked) -> Response[Any] | None:
    pace: Pace = request.app.state.pace
    if pace.may(address_of(request), Instant(now())):
        return None
    return _says(request, "Too many visits", "Wait a minute, then try again.", 429)


def _on_audit(request: Asked, link: PoliceLink | None, detail: str, outcome: Outcome) -> None:
    ids = () if link is None else (link.alert_id, link.wearer_id, link.link_id)
    line = msgspec.structs.replace(
        line_of(None, now(), Act.COLLECTION, "police_link"),
        by="" if link is None else link.link_id,
        outcome=outcome,
        ids=ids,
        detail=detail,
        address=address_of(request),
    )
    audit_of(request).record(line)


ROUTES = (
    ask_police_code,
    take_police_code,
    linked_page,
    linked_report,
    linked_photo,
    police,
    police_photo,
    report_police,
)
