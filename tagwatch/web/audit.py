"""The audit viewer: who asked or did what, when and why; one line with its proof; the file."""

import csv
import hashlib
import io
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

import msgspec
from litestar.params import FromPath
from litestar.response import Response

from tagwatch.access.audit import Act, Outcome
from tagwatch.access.enrolment import now
from tagwatch.access.purpose import SAYS, Purpose
from tagwatch.access.refusal import unreachable
from tagwatch.access.role import Verb
from tagwatch.access.written import HANDS_OUT
from tagwatch.core.timetable import Edge, from_london
from tagwatch.core.units import DAY, Instant, iso
from tagwatch.query.audit import (
    MOST_EXPORTED,
    AuditEntry,
    AuditSearch,
    Place,
    audit_lines,
    audit_one,
    chains,
    exported,
)
from tagwatch.query.audit import audit as ask_audit
from tagwatch.query.reader import NotFound
from tagwatch.query.who_looked import who_looked
from tagwatch.web.audit_words import QUESTIONS, about, detail
from tagwatch.web.foundation import Asked, address_of, audit_of, foundation, role_reader, who
from tagwatch.web.layout import show
from tagwatch.web.route import page
from tagwatch.web.whole import whole

ACTS: Final = (("", "Everything"), *((act.name, act.name.capitalize()) for act in Act))
OUTCOMES: Final = (("", "Either"), ("ANSWERED", "Answered"), ("REFUSED", "Refused"))
FIELDS: Final = (
    *("q", "who", "agency", "role", "act", "outcome", "question", "purpose"),
    *("about", "address", "since", "until", "stream"),
)
"""What the viewer can be asked for, by the names that addresses give them."""
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
_COLUMNS: Final = (
    *("stream", "number", "at", "account", "name", "role", "act", "outcome", "question"),
    *("purpose", "reason", "about", "detail", "address"),
)


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
        "names": base.sign_in.names(_accounts(found.entries)),
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
        "older": f"/audit?{kept}&before={_place_said(found.older)}" if found.older else "",
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
        "names": base.sign_in.names(_accounts((found.entry,))),
        "said": QUESTIONS,
        "detail": detail,
        "proof": msgspec.json.format(msgspec.json.encode(found.proof)).decode(),
    }
    return show(request, "audit_line.html", context)


@page("/audit/lines.csv", Verb.SEE_AUDIT, HANDS_OUT)
def as_table(request: Asked) -> Response[Any]:
    """Give the lines that a search finds as a table, itself on the audit with its digest."""
    found, names = _exported(request)
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(_COLUMNS)
    rows.writerows(map(_harmless, (_cells(entry, names) for entry in found)))
    return _file(request, text.getvalue().encode(), len(found), "csv", "text/csv")


@page("/audit/lines.jsonl", Verb.SEE_AUDIT, HANDS_OUT)
def as_json_lines(request: Asked) -> Response[Any]:
    """Give the lines that a search finds as JSON lines, itself on the audit with its digest."""
    found, names = _exported(request)
    rows = (dict(zip(_COLUMNS, _cells(entry, names), strict=True)) for entry in found)
    content = b"".join(msgspec.json.encode(row) + b"\n" for row in rows)
    return _file(request, content, len(found), "jsonl", "application/jsonl")


@page("/wearers/{wearer_id:str}/looks", Verb.SEE_CASELOAD)
def looks(request: Asked, wearer_id: FromPath[str]) -> Response[Any]:
    """Show the officer who answers for the case who looked at the wearer, and how often."""
    base = foundation(request)
    found = who_looked(role_reader(request), base.config, wearer_id)
    names = base.sign_in.names({each.by for each in found.lookers} - {""})
    return show(request, "who_looked.html", {"found": found, "names": names, "acts": tuple(Act)})


def _exported(request: Asked) -> tuple[list[AuditEntry], dict[str, str]]:
    base = foundation(request)
    found = audit_lines(base.config, _search(request, _given(request)))
    return found, base.sign_in.names(_accounts(found))


