"""The audit viewer: who asked or did what, when and why; one line with its proof; the file."""

from typing import Any, Final
from urllib.parse import urlencode

import msgspec
from litestar.params import FromPath
from litestar.response import Response

from tagwatch.access.audit import Act
from tagwatch.access.enrolment import now
from tagwatch.access.purpose import SAYS, Purpose
from tagwatch.access.refusal import unreachable
from tagwatch.access.role import Verb
from tagwatch.access.written import HANDS_OUT
from tagwatch.core.units import Instant
from tagwatch.query.audit import (
    MOST_EXPORTED,
    AuditSearch,
    Place,
    audit_one,
    chains,
    exported,
)
from tagwatch.query.audit import audit as ask_audit
from tagwatch.query.reader import NotFound
from tagwatch.query.who_looked import who_looked
from tagwatch.web.audit_search import FIELDS, accounts_in, file_of, place_said, search_of
from tagwatch.web.audit_words import QUESTIONS, about, detail
from tagwatch.web.foundation import Asked, address_of, audit_of, foundation, role_reader, who
from tagwatch.web.layout import show
from tagwatch.web.route import page

ACTS: Final = (("", "Everything"), *((act.name, act.name.capitalize()) for act in Act))
OUTCOMES: Final = (("", "Either"), ("ANSWERED", "Answered"), ("REFUSED", "Refused"))


@page("/audit", Verb.SEE_AUDIT)
def audit(request: Asked) -> Response[Any]:
    """Show one page of the audit, newest first."""
    base, given = foundation(request), _given(request)
    search = _search(request, given)
    found = ask_audit(
        base.config, audit_of(request), who(request).actor, now(), search, address_of(request)
    )
    kept = urlencode({name: value for name, value in given.items() if value})
    agencies = sorted({each.agency for each in base.sign_in.accounts.all() if each.agency})
    context = {
        "found": found,
        "names": base.sign_in.names(accounts_in(found.entries)),
        "asked": given,
        "said": QUESTIONS,
        "about": about,
        "detail": detail,
        "acts": ACTS,
        "outcomes": OUTCOMES,
        "streams": _offered("All", ((name, name) for name in found.streams)),
        "roles": _offered("Any", ((name, name) for name in found.roles)),
        "agencies": _offered("Any", ((name, name) for name in agencies)),
        "purposes": _offered("Any", ((each.value, SAYS[each]) for each in Purpose)),
        "questions": _offered("Any", ((n, QUESTIONS.get(n, n)[:60]) for n in found.questions)),
        "older": f"/audit?{kept}&before={place_said(found.older)}" if found.older else "",
        "newest": f"/audit?{kept}",
        "kept": kept,
        "most": MOST_EXPORTED,
        "chains": chains(base.config) if request.query_params.get("check") else (),
        "check": f"/audit?{kept}&check=1",
        "first": search.before is None,
    }
    return show(request, "audit.html", context)


@page("/audit/lines/{stream:str}/{number:int}", Verb.SEE_AUDIT)
def one_line(request: Asked, stream: FromPath[str], number: FromPath[int]) -> Response[Any]:
    """Show everything of one line, and the proof that it stands on its chain."""
    base = foundation(request)
    place = Place(Instant(0), stream[:40], min(max(number, 0), 10**15))
    found = audit_one(
        base.config, audit_of(request), who(request).actor, now(), place, address_of(request)
    )
    if found is None:
        raise NotFound(unreachable(who(request).actor))
    context = {
        "found": found,
        "line": found.entry.line,
        "names": base.sign_in.names(accounts_in((found.entry,))),
        "said": QUESTIONS,
        "detail": detail,
        "proof": msgspec.json.format(msgspec.json.encode(found.proof)).decode(),
    }
    return show(request, "audit_line.html", context)


@page("/audit/lines.csv", Verb.SEE_AUDIT, HANDS_OUT)
def as_table(request: Asked) -> Response[Any]:
    """Give the lines that a search finds as a table, itself on the audit with its digest."""
    return _file(request, "csv", "text/csv")


@page("/audit/lines.jsonl", Verb.SEE_AUDIT, HANDS_OUT)
def as_json_lines(request: Asked) -> Response[Any]:
    """Give the lines that a search finds as JSON lines, itself on the audit with its digest."""
    return _file(request, "jsonl", "application/jsonl")


@page("/wearers/{wearer_id:str}/looks", Verb.SEE_CASELOAD)
def looks(request: Asked, wearer_id: FromPath[str]) -> Response[Any]:
    """Show the officer who answers for the case who looked at the wearer, and how often."""
    base = foundation(request)
    found = who_looked(role_reader(request), base.config, wearer_id)
    names = base.sign_in.names({each.by for each in found.lookers} - {""})
    return show(request, "who_looked.html", {"found": found, "names": names, "acts": tuple(Act)})


def _file(request: Asked, kind: str, media_type: str) -> Response[bytes]:
    base, search = foundation(request), _search(request, _given(request))
    made = file_of(base.config, base.sign_in, search, kind)
    exported(audit_of(request), who(request).actor, now(), search, made.said, address_of(request))
    return Response(
        made.content,
        headers={
            "content-type": f"{media_type}; charset=utf-8",
            "content-disposition": f'attachment; filename="{made.name}"',
        },
    )


def _offered(none: str, values: Any) -> tuple[tuple[str, str], ...]:
    return (("", none), *values)


def _given(request: Asked) -> dict[str, str]:
    return {name: request.query_params.get(name, "").strip()[:100] for name in FIELDS}


def _search(request: Asked, given: dict[str, str]) -> AuditSearch:
    before = request.query_params.get("before", "")
    return search_of(foundation(request).sign_in, given, before)


ROUTES = (audit, one_line, as_table, as_json_lines, looks)
