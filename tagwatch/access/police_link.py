"""Links to the police response page: one alert, one phone, some hours, and a code by telephone.

The link goes one way and the six-digit code another. Neither is kept: the accounts database has
the hash of the key, and of key and code together. Five wrong codes lock a link for good; the first
right one uses it up and gives the phone a cookie.
"""

import hmac
import secrets
from collections.abc import Iterable
from enum import StrEnum
from typing import Any, Final

import msgspec
from sqlalchemy import insert, select, update

from tagwatch.access.actor import Actor
from tagwatch.access.enrolment import secret_digest
from tagwatch.access.role import Role, Verb
from tagwatch.core.ids import AccountId, AlertId, LinkId, WearerId
from tagwatch.core.units import HOUR, Instant
from tagwatch.store.accounts import Accounts
from tagwatch.store.accounts_schema import police_link

LONGEST: Final = 12 * HOUR
MOST_WRONG: Final = 5
_ROW: Final = police_link.c


class Standing(StrEnum):
    """What a link is good for."""

    OPEN = "open"
    UNKNOWN = "unknown"
    EXPIRED = "expired"
    REVOKED = "revoked"
    USED = "used"
    LOCKED = "locked"


class PoliceLink(msgspec.Struct, frozen=True, kw_only=True):
    """A link without its secrets."""

    link_id: LinkId
    alert_id: AlertId
    wearer_id: WearerId
    officer: str
    force: str
    made_by: AccountId
    made_at: Instant
    expires_at: Instant
    failures: int
    used_at: Instant | None
    revoked_at: Instant | None

    def standing(self, at: Instant) -> Standing:
        """Return what the link itself is good for at `at`; a used one's phone still has the page
        while it is neither expired nor revoked."""
        if self.revoked_at is not None:
            return Standing.REVOKED
        if self.expires_at <= at:
            return Standing.EXPIRED
        if self.used_at is not None:
            return Standing.USED
        return Standing.LOCKED if self.failures >= MOST_WRONG else Standing.OPEN

    def actor(self) -> Actor:
        """Return its holder: police, who may see this one page and report from it."""
        return Actor(
            account_id=AccountId(self.link_id),
            name=f"{self.officer}, {self.force}",
            role=Role.POLICE,
            agency=self.force,
            verbs=frozenset({Verb.SEE_POLICE_PAGE, Verb.SEE_PLAN, Verb.ACT_ON_ALERT}),
        )


class Secrets(msgspec.Struct, frozen=True, kw_only=True):
    """What is shown once: the key in the link, and the code to be read out."""

    key: str
    code: str


class Entered(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a code: a cookie if it was right, else why not."""

    standing: Standing
    link: PoliceLink | None = None
    cookie: str = ""
    left: int = 0
    """Wrong codes still allowed."""


def new_link_id() -> LinkId:
    """Return an id for a link."""
    return LinkId(f"pl_{secrets.token_hex(8)}")


def add_link(accounts: Accounts, link: PoliceLink) -> Secrets:
    """Keep a link and return its secrets, which nobody can find out again."""
    made = Secrets(key=secrets.token_urlsafe(24), code=f"{secrets.randbelow(10**6):06d}")
    values = msgspec.structs.asdict(link)
    hashes = {"key_hash": secret_digest(made.key), "code_hash": _both(made.key, made.code)}
    with accounts.change() as connection:
        connection.execute(insert(police_link).values(**values, **hashes))
    return made


def find_link(accounts: Accounts, key: str) -> PoliceLink | None:
    """Return the link of this key."""
    return _one(accounts, _ROW.key_hash == secret_digest(key))


def enter(accounts: Accounts, key: str, code: str, at: Instant) -> Entered:
    """Try a code. The first right one uses the link up."""
    link = find_link(accounts, key)
    if link is None:
        return Entered(standing=Standing.UNKNOWN)
    standing = link.standing(at)
    if standing is not Standing.OPEN:
        return Entered(standing=standing, link=link)
    cookie = secrets.token_urlsafe(32)
    mine = (_ROW.link_id == link.link_id) & (_ROW.failures < MOST_WRONG) & _ROW.used_at.is_(None)
    with accounts.change() as connection:
        # The try is counted first, so that a hundred at once are a hundred tries.
        counted = connection.execute(
            update(police_link).where(mine).values(failures=_ROW.failures + 1)
        )
        if counted.rowcount != 1:
            return Entered(standing=Standing.LOCKED, link=link)
        row = connection.execute(
            select(_ROW.code_hash, _ROW.failures).where(_ROW.link_id == link.link_id)
        ).one()
        digits = "".join(each for each in code if each.isdigit())
        if not hmac.compare_digest(row.code_hash, _both(key, digits)):
            left = MOST_WRONG - row.failures
            return Entered(
                standing=Standing.OPEN if left else Standing.LOCKED, link=link, left=left
            )
        connection.execute(
            update(police_link)
            .where(_ROW.link_id == link.link_id)
            .values(used_at=at, session_hash=secret_digest(cookie))
        )
    return Entered(standing=Standing.OPEN, link=link, cookie=cookie)


def holder(accounts: Accounts, cookie: str, at: Instant) -> PoliceLink | None:
    """Return the link whose phone has this cookie, while it is neither expired nor revoked."""
    link = _one(accounts, _ROW.session_hash == secret_digest(cookie)) if cookie else None
    return link if link is not None and link.standing(at) is Standing.USED else None


def revoke_link(accounts: Accounts, link_id: LinkId, at: Instant) -> None:
    """Make a link, and the page on its phone, useless from now on."""
    with accounts.change() as connection:
        connection.execute(update(police_link).where(_ROW.link_id == link_id).values(revoked_at=at))


def links_of(accounts: Accounts, alert_id: AlertId) -> tuple[PoliceLink, ...]:
    """Return the links of an alert, newest first."""
    return _all(accounts, _ROW.alert_id == alert_id)


def link_names(accounts: Accounts, ids: Iterable[str]) -> dict[str, str]:
    """Return the officers' names of those of these ids that are links."""
    wanted = [identity for identity in ids if identity.startswith("pl_")]
    found = _all(accounts, _ROW.link_id.in_(wanted)) if wanted else ()
    return {link.link_id: f"{link.officer}, {link.force} (by link)" for link in found}


def _one(accounts: Accounts, condition: Any) -> PoliceLink | None:
    return next(iter(_all(accounts, condition)), None)


def _all(accounts: Accounts, condition: Any) -> tuple[PoliceLink, ...]:
    names = PoliceLink.__struct_fields__
    query = select(*(_ROW[name] for name in names)).where(condition)
    with accounts.change() as connection:
        rows = connection.execute(query.order_by(_ROW.made_at.desc()).limit(100)).mappings()
        return tuple(PoliceLink(**row) for row in rows)


def _both(key: str, code: str) -> bytes:
    return secret_digest(f"{key} {code}")
