"""Passkeys in the accounts database: the public half alone, and how often each was used."""

from typing import Any

import msgspec
from sqlalchemy import delete, insert, select, update

from tagwatch.core.ids import AccountId
from tagwatch.core.units import Instant
from tagwatch.store.accounts import Accounts
from tagwatch.store.accounts_schema import passkey

_ROW = passkey.c


class Passkey(msgspec.Struct, frozen=True, kw_only=True):
    """One passkey of an account."""

    credential_id: bytes
    passkey_id: str
    account_id: AccountId
    public_key: bytes
    sign_count: int
    name: str
    synced: int
    """1: a copy of it may be on other devices of its owner."""
    added_at: Instant
    used_at: Instant | None = None
    regressed_at: Instant | None = None
    """Its counter went back then, as a copied one's would; it is refused since."""


class PasskeyTaken(Exception):
    """This passkey is known already."""


def add_passkey(accounts: Accounts, added: Passkey) -> None:
    """Keep a passkey. Raises PasskeyTaken."""
    with accounts.change() as connection:
        known = select(_ROW.passkey_id).where(_ROW.credential_id == added.credential_id)
        if connection.execute(known).one_or_none() is not None:
            raise PasskeyTaken("this passkey is registered already; choose another")
        connection.execute(insert(passkey).values(**msgspec.structs.asdict(added)))


def passkeys_of(accounts: Accounts, account_id: AccountId) -> tuple[Passkey, ...]:
    """Return the passkeys of an account, oldest first."""
    return _those(accounts, _ROW.account_id == account_id)


def passkey_of(accounts: Accounts, credential_id: bytes) -> Passkey | None:
    """Return the passkey of this credential, or None."""
    return next(iter(_those(accounts, _ROW.credential_id == credential_id)), None)


def count_use(accounts: Accounts, used: Passkey, sign_count: int, at: Instant) -> bool:
    """Write down that a passkey was used, and return whether its counter went on.

    Many devices count nothing and always say 0: that is going on too.
    """
    goes_on = (_ROW.sign_count < sign_count) | ((_ROW.sign_count == 0) & (sign_count == 0))
    mine = (_ROW.credential_id == used.credential_id) & goes_on
    with accounts.change() as connection:
        done = connection.execute(
            update(passkey).where(mine).values(sign_count=sign_count, used_at=at)
        )
        return done.rowcount == 1


def refuse_from_now_on(accounts: Accounts, used: Passkey, at: Instant) -> None:
    """Write down that a passkey's counter went back."""
    mine = _ROW.credential_id == used.credential_id
    with accounts.change() as connection:
        connection.execute(update(passkey).where(mine).values(regressed_at=at))


def remove_passkey(accounts: Accounts, account_id: AccountId, passkey_id: str) -> None:
    """Forget a passkey of an account."""
    mine = (_ROW.account_id == account_id) & (_ROW.passkey_id == passkey_id)
    with accounts.change() as connection:
        connection.execute(delete(passkey).where(mine))


def remove_passkeys(accounts: Accounts, account_id: AccountId) -> None:
    """Forget every passkey of an account."""
    with accounts.change() as connection:
        connection.execute(delete(passkey).where(_ROW.account_id == account_id))


def _those(accounts: Accounts, condition: Any) -> tuple[Passkey, ...]:
    query = select(passkey).where(condition).order_by(_ROW.added_at, _ROW.passkey_id)
    with accounts.change() as connection:
        return tuple(Passkey(**row) for row in connection.execute(query).mappings())
