"""Which columns are protected, as their types, and how queries open them.

`Protected` cells are sealed at rest and opened within SQLite for what a query shows. `Blind` holds
a keyed digest for exact look-ups. Only `Writes` writes either.
"""

from typing import Any, Final, cast

from sqlalchemy import Column, ColumnElement, Label, String, Table, Text, func, or_, type_coerce
from sqlalchemy.types import TypeDecorator

BLIND_PREFIX: Final = "blind:"


class Protected(TypeDecorator[str]):
    """Text that is encrypted at rest; `by` are the columns that bind it to its row.

    They are the primary key, unless the database numbers the rows.
    """

    impl = Text
    cache_ok = True

    def __init__(self, *by: str) -> None:
        super().__init__()
        self.by = by

    def column_expression(self, column: Any) -> Any:
        """Open what a query shows."""
        return opened(column)

    def bind_expression(self, bindparam: Any) -> Any:
        """Let only sealed cells through: what is written past `Writes` would be in plain."""
        return func.tagwatch_sealed(bindparam, type_=Text())


class Blind(TypeDecorator[str]):
    """A keyed digest by which a value is found whole; it is never shown.

    The value itself is field `field` of the protected record in column `body`.
    """

    impl = String
    cache_ok = True

    def __init__(self, body: str, field: str) -> None:
        super().__init__()
        self.body = body
        self.field = field


def opened(column: Any) -> ColumnElement[str]:
    """Return the value of a protected column, for use within a query; any other as it is."""
    column = _bare(column)
    if not isinstance(column.type, Protected):
        return column
    table = column.table
    place = f"{_original(table).name}.{column.name}"
    bound = [table.c[name] for name in binding_columns(_original(table).c[column.name])]
    return func.tagwatch_opened(_raw(column), place, *bound, type_=Text())


def finds(column: Any, value: str) -> ColumnElement[bool]:
    """Return the condition that a blinded column holds this value, in any spelling."""
    place = f"{_original(column.table).name}.{column.name}"
    return or_(
        column == func.tagwatch_blinded(value, place),
        column == func.tagwatch_blinded_before(value, place),
    )


def binding_columns(column: Column[Any]) -> tuple[str, ...]:
    """Return the names of the columns that bind a protected one to its row."""
    kind = column.type
    by = kind.by if isinstance(kind, Protected) else ()
    return by or tuple(key.name for key in column.table.primary_key)


def opened_text(table: Table, name: str) -> str:
    """Return the SQL that reads a column of `table`, opened, for connections without SQLAlchemy."""
    column = table.c[name]
    if not isinstance(column.type, Protected):
        return f'"{name}"'
    bound = "".join(f', "{each}"' for each in binding_columns(column))
    return f"tagwatch_opened(\"{name}\", '{table.name}.{name}'{bound})"


def protected_columns(table: Table) -> list[Column[Any]]:
    """Return the columns of a table that are sealed or blinded."""
    return [c for c in table.columns if isinstance(c.type, Protected | Blind)]


def _raw(column: Any) -> Any:
    """Return the column as it is stored."""
    return type_coerce(column, Text())


def _original(table: Any) -> Any:
    while not isinstance(table, Table):
        table = table.element
    return cast("Any", table)


def _bare(column: Any) -> Any:
    while isinstance(column, Label):
        column = cast("Any", column).element
    return column
