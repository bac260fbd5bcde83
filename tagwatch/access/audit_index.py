"""Keeps the audit's index up with its streams, and reads lines by their place."""

from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import msgspec
from sqlalchemy import Connection

from tagwatch.access.audit import Act, AuditLine, audit_line, first_kept, open_reader, streams
from tagwatch.config import Config
from tagwatch.core.units import Instant, parse_iso
from tagwatch.store.audit_index import Place, drop_before, last_of, open_index, positions, put_lines
from tagwatch.store.journal.reader import JournalReader
from tagwatch.store.journal.record import Position, Record

CHUNK: Final = 1_000
NEAR: Final = 32
"""Lines that are read to come to one of them."""
NAME: Final = "audit-index.db"


class AuditEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One line with its place; `line` is None if it was lawfully erased."""

    place: Place
    line: AuditLine | None


def index_file(config: Config) -> Path:
    """Return where the index lies. It may be deleted: it is made anew."""
    return config.data / NAME


@contextmanager
def caught_up(config: Config, most: int) -> Generator[tuple[Connection, bool]]:
    """Give the index with what the streams have by now, and whether that is all: at most `most`
    lines are taken in at a time."""
    engine = open_index(index_file(config))
    try:
        taken = 0
        for stream in streams(config):
            while taken < most:
                with engine.begin() as connection:
                    count = _take(connection, config, stream, min(most - taken, 10 * CHUNK))
                taken += count
                if not count:
                    break
        with engine.begin() as connection:
            yield connection, taken < most
    finally:
        engine.dispose()


def drop_old(config: Config, at: Instant) -> None:
    """Take out of the index the lines that cannot be read any more at `at`."""
    if not (first := first_kept(at, config.audit.keep_years)):
        return
    engine = open_index(index_file(config))
    try:
        with engine.begin() as connection:
            drop_before(connection, parse_iso(f"{first}-01T00:00:00Z"))
    finally:
        engine.dispose()


def entries(index: Connection, config: Config, wanted: Sequence[Place]) -> list[AuditEntry]:
    """Return the lines at these places, in their order; a line that is gone is None."""
    found: dict[Place, AuditLine | None] = {}
    for stream in {place.stream for place in wanted}:
        of_stream = {place.seq: place for place in wanted if place.stream == stream}
        reader = open_reader(config, stream)
        try:
            for begin, seqs in _together(index, stream, of_stream):
                for record in reader.read(begin, seqs[-1], most=NEAR):
                    if record.seq in of_stream:
                        found[of_stream[record.seq]] = audit_line(record)
        finally:
            reader.close()
    return [AuditEntry(place=place, line=found.get(place)) for place in wanted]


def newest_line(reader: JournalReader) -> int:
    """Return the number of a stream's newest line, found by halving; 0 if it has none."""
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


def _together(
    index: Connection, stream: str, seqs: Iterable[int]
) -> list[tuple[Position, list[int]]]:
    """Return the lines that are read at once, by where that begins, in order."""
    known = positions(index, stream, list(seqs))
    grouped: dict[Position, list[int]] = {}
    for seq in sorted(known):
        grouped.setdefault(known[seq], []).append(seq)
    return list(grouped.items())


def _take(connection: Connection, config: Config, stream: str, most: int) -> int:
    last = last_of(connection, stream)
    reader = open_reader(config, stream)
    try:
        taken = 0
        begin = _begin(connection, stream, last)
        while taken < most:
            records = reader.read(begin, last + taken + most, most=NEAR)
            if not records:
                break
            new = [record for record in records if record.seq > last]
            _put(connection, stream, begin, new)
            taken += len(new)
            begin = reader.position
        return taken
    finally:
        reader.close()


def _begin(connection: Connection, stream: str, last: int) -> Position:
    """Return where reading on begins: some lines that are in the index are met again."""
    known = positions(connection, stream, [last])
    return Position(0, 0, 0) if last not in known else known[last]


def _put(connection: Connection, stream: str, begin: Position, records: Sequence[Record]) -> None:
    lines = [(record, audit_line(record)) for record in records]
    rows = [_row(stream, begin, record, line) for record, line in lines]
    named = [
        {"id": each, "at": record.received_at, "stream": stream, "seq": record.seq}
        for record, line in lines
        for each in _named(line)
    ]
    put_lines(connection, rows, named)


def _named(line: AuditLine | None) -> set[str]:
    return set() if line is None else set(line.ids)


def _row(stream: str, begin: Position, record: Record, line: AuditLine | None) -> dict[str, Any]:
    blank = AuditLine(at=Instant(0), by="", act=Act.CONSULTATION, question="")
    known = blank if line is None else line
    return {
        "stream": stream,
        "seq": record.seq,
        "at": record.received_at,
        "by": known.by,
        "role": known.role,
        "act": record.kind,
        "outcome": known.outcome.value,
        "question": known.question,
        "purpose": known.purpose,
        "address": known.address,
        "segment": begin.segment,
        "offset": begin.offset,
        "after": begin.seq,
    }
