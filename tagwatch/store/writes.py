"""What one transaction of the line writes, gathered first and written at once."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import Connection, Dialect, Table
from sqlalchemy.dialects.sqlite import insert

from tagwatch.store import schema
from tagwatch.store.cells import INFO, Cells
from tagwatch.store.protected import protected_columns

Row = Mapping[str, Any]

_MOST_TEXTS: Final = 512
"""Statements kept as text: some of each table and connection."""
_ORDER: Final = {table.name: place for place, table in enumerate(schema.metadata.sorted_tables)}
"""Tables after those they refer to."""
_PROTECTED: Final = frozenset(
    table.name for table in schema.metadata.sorted_tables if protected_columns(table)
)
_KEYS: Final = {
    table.name: tuple(column.name for column in table.primary_key)
    for table in schema.metadata.sorted_tables
}


class Writes:
    """Rows to insert or replace, by table, and counters to raise; later rows of a key win."""

    def __init__(self) -> None:
        self._rows: dict[str, dict[tuple[Any, ...], Row]] = defaultdict(dict)
        self._added: dict[str, list[Row]] = defaultdict(list)
        self._counts: dict[str, int] = defaultdict(int)
        self._removals: dict[Any, list[Row]] = {}

    def put(self, table: Table, row: Row) -> None:
        """Insert `row`, or replace the row with its primary key. It must have every column."""
        self._rows[table.name][tuple([row[name] for name in _KEYS[table.name]])] = row

    def add(self, table: Table, row: Row) -> None:
        """Insert `row`, in the order given; its key must be new, or numbered by the database."""
        self._added[table.name].append(row)

    def remove(self, statement: Any, row: Row) -> None:
        """Run a DELETE with `row`'s values before anything else is written; one statement object
        for all its rows, so that it is run once."""
        self._removals.setdefault(statement, []).append(row)

    def unput(self, table: Table, doomed: Callable[[Row], bool]) -> None:
        """Take back the rows put into `table` so far that `doomed` names."""
        rows = self._rows[table.name]
        for key in [key for key, row in rows.items() if doomed(row)]:
            del rows[key]

    def count(self, name: str, by: int = 1) -> None:
        """Raise the counter `name`."""
        if by:
            self._counts[name] += by

    def put_rows(self, table: Table) -> Iterable[Row]:
        """Return the rows put so far into `table`."""
        return self._rows[table.name].values()

    def added_rows(self, table: Table) -> list[Row]:
        """Return the rows added so far to `table`."""
        return self._added[table.name]

    def write(self, connection: Connection) -> None:
        """Write everything through `connection`, in its transaction."""
        for statement, doomed in self._removals.items():
            connection.execute(statement, doomed)
        names = {*self._rows, *self._added}
        cells: Cells | None = connection.info.get(INFO)
        if cells is not None:
            cells.refresh()
        for name in sorted(names, key=_ORDER.__getitem__):
            table = schema.metadata.tables[name]
            if rows := self._rows.get(name):
                _run(connection, table, upsert, list(rows.values()))
            if added := self._added.get(name):
                _run(connection, table, Table.insert, added)
        if self._counts:
            counted = [{"name": name, "value": by} for name, by in self._counts.items()]
            connection.execute(_RAISE_COUNTER, counted)


def _run(
    connection: Connection, table: Table, statement: Callable[[Table], Any], rows: list[Row]
) -> None:
    """Run the table's statement for every row; all have the columns of the first.

    The driver is given the text and the values: there are far too many rows for more than that.
    """
    cells: Cells | None = connection.info.get(INFO) if table.name in _PROTECTED else None
    if cells is not None:
        rows = [cells.row(table, row) for row in rows]
    sql, names = _text(connection.dialect, table, statement, tuple(rows[0]))
    if names is None:
        connection.exec_driver_sql(sql, [dict(row) for row in rows])
    else:
        connection.exec_driver_sql(sql, [tuple([row[name] for name in names]) for row in rows])


@lru_cache(maxsize=_MOST_TEXTS)
def _text(
    dialect: Dialect, table: Table, statement: Callable[[Table], Any], columns: tuple[str, ...]
) -> tuple[str, tuple[str, ...] | None]:
    """Return a statement as the driver takes it, and the order of its values; None: by name."""
    made = statement(table).compile(dialect=dialect, column_keys=columns)
    return str(made), tuple(made.positiontup) if made.positional else None


def upsert(table: Table) -> Any:
    """Return the statement that inserts a row or replaces the one with its primary key."""
    statement = insert(table)
    keys = [column.name for column in table.primary_key]
    rest = {c.name: statement.excluded[c.name] for c in table.columns if c.name not in keys}
    if not rest:
        return statement.on_conflict_do_nothing(index_elements=keys)
    return statement.on_conflict_do_update(index_elements=keys, set_=rest)


def _raise_counter() -> Any:
    statement = insert(schema.counter)
    raised = schema.counter.c.value + statement.excluded.value
    return statement.on_conflict_do_update(index_elements=["name"], set_={"value": raised})


_RAISE_COUNTER: Final = _raise_counter()
