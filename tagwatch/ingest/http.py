"""The tags' listener: HTTP/1.1 with a deadline on everything.

Written on asyncio and httptools because a general server waits for ever for half a header and
starts a task for each request; here a connection that has not finished its head in time is
closed, the oldest half-open ones give way when there are too many, and a request is judged in the
turn of the loop in which it became whole. A connection counts from the moment it is accepted, so
one that never begins its TLS handshake gives way like any other.
"""

import asyncio
import ssl
import time
from collections import deque
from enum import Enum
from ipaddress import ip_address
from typing import Final, cast

import httptools

from tagwatch.ingest.door import MAX_BODY_BYTES, Answer, Request, said
from tagwatch.ingest.listener import Listener, Trust
from tagwatch.ingest.response import head_of
from tagwatch.ingest.tls import Tls

MAX_HEAD_BYTES: Final = 16 << 10
MAX_PIPELINED: Final = 32
_READ_HEADERS: Final = frozenset(
    (
        *(b"content-type", b"content-length", b"transfer-encoding", b"authorization", b"expect"),
        *(b"idempotency-key", b"x-forwarded-for"),
    )
)
_HEAD_TOO_LONG: Final = said(431, f"The headers are over {MAX_HEAD_BYTES} bytes.")


class _State(Enum):
    HEAD = "head"
    BODY = "body"
    IDLE = "idle"
    DRAIN = "drain"


class _Slot:
    """The place of an answer among those of one connection."""

    __slots__ = ("answer", "bare", "close")

    def __init__(self) -> None:
        self.answer: Answer | None = None
        self.close = False
        self.bare = False
        """Its body is left out, as the answer to HEAD wants it."""


class Connection(asyncio.Protocol):
    """One connection; answers leave in the order of their requests."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._parser = httptools.HttpRequestParser(self)
        self._slots: deque[_Slot] = deque()
        self._state = _State.IDLE
        self._since = 0.0
        self._unread_bytes = 0
        """Of a head whose end has not come; the parser counts nothing."""
        self._stuck_since: float | None = None
        self._tls: Tls | None = None
        self._reset()

    def _reset(self) -> None:
        self._url = b""
        self._head_bytes = 0
        self._content_type = ""
        self._authorization = ""
        self._batch_key = ""
        self._forwarded = ""
        self._expects = False
        self._heard: list[tuple[bytes, bytes]] = []
        """Headers that are read, or say where the body ends."""
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
        if self._listener.tls is not None:
            self._tls = Tls(self._listener.tls)

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
            self._unread_bytes = 0
        elif state is _State.IDLE:
            listener.idle[self] = None

    def data_received(self, data: bytes) -> None:
        """Take bytes off the wire. Whatever comes after a refusal is dropped."""
        if self._tls is None:
            self._read(data)
            return
        try:
            plain = self._tls.receive(data)
        except ssl.SSLError:
            self.cut()
            return
        if outgoing := self._tls.outgoing():
            self._transport.write(outgoing)
        if plain:
            self._read(plain)

    def eof_received(self) -> bool:
        """Keep the connection of a sender who has said all until his answers are given."""
        if not self._slots:
            return False
        self._slots[-1].close = True
        self._enter(_State.DRAIN)
        return True

    def _read(self, data: bytes) -> None:
        """Feed the parser."""
        if self._state is _State.DRAIN:
            return
        if self._state is _State.IDLE:
            self._enter(_State.HEAD)
        self._unread_bytes += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as offer:
            self._ignore_offer(data[offer.args[0] :])
        except httptools.HttpParserError:
            self._refuse(said(400, "This is not HTTP/1.1 as tags speak it."))
        if self._state is _State.HEAD and self._unread_bytes > MAX_HEAD_BYTES:
            self._refuse(_HEAD_TOO_LONG)

    def _ignore_offer(self, rest: bytes) -> None:
        """Read on in HTTP/1.1 after another protocol was offered, as Java's client does each time.

        The parser left off behind the head, so it gets the same head again without the offer.
        """
        method = self._parser.get_method()
        self._parser = httptools.HttpRequestParser(self)
        if method == b"CONNECT":
            self._refuse(said(405, "Send with GET or POST."))
            return
        lines = [b"%b %b HTTP/1.1" % (method, self._url)]
        lines += [b"%b: %b" % (name, value) for name, value in self._heard]
        self._read(b"\r\n".join(lines) + b"\r\n\r\n" + rest)

    def on_message_begin(self) -> None:
        """Begin a request (called by the parser, as all that follow)."""
        if self._state is _State.IDLE:
            self._enter(_State.HEAD)
        self._reset()

    def on_url(self, url: bytes) -> None:
        """Take a piece of the address."""
        self._url += url
        self._weigh_head(len(url))

    def _weigh_head(self, size: int) -> None:
        self._head_bytes += size
        if self._head_bytes > MAX_HEAD_BYTES:
            self._refuse(_HEAD_TOO_LONG)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take one header."""
        self._weigh_head(len(name) + len(value) + 4)
        name = name.lower()
        if name in _READ_HEADERS:
            self._heard.append((name, value))
        match name:
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
        if self._state is _State.DRAIN or self._parser.should_upgrade():
            return
        self._enter(_State.BODY)
        if self._expects and self._parser.get_http_version() == "1.1":
            self._write(b"HTTP/1.1 100 Continue\r\n\r\n")

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
        if self._state is _State.DRAIN or self._parser.should_upgrade():
            return
        path, _, query = _relative(self._url.decode("latin-1")).partition("?")
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
        slot.bare = request.method == "HEAD"
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
            body = b"" if slot.bare else answer.body
            self._write(head_of(answer, slot.close) + body)
            if slot.close:
                self._slots.clear()
                self._enter(_State.DRAIN)
                if self._tls is not None:
                    self._transport.write(self._tls.end())
                if self._transport.can_write_eof():
                    self._transport.write_eof()
                else:
                    self._transport.close()
                return
        if paused and len(self._slots) < MAX_PIPELINED:
            self._transport.resume_reading()

    def _write(self, data: bytes) -> None:
        self._transport.write(data if self._tls is None else self._tls.send(data))

    def _refuse(self, answer: Answer) -> None:
        """Answer after those before it, and take nothing more from this sender."""
        if self._state is _State.DRAIN:
            return
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


def _relative(target: str) -> str:
    """Return the path and query of a request's target, which a proxy may send as a whole URL."""
    if target[:7].lower() not in ("http://", "https:/"):
        return target
    _, _, rest = target.partition("//")
    return "/" + rest.partition("/")[2]