def _file(
    request: Asked, content: bytes, lines: int, kind: str, media_type: str
) -> Response[bytes]:
    search = _search(request, _given(request))
    made = f"{lines} lines as {kind}, sha256 {hashlib.sha256(content).hexdigest()}"
    exported(audit_of(request), who(request).actor, now(), search, made, address_of(request))
    return Response(
        content,
        headers={
            "content-type": f"{media_type}; charset=utf-8",
            "content-disposition": f'attachment; filename="audit.{kind}"',
        },
    )


def _cells(entry: AuditEntry, names: dict[str, str]) -> tuple[str, ...]:
    """Return a line as the cells of a table; one that was erased has its place and time alone."""
    line, place = entry.line, entry.place
    head = (place.stream, str(place.seq), iso(place.at))
    if line is None:
        return (*head, *("" for _ in _COLUMNS[len(head) :]))
    cells = (
        *(line.by, names.get(line.by, ""), line.role, line.act.name.lower()),
        *(line.outcome.name.lower(), line.question, line.purpose, line.purpose_words),
        *(" ".join(line.ids), line.detail, line.address),
    )
    return (*head, *cells)


def _harmless(cells: tuple[str, ...]) -> list[str]:
    """Return cells none of which a spreadsheet takes for a formula."""
    return [f"'{each}" if each.startswith(_FORMULA) else each for each in cells]


def _accounts(entries: Any) -> set[str]:
    return {entry.line.by for entry in entries if entry.line is not None} - {""}


def _offered(none: str, values: Any) -> tuple[tuple[str, str], ...]:
    return (("", none), *values)


def _given(request: Asked) -> dict[str, str]:
    return {name: request.query_params.get(name, "").strip()[:100] for name in FIELDS}


def _search(request: Asked, given: dict[str, str]) -> AuditSearch:
    act, outcome, until = given["act"], given["outcome"], _day(given["until"])
    return AuditSearch(
        stream=given["stream"],
        words=given["q"],
        by=_by(request, given),
        role=given["role"],
        act=Act[act].value if act in Act.__members__ else 0,
        outcome=Outcome[outcome].value if outcome in Outcome.__members__ else 0,
        questions=(given["question"],) if given["question"] else None,
        purpose=given["purpose"],
        about=given["about"],
        address=given["address"],
        since=_day(given["since"]),
        until=None if until is None else Instant(until + DAY),
        before=_place(request.query_params.get("before", "")),
    )


def _by(request: Asked, given: dict[str, str]) -> tuple[str, ...] | None:
    """Return the accounts that `who` and `agency` name: by id, or by part of a name."""
    named, agency = given["who"].casefold(), given["agency"]
    if not named and not agency:
        return None
    found = {
        each.account_id
        for each in foundation(request).sign_in.accounts.all()
        if (not agency or each.agency == agency)
        and (named in each.full_name.casefold() or named == each.account_id.casefold())
    }
    return tuple(sorted({*found, given["who"]} if named and not agency else found))


def _place_said(place: Place) -> str:
    return f"{place.at}.{place.seq}.{place.stream}"


def _place(given: str) -> Place | None:
    """Return the place that an address names, None if it names none."""
    at, _, rest = given[:100].partition(".")
    seq, _, stream = rest.partition(".")
    if not (when := whole(at, digits=17)) or not (number := whole(seq, digits=15)) or not stream:
        return None
    return Place(Instant(when), stream, number)


def _day(given: str) -> Instant | None:
    """Return the London midnight that begins a date such as 2026-11-22, None if it is none."""
    try:
        return from_london(datetime.strptime(given[:10], "%Y-%m-%d"), Edge.FROM)  # noqa: DTZ007  # from_london gives it its zone
    except (ValueError, OverflowError):
        return None


ROUTES = (audit, one_line, as_table, as_json_lines, looks)
