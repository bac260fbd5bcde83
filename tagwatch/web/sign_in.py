"""Signing in and out: name and password, then a one-time code; or a demonstration link."""

from typing import Any, Final

from litestar.response import Redirect, Response

from tagwatch.access.audit import Outcome
from tagwatch.access.enrolment import now
from tagwatch.access.page_address import is_loopback
from tagwatch.access.role import Verb
from tagwatch.access.sign_in import HALF, Problem, SignInFailed
from tagwatch.access.written import COLLECTS, FORM, nothing
from tagwatch.core.units import SECOND
from tagwatch.web.entering import (
    HALF_COOKIE,
    PROBLEMS,
    begin,
    cookie_of,
    on_audit,
    seen_of,
)
from tagwatch.web.foundation import Asked, address_of, foundation
from tagwatch.web.layout import show
from tagwatch.web.purpose import safe_return
from tagwatch.web.qr import key_in, picture_of
from tagwatch.web.route import Form, act, field, open_act, open_page
from tagwatch.web.throttle import held_back

SAID: Final = {problem.value: text for problem, text in PROBLEMS.items()}
"""What the page says of a try that another address led back from."""


@open_page("/sign-in", FORM)
def ask(request: Asked) -> Response[Any]:
    """Ask for name and password."""
    back = safe_return(request.query_params.get("next", "/"))
    said = SAID.get(request.query_params.get("said", ""), "")
    return _form(request, back, "", "", 200, said)


@open_act("/sign-in", COLLECTS.unless("the password is right: the code that follows is written"))
def password(request: Asked, data: Form) -> Response[Any]:
    """Check name and password; the code comes next."""
    name, back = field(data, "name", 200), safe_return(field(data, "next"))
    given = data.get("password", "")
    if not _has_passwords(request):
        on_audit(request, "", f"password: {Problem.ELSEWHERE}", Outcome.REFUSED)
        return _form(request, back, PROBLEMS[Problem.ELSEWHERE], name, 422)
    sign_in, seen = foundation(request).sign_in, seen_of(request)
    known_as = seen.known_as if sign_in.knows_name(seen, name) else ""
    if (waiting := held_back(request, "password", name, known_as)) is not None:
        return waiting
    try:
        cookie = sign_in.with_password(name, given if isinstance(given, str) else "", now(), seen)
    except SignInFailed as error:
        on_audit(request, error.account_id, f"password: {error.problem}", Outcome.REFUSED)
        return _form(request, back, PROBLEMS[error.problem], name, 422)
    answer = Redirect(f"/sign-in/code?next={back}", status_code=303)
    answer.cookies.append(cookie_of(request, HALF_COOKIE, cookie, HALF // SECOND))
    return answer


@open_page("/sign-in/code", FORM)
def ask_code(request: Asked) -> Response[Any]:
    """Ask for the one-time code; at the first sign-in, show what to enrol."""
    return _code_form(request, safe_return(request.query_params.get("next", "/")), "", 200)


@open_act("/sign-in/code", COLLECTS)
def code(request: Asked, data: Form) -> Response[Any]:
    """Check the code and begin the session."""
    back = safe_return(field(data, "next"))
    half = request.cookies.get(HALF_COOKIE, "")
    sign_in, seen = foundation(request).sign_in, seen_of(request)
    session = sign_in.half(half, now())
    owner = "" if session is None else session.account_id
    known_as = seen.known_as if owner and sign_in.knows(seen, owner) else ""
    if (waiting := held_back(request, "code", owner, known_as)) is not None:
        return waiting
    try:
        cookie = sign_in.with_code(half, field(data, "code", 20), now(), seen)
    except SignInFailed as error:
        on_audit(request, error.account_id, f"code: {error.problem}", Outcome.REFUSED)
        if error.problem is Problem.EXPIRED:
            return Redirect("/sign-in", status_code=303)
        return _code_form(request, back, PROBLEMS[error.problem], 422)
    return begin(request, cookie, back, "password and code")


@open_page("/sign-in/link", COLLECTS)
def link(request: Asked) -> Response[Any]:
    """Sign in by a one-use link, from this machine only."""
    local = _is_local(request)
    try:
        if not local:
            raise SignInFailed(Problem.EXPIRED)
        key = request.query_params.get("key", "")[:200]
        cookie = foundation(request).sign_in.with_link(key, now(), seen_of(request))
    except SignInFailed as error:
        why = str(error.problem) if local else "not from this machine"
        on_audit(request, error.account_id, f"link: {why}", Outcome.REFUSED)
        text = "A sign-in link works once, for a day, and only on the machine that printed it."
        return show(request, "error.html", {"title": "This link does not work", "text": text}, 403)
    return begin(request, cookie, "/", "link")


@act("/sign-out", Verb.USE_OWN_ACCOUNT, nothing("the own session ends"))
def sign_out(request: Asked, data: Form) -> Response[Any]:  # noqa: ARG001  # it carries the token
    """End the session."""
    name = request.app.state.cookie_name
    foundation(request).sign_in.sign_out(request.cookies.get(name, ""))
    answer = Redirect("/sign-in", status_code=303)
    answer.cookies.append(cookie_of(request, name, "", 0))
    return answer


def _form(
    request: Asked, back: str, problem: str, name: str, status: int, said: str = ""
) -> Response[Any]:
    context = {
        "back": back,
        "problem": problem,
        "said": said,
        "name": name,
        "passkeys": foundation(request).passkeys.address,
        "has_passwords": _has_passwords(request),
        "service": foundation(request).config.oidc.name if foundation(request).service else "",
    }
    return show(request, "sign_in.html", context, status)


def _has_passwords(request: Asked) -> bool:
    base = foundation(request)
    return base.service is None or base.config.oidc.passwords


def _code_form(request: Asked, back: str, problem: str, status: int) -> Response[Any]:
    try:
        address = foundation(request).sign_in.enrolment(request.cookies.get(HALF_COOKIE, ""), now())
    except SignInFailed:
        return Redirect("/sign-in", status_code=303)
    picture = "" if address is None else picture_of(address)
    key = "" if address is None else key_in(address)
    context = {"back": back, "problem": problem, "picture": picture, "key": key}
    return show(request, "sign_in_code.html", context, status)


def _is_local(request: Asked) -> bool:
    forwarded = any(
        name in request.headers for name in ("x-forwarded-for", "forwarded", "x-real-ip")
    )
    loopback = is_loopback(address_of(request))
    return loopback and not forwarded and not foundation(request).config.web.behind_proxy


ROUTES = (ask, password, ask_code, code, link, sign_out)
