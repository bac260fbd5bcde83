import asyncio
import json
import time

import pytest

from tagwatch.core import ledger
from tagwatch.core.person import Scheme
from tagwatch.ingest.door import MAX_BODY_BYTES
from tagwatch.ingest.limits import DoorLimits
from tagwatch.ingest.listener import HttpLimits
from tagwatch.ingest.receiver import Receiver
from tagwatch.store.post import AsyncJournalPost
from tests.ingest.world import SECRETS, bearer, config_in, http, journaled, receiving, send


@pytest.fixture
def config(tmp_path):
    return config_in(tmp_path / "data")


def fix_path(at: float | None = None) -> str:
    secret = SECRETS[Scheme.TRACCAR_CLIENT]
    return f"/?id={secret}&lat=51.5&lon=-0.1&timestamp={int(at or time.time())}&accuracy=9"


def run(main):
    asyncio.run(main)


def frames(config, receiver):
    found = journaled(config, receiver.committer.head.seq)
    return [(e, r) for e, r in found if isinstance(e, ledger.FrameReceived)]


def test_a_fix_is_durable_when_it_is_acknowledged_and_its_secret_is_nowhere(config) -> None:
    async def main() -> None:
        async with receiving(config) as receiver:
            answer = await send(receiver.port, http("POST", fix_path()))
            assert answer.startswith(b"HTTP/1.1 200 OK")
            [(event, record)] = frames(config, receiver)
            assert event.tag_id == "tag-1"
            assert event.activation_id == "act-1"
            assert "lat=51.5" in event.query
            assert SECRETS[Scheme.TRACCAR_CLIENT] not in repr(event)
            assert record.lane == 0

    run(main())


def test_owntracks_gets_an_empty_list(config) -> None:
    async def main() -> None:
        async with receiving(config) as receiver:
            body = json.dumps(
                {"_type": "location", "lat": 1.5, "lon": 2.5, "tst": int(time.time())}
            )
            auth = bearer(Scheme.OWNTRACKS)
            answer = await send(
                receiver.port, http("POST", "/pub", body.encode(), Authorization=auth)
            )
            assert answer.startswith(b"HTTP/1.1 200")
            assert answer.endswith(b"\r\n\r\n[]")

    run(main())


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (http("POST", "/?id=nobody&lat=1&lon=2"), 401),
        (http("POST", "/?lat=1&lon=2"), 401),
        (http("GET", "/nowhere"), 404),
        (http("PUT", fix_path()), 405),
        (http("POST", f"/?id={SECRETS[Scheme.TRACCAR_CLIENT]}"), 400),
        (http("POST", "/owntracks", b"{", Authorization=bearer(Scheme.OWNTRACKS)), 400),
        (http("POST", fix_path()).replace(b"lat=51.5", b"lat=NaN"), 200),
        (http("POST", fix_path(1.0)), 200),
        (http("POST", fix_path(4e9)), 200),
        (b"rubbish\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nX: " + b"a" * 20_000, 431),
        (b"GET / HTTP/1.1\r\nX: " + b"a" * 20_000 + b"\r\n\r\n", 431),
        (http("POST", f"/?id={'a' * 20_000}"), 431),
        (f"POST / HTTP/1.1\r\nContent-Length: {MAX_BODY_BYTES + 1}\r\n\r\n".encode(), 413),
        (b"POST / HTTP/1.1\r\n" + 2 * b"Content-Length: 99999999\r\n" + b"\r\n", 413),
        (http("POST", "http://tags.example" + fix_path()), 200),
        (http("POST", fix_path()).replace(b"HTTP/1.1", b"HTTP/1.0"), 200),
        (http("GET", "/healthz"), 200),
    ],
)
def test_each_wrong_message_gets_its_own_answer(config, request_bytes, status) -> None:
    async def main() -> None:
        async with receiving(config) as receiver:
            answer = await send(receiver.port, request_bytes)
            assert answer.startswith(f"HTTP/1.1 {status} ".encode()), answer

    run(main())


def test_an_endless_body_is_refused_when_it_is_too_long(config) -> None:
    async def main() -> None:
        async with receiving(config) as receiver:
            chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
            raw = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk * 70
            assert (await send(receiver.port, raw)).startswith(b"HTTP/1.1 413")

    run(main())


def test_answers_keep_the_order_of_pipelined_requests(config) -> None:
    async def main() -> None:
        async with receiving(config) as receiver:
            reader, writer = await asyncio.open_connection("127.0.0.1", receiver.port)
            writer.write(
                http("POST", fix_path()) + http("GET", "/nowhere") + http("GET", "/healthz")
            )
            got = b""
            while got.count(b"HTTP/1.1") < 3 or b"receiving" not in got:
                got += await asyncio.wait_for(reader.read(4096), 30)
            assert [int(p[:3]) for p in got.split(b"HTTP/1.1 ")[1:]] == [200, 404, 200]
            writer.close()

    run(main())


