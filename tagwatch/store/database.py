"""Connections to the projections: one that writes, held by the line, and any number that read."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.pool import NullPool, QueuePool

from tagwatch.config import Config
from tagwatch.store.cells import INFO, Cells, cells_of
from tagwatch.store.engines import open_engine

_CACHE_KB: Final = 49_152
"""Pages that the writer keeps: those of a whole batch, and of what is remembered of a nation."""
_CACHE_LIVE_KB: Final = 8_192
"""Pages that it keeps while batches are small."""
_BUSY_MS: Final = 10_000


class Access(Enum):
    """What a connection may do."""

    READ = "ro"
    WRITE = "rwc"


def open_tables(config: Config, access: Access) -> Engine:
    """Return an engine on an installation's projections that opens and seals protected fields.

    As `open_database`; raises KeysDamaged too.
    """
    return open_database(config.projections_file, access, cells_of(config))


def open_database(path: Path, access: Access, cells: Cells | None = None) -> Engine:
    """Return an engine on the SQLite file at `path` (WAL, every commit on the disk).

    Without `cells` it seals nothing and opens nothing: for tables of no installation. READ refuses
    to write and never makes the file: sqlalchemy.exc.OperationalError if absent.
    """
    place = f"/file:{path.absolute()}?mode={access.value}&uri=true"
    pool: dict[str, Any] = (
        {"poolclass": QueuePool, "pool_size": 8, "max_overflow": 24}
        if access is Access.READ
        else {"poolclass": NullPool}
    )
    engine = open_engine(place, connect_args={"check_same_thread": False}, **pool)
    event.listen(engine, "connect", _prepare(access, cells))
    event.listen(engine, "handle_error", _damaged_cell(cells))
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


def give_functions(raw: Any, cells: Cells | None) -> None:
    """Let the SQL of a connection open protected fields; without `cells` they stand in plain."""
    if cells is None:
        functions = {
            "opened": (-1, _as_it_is),
            "blinded": (2, _as_found),
            "sealed": (1, _unchanged),
        }
        functions["blinded_before"] = functions["blinded"]
    else:
        functions = {
            "opened": (-1, cells.opened_for_sql),
            "sealed": (1, _sealed_alone),
            "blinded": (2, cells.blind),
            "blinded_before": (2, cells.blind_before),
        }
    for name, (count, function) in functions.items():
        raw.create_function(f"tagwatch_{name}", count, function, deterministic=True)


def _as_it_is(cell: Any, place: str, *_parts: Any) -> Any:
    if isinstance(cell, bytes):
        raise TypeError(f"{place} is sealed: its keys are not at hand")
    return cell


def _unchanged(value: Any) -> Any:
    return value


def _sealed_alone(cell: Any) -> Any:
    if isinstance(cell, str):
        raise TypeError("protected fields are written by Writes, and compared by `opened`")
    return cell


def _as_found(value: str, _place: str) -> str:
    return value.strip().upper()


def _damaged_cell(cells: Cells | None) -> Callable[[ExceptionContext], None]:
    """Say which cell did not open: SQLite only says that a function failed."""

    def say(context: ExceptionContext) -> None:
        if cells is not None and cells.failure is not None:
            failure, cells.failure = cells.failure, None
            raise failure from context.original_exception

    return say


def _prepare(access: Access, cells: Cells | None) -> Callable[[Any, Any], None]:
    def prepare(raw: Any, record: Any) -> None:
        record.info[INFO] = cells
        give_functions(raw, cells)
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
