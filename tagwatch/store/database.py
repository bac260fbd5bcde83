"""Connections to the projections: one that writes, held by the line, and any number that read."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import NullPool, QueuePool

_CACHE_KB: Final = 49_152
"""Pages that the writer keeps: those of a whole batch, and of what is remembered of a nation."""
_CACHE_LIVE_KB: Final = 8_192
"""Pages that it keeps while batches are small."""
_BUSY_MS: Final = 10_000


class Access(Enum):
    """What a connection may do."""

    READ = "ro"
    WRITE = "rwc"


def open_database(path: Path, access: Access) -> Engine:
    """Return an engine on the SQLite file at `path` (WAL, every commit on the disk).

    READ refuses to write and never makes the file: sqlalchemy.exc.OperationalError if absent.
    """
    url = f"sqlite:///file:{path.absolute()}?mode={access.value}&uri=true"
    pool: dict[str, Any] = (
        {"poolclass": QueuePool, "pool_size": 8, "max_overflow": 24}
        if access is Access.READ
        else {"poolclass": NullPool}
    )
    engine = create_engine(url, connect_args={"check_same_thread": False}, **pool)
    event.listen(engine, "connect", _prepare(access))
    # The driver's own BEGIN waits for the first write; ours makes reads part of it.
    event.listen(engine, "begin", _begin if access is Access.WRITE else _begin_reading)
    return engine


@contextmanager
def reading(engine: Engine) -> Generator[Connection]:
    """Yield a connection whose reads all see one state; nothing is written."""
    with engine.connect() as connection, connection.begin():
        yield connection


def keep_fewer_pages(connection: Connection) -> None:
    """Let a writer's connection keep the pages of a small batch from now on."""
    with connection.begin():
        connection.exec_driver_sql(f"PRAGMA cache_size=-{_CACHE_LIVE_KB}")


def wipe_log(connection: Connection) -> bool:
    """Bring the write-ahead log into the file and cut it to nothing; tell whether that was done.

    It is not while somebody reads an earlier state: ask again then.
    """
    raw: Any = connection.connection.dbapi_connection
    busy, _, _ = raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    return not busy


def write_anew(connection: Connection, most_bytes: int | None) -> bool:
    """Write the whole file anew, so that no page keeps what once was in it; tell whether it was.

    It is not if it is larger than `most_bytes`: that takes long, and everybody waits.
    """
    raw: Any = connection.connection.dbapi_connection
    size = raw.execute("PRAGMA page_count").fetchone()[0]
    size *= raw.execute("PRAGMA page_size").fetchone()[0]
    if most_bytes is not None and size > most_bytes:
        return False
    raw.execute("VACUUM")
    return True


def _prepare(access: Access) -> Callable[[Any, Any], None]:
    def prepare(raw: Any, _record: Any) -> None:
        cursor = raw.cursor()
        cursor.execute(f"PRAGMA busy_timeout={_BUSY_MS}")
        cursor.execute("PRAGMA foreign_keys=ON")
        raw.isolation_level = None
        if access is Access.WRITE:
            cursor.execute("PRAGMA journal_mode=WAL")
            cursor.execute("PRAGMA synchronous=FULL")
            # What is deleted is overwritten: nobody who is forgotten stays in a freed page.
            cursor.execute("PRAGMA secure_delete=ON")
            cursor.execute(f"PRAGMA cache_size=-{_CACHE_KB}")
            cursor.execute("PRAGMA wal_autocheckpoint=4000")
        else:
            cursor.execute("PRAGMA query_only=ON")
        cursor.close()

    return prepare


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _begin_reading(connection: Connection) -> None:
    # Who asks for no transaction sees each answer as it is by then: a listener for news.
    if connection.get_execution_options().get("isolation_level") != "AUTOCOMMIT":
        connection.exec_driver_sql("BEGIN")
