"""Changes of the projections' tables, one file a version, applied in order."""

from functools import cache
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from tagwatch.store.engines import open_engine

HERE: Final = Path(__file__).parent


def migrate(connection: Connection) -> bool:
    """Bring the tables behind `connection` to the newest version, in its transaction; tell whether
    they were of another before."""
    before = MigrationContext.configure(connection).get_current_revision()
    if before == newest():
        return False
    if before is None and not _names(connection):
        for statement in from_nothing():
            connection.exec_driver_sql(statement)
        connection.exec_driver_sql("INSERT INTO alembic_version VALUES (?)", (newest(),))
    else:
        command.upgrade(alembic_config(connection), "head")
    return True


def alembic_config(connection: Connection) -> Config:
    """Return what Alembic's commands need, without any ini file."""
    config = Config()
    config.set_main_option("script_location", str(HERE))
    config.attributes["connection"] = connection
    return config


@cache
def newest() -> str | None:
    """Return the version after the last change, e.g. `0040`; read from the files once."""
    return ScriptDirectory(str(HERE)).get_current_head()


@cache
def from_nothing() -> tuple[str, ...]:
    """Return the statements that do to a database without tables what all changes together do.

    They are what the changes leave behind in an empty database, asked once in a process: replays
    and trials make many.
    """
    engine = open_engine("")
    with engine.begin() as connection:
        command.upgrade(alembic_config(connection), "head")
        made = connection.exec_driver_sql(
            "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite%'"
            " ORDER BY rowid"
        ).scalars()
        statements = tuple(str(statement) for statement in made)
    engine.dispose()
    return statements


def _names(connection: Connection) -> list[str]:
    return list(connection.exec_driver_sql("SELECT name FROM sqlite_master").scalars())
