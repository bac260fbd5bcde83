"""The audit through the API: searched, one line with its proof, handed out. Each is on it."""

from typing import Final

import msgspec

from tagwatch.access.audit import Act, Outcome
from tagwatch.access.purpose import Purpose
from tagwatch.access.refusal import unreachable
from tagwatch.access.role import Verb
from tagwatch.access.written import HANDS_OUT
from tagwatch.core.units import Instant
from tagwatch.query.audit import (
    AuditEntry,
    AuditSearch,
    InclusionProof,
    Place,
    audit,
    audit_one,
    exported,
)
from tagwatch.query.reader import NotFound
from tagwatch.web.api_endpoint import Endpoint, read
from tagwatch.web.api_record import Call, Wrong
from tagwatch.web.audit_search import (
    FIELDS,
    AuditFile,
    accounts_in,
    file_of,
    place_of,
    place_said,
    search_of,
)
from tagwatch.web.whole import whole

_KINDS: Final = ("csv", "jsonl")
_ASKS: Final = (
    ("q", "Part of the account, question, detail, reason, network address or an id"),
    ("who", "An account by its id, or part of a name"),
    ("agency", "Agency of the account"),
    ("role", "Role"),
    ("act", f"Verb: {', '.join(act.name for act in Act)}"),
    ("outcome", f"{', '.join(outcome.name for outcome in Outcome)}"),
    ("question", "Question or verb, as the audit names it"),
    ("purpose", f"One of {', '.join(Purpose)}"),
    ("about", "Id of a wearer, alert, case or request"),
    ("address", "Network address"),
    ("since", "First day in London, as 2026-11-22"),
    ("until", "Last day in London"),
    ("stream", "Process"),
    ("before", "`older` of the page before: go on there"),
)


class AuditRow(msgspec.Struct, frozen=True, kw_only=True):
    """One line; of one that was lawfully erased only place and time are left."""

    stream: str
    number: int
    at: Instant
    account: str = ""
    name: str = ""
    role: str = ""
    act: str = ""
    outcome: str = ""
    question: str = ""
    purpose: str = ""
    reason: str = ""
    about: tuple[str, ...] = ()
    detail: str = ""
    address: str = ""


class AuditRows(msgspec.Struct, frozen=True, kw_only=True):
    """At most 50 lines, newest first."""

    rows: tuple[AuditRow, ...]
    older: str
    """Give it as `before` for what follows; empty if nothing does."""
    complete: bool
    """False if the search stopped before it had read everything: go on with `older`."""
    up_to_date: bool
    """False while the index has yet to take in lines."""


class AuditProved(msgspec.Struct, frozen=True, kw_only=True):
    """One line with the proof that it stands on its chain; `problem` where it cannot be proved."""

    row: AuditRow
    proof: InclusionProof | None
    problem: str


def _lines(call: Call) -> AuditRows:
    asked = (call.config, call.audit, call.reader.actor, call.reader.now())
    found = audit(*asked, _search(call), call.address)
    names = call.sign_in.names(accounts_in(found.entries))
    return AuditRows(
        rows=tuple(_row(entry, names) for entry in found.entries),
        older=place_said(found.older) if found.older else "",
        complete=found.complete,
        up_to_date=found.up_to_date,
    )


def _one(call: Call) -> AuditProved:
    number = whole(call.path["number"], 0, digits=15)
    place = Place(Instant(0), call.path["stream"][:40], number)
    asked = (call.config, call.audit, call.reader.actor, call.reader.now())
    found = audit_one(*asked, place, call.address)
    if found is None:
        raise NotFound(unreachable(call.reader.actor))
    names = call.sign_in.names(accounts_in((found.entry,)))
    row = _row(found.entry, names)
    return AuditProved(row=row, proof=found.proof, problem=found.problem)


def _file(call: Call) -> AuditFile:
    kind = call.query.get("format", "csv")
    if kind not in _KINDS:
        raise Wrong(f"format is none of: {', '.join(_KINDS)}")
    search = _search(call)
    made = file_of(call.config, call.sign_in, search, kind)
    asking = (call.audit, call.reader.actor, call.reader.now())
    exported(*asking, search, made.said, call.address)
    return made


def _search(call: Call) -> AuditSearch:
    """Return what is asked for. Raises Wrong where a filter would silently leave everything in."""
    given = {name: call.query.get(name, "").strip()[:100] for name in FIELDS}
    for name, known in (("act", Act.__members__), ("outcome", Outcome.__members__)):
        if given[name] and given[name] not in known:
            raise Wrong(f"{name} is none of: {', '.join(known)}")
    before = call.query.get("before", "")
    if before and place_of(before) is None:
        raise Wrong("before is not what `older` of a page said: give that, unchanged")
    search = search_of(call.sign_in, given, before)
    for name, found in (("since", search.since), ("until", search.until)):
        if given[name] and found is None:
            raise Wrong(f"{name} is no day such as 2026-11-22")
    return search


def _row(entry: AuditEntry, names: dict[str, str]) -> AuditRow:
    line, place = entry.line, entry.place
    if line is None:
        return AuditRow(stream=place.stream, number=place.seq, at=place.at)
    return AuditRow(
        stream=place.stream,
        number=place.seq,
        at=line.at,
        account=line.by,
        name=names.get(line.by, ""),
        role=line.role,
        act=line.act.name.lower(),
        outcome=line.outcome.name.lower(),
        question=line.question,
        purpose=line.purpose,
        reason=line.purpose_words,
        about=line.ids,
        detail=line.detail,
        address=line.address,
    )


AUDIT: Final[tuple[Endpoint, ...]] = (
    read(
        "search_audit",
        "/audit",
        Verb.SEE_AUDIT,
        "Lines of the audit of all processes, newest first, 50 at a time; asking is on it",
        _lines,
        AuditRows,
        asks=_ASKS,
        purpose=Purpose.UPKEEP,
    ),
    read(
        "export_audit",
        "/audit/export",
        Verb.SEE_AUDIT,
        "What a search of the audit finds as a file, at most 100,000 lines, with its digest",
        _file,
        AuditFile,
        asks=(("format", "csv or jsonl"), *_ASKS),
        purpose=Purpose.UPKEEP,
        writes=HANDS_OUT,
    ),
    read(
        "get_audit_line",
        "/audit/lines/{stream:str}/{number:str}",
        Verb.SEE_AUDIT,
        "One line of the audit with the proof that it stands on its chain",
        _one,
        AuditProved,
        purpose=Purpose.UPKEEP,
    ),
)
