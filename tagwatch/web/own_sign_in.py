"""How one signs in oneself: passkeys, code app, password, and where one is signed in now."""

from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlencode

import msgspec
from litestar.params import FromPath
from litestar.response import Redirect, Response

from tagwatch.access.audit import Act, Outcome, line_of
from tagwatch.access.enrolment import PASSWORD_MOST, AccountWrong, now
from tagwatch.access.factor import (
    change_password,
    confirm_code_app,
    end_others,
    is_proven,
    new_code_app,
    prove_with_code,
    remove_code_app,
)
from tagwatch.access.passkey import ANSWER_MOST, NAME_MOST
from tagwatch.access.role import Verb
from tagwatch.access.sign_in import SignInFailed
from tagwatch.access.stand import own_stand
from tagwatch.access.written import ENTERS, nothing
from tagwatch.web.entering import PROBLEMS, browser_words, seen_of
from tagwatch.web.foundation import Asked, address_of, audit_of, foundation, who
from tagwatch.web.layout import show
from tagwatch.web.purpose import safe_return
from tagwatch.web.qr import key_in, picture_of
from tagwatch.web.route import Form, act, field, page
from tagwatch.web.sign_in_passkey import HOLDER_COOKIE
from tagwatch.web.throttle import held_back

HERE: Final = "/your-sign-in"
_TOUCHES_NOBODY: Final = nothing("the own way to sign in: no record of a person")
PROOF: Final = "a factor is asked for first"
_OWN: Final = Verb.USE_OWN_ACCOUNT
SAID: Final = {
    "added": "The passkey is added. Your other sessions have ended.",
    "removed": "The passkey is removed. Your other sessions have ended.",
    "password": "The password is changed. Your other sessions have ended.",
    "code": "The code app is changed. Your other sessions have ended.",
    "no-code": "The code app is removed. Your other sessions have ended.",
    "ended": "The session has ended.",
    "others": "Your other sessions have ended.",
}


@page(HERE, _OWN, _TOUCHES_NOBODY)
def own(request: Asked) -> Response[Any]:
    """Show how one signs in, and every session."""
    return _page(request, {}, 200)


@page(f"{HERE}/prove", _OWN, _TOUCHES_NOBODY)
def ask_proof(request: Asked) -> Response[Any]:
    """Ask for a factor again, before the way of signing in is changed."""
    return _proof(request, safe_return(request.query_params.get("next", HERE)), "", 200)


@act(f"{HERE}/prove", _OWN)
def prove(request: Asked, data: Form) -> Response[Any]:
    """Take a code or a passkey as proof."""
    back, at, signed_in = safe_return(field(data, "next")), now(), who(request)
    base, answer = foundation(request), field(data, "answer", ANSWER_MOST + 1)
    waiting = held_back(request, "passkey" if answer else "code", signed_in.actor.account_id)
    if waiting is not None:
        return waiting
    try:
        if answer:
            holder = request.cookies.get(HOLDER_COOKIE, "")
            base.passkeys.prove(signed_in, holder, answer, at)
        else:
            prove_with_code(base.sign_in, signed_in, field(data, "code", 20), at)
    except SignInFailed as error:
        _on_audit(request, "sign_in_proof", str(error.problem), Outcome.REFUSED)
        return _proof(request, back, PROBLEMS[error.problem], 422)
    _on_audit(request, "sign_in_proof", "passkey" if answer else "code")
    return Redirect(back, status_code=303)


@act(f"{HERE}/passkeys/options", _OWN, _TOUCHES_NOBODY)
def passkey_options(request: Asked, data: Form) -> Response[Any]:  # noqa: ARG001  # carries the token
    """Say what a new passkey has to be like."""
    signed_in, at = who(request), now()
    if not is_proven(signed_in, at):
        problem = "It is a while since you signed in. Load the page again and confirm who you are"
        return Response({"problem": problem}, status_code=403)
    try:
        return Response(foundation(request).passkeys.to_add(signed_in, at))
    except AccountWrong as error:
        return Response({"problem": str(error)}, status_code=422)


@act(f"{HERE}/passkeys", _OWN, ENTERS.unless(PROOF))
def add_passkey(request: Asked, data: Form) -> Response[Any]:
    """Keep a new passkey."""

    def done() -> None:
        base, name = foundation(request), field(data, "name", NAME_MOST)
        answer = field(data, "answer", ANSWER_MOST + 1)
        added = base.passkeys.add(who(request), answer, name, now())
        end_others(base.sign_in, who(request))
        _on_audit(request, "passkey_add", added.passkey_id)

    return _changed(request, done, "added", "name")


@act(f"{HERE}/passkeys/{{passkey_id:str}}/remove", _OWN, ENTERS.unless(PROOF))
def remove_passkey(
    request: Asked,
    passkey_id: FromPath[str],
    data: Form,  # noqa: ARG001  # carries the token
) -> Response[Any]:
    """Forget a passkey, never the last second factor."""

    def done() -> None:
        base = foundation(request)
        gone = base.passkeys.remove(who(request).actor.account_id, passkey_id[:60])
        end_others(base.sign_in, who(request))
        _on_audit(request, "passkey_remove", gone.passkey_id)

    return _changed(request, done, "removed", "passkeys")


@page(f"{HERE}/code-app", _OWN, _TOUCHES_NOBODY)
def code_app(request: Asked) -> Response[Any]:
    """Show the key of a new code app."""
    if not is_proven(who(request), now()):
        return _to_prove(f"{HERE}/code-app")
    return _code_form(request, "", 200)


