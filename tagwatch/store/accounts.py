"""The accounts database: who may sign in, and who is signed in. Plain tables; the web writes them.

Secrets are never kept as they are: passwords as argon2 hashes, sessions, tokens and links as
SHA-256, the key of the second factor encrypted. Nothing here can alter a decision about a wearer.
"""

import json
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import msgspec
from sqlalchemy import (
    Connection,
    RowMapping,
    delete,
    event,
    insert,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError

from tagwatch.core.ids import AccountId
from tagwatch.core.units import Instant
from tagwatch.store.accounts_schema import (
    account,
    api_token,
    bring_up_to_date,
    session,
    sign_in_link,
)
from tagwatch.store.engines import open_engine

_LISTS: Final = {"boroughs", "duties", "programmes", "verbs"}


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """One person's account, without its secrets."""

    account_id: AccountId
    sign_in_name: str
    full_name: str
    email: str
    role: str
    agency: str
    boroughs: tuple[str, ...]
    duties: tuple[str, ...]
    active: int
    programmes: tuple[str, ...] = ()
    """Only wearers of these programmes; none: of all."""
    team: str = ""
    """Within the agency: its members have each other's ordinary caseload."""


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """A signed-in browser. `stage` is `password` until the second factor was given."""

    session_hash: bytes
    account_id: AccountId
    stage: str
    how: str
    started_at: Instant
    used_at: Instant
    expires_at: Instant
    purpose: str | None
    purpose_words: str
    purpose_until: Instant | None
    pending: bytes | None
    address: str
    """Where it was begun from."""
    browser: str
    """In which browser, in two words."""
    proven_at: Instant
    """When whoever sits there last gave a factor."""

    @property
    def marker(self) -> str:
        """A public name of the session: it cannot be turned back into the cookie."""
        return sha256(b"marker" + self.session_hash).hexdigest()[:16]


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """A token of the JSON API: it may do `verbs`, and never more than its account."""

    token_id: str
    account_id: AccountId
    label: str
    verbs: tuple[str, ...]
    created_at: Instant
    expires_at: Instant
    revoked_at: Instant | None
    used_at: Instant | None


class NameTaken(Exception):
    """There is an account of this sign-in name already."""


class Accounts:
    """The accounts database in one file. Safe for several threads; every change is durable."""

    def __init__(self, path: Path) -> None:
        """Open the database at `path`, made if absent. Raises AccountsNewer."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._engine = open_engine(
            f"/{path}", connect_args={"timeout": 10.0}, pool_size=8, max_overflow=8
        )
        event.listen(self._engine, "connect", _prepare)
        with self._engine.connect() as connection:
            bring_up_to_date(connection)
            connection.commit()
        path.chmod(0o600)

    def close(self) -> None:
        """Close the database."""
        self._engine.dispose()

    @contextmanager
    def change(self) -> Generator[Connection]:
        """Give a connection in a transaction that is written when the block ends well."""
        with self._engine.begin() as connection:
            yield connection

    # --- accounts ---------------------------------------------------------------------------

    def add(self, values: dict[str, Any]) -> None:
        """Add an account from its column values. Raises NameTaken."""
        try:
            with self.change() as connection:
                connection.execute(insert(account).values(**_packed(values)))
        except IntegrityError as error:
            name = values["sign_in_name"]
            raise NameTaken(f"there is an account named {name}; choose another name") from error

    def alter(self, account_id: AccountId, values: dict[str, Any]) -> None:
        """Set columns of one account."""
        with self.change() as connection:
            connection.execute(
                update(account).where(account.c.account_id == account_id).values(**_packed(values))
            )

    def by_name(self, sign_in_name: str) -> RowMapping | None:
        """Return the whole row of the account of this name, secrets included, or None."""
        query = select(account).where(account.c.sign_in_name == sign_in_name)
        with self._engine.connect() as connection:
            return connection.execute(query).mappings().one_or_none()

    def row(self, account_id: AccountId) -> RowMapping | None:
        """Return the whole row of an account, secrets included, or None."""
        query = select(account).where(account.c.account_id == account_id)
        with self._engine.connect() as connection:
            return connection.execute(query).mappings().one_or_none()

    def get(self, account_id: AccountId) -> Account | None:
        """Return an account, or None."""
        row = self.row(account_id)
        return None if row is None else account_of(row)

    def those(self, ids: Iterable[AccountId]) -> dict[AccountId, Account]:
        """Return those of these accounts that exist, by id."""
        query = select(account).where(account.c.account_id.in_(list(ids)))
        with self._engine.connect() as connection:
            found = [account_of(row) for row in connection.execute(query).mappings()]
        return {each.account_id: each for each in found}

    def mates(self, one: Account) -> frozenset[AccountId]:
        """Return the others of an account's role in its team, those switched off too: whose
        account has ended may still have a caseload. Empty for an account without a team."""
        if not one.team:
            return frozenset()
        row = account.c
        query = select(row.account_id).where(
            row.team == one.team,
            row.agency == one.agency,
            row.role == one.role,
            row.account_id != one.account_id,
        )
        with self._engine.connect() as connection:
            return frozenset(AccountId(name) for name in connection.scalars(query))

    def all(self) -> list[Account]:
        """Return all accounts by name."""
        with self._engine.connect() as connection:
            rows = connection.execute(select(account).order_by(account.c.sign_in_name)).mappings()
            return [account_of(row) for row in rows]

    # --- sessions ---------------------------------------------------------------------------

    def start_session(self, values: dict[str, Any]) -> None:
        """Add a session from its column values, and forget those that ran out."""
        with self.change() as connection:
            connection.execute(delete(session).where(session.c.expires_at < values["started_at"]))
            connection.execute(insert(session).values(**values))

    def session(self, session_hash: bytes) -> Session | None:
        """Return a session, whether still valid or not, or None."""
        found = self.sessions([session_hash])
        return found.get(session_hash)

    def sessions(self, hashes: Iterable[bytes]) -> dict[bytes, Session]:
        """Return the sessions of these hashes that exist."""
        query = select(session).where(session.c.session_hash.in_(list(hashes)))
        with self._engine.connect() as connection:
            rows = connection.execute(query).mappings()
            return {row["session_hash"]: Session(**row) for row in rows}

    def alter_session(self, session_hash: bytes, values: dict[str, Any]) -> None:
        """Set columns of one session."""
        with self.change() as connection:
            connection.execute(
                update(session).where(session.c.session_hash == session_hash).values(**values)
            )

    def sessions_of(self, account_id: AccountId) -> list[Session]:
        """Return the sessions of an account, valid or not, last used first."""
        query = select(session).where(session.c.account_id == account_id)
        with self._engine.connect() as connection:
            rows = connection.execute(query.order_by(session.c.used_at.desc())).mappings()
            return [Session(**row) for row in rows]

    def end_sessions(self, account_id: AccountId, but: bytes = b"") -> None:
        """End every session of an account, but the one of this hash."""
        others = (session.c.account_id == account_id) & (session.c.session_hash != but)
        with self.change() as connection:
            connection.execute(delete(session).where(others))

    def end_session(self, session_hash: bytes) -> None:
        """End one session."""
        with self.change() as connection:
            connection.execute(delete(session).where(session.c.session_hash == session_hash))

    # --- links and tokens -------------------------------------------------------------------

    def add_link(self, link_hash: bytes, account_id: AccountId, expires_at: Instant) -> None:
        """Add a one-use sign-in link."""
        with self.change() as connection:
            connection.execute(
                insert(sign_in_link).values(
                    link_hash=link_hash, account_id=account_id, expires_at=expires_at
                )
            )

    def use_link(self, link_hash: bytes, at: Instant) -> AccountId | None:
        """Use a link up and return whom it signs in; None if unknown, used or too old."""
        fresh = (sign_in_link.c.used_at.is_(None)) & (sign_in_link.c.expires_at > at)
        mine = sign_in_link.c.link_hash == link_hash
        with self.change() as connection:
            done = connection.execute(update(sign_in_link).where(mine & fresh).values(used_at=at))
            if done.rowcount != 1:
                return None
            return AccountId(
                connection.execute(select(sign_in_link.c.account_id).where(mine)).scalar_one()
            )

    def add_token(self, values: dict[str, Any]) -> None:
        """Add an API token from its column values."""
        with self.change() as connection:
            connection.execute(insert(api_token).values(**_packed(values)))

    def token(self, token_hash: bytes) -> Token | None:
        """Return the token of this hash, or None."""
        query = select(api_token).where(api_token.c.token_hash == token_hash)
        with self._engine.connect() as connection:
            row = connection.execute(query).mappings().one_or_none()
        return None if row is None else _token_of(row)

    def tokens(self) -> list[Token]:
        """Return all tokens, newest first."""
        with self._engine.connect() as connection:
            rows = connection.execute(select(api_token).order_by(api_token.c.created_at.desc()))
            return [_token_of(row) for row in rows.mappings()]

    def revoke_token(self, token_id: str, at: Instant) -> None:
        """Make a token useless from now on."""
        with self.change() as connection:
            connection.execute(
                update(api_token).where(api_token.c.token_id == token_id).values(revoked_at=at)
            )


def account_of(row: RowMapping) -> Account:
    """Return an account's row without its secrets."""
    return Account(
        account_id=AccountId(row["account_id"]),
        sign_in_name=row["sign_in_name"],
        full_name=row["full_name"],
        email=row["email"],
        role=row["role"],
        agency=row["agency"],
        boroughs=tuple(json.loads(row["boroughs"])),
        duties=tuple(json.loads(row["duties"])),
        active=row["active"],
        programmes=tuple(json.loads(row["programmes"])),
        team=row["team"],
    )


def _token_of(row: RowMapping) -> Token:
    return Token(
        token_id=row["token_id"],
        account_id=AccountId(row["account_id"]),
        label=row["label"],
        verbs=tuple(json.loads(row["verbs"])),
        created_at=Instant(row["created_at"]),
        expires_at=Instant(row["expires_at"]),
        revoked_at=row["revoked_at"],
        used_at=row["used_at"],
    )


def _packed(values: dict[str, Any]) -> dict[str, Any]:
    packed = dict(values)
    for name in _LISTS & values.keys():
        packed[name] = json.dumps(list(values[name]))
    return packed


def _prepare(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.close()
