"""The tables of the accounts database, and the steps that bring an older one up to date.

A new table needs no step. A new column of a table that exists does: one statement here, at the end,
and never another in its place.
"""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Float,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    inspect,
)

metadata: Final = MetaData()

account = Table(
    "account",
    metadata,
    Column("account_id", String, primary_key=True),
    Column("sign_in_name", String, nullable=False, unique=True),
    Column("full_name", String, nullable=False),
    Column("email", String, nullable=False, default=""),
    Column("role", String, nullable=False),
    Column("agency", String, nullable=False, default=""),
    Column("boroughs", Text, nullable=False, default="[]"),
    Column("duties", Text, nullable=False, default="[]"),
    Column("password_hash", String),
    Column("second_factor", LargeBinary),  # encrypted; None until enrolled
    Column("second_factor_step", BigInteger, nullable=False, default=0),  # a code serves once
    Column("failures", Integer, nullable=False, default=0),
    Column("locked_until", BigInteger),
    Column("active", Integer, nullable=False, default=1),
    Column("created_at", BigInteger, nullable=False),
    Column("programmes", Text, nullable=False, default="[]", server_default="[]"),
    Column("team", String, nullable=False, default="", server_default=""),
)

session = Table(
    "session",
    metadata,
    Column("session_hash", LargeBinary, primary_key=True),
    Column("account_id", String, nullable=False, index=True),
    Column("stage", String, nullable=False),  # password | full
    Column("how", String, nullable=False),  # password | link | passkey | provider
    Column("started_at", BigInteger, nullable=False),
    Column("used_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("purpose", String),
    Column("purpose_words", Text, nullable=False, default=""),
    Column("purpose_until", BigInteger),
    Column("pending", LargeBinary),  # encrypted key of a second factor being enrolled
    Column("address", String, nullable=False, default="", server_default=""),
    Column("browser", String, nullable=False, default="", server_default=""),
    Column("proven_at", BigInteger, nullable=False, default=0, server_default="0"),
)

tie = Table(
    "tie",
    metadata,
    Column("tie_id", String, primary_key=True),
    Column("account_id", String, nullable=False, index=True),
    Column("number_mark", LargeBinary, nullable=False),  # of an exact number; not the number
    Column("relation", String, nullable=False),
    Column("declared_at", BigInteger, nullable=False),
    Column("declared_by", String, nullable=False),
    Column("ended_at", BigInteger),
)

preference = Table(
    "preference",
    metadata,
    Column("account_id", String, primary_key=True),
    Column("name", String, primary_key=True),
    Column("value", Text, nullable=False),
)

api_token = Table(
    "api_token",
    metadata,
    Column("token_hash", LargeBinary, primary_key=True),
    Column("token_id", String, nullable=False, unique=True),
    Column("account_id", String, nullable=False, index=True),
    Column("label", String, nullable=False),
    Column("verbs", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("revoked_at", BigInteger),
    Column("used_at", BigInteger),
)

sign_in_link = Table(
    "sign_in_link",
    metadata,
    Column("link_hash", LargeBinary, primary_key=True),
    Column("account_id", String, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("used_at", BigInteger),
)

police_link = Table(
    "police_link",
    metadata,
    Column("link_id", String, primary_key=True),
    Column("alert_id", String, nullable=False, index=True),
    Column("wearer_id", String, nullable=False),
    Column("officer", String, nullable=False),
    Column("force", String, nullable=False),
    Column("made_by", String, nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("key_hash", LargeBinary, nullable=False, unique=True),
    Column("code_hash", LargeBinary, nullable=False),  # of key and code together
    Column("failures", Integer, nullable=False, default=0),
    Column("used_at", BigInteger),
    Column("revoked_at", BigInteger),
    Column("session_hash", LargeBinary, unique=True),
)

passkey = Table(
    "passkey",
    metadata,
    Column("credential_id", LargeBinary, primary_key=True),
    Column("passkey_id", String, nullable=False, unique=True),
    Column("account_id", String, nullable=False, index=True),
    Column("public_key", LargeBinary, nullable=False),
    Column("sign_count", BigInteger, nullable=False),
    Column("name", String, nullable=False),
    Column("synced", Integer, nullable=False),  # a copy of it may be on other devices
    Column("added_at", BigInteger, nullable=False),
    Column("used_at", BigInteger),
    Column("regressed_at", BigInteger),  # its counter went back: it is refused from then on
)

identity = Table(  # an account of a sign-in service, linked by an administrator
    "service_link",
    metadata,
    Column("issuer", String, primary_key=True),
    Column("sub", String, primary_key=True),
    Column("account_id", String, nullable=False, index=True),
    Column("linked_by", String, nullable=False),
    Column("linked_at", BigInteger, nullable=False),
    Column("used_at", BigInteger),
)

recovery = Table(
    "recovery",
    metadata,
    Column("recovery_id", String, primary_key=True),
    Column("account_id", String, nullable=False, index=True),
    Column("reason", Text, nullable=False),
    Column("asked_by", String, nullable=False),
    Column("asked_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("first_hash", LargeBinary, nullable=False),  # of the half that the asker was shown
    Column("decided_by", String),
    Column("decided_at", BigInteger),
    Column("approved", Integer),
    Column("code_hash", LargeBinary),  # of the half that the approver was shown
    Column("failures", Integer, nullable=False, default=0),
    Column("used_at", BigInteger),
)

glass_guess = Table(
    "glass_guess",
    metadata,
    Column("guess_id", Integer, primary_key=True, autoincrement=True),
    Column("account_id", String, nullable=False, index=True),
    Column("at", BigInteger, nullable=False),  # when a reference was tried that names no record
)

task = Table(
    "task",
    metadata,
    Column("session_hash", LargeBinary, primary_key=True),
    Column("wearer_id", String, primary_key=True),
    Column("about", String, nullable=False),  # the alert, case or request; else the wearer
    Column("purpose", String, nullable=False),
    Column("words", Text, nullable=False),
    Column("until", BigInteger, nullable=False, index=True),
    Column("views_left", Integer, nullable=False),
)

sign_in_try = Table(
    "sign_in_try",
    metadata,
    Column("who", LargeBinary, primary_key=True),  # keyed digest of kind and address or account
    Column("left", Float, nullable=False),
    Column("since", BigInteger, nullable=False, index=True),
    Column("told", Integer, nullable=False),  # the refusal is on the audit
    Column("full_at", BigInteger, nullable=False, index=True),  # nothing is to be kept from then on
)

used_challenge = Table(
    "used_challenge",
    metadata,
    Column("challenge", LargeBinary, primary_key=True),
    Column("ends_at", BigInteger, nullable=False, index=True),
)

STEPS: Final = (
    "ALTER TABLE session ADD COLUMN address VARCHAR NOT NULL DEFAULT ''",
    "ALTER TABLE session ADD COLUMN browser VARCHAR NOT NULL DEFAULT ''",
    "ALTER TABLE session ADD COLUMN proven_at BIGINT NOT NULL DEFAULT 0",
    "ALTER TABLE account ADD COLUMN programmes TEXT NOT NULL DEFAULT '[]'",
    "ALTER TABLE account ADD COLUMN team VARCHAR NOT NULL DEFAULT ''",
)
"""Version n of the file is the first with n of these behind it (`PRAGMA user_version`)."""


class AccountsNewer(Exception):
    """The accounts were written by a newer Tagwatch; the text says so and what to do."""


def bring_up_to_date(connection: Connection) -> None:
    """Make the tables that are missing and take the steps not taken yet, all or none of them.

    Raises AccountsNewer if the file knows more steps than this version.
    """
    if _version(connection) == len(STEPS) and _has_every_table(connection):
        return
    connection.rollback()
    connection.exec_driver_sql("BEGIN IMMEDIATE")  # of two processes at once the second waits
    taken = _version(connection)
    if taken > len(STEPS):
        raise AccountsNewer(
            f"the accounts are of version {taken} and this Tagwatch knows {len(STEPS)}: "
            "install the newer Tagwatch again, or restore the backup made before it"
        )
    is_new = not inspect(connection).has_table(account.name)
    for step in () if is_new else STEPS[taken:]:
        connection.exec_driver_sql(step)
    metadata.create_all(connection)
    connection.exec_driver_sql(f"PRAGMA user_version = {len(STEPS)}")


def _version(connection: Connection) -> int:
    return int(connection.exec_driver_sql("PRAGMA user_version").scalar_one())


def _has_every_table(connection: Connection) -> bool:
    return set(metadata.tables) <= set(inspect(connection).get_table_names())
