"""Looks that another person should ask about, and whom one knows privately."""

from typing import Any, Final

from litestar.params import FromPath
from litestar.response import Redirect, Response

from tagwatch.access.audit import Act, line_of
from tagwatch.access.enrolment import AccountWrong, now
from tagwatch.access.role import Verb
from tagwatch.access.ties import NUMBER_MOST, Relation, declare_tie, end_tie, ties_of
from tagwatch.access.written import COLLECTS
from tagwatch.core.odd_looks import WHY, Oddity
from tagwatch.query.odd_looks import DAYS, WORDS_MOST, OddList, odd_list, review_odd
from tagwatch.web.foundation import Asked, audit_of, foundation, who
from tagwatch.web.layout import show
from tagwatch.web.route import Form, act, field, page
from tagwatch.web.whole import whole

AT: Final = "/audit/odd"
TIES: Final = "/your-ties"
TITLES: Final = {
    Oddity.TIE: "Somebody he knows",
    Oddity.SAME_SURNAME: "A namesake",
    Oddity.NIGHT: "At night",
    Oddity.MASS: "Many people in an hour",
    Oddity.NOT_HIS: "Again and again, not his case",
    Oddity.REFUSED: "Many refusals",
    Oddity.BREAK_GLASS: "Break-glass again and again",
    Oddity.HANDED_OUT: "Many files handed out",
    Oddity.SAME_WORDS: "The same reason for many people",
}
RELATIONS: Final = (
    (Relation.PARTNER, "Is or was my partner"),
    (Relation.RELATIVE, "A relative of mine, or of my partner"),
    (Relation.FRIEND, "A friend, or a friend's relative"),
    (Relation.NEIGHBOUR, "A neighbour"),
    (Relation.WORK, "From work, school or a club"),
    (Relation.OTHER, "Otherwise"),
)


@page(AT, Verb.SEE_AUDIT)
def odd(request: Asked) -> Response[Any]:
    """Show what somebody should ask about."""
    return _odd(request, _list(request), {}, 200)


@act(f"{AT}/{{odd_id:str}}", Verb.SEE_AUDIT)
def review(request: Asked, odd_id: FromPath[str], data: Form) -> Response[Any]:
    """Put on the audit what came of asking."""
    found = _list(request)
    words = field(data, "words", WORDS_MOST + 1)
    audit, actor = audit_of(request), who(request).actor
    problem = review_odd(audit, actor, now(), found, odd_id[:40], words)
    if problem:
        return _odd(request, found, {odd_id: (words, problem)}, 422)
    return Redirect(f"{AT}?days={found.days}", status_code=303)


@page(TIES, Verb.USE_OWN_ACCOUNT)
def ties(request: Asked) -> Response[Any]:
    """Show whom one has declared to know, and the form."""
    return _ties(request, {}, "", 200)


@act(TIES, Verb.USE_OWN_ACCOUNT, COLLECTS)
def declare(request: Asked, data: Form) -> Response[Any]:
    """Keep that one knows whoever has a number."""
    base, actor = foundation(request), who(request).actor
    typed = {name: field(data, name, NUMBER_MOST + 1) for name in ("number", "relation")}
    own = actor.account_id
    try:
        declare_tie(base.sign_in, own, typed["number"], typed["relation"], own, now())
    except AccountWrong as error:
        return _ties(request, typed, str(error), 422)
    audit_of(request).record(line_of(actor, now(), Act.COLLECTION, "declare_tie"))
    return Redirect(TIES, status_code=303)


@act(f"{TIES}/{{tie_id:str}}/end", Verb.USE_OWN_ACCOUNT)
def end(request: Asked, tie_id: FromPath[str], data: Form) -> Response[Any]:  # noqa: ARG001  # the form's token
    """End a declaration."""
    base, actor = foundation(request), who(request).actor
    try:
        end_tie(base.sign_in, actor.account_id, tie_id[:40], now())
    except AccountWrong as error:
        return _ties(request, {}, str(error), 404)
    audit_of(request).record(line_of(actor, now(), Act.ALTERATION, "end_tie"))
    return Redirect(TIES, status_code=303)


def _list(request: Asked) -> OddList:
    base = foundation(request)
    asked = whole(request.query_params.get("days", ""), digits=3)
    days = asked if asked in DAYS else DAYS[1]
    actor = who(request).actor
    return odd_list(
        base.config, base.projections, base.sign_in, audit_of(request), actor, now(), days
    )


def _odd(
    request: Asked, found: OddList, typed: dict[str, tuple[str, str]], status: int
) -> Response[Any]:
    ids = {row.odd.by for row in found.rows} | {r.review.by for r in found.rows if r.review}
    context = {
        "found": found,
        "names": foundation(request).sign_in.names(ids),
        "titles": TITLES,
        "why": WHY,
        "days": DAYS,
        "typed": typed,
        "open": sum(row.is_open for row in found.rows),
    }
    return show(request, "odd_looks.html", context, status)


def _ties(request: Asked, typed: dict[str, str], problem: str, status: int) -> Response[Any]:
    base, actor = foundation(request), who(request).actor
    audit_of(request).record(line_of(actor, now(), Act.CONSULTATION, "ties"))
    context = {
        "ties": ties_of(base.sign_in, actor.account_id),
        "relations": [{"value": value.value, "text": text} for value, text in RELATIONS],
        "said": {value.value: text for value, text in RELATIONS},
        "typed": typed,
        "problem": problem,
    }
    return show(request, "ties.html", context, status)


ROUTES = (odd, review, ties, declare, end)
