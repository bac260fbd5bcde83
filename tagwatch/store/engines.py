"""Engines on SQLite files, which share what was compiled for any of them."""

from typing import Any, Final

from sqlalchemy import Engine, create_engine
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.util import LRUCache

_MOST_STATEMENTS: Final = 2000
_COMPILED: Final[LRUCache[Any, Any]] = LRUCache(_MOST_STATEMENTS)


class OneDialect(SQLiteDialect_pysqlite):
    """SQLite as one library speaks it in one process: what one instance compiled fits any other.

    SQLAlchemy takes each engine's own instance for another dialect; then replays, rehearsals and
    trials, which open an installation for each trail, would compile every statement again.
    """

    supports_statement_cache = True

    def __eq__(self, other: object) -> bool:
        return isinstance(other, OneDialect)

    def __hash__(self) -> int:
        return hash(OneDialect)


registry.register("sqlite.tagwatch", __name__, OneDialect.__name__)


def open_engine(place: str, **options: Any) -> Engine:
    """Return an engine on the SQLite database at `place` (what follows `sqlite://` in an address);
    `options` are those of SQLAlchemy's `create_engine`."""
    shared = {"compiled_cache": _COMPILED}
    return create_engine(f"sqlite+tagwatch://{place}", execution_options=shared, **options)
