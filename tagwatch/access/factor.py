"""Changing how one signs in: the password, the code app. Every change ends the other sessions."""

from typing import Any, Final

from pyotp import random_base32
from pyotp.totp import TOTP

from tagwatch.access.enrolment import AccountWrong, hash_password
from tagwatch.access.sign_in import Problem, SignedIn, SignIn, SignInFailed
from tagwatch.core.units import MINUTE, Instant
from tagwatch.store.passkeys import passkeys_of

PROVEN_FOR: Final = 10 * MINUTE
"""So long after a factor was given it is believed that the same person still sits there."""


def is_proven(who: SignedIn, at: Instant) -> bool:
    """Say whether this session may change how its account is signed in to."""
    return at - who.session.proven_at < PROVEN_FOR


def prove_with_code(sign_in: SignIn, who: SignedIn, code: str, at: Instant) -> None:
    """Take a one-time code as proof that it is still he who sits there. Raises SignInFailed."""
    account_id = who.actor.account_id
    row = sign_in.accounts.row(account_id)
    if row is None or row["second_factor"] is None:
        raise SignInFailed(Problem.CODE, account_id)
    if row["locked_until"] is not None and row["locked_until"] > at:
        raise SignInFailed(Problem.LOCKED, account_id)
    step = sign_in.step_of(sign_in.opened(row["second_factor"]), code, at)
    if step is None or step <= row["second_factor_step"]:
        sign_in.failed(row, at)
        raise SignInFailed(Problem.CODE, account_id)
    sign_in.accounts.alter(account_id, {"second_factor_step": step, "failures": 0})
    sign_in.accounts.alter_session(who.session.session_hash, {"proven_at": at})


def change_password(sign_in: SignIn, who: SignedIn, password: str) -> None:
    """Give the account another password. Raises AccountWrong for a weak one."""
    _alter(sign_in, who, {"password_hash": hash_password(password)})


def new_code_app(sign_in: SignIn, who: SignedIn) -> str:
    """Return the otpauth address of another code app; it counts once its first code is right."""
    account = sign_in.accounts.get(who.actor.account_id)
    if account is None:
        raise AccountWrong("this account does not exist any more")
    if who.session.pending is None:
        key = random_base32()
        pending = {"pending": sign_in.sealed(key)}
        sign_in.accounts.alter_session(who.session.session_hash, pending)
    else:
        key = sign_in.opened(who.session.pending)
    return TOTP(key).provisioning_uri(name=account.sign_in_name, issuer_name="Tagwatch")


def confirm_code_app(sign_in: SignIn, who: SignedIn, code: str, at: Instant) -> None:
    """Put the new code app in the place of the old one. Raises SignInFailed for a wrong code."""
    if who.session.pending is None:
        raise SignInFailed(Problem.EXPIRED, who.actor.account_id)
    step = sign_in.step_of(sign_in.opened(who.session.pending), code, at)
    if step is None:
        raise SignInFailed(Problem.CODE, who.actor.account_id)
    _alter(sign_in, who, {"second_factor": who.session.pending, "second_factor_step": step})
    sign_in.accounts.alter_session(who.session.session_hash, {"pending": None})


def remove_code_app(sign_in: SignIn, who: SignedIn) -> None:
    """Forget the code app. Raises AccountWrong if it is the last second factor."""
    held = passkeys_of(sign_in.accounts, who.actor.account_id)
    if all(each.regressed_at is not None for each in held):
        raise AccountWrong("this is your last second factor; add a passkey first")
    _alter(sign_in, who, {"second_factor": None, "second_factor_step": 0})


def end_others(sign_in: SignIn, who: SignedIn) -> None:
    """End every session of his but this one."""
    sign_in.accounts.end_sessions(who.actor.account_id, but=who.session.session_hash)


def _alter(sign_in: SignIn, who: SignedIn, values: dict[str, Any]) -> None:
    sign_in.accounts.alter(who.actor.account_id, values)
    end_others(sign_in, who)
