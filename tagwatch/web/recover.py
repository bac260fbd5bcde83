"""Getting in again with a recovery code: the holder of an account sets password and factor anew."""

from typing import Any

from litestar.response import Redirect, Response

from tagwatch.access.audit import Outcome
from tagwatch.access.enrolment import PASSWORD_MOST, AccountWrong, now
from tagwatch.access.recovery import recover
from tagwatch.access.sign_in import HALF, SignInFailed
from tagwatch.access.written import COLLECTS, FORM
from tagwatch.core.units import SECOND
from tagwatch.web.entering import HALF_COOKIE, PROBLEMS, cookie_of, on_audit, seen_of
from tagwatch.web.foundation import Asked, foundation
from tagwatch.web.layout import show
from tagwatch.web.route import Form, field, open_act, open_page
from tagwatch.web.throttle import held_back


@open_page("/sign-in/recover", FORM)
def ask(request: Asked) -> Response[Any]:
    """Ask for the name, both halves of the code, and a new password."""
    return _form(request, "", "", "", 200)


@open_act("/sign-in/recover", COLLECTS)
def enter(request: Asked, data: Form) -> Response[Any]:
    """Check the code; the code app is set up next."""
    name, given = field(data, "name", 200), data.get("password", "")
    if (waiting := held_back(request, "recovery", name)) is not None:
        return waiting
    code = f"{field(data, 'first', 20)}{field(data, 'second', 20)}"
    password = given[: PASSWORD_MOST + 1] if isinstance(given, str) else ""
    sign_in = foundation(request).sign_in
    try:
        cookie, used = recover(sign_in, name, code, password, now(), seen_of(request))
    except AccountWrong as error:
        text = str(error)
        return _form(request, name, f"{text[:1].upper()}{text[1:]}", "password", 422)
    except SignInFailed as error:
        on_audit(request, error.account_id, f"recovery: {error.problem}", Outcome.REFUSED)
        return _form(request, name, PROBLEMS[error.problem], "first", 422)
    on_audit(request, used.account_id, f"recovery {used.recovery_id}", Outcome.ANSWERED)
    answer = Redirect("/sign-in/code", status_code=303)
    answer.cookies.append(cookie_of(request, HALF_COOKIE, cookie, HALF // SECOND))
    return answer


def _form(request: Asked, name: str, problem: str, at: str, status: int) -> Response[Any]:
    context = {"name": name, "problem": problem, "at": at}
    return show(request, "recover.html", context, status)


ROUTES = (ask, enter)
