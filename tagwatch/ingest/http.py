"""The tags' listener: HTTP/1.1 with a deadline on everything.

Written on asyncio and httptools because a general server waits for ever for half a header and
starts a task for each request; here a connection that has not finished its head in time is
closed, the oldest half-open ones give way when there are too many, and a request is judged in the
turn of the loop in which it became whole.
"""

import asyncio
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from enum import Enum
from ipaddress import ip_address
from typing import Final, NamedTuple, TypeAlias, cast

import httptools

from tagwatch.ingest.door import MAX_BODY_BYTES, Answer, Request, said

MAX_HEAD_BYTES: Final = 16 << 10
MAX_PIPELINED: Final = 32
_REASONS: Final = {
    200: "OK",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    408: "Request Timeout",
    413: "Content Too Large",
    429: "Too Many Requests",
    431: "Request Header Fields Too Large",
    503: "Service Unavailable",
}

Take: TypeAlias = Callable[[Request, Callable[[Answer], None]], None]
"""Judges a request and calls back with its answer, now or when it is durable."""


class HttpLimits(NamedTuple):
    """Bounds of the listener; times in seconds."""

    head_s: float = 10.0
    body_s: float = 30.0
    idle_s: float = 75.0
    drain_s: float = 2.0
    """How long a refused sender may go on before the connection is cut."""
    connections: int = 5_000
    buffered_bytes: int = 128 << 20
    """Bodies in the making, of all connections together."""


class Trust(Enum):
    """Whether a proxy on this machine tells the sender's address."""

    NOBODY = "nobody"
    LOCAL_PROXY = "local proxy"


class _State(Enum):
    HEAD = "head"
    BODY = "body"
    IDLE = "idle"
    DRAIN = "drain"


class _Slot:
    """The place of an answer among those of one connection."""

    __slots__ = ("answer", "close")

    def __init__(self) -> None:
        self.answer: Answer | None = None
        self.close = False


class Listener:
    """All connections of the tags' listener, and what bounds them."""

    def __init__(
        self, take: Take, limits: HttpLimits = HttpLimits(), trust: Trust = Trust.NOBODY
    ) -> None:
        self.take = take
        self.limits = limits
        self.trust = trust
        self.buffered = 0
        self.cut_off = 0
        """Connections closed because they were too slow, or gave way."""
        self.open: OrderedDict[Connection, None] = OrderedDict()
        self.half_open: OrderedDict[Connection, None] = OrderedDict()
        self.idle: OrderedDict[Connection, None] = OrderedDict()

    def connection(self) -> "Connection":
        """Return the protocol of a new connection: the factory for `loop.create_server`."""
        return Connection(self)

    def make_room(self) -> None:
        """Close the connection that has least to lose, if there are too many."""
        if len(self.open) < self.limits.connections:
            return
        for waiting in (self.half_open, self.idle, self.open):
            if waiting:
                next(iter(waiting)).cut()
                return

    def sweep(self) -> None:
        """Close what has been too slow. To be called about once a second."""
        at = time.monotonic()
        for connection in list(self.open):
            connection.check(at)

    def close(self) -> None:
        """Close every connection; answers still to come are not given, so nothing is lost."""
        for connection in list(self.open):
            connection.cut()


