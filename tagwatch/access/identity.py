"""Which account of a sign-in service (OpenID Connect) is which of ours, as administrators say."""

from typing import Final

import msgspec
from sqlalchemy import delete, insert, select, update

from tagwatch.access.enrolment import AccountWrong
from tagwatch.core.ids import AccountId
from tagwatch.core.units import Instant
from tagwatch.store.accounts import Accounts
from tagwatch.store.accounts_schema import identity

SUB_MOST: Final = 255
"""OpenID Connect Core 1.0 section 2 bounds `sub` so."""
_ROW = identity.c


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """An account of a sign-in service that is one of ours."""

    issuer: str
    sub: str
    account_id: AccountId
    linked_by: str
    linked_at: Instant
    used_at: Instant | None = None


def link_identity(
    accounts: Accounts, account_id: AccountId, issuer: str, sub: str, by: str, at: Instant
) -> None:
    """Link one of ours with the subject of an issuer. Raises AccountWrong."""
    sub = sub.strip()
    if not issuer:
        raise AccountWrong("no sign-in service is set up: set oidc.issuer in tagwatch.toml")
    if not 0 < len(sub) <= SUB_MOST:
        raise AccountWrong(
            f"give the subject by which the service knows the person, {SUB_MOST} characters "
            "at most; its administrators can say it"
        )
    found = account_linked(accounts, issuer, sub)
    if found is not None:
        raise AccountWrong("this subject is linked with an account already; unlink that one first")
    values = {"issuer": issuer, "sub": sub, "account_id": account_id}
    with accounts.change() as connection:
        connection.execute(insert(identity).values(**values, linked_by=by, linked_at=at))


def unlink_identity(accounts: Accounts, account_id: AccountId) -> None:
    """Take every link of an account away."""
    with accounts.change() as connection:
        connection.execute(delete(identity).where(_ROW.account_id == account_id))


def identities_of(accounts: Accounts, account_id: AccountId) -> tuple[Identity, ...]:
    """Return the links of an account."""
    query = select(identity).where(_ROW.account_id == account_id).order_by(_ROW.linked_at)
    with accounts.change() as connection:
        return tuple(Identity(**row) for row in connection.execute(query).mappings())


def account_linked(accounts: Accounts, issuer: str, sub: str) -> AccountId | None:
    """Return whose account this subject of this issuer is, or None."""
    mine = (_ROW.issuer == issuer) & (_ROW.sub == sub)
    with accounts.change() as connection:
        found = connection.execute(select(_ROW.account_id).where(mine)).scalar_one_or_none()
    return None if found is None else AccountId(found)


def note_use(accounts: Accounts, issuer: str, sub: str, at: Instant) -> None:
    """Write down when a link was used."""
    mine = (_ROW.issuer == issuer) & (_ROW.sub == sub)
    with accounts.change() as connection:
        connection.execute(update(identity).where(mine).values(used_at=at))
