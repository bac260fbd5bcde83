"""How one account is signed in to now: its factors and its sessions."""

import msgspec

from tagwatch.access.sign_in import IDLE, SignIn
from tagwatch.core.ids import AccountId
from tagwatch.core.units import Instant
from tagwatch.store.accounts import Session
from tagwatch.store.passkeys import Passkey, passkeys_of


class SignInStand(msgspec.Struct, frozen=True, kw_only=True):
    """The factors of an account, without their secrets, and its sessions, last used first."""

    has_password: bool
    has_code_app: bool
    locked_until: Instant | None
    passkeys: tuple[Passkey, ...]
    sessions: tuple[Session, ...]


def own_stand(sign_in: SignIn, account_id: AccountId, at: Instant) -> SignInStand:
    """Return how an account is signed in to at this moment."""
    row = sign_in.accounts.row(account_id)
    locked = None if row is None else row["locked_until"]
    return SignInStand(
        has_password=row is not None and row["password_hash"] is not None,
        has_code_app=row is not None and row["second_factor"] is not None,
        locked_until=locked if locked is not None and locked > at else None,
        passkeys=passkeys_of(sign_in.accounts, account_id),
        sessions=tuple(
            each
            for each in sign_in.accounts.sessions_of(account_id)
            if each.stage == "full" and at < min(each.expires_at, each.used_at + IDLE)
        ),
    )
