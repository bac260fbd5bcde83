"""Getting in again after a loss: two administrators together, and the person in front of them.

One administrator asks, with the reason, and is shown the first half of a code. Another approves,
and is shown the second. The account's holder needs both halves, so neither of the two can take an
account over alone, and the code is worth nothing to whoever overhears one of them.
"""

import hmac
import secrets
from enum import StrEnum
from typing import Any, Final

import msgspec
from sqlalchemy import insert, select, update

from tagwatch.access.enrolment import AccountWrong, hash_password
from tagwatch.access.role import Role
from tagwatch.access.sign_in import HALF, UNSEEN, Problem, Seen, SignIn, SignInFailed
from tagwatch.core.ids import AccountId
from tagwatch.core.units import DAY, HOUR, Instant
from tagwatch.store.accounts import Accounts
from tagwatch.store.accounts_schema import recovery
from tagwatch.store.passkeys import remove_passkeys

ASKED_FOR: Final = 1 * DAY
"""A request that nobody decides ends by itself."""
CODE_LASTS: Final = 1 * HOUR
MOST_WRONG: Final = 5
REASON_MOST: Final = 500
SHOWN_MOST: Final = 50
_LETTERS: Final = "ABCDEFGHJKMNPQRSTVWXYZ23456789"
_HALF_LENGTH: Final = 8
_ROW = recovery.c


class Standing(StrEnum):
    """Where a recovery stands."""

    ASKED = "asked"
    APPROVED = "approved"
    REFUSED = "refused"
    USED = "used"
    SPENT = "spent"
    """Too many wrong codes."""
    ENDED = "ended"
    """Nobody decided, or nobody came, in time."""


class Recovery(msgspec.Struct, frozen=True, kw_only=True):
    """One recovery, without its codes."""

    recovery_id: str
    account_id: AccountId
    reason: str
    asked_by: AccountId
    asked_at: Instant
    expires_at: Instant
    decided_by: AccountId | None = None
    decided_at: Instant | None = None
    approved: int | None = None
    failures: int = 0
    used_at: Instant | None = None

    def standing(self, at: Instant) -> Standing:
        """Say where it stands."""
        if self.used_at is not None:
            return Standing.USED
        if self.approved == 0:
            return Standing.REFUSED
        if self.failures >= MOST_WRONG:
            return Standing.SPENT
        if self.expires_at <= at:
            return Standing.ENDED
        return Standing.ASKED if self.approved is None else Standing.APPROVED


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """A recovery and one half of its code, shown once."""

    recovery: Recovery
    half: str


def ask_recovery(
    sign_in: SignIn, account_id: AccountId, by: AccountId, reason: str, at: Instant
) -> Shown:
    """Ask that an account be recovered; return the first half of the code. Raises AccountWrong."""
    reason = reason.strip()
    _must_differ(account_id, by)
    account = sign_in.accounts.get(account_id)
    if account is None or not account.active:
        raise AccountWrong("there is no such account, or it is disabled; enable it first")
    if not 0 < len(reason) <= REASON_MOST:
        raise AccountWrong(f"say why, in {REASON_MOST} characters at most")
    if len(_administrators(sign_in.accounts) - {account_id}) < 2:
        raise AccountWrong(
            "recovery takes two other administrators, and there are not: on the machine itself run "
            f"`tagwatch user reset {account.sign_in_name}`"
        )
    standing = [each.standing(at) for each in recoveries_of(sign_in.accounts, account_id)]
    if {Standing.ASKED, Standing.APPROVED} & set(standing):
        raise AccountWrong("a recovery of this account is under way; let it be decided first")
    asked = Recovery(
        recovery_id=f"rc_{secrets.token_hex(8)}",
        account_id=account_id,
        reason=reason,
        asked_by=by,
        asked_at=at,
        expires_at=Instant(at + ASKED_FOR),
    )
    half = _half()
    values = {
        **msgspec.structs.asdict(asked),
        "first_hash": _mark(sign_in, asked.recovery_id, half),
    }
    with sign_in.accounts.change() as connection:
        connection.execute(insert(recovery).values(**values))
    return Shown(recovery=asked, half=half)


def approve(sign_in: SignIn, recovery_id: str, by: AccountId, at: Instant) -> Shown:
    """Approve a recovery that another administrator asked for; return the second half of the code.

    Raises AccountWrong.
    """
    found = _to_decide(sign_in.accounts, recovery_id, by, at)
    half = _half()
    values: dict[str, Any] = {
        "decided_by": by,
        "decided_at": at,
        "approved": 1,
        "expires_at": at + CODE_LASTS,
        "code_hash": _mark(sign_in, recovery_id, half),
    }
    with sign_in.accounts.change() as connection:
        if connection.execute(_undecided(recovery_id, values)).rowcount != 1:
            raise AccountWrong("somebody else has just decided this recovery")
    return Shown(recovery=found, half=half)


def refuse(sign_in: SignIn, recovery_id: str, by: AccountId, at: Instant) -> Recovery:
    """Refuse a recovery that another administrator asked for. Raises AccountWrong."""
    found = _to_decide(sign_in.accounts, recovery_id, by, at)
    values = {"decided_by": by, "decided_at": at, "approved": 0}
    with sign_in.accounts.change() as connection:
        connection.execute(_undecided(recovery_id, values))
    return found


