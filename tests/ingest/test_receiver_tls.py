"""The tags' listener over TLS, on the loop it runs on and on Python's own."""

import asyncio
import ssl
from contextlib import suppress
from functools import partial

import msgspec
import pytest
import trustme
import uvloop

from tagwatch.config import TagsConfig
from tagwatch.core import ledger
from tagwatch.core.person import Scheme
from tagwatch.ingest.listener import HttpLimits
from tests.ingest.world import SECRETS, config_in, http, journaled, receiving

FIX = http("POST", f"/?id={SECRETS[Scheme.TRACCAR_CLIENT]}&lat=51.5&lon=-0.1")
LOOPS = [uvloop.new_event_loop, asyncio.new_event_loop]


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def config(tmp_path, authority):
    pem = tmp_path / "tags.pem"
    authority.issue_cert("localhost", "127.0.0.1").private_key_and_cert_chain_pem.write_to_path(pem)
    tags = TagsConfig(port=0, tls_cert=str(pem), tls_key=str(pem))
    return msgspec.structs.replace(config_in(tmp_path / "data"), tags=tags)


@pytest.fixture(params=LOOPS, ids=["uvloop", "asyncio"])
def run(request):
    def run(main):
        with asyncio.Runner(loop_factory=request.param) as runner:
            runner.run(main())

    return run


def test_connections_that_never_begin_tls_give_way(config, authority, run) -> None:
    async def main() -> None:
        async with receiving(config, HttpLimits(connections=50)) as receiver:
            connect = partial(asyncio.open_connection, "127.0.0.1", receiver.port)
            held = [await connect() for _ in range(200)]
            ours = ssl.create_default_context()
            authority.configure_trust(ours)
            reader, writer = await connect(ssl=ours)
            # In several pieces and twice, as a phone that keeps its connection.
            for _ in range(2):
                writer.write(FIX[:20])
                await writer.drain()
                writer.write(FIX[20:])
                head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 30)
                assert head.startswith(b"HTTP/1.1 200")
            assert len(receiver.listener.open) <= 50
            for _, other in [*held, (reader, writer)]:
                other.close()

    run(main)


def test_what_is_no_tls_is_shut_out_and_nothing_of_it_stored(config, run) -> None:
    async def main() -> None:
        async with receiving(config, HttpLimits(head_s=0.3)) as receiver:
            for raw in (FIX, b"", b"\x16\x03\x01"):
                reader, writer = await asyncio.open_connection("127.0.0.1", receiver.port)
                writer.write(raw)
                with suppress(ConnectionError):
                    assert b"HTTP" not in await asyncio.wait_for(reader.read(), 30)
                writer.close()
            assert not receiver.listener.open
            events = [e for e, _ in journaled(config, receiver.committer.head.seq)]
            assert not any(isinstance(event, ledger.FrameReceived) for event in events)

    run(main)
