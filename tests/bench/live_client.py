"""Tags that send at random times whatever the server does, and browsers that listen."""

import asyncio
import itertools
import json
import random
import re
import time
from collections import deque
from dataclasses import dataclass, field

from tagwatch.core.geometry import LonLat, Plane
from tests.bench.live_world import secret_of
from tests.bench.national_people import People

_NAME = re.compile(rb"Benchmark Wearer (\d{5})")
LATE_BATCH = 1_000
"""Fixes of a big batch."""


@dataclass
class Seen:
    """What happened to each wearer who went into a zone."""

    sent: dict[int, float] = field(default_factory=dict[int, float])
    committed: dict[int, float] = field(default_factory=dict[int, float])
    """When the alert was found in the projections, looked at every 10 ms."""
    first: dict[int, float] = field(default_factory=dict[int, float])
    """When the first stream had the alert, and when the last of all had it."""
    last: dict[int, float] = field(default_factory=dict[int, float])
    streams: dict[int, int] = field(default_factory=dict[int, int])
    acknowledged: list[float] = field(default_factory=list[float])
    refused: int = 0
    ended: int = 0

    def arrived(self, w: int, at: float) -> None:
        """Note that one more stream has the alert of wearer w."""
        if w in self.sent:
            self.first.setdefault(w, at)
            self.last[w] = at
            self.streams[w] = self.streams.get(w, 0) + 1


class Browser(asyncio.Protocol):
    """One open stream."""

    def __init__(self, request: bytes, seen: Seen) -> None:
        self._request, self._seen = request, seen
        self._buffer = b""
        self._told: set[int] = set()
        self.open = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the stream."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        """Read whole events."""
        at = time.perf_counter()
        if not self.open.done():
            self.open.set_result(data.split(b"\r\n", 1)[0])
        self._buffer += data
        *events, self._buffer = self._buffer.split(b"\n\n")
        for event in events:
            if b"event: alert" not in event:
                continue
            for name in _NAME.findall(event):
                w = int(name)
                if w not in self._told and w in self._seen.sent:
                    self._told.add(w)
                    self._seen.arrived(w, at)

    def connection_lost(self, _error: Exception | None) -> None:
        """Count streams that ended."""
        self._seen.ended += 1


class Sender(asyncio.Protocol):
    """A keep-alive connection to the tags' listener."""

    def __init__(self, seen: Seen) -> None:
        self._seen = seen
        self._buffer = b""
        self._due: deque[tuple[float, asyncio.Future[int] | None]] = deque()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def send(self, request: bytes, due: float, done: asyncio.Future[int] | None = None) -> None:
        """Send a request that was due at `due`."""
        self._due.append((due, done))
        self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        """Cut answers apart."""
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head = self._buffer[:end].lower()
            at = head.index(b"content-length:") + 15
            size = int(head[at:].split(b"\r\n", 1)[0])
            if len(self._buffer) < end + 4 + size:
                return
            self._buffer = self._buffer[end + 4 + size :]
            status = int(head[9:12])
            due, done = self._due.popleft()
            if done is not None:
                done.set_result(status)
            elif status == 200:
                self._seen.acknowledged.append(time.perf_counter() - due)
            else:
                self._seen.refused += 1


