"""Signed webhooks by the Standard Webhooks convention: id, timestamp, signature in headers."""

from datetime import UTC, datetime
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

import httpx
import msgspec
from standardwebhooks import Webhook as Signature

from tagwatch.config import WebhookConfig
from tagwatch.notify.channel.carrier import Delivered, Outcome, Refused, TryAgain
from tagwatch.notify.message import Message

_GONE: Final = 410
_PROOF_BYTES: Final = 300


class Webhook:
    """Contacts that are machines. https only, unless the host is this machine; no redirects."""

    most_at_once = 16

    def __init__(self, config: WebhookConfig) -> None:
        """Raises ValueError if the secret is not base64."""
        self._signature = Signature(config.secret)
        self.deadline_s = 2.0 * config.timeout_s
        self._client = httpx.AsyncClient(
            timeout=config.timeout_s,
            follow_redirects=False,
            limits=httpx.Limits(max_connections=self.most_at_once),
        )

    async def send(self, message: Message) -> Outcome:
        """Post `message` to its address."""
        if why := _not_allowed(message.address):
            return Refused(why)
        now = datetime.now(UTC)
        body = _body(message, now)
        headers = {
            "content-type": "application/json",
            "webhook-id": message.message_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": self._signature.sign(message.message_id, now, body),
        }
        try:
            request = self._client.build_request(
                "POST", message.address, content=body, headers=headers
            )
            response = await self._client.send(request, stream=True)
        except httpx.HTTPError as error:
            return TryAgain(f"webhook: {type(error).__name__}: {error}")
        try:
            words = f"webhook: {response.status_code} {await _first_words(response)}".strip()
        except httpx.HTTPError:
            words = f"webhook: {response.status_code}"
        finally:
            await response.aclose()
        if response.is_success:
            return Delivered(words)
        if response.status_code == _GONE or response.is_redirect:
            return Refused(words)
        return TryAgain(words)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()


def _body(message: Message, now: datetime) -> str:
    data = {
        "code": message.code,
        "severity": message.severity,
        "kind": message.kind,
        "stage": message.stage,
        "link": message.link,
        "text": message.text,
        "why": message.why,
    }
    event = {"type": f"alert.{message.stage}", "timestamp": now.isoformat(), "data": data}
    return msgspec.json.encode(event).decode()


async def _first_words(response: httpx.Response) -> str:
    words = b""
    async for chunk in response.aiter_raw(_PROOF_BYTES):
        words = chunk
        break
    return words.decode(errors="replace")


def _not_allowed(address: str) -> str | None:
    """Return why this address is not posted to, or None."""
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
    except ValueError as error:
        return f"webhook address {address!r} is no URL: {error}"
    if parts.scheme == "https" and host:
        return None
    if parts.scheme == "http" and _is_loopback(host):
        return None
    return f"webhook address {address!r} is not https; only this machine may be plain http"


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
