"""The accounts database: an older file is brought up to date, a newer one is left alone."""

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import create_engine
from sqlalchemy.schema import CreateTable

from tagwatch.core.ids import AccountId
from tagwatch.store.accounts import Accounts
from tagwatch.store.accounts_schema import STEPS, AccountsNewer, account, metadata, session

FIRST = ("address", "browser", "proven_at")
"""Columns that the first version of the sessions had not."""


def columns(path: Path) -> dict[str, set[str]]:
    found = sqlite3.connect(path)
    made = {
        name: {row[1] for row in found.execute(f"PRAGMA table_info({name})")}
        for name in metadata.tables
    }
    found.close()
    return made


def test_an_older_file_keeps_what_it_has_and_gets_what_it_lacks(tmp_path: Path) -> None:
    path = tmp_path / "accounts.db"
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        for table in (account, session):
            connection.execute(CreateTable(table))
        for name in FIRST:
            connection.exec_driver_sql(f"ALTER TABLE session DROP COLUMN {name}")
        connection.exec_driver_sql(
            "INSERT INTO session (session_hash, account_id, stage, how, started_at, used_at, "
            "expires_at, purpose_words) VALUES (x'01', 'ac_1', 'full', 'link', 1, 2, 3, '')"
        )
    engine.dispose()
    for _ in range(2):
        accounts = Accounts(path)
        (kept,) = accounts.sessions_of(AccountId("ac_1"))
        accounts.close()
        assert (kept.used_at, kept.address, kept.proven_at) == (2, "", 0)
    fresh = tmp_path / "fresh.db"
    Accounts(fresh).close()
    assert columns(path) == columns(fresh)


def test_a_newer_file_is_left_alone_and_told(tmp_path: Path) -> None:
    path = tmp_path / "accounts.db"
    Accounts(path).close()
    found = sqlite3.connect(path)
    found.execute(f"PRAGMA user_version = {len(STEPS) + 1}")
    found.close()
    with pytest.raises(AccountsNewer, match="install the newer Tagwatch again"):
        Accounts(path)
