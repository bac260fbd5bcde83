"""Why are you looking? Asked once for a session's lists, and again for each wearer's movements."""

from typing import Any, Final

from litestar.response import Redirect, Response

from tagwatch.access.enrolment import now
from tagwatch.access.purpose import ALLOWED, QUICK, REMEMBERED_FOR, SAYS, VIEWS_MOST, Purpose
from tagwatch.access.purpose_task import begin, stands
from tagwatch.access.refusal import purpose_not_of_role
from tagwatch.access.relation import relation_of, why_not
from tagwatch.access.role import Verb
from tagwatch.access.written import FORM, nothing
from tagwatch.core.ids import AlertId, WearerId
from tagwatch.core.units import MINUTE
from tagwatch.web.foundation import Asked, foundation, role_reader, who
from tagwatch.web.layout import show
from tagwatch.web.route import Form, act, field, page

_ID_MOST: Final = 60
_WORDS_MOST: Final = 500
_WORDS_LEAST: Final = 4


def safe_return(path: str) -> str:
    """Return `path` if it leads to a page of ours, else the first page."""
    ours = path.startswith("/") and not path.startswith("//") and "\\" not in path
    return path if ours else "/"


@page("/purpose", Verb.USE_OWN_ACCOUNT, FORM)
def ask(request: Asked) -> Response[Any]:
    """Ask for the purpose, offering those the role may state."""
    wearer_id = request.query_params.get("wearer", "")[:_ID_MOST]
    given = {"next": request.query_params.get("next", "/"), "wearer": wearer_id}
    return _form(request, given, {}, 200)


@act(
    "/purpose",
    Verb.USE_OWN_ACCOUNT,
    nothing("what is stated stands on every line that follows from it"),
)
def state(request: Asked, data: Form) -> Response[Any]:
    """Remember the purpose and lead back to where it was needed."""
    given = {name: field(data, name, _WORDS_MOST) for name in ("purpose", "words", "about")}
    given |= {"next": field(data, "next"), "wearer": field(data, "wearer", _ID_MOST)}
    chosen, words = given["purpose"], given["words"].strip()
    if chosen not in [purpose.value for purpose in ALLOWED[who(request).actor.role]]:
        problem = "Choose why you are looking"
        if chosen in list(Purpose):
            problem = purpose_not_of_role(who(request).actor.role, Purpose(chosen)).sentence
        return _form(request, given, {"purpose": problem}, 422)
    purpose, base, wearer_id = Purpose(chosen), foundation(request), WearerId(given["wearer"])
    if not wearer_id:
        base.sign_in.state_purpose(who(request), purpose, words, now())
        return Redirect(safe_return(given["next"]), status_code=303)
    if purpose not in QUICK and len(words) < _WORDS_LEAST:
        wrong = {"words": "Say in a few words what for: who asked, a reference"}
        return _form(request, given, wrong, 422)
    asking = role_reader(request)
    relation = relation_of(asking, wearer_id, now())
    if relation is not None and (why := why_not(asking.actor, purpose, relation)):
        asking.refused("state purpose", [wearer_id], why)
        return _form(request, given, {"purpose": why}, 422)
    session = who(request).session.session_hash
    about = given["about"].strip()[:_ID_MOST]
    begin(base.sign_in.accounts, session, wearer_id, purpose, now(), about, words)
    return Redirect(safe_return(given["next"]), status_code=303)


def answering(request: Asked, wearer_id: WearerId, alert_id: AlertId) -> None:
    """Take an open alert as the reason to look at its wearer, unless another was stated."""
    signed_in, accounts, at = who(request), foundation(request).sign_in.accounts, now()
    session = signed_in.session.session_hash
    answers = Purpose.ALERT_RESPONSE in ALLOWED[signed_in.actor.role]
    if answers and not stands(accounts, session, wearer_id, at):
        begin(accounts, session, wearer_id, Purpose.ALERT_RESPONSE, at, f"alert:{alert_id}")


def _form(
    request: Asked, given: dict[str, str], problems: dict[str, str], status: int
) -> Response[Any]:
    offered = [
        {"value": purpose.value, "text": SAYS[purpose], "checked": purpose == given.get("purpose")}
        for purpose in ALLOWED[who(request).actor.role]
    ]
    context = {
        "given": given | {"next": safe_return(given["next"])},
        "offered": offered,
        "wrong": problems,
        "minutes": REMEMBERED_FOR // MINUTE,
        "views": VIEWS_MOST,
    }
    return show(request, "purpose.html", context, status)


ROUTES = (ask, state)
