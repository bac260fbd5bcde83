"""Signing in through an agency's own sign-in service: OpenID Connect, authorization code with PKCE.

Nobody gets an account by it. What the service says of a person counts if it is signed by a key that
the service publishes, is for us, is fresh, answers our own question, and names somebody whom an
administrator has linked with an account before.
"""

import hmac
import json
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from hashlib import sha256
from threading import Lock
from typing import Any, Final, cast
from urllib.parse import quote_plus, urlencode, urlsplit

import httpx
import msgspec
from cryptography.exceptions import InvalidTag
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from tagwatch.access.identity import account_linked, note_use
from tagwatch.access.page_address import is_loopback
from tagwatch.access.sign_in import LONGEST, UNSEEN, Problem, Seen, SignIn, SignInFailed
from tagwatch.config import WebConfig
from tagwatch.config_oidc import OidcConfig
from tagwatch.core.ids import AccountId
from tagwatch.core.units import MINUTE, SECOND, Instant

BACK_PATH: Final = "/sign-in/service/back"
FLOW_LASTS: Final = 10 * MINUTE
_KEPT_FOR: Final = 60 * MINUTE
_ASKED_AGAIN_AFTER: Final = 1 * MINUTE
_ANSWER_MOST_BYTES: Final = 256 << 10
_ALGORITHMS: Final = ("RS256", "PS256", "ES256")
_USE: Final = b"sign-in service"


class ServiceFailed(SignInFailed):
    """The sign-in service signed nobody in; `why` is for the audit."""

    def __init__(self, problem: Problem, why: str, account_id: str = "") -> None:
        super().__init__(problem, account_id)
        self.why = why


class Flow(msgspec.Struct, frozen=True, kw_only=True):
    """What a browser keeps, sealed, while its person is at the service."""

    state: str
    nonce: str
    verifier: str
    back: str
    ends_at: int


class Signed(msgspec.Struct, frozen=True, kw_only=True):
    """Who was signed in: the cookie of the session, and where the person wanted to go."""

    cookie: str
    back: str
    account_id: AccountId


