"""Signing in: password and one-time code, or a one-use link; sessions; API tokens; lockout."""

import hmac
import secrets
from collections.abc import Iterable
from enum import StrEnum
from functools import cache
from typing import Any, Final

import msgspec
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from pyotp import random_base32
from pyotp.totp import TOTP

from tagwatch.access.actor import Actor, actor_of
from tagwatch.access.enrolment import PASSWORD_MOST, AccountWrong, now, secret_digest
from tagwatch.access.police_link import link_names
from tagwatch.access.purpose import ALLOWED, REMEMBERED_FOR, Purpose
from tagwatch.access.role import MATRIX, Role, Verb
from tagwatch.config import Config
from tagwatch.core.ids import AccountId
from tagwatch.core.units import HOUR, MINUTE, SECOND, Instant
from tagwatch.store.account_keys import FactorSeal, account_secrets
from tagwatch.store.accounts import Accounts, Session
from tagwatch.store.journal.files import OsFiles
from tagwatch.store.passkeys import passkeys_of

IDLE: Final = 2 * HOUR
"""A session without a request for this long is over."""
LONGEST: Final = 12 * HOUR
"""A session is over after this in any case: one shift."""
HALF: Final = 10 * MINUTE
"""Time to give the code after the password."""
FREE_FAILURES: Final = 5
LOCK_FIRST: Final = 1 * MINUTE
LOCK_MOST: Final = 1 * HOUR
FACTOR_USE: Final = b"second factor"
_STEP_S: Final = 30


class Problem(StrEnum):
    """Why signing in failed; the words a person sees are the page's."""

    WRONG = "wrong"
    LOCKED = "locked"
    CODE = "code"
    EXPIRED = "expired"
    NOT_KNOWN = "not known"
    COPIED = "copied"
    NO_PASSKEYS = "no passkeys"
    PASSKEY_ONLY = "passkey only"
    RECOVERY = "recovery"
    PROVIDER = "provider"
    NOT_LINKED = "not linked"
    WEAK = "weak"
    ELSEWHERE = "elsewhere"


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """Where somebody signs in from, as far as it is known, for his list of sessions."""

    address: str = ""
    browser: str = ""
    known_as: str = ""
    """What this browser keeps since somebody signed in with it, `SignIn.known_browser`."""


UNSEEN: Final = Seen()


class SignInFailed(Exception):
    """Nobody was signed in."""

    def __init__(self, problem: Problem, account_id: str = "") -> None:
        super().__init__(f"sign-in failed: {problem}")
        self.problem = problem
        self.account_id = account_id


class SignedIn(msgspec.Struct, frozen=True, kw_only=True):
    """A valid session and whose it is."""

    actor: Actor
    session: Session

    @property
    def marker(self) -> str:
        """A public name of the session: it cannot be turned back into the cookie."""
        return self.session.marker

    def purpose(self, at: Instant) -> Purpose | None:
        """Return the purpose stated and still remembered, or None."""
        until = self.session.purpose_until
        if self.session.purpose is None or until is None or until <= at:
            return None
        return Purpose(self.session.purpose)