def recover(
    sign_in: SignIn, name: str, code: str, password: str, at: Instant, seen: Seen = UNSEEN
) -> tuple[str, Recovery]:
    """Use both halves up: give the account the new password, forget its factors and sessions.

    Returns the cookie of a half session, in which the code app is set up anew. Raises SignInFailed
    for a wrong code, the same for an unknown name; AccountWrong for a weak password.
    """
    hashed = hash_password(password)
    row = sign_in.accounts.by_name(name.strip().lower()[:200])
    approved: tuple[Recovery, ...] = ()
    if row is not None:
        approved = recoveries_of(sign_in.accounts, AccountId(row["account_id"]))
    open_ = [each for each in approved if each.standing(at) is Standing.APPROVED]
    if row is None or not open_ or not row["active"]:
        raise SignInFailed(Problem.RECOVERY, "" if row is None else row["account_id"])
    found = open_[0]
    if not _use_up(sign_in, found, _plain(code), at):
        raise SignInFailed(Problem.RECOVERY, found.account_id)
    fresh: dict[str, Any] = {"password_hash": hashed, **WITHOUT_FACTOR}
    sign_in.accounts.alter(found.account_id, fresh)
    remove_passkeys(sign_in.accounts, found.account_id)
    sign_in.accounts.end_sessions(found.account_id)
    return sign_in.start(found.account_id, "password", "password", at, HALF, seen), found


WITHOUT_FACTOR: Final[dict[str, Any]] = {
    "second_factor": None,
    "second_factor_step": 0,
    "failures": 0,
    "locked_until": None,
}
"""What an account is set to before its factor is set up anew."""


def recoveries(accounts: Accounts) -> tuple[Recovery, ...]:
    """Return the latest recoveries, newest first."""
    return _those(accounts, _ROW.asked_at > 0)


def recoveries_of(accounts: Accounts, account_id: AccountId) -> tuple[Recovery, ...]:
    """Return the latest recoveries of an account, newest first."""
    return _those(accounts, _ROW.account_id == account_id)


def recovery_of(accounts: Accounts, recovery_id: str) -> Recovery | None:
    """Return a recovery, or None."""
    return next(iter(_those(accounts, _ROW.recovery_id == recovery_id)), None)


def _use_up(sign_in: SignIn, found: Recovery, code: str, at: Instant) -> bool:
    halves = (code[:_HALF_LENGTH], code[_HALF_LENGTH:])
    mine = (
        (_ROW.recovery_id == found.recovery_id)
        & _ROW.used_at.is_(None)
        & (_ROW.failures < MOST_WRONG)
    )
    with sign_in.accounts.change() as connection:
        # The try is counted first, so that a hundred at once are a hundred tries.
        counted = update(recovery).where(mine).values(failures=_ROW.failures + 1)
        if connection.execute(counted).rowcount != 1:
            return False
        kept = connection.execute(
            select(_ROW.first_hash, _ROW.code_hash).where(_ROW.recovery_id == found.recovery_id)
        ).one()
        marks = [_mark(sign_in, found.recovery_id, half) for half in halves]
        either_order = (marks, marks[::-1])
        if not any(hmac.compare_digest(b"".join(kept), b"".join(each)) for each in either_order):
            return False
        used = update(recovery).where(_ROW.recovery_id == found.recovery_id)
        connection.execute(used.values(used_at=at))
    return True


def _mark(sign_in: SignIn, recovery_id: str, half: str) -> bytes:
    """Return under what a half is kept: who reads the database alone cannot try halves against
    it, for the key of it is not there."""
    said = f"recovery {recovery_id} {half}".encode()
    return hmac.new(sign_in.csrf_secret.encode(), said, "sha256").digest()


def _to_decide(accounts: Accounts, recovery_id: str, by: AccountId, at: Instant) -> Recovery:
    found = recovery_of(accounts, recovery_id)
    if found is None:
        raise AccountWrong("there is no such recovery; see the list of accounts")
    _must_differ(found.account_id, by)
    if found.asked_by == by:
        raise AccountWrong("you asked for it yourself: another administrator decides")
    if found.standing(at) is not Standing.ASKED:
        raise AccountWrong(f"this recovery is {found.standing(at)}; it cannot be decided any more")
    return found


def _must_differ(account_id: AccountId, by: AccountId) -> None:
    if account_id == by:
        raise AccountWrong("nobody recovers himself: two other administrators do it")


def _administrators(accounts: Accounts) -> set[AccountId]:
    everybody = accounts.all()
    return {one.account_id for one in everybody if one.active and one.role == Role.ADMINISTRATOR}


def _undecided(recovery_id: str, values: dict[str, Any]) -> Any:
    mine = (_ROW.recovery_id == recovery_id) & _ROW.approved.is_(None)
    return update(recovery).where(mine).values(**values)


def _those(accounts: Accounts, condition: Any) -> tuple[Recovery, ...]:
    names = Recovery.__struct_fields__
    query = select(*(_ROW[name] for name in names)).where(condition)
    with accounts.change() as connection:
        rows = connection.execute(query.order_by(_ROW.asked_at.desc()).limit(SHOWN_MOST)).mappings()
        return tuple(Recovery(**row) for row in rows)


def _half() -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(_HALF_LENGTH))


def _plain(code: str) -> str:
    return "".join(each for each in code.upper() if each.isalnum())
