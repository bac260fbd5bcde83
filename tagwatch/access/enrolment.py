"""Making accounts: who may sign in, with what, and the demonstration's one-use links."""

import secrets
import time
from hashlib import sha256
from typing import Any, Final
from urllib.parse import urlencode

from argon2 import PasswordHasher

from tagwatch.access.role import Duty, Role
from tagwatch.config import Config
from tagwatch.core.ids import AccountId
from tagwatch.core.order import Programme
from tagwatch.core.units import DAY, Instant
from tagwatch.store.accounts import Accounts

LINK_LASTS: Final = 1 * DAY
PASSWORD_LEAST: Final = 12
PASSWORD_MOST: Final = 256
NAME_MOST: Final = 100
"""Characters of the name of an agency or a team."""
LIMITED: Final = frozenset({Role.PRACTITIONER, Role.POLICE})
"""Roles whose accounts can be limited to programmes. Others watch everybody, or nobody."""


class AccountWrong(ValueError):
    """An account cannot be made so; the text says what is wrong and what is possible."""


def now() -> Instant:
    """Return the time at which something outside the journal is done."""
    return Instant(time.time_ns() // 1000)


def create_account(
    config: Config,
    *,
    sign_in_name: str,
    full_name: str,
    role: Role,
    password: str | None,
    agency: str = "",
    boroughs: tuple[str, ...] = (),
    duties: tuple[Duty, ...] = (),
    programmes: tuple[Programme, ...] = (),
    team: str = "",
    email: str = "",
    account_id: AccountId | None = None,
) -> AccountId:
    """Make an account and return its id; the second factor is enrolled at the first sign-in.

    Without a password the account can sign in by link only (demonstration). Raises AccountWrong
    for a weak password, an empty name or a reach the role cannot have, NameTaken if the sign-in
    name is in use.
    """
    name = sign_in_name.strip().lower()
    if not name or not full_name.strip():
        raise AccountWrong("an account needs a sign-in name and a full name; give both")
    reach = checked_reach(role, agency, programmes, team)
    identity = account_id or AccountId(f"ac_{secrets.token_hex(8)}")
    accounts = Accounts(config.accounts_file)
    try:
        accounts.add(
            {
                "account_id": identity,
                "sign_in_name": name,
                "full_name": full_name.strip(),
                "email": email,
                "role": role.value,
                "boroughs": boroughs,
                **reach,
                "duties": tuple(duty.value for duty in duties),
                "password_hash": None if password is None else hash_password(password),
                "created_at": now(),
            }
        )
    finally:
        accounts.close()
    return identity


def checked_reach(
    role: Role, agency: str, programmes: tuple[Programme, ...], team: str
) -> dict[str, Any]:
    """Return the columns that say which wearers an account reaches.

    Raises AccountWrong for a limit to programmes of a role that must see all or has none, and for
    a team of anybody but officers of an agency.
    """
    agency, team = " ".join(agency.split()), " ".join(team.split())
    if programmes and role not in LIMITED:
        able = " and ".join(sorted(each.value for each in LIMITED))
        raise AccountWrong(f"an account of role {role} cannot be limited to programmes; {able} can")
    if team and role is not Role.PRACTITIONER:
        raise AccountWrong(f"an account of role {role} has no team; practitioners have")
    if team and not agency:
        raise AccountWrong(f"a team is a team of an agency: give the agency of {team} too")
    if max(len(agency), len(team)) > NAME_MOST:
        raise AccountWrong(f"the name of an agency or team has {NAME_MOST} characters at most")
    named = tuple(dict.fromkeys(programme.value for programme in programmes))
    return {"agency": agency, "programmes": named, "team": team}


def hash_password(password: str) -> str:
    """Return the argon2 hash of a password. Raises AccountWrong if it is too short or long."""
    if not PASSWORD_LEAST <= len(password) <= PASSWORD_MOST:
        raise AccountWrong(
            f"a password has {PASSWORD_LEAST} to {PASSWORD_MOST} characters; three unrelated "
            "words make a good one"
        )
    return PasswordHasher().hash(password)


def demonstration_link(config: Config, account_id: AccountId, public_url: str) -> str:
    """Return a one-use address that signs this account in, from this machine only."""
    secret = secrets.token_urlsafe(24)
    accounts = Accounts(config.accounts_file)
    try:
        accounts.add_link(secret_digest(secret), account_id, Instant(now() + LINK_LASTS))
    finally:
        accounts.close()
    return f"{public_url.rstrip('/')}/sign-in/link?{urlencode({'key': secret})}"


def secret_digest(secret: str) -> bytes:
    """Return the hash under which a secret of a session, link or token is kept."""
    return sha256(secret.encode()).digest()
