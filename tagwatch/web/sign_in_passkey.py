"""Signing in with a passkey: what the browser asks the device for, and the device's answer."""

import secrets
from typing import Any, Final

from litestar.response import Redirect, Response

from tagwatch.access.audit import Outcome
from tagwatch.access.enrolment import now
from tagwatch.access.passkey import ANSWER_MOST, CHALLENGE_LASTS
from tagwatch.access.sign_in import SignInFailed
from tagwatch.access.written import COLLECTS, nothing
from tagwatch.core.units import SECOND
from tagwatch.web.entering import PROBLEMS, begin, cookie_of, on_audit, seen_of
from tagwatch.web.foundation import Asked, foundation
from tagwatch.web.purpose import safe_return
from tagwatch.web.route import Form, field, open_act
from tagwatch.web.throttle import held_back

HOLDER_COOKIE: Final = "tagwatch-passkey"
"""Binds a challenge to the browser that asked for it."""


@open_act(
    "/sign-in/passkey/options", nothing("what a passkey has to sign: nobody is signed in yet")
)
def options(request: Asked, data: Form) -> Response[Any]:  # noqa: ARG001  # it carries the token
    """Say what a passkey has to sign."""
    if (waiting := held_back(request, "passkey")) is not None:
        wait_s = waiting.headers["retry-after"]
        problem = {"problem": f"Too many tries. Wait {wait_s} seconds, then try again"}
        return Response(problem, status_code=429, headers={"retry-after": wait_s})
    holder = secrets.token_urlsafe(24)
    try:
        asked = foundation(request).passkeys.to_sign_in(holder, now())
    except SignInFailed as error:
        return Response({"problem": PROBLEMS[error.problem]}, status_code=422)
    answer = Response(asked)
    answer.cookies.append(cookie_of(request, HOLDER_COOKIE, holder, CHALLENGE_LASTS // SECOND))
    return answer


@open_act("/sign-in/passkey", COLLECTS)
def enter(request: Asked, data: Form) -> Response[Any]:
    """Check what the device answered and begin the session."""
    back = safe_return(field(data, "next"))
    if (waiting := held_back(request, "passkey")) is not None:
        return waiting
    holder = request.cookies.get(HOLDER_COOKIE, "")
    passkeys = foundation(request).passkeys
    answer = field(data, "answer", ANSWER_MOST + 1)
    try:
        cookie, used = passkeys.with_passkey(holder, answer, now(), seen_of(request))
    except SignInFailed as error:
        on_audit(request, error.account_id, f"passkey: {error.problem}", Outcome.REFUSED)
        return Redirect(
            "/sign-in", query_params={"said": error.problem, "next": back}, status_code=303
        )
    begun = begin(request, cookie, back, f"passkey {used.passkey_id}")
    begun.cookies.append(cookie_of(request, HOLDER_COOKIE, "", 0))
    return begun


ROUTES = (options, enter)
