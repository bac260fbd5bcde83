"""Seals anew what is in plain or under a former key: all at once, or a few rows at a time."""

from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Table

from tagwatch.store import schema
from tagwatch.store.cells import INFO, Cells, bound_to
from tagwatch.store.protected import Blind, Protected, binding_columns, protected_columns

MOST_ROWS: Final = 500
"""Sealed anew in one transaction: some milliseconds, so that no alert waits for it."""
_TABLES: Final = tuple(table for table in schema.metadata.sorted_tables if protected_columns(table))


class Sealing:
    """How far one pass over the tables has come. For one thread, in the line's transactions."""

    def __init__(self) -> None:
        self._table = 0
        self._after = -(2**63)
        self._found = 0
        self.sealed = 0
        """Rows sealed anew so far."""

    def run(self, connection: Connection, cells: Cells, most: int = MOST_ROWS) -> bool:
        """Seal up to `most` rows anew; return whether a whole pass found none left."""
        while most > 0:
            if self._table == len(_TABLES):
                found, self._table, self._found = self._found, 0, 0
                if not found:
                    return True
            table = _TABLES[self._table]
            rows = _stale(connection, cells, table, self._after, most)
            for row in rows:
                _seal(connection, cells, table, row)
            most -= len(rows)
            self._found += len(rows)
            self.sealed += len(rows)
            if most > 0:
                self._table, self._after = self._table + 1, -(2**63)
            else:
                self._after = rows[-1]["rowid"]
        return False


def seal_all(connection: Connection) -> bool:
    """Seal everything that is in plain or under a former key; tell whether there was anything.

    A connection without keys seals nothing.
    """
    cells: Cells | None = connection.info.get(INFO)
    if cells is None:
        return False
    sealing = Sealing()
    while not sealing.run(connection, cells):
        pass
    return sealing.sealed > 0


def _stale(
    connection: Connection, cells: Cells, table: Table, after: int, most: int
) -> list[dict[str, Any]]:
    names = {name: None for column in protected_columns(table) for name in _needs(table, column)}
    chosen = ", ".join(f'"{name}"' for name in names)
    tests = " OR ".join(_test(column) for column in protected_columns(table))
    marks = tuple(
        cells.newest if isinstance(column.type, Protected) else cells.newest_blind
        for column in protected_columns(table)
    )
    query = (
        f'SELECT rowid AS "rowid", {chosen} FROM "{table.name}" '  # noqa: S608  # names of our own schema
        f"WHERE rowid > ? AND ({tests}) ORDER BY rowid LIMIT ?"
    )
    rows = connection.exec_driver_sql(query, (after, *marks, most))
    return [dict(row) for row in rows.mappings()]


def _needs(table: Table, column: Any) -> tuple[str, ...]:
    """Return the columns that sealing one needs."""
    if isinstance(column.type, Blind):
        body = table.c[column.type.body]
        return (column.name, body.name, *binding_columns(body))
    return (column.name, *binding_columns(column))


def _test(column: Any) -> str:
    """Return the condition that a cell is in plain or under a former key."""
    name = f'"{column.name}"'
    if isinstance(column.type, Blind):
        return f"({name} IS NOT NULL AND substr({name}, 1, 15) != ?)"
    return f"({name} IS NOT NULL AND substr(CAST({name} AS BLOB), 1, 5) != ?)"


def _seal(connection: Connection, cells: Cells, table: Table, row: dict[str, Any]) -> None:
    plain = dict(row)
    columns = protected_columns(table)
    for column in columns:
        cell = row[column.name]
        if isinstance(column.type, Protected) and isinstance(cell, bytes):
            plain[column.name] = cells.open(cell, bound_to(table, column.name, row))
    for column in columns:
        if isinstance(column.type, Blind):
            body = msgspec.json.decode(plain[column.type.body], type=dict[str, Any])
            plain[column.name] = body.get(column.type.field)
    sealed = cells.row(table, plain)
    names = ", ".join(f'"{column.name}" = ?' for column in columns)
    values = (*(sealed[column.name] for column in columns), row["rowid"])
    connection.exec_driver_sql(f'UPDATE "{table.name}" SET {names} WHERE rowid = ?', values)  # noqa: S608  # names of our own schema
