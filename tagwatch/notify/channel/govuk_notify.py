"""GOV.UK Notify, version 2 of its API: text messages and e-mails made from templates.

A request is signed by a short-lived token (JWT, HS256) under the service's key. 201 means that
Notify has it, not that it arrived: that comes by callback or on asking. Tried against a local
server that speaks this API, never against the live service.
"""

import hmac
import re
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable
from hashlib import sha256
from typing import Any, Final

import httpx
import msgspec

from tagwatch.config import NotifyConfig
from tagwatch.notify.channel.carrier import (
    Accepted,
    Delivered,
    Outcome,
    Receipt,
    Refused,
    TryAgain,
)
from tagwatch.notify.message import Message
from tagwatch.notify.receipt import reference_of

_UUID: Final = r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"
_KEY: Final = re.compile(rf".*?({_UUID})-({_UUID})", re.IGNORECASE)
_CREATED: Final = 201
_SHORT_MOST: Final = 612
"""Four parts of a text message."""
_PASSING: Final = frozenset({408, 425, 429})
_FAILED: Final = {
    "permanent-failure": "the number or address does not exist, or does not take messages",
    "technical-failure": "Notify could not hand it on",
}


class GovukNotify:
    """Contacts reached through GOV.UK Notify: a number by text message, an address by e-mail."""

    most_at_once = 8

    def __init__(self, config: NotifyConfig, clock: Callable[[], float] = time.time) -> None:
        """`clock` gives seconds since 1970. Raises ValueError if the key is not one of Notify's."""
        found = _KEY.fullmatch(config.api_key.strip())
        if found is None:
            raise ValueError(
                "notify.api_key is no GOV.UK Notify key (name, service id, secret); copy it whole"
            )
        self._service, self._secret = found[1], found[2]
        self._config = config
        self._clock = clock
        self.deadline_s = 2.0 * config.timeout_s
        self._client = httpx.AsyncClient(
            base_url=config.base_url, timeout=config.timeout_s, follow_redirects=False
        )

    async def send(self, message: Message) -> Outcome:
        """Hand `message` to Notify."""
        by_mail = "@" in message.address
        template = self._config.email_template if by_mail else self._config.sms_template
        if not template:
            name = "notify.email_template" if by_mail else "notify.sms_template"
            return Refused(f"GOV.UK Notify: set {name}")
        body: dict[str, Any] = {
            "template_id": template,
            "reference": reference_of(message.message_id, message.attempt),
        }
        if by_mail:
            body["email_address"] = message.address
            body["personalisation"] = {"subject": message.subject, "message": message.text}
        else:
            body["phone_number"] = message.address
            body["personalisation"] = {"message": message.short[:_SHORT_MOST]}
        path = f"/v2/notifications/{'email' if by_mail else 'sms'}"
        try:
            answer = await self._client.post(path, json=body, headers=self._headers())
        except httpx.HTTPError as error:
            return TryAgain(f"GOV.UK Notify: {type(error).__name__}")
        if answer.status_code == _CREATED and (name := _text(answer, "id")):
            return Accepted(f"GOV.UK Notify accepted it as {name}", name)
        words = f"GOV.UK Notify: {answer.status_code} {_errors(answer)}"
        passing = answer.status_code in _PASSING or answer.status_code >= 500
        return TryAgain(words) if passing or _is_clock(words) else Refused(words)

    async def receipt(self, reference: str) -> Receipt | None:
        """Return what Notify says became of its message `reference`, None if nothing yet."""
        path = f"/v2/notifications/{reference}"
        try:
            answer = await self._client.get(path, headers=self._headers())
        except httpx.HTTPError:
            return None
        return receipt_of(_text(answer, "status")) if answer.is_success else None

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    def _headers(self) -> dict[str, str]:
        """Return the authorisation of one request: Notify takes a token for 30 seconds."""
        claims = {"iss": self._service, "iat": int(self._clock())}
        parts = ".".join(_base64(each) for each in ({"typ": "JWT", "alg": "HS256"}, claims))
        mac = hmac.new(self._secret.encode(), parts.encode(), sha256).digest()
        signature = urlsafe_b64encode(mac).rstrip(b"=").decode()
        return {"authorization": f"Bearer {parts}.{signature}"}


def receipt_of(status: str) -> Receipt | None:
    """Return what a status of Notify means; None while nothing is final.

    `sent` is final for texts abroad, whose delivery nobody reports: it proves no delivery, so it
    is none.
    """
    if status == "delivered":
        return Delivered("GOV.UK Notify: delivered")
    if status == "temporary-failure":
        return TryAgain("GOV.UK Notify: temporary failure (switched off, or the box is full)")
    if status in _FAILED:
        return Refused(f"GOV.UK Notify: {status}: {_FAILED[status]}")
    return None


def _base64(value: object) -> str:
    return urlsafe_b64encode(msgspec.json.encode(value)).rstrip(b"=").decode()


def _text(answer: httpx.Response, name: str) -> str:
    try:
        found: Any = msgspec.json.decode(answer.content)
    except msgspec.DecodeError:
        return ""
    return str(found.get(name, "")) if isinstance(found, dict) else ""  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]  # JSON of another's making


class _Error(msgspec.Struct):
    error: str = ""
    message: str = ""


class _Errors(msgspec.Struct):
    errors: list[_Error] = []


def _errors(answer: httpx.Response) -> str:
    """Return the errors of an answer, the address that some of them repeat left out."""
    try:
        found = msgspec.json.decode(answer.content, type=_Errors)
    except msgspec.DecodeError:
        return ""
    said = "; ".join(f"{one.error}: {one.message}" for one in found.errors)
    return re.sub(r"\+?\d[\d ]{6,}|\S+@\S+", "…", said)[:300]


def _is_clock(words: str) -> bool:
    """Return whether the refusal is of our clock, which may be set right."""
    return "clock" in words.lower()