class Connection(asyncio.Protocol):
    """One connection; answers leave in the order of their requests."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._parser = httptools.HttpRequestParser(self)
        self._slots: deque[_Slot] = deque()
        self._state = _State.IDLE
        self._since = 0.0
        self._head_bytes = 0
        self._stuck_since: float | None = None
        self._reset()

    def _reset(self) -> None:
        self._url = b""
        self._content_type = ""
        self._authorization = ""
        self._batch_key = ""
        self._forwarded = ""
        self._expects = False
        self._body: list[bytes] = []
        self._size = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Count the connection; the oldest that says nothing gives way if there are too many."""
        self._transport = cast(asyncio.Transport, transport)
        peer = transport.get_extra_info("peername")
        self._peer = str(peer[0]) if peer else ""
        self._listener.make_room()
        self._listener.open[self] = None
        self._enter(_State.HEAD)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 -- asyncio names it
        """Forget the connection; what it had sent whole is stored all the same."""
        self._listener.buffered -= self._size
        self._size = 0
        for group in (self._listener.open, self._listener.half_open, self._listener.idle):
            group.pop(self, None)

    def _enter(self, state: _State) -> None:
        self._state = state
        self._since = time.monotonic()
        listener = self._listener
        listener.half_open.pop(self, None)
        listener.idle.pop(self, None)
        if state is _State.HEAD:
            listener.half_open[self] = None
            self._head_bytes = 0
        elif state is _State.IDLE:
            listener.idle[self] = None

    def data_received(self, data: bytes) -> None:
        """Feed the parser. Whatever comes after a refusal is dropped."""
        if self._state is _State.DRAIN:
            return
        if self._state is _State.IDLE:
            self._enter(_State.HEAD)
        if self._state is _State.HEAD:
            self._head_bytes += len(data)
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self._refuse(said(400, "This is not HTTP/1.1 as tags speak it."))
            return
        if self._state is _State.HEAD and self._head_bytes > MAX_HEAD_BYTES:
            self._refuse(said(431, f"The headers are over {MAX_HEAD_BYTES} bytes."))

    def on_message_begin(self) -> None:
        """Begin a request (called by the parser, as all that follow)."""
        if self._state is _State.IDLE:
            self._enter(_State.HEAD)
        self._reset()

    def on_url(self, url: bytes) -> None:
        """Take a piece of the address."""
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take one header."""
        match name.lower():
            case b"content-type":
                self._content_type = value.decode("latin-1").lower()[:100]
            case b"authorization":
                self._authorization = value.decode("latin-1")
            case b"idempotency-key":
                self._batch_key = value.decode("latin-1")[:200]
            case b"x-forwarded-for":
                self._forwarded = value.decode("latin-1").rpartition(",")[2].strip()
            case b"expect":
                self._expects = value.lower() == b"100-continue"
            case b"content-length" if value.isdigit() and int(value[:12]) > MAX_BODY_BYTES:
                self._refuse(said(413, f"The message is over {MAX_BODY_BYTES} bytes."))
            case _:
                pass

    def on_headers_complete(self) -> None:
        """Leave the head behind: its deadline no longer counts."""
        if self._state is _State.DRAIN:
            return
        self._enter(_State.BODY)
        if self._expects:
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, body: bytes) -> None:
        """Take a piece of the body."""
        if self._state is _State.DRAIN:
            return
        self._body.append(body)
        self._size += len(body)
        self._listener.buffered += len(body)
        if self._size > MAX_BODY_BYTES:
            self._refuse(said(413, f"The message is over {MAX_BODY_BYTES} bytes."))
        elif self._listener.buffered > self._listener.limits.buffered_bytes:
            self._refuse(said(503, "Too much is coming in at once. Send again.", 5))

    def on_message_complete(self) -> None:
        """Hand a whole request on."""
        if self._state is _State.DRAIN:
            return
        path, _, query = self._url.decode("latin-1").partition("?")
        request = Request(
            method=self._parser.get_method().decode(),
            path=(path.rstrip("/") or "/"),
            query=query,
            content_type=self._content_type,
            authorization=self._authorization,
            batch_key=self._batch_key,
            body=b"".join(self._body),
            peer=self._address(),
        )
        self._listener.buffered -= self._size
        self._size = 0
        self._body = []
        self._enter(_State.IDLE)
        slot = _Slot()
        slot.close = not self._parser.should_keep_alive()
        self._slots.append(slot)
        if len(self._slots) >= MAX_PIPELINED:
            self._transport.pause_reading()

        def answered(answer: Answer) -> None:
            slot.answer = answer
            self._flush()

        self._listener.take(request, answered)

    def _address(self) -> str:
        if self._listener.trust is Trust.LOCAL_PROXY and self._forwarded:
            return self._forwarded if ip_address(self._peer).is_loopback else self._peer
        return self._peer

    def _flush(self) -> None:
        if self._transport.is_closing():
            self._slots.clear()
            return
        paused = len(self._slots) >= MAX_PIPELINED
        while self._slots and (answer := self._slots[0].answer) is not None:
            slot = self._slots.popleft()
            self._transport.write(head_of(answer, slot.close) + answer.body)
            if slot.close:
                self._slots.clear()
                self._enter(_State.DRAIN)
                if self._transport.can_write_eof():
                    self._transport.write_eof()
                else:
                    self._transport.close()
                return
        if paused and len(self._slots) < MAX_PIPELINED:
            self._transport.resume_reading()

    def _refuse(self, answer: Answer) -> None:
        """Answer after those before it, and take nothing more from this sender."""
        slot = _Slot()
        slot.answer, slot.close = answer, True
        self._slots.append(slot)
        self._listener.buffered -= self._size
        self._size = 0
        self._body = []
        self._enter(_State.DRAIN)
        self._flush()

    def check(self, at: float) -> None:
        """Close the connection if it has been too slow."""
        limits = self._listener.limits
        age_s = at - self._since
        if self._transport.get_write_buffer_size():
            self._stuck_since = self._stuck_since or at
            if at - self._stuck_since > limits.body_s:
                self.cut()
            return
        self._stuck_since = None
        if self._state is _State.HEAD and age_s > limits.head_s:
            self.cut()
        elif self._state is _State.BODY and age_s > limits.body_s:
            self._refuse(said(408, "The message came too slowly. Send it again."))
        elif (self._state is _State.IDLE and not self._slots and age_s > limits.idle_s) or (
            self._state is _State.DRAIN and not self._slots and age_s > limits.drain_s
        ):
            self._transport.close()

    def cut(self) -> None:
        """Close at once."""
        self._listener.cut_off += 1
        self._listener.open.pop(self, None)
        self._listener.half_open.pop(self, None)
        self._listener.idle.pop(self, None)
        self._transport.abort()


_HEADS: Final[dict[tuple[int, int, str, int, bool], bytes]] = {}


def head_of(answer: Answer, close: bool) -> bytes:
    """Return the head of an answer; those in use stay few, so they are kept."""
    key = (answer.status, len(answer.body), answer.content_type, answer.retry_after_s, close)
    head = _HEADS.get(key)
    if head is None:
        lines = [
            f"HTTP/1.1 {answer.status} {_REASONS[answer.status]}",
            f"Content-Type: {answer.content_type}",
            f"Content-Length: {len(answer.body)}",
        ]
        if answer.status == 401:
            lines.append('WWW-Authenticate: Basic realm="Tagwatch"')
        if answer.retry_after_s:
            lines.append(f"Retry-After: {answer.retry_after_s}")
        lines.append("Connection: close" if close else "Connection: keep-alive")
        head = ("\r\n".join(lines) + "\r\n\r\n").encode()
        if len(_HEADS) < 1000:
            _HEADS[key] = head
    return head
