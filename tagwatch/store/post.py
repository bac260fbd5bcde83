"""The receiver's local socket, from the side of those who append: line, web, batch, commands.

Frames in both directions are a little-endian u32 length and that many bytes of MessagePack. A
request is a map with `op`; an answer is a map, with `error` and `what` if it was refused. Only
processes of the same user can connect. docs/protocols.md describes the operations.
"""

import asyncio
import select
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from struct import Struct
from typing import Any, Final

import msgspec

from tagwatch.core.ledger import Event
from tagwatch.core.units import Instant
from tagwatch.store.drafts import draft_of
from tagwatch.store.journal.record import DataClass, Draft, Head, Owner, month_of

LENGTH: Final = Struct("<I")
MAX_FRAME_BYTES: Final = 72 << 20
"""A group of the journal at its largest (64 MiB of payload), and its headers."""
_ENCODE: Final = msgspec.msgpack.Encoder().encode
_DECODE: Final = msgspec.msgpack.Decoder(dict[str, Any]).decode


class Refusal(StrEnum):
    """Why the receiver did not do what it was asked."""

    BAD = "bad"
    """The request is wrong; asking again will not help."""
    FULL = "full"
    """The disk has no room; ask again when it has."""
    BROKEN = "broken"
    """The disk failed, or the receiver is ending; ask again in a moment."""


class PostError(Exception):
    """The receiver refused, or cannot be reached. Nothing of the request was done."""


class PostRefused(PostError):
    """The receiver said no: `reason` tells whether asking again can help."""

    def __init__(self, reason: Refusal, what: str) -> None:
        super().__init__(what)
        self.reason = reason


class PostUncertain(PostError):
    """The connection broke after an append was sent: it may or may not be in the journal.

    Look for it (ids are deterministic, so doing it twice is harmless), or ask again.
    """


def pack(message: dict[str, Any]) -> bytes:
    """Return one frame of the socket. Raises ValueError if it is over MAX_FRAME_BYTES."""
    body = _ENCODE(message)
    if len(body) > MAX_FRAME_BYTES:
        raise ValueError(f"a request of {len(body)} bytes is over {MAX_FRAME_BYTES}: send less")
    return LENGTH.pack(len(body)) + body


def unpack(body: bytes) -> dict[str, Any]:
    """Return the map in one frame's body. Raises msgspec.DecodeError."""
    return _DECODE(body)


def _seqs(answer: dict[str, Any], count: int) -> range:
    first = int(answer["first"])
    return range(first, first + count)


def _checked(answer: dict[str, Any]) -> dict[str, Any]:
    if "error" in answer:
        raise PostRefused(Refusal(answer["error"]), str(answer["what"]))
    return answer


def _absent(path: Path, error: OSError) -> PostError:
    return PostError(f"no receiver answers at {path} ({error}): start it with `tagwatch serve`")


def _append(drafts: Sequence[Draft]) -> dict[str, Any]:
    return {"op": "append", "drafts": drafts}


def _erase(
    owner: Owner, data_class: DataClass | None, period: str | None, reason: str, by: str
) -> dict[str, Any]:
    return {
        "op": "erase",
        "owner": owner,
        "data_class": data_class,
        "period": period,
        "reason": reason,
        "by": by,
    }


class JournalPost:
    """A blocking connection to the receiver. For one thread at a time; reconnects by itself."""

    def __init__(self, path: Path, timeout_s: float = 30.0) -> None:
        self._path = path
        self._timeout_s = timeout_s
        self._socket: socket.socket | None = None

    def append(self, drafts: Sequence[Draft]) -> range:
        """Append `drafts` as one group; they are durable on return. Returns their seqs.

        The receiver stamps `received_at` itself. Raises PostRefused, PostUncertain or PostError.
        """
        return _seqs(self._ask(_append(drafts)), len(drafts))

    def record(self, event: Event, owner: Owner | None = None) -> int:
        """Append one event and return its seq; its owner follows from its kind unless given."""
        return self.append([draft_of(event, Instant(0), owner=owner)])[0]

    def head(self) -> Head:
        """Return the durable end of the journal."""
        answer = self._ask({"op": "head"})
        return Head(int(answer["head"]), bytes(answer["digest"]))

    def erase(
        self,
        owner: Owner,
        data_class: DataClass | None,
        period: str | None,
        reason: str,
        by: str,
    ) -> int:
        """Destroy an owner's data keys (None: every class or period) and journal that it was done.

        Returns how many keys there were.
        """
        return int(self._ask(_erase(owner, data_class, period, reason, by))["keys"])

    def backup(self, folder: Path) -> int:
        """Copy the journal up to its durable end into `folder`, and return that end's seq."""
        return int(self._ask({"op": "backup", "folder": str(folder)})["head"])

    def status(self) -> dict[str, Any]:
        """Return the receiver's counters, for Health."""
        return dict(self._ask({"op": "status"})["counters"])

    def close(self) -> None:
        """Close the connection; the next request opens another."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        connection = self._connected()
        try:
            connection.sendall(pack(request))
            return _checked(unpack(_receive(connection)))
        except OSError as error:
            self.close()
            raise PostUncertain(f"the receiver at {self._path} went away: {error}") from error

    def _connected(self) -> socket.socket:
        if self._socket is not None and _ended(self._socket):
            self.close()
        if self._socket is None:
            self._socket = _connect(self._path, self._timeout_s)
        return self._socket


class Subscription:
    """The durable head as it moves, for a thread that waits. Raises PostError when it ends."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._socket = _connect(path, 10.0)
        self._socket.sendall(pack({"op": "subscribe"}))

    def wait(self, timeout_s: float) -> int | None:
        """Return the newest head told since the last call, or None after `timeout_s` seconds."""
        head: int | None = None
        self._socket.settimeout(timeout_s)
        while True:
            try:
                start = self._socket.recv(LENGTH.size, socket.MSG_PEEK)
            except (TimeoutError, BlockingIOError):
                return head
            except OSError as error:
                raise _absent(self._path, error) from error
            if not start:
                raise PostError(f"the receiver at {self._path} ended: subscribe again")
            self._socket.settimeout(10.0)
            try:
                head = int(_checked(unpack(_receive(self._socket)))["head"])
            except OSError as error:
                raise _absent(self._path, error) from error
            self._socket.settimeout(0.0)

    def close(self) -> None:
        """End the subscription."""
        self._socket.close()


