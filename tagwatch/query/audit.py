"""What was asked and done, by whom and why: the audit's lines of all processes, newest first."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec
from sqlalchemy import Connection

from tagwatch.access.actor import Actor
from tagwatch.access.audit import (
    Act,
    AnswerAudit,
    AuditLine,
    AuditTrail,
    Outcome,
    line_of,
    streams,
)
from tagwatch.access.audit_index import AuditEntry, caught_up, entries
from tagwatch.config import Config
from tagwatch.core.units import Instant
from tagwatch.store.audit_index import Found, Place, places, words_of
from tagwatch.store.journal.errors import JournalError
from tagwatch.store.journal.files import OsFiles
from tagwatch.store.journal.proof import InclusionProof, prove
from tagwatch.store.journal.verify import verify

PAGE: Final = 50
CHUNK: Final = 500
MOST_SEARCHED: Final = 20_000
"""Lines whose words are read for one page; the page says where to go on."""
MOST_TAKEN_IN: Final = 10_000
"""New lines that the index takes in for one question; more are left to the batch process."""
MOST_EXPORTED: Final = 100_000


class AuditSearch(Found, frozen=True, kw_only=True):
    """What to look for; empty fields leave everything in."""

    words: str = ""
    """Part of the account, question, detail, reason, or an id that the line names."""
    before: Place | None = None
    """Lines before this one; None begins at the newest."""


class AuditPage(msgspec.Struct, frozen=True, kw_only=True):
    """One page, newest first."""

    streams: tuple[str, ...]
    questions: tuple[str, ...]
    roles: tuple[str, ...]
    entries: tuple[AuditEntry, ...]
    older: Place | None
    """Pass it as `before` for what follows; None if nothing does. Lines that come in meanwhile
    alter nothing of that."""
    complete: bool
    """False if the search stopped after MOST_SEARCHED lines."""
    up_to_date: bool
    """False while the index has yet to take in lines."""


class AuditOne(msgspec.Struct, frozen=True, kw_only=True):
    """One line with the proof that it stands on its chain, None where it cannot be proved."""

    entry: AuditEntry
    proof: InclusionProof | None
    problem: str


class ChainView(msgspec.Struct, frozen=True, kw_only=True):
    """What checking every byte of a stream showed."""

    stream: str
    state: str
    head: int
    digest: str
    records: int
    problems: tuple[str, ...]


def audit(
    config: Config,
    trail: AuditTrail | AnswerAudit,
    actor: Actor,
    at: Instant,
    search: AuditSearch,
    address: str,
) -> AuditPage:
    """Return one page of the audit. Looking at it is on it, before the answer."""
    _told(trail, actor, at, Act.CONSULTATION, "audit", said_of(search), address)
    with caught_up(config, MOST_TAKEN_IN) as (index, up_to_date):
        questions, roles = words_of(index)
        found, older, complete = _page(config, index, search)
    return AuditPage(
        streams=tuple(streams(config)),
        questions=tuple(questions),
        roles=tuple(roles),
        entries=tuple(found),
        older=older,
        complete=complete,
        up_to_date=up_to_date,
    )


def audit_one(
    config: Config,
    trail: AuditTrail | AnswerAudit,
    actor: Actor,
    at: Instant,
    place: Place,
    address: str,
) -> AuditOne | None:
    """Return one line with its proof to the head of its stream; None if there is none there."""
    _told(trail, actor, at, Act.CONSULTATION, "audit_line", f"{place.stream} {place.seq}", address)
    if place.stream not in streams(config):
        return None
    with caught_up(config, MOST_TAKEN_IN) as (index, _):
        (entry,) = entries(index, config, [place])
    if entry.line is None:
        return None
    try:
        proof = prove(config.audit_folder(place.stream), OsFiles(), place.seq)
    except JournalError as error:
        return AuditOne(entry=entry, proof=None, problem=str(error))
    return AuditOne(entry=entry, proof=proof, problem="")


def audit_lines(config: Config, search: AuditSearch) -> list[AuditEntry]:
    """Return the lines of an export, newest first, at most MOST_EXPORTED. Say that they are handed
    out by `exported`, before they are."""
    with caught_up(config, MOST_TAKEN_IN) as (index, _):
        found = places(index, search, search.before, MOST_EXPORTED)
        return [
            each
            for first in range(0, len(found), CHUNK)
            for each in entries(index, config, found[first : first + CHUNK])
            if _matches(each, search.words)
        ]


def exported(
    trail: AuditTrail | AnswerAudit,
    actor: Actor,
    at: Instant,
    search: AuditSearch,
    made: str,
    address: str,
) -> None:
    """Put on the audit that lines of it are handed out; `made` says how many, with the digest."""
    detail = f"{made} {said_of(search)}"
    _told(trail, actor, at, Act.DISCLOSURE, "audit_export", detail, address)


def said_of(search: AuditSearch) -> str:
    """Return what was looked for, for the audit."""
    given = msgspec.to_builtins(search)
    return " ".join(f"{name}={value}" for name, value in given.items() if value)[:300]


def chains(config: Config) -> list[ChainView]:
    """Check every byte of each stream and return what that proves."""
    found: list[ChainView] = []
    for stream in streams(config):
        folder: Path = config.audit_folder(stream)
        report = verify(folder, OsFiles())
        found.append(
            ChainView(
                stream=stream,
                state=report.chain.value,
                head=report.head.seq,
                digest=report.head.digest,
                records=report.records,
                problems=(*report.contradictions, *(str(place) for place in report.damage)),
            )
        )
    return found


def _told(
    trail: AuditTrail | AnswerAudit,
    actor: Actor,
    at: Instant,
    act: Act,
    question: str,
    detail: str,
    address: str,
) -> None:
    line = line_of(actor, at, act, question)
    trail.record(msgspec.structs.replace(line, detail=detail, address=address))


def _page(
    config: Config, index: Connection, search: AuditSearch
) -> tuple[list[AuditEntry], Place | None, bool]:
    """Return the lines of a page, where the next begins, and whether enough was searched."""
    if not search.words:
        found = places(index, search, search.before, PAGE + 1)
        shown = found[:PAGE]
        return entries(index, config, shown), shown[-1] if len(found) > PAGE else None, True
    matching: list[AuditEntry] = []
    searched, last = 0, search.before
    for each in _in_chunks(config, index, search):
        searched, last = searched + 1, each.place
        if _matches(each, search.words):
            matching.append(each)
        if len(matching) == PAGE or searched == MOST_SEARCHED:
            return matching, last, len(matching) == PAGE
    return matching, None, True


def _in_chunks(config: Config, index: Connection, search: AuditSearch) -> Iterator[AuditEntry]:
    before = search.before
    while found := places(index, search, before, CHUNK):
        yield from entries(index, config, found)
        before = found[-1]


def _matches(entry: AuditEntry, words: str) -> bool:
    line = entry.line
    if not words or line is None:
        return not words
    return words.lower() in _heap(line)


def _heap(line: AuditLine) -> str:
    said = (line.by, line.role, line.question, line.detail, line.purpose, line.purpose_words)
    return " ".join((*said, line.address, *line.ids)).lower()


__all__ = [
    "MOST_EXPORTED",
    "AuditEntry",
    "AuditOne",
    "AuditPage",
    "AuditSearch",
    "ChainView",
    "InclusionProof",
    "Outcome",
    "Place",
    "audit",
    "audit_lines",
    "audit_one",
    "chains",
    "exported",
    "said_of",
]
