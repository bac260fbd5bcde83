"""Passkeys: adding one, signing in with one, removing one (WebAuthn Level 3).

A passkey alone is a whole sign-in: it is a thing one has, and the device asks for a finger, a face
or a PIN each time (user verification, which is checked here and not merely asked for). It signs the
address of the page as the browser sees it, so a page that only looks like ours gets nothing that
works here.
"""

import hmac
import json
import secrets
from hashlib import sha256
from typing import Any, Final

from webauthn import (
    base64url_to_bytes,
    generate_authentication_options,
    generate_registration_options,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.authentication.verify_authentication_response import VerifiedAuthentication
from webauthn.helpers import options_to_json_dict, parse_authentication_credential_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from tagwatch.access.enrolment import AccountWrong
from tagwatch.access.page_address import PageAddress
from tagwatch.access.sign_in import LONGEST, UNSEEN, Problem, Seen, SignedIn, SignIn, SignInFailed
from tagwatch.access.tries import use_up
from tagwatch.core.ids import AccountId
from tagwatch.core.units import MINUTE, Instant
from tagwatch.store.accounts import Accounts
from tagwatch.store.passkeys import (
    Passkey,
    PasskeyTaken,
    add_passkey,
    count_use,
    passkey_of,
    passkeys_of,
    refuse_from_now_on,
    remove_passkey,
)

CHALLENGE_LASTS: Final = 5 * MINUTE
MOST_PASSKEYS: Final = 10
NAME_MOST: Final = 60
ANSWER_MOST: Final = 20_000
"""Characters of what a browser sends back; real ones have about a thousand."""
_MOST_USED: Final = 10_000


class Challenges:
    """Challenges that are good once, for five minutes, in the browser they were made for.

    Nothing is kept of one that nobody answers: it carries its own end and our mark on it. Those
    that were answered are kept with the accounts until they would have ended, so that neither a
    restart nor another process takes one twice.
    """

    def __init__(self, secret: bytes, accounts: Accounts) -> None:
        self._secret = secret
        self._accounts = accounts

    def make(self, use: str, holder: str, at: Instant) -> bytes:
        """Return a challenge for one use in one browser, which is named by `holder`."""
        head = secrets.token_bytes(24) + int(at + CHALLENGE_LASTS).to_bytes(8, "big")
        return head + self._mark(head, use, holder)

    def is_good(self, challenge: bytes, use: str, holder: str, at: Instant) -> bool:
        """Say whether we made this challenge, for this use and browser, and not too long ago."""
        head, mark = challenge[:32], challenge[32:]
        ends_at = int.from_bytes(head[24:], "big")
        ours = hmac.compare_digest(mark, self._mark(head, use, holder))
        return ours and at < ends_at <= at + CHALLENGE_LASTS

    def use_up(self, challenge: bytes, at: Instant) -> bool:
        """Use a good challenge up once its answer was found right; return whether it was unused.

        Only right answers of known passkeys come here, so nobody else can fill this memory.
        """
        ends_at = Instant(at + CHALLENGE_LASTS)
        return use_up(self._accounts, challenge, ends_at, at, _MOST_USED)

    def _mark(self, head: bytes, use: str, holder: str) -> bytes:
        return hmac.new(self._secret, head + f"{use} {holder}".encode(), "sha256").digest()


class Passkeys:
    """Everything about passkeys of one installation. Safe for several threads."""

    def __init__(self, sign_in: SignIn, address: PageAddress | None) -> None:
        """Serve pages of `address`; None: passkeys cannot be used here."""
        self.address = address
        self._sign_in = sign_in
        self._challenges = Challenges(
            sha256(f"passkeys {sign_in.csrf_secret}".encode()).digest(), sign_in.accounts
        )

    def to_add(self, who: SignedIn, at: Instant) -> dict[str, Any]:
        """Return what the browser needs to make a passkey. Raises AccountWrong."""
        address = self._address()
        held = passkeys_of(self._sign_in.accounts, who.actor.account_id)
        if len(held) >= MOST_PASSKEYS:
            raise AccountWrong(f"an account has {MOST_PASSKEYS} passkeys at most; remove one first")
        account = self._sign_in.accounts.get(who.actor.account_id)
        options = generate_registration_options(
            rp_id=address.rp_id,
            rp_name="Tagwatch",
            user_id=handle_of(who.actor.account_id),
            user_name=account.sign_in_name if account else "",
            user_display_name=who.actor.name,
            challenge=self._challenges.make("add", who.marker, at),
            timeout=CHALLENGE_LASTS // 1000,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED,
                user_verification=UserVerificationRequirement.REQUIRED,
            ),
            exclude_credentials=[
                PublicKeyCredentialDescriptor(id=each.credential_id) for each in held
            ],
        )
        return options_to_json_dict(options)

    def add(self, who: SignedIn, answer: str, name: str, at: Instant) -> Passkey:
        """Keep the passkey that the browser made, under a name. Raises AccountWrong."""
        address = self._address()
        name = " ".join(name.split())[:NAME_MOST]
        if not name:
            raise AccountWrong("give the passkey a name by which you will know it")
        challenge = challenge_in(answer)
        if not self._challenges.is_good(challenge, "add", who.marker, at):
            raise AccountWrong("this took too long; begin again")
        try:
            made = verify_registration_response(
                credential=answer,
                expected_challenge=challenge,
                expected_rp_id=address.rp_id,
                expected_origin=address.origin,
                require_user_verification=True,
            )
        except (WebAuthnException, ValueError, KeyError, TypeError) as error:
            raise AccountWrong("the device's answer is not a passkey for this address") from error
        if not self._challenges.use_up(challenge, at):
            raise AccountWrong("this was sent twice; see whether the passkey is there already")
        added = Passkey(
            credential_id=made.credential_id,
            passkey_id=f"pk_{secrets.token_hex(8)}",
            account_id=who.actor.account_id,
            public_key=made.credential_public_key,
            sign_count=made.sign_count,
            name=name,
            synced=int(made.credential_backed_up),
            added_at=at,
        )
        try:
            add_passkey(self._sign_in.accounts, added)
        except PasskeyTaken as error:
            raise AccountWrong(str(error)) from error
        return added

    def to_sign_in(self, holder: str, at: Instant) -> dict[str, Any]:
        """Return what a browser needs to be signed in with. It names nobody: the device says who.

        `holder` is a secret that this browser alone has. Raises SignInFailed without an address.
        """
        if self.address is None:
            raise SignInFailed(Problem.NO_PASSKEYS)
        options = generate_authentication_options(
            rp_id=self.address.rp_id,
            challenge=self._challenges.make("sign in", holder, at),
            timeout=CHALLENGE_LASTS // 1000,
            user_verification=UserVerificationRequirement.REQUIRED,
        )
        return options_to_json_dict(options)

    def with_passkey(
        self, holder: str, answer: str, at: Instant, seen: Seen = UNSEEN
    ) -> tuple[str, Passkey]:
        """Check a device's answer; return the cookie of a whole session and the passkey.

        No lock holds here: nobody can guess a passkey, so wrong ones lock nobody out.
        Raises SignInFailed.
        """
        used = self.checked(holder, answer, at)
        cookie = self._sign_in.start(used.account_id, "full", "passkey", at, LONGEST, seen)
        return cookie, used

    def prove(self, who: SignedIn, holder: str, answer: str, at: Instant) -> None:
        """Take an answer as proof that it is still he who sits there. Raises SignInFailed."""
        used = self.checked(holder, answer, at)
        if used.account_id != who.actor.account_id:
            raise SignInFailed(Problem.WRONG, who.actor.account_id)
        self._sign_in.accounts.alter_session(who.session.session_hash, {"proven_at": at})

    def checked(self, holder: str, answer: str, at: Instant) -> Passkey:
        """Return the passkey that gave this answer, counted as used. Raises SignInFailed."""
        if self.address is None:
            raise SignInFailed(Problem.NO_PASSKEYS)
        challenge = _or_failed(answer)
        if not self._challenges.is_good(challenge, "sign in", holder, at):
            raise SignInFailed(Problem.EXPIRED)
        accounts = self._sign_in.accounts
        try:
            given = parse_authentication_credential_json(answer)
        except (WebAuthnException, ValueError, KeyError, TypeError) as error:
            raise SignInFailed(Problem.NOT_KNOWN) from error
        found = passkey_of(accounts, given.raw_id)
        account = None if found is None else accounts.get(found.account_id)
        if found is None or account is None or not account.active:
            raise SignInFailed(Problem.NOT_KNOWN, found.account_id if found else "")
        handle = given.response.user_handle
        if handle is not None and not hmac.compare_digest(handle, handle_of(found.account_id)):
            raise SignInFailed(Problem.NOT_KNOWN, found.account_id)
        proof = self._verified(self.address, answer, challenge, found)
        if not self._challenges.use_up(challenge, at):
            raise SignInFailed(Problem.EXPIRED, found.account_id)
        self._count(found, proof.new_sign_count, at)
        return found

    def remove(self, account_id: AccountId, passkey_id: str) -> Passkey:
        """Forget a passkey and return it. Raises AccountWrong if it is the last second factor."""
        accounts = self._sign_in.accounts
        held = passkeys_of(accounts, account_id)
        gone = next((each for each in held if each.passkey_id == passkey_id), None)
        if gone is None:
            raise AccountWrong("this passkey was removed already")
        row = accounts.row(account_id)
        others = [each for each in held if each != gone and each.regressed_at is None]
        if not others and (row is None or row["second_factor"] is None):
            raise AccountWrong(
                "this is your last second factor; add another passkey or a code app first"
            )
        remove_passkey(accounts, account_id, passkey_id)
        return gone

    def _address(self) -> PageAddress:
        if self.address is None:
            raise AccountWrong(
                "passkeys need a named https address: set web.public_url, or open the pages at "
                "http://localhost on this machine"
            )
        return self.address

    def _verified(
        self, address: PageAddress, answer: str, challenge: bytes, found: Passkey
    ) -> VerifiedAuthentication:
        try:
            return verify_authentication_response(
                credential=answer,
                expected_challenge=challenge,
                expected_rp_id=address.rp_id,
                expected_origin=address.origin,
                credential_public_key=found.public_key,
                credential_current_sign_count=0,  # `_count` compares it and writes it down
                require_user_verification=True,
            )
        except (WebAuthnException, ValueError, KeyError, TypeError) as error:
            raise SignInFailed(Problem.NOT_KNOWN, found.account_id) from error

    def _count(self, found: Passkey, count: int, at: Instant) -> None:
        if found.regressed_at is not None:
            raise SignInFailed(Problem.COPIED, found.account_id)
        if not count_use(self._sign_in.accounts, found, count, at):
            refuse_from_now_on(self._sign_in.accounts, found, at)
            raise SignInFailed(Problem.COPIED, found.account_id)


def handle_of(account_id: AccountId) -> bytes:
    """Return what a device keeps for an account: it tells nothing of the person."""
    return sha256(f"tagwatch account {account_id}".encode()).digest()


def challenge_in(answer: str) -> bytes:
    """Return the challenge that an answer says it answers. Raises AccountWrong."""
    try:
        return _challenge(answer)
    except (ValueError, KeyError, TypeError, WebAuthnException) as error:
        raise AccountWrong("the browser's answer cannot be read; begin again") from error


def _or_failed(answer: str) -> bytes:
    try:
        return _challenge(answer)
    except (ValueError, KeyError, TypeError, WebAuthnException) as error:
        raise SignInFailed(Problem.NOT_KNOWN) from error


def _challenge(answer: str) -> bytes:
    if len(answer) > ANSWER_MOST:
        raise ValueError("too long")
    said = json.loads(answer)["response"]["clientDataJSON"]
    return base64url_to_bytes(json.loads(base64url_to_bytes(said))["challenge"])
