"""Accounts as an administrator sees them: how each signs in, its sessions, and recovery by two."""

from typing import Any, Final

import msgspec
from litestar.params import FromPath
from litestar.response import Redirect, Response

from tagwatch.access.audit import Act, Outcome, line_of
from tagwatch.access.enrolment import LIMITED, NAME_MOST, AccountWrong, checked_reach, now
from tagwatch.access.identity import identities_of, link_identity, unlink_identity
from tagwatch.access.recovery import (
    REASON_MOST,
    Shown,
    Standing,
    approve,
    ask_recovery,
    recoveries,
    recoveries_of,
    recovery_of,
    refuse,
)
from tagwatch.access.refusal import unreachable
from tagwatch.access.role import Role, Verb
from tagwatch.access.stand import own_stand
from tagwatch.core.ids import AccountId
from tagwatch.core.order import Programme
from tagwatch.query.reader import NotFound
from tagwatch.web.foundation import Asked, address_of, audit_of, foundation, who
from tagwatch.web.layout import show
from tagwatch.web.route import Form, act, field, fields, page
from tagwatch.web.words import word

_VERB: Final = Verb.MANAGE_ACCOUNTS
SAID: Final = {
    "ended": "Every session of this account has ended.",
    "refused": "The recovery is refused.",
    "linked": "The account is linked.",
    "reach": "Whom this account reaches is changed, from its next request on.",
    "unlinked": "The account is linked no more.",
}


@page("/accounts", _VERB)
def accounts(request: Asked) -> Response[Any]:
    """List the accounts, recoveries to be decided first."""
    base, at = foundation(request), now()
    everybody = base.sign_in.accounts.all()
    asked = [
        one
        for one in recoveries(base.sign_in.accounts)
        if one.standing(at) in (Standing.ASKED, Standing.APPROVED)
    ]
    _on_audit(request, Act.CONSULTATION, "accounts", ())
    names = {one.account_id: one.full_name for one in everybody}
    context = {"accounts": everybody, "asked": asked, "names": names, "at": at}
    return show(request, "accounts.html", context)


@page("/accounts/{account_id:str}", _VERB)
def account(request: Asked, account_id: FromPath[str]) -> Response[Any]:
    """Show how one account is signed in to."""
    _on_audit(request, Act.CONSULTATION, "account", (account_id[:60],))
    return _page(request, AccountId(account_id[:60]), {}, 200)


@act("/accounts/{account_id:str}/end-sessions", _VERB)
def end_sessions(
    request: Asked,
    account_id: FromPath[str],
    data: Form,  # noqa: ARG001  # carries the token
) -> Response[Any]:
    """End every session of an account at once."""
    name = _known(request, account_id)
    _on_audit(request, Act.ALTERATION, "sessions_end", (name,), "all")
    foundation(request).sign_in.accounts.end_sessions(name)
    return _to(name, "ended")


@act("/accounts/{account_id:str}/recover", _VERB)
def ask(request: Asked, account_id: FromPath[str], data: Form) -> Response[Any]:
    """Ask that an account be recovered, and show the first half of the code once."""
    name, by = _known(request, account_id), who(request).actor.account_id
    reason = field(data, "reason", REASON_MOST + 1)
    try:
        shown = ask_recovery(foundation(request).sign_in, name, by, reason, now())
    except AccountWrong as error:
        return _refused(request, name, "recovery_ask", "reason", error)
    _on_audit(request, Act.ALTERATION, "recovery_ask", (name,), shown.recovery.recovery_id)
    return _half(request, shown, "first")


@act("/accounts/{account_id:str}/recovery/{recovery_id:str}", _VERB)
def decide(
    request: Asked, account_id: FromPath[str], recovery_id: FromPath[str], data: Form
) -> Response[Any]:
    """Approve or refuse a recovery that somebody else asked for."""
    name, by = _known(request, account_id), who(request).actor.account_id
    sign_in, chosen, given = foundation(request).sign_in, field(data, "decision", 20), recovery_id
    found = recovery_of(sign_in.accounts, given[:60])
    if found is None or found.account_id != name:
        raise NotFound(unreachable(who(request).actor))
    try:
        if chosen == "refuse":
            refuse(sign_in, found.recovery_id, by, now())
            _on_audit(request, Act.ALTERATION, "recovery_refuse", (name,), found.recovery_id)
            return _to(name, "refused")
        if chosen != "approve":
            raise AccountWrong("choose whether to approve or to refuse")
        shown = approve(sign_in, found.recovery_id, by, now())
    except AccountWrong as error:
        return _refused(request, name, "recovery_decide", "decision", error)
    _on_audit(request, Act.ALTERATION, "recovery_approve", (name,), found.recovery_id)
    return _half(request, shown, "second")


