"""What the audit's lines are found by: an index of its streams, made anew whenever it is gone.

It holds ids, times and the names of questions; no words of anybody and no detail, which stay
encrypted in the streams.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Engine,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    delete,
    func,
    insert,
    select,
    tuple_,
)

from tagwatch.core.units import Instant
from tagwatch.store.database import Access, open_database
from tagwatch.store.journal.record import Position

_MADE_AS: Final = 1
"""Of the tables below; an index made otherwise is made anew."""
_metadata = MetaData()

audit_line = Table(
    "audit_line",
    _metadata,
    Column("stream", String, primary_key=True),
    Column("seq", BigInteger, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("by", String, nullable=False),
    Column("role", String, nullable=False),
    Column("act", Integer, nullable=False),
    Column("outcome", Integer, nullable=False),
    Column("question", String, nullable=False),
    Column("purpose", String, nullable=False),
    Column("address", String, nullable=False),
    # Where reading begins that comes to the line soon: a journal's Position.
    Column("segment", Integer, nullable=False),
    Column("offset", BigInteger, nullable=False),
    Column("after", BigInteger, nullable=False),
    Index("audit_line_at", "at", "stream", "seq"),
    Index("audit_line_by", "by", "at", "stream", "seq"),
    Index("audit_line_act", "act", "outcome", "at", "stream", "seq"),
    Index("audit_line_question", "question", "at", "stream", "seq"),
    sqlite_with_rowid=False,
)
audit_named = Table(
    "audit_named",
    _metadata,
    Column("id", String, primary_key=True),
    Column("at", BigInteger, primary_key=True),
    Column("stream", String, primary_key=True),
    Column("seq", BigInteger, primary_key=True),
    Index("audit_named_at", "at"),
    sqlite_with_rowid=False,
)


class Place(msgspec.Struct, frozen=True, order=True):
    """Where a line stands among all: by its time, its stream and its number."""

    at: Instant
    stream: str
    seq: int


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """What is looked for; empty fields leave everything in."""

    stream: str = ""
    by: tuple[str, ...] | None = None
    """Any of these accounts."""
    role: str = ""
    act: int = 0
    outcome: int = 0
    questions: tuple[str, ...] | None = None
    purpose: str = ""
    about: str = ""
    """The id of a wearer, alert, case, request … that the line names."""
    address: str = ""
    since: Instant | None = None
    until: Instant | None = None


def open_index(path: Path) -> Engine:
    """Return the index at `path`, made if absent or if an earlier release made it otherwise."""
    engine = open_database(path, Access.WRITE)
    with engine.begin() as connection:
        raw = connection.exec_driver_sql
        if raw("PRAGMA user_version").scalar_one() != _MADE_AS:
            _metadata.drop_all(connection)
            _metadata.create_all(connection)
            raw(f"PRAGMA user_version={_MADE_AS}")
    path.chmod(0o600)
    return engine


def last_of(connection: Connection, stream: str) -> int:
    """Return the number of the last line of a stream that is in the index; 0: none is."""
    seq = select(func.max(audit_line.c.seq)).where(audit_line.c.stream == stream)
    return connection.scalar(seq) or 0


def put_lines(
    connection: Connection, rows: Sequence[dict[str, Any]], named: Sequence[dict[str, Any]]
) -> None:
    """Write lines, and the ids that they name."""
    if rows:
        connection.execute(insert(audit_line).prefix_with("OR REPLACE"), rows)
    if named:
        connection.execute(insert(audit_named).prefix_with("OR REPLACE"), named)


def positions(connection: Connection, stream: str, seqs: Sequence[int]) -> dict[int, Position]:
    """Return where reading begins for each of these lines, as far as they are in the index."""
    row = audit_line.c
    query = select(row.seq, row.segment, row.offset, row.after).where(
        row.stream == stream, row.seq.in_(seqs)
    )
    return {seq: Position(*place) for seq, *place in connection.execute(query)}


def drop_before(connection: Connection, at: Instant) -> int:
    """Take out what is older than `at`; return how many lines that were."""
    connection.execute(delete(audit_named).where(audit_named.c.at < at))
    return connection.execute(delete(audit_line).where(audit_line.c.at < at)).rowcount


def places(connection: Connection, found: Found, before: Place | None, most: int) -> list[Place]:
    """Return where the lines stand that are looked for, the newest first, before `before`."""
    row = audit_line.c
    source, conditions = _source(found)
    query = select(row.at, row.stream, row.seq).select_from(source).where(*conditions)
    if before is not None:
        here = (before.at, before.stream, before.seq)
        query = query.where(tuple_(row.at, row.stream, row.seq) < here)
    query = query.order_by(row.at.desc(), row.stream.desc(), row.seq.desc()).limit(most)
    return [Place(Instant(at), stream, seq) for at, stream, seq in connection.execute(query)]


def people_of(connection: Connection, found: Found) -> list[tuple[str, str, int, Instant]]:
    """Return who did what is looked for: account, role, how often, and when last; most first."""
    row = audit_line.c
    source, conditions = _source(found)
    times = func.count().label("times")
    query = (
        select(row.by, row.role, times, func.max(row.at))
        .select_from(source)
        .where(*conditions)
        .group_by(row.by, row.role)
        .order_by(times.desc(), row.by)
    )
    return [(by, role, count, Instant(at)) for by, role, count, at in connection.execute(query)]


def words_of(connection: Connection) -> tuple[list[str], list[str]]:
    """Return the questions and the roles that occur."""
    questions = _distinct(connection, audit_line.c.question)
    roles = connection.scalars(select(audit_line.c.role).distinct())
    return questions, sorted(each for each in roles if each)


def _distinct(connection: Connection, column: ColumnElement[str]) -> list[str]:
    """Return what occurs in a column that leads an index, by jumping from one to the next."""
    found: list[str] = []
    while True:
        last = found[-1] if found else ""
        following = connection.scalar(select(func.min(column)).where(column > last))
        if following is None:
            return found
        found.append(following)


def _source(found: Found) -> tuple[Any, Iterable[ColumnElement[bool]]]:
    row, conditions = audit_line.c, list[ColumnElement[bool]]()
    source: Any = audit_line
    if found.about:
        name = audit_named.c
        source = audit_named.join(audit_line, (name.stream == row.stream) & (name.seq == row.seq))
        conditions.append(name.id == found.about)
    given = {
        row.stream: found.stream,
        row.role: found.role,
        row.act: found.act,
        row.outcome: found.outcome,
        row.purpose: found.purpose,
        row.address: found.address,
    }
    conditions += [column == value for column, value in given.items() if value]
    if found.by is not None:
        conditions.append(row.by.in_(found.by))
    if found.questions is not None:
        conditions.append(row.question.in_(found.questions))
    if found.since is not None:
        conditions.append(row.at >= found.since)
    if found.until is not None:
        conditions.append(row.at < found.until)
    return source, conditions
