"""What the line had decided, table by table: as lines to hand over, and to compare with."""

import sqlite3
from base64 import b64encode
from collections.abc import Iterator
from contextlib import closing
from itertools import zip_longest
from pathlib import Path
from typing import Any, Final

import msgspec

from tagwatch.store import schema
from tagwatch.store.cells import Cells
from tagwatch.store.database import give_functions
from tagwatch.store.protected import Blind, opened_text

NOT_FINDINGS: Final = frozenset(
    {
        "memory", "snapshot", "encounter_memory", "cursor", "line_state",  # how the line remembers
        "credential",  # never handed over
        "trail_block", "trail_part", "trail_seam", "stage_request", "staged_block",  # the fixes
        "counter",  # counts what was erased, and other things of one installation
    }
)  # fmt: skip
"""Tables that are not handed over: not what was decided, or secret, or said by the fixes."""
SHOWN: Final = 5
_RUNNING: Final = {"alert_event": "event_id", "evaluation": "evaluation_id"}
"""Numbers that only count through a table: of one agency alone they are others."""
REPEATED: Final = {
    "contact": frozenset({"account_id"}),
    "data_request": frozenset({"joint_id"}),
    "protected_person": frozenset({"wearers", "liaison"}),
    "wearer": frozenset({"crn"}),
}
"""Columns that an export has or has not by its version. Each repeats what the body beside it says,
which is compared."""
_TEXTS: Final = ("{", "[")


class TableDifference(msgspec.Struct, frozen=True, kw_only=True):
    """A table that came out otherwise."""

    table: str
    rows: int
    """How many places differ."""
    first: tuple[str, ...]
    """Primary keys of the first of them; nothing of their content."""


def tables() -> list[str]:
    """Return the names of the tables that are handed over."""
    return sorted(name for name in schema.metadata.tables if name not in NOT_FINDINGS)


def table_rows(database: Path, table: str, cells: Cells | None) -> Iterator[dict[str, Any]]:
    """Give the rows of a table as they are handed over, in the order of its primary key: bodies as
    objects, bytes as base64."""
    yield from _rows(database, table, cells)


def differing(
    database: Path, table: str, lines: Iterator[bytes], cells: Cells | None
) -> TableDifference | None:
    """Return how a table differs from the lines of it that were handed over; None: in nothing."""
    keys = [column.name for column in schema.metadata.tables[table].primary_key]
    count, first = 0, list[str]()
    told = (msgspec.json.decode(line) for line in lines)
    here = (msgspec.json.decode(msgspec.json.encode(row)) for row in _rows(database, table, cells))
    for theirs, ours in zip_longest(told, here):
        if _comparable(table, theirs) == _comparable(table, ours):
            continue
        count += 1
        if len(first) < SHOWN:
            shown: dict[str, Any] = theirs or ours or {}
            first.append(", ".join(str(shown.get(key)) for key in keys))
    return TableDifference(table=table, rows=count, first=tuple(first)) if count else None


def _rows(database: Path, table: str, cells: Cells | None) -> Iterator[dict[str, Any]]:
    # A look-up under a key of one installation says nothing in another.
    columns = [c for c in schema.metadata.tables[table].columns if not isinstance(c.type, Blind)]
    order = ", ".join(f'"{column.name}"' for column in schema.metadata.tables[table].primary_key)
    chosen = ", ".join(opened_text(schema.metadata.tables[table], c.name) for c in columns)
    names = [column.name for column in columns]
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        give_functions(connection, cells)
        for row in connection.execute(f'SELECT {chosen} FROM "{table}" ORDER BY {order}'):  # noqa: S608  # names of our own schema
            yield {name: _value(value) for name, value in zip(names, row, strict=True)}


def _value(value: Any) -> Any:
    if isinstance(value, bytes):
        return b64encode(value).decode()
    if isinstance(value, str) and value.startswith(_TEXTS):
        try:
            return msgspec.json.decode(value)
        except msgspec.DecodeError:
            return value
    return value


def _comparable(table: str, row: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return a row that compares: without its running number, which is no finding; and what an
    import holds back was waiting to be sent."""
    if row is None:
        return None
    if table == "notification" and row.get("state") == "held":
        return {**row, "state": "pending"}
    left_out = {_RUNNING.get(table), *REPEATED.get(table, ())}
    return {name: value for name, value in row.items() if name not in left_out}
