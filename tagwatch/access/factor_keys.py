"""Second factors sealed anew, beside the pages that use them."""

from typing import Any

from sqlalchemy import select, update

from tagwatch.access.sign_in import FACTOR_USE
from tagwatch.store.account_keys import FactorSeal
from tagwatch.store.accounts import Accounts
from tagwatch.store.accounts_schema import account, session


def seal_factors_anew(accounts: Accounts, seal: FactorSeal) -> int:
    """Seal every second factor with the newest key; returns how many were not yet.

    Each is changed only if it is still what was read: nobody's new factor is overwritten. Raises
    cryptography's InvalidTag for one that no key opens.
    """
    done = 0
    for table, key, column in (
        (account, account.c.account_id, account.c.second_factor),
        (session, session.c.session_hash, session.c.pending),
    ):
        with accounts.change() as connection:
            rows = connection.execute(select(key, column).where(column.is_not(None))).all()
            for name, sealed in rows:
                if seal.is_newest(sealed, FACTOR_USE):
                    continue
                anew: dict[str, Any] = {
                    column.name: seal.seal(seal.open(sealed, FACTOR_USE), FACTOR_USE)
                }
                connection.execute(
                    update(table).where(key == name, column == sealed).values(**anew)
                )
                done += 1
    return done
