"""The front door measured: durable fixes a second, against a FastAPI/pydantic handler.

    .venv/bin/python tests/bench/bench_door.py [--seconds 5]

The servers take turns (rounds), so that a disturbance hits both. Both run on one core (the same),
the client on another, with the same client, the same bodies and keep-alive connections, uvloop and
httptools on both sides. The peer parses its body into a pydantic model and answers; it stores
nothing. Tagwatch authenticates, cuts, decodes, encrypts, chains and answers after fdatasync. Three
runs:

* single: one fix a request, 256 tags, each sends its next fix when the last is acknowledged;
* batch: 60 fixes a request, the same;
* open loop: single fixes at 2,000/s at random times (Poisson), whatever the server does; latency
  counts from the moment a fix was due.
"""

import argparse
import asyncio
import json
import multiprocessing
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import uvloop

CONNECTIONS = 256
OPEN_LOOP_PER_S = 2_000
SERVER_CORE, CLIENT_CORE = 0, 1


def pin(core: int) -> None:
    """Keep this process on one core, where the machine has several."""
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {cores[core % len(cores)]})


def serve_tagwatch(folder: str, ready: Connection) -> None:
    """Run a receiver with one enrolled tag for each connection."""
    pin(SERVER_CORE)
    uvloop.run(_serve_tagwatch(Path(folder), ready))


async def _serve_tagwatch(folder: Path, ready: Connection) -> None:
    from tagwatch.config import Config, TagsConfig
    from tagwatch.core import ledger
    from tagwatch.core.person import Activation, Scheme, Tag
    from tagwatch.core.units import DAY, Instant
    from tagwatch.ingest.clock import now
    from tagwatch.ingest.credential import issue
    from tagwatch.ingest.limits import DoorLimits
    from tagwatch.ingest.receiver import Receiver
    from tagwatch.store.drafts import draft_of
    from tagwatch.store.journal.files import OsFiles
    from tagwatch.store.journal.keys import Keyring

    config = Config(data=folder, tags=TagsConfig(port=0))
    Keyring.create(config.keys_folder, OsFiles()).close()
    receiver = Receiver(config, door_limits=DoorLimits(requests_per_minute=10_000_000))
    await receiver.start()
    at, secrets, events = now(), [], []
    for number in range(CONNECTIONS):
        tag = Tag(tag_id=f"tag-{number}", serial=f"S{number}")
        worn = Activation(
            activation_id=f"act-{number}",
            tag_id=tag.tag_id,
            wearer_id=f"wearer-{number}",
            started_at=Instant(at - DAY),
        )
        issued = issue(Scheme.TAGWATCH, tag.tag_id, at)
        secrets.append(issued.secret)
        events += [
            ledger.TagRecorded(tag=tag, by="bench"),
            ledger.ActivationStarted(activation=worn, by="bench"),
            ledger.CredentialIssued(credential=issued.credential, by="bench"),
        ]
    await receiver.committer.append([draft_of(event, at) for event in events])
    for event in events:
        receiver.door.register.apply(event)
    ready.send((receiver.port, secrets))
    await asyncio.get_running_loop().run_in_executor(None, ready.recv)
    await receiver.close()


def serve_peer(_folder: str, ready: Connection) -> None:
    """Run an async FastAPI handler with a pydantic body, which stores nothing."""
    pin(SERVER_CORE)
    import socket

    import uvicorn
    from fastapi import FastAPI
    from pydantic import BaseModel

    class PeerFix(BaseModel):
        time: float
        lat: float
        lon: float
        accuracy_m: float | None = None
        confidence: float | None = None
        hdop: float | None = None
        satellites: int | None = None
        source: int = 0
        speed_mps: float | None = None
        bearing_deg: float | None = None
        altitude_m: float | None = None
        battery_pct: float | None = None

    class PeerBatch(BaseModel):
        batch: str
        fixes: list[PeerFix]

    app = FastAPI()

    @app.post("/v1/fixes")
    async def take(batch: PeerBatch) -> dict[str, bool]:
        return {"accepted": bool(batch.fixes)}

    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    ready.send((listening.getsockname()[1], ["none"] * CONNECTIONS))
    settings = uvicorn.Config(
        app, loop="uvloop", http="httptools", access_log=False, log_level="error"
    )
    uvicorn.Server(settings).run(sockets=[listening])


