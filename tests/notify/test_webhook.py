"""Signed webhooks to a real endpoint: signature, answers, and what is not posted to."""

import asyncio
import base64
import json

import pytest
from standardwebhooks import Webhook as Signature
from standardwebhooks import WebhookVerificationError

from tagwatch.config import WebhookConfig
from tagwatch.core.person import Channel
from tagwatch.core.recorded_delivery import AttemptResult
from tagwatch.notify.channel.carrier import Delivered, Outcome, Refused, TryAgain
from tagwatch.notify.channel.webhook import Webhook
from tagwatch.notify.message import compose
from tests.notify.world import URL, Clock, Line, drain, hook, row, sender_of

SECRET = base64.b64encode(b"a secret of the demonstration").decode()


def test_a_webhook_is_signed_and_carries_the_id() -> None:
    async def go() -> None:
        async with hook() as end:
            line = Line([row(channel=Channel.WEBHOOK, address=end.url)], Clock())
            await drain(sender_of(line, webhook=Webhook(WebhookConfig(secret=SECRET))), line, 1)
            ((headers, body),) = end.requests
            assert headers["webhook-id"] == "no_1"
            data = Signature(SECRET).verify(body, headers)
            assert data["type"] == "alert.possible"
            assert data["data"]["link"].startswith(URL)
            forged = json.dumps({**data, "type": "alert.ended"})
            with pytest.raises(WebhookVerificationError):
                Signature(SECRET).verify(forged, headers)
            assert line.journal[0].result is AttemptResult.DELIVERED

    asyncio.run(go())


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (b"204 No Content", Delivered),
        (b"500 Oops", TryAgain),
        (b"429 Slow down", TryAgain),
        (b"410 Gone", Refused),
        (b"302 Elsewhere\r\nlocation: http://example.org/", Refused),
    ],
)
def test_the_endpoints_answer_decides(status: bytes, kind: type) -> None:
    async def go() -> None:
        async with hook() as end:
            end.answers = [status]
            carrier = Webhook(WebhookConfig(secret=SECRET))
            outcome = await carrier.send(compose(row(address=end.url), URL))
            assert isinstance(outcome, kind)
            assert len(end.requests) == 1  # no redirect is followed
            await carrier.close()

    asyncio.run(go())


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (b"HTTP/1.1 204 No Content\r\n\r\n", Delivered),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n", Delivered),  # and no body comes
        (b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", Delivered),
        (b"what?\r\n\r\n", TryAgain),
        (b"", TryAgain),
    ],
)
def test_an_endpoint_that_breaks_off(answer: bytes, kind: type) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        await writer.drain()
        writer.close()

    async def go() -> None:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        carrier = Webhook(WebhookConfig(secret=SECRET, timeout_s=1))
        message = compose(row(address=f"http://127.0.0.1:{port}/"), URL)
        assert isinstance(await carrier.send(message), kind)
        await carrier.close()
        server.close()
        await server.wait_closed()

    asyncio.run(go())


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("http://example.org/", False),
        ("http://10.0.0.1/", False),
        ("ftp://127.0.0.1/", False),
        ("https://", False),
        ("http://[broken", False),
        ("http://localhost:1/", True),
        ("http://127.9.9.9:1/", True),
        ("http://[::1]:1/", True),
    ],
)
def test_only_https_or_this_machine(address: str, allowed: bool) -> None:
    async def go() -> Outcome:
        carrier = Webhook(WebhookConfig(secret=SECRET, timeout_s=0.5))
        try:
            return await carrier.send(compose(row(address=address), URL))
        finally:
            await carrier.close()

    assert isinstance(asyncio.run(go()), TryAgain if allowed else Refused)
