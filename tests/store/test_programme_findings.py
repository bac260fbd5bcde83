"""Findings of an export of another version are compared by what both versions say."""

import sqlite3
from pathlib import Path

import msgspec

from tagwatch.store import schema
from tagwatch.store.database import Access, open_database
from tagwatch.store.programme.findings import REPEATED, differing

OLD = {"contact_id": "k_1", "duty": "police", "body": {"contact_id": "k_1", "account_id": "ac_1"}}


def test_columns_that_repeat_the_body_are_not_missed_in_an_older_export(tmp_path: Path) -> None:
    path = tmp_path / "projections.db"
    engine = open_database(path, Access.WRITE)
    schema.metadata.create_all(engine, tables=[schema.contact])
    engine.dispose()
    row = {**OLD, "account_id": "ac_1", "body": msgspec.json.encode(OLD["body"]).decode()}
    places = ", ".join(f":{name}" for name in row)
    with sqlite3.connect(path) as connection:
        connection.execute(f"INSERT INTO contact ({', '.join(row)}) VALUES ({places})", row)
    assert differing(path, "contact", iter([msgspec.json.encode(OLD)]), None) is None
    other = {**OLD, "body": {"contact_id": "k_1", "account_id": "ac_2"}}
    found = differing(path, "contact", iter([msgspec.json.encode(other)]), None)
    assert found is not None
    assert (found.rows, found.first) == (1, ("k_1",)), "what the body says is compared"


def test_what_is_left_out_is_of_the_schema() -> None:
    for table, names in REPEATED.items():
        assert names <= {*schema.metadata.tables[table].columns.keys()}
        assert "body" in schema.metadata.tables[table].columns
