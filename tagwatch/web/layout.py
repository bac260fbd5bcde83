"""One page in its frame: navigation for the role, the stream's address, the form token."""

from typing import Any, Final

from litestar.response import Response
from litestar.utils.scope.state import ScopeState

from tagwatch.access.enrolment import now
from tagwatch.access.purpose import SAYS as PURPOSE_SAYS
from tagwatch.access.role import Verb
from tagwatch.access.sign_in import SignedIn
from tagwatch.web.foundation import Asked, foundation, readers_of
from tagwatch.web.render import html
from tagwatch.web.whole import whole

NAVIGATION: Final[tuple[tuple[str, str, Verb], ...]] = (
    ("Shared with us", "/shared", Verb.SEE_SHARED),
    ("Open alerts", "/alerts", Verb.SEE_ALERTS),
    ("Monday list", "/monday", Verb.SEE_CASELOAD),
    ("Weeks", "/weeks", Verb.SEE_TRAIL),
    ("Shift", "/shift", Verb.RUN_SHIFT),
    ("Cases", "/cases", Verb.SEE_CASES),
    ("Enquiries", "/enquiries", Verb.SEE_ENQUIRIES),
    ("Requests", "/requests", Verb.SEE_REQUESTS),
    ("Informed", "/informed", Verb.SEE_INFORMED),
    ("Wearers", "/wearers", Verb.SEE_WEARERS),
    ("Live map", "/live", Verb.SEE_LIVE),
    ("Questions", "/questions", Verb.SEE_TRAIL),
    ("Crimes", "/crimes", Verb.SEE_CRIMES),
    ("Tags", "/tags", Verb.REGISTER_TAG),
    ("On call", "/on-call", Verb.SEE_ON_CALL),
    ("Leave", "/leave", Verb.RECORD_LEAVE),
    ("Leave", "/leave-for", Verb.RECORD_LEAVE_FOR),
    ("Shares", "/shares", Verb.SHARE_CASE),
    ("Break-glass", "/break-glass", Verb.BREAK_GLASS),
    ("Sealed trails", "/unsealings", Verb.OPEN_SEALED),
    ("Reviews", "/reviews", Verb.RECORD_REVIEW),
    ("Legal holds", "/holds", Verb.LIFT_HOLD),
    ("Retention", "/retention", Verb.LIFT_HOLD),
    ("Contacts", "/contacts", Verb.RECORD_CONTACT),
    ("Rules", "/settings", Verb.SEE_HEALTH),
    ("Programme", "/programme", Verb.SEE_PROGRAMME),
    ("Health", "/health", Verb.SEE_HEALTH),
    ("Accounts", "/accounts", Verb.MANAGE_ACCOUNTS),
    ("Audit", "/audit", Verb.SEE_AUDIT),
)
"""Pages of the menu, and the verb one needs to see them there."""


def page_asked(request: Asked) -> int:
    """Return the page of a list that the address asks for; 1 if it names none."""
    return whole(request.query_params.get("page", ""), 1)


def show(
    request: Asked, template: str, context: dict[str, Any], status: int = 200
) -> Response[str]:
    """Return `template` filled with `context`, in the frame that fits who is signed in."""
    signed_in: SignedIn | None = dict[str, Any](request.scope).get("user")
    at = now()
    frame: dict[str, Any] = {
        "csrf": ScopeState.from_scope(request.scope).csrf_token or "",
        "path": request.url.path,
        "now": at,
        "who": signed_in.actor if signed_in else None,
        "marker": signed_in.marker if signed_in else "",
        "navigation": menu(signed_in, request.url.path),
        "purpose": None,
        "opened": {each.glass_id: each for one in readers_of(request) for each in one.opened},
        "listens": signed_in is not None and signed_in.actor.may(Verb.SEE_ALERTS),
    }
    if signed_in is not None and (purpose := signed_in.purpose(at)) is not None:
        frame["purpose"] = PURPOSE_SAYS[purpose]
    return html(foundation(request).renderer.text(template, {**frame, **context}), status)


def menu(signed_in: SignedIn | None, path: str) -> list[dict[str, Any]]:
    """Return the menu entries this person can use, in the form the GOV.UK component takes."""
    if signed_in is None:
        return []
    return [
        {"text": text, "href": href, "active": path == href or path.startswith(f"{href}/")}
        for text, href, verb in NAVIGATION
        if signed_in.actor.may(verb)
    ]
