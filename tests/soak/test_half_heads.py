"""Five thousand connections that send half a header, and tags that must be served all the same."""

import asyncio
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest

from tagwatch.ingest.receiver import allow_files
from tests.ingest.world import http, send
from tests.notify.world import unused_port
from tests.soak.serving import END_S, UP_S, install, now
from tests.walk.timeline import HERS, fix, metres_from

HALF_OPEN = 5_000
SERVED = 300
SLOWEST_S = 2.0
HALF = b"POST /v1/fixes HTTP/1.1\r\nHost: tags\r\nContent-Le"


@pytest.mark.soak
@pytest.mark.xdist_group("served")
def test_half_a_header_keeps_nobody_out(tmp_path: Path, soak_share_s: float) -> None:
    allow_files(HALF_OPEN + 512)
    ports = {"web": unused_port(), "tags": unused_port(), "smtp": unused_port()}
    config = install(tmp_path / "data", ["w1"], ports)
    command = [sys.executable, "-m", "tagwatch", "process", "receiver", "--data", str(config.data)]
    environ = dict(os.environ)
    environ.pop("TAGWATCH_SUPERVISED", None)
    receiver = subprocess.Popen(command, stdin=subprocess.DEVNULL, env=environ)
    try:
        slowest_s = asyncio.run(asyncio.wait_for(crowd(ports["tags"]), max(soak_share_s, 60.0)))
        assert receiver.poll() is None
    finally:
        receiver.terminate()
        receiver.wait(END_S)
    print(f"{SERVED} served beside {HALF_OPEN} half-open, slowest in {slowest_s:.3f} s")
    assert slowest_s < SLOWEST_S


async def crowd(port: int) -> float:
    """Return seconds of the slowest request that was served."""
    await up(port)
    held: list[asyncio.StreamWriter] = []
    rng = random.Random(5)
    try:
        for _ in range(HALF_OPEN):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(HALF[: rng.randrange(1, len(HALF))])
            held.append(writer)
        slowest_s = 0.0
        for number in range(SERVED):
            began = time.monotonic()
            answer = await send(port, message(number))
            assert answer.startswith(b"HTTP/1.1 200"), answer
            slowest_s = max(slowest_s, time.monotonic() - began)
        return slowest_s
    finally:
        for writer in held:
            writer.transport.abort()


async def up(port: int) -> None:
    async with asyncio.timeout(UP_S):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.1)
            else:
                writer.close()
                return


def message(number: int) -> bytes:
    fixes = [fix(metres_from(HERS, 3000, number), now())]
    body = msgspec.json.encode({"batch": f"half/{number}", "fixes": fixes})
    return http(
        "POST",
        "/v1/fixes",
        body,
        Authorization="Bearer secret-w1",
        Content_Type="application/json",
    )
