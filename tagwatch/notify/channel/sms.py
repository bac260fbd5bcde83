"""Text messages through any gateway that takes an HTTP POST; its fields' names are settings.

Tried against a local server, never against a live gateway.
"""

from ipaddress import ip_address
from typing import Any, Final
from urllib.parse import quote, urlsplit

import httpx
import msgspec

from tagwatch.config import SmsConfig
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

_SHORT_MOST: Final = 612
_PASSING: Final = frozenset({401, 403, 404, 408, 425, 429})
"""Wrong for every message alike, or for now: the same message may do when that is mended."""


class Sms:
    """Contacts reached by text message through the installation's gateway."""

    most_at_once = 8

    def __init__(self, config: SmsConfig) -> None:
        """Raises ValueError for an address that is not https, unless it is this machine."""
        for address in filter(None, (config.url, config.status_url)):
            parts = urlsplit(address)
            if parts.scheme != "https" and not _is_here(parts.hostname or ""):
                raise ValueError(f"sms: {address!r} is not https; messages would go in the clear")
        self._config = config
        self.deadline_s = 2.0 * config.timeout_s
        headers = {"authorization": f"Bearer {config.token}"} if config.token else {}
        self._client = httpx.AsyncClient(
            timeout=config.timeout_s, follow_redirects=False, headers=headers
        )

    async def send(self, message: Message) -> Outcome:
        """Hand `message` to the gateway."""
        config = self._config
        body = {
            config.to_field: message.address,
            config.text_field: message.short[:_SHORT_MOST],
            config.reference_field: reference_of(message.message_id, message.attempt),
        }
        if config.sender_field:
            body[config.sender_field] = config.sender
        try:
            if config.form:
                answer = await self._client.post(config.url, data=body)
            else:
                answer = await self._client.post(config.url, json=body)
        except httpx.HTTPError as error:
            return TryAgain(f"text message gateway: {type(error).__name__}")
        words = f"text message gateway: {answer.status_code}"
        if answer.is_success:
            name = _field(answer, config.id_field)
            return Accepted(f"{words}, accepted as {name or 'unnamed'}", name)
        passing = answer.status_code in _PASSING or answer.status_code >= 500
        return TryAgain(words) if passing else Refused(words)

    async def receipt(self, reference: str) -> Receipt | None:
        """Return what the gateway says became of its message, None if nothing yet."""
        config = self._config
        if not config.status_url or not reference:
            return None
        address = config.status_url.replace("{id}", quote(reference, safe=""))
        try:
            answer = await self._client.get(address)
        except httpx.HTTPError:
            return None
        if not answer.is_success:
            return None
        return receipt_of(_field(answer, config.status_field), config)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()


def receipt_of(status: str, config: SmsConfig) -> Receipt | None:
    """Return what a status of the gateway means by its settings; None while nothing is final."""
    if status in config.delivered:
        return Delivered(f"text message gateway: {status}")
    if status in config.failed:
        return Refused(f"text message gateway: {status}")
    return None


def _field(answer: httpx.Response, path: str) -> str:
    """Return a field of a JSON answer by its path, e.g. `messages.0.id`; empty if absent."""
    try:
        found: Any = msgspec.json.decode(answer.content)
    except msgspec.DecodeError:
        return ""
    return field_of(found, path)


def field_of(value: Any, path: str) -> str:
    """Return what stands at `path` of parsed JSON as text; empty if nothing does."""
    for part in path.split("."):
        if isinstance(value, dict):
            value = value.get(part)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]  # JSON of another's making
        elif isinstance(value, list) and part.isdigit() and int(part) < len(value):  # pyright: ignore[reportUnknownArgumentType]  # likewise
            value = value[int(part)]  # pyright: ignore[reportUnknownVariableType]  # likewise
        else:
            return ""
    return str(value) if isinstance(value, str | int) else ""


def _is_here(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
