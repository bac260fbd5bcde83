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
LATER = ("programmes", "team")
"""Columns that the first version of the accounts had not."""


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
        for name in LATER:
            connection.exec_driver_sql(f"ALTER TABLE account DROP COLUMN {name}")
        connection.exec_driver_sql(
            "INSERT INTO account (account_id, sign_in_name, full_name, email, role, agency, "
            "boroughs, duties, second_factor_step, failures, active, created_at) "
            "VALUES ('ac_1', 'pat', 'Pat', '', 'police', 'met', '[]', '[]', 0, 0, 1, 1)"
        )
        connection.exec_driver_sql(
            "INSERT INTO session (session_hash, account_id, stage, how, started_at, used_at, "
            "expires_at, purpose_words) VALUES (x'01', 'ac_1', 'full', 'link', 1, 2, 3, '')"
        )
    engine.dispose()
    for _ in range(2):
        accounts = Accounts(path)
        (kept,) = accounts.sessions_of(AccountId("ac_1"))
        (held,) = accounts.all()
        accounts.close()
        assert (kept.used_at, kept.address, kept.proven_at) == (2, "", 0)
        assert (held.agency, held.programmes, held.team) == ("met", (), "")
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


def test_a_team_is_the_officers_of_that_name_in_one_agency(tmp_path: Path) -> None:
    accounts = Accounts(tmp_path / "accounts.db")
    people = (
        ("a", "practitioner", "london", "east", 1),
        ("b", "practitioner", "london", "east", 0),
        ("c", "practitioner", "kent", "east", 1),
        ("d", "practitioner", "london", "west", 1),
        ("e", "practitioner", "london", "", 1),
        ("f", "police", "london", "east", 1),
        ("g", "practitioner", "london", "", 1),
    )
    for name, role, agency, team, active in people:
        values = {"account_id": name, "sign_in_name": name, "full_name": name, "role": role}
        accounts.add(values | {"agency": agency, "team": team, "active": active, "created_at": 1})
    mates = {one.account_id: accounts.mates(one) for one in accounts.all()}
    accounts.close()
    assert mates["a"] == {"b"}, "whose account is switched off still has a caseload"
    assert mates["b"] == {"a"}
    assert not any(mates[name] for name in "cdefg")
