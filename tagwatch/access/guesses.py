"""How often somebody may guess a reference to open a record by break-glass: hits are not counted,
misses are, for an hour, each before it is known whether it is one."""

from typing import Final

from sqlalchemy import delete, func, insert, select

from tagwatch.core.ids import AccountId
from tagwatch.core.units import HOUR, Instant
from tagwatch.store.accounts import Accounts
from tagwatch.store.accounts_schema import glass_guess

MOST_WRONG: Final = 5
"""In an hour, of one account."""
MOST_IN_ALL: Final = 50
"""In an hour, of all accounts together."""
_ROW: Final = glass_guess.c


def may_guess(accounts: Accounts, by: AccountId, at: Instant) -> bool:
    """Count a guess as wrong and say whether it may be looked at; `was_right` takes it back."""
    recent = _ROW.at > at - HOUR
    with accounts.change() as connection:
        connection.execute(delete(glass_guess).where(_ROW.at <= at - HOUR))
        # It is counted first, so that a hundred at once are a hundred guesses.
        connection.execute(insert(glass_guess).values(account_id=by, at=at))
        mine = connection.scalar(
            select(func.count()).select_from(glass_guess).where(_ROW.account_id == by, recent)
        )
        everybody = connection.scalar(select(func.count()).select_from(glass_guess).where(recent))
    return (mine or 0) <= MOST_WRONG and (everybody or 0) <= MOST_IN_ALL


def was_right(accounts: Accounts, by: AccountId, at: Instant) -> None:
    """Take back the guess counted at `at`: it named a record."""
    with accounts.change() as connection:
        connection.execute(delete(glass_guess).where(_ROW.account_id == by, _ROW.at == at))