@act("/accounts/{account_id:str}/link", _VERB)
def link(request: Asked, account_id: FromPath[str], data: Form) -> Response[Any]:
    """Link an account with one of the sign-in service."""
    name, by = _known(request, account_id), who(request).actor.account_id
    base, sub = foundation(request), field(data, "subject", 300)
    issuer = base.config.oidc.issuer
    try:
        link_identity(base.sign_in.accounts, name, issuer, sub, by, now())
    except AccountWrong as error:
        return _refused(request, name, "identity_link", "subject", error)
    _on_audit(request, Act.ALTERATION, "identity_link", (name,), issuer)
    return _to(name, "linked")


@act("/accounts/{account_id:str}/unlink", _VERB)
def unlink(
    request: Asked,
    account_id: FromPath[str],
    data: Form,  # noqa: ARG001  # carries the token
) -> Response[Any]:
    """Take the links of an account with sign-in services away, and end its sessions."""
    name = _known(request, account_id)
    _on_audit(request, Act.ALTERATION, "identity_unlink", (name,))
    unlink_identity(foundation(request).sign_in.accounts, name)
    foundation(request).sign_in.accounts.end_sessions(name)
    return _to(name, "unlinked")


@act("/accounts/{account_id:str}/reach", _VERB)
def reach(request: Asked, account_id: FromPath[str], data: Form) -> Response[Any]:
    """Change which wearers an account reaches; it holds from its next request on."""
    name, base = _known(request, account_id), foundation(request)
    held = base.sign_in.accounts.get(name)
    if held is None:
        raise NotFound(unreachable(who(request).actor))
    chosen = fields(data, "programmes")
    try:
        if name == who(request).actor.account_id:
            raise AccountWrong("nobody changes his own reach: another administrator does it")
        values = checked_reach(
            Role(held.role),
            field(data, "agency", NAME_MOST + 1),
            tuple(each for each in Programme if each.value in chosen),
            field(data, "team", NAME_MOST + 1),
        )
    except AccountWrong as error:
        return _refused(request, name, "user_alter", "agency", error)
    said = f"{values['agency'] or 'no agency'}; team {values['team'] or 'none'}; "
    said += f"programmes {', '.join(values['programmes']) or 'all'}"
    _on_audit(request, Act.ALTERATION, "user_alter", (name,), said)
    base.sign_in.accounts.alter(name, values)
    return _to(name, "reach")


def _page(
    request: Asked, account_id: AccountId, problems: dict[str, str], status: int
) -> Response[Any]:
    base, at = foundation(request), now()
    found = base.sign_in.accounts.get(account_id)
    if found is None:
        raise NotFound(unreachable(who(request).actor))
    asked = recoveries_of(base.sign_in.accounts, account_id)
    ids = {each for one in asked for each in (one.asked_by, one.decided_by) if each}
    context = {
        "account": found,
        "has_team": found.role == Role.PRACTITIONER.value,
        "can_be_limited": found.role in {role.value for role in LIMITED},
        "programmes": [(each.value, word(each)) for each in Programme],
        "stand": own_stand(base.sign_in, account_id, at),
        "recoveries": asked,
        "identities": identities_of(base.sign_in.accounts, account_id),
        "issuer": base.config.oidc.issuer,
        "names": base.sign_in.names(ids),
        "me": who(request).actor.account_id,
        "at": at,
        "problems": problems,
        "summary": [{"text": text, "href": f"#{place}"} for place, text in problems.items()],
        "said": SAID.get(request.query_params.get("done", ""), ""),
    }
    return show(request, "account_of.html", context, status)


def _half(request: Asked, shown: Shown, which: str) -> Response[Any]:
    base = foundation(request)
    holder = base.sign_in.accounts.get(shown.recovery.account_id)
    context = {"shown": shown, "which": which, "holder": holder}
    return show(request, "recovery_half.html", context)


def _refused(
    request: Asked, name: AccountId, question: str, place: str, error: AccountWrong
) -> Response[Any]:
    _on_audit(request, Act.ALTERATION, question, (name,), str(error)[:200], Outcome.REFUSED)
    text = str(error)
    return _page(request, name, {place: f"{text[:1].upper()}{text[1:]}"}, 422)


def _known(request: Asked, account_id: str) -> AccountId:
    found = foundation(request).sign_in.accounts.get(AccountId(account_id[:60]))
    if found is None:
        raise NotFound(unreachable(who(request).actor))
    return found.account_id


def _to(account_id: AccountId, said: str) -> Response[Any]:
    return Redirect(f"/accounts/{account_id}?done={said}", status_code=303)


def _on_audit(
    request: Asked,
    kind: Act,
    question: str,
    ids: tuple[str, ...],
    detail: str = "",
    outcome: Outcome = Outcome.ANSWERED,
) -> None:
    line = msgspec.structs.replace(
        line_of(who(request).actor, now(), kind, question),
        ids=ids,
        detail=detail,
        outcome=outcome,
        address=address_of(request),
    )
    audit_of(request).record(line)


ROUTES = (accounts, account, reach, end_sessions, ask, decide, link, unlink)
