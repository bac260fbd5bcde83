"""Somebody has said of every column whether it is protected, and the document says the same."""

from pathlib import Path

import pytest

from tagwatch.store import account_field_list, schema
from tagwatch.store.account_field_list import accounts_table
from tagwatch.store.accounts_schema import metadata as accounts
from tagwatch.store.field_list import PLAIN, plain_table, protected_table, says

DOCUMENT = Path(__file__).parents[2] / "docs" / "fields.md"


def test_of_every_column_somebody_said_whether_it_is_protected() -> None:
    silent = [
        f"{table.name}.{column.name}"
        for table in schema.metadata.sorted_tables
        for column in table.columns
        if not says(column)
    ]
    assert silent == [], "make it Protected in the schema, or say in PLAIN why it is plain"


def test_nothing_is_said_of_columns_that_are_not_there() -> None:
    names = {c.name for t in schema.metadata.sorted_tables for c in t.columns}
    named = {f"{t.name}.{c.name}" for t in schema.metadata.sorted_tables for c in t.columns}
    assert set(PLAIN) <= names | named


def test_of_every_column_of_the_accounts_somebody_said_what_it_is() -> None:
    columns = [column for table in accounts.sorted_tables for column in table.columns]
    silent = [str(column) for column in columns if not account_field_list.says(column)]
    assert silent == [], "say in account_field_list.KNOWN what it is"
    assert set(account_field_list.KNOWN) <= {f"{c.table.name}.{c.name}" for c in columns}


@pytest.mark.parametrize("table", [protected_table, plain_table, accounts_table])
def test_the_document_shows_the_lists_as_they_are(table) -> None:
    how = f"print {table.__name__} of {table.__module__} anew"
    assert table() in DOCUMENT.read_text(encoding="utf-8"), how