@act(f"{HERE}/code-app", _OWN, ENTERS.unless(PROOF))
def enter_code_app(request: Asked, data: Form) -> Response[Any]:
    """Let the new code app count, once its code is right."""
    if not is_proven(who(request), now()):
        return _to_prove(f"{HERE}/code-app")
    base = foundation(request)
    if (waiting := held_back(request, "code", who(request).actor.account_id)) is not None:
        return waiting
    try:
        confirm_code_app(base.sign_in, who(request), field(data, "code", 20), now())
    except SignInFailed as error:
        return _code_form(request, PROBLEMS[error.problem], 422)
    _on_audit(request, "code_app_change", "")
    return _to("code")


@act(f"{HERE}/code-app/remove", _OWN, ENTERS.unless(PROOF))
def forget_code_app(request: Asked, data: Form) -> Response[Any]:  # noqa: ARG001  # carries the token
    """Forget the code app, never the last second factor."""

    def done() -> None:
        remove_code_app(foundation(request).sign_in, who(request))
        _on_audit(request, "code_app_remove", "")

    return _changed(request, done, "no-code", "code-app")


@act(f"{HERE}/password", _OWN, ENTERS.unless(PROOF))
def password(request: Asked, data: Form) -> Response[Any]:
    """Change the password."""

    def done() -> None:
        given = data.get("password", "")
        fresh = given if isinstance(given, str) else ""
        change_password(foundation(request).sign_in, who(request), fresh[: PASSWORD_MOST + 1])
        _on_audit(request, "password_change", "")

    return _changed(request, done, "password", "password")


@act(f"{HERE}/sessions/end-others", _OWN)
def end_other_sessions(request: Asked, data: Form) -> Response[Any]:  # noqa: ARG001  # carries the token
    """End every other session."""
    _on_audit(request, "sessions_end", "all others")
    end_others(foundation(request).sign_in, who(request))
    return _to("others")


@act(f"{HERE}/sessions/{{marker:str}}/end", _OWN, ENTERS.unless("the session has ended already"))
def end_session(
    request: Asked,
    marker: FromPath[str],
    data: Form,  # noqa: ARG001  # carries the token
) -> Response[Any]:
    """End one of one's own sessions."""
    accounts = foundation(request).sign_in.accounts
    for session in accounts.sessions_of(who(request).actor.account_id):
        if session.marker == marker:
            _on_audit(request, "sessions_end", marker)
            accounts.end_session(session.session_hash)
    return _to("ended")


def _changed(
    request: Asked, change: Callable[[], None], said: str, problem_at: str
) -> Response[Any]:
    """Make a change of how one signs in, if a factor was given lately; else ask for one."""
    if not is_proven(who(request), now()):
        return _to_prove(HERE)
    try:
        change()
    except AccountWrong as error:
        text = str(error)
        return _page(request, {problem_at: text[:1].upper() + text[1:]}, 422)
    return _to(said)


def _page(request: Asked, problems: dict[str, str], status: int) -> Response[Any]:
    base, signed_in = foundation(request), who(request)
    context = {
        "stand": own_stand(base.sign_in, signed_in.actor.account_id, now()),
        "this": signed_in.marker,
        "address": base.passkeys.address,
        "at_address": base.passkeys.address is not None
        and base.passkeys.address.rp_id == request.url.hostname,
        "suggested": browser_words(request.headers.get("user-agent", "")),
        "proven": is_proven(signed_in, now()),
        "problems": problems,
        "summary": [{"text": text, "href": f"#{at}"} for at, text in problems.items()],
        "said": SAID.get(request.query_params.get("done", ""), ""),
        "seen": seen_of(request),
    }
    return show(request, "own_sign_in.html", context, status)


def _proof(request: Asked, back: str, problem: str, status: int) -> Response[Any]:
    base = foundation(request)
    stand = own_stand(base.sign_in, who(request).actor.account_id, now())
    context = {
        "back": back,
        "problem": problem,
        "stand": stand,
        "passkeys": base.passkeys.address if stand.passkeys else None,
    }
    return show(request, "prove.html", context, status)


def _code_form(request: Asked, problem: str, status: int) -> Response[Any]:
    address = new_code_app(foundation(request).sign_in, who(request))
    context = {"problem": problem, "picture": picture_of(address), "key": key_in(address)}
    return show(request, "code_app.html", context, status)


def _to(said: str) -> Response[Any]:
    return Redirect(f"{HERE}?done={said}", status_code=303)


def _to_prove(back: str) -> Response[Any]:
    return Redirect(f"{HERE}/prove?{urlencode({'next': back})}", status_code=303)


def _on_audit(
    request: Asked, question: str, detail: str, outcome: Outcome = Outcome.ANSWERED
) -> None:
    actor = who(request).actor
    line = msgspec.structs.replace(
        line_of(actor, now(), Act.ALTERATION, question),
        ids=(actor.account_id,),
        detail=detail,
        outcome=outcome,
        address=address_of(request),
    )
    audit_of(request).record(line)


ROUTES = (
    own,
    ask_proof,
    prove,
    passkey_options,
    add_passkey,
    remove_passkey,
    code_app,
    enter_code_app,
    forget_code_app,
    password,
    end_other_sessions,
    end_session,
)