class SignInService:
    """The sign-in service of one installation. Safe for several threads."""

    def __init__(self, config: OidcConfig, web: WebConfig, sign_in: SignIn) -> None:
        """Nothing is asked of the service before somebody signs in."""
        self.config = config
        base = web.public_url.rstrip("/") or f"http://localhost:{web.port}"
        self._redirect_uri = f"{base}{BACK_PATH}"
        self._sign_in = sign_in
        self._lock = Lock()
        self._described: tuple[Instant, dict[str, Any]] | None = None
        self._keys: tuple[Instant, KeySet] | None = None
        self._asked_again_at: Instant | None = None

    def begin(self, back: str, at: Instant) -> tuple[str, str]:
        """Return the address at which the service asks the person, and the sealed flow for the
        browser. Raises ServiceFailed if the service does not answer."""
        described = self._description(at)
        flow = Flow(
            state=secrets.token_urlsafe(24),
            nonce=secrets.token_urlsafe(24),
            verifier=secrets.token_urlsafe(48),
            back=back,
            ends_at=at + FLOW_LASTS,
        )
        challenge = _base64(sha256(flow.verifier.encode()).digest())
        asked = {
            "response_type": "code",
            "client_id": self.config.client_id,
            "redirect_uri": self._redirect_uri,
            "scope": "openid",
            "state": flow.state,
            "nonce": flow.nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        if self.config.ask_acr:
            asked["acr_values"] = " ".join(self.config.ask_acr)
        address = self._endpoint(described, "authorization_endpoint")
        mark = "&" if "?" in address else "?"
        sealed = self._sign_in.sealed(msgspec.json.encode(flow).decode(), _USE)
        return f"{address}{mark}{urlencode(asked)}", _base64(sealed)

    def finish(
        self, sealed: str, answer: Mapping[str, str], at: Instant, seen: Seen = UNSEEN
    ) -> Signed:
        """Check what the service sent the browser back with, and begin a session.

        Raises ServiceFailed.
        """
        flow = self._flow(sealed, at)
        if not hmac.compare_digest(answer.get("state", "").encode(), flow.state.encode()):
            raise ServiceFailed(Problem.EXPIRED, "another state than ours")
        if answer.get("iss", self.config.issuer) != self.config.issuer:
            raise ServiceFailed(Problem.PROVIDER, "answered by another issuer")
        if error := answer.get("error", ""):
            raise ServiceFailed(Problem.PROVIDER, f"the service said {error[:60]}")
        token = self._token(answer.get("code", ""), flow, at)
        claims = self.checked(token, flow.nonce, at)
        sub = str(claims["sub"])
        accounts = self._sign_in.accounts
        account_id = account_linked(accounts, self.config.issuer, sub)
        account = None if account_id is None else accounts.get(account_id)
        if account is None or not account.active:
            raise ServiceFailed(Problem.NOT_LINKED, "nobody is linked with this subject")
        self._must_be_strong(claims, account.account_id)
        note_use(accounts, self.config.issuer, sub, at)
        cookie = self._sign_in.start(account.account_id, "full", "provider", at, LONGEST, seen)
        return Signed(cookie=cookie, back=flow.back, account_id=account.account_id)

    def checked(self, token: str, nonce: str, at: Instant) -> dict[str, Any]:
        """Return the claims of an ID token. Raises ServiceFailed if anything about it is wrong."""
        expected = jwt.JWTClaimsRegistry(
            now=at // SECOND,
            leeway=self.config.skew_s,
            iss={"essential": True, "value": self.config.issuer},
            aud={"essential": True, "value": self.config.client_id},
            sub={"essential": True},
            exp={"essential": True},
            iat={"essential": True},
            nonce={"essential": True, "value": nonce},
        )
        try:
            claims = self._decoded(token, at)
            expected.validate(claims)
        except (JoseError, ValueError, KeyError, TypeError) as error:
            raise ServiceFailed(Problem.PROVIDER, f"ID token: {error}"[:200]) from error
        authorized = claims.get("azp")
        several = isinstance(claims["aud"], list) and len(cast("list[Any]", claims["aud"])) > 1
        if (several or authorized is not None) and authorized != self.config.client_id:
            raise ServiceFailed(Problem.PROVIDER, "ID token: made for another client")
        if claims["iat"] < (at - FLOW_LASTS) // SECOND - self.config.skew_s:
            raise ServiceFailed(Problem.PROVIDER, "ID token: too old")
        return claims

    def _decoded(self, token: str, at: Instant) -> dict[str, Any]:
        try:
            return dict(jwt.decode(token, self._key_set(at, False), list(_ALGORITHMS)).claims)
        except (InvalidKeyIdError, ValueError):
            # The service may have changed its keys since we last looked.
            return dict(jwt.decode(token, self._key_set(at, True), list(_ALGORITHMS)).claims)

    def _must_be_strong(self, claims: dict[str, Any], account_id: AccountId) -> None:
        wanted = set(self.config.second_factor)
        methods = claims.get("amr")
        used = {str(claims.get("acr", ""))}
        if isinstance(methods, list):
            used |= {str(each) for each in cast("list[Any]", methods)}
        if wanted and not wanted & used:
            raise ServiceFailed(Problem.WEAK, "no second factor there", account_id)

    def _flow(self, sealed: str, at: Instant) -> Flow:
        try:
            kept = urlsafe_b64decode(sealed[:4000] + "=" * (-len(sealed[:4000]) % 4))
            flow = msgspec.json.decode(self._sign_in.opened(kept, _USE), type=Flow)
        except (InvalidTag, ValueError, msgspec.DecodeError) as error:
            raise ServiceFailed(Problem.EXPIRED, "this browser asked nothing") from error
        if flow.ends_at <= at:
            raise ServiceFailed(Problem.EXPIRED, "answered too late")
        return flow

    def _token(self, code: str, flow: Flow, at: Instant) -> str:
        if not code or len(code) > 4000:
            raise ServiceFailed(Problem.PROVIDER, "answered without a code")
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._redirect_uri,
            "code_verifier": flow.verifier,
        }
        address = self._endpoint(self._description(at), "token_endpoint")
        if self.config.client_secret:
            secret = (quote_plus(self.config.client_id), quote_plus(self.config.client_secret))
            found = self._fetched("POST", address, form, secret)
        else:
            found = self._fetched("POST", address, {**form, "client_id": self.config.client_id})
        token = found.get("id_token")
        if not isinstance(token, str):
            raise ServiceFailed(Problem.PROVIDER, "answered without an ID token")
        return token

    def _description(self, at: Instant) -> dict[str, Any]:
        with self._lock:
            if self._described is not None and at - self._described[0] < _KEPT_FOR:
                return self._described[1]
        address = f"{self.config.issuer.rstrip('/')}/.well-known/openid-configuration"
        found = self._fetched("GET", address)
        if found.get("issuer") != self.config.issuer:
            raise ServiceFailed(Problem.PROVIDER, "describes itself as another issuer")
        with self._lock:
            self._described = (at, found)
        return found

    def _key_set(self, at: Instant, newer: bool) -> KeySet:
        with self._lock:
            if newer:
                if (
                    self._asked_again_at is not None
                    and at - self._asked_again_at < _ASKED_AGAIN_AFTER
                ):
                    raise ValueError("signed with a key that the service did not publish")
                self._asked_again_at = at
            elif self._keys is not None and at - self._keys[0] < _KEPT_FOR:
                return self._keys[1]
        found = self._fetched("GET", self._endpoint(self._description(at), "jwks_uri"))
        listed = cast("list[dict[str, Any]]", found.get("keys", []))
        usable = [
            key for key in listed if key.get("kty") in ("RSA", "EC") and key.get("use") != "enc"
        ]
        made = KeySet.import_key_set(cast("Any", {"keys": usable}))
        with self._lock:
            self._keys = (at, made)
        return made

    def _endpoint(self, described: dict[str, Any], name: str) -> str:
        address = described.get(name)
        if not isinstance(address, str) or not is_safe_address(address):
            raise ServiceFailed(Problem.PROVIDER, f"its {name} is not https")
        return address

    def _fetched(
        self,
        method: str,
        address: str,
        form: dict[str, str] | None = None,
        secret: tuple[str, str] | None = None,
    ) -> dict[str, Any]:
        try:
            with (
                httpx.Client(timeout=self.config.timeout_s) as client,
                client.stream(method, address, data=form, auth=secret) as answer,
            ):
                body = b""
                for part in answer.iter_bytes():
                    body += part
                    if len(body) > _ANSWER_MOST_BYTES:
                        raise ServiceFailed(Problem.PROVIDER, "answers too much")
                if answer.status_code != 200:
                    raise ServiceFailed(Problem.PROVIDER, f"answers {answer.status_code}")
                found = json.loads(body)
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            raise ServiceFailed(Problem.PROVIDER, type(error).__name__) from error
        if not isinstance(found, dict):
            raise ServiceFailed(Problem.PROVIDER, "answers something else")
        return cast("dict[str, Any]", found)


def open_service(config: OidcConfig, web: WebConfig, sign_in: SignIn) -> SignInService | None:
    """Return the installation's sign-in service, None if none is set up."""
    return SignInService(config, web, sign_in) if config.issuer else None


def is_safe_address(address: str) -> bool:
    """Say whether secrets may be sent there: by TLS, or to this machine."""
    parts = urlsplit(address)
    return parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or ""))


def _base64(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode()