class SignIn:
    """Everything the pages need to know who asks. Safe for several threads."""

    def __init__(self, accounts: Accounts, seal: FactorSeal, csrf_secret: str) -> None:
        """Use `open_sign_in`."""
        self.accounts = accounts
        self.csrf_secret = csrf_secret
        """Signs the tokens that forms carry."""
        self._seal = seal
        self._hasher = PasswordHasher()

    # --- sessions ---------------------------------------------------------------------------

    def with_password(self, name: str, password: str, at: Instant, seen: Seen = UNSEEN) -> str:
        """Check name and password and return the cookie of a half session: the code comes next.

        Raises SignInFailed. Takes as long for an unknown name as for a wrong password.
        """
        row = self.accounts.by_name(name.strip().lower()[:200])
        kept = None if row is None else row["password_hash"]
        right = self._verified(kept or _hash_of_nobody(), password[: PASSWORD_MOST + 1])
        if row is None:
            raise SignInFailed(Problem.WRONG)
        if self._locked(row, at, seen):
            raise SignInFailed(Problem.LOCKED, row["account_id"])
        if not right or kept is None or not row["active"]:
            self.failed(row, at)
            raise SignInFailed(Problem.WRONG, row["account_id"])
        account_id = AccountId(row["account_id"])
        if row["second_factor"] is None and passkeys_of(self.accounts, account_id):
            # Else a password alone would let its thief set a second factor of his own.
            raise SignInFailed(Problem.PASSKEY_ONLY, account_id)
        return self.start(account_id, "password", "password", at, HALF, seen)

    def with_code(self, cookie: str, code: str, at: Instant, seen: Seen = UNSEEN) -> str:
        """Check the one-time code of a half session and return the cookie of the whole one.

        The first right code also enrols the second factor. Raises SignInFailed.
        """
        session = self.half(cookie, at)
        row = None if session is None else self.accounts.row(session.account_id)
        if session is None or row is None or not row["active"]:
            raise SignInFailed(Problem.EXPIRED)
        if self._locked(row, at, seen):
            raise SignInFailed(Problem.LOCKED, row["account_id"])
        sealed = row["second_factor"] or session.pending
        step = None if sealed is None else self.step_of(self.opened(sealed), code, at)
        if step is None or step <= row["second_factor_step"]:
            self.failed(row, at)
            raise SignInFailed(Problem.CODE, row["account_id"])
        values: dict[str, Any] = {"second_factor_step": step, "failures": 0, "locked_until": None}
        if row["second_factor"] is None:
            values["second_factor"] = sealed
        self.accounts.alter(session.account_id, values)
        self.accounts.end_session(session.session_hash)
        return self.start(session.account_id, "full", "password", at, LONGEST, seen)

    def with_link(self, secret: str, at: Instant, seen: Seen = UNSEEN) -> str:
        """Use a one-use link up and return the cookie of a session. Raises SignInFailed.

        The caller has made sure that the request came from this machine.
        """
        account_id = self.accounts.use_link(secret_digest(secret), at)
        found = None if account_id is None else self.accounts.get(account_id)
        if found is None or not found.active:
            raise SignInFailed(Problem.EXPIRED)
        return self.start(found.account_id, "full", "link", at, LONGEST, seen)

    def half(self, cookie: str, at: Instant) -> Session | None:
        """Return the half session of this cookie, or None."""
        session = self.accounts.session(secret_digest(cookie))
        if session is None or session.stage != "password" or session.expires_at <= at:
            return None
        return session

    def enrolment(self, cookie: str, at: Instant) -> str | None:
        """Return the otpauth address to be enrolled, None if the second factor is there already.

        Raises SignInFailed if the half session is over.
        """
        session = self.half(cookie, at)
        row = None if session is None else self.accounts.row(session.account_id)
        if session is None or row is None:
            raise SignInFailed(Problem.EXPIRED)
        if row["second_factor"] is not None:
            return None
        if session.pending is None:
            key = random_base32()
            self.accounts.alter_session(session.session_hash, {"pending": self.sealed(key)})
        else:
            key = self.opened(session.pending)
        return TOTP(key).provisioning_uri(name=row["sign_in_name"], issuer_name="Tagwatch")

    def signed_in(self, cookie: str, at: Instant) -> SignedIn | None:
        """Return who is signed in with this cookie, or None. Counts as use of the session."""
        found = self.check([secret_digest(cookie)], at).get(secret_digest(cookie))
        if found is not None and at - found.session.used_at > MINUTE:
            self.accounts.alter_session(found.session.session_hash, {"used_at": at})
        return found

    def check(self, hashes_: list[bytes], at: Instant) -> dict[bytes, SignedIn]:
        """Return those of these sessions that are valid now, without counting as use."""
        sessions = [
            session
            for session in self.accounts.sessions(hashes_).values()
            if session.stage == "full" and at < min(session.expires_at, session.used_at + IDLE)
        ]
        accounts = self.accounts.those({session.account_id for session in sessions})
        found: dict[bytes, SignedIn] = {}
        for session in sessions:
            account = accounts.get(session.account_id)
            if account is not None and account.active:
                found[session.session_hash] = SignedIn(
                    actor=actor_of(account, self.accounts), session=session
                )
        return found

    def names(self, ids: Iterable[str]) -> dict[str, str]:
        """Return the names of these accounts, and of the officers of these links, by id."""
        ids = list(ids)
        found = self.accounts.those(AccountId(identity) for identity in ids)
        named = {identity: account.full_name for identity, account in found.items()}
        return named | link_names(self.accounts, ids)

    def sign_out(self, cookie: str) -> None:
        """End the session of this cookie."""
        self.accounts.end_session(secret_digest(cookie))

    def state_purpose(self, who: SignedIn, purpose: Purpose, words: str, at: Instant) -> None:
        """Remember for a while why this session looks. Raises AccountWrong if it may not."""
        if purpose not in ALLOWED[who.actor.role]:
            raise AccountWrong(f"an account of role {who.actor.role} cannot state {purpose}")
        self.accounts.alter_session(
            who.session.session_hash,
            {
                "purpose": purpose.value,
                "purpose_words": words[:500],
                "purpose_until": at + REMEMBERED_FOR,
            },
        )

    # --- tokens -----------------------------------------------------------------------------

    def issue_token(
        self, account_id: AccountId, label: str, verbs: tuple[Verb, ...], expires_at: Instant
    ) -> str:
        """Make an API token in the name of an account and return its secret, shown once.

        Raises AccountWrong if there is no such account or its role lacks one of the verbs.
        """
        account = self.accounts.get(account_id)
        if account is None:
            raise AccountWrong(f"there is no account {account_id}; see `tagwatch user list`")
        lacking = [verb.value for verb in verbs if verb not in MATRIX[Role(account.role)]]
        if lacking or not verbs:
            raise AccountWrong(f"role {account.role} cannot {', '.join(lacking) or 'do nothing'}")
        secret = f"twt_{secrets.token_urlsafe(32)}"
        self.accounts.add_token(
            {
                "token_hash": secret_digest(secret),
                "token_id": f"tk_{secrets.token_hex(6)}",
                "account_id": account_id,
                "label": label,
                "verbs": tuple(verb.value for verb in verbs),
                "created_at": now(),
                "expires_at": expires_at,
            }
        )
        return secret

    def by_token(self, secret: str, at: Instant) -> Actor | None:
        """Return the actor a token stands for, limited to the token's verbs, or None."""
        token = self.accounts.token(secret_digest(secret))
        if token is None or token.revoked_at is not None or token.expires_at <= at:
            return None
        account = self.accounts.get(token.account_id)
        if account is None or not account.active:
            return None
        verbs = frozenset(Verb(verb) for verb in token.verbs)
        return msgspec.structs.replace(actor_of(account, self.accounts), verbs=verbs)

    # --- for what stands on this ------------------------------------------------------------

    def start(
        self,
        account_id: AccountId,
        stage: str,
        how: str,
        at: Instant,
        lasts: int,
        seen: Seen = UNSEEN,
    ) -> str:
        """Begin a session and return its cookie. The caller has checked who it is."""
        cookie = secrets.token_urlsafe(32)
        self.accounts.start_session(
            {
                "session_hash": secret_digest(cookie),
                "account_id": account_id,
                "stage": stage,
                "how": how,
                "started_at": at,
                "used_at": at,
                "expires_at": at + lasts,
                "address": seen.address[:100],
                "browser": seen.browser[:100],
                "proven_at": at if stage == "full" else 0,
            }
        )
        return cookie

    def known_browser(self, account_id: AccountId) -> str:
        """Return what a browser keeps after a whole sign-in: the lock that strangers bring about
        does not hold there."""
        nonce = secrets.token_urlsafe(12)
        return f"{account_id}.{nonce}.{self._known_mark(account_id, nonce)}"

    def knows_name(self, seen: Seen, name: str) -> bool:
        """Say whether the account of this sign-in name was signed in to with this browser."""
        row = self.accounts.by_name(name.strip().lower()[:200]) if seen.known_as else None
        return row is not None and self.knows(seen, row["account_id"])

    def knows(self, seen: Seen, account_id: str) -> bool:
        """Say whether this account was signed in to with this browser before."""
        owner, _, rest = seen.known_as[:300].partition(".")
        nonce, _, mark = rest.partition(".")
        right = self._known_mark(owner, nonce)
        return owner == account_id and hmac.compare_digest(mark.encode(), right.encode())

    def _known_mark(self, account_id: str, nonce: str) -> str:
        said = f"known {account_id} {nonce}".encode()
        return hmac.new(self.csrf_secret.encode(), said, "sha256").hexdigest()

    def _locked(self, row: Any, at: Instant, seen: Seen) -> bool:
        """Say whether the account is locked here. A browser it was signed in with before has its
        tries bounded by the caller, so that a stranger cannot lock a person out of his own."""
        until = row["locked_until"]
        return until is not None and until > at and not self.knows(seen, row["account_id"])

    def _verified(self, kept: str, password: str) -> bool:
        try:
            return self._hasher.verify(kept, password)
        except (VerificationError, InvalidHashError):
            return False

    def failed(self, row: Any, at: Instant) -> None:
        """Count a wrong try against an account, and lock it after too many."""
        failures = row["failures"] + 1
        values: dict[str, Any] = {"failures": failures}
        if failures >= FREE_FAILURES:
            lasts = min(LOCK_FIRST << min(failures - FREE_FAILURES, 10), LOCK_MOST)
            values["locked_until"] = at + lasts
        self.accounts.alter(AccountId(row["account_id"]), values)

    def sealed(self, text: str, use: bytes = FACTOR_USE) -> bytes:
        """Return `text` encrypted; only `opened` for the same use gives it back."""
        return self._seal.seal(text, use)

    def opened(self, sealed: bytes, use: bytes = FACTOR_USE) -> str:
        """Return what was sealed. Raises cryptography's InvalidTag if it was not, or for else."""
        return self._seal.open(sealed, use)

    def step_of(self, key: str, code: str, at: Instant) -> int | None:
        """Return the time step whose code this is: the current one or the one before."""
        digits = code.replace(" ", "")
        totp = TOTP(key)
        step_now = at // SECOND // _STEP_S
        for step in (step_now, step_now - 1):
            if hmac.compare_digest(totp.at(step * _STEP_S).encode(), digits.encode()):
                return step
        return None


def open_sign_in(config: Config) -> SignIn:
    """Open the accounts of an installation. Raises OSError without its installation key."""
    files, folder = OsFiles(), config.keys_folder
    seal = FactorSeal(files, folder)
    marks = account_secrets(files, folder).marks
    return SignIn(Accounts(config.accounts_file), seal, marks.hex())


@cache
def _hash_of_nobody() -> str:
    """Return a hash that no password fits, to spend the time on that a real one takes."""
    return PasswordHasher().hash(secrets.token_hex(16))


def session_digest(cookie: str) -> bytes:
    """Return the hash under which a session is kept."""
    return secret_digest(cookie)
