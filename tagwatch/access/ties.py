"""Whom an account's holder knows privately, as far as he said so: he should not be the one who
looks.

He enters an exact number. It is answered alike whether anybody has it, so that nobody learns here
who is on the register; and what is kept is a mark of the number under the installation's secret, so
nobody learns it from the accounts database either.
"""

import hmac
import secrets
from collections.abc import Collection, Iterable, Mapping
from enum import StrEnum
from typing import Final

import msgspec
from sqlalchemy import insert, select, update

from tagwatch.access.enrolment import AccountWrong
from tagwatch.access.sign_in import SignIn
from tagwatch.core.ids import AccountId, WearerId
from tagwatch.core.units import Instant
from tagwatch.store.accounts_schema import tie

MOST: Final = 50
NUMBER_MOST: Final = 80
_ROW: Final = tie.c


class Relation(StrEnum):
    """How they know each other."""

    PARTNER = "partner"
    """Or was."""
    RELATIVE = "relative"
    FRIEND = "friend"
    NEIGHBOUR = "neighbour"
    WORK = "work"
    OTHER = "other"


class Tie(msgspec.Struct, frozen=True, kw_only=True):
    """One declaration, without the number."""

    tie_id: str
    account_id: AccountId
    relation: Relation
    declared_at: Instant
    declared_by: AccountId
    ended_at: Instant | None = None


def declare_tie(
    sign_in: SignIn,
    account_id: AccountId,
    number: str,
    relation: str,
    by: AccountId,
    at: Instant,
) -> Tie:
    """Keep that the account's holder knows whoever has this number. Raises AccountWrong."""
    plain = _plain(number)
    if not 3 <= len(plain) <= NUMBER_MOST:
        raise AccountWrong("enter a CRN, NOMIS id, PNC reference or our own reference exactly")
    if relation not in [each.value for each in Relation]:
        raise AccountWrong("choose how you know each other")
    if len(ties_of(sign_in, account_id)) >= MOST:
        raise AccountWrong(f"an account has {MOST} declarations at most; end one first")
    made = Tie(
        tie_id=f"ti_{secrets.token_hex(8)}",
        account_id=account_id,
        relation=Relation(relation),
        declared_at=at,
        declared_by=by,
    )
    values = {**msgspec.to_builtins(made), "number_mark": _mark(sign_in, account_id, plain)}
    with sign_in.accounts.change() as connection:
        connection.execute(insert(tie).values(**values))
    return made


def end_tie(sign_in: SignIn, account_id: AccountId, tie_id: str, at: Instant) -> None:
    """End a declaration of this account. Raises AccountWrong."""
    mine = (_ROW.tie_id == tie_id) & (_ROW.account_id == account_id) & _ROW.ended_at.is_(None)
    with sign_in.accounts.change() as connection:
        if connection.execute(update(tie).where(mine).values(ended_at=at)).rowcount != 1:
            raise AccountWrong("there is no such declaration any more")


def ties_of(sign_in: SignIn, account_id: AccountId) -> tuple[Tie, ...]:
    """Return what an account's holder declares at present, the oldest first."""
    names = Tie.__struct_fields__
    query = select(*(_ROW[name] for name in names)).where(
        _ROW.account_id == account_id, _ROW.ended_at.is_(None)
    )
    with sign_in.accounts.change() as connection:
        rows = connection.execute(query.order_by(_ROW.declared_at)).mappings().all()
    named = ({str(name): value for name, value in row.items()} for row in rows)
    return tuple(msgspec.convert(each, Tie) for each in named)


def known_to(
    sign_in: SignIn,
    accounts: Iterable[AccountId],
    numbers: Mapping[WearerId, Collection[str]],
) -> dict[AccountId, frozenset[WearerId]]:
    """Return whom each of these accounts has ever declared to know, of those with these numbers.

    One that was ended counts too: somebody who ends it to look is the one to ask.
    """
    query = select(_ROW.account_id, _ROW.number_mark)
    with sign_in.accounts.change() as connection:
        rows = connection.execute(query).all()
    marks: dict[AccountId, set[bytes]] = {}
    for row in rows:
        marks.setdefault(AccountId(row.account_id), set()).add(row.number_mark)
    return {
        account: frozenset(
            wearer
            for wearer, his in numbers.items()
            if any(_mark(sign_in, account, _plain(each)) in marks[account] for each in his)
        )
        for account in accounts
        if account in marks
    }


def _plain(number: str) -> str:
    return "".join(number.upper().split())


def _mark(sign_in: SignIn, account_id: AccountId, plain: str) -> bytes:
    said = f"tie {account_id} {plain}".encode()
    return hmac.new(sign_in.csrf_secret.encode(), said, "sha256").digest()
