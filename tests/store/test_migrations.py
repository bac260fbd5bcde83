"""The migrations make exactly the tables that the schema describes."""

from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect

from tagwatch.store.database import Access, open_database
from tagwatch.store.migrations import migrate
from tagwatch.store.schema import metadata


def test_schema_equals_migrations(tmp_path: Path) -> None:
    database = open_database(tmp_path / "projections.db", Access.WRITE)
    with database.begin() as connection:
        migrate(connection)
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
    names = set(inspect(database).get_table_names())
    assert names == {*metadata.tables, "alembic_version"}
    database.dispose()


def test_migrating_twice_changes_nothing(tmp_path: Path) -> None:
    database = open_database(tmp_path / "projections.db", Access.WRITE)
    for _ in range(2):
        with database.begin() as connection:
            migrate(connection)
    with database.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
    database.dispose()
