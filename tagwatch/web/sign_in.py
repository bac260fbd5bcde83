"""Signing in and out: name and password, then a one-time code; or a demonstration link."""

import io
from typing import Any, Final

import msgspec
import segno
from litestar.datastructures import Cookie
from litestar.response import Redirect, Response

from tagwatch.access.audit import Act, Outcome, line_of
from tagwatch.access.enrolment import now
from tagwatch.access.role import Verb
from tagwatch.access.sign_in import HALF, Problem, SignInFailed
from tagwatch.core.units import SECOND
from tagwatch.web.foundation import Asked, address_of, foundation
from tagwatch.web.hosts import is_loopback
from tagwatch.web.layout import show
from tagwatch.web.purpose import safe_return
from tagwatch.web.route import Form, act, field, open_act, open_page

HALF_COOKIE: Final = "tagwatch-half"
PROBLEMS: Final = {
    Problem.WRONG: "The name or the password is not right",
    Problem.LOCKED: "Too many wrong attempts. Wait a while, then try again",
    Problem.CODE: "The code is not right, or was used already. Wait for the next one",
    Problem.EXPIRED: "The sign-in has run out. Begin again",
}


@open_page("/sign-in")
def ask(request: Asked) -> Response[Any]:
    """Ask for name and password."""
    back = safe_return(request.query_params.get("next", "/"))
    return show(request, "sign_in.html", {"back": back, "problem": "", "name": ""})


@open_act("/sign-in")
def password(request: Asked, data: Form) -> Response[Any]:
    """Check name and password; the code comes next."""
    name, back = field(data, "name", 200), safe_return(field(data, "next"))
    given = data.get("password", "")
    try:
        cookie = foundation(request).sign_in.with_password(
            name, given if isinstance(given, str) else "", now()
        )
    except SignInFailed as error:
        _on_audit(request, error.account_id, f"password: {error.problem}", Outcome.REFUSED)
        context = {"back": back, "problem": PROBLEMS[error.problem], "name": name}
        return show(request, "sign_in.html", context, 422)
    answer = Redirect(f"/sign-in/code?next={back}", status_code=303)
    answer.cookies.append(_cookie(request, HALF_COOKIE, cookie, HALF // SECOND))
    return answer


@open_page("/sign-in/code")
def ask_code(request: Asked) -> Response[Any]:
    """Ask for the one-time code; at the first sign-in, show what to enrol."""
    return _code_form(request, safe_return(request.query_params.get("next", "/")), "", 200)


@open_act("/sign-in/code")
def code(request: Asked, data: Form) -> Response[Any]:
    """Check the code and begin the session."""
    back = safe_return(field(data, "next"))
    half = request.cookies.get(HALF_COOKIE, "")
    try:
        cookie = foundation(request).sign_in.with_code(half, field(data, "code", 20), now())
    except SignInFailed as error:
        _on_audit(request, error.account_id, f"code: {error.problem}", Outcome.REFUSED)
        if error.problem is Problem.EXPIRED:
            return Redirect("/sign-in", status_code=303)
        return _code_form(request, back, PROBLEMS[error.problem], 422)
    return _begin(request, cookie, back, "password and code")


@open_page("/sign-in/link")
def link(request: Asked) -> Response[Any]:
    """Sign in by a one-use link, from this machine only."""
    local = _is_local(request)
    try:
        if not local:
            raise SignInFailed(Problem.EXPIRED)
        key = request.query_params.get("key", "")[:200]
        cookie = foundation(request).sign_in.with_link(key, now())
    except SignInFailed as error:
        why = str(error.problem) if local else "not from this machine"
        _on_audit(request, error.account_id, f"link: {why}", Outcome.REFUSED)
        text = "A sign-in link works once, for a day, and only on the machine that printed it."
        return show(request, "error.html", {"title": "This link does not work", "text": text}, 403)
    return _begin(request, cookie, "/", "link")


@act("/sign-out", Verb.USE_OWN_ACCOUNT)
def sign_out(request: Asked, data: Form) -> Response[Any]:  # noqa: ARG001  # it carries the token
    """End the session."""
    name = request.app.state.cookie_name
    foundation(request).sign_in.sign_out(request.cookies.get(name, ""))
    answer = Redirect("/sign-in", status_code=303)
    answer.cookies.append(_cookie(request, name, "", 0))
    return answer


def _begin(request: Asked, cookie: str, back: str, how: str) -> Response[Any]:
    found = foundation(request).sign_in.signed_in(cookie, now())
    account_id = found.actor.account_id if found else ""
    _on_audit(request, account_id, how, Outcome.ANSWERED)
    answer = Redirect(back, status_code=303)
    answer.cookies.append(_cookie(request, request.app.state.cookie_name, cookie, None))
    answer.cookies.append(_cookie(request, HALF_COOKIE, "", 0))
    return answer


def _code_form(request: Asked, back: str, problem: str, status: int) -> Response[Any]:
    try:
        address = foundation(request).sign_in.enrolment(request.cookies.get(HALF_COOKIE, ""), now())
    except SignInFailed:
        return Redirect("/sign-in", status_code=303)
    picture, key = "", ""
    if address is not None:
        drawn = io.BytesIO()
        segno.make(address, micro=False).save(
            drawn, kind="svg", scale=5, xmldecl=False, svgns=True, title="Key of the second factor"
        )
        picture = drawn.getvalue().decode()
        key = address.split("secret=", 1)[1].split("&", 1)[0]
    context = {"back": back, "problem": problem, "picture": picture, "key": key}
    return show(request, "sign_in_code.html", context, status)


def _cookie(request: Asked, name: str, value: str, lasts_s: int | None) -> Cookie:
    return Cookie(
        key=name,
        value=value,
        max_age=lasts_s,
        path="/",
        httponly=True,
        secure=request.app.state.secure,
        samesite="lax",
    )


def _is_local(request: Asked) -> bool:
    forwarded = any(
        name in request.headers for name in ("x-forwarded-for", "forwarded", "x-real-ip")
    )
    loopback = is_loopback(address_of(request))
    return loopback and not forwarded and not foundation(request).config.web.behind_proxy


def _on_audit(request: Asked, account_id: str, detail: str, outcome: Outcome) -> None:
    line = msgspec.structs.replace(
        line_of(None, now(), Act.COLLECTION, "sign_in"),
        by=account_id,
        outcome=outcome,
        detail=detail,
        address=address_of(request),
    )
    foundation(request).audit.record(line)


ROUTES = (ask, password, ask_code, code, link, sign_out)