def request_of(w: int, key: str, rows: list[dict[str, float]]) -> bytes:
    """Return the whole request of one own batch."""
    body = json.dumps({"batch": key, "fixes": rows}, separators=(",", ":")).encode()
    head = (
        "POST /v1/fixes HTTP/1.1\r\nHost: tags\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {secret_of(w)}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


class Crowd:
    """The wearers' tags: each at home, but for those who go into their second zone."""

    def __init__(self, people: People, seed: int) -> None:
        self.people = people
        self._rng = random.Random(seed)
        self._planes: dict[int, Plane] = {}
        ordinary = [w for w in range(len(people.home)) if not people.edge[w]]
        self._rng.shuffle(ordinary)
        self.entrants = deque(ordinary)
        self._turn = 0

    def fix(self, w: int, x_m: float, y_m: float, at: float) -> dict[str, float]:
        """Return a sharp fix of wearer w, metres from home."""
        plane = self._planes.get(w)
        if plane is None:
            lon, lat = self.people.home[w].tolist()
            plane = self._planes[w] = Plane.at(LonLat(lon_deg=lon, lat_deg=lat))
        place = plane.lonlat(x_m + self._rng.gauss(0, 4), y_m + self._rng.gauss(0, 4))
        return {
            "time": round(at, 3), "lon": round(place.lon_deg, 6), "lat": round(place.lat_deg, 6),
            "accuracy_m": 6.0, "confidence": 0.68, "hdop": 1.1, "satellites": 10, "source": 1,
            "battery_pct": 80,
        }  # fmt: skip

    def at_home(self) -> tuple[int, bytes]:
        """Return the next wearer and his request."""
        self._turn += 1
        w = self._turn % len(self.people.home)
        return w, request_of(w, f"l{self._turn}", [self.fix(w, 0, 0, time.time())])

    def entering(self) -> tuple[int, bytes]:
        """Return a wearer who was at home till now, and his request from within a zone."""
        w = self.entrants.popleft()
        x_m, y_m = self.people.zone[w, 1].tolist()
        return w, request_of(w, f"e{w}", [self.fix(w, x_m, y_m, time.time())])

    def late(self, w: int, part: int) -> bytes:
        """Return a big batch of what wearer w's tag kept while it had no network."""
        last = time.time() - 7200 - part * 60 * LATE_BATCH
        rows = [self.fix(w, 0, 0, last - 60 * (LATE_BATCH - k)) for k in range(LATE_BATCH)]
        return request_of(w, f"k{w}-{part}", rows)


async def listen(port: int, cookie_name: str, cookies: list[str], seen: Seen) -> list[Browser]:
    """Return open streams, one for each session."""
    loop = asyncio.get_running_loop()
    opened: list[Browser] = []
    for cookie in cookies:
        request = (
            "GET /stream HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n"
            f"Cookie: {cookie_name}={cookie}\r\n\r\n"
        ).encode()
        _, browser = await loop.create_connection(
            lambda request=request: Browser(request, seen), "127.0.0.1", port
        )
        opened.append(browser)
    for browser in opened:
        status = await asyncio.wait_for(browser.open, 30)
        if b" 200 " not in status:
            raise RuntimeError(f"a stream was refused: {status.decode()}")
    return opened


async def browse(port: int, cookie_name: str, cookies: list[str], rate: float) -> list[float]:
    """Load the list of open alerts `rate` times a second, each time as somebody else, until
    cancelled; returns the seconds that each page took."""
    took: list[float] = []
    pages: set[asyncio.Task[None]] = set()

    async def page(cookie: str, due: float) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(
            "GET /alerts HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
            f"Cookie: {cookie_name}={cookie}\r\n\r\n".encode()
        )
        answer = await reader.read()
        writer.close()
        if b" 200 " not in answer[:20]:
            raise RuntimeError(f"a page was answered {answer[:60]!r}")
        took.append(time.perf_counter() - due)

    due = time.perf_counter()
    try:
        for number in itertools.count():
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            task = asyncio.create_task(page(cookies[number % len(cookies)], due))
            pages.add(task)
            task.add_done_callback(pages.discard)
            due += 1.0 / rate
    except asyncio.CancelledError:
        await asyncio.gather(*pages)
    return took


async def connections(port: int, count: int, seen: Seen) -> list[Sender]:
    """Return open connections to the tags' listener."""
    loop = asyncio.get_running_loop()
    made = [
        await loop.create_connection(lambda: Sender(seen), "127.0.0.1", port) for _ in range(count)
    ]
    return [sender for _, sender in made]


async def load(
    senders: list[Sender], crowd: Crowd, seen: Seen, rate: float, entries: float, seconds: float
) -> None:
    """Send single fixes at random times, `rate` a second, `entries` a second of them in a zone."""
    draw = random.Random(5)
    due, number = time.perf_counter(), 0
    end, next_entry = due + seconds, due + 1.0 / entries
    while due < end:
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        while due <= time.perf_counter():
            enters = due >= next_entry and crowd.entrants
            w, request = crowd.entering() if enters else crowd.at_home()
            if enters:
                next_entry += 1.0 / entries
                seen.sent[w] = due
            senders[number % len(senders)].send(request, due)
            number += 1
            due += draw.expovariate(rate)


async def flood(senders: list[Sender], crowd: Crowd, batches: int) -> tuple[int, float]:
    """Send big late batches, each connection the next when the last was acknowledged.

    Returns the fixes acknowledged and the seconds it took.
    """
    loop, began, taken = asyncio.get_running_loop(), time.perf_counter(), 0
    turns = iter(range(batches))

    async def one(sender: Sender) -> None:
        nonlocal taken
        for turn in turns:
            w, part = turn % len(crowd.people.home), turn // len(crowd.people.home)
            request = await asyncio.to_thread(crowd.late, w, part)
            while True:
                done: asyncio.Future[int] = loop.create_future()
                sender.send(request, time.perf_counter(), done)
                status = await asyncio.wait_for(done, 60)
                if status == 200:
                    break
                if status not in (429, 503):
                    raise RuntimeError(f"a late batch was answered {status}")
                await asyncio.sleep(1.0)
            taken += LATE_BATCH

    await asyncio.gather(*(one(sender) for sender in senders))
    return taken, time.perf_counter() - began
