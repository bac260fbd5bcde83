"""Why are you looking? Asked once, remembered for a while, written on every audit line."""

from typing import Any

from litestar.response import Redirect, Response

from tagwatch.access.enrolment import now
from tagwatch.access.purpose import ALLOWED, REMEMBERED_FOR, SAYS, Purpose
from tagwatch.access.role import Verb
from tagwatch.core.units import MINUTE
from tagwatch.web.foundation import Asked, foundation, who
from tagwatch.web.layout import show
from tagwatch.web.route import Form, act, field, page


def safe_return(path: str) -> str:
    """Return `path` if it leads to a page of ours, else the first page."""
    ours = path.startswith("/") and not path.startswith("//") and "\\" not in path
    return path if ours else "/"


@page("/purpose", Verb.USE_OWN_ACCOUNT)
def ask(request: Asked) -> Response[Any]:
    """Ask for the purpose, offering those the role may state."""
    return _form(request, safe_return(request.query_params.get("next", "/")), "", 200)


@act("/purpose", Verb.USE_OWN_ACCOUNT)
def state(request: Asked, data: Form) -> Response[Any]:
    """Remember the purpose and lead back to where it was needed."""
    back = safe_return(field(data, "next"))
    chosen = field(data, "purpose")
    actor = who(request).actor
    if chosen not in [purpose.value for purpose in ALLOWED[actor.role]]:
        return _form(request, back, "Choose why you are looking", 422)
    words = field(data, "words", 500)
    foundation(request).sign_in.state_purpose(who(request), Purpose(chosen), words, now())
    return Redirect(back, status_code=303)


def _form(request: Asked, back: str, problem: str, status: int) -> Response[Any]:
    offered = [
        {"value": purpose.value, "text": SAYS[purpose]}
        for purpose in ALLOWED[who(request).actor.role]
    ]
    context = {
        "back": back,
        "offered": offered,
        "problem": problem,
        "minutes": REMEMBERED_FOR // MINUTE,
    }
    return show(request, "purpose.html", context, status)


ROUTES = (ask, state)
