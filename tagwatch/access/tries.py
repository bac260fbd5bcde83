"""How many tries to come in are left, kept in the accounts database: a restart forgets none, and
several web processes count together.

Whoever tries is kept as a keyed digest, for what is typed as a name may be a password.
"""

import hmac
import math
from typing import Final

import msgspec
from sqlalchemy import Connection, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from tagwatch.core.units import SECOND, Instant
from tagwatch.store.accounts import Accounts
from tagwatch.store.accounts_schema import sign_in_try, used_challenge

MOST_BUCKETS: Final = 20_000
_TRY: Final = sign_in_try.c
_USED: Final = used_challenge.c


class Allowance(msgspec.Struct, frozen=True):
    """So many tries at once, and so long until one of them is given back."""

    tries: int
    each: int


class Tries:
    """Buckets of tries that fill again evenly. Those that are full are swept, and where there are
    more than `most` the one not used for longest goes first."""

    def __init__(self, accounts: Accounts, secret: str, most: int = MOST_BUCKETS) -> None:
        self._accounts = accounts
        self._secret = secret.encode()
        self._most = most

    def wait(self, name: str, allowance: Allowance, at: Instant) -> tuple[int, bool]:
        """Count a try; return the seconds to wait, 0 if it is allowed, and whether this is the
        first refusal in a row."""
        key = hmac.digest(self._secret, f"tries {name}".encode(), "sha256")
        with self._accounts.change() as connection:
            # This comes first: it waits for others who count, so that a hundred at once are a
            # hundred. What changes nothing is not written.
            connection.execute(delete(sign_in_try).where(_TRY.full_at <= at))
            row = connection.execute(select(sign_in_try).where(_TRY.who == key)).one_or_none()
            left, told = float(allowance.tries), 0
            if row is not None:
                grown = max(0, at - row.since) / allowance.each
                left, told = min(left, row.left + grown), row.told
            allowed = left >= 1
            if not allowed and told:
                return _wait_s(left, allowance), False  # it fills from when it was last changed
            if allowed:
                left -= 1
            full_at = at + math.ceil((allowance.tries - left) * allowance.each)
            values = {"left": left, "since": at, "told": int(not allowed), "full_at": full_at}
            if row is None:
                connection.execute(insert(sign_in_try).values(who=key, **values))
                self._bound(connection)
            else:
                connection.execute(update(sign_in_try).where(_TRY.who == key).values(**values))
        return (0, False) if allowed else (_wait_s(left, allowance), True)

    def _bound(self, connection: Connection) -> None:
        count = connection.scalar(select(func.count()).select_from(sign_in_try)) or 0
        if count > self._most:
            oldest = select(_TRY.who).order_by(_TRY.since).limit(count - self._most)
            connection.execute(delete(sign_in_try).where(_TRY.who.in_(oldest)))


def use_up(accounts: Accounts, challenge: bytes, ends_at: Instant, at: Instant, most: int) -> bool:
    """Note that a challenge was answered; return whether that was the first time. At most so many
    are kept until they end; beyond that none is taken as unused."""
    with accounts.change() as connection:
        connection.execute(delete(used_challenge).where(_USED.ends_at <= at))
        held = connection.scalar(select(func.count()).select_from(used_challenge)) or 0
        if held >= most:
            return False
        try:
            row = {"challenge": challenge, "ends_at": ends_at}
            connection.execute(insert(used_challenge).values(**row))
        except IntegrityError:
            return False
    return True


def _wait_s(left: float, allowance: Allowance) -> int:
    return math.ceil((1 - left) * allowance.each / SECOND)