def body_of(connection: int, number: int, fixes: int) -> bytes:
    """Return a batch as a tag would send it."""
    at = time.time() - fixes
    rows = [
        {
            "time": round(at + row, 3),
            "lat": 51.5 + (number % 1000) * 1e-5 + row * 1e-6,
            "lon": -0.12 - connection * 1e-4,
            "accuracy_m": 7.5,
            "confidence": 0.68,
            "hdop": 1.2,
            "satellites": 9,
            "source": 1,
            "speed_mps": 1.3,
            "bearing_deg": 211.0,
            "altitude_m": 31.5,
            "battery_pct": 77,
        }
        for row in range(fixes)
    ]
    batch = {"batch": f"{connection}-{number}-{fixes}", "fixes": rows}
    return json.dumps(batch, separators=(",", ":")).encode()


def request_of(secret: str, body: bytes) -> bytes:
    """Return the whole request."""
    head = (
        "POST /v1/fixes HTTP/1.1\r\nHost: tags\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {secret}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


class Client(asyncio.Protocol):
    """A keep-alive connection that counts whole answers."""

    def __init__(self, answered: Callable[["Client", int], None]) -> None:
        self.answered = answered
        self.buffer = b""
        self.due: list[float] = []

    def connection_made(self, transport: Any) -> None:
        """Keep the transport."""
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        """Cut answers apart."""
        self.buffer += data
        while (end := self.buffer.find(b"\r\n\r\n")) >= 0:
            head = self.buffer[:end].lower()
            at = head.index(b"content-length:") + 15
            size = int(head[at:].split(b"\r\n", 1)[0])
            if len(self.buffer) < end + 4 + size:
                return
            self.buffer = self.buffer[end + 4 + size :]
            self.answered(self, int(head[9:12]))


async def connect(port: int, answered: Callable[[Client, int], None]) -> list[Client]:
    """Return CONNECTIONS open clients."""
    loop = asyncio.get_running_loop()
    made = [
        await loop.create_connection(lambda: Client(answered), "127.0.0.1", port)
        for _ in range(CONNECTIONS)
    ]
    return [client for _, client in made]


async def closed_loop(
    port: int, secrets: list[str], fixes: int, seconds: float, cpu_s: Callable[[], float]
) -> tuple[float, float]:
    """Return answers a second when each connection sends as soon as it was answered.

    And the server's processor time for each of them, in microseconds.
    """
    requests = [
        [request_of(secret, body_of(at, n, fixes)) for n in range(40)]
        for at, secret in enumerate(secrets)
    ]
    places: dict[Client, int] = {}
    counts = {"answers": 0, "refused": 0, "sent": 0}

    def send(client: Client) -> None:
        counts["sent"] += 1
        own = requests[places[client]]
        # A new key each time, so that nothing is taken for a repeat.
        whole = own[counts["sent"] % len(own)]
        client.transport.write(
            whole.replace(b'"batch":"', b'"batch":"%07d' % counts["sent"], 1).replace(
                b"Content-Length: %d" % _length(whole),
                b"Content-Length: %d" % (_length(whole) + 7),
                1,
            )
        )

    def answered(client: Client, status: int) -> None:
        counts["answers" if status == 200 else "refused"] += 1
        send(client)

    clients = await connect(port, answered)
    for place, client in enumerate(clients):
        places[client] = place
        send(client)
    await asyncio.sleep(1.0)
    before, busy_s, started = counts["answers"], cpu_s(), time.perf_counter()
    await asyncio.sleep(seconds)
    answers, busy_s = counts["answers"] - before, cpu_s() - busy_s
    elapsed_s = time.perf_counter() - started
    for client in clients:
        client.transport.abort()
    if counts["refused"]:
        sys.exit(f"{counts['refused']} requests were refused: the figure would mean nothing")
    return answers / elapsed_s, busy_s / answers * 1e6


def _length(request: bytes) -> int:
    return len(request) - request.index(b"\r\n\r\n") - 4


async def open_loop(port: int, secrets: list[str], seconds: float) -> list[float]:
    """Return the latencies (s) of single fixes due at random times, OPEN_LOOP_PER_S on average."""
    latencies: list[float] = []

    def answered(client: Client, status: int) -> None:
        due = client.due.pop(0)
        latencies.append(time.perf_counter() - due if status == 200 else float("inf"))

    clients = await connect(port, answered)
    draw = random.Random(1)
    due, number = time.perf_counter() + 0.2, 0
    end = due + seconds
    while due < end:
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        while due <= time.perf_counter():
            place = number % CONNECTIONS
            client = clients[place]
            client.due.append(due)
            client.transport.write(request_of(secrets[place], body_of(place, number, 1)))
            number += 1
            due += draw.expovariate(OPEN_LOOP_PER_S)
    for _ in range(20):
        if len(latencies) < number:
            await asyncio.sleep(0.5)
    for client in clients:
        client.transport.abort()
    # What was never answered counts as the longest there is.
    latencies += [float("inf")] * (number - len(latencies))
    return sorted(latencies)


class Server:
    """A server process and what is needed to send to it."""

    def __init__(self, serve: Callable[..., None], folder: str) -> None:
        spawn = multiprocessing.get_context("spawn")
        self.pipe, theirs = spawn.Pipe()
        self.process = spawn.Process(target=serve, args=(folder, theirs))
        self.process.start()
        self.port, self.secrets = self.pipe.recv()

    def rate(self, fixes: int, seconds: float) -> tuple[float, float]:
        """Return answers a second, and the server's own processor time for each, in us."""
        return uvloop.run(closed_loop(self.port, self.secrets, fixes, seconds, self._cpu_s))

    def _cpu_s(self) -> float:
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def p99_ms(self, seconds: float) -> float:
        """Return the 99th percentile of open-loop latency."""
        late = uvloop.run(open_loop(self.port, self.secrets, seconds))
        return late[int(len(late) * 0.99)] * 1e3

    def end(self) -> None:
        """Stop the process."""
        self.pipe.send("end")
        self.process.join(3)
        self.process.terminate()
        self.process.join()


def report(ours: Server, peer: Server, seconds: float, rounds: int) -> None:
    """Measure in turns, and print each server's least disturbed round and the ratio of those."""
    for name, fixes, aim in (("single fix", 1, 1.8), ("60 a batch", 60, 2.5)):
        pairs = [(ours.rate(fixes, seconds), peer.rate(fixes, seconds)) for _ in range(rounds)]
        mine, its = (max(rates) for rates in zip(*pairs, strict=True))
        spread = ", ".join(f"{a[0] / b[0]:.2f}" for a, b in pairs)
        print(
            f"{name}: tagwatch, durable {mine[0]:.0f} requests/s; FastAPI, storing nothing "
            f"{its[0]:.0f}/s; ratio {mine[0] / its[0]:.2f} (aim {aim}; by round {spread}); "
            f"processor time a request {mine[1]:.0f} us and {its[1]:.0f} us, "
            f"ratio {its[1] / mine[1]:.2f}"
        )
    pairs = [(ours.p99_ms(seconds), peer.p99_ms(seconds)) for _ in range(rounds)]
    mine, its = (min(values) for values in zip(*pairs, strict=True))
    spread = ", ".join(f"{a:.0f}" for a, _ in pairs)
    print(
        f"open loop, {OPEN_LOOP_PER_S} single fixes/s: tagwatch p99 {mine:.1f} ms (aim < 50; by "
        f"round {spread}); FastAPI p99 {its:.1f} ms"
    )


def main() -> None:
    """Measure both and print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    pin(CLIENT_CORE)
    with tempfile.TemporaryDirectory() as folder:
        ours = Server(serve_tagwatch, folder)
        peer = Server(serve_peer, folder)
        try:
            time.sleep(1.0)
            report(ours, peer, asked.seconds, asked.rounds)
        finally:
            ours.end()
            peer.end()


if __name__ == "__main__":
    main()