def test_an_offer_of_another_protocol_does_not_disturb(config) -> None:
    """Java's client offers HTTP/2 with each request; curl does with --http2."""

    async def main() -> None:
        async with receiving(config) as receiver:
            offer = {"Connection": "Upgrade, HTTP2-Settings", "Upgrade": "h2c"}
            body = json.dumps({"_type": "status"}).encode()
            auth = bearer(Scheme.OWNTRACKS)
            raw = http("POST", fix_path(), **offer)
            raw += http("POST", "/pub", body, Authorization=auth, **offer)
            got = await answers(receiver.port, raw + http("GET", "/healthz"), 3)
            assert [part[9:12] for part in got] == [b"200"] * 3
            assert got[2].endswith(b"receiving\n")
            assert len(frames(config, receiver)) == 2

    run(main())


def test_an_answer_to_head_has_no_body_and_405_names_the_methods(config) -> None:
    async def main() -> None:
        async with receiving(config) as receiver:
            got = await answers(receiver.port, http("HEAD", "/") + http("GET", "/healthz"), 2)
            assert got[0].startswith(b"HTTP/1.1 405")
            assert b"Allow: GET, POST" in got[0]
            assert got[0].endswith(b"\r\n\r\n")
            assert got[1].startswith(b"HTTP/1.1 200")

    run(main())


async def answers(port: int, raw: bytes, count: int) -> list[bytes]:
    """Send bytes and return the answers that come, each with its head."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(raw)
    got = b""
    while got.count(b"HTTP/1.1 ") < count or not got.endswith((b"\n", b"]")):
        got += await asyncio.wait_for(reader.read(4096), 30)
    writer.close()
    return [b"HTTP/1.1 " + part for part in got.split(b"HTTP/1.1 ")[1:]]


def test_a_sender_who_has_said_all_still_gets_his_answer(config) -> None:
    async def main() -> None:
        async with receiving(config) as receiver:
            reader, writer = await asyncio.open_connection("127.0.0.1", receiver.port)
            writer.write(http("POST", fix_path()))
            writer.write_eof()
            got = await asyncio.wait_for(reader.read(), 30)
            assert got.startswith(b"HTTP/1.1 200")
            writer.close()

    run(main())


def test_a_slow_body_gets_408_and_a_slow_head_is_cut(config) -> None:
    limits = HttpLimits(head_s=0.3, body_s=0.3, idle_s=0.3)

    async def main() -> None:
        async with receiving(config, limits) as receiver:
            slow = http("POST", "/", b"abcdef")[:-3]
            assert (await send(receiver.port, slow)).startswith(b"HTTP/1.1 408")
            reader, writer = await asyncio.open_connection("127.0.0.1", receiver.port)
            writer.write(b"POST / HTT")
            assert await asyncio.wait_for(reader.read(), 30) == b""
            writer.close()

    run(main())


def test_half_open_heads_do_not_hurt_others(config) -> None:
    limits = HttpLimits(connections=2_000)

    async def main() -> None:
        async with receiving(config, limits) as receiver:
            held = []
            for _ in range(5_000):
                _, writer = await asyncio.open_connection("127.0.0.1", receiver.port)
                writer.write(b"POST / HTTP/1.1\r\nHost:")
                held.append(writer)
            started = time.monotonic()
            answer = await send(receiver.port, http("POST", fix_path()))
            assert answer.startswith(b"HTTP/1.1 200")
            assert time.monotonic() - started < limits.head_s, "it waited for those heads"
            assert len(receiver.listener.open) <= 2_000
            for writer in held:
                writer.close()

    run(main())


def test_a_tag_that_sends_too_often_waits_and_others_do_not(config) -> None:
    async def main() -> None:
        async with receiving(config, door_limits=DoorLimits(requests_per_minute=3)) as receiver:
            answers = [await send(receiver.port, http("POST", fix_path())) for _ in range(4)]
            assert [a[9:12] for a in answers] == [b"200", b"200", b"200", b"429"]
            assert b"Retry-After: 2" in answers[3]

    run(main())


def test_a_revoked_credential_is_refused_at_once(config) -> None:
    async def main() -> None:
        async with receiving(config) as receiver:
            post = AsyncJournalPost(config.receiver_socket)
            revoked = ledger.CredentialRevoked(
                credential_id="cr-traccar_client", reason="lost", by="test"
            )
            await post.record(revoked)
            answer = await send(receiver.port, http("POST", fix_path()))
            assert answer.startswith(b"HTTP/1.1 403")
            await post.close()

    run(main())


def test_ticks_come_and_the_head_is_told(config) -> None:
    async def main() -> None:
        async with receiving(config):
            heads = []
            async for head in AsyncJournalPost(config.receiver_socket).heads():
                heads.append(head)
                events = [e for e, _ in journaled(config, head)]
                if any(isinstance(event, ledger.Tick) for event in events):
                    break
            assert heads == sorted(set(heads))
            assert isinstance(events[0], ledger.ProcessStarted)

    run(main())


def test_a_restart_knows_everybody_again(config) -> None:
    async def main() -> None:
        async with receiving(config) as receiver:
            await send(receiver.port, http("POST", fix_path()))
        again = Receiver(config)
        await again.start()
        try:
            answer = await send(again.port, http("POST", fix_path()))
            assert answer.startswith(b"HTTP/1.1 200")
        finally:
            await again.close()

    run(main())
