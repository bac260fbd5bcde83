"""What was asked and done, by whom and why: the audit's lines, newest first."""

from pathlib import Path
from typing import Final

import msgspec

from tagwatch.access.actor import Actor
from tagwatch.access.audit import (
    Act,
    AuditLine,
    AuditTrail,
    Outcome,
    audit_line,
    line_of,
    open_reader,
    streams,
)
from tagwatch.config import Config
from tagwatch.core.units import Instant
from tagwatch.store.journal.files import OsFiles
from tagwatch.store.journal.reader import JournalReader
from tagwatch.store.journal.verify import verify

PAGE: Final = 50
CHUNK: Final = 1_000
MOST_SEARCHED: Final = 50_000
"""Lines looked through for one page; the page says where to go on."""


class AuditSearch(msgspec.Struct, frozen=True, kw_only=True):
    """What to look for; empty fields leave everything in."""

    stream: str = "web"
    words: str = ""
    """Part of the account, question, detail, or an id the answer names."""
    act: Act | None = None
    outcome: Outcome | None = None
    since: Instant | None = None
    until: Instant | None = None
    before: int = 0
    """Lines before this number; 0 begins at the newest."""


class AuditEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One line with its number in its stream; `line` is None if it was lawfully erased."""

    seq: int
    at: Instant
    line: AuditLine | None


class AuditPage(msgspec.Struct, frozen=True, kw_only=True):
    """One page of a stream, newest first."""

    stream: str
    streams: tuple[str, ...]
    entries: tuple[AuditEntry, ...]
    older: int
    """Pass it as `before` for what follows; 0 if nothing does."""
    complete: bool
    """False if the search stopped after MOST_SEARCHED lines."""


class ChainView(msgspec.Struct, frozen=True, kw_only=True):
    """What checking every byte of a stream showed."""

    state: str
    head: int
    digest: str
    records: int
    problems: tuple[str, ...]


def audit(
    config: Config, trail: AuditTrail, actor: Actor, at: Instant, search: AuditSearch
) -> AuditPage:
    """Return one page of the audit. Looking at it is on it, before the answer."""
    known = streams(config)
    stream = search.stream if search.stream in known else next(iter(known), "web")
    line = line_of(actor, at, Act.CONSULTATION, "audit")
    trail.record(msgspec.structs.replace(line, detail=f"{stream} {search.words}"[:200]))
    reader = open_reader(config, stream)
    try:
        last = _last(reader, search.before)
        entries, older, complete = _search(reader, search, last)
    finally:
        reader.close()
    return AuditPage(
        stream=stream,
        streams=tuple(known),
        entries=tuple(entries),
        older=older,
        complete=complete,
    )


def chain(config: Config, stream: str) -> ChainView | None:
    """Check every byte of a stream and return what it proves; None for an unknown stream."""
    if stream not in streams(config):
        return None
    folder: Path = config.audit_folder(stream)
    report = verify(folder, OsFiles())
    return ChainView(
        state=report.chain.value,
        head=report.head.seq,
        digest=report.head.digest,
        records=report.records,
        problems=(*report.contradictions, *(str(place) for place in report.damage)),
    )


def newest_line(reader: JournalReader) -> int:
    """Return the number of a stream's newest line, 0 if it has none."""
    return _last(reader, 0)


def _last(reader: JournalReader, before: int) -> int:
    """Return the number of the newest line before `before` (0: of all), found by halving."""
    if before > 0:
        return before - 1
    low, high = 0, CHUNK
    while reader.get(high) is not None:
        low, high = high, high * 2
    while high - low > 1:
        middle = (low + high) // 2
        if reader.get(middle) is None:
            high = middle
        else:
            low = middle
    return low


def _search(
    reader: JournalReader, search: AuditSearch, last: int
) -> tuple[list[AuditEntry], int, bool]:
    found: list[AuditEntry] = []
    searched, high = 0, last
    while high > 0 and searched < MOST_SEARCHED:
        low = max(0, high - CHUNK)
        records = reader.read(low, high, most=CHUNK)
        for record in reversed(records):
            searched += 1
            entry = AuditEntry(seq=record.seq, at=record.received_at, line=audit_line(record))
            if search.since is not None and entry.at < search.since:
                return found, 0, True
            if _matches(entry, search):
                found.append(entry)
                if len(found) == PAGE:
                    return found, record.seq if record.seq > 1 else 0, True
        high = low
    return found, high + 1 if high else 0, not high


def _matches(entry: AuditEntry, search: AuditSearch) -> bool:
    line = entry.line
    if search.until is not None and entry.at >= search.until:
        return False
    if line is None:
        return not search.words
    if search.act is not None and line.act is not search.act:
        return False
    if search.outcome is not None and line.outcome is not search.outcome:
        return False
    if not search.words:
        return True
    heap = " ".join((line.by, line.role, line.question, line.detail, line.purpose, *line.ids))
    return search.words.lower() in heap.lower()
