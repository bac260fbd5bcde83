"""The migrations make exactly the tables that the schema describes."""

from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, select, text

from tagwatch.core.outcome import Severity
from tagwatch.core.units import Instant
from tagwatch.store import schema
from tagwatch.store.alerts import alert_row
from tagwatch.store.database import Access, open_database
from tagwatch.store.migrations import alembic_config, migrate
from tagwatch.store.schema import metadata
from tests.web.sample import alert


def test_schema_equals_migrations(tmp_path: Path) -> None:
    database = open_database(tmp_path / "projections.db", Access.WRITE)
    with database.begin() as connection:
        migrate(connection)
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
    names = set(inspect(database).get_table_names())
    assert names == {*metadata.tables, "alembic_version"}
    database.dispose()


def test_a_new_installation_gets_at_once_what_all_changes_leave_behind(tmp_path: Path) -> None:
    found = []
    for name in ("at-once", "one-by-one"):
        database = open_database(tmp_path / name, Access.WRITE)
        with database.begin() as connection:
            if name == "at-once":
                assert migrate(connection)
            else:
                command.upgrade(alembic_config(connection), "head")
            made = connection.exec_driver_sql("SELECT type, name, tbl_name, sql FROM sqlite_master")
            tables = [row for row in made.all() if not row.name.startswith("sqlite_stat")]
            rows = {
                row.name: connection.exec_driver_sql(f"SELECT * FROM {row.name}").all()
                for row in tables
                if row.type == "table"
            }
            assert not migrate(connection)
        database.dispose()
        found.append((tables, rows))
    assert found[0] == found[1]


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


def test_alerts_of_former_tables_keep_their_place_in_the_list(tmp_path: Path) -> None:
    at = Instant(1_700_000_000_000_000)
    known = [
        alert("w_one", "al_plain"),
        alert("w_one", "al_due", acknowledge_by=at, severity=Severity.ROUTINE),
        alert("w_one", "al_aside", acknowledged_at=at, waiting_until=Instant(at + 9)),
        alert("w_one", "al_silent", explained_by="al_outage"),
    ]
    database = open_database(tmp_path / "projections.db", Access.WRITE)
    with database.begin() as connection:
        config = alembic_config(connection)
        command.upgrade(config, "head")
        command.downgrade(config, "0016")
        former = [column.name for column in schema.alert.columns][:8]
        assert former[-1] == "acknowledge_by"
        for each in known:
            row = alert_row(each)
            values = {name: row[name] for name in (*former, "body")}
            names = ", ".join(values)
            marks = ", ".join(f":{name}" for name in values)
            connection.execute(text(f"INSERT INTO alert ({names}) VALUES ({marks})"), values)
        migrate(connection)
        rows = [dict(row) for row in connection.execute(select(schema.alert)).mappings()]
    database.dispose()
    assert rows == [alert_row(each) for each in known]