def _connect(path: Path, timeout_s: float) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(timeout_s)
    try:
        connection.connect(str(path))
    except OSError as error:
        connection.close()
        raise _absent(path, error) from error
    return connection


def _ended(connection: socket.socket) -> bool:
    """Tell whether the other side closed since: then nothing was sent, and one may reconnect.

    Between requests nothing is to be read, so whatever can be read is the end.
    """
    asked = select.poll()
    asked.register(connection, select.POLLIN)
    return bool(asked.poll(0))


def _receive(connection: socket.socket) -> bytes:
    (size,) = LENGTH.unpack(exactly(connection, LENGTH.size))
    return exactly(connection, size)


def exactly(connection: socket.socket, size: int) -> bytes:
    """Return the next `size` bytes. Raises ConnectionResetError if the connection ends before."""
    parts: list[bytes] = []
    while size:
        data = connection.recv(min(size, 1 << 20))
        if not data:
            raise ConnectionResetError("the connection was closed")
        parts.append(data)
        size -= len(data)
    return b"".join(parts)


class AsyncJournalPost:
    """The same for an asyncio process; requests of several tasks are sent one after another."""

    def __init__(self, path: Path, timeout_s: float = 30.0) -> None:
        self._path = path
        self._timeout_s = timeout_s
        self._lock = asyncio.Lock()
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def append(self, drafts: Sequence[Draft]) -> range:
        """Append `drafts` as one group; see `JournalPost.append`."""
        return _seqs(await self._ask(_append(drafts)), len(drafts))

    async def record(self, event: Event, owner: Owner | None = None) -> int:
        """Append one event and return its seq; see `JournalPost.record`."""
        return (await self.append([draft_of(event, Instant(0), owner=owner)]))[0]

    async def head(self) -> Head:
        """Return the durable end of the journal."""
        answer = await self._ask({"op": "head"})
        return Head(int(answer["head"]), bytes(answer["digest"]))

    async def status(self) -> dict[str, Any]:
        """Return the receiver's counters, for Health."""
        return dict((await self._ask({"op": "status"}))["counters"])

    async def heads(self) -> AsyncIterator[int]:
        """Give the durable head now and whenever it moves. Raises PostError when it ends."""
        reader, writer = await self._connect()
        try:
            writer.write(pack({"op": "subscribe"}))
            while True:
                yield int(_checked(await _read(reader))["head"])
        except (OSError, asyncio.IncompleteReadError) as error:
            raise PostError(f"the receiver at {self._path} ended: subscribe again") from error
        finally:
            writer.close()

    async def close(self) -> None:
        """Close the connection; the next request opens another."""
        if self._streams is None:
            return
        writer, self._streams = self._streams[1], None
        writer.close()
        with suppress(OSError):  # it was broken already: that is why it is closed
            await writer.wait_closed()

    async def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        async with self._lock:
            if self._streams is not None and self._streams[0].at_eof():
                await self.close()
            if self._streams is None:
                self._streams = await self._connect()
            reader, writer = self._streams
            whole = False
            try:
                async with asyncio.timeout(self._timeout_s):
                    writer.write(pack(request))
                    await writer.drain()
                    answer = await _read(reader)
                whole = True
            except (OSError, TimeoutError, asyncio.IncompleteReadError) as error:
                raise PostUncertain(f"the receiver at {self._path} went away: {error}") from error
            finally:
                if not whole:
                    # Also when the task was cancelled: the answer still to come is not ours.
                    await self.close()
            return _checked(answer)

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        try:
            return await asyncio.open_unix_connection(str(self._path))
        except OSError as error:
            raise _absent(self._path, error) from error


async def _read(reader: asyncio.StreamReader) -> dict[str, Any]:
    (size,) = LENGTH.unpack(await reader.readexactly(LENGTH.size))
    return unpack(await reader.readexactly(size))


def draft_from_wire(fields: Sequence[Any], received_at: Instant) -> Draft:
    """Return the draft a client sent, stamped with the receiver's own clock.

    Raises ValueError, TypeError or msgspec.ValidationError if it is none.
    """
    draft = msgspec.convert(fields, Draft)
    period = draft.period or month_of(received_at)
    return draft._replace(received_at=received_at, period=period)
