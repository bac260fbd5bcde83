"""The receiver's local socket: where line, web, batch and commands append (see store/post.py)."""

import asyncio
import os
import socket
from collections.abc import Callable
from pathlib import Path
from struct import Struct
from typing import Any, Final, cast

import msgspec

from tagwatch.core import ledger
from tagwatch.core.ids import AccountId
from tagwatch.core.units import Instant
from tagwatch.ingest.commit import Committer
from tagwatch.ingest.register import KINDS, Register
from tagwatch.store.drafts import draft_of
from tagwatch.store.journal.backup import backup
from tagwatch.store.journal.errors import BackupRefused, JournalError, JournalFull
from tagwatch.store.journal.files import OsFiles
from tagwatch.store.journal.keyfile import OWNER_ID_BYTES
from tagwatch.store.journal.layout import (
    MAX_GROUP_BYTES,
    MAX_GROUP_RECORDS,
    MAX_PAYLOAD_BYTES,
)
from tagwatch.store.journal.record import DataClass, Draft, Head, Lane, Owner
from tagwatch.store.post import LENGTH, MAX_FRAME_BYTES, Refusal, draft_from_wire, pack, unpack

MAX_CLIENTS: Final = 64
_CREDENTIALS: Final = Struct("3i")
_FRAME: Final = 1


class Refused(Exception):
    """A request that is not done."""

    def __init__(self, reason: Refusal, what: str) -> None:
        super().__init__(what)
        self.reason = reason


class Mailbox:
    """Serves the local socket. Only processes of the same user are answered."""

    def __init__(
        self,
        committer: Committer,
        register: Register,
        clock: Callable[[], Instant],
        counters: Callable[[], dict[str, int]],
        folders: tuple[Path, Path],
    ) -> None:
        self._committer = committer
        self._register = register
        self._clock = clock
        self._counters = counters
        self._journal_folder, self._keys_folder = folders
        self._told = asyncio.Event()
        self._clients: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
        self._ended = False
        self._server: asyncio.Server | None = None

    async def open(self, path: Path) -> None:
        """Listen at `path`, replacing a socket that a former receiver left."""
        self._server = await asyncio.start_unix_server(self._client, sock=_bound(path))

    async def close(self) -> None:
        """Stop listening and end every client."""
        if self._server is not None:
            self._server.close()
        self._ended = True
        self._told.set()
        for writer in self._clients.values():
            writer.close()
        if self._clients:
            await asyncio.wait(self._clients)

    def head_moved(self, _head: Head) -> None:
        """Tell subscribers that the durable head has moved."""
        self._told.set()
        self._told = asyncio.Event()

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = cast("asyncio.Task[None]", asyncio.current_task())
        self._clients[task] = writer
        try:
            if _same_user(writer) and len(self._clients) <= MAX_CLIENTS:
                await self._serve(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            return  # the client went away, as clients do
        finally:
            del self._clients[task]
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            (size,) = LENGTH.unpack(await reader.readexactly(LENGTH.size))
            if size > MAX_FRAME_BYTES:
                writer.write(pack(_refusal(Refusal.BAD, f"a request of {size} bytes is too long")))
                await writer.drain()
                return
            body = await reader.readexactly(size)
            try:
                request = unpack(body)
                if request.get("op") == "subscribe":
                    await self._tell_heads(writer)
                    return
                answer = await self._answer(request)
            except Refused as refused:
                answer = _refusal(refused.reason, str(refused))
            except msgspec.DecodeError as error:
                answer = _refusal(Refusal.BAD, f"the request is not MessagePack of a map: {error}")
            writer.write(pack(answer))
            await writer.drain()

    async def _tell_heads(self, writer: asyncio.StreamWriter) -> None:
        told = -1
        while not self._ended:
            moved = self._told
            head = self._committer.head.seq
            if head != told:
                writer.write(pack({"head": head}))
                await writer.drain()
                told = head
            else:
                await moved.wait()

    async def _answer(self, request: dict[str, Any]) -> dict[str, Any]:
        match request.get("op"):
            case "append":
                return await self._append(request.get("drafts"))
            case "head":
                head = self._committer.head
                return {"head": head.seq, "digest": head.digest}
            case "erase":
                return await self._erase(request)
            case "backup":
                return await self._backup(str(request.get("folder", "")))
            case "status":
                return {"counters": self._counters()}
            case unknown:
                raise Refused(Refusal.BAD, f"there is no operation {unknown!r}")

    async def _append(self, fields: Any) -> dict[str, Any]:
        at = self._clock()
        try:
            drafts = [draft_from_wire(draft, at) for draft in fields]
            events = [_checked(draft) for draft in drafts]
        except (TypeError, ValueError) as error:
            raise Refused(Refusal.BAD, f"not appended: {error}") from error
        size = sum(len(draft.payload) for draft in drafts)
        if not drafts or len(drafts) > MAX_GROUP_RECORDS or size > MAX_GROUP_BYTES:
            raise Refused(Refusal.BAD, f"not appended: {len(drafts)} drafts of {size} bytes")
        seqs = await self._durable(drafts)
        for event in events:
            if event is not None:
                self._register.apply(event)
        return {"first": seqs.start}

    async def _durable(self, drafts: list[Draft]) -> range:
        try:
            return await self._committer.append(drafts)
        except JournalFull as error:
            raise Refused(Refusal.FULL, str(error)) from error
        except JournalError as error:
            raise Refused(Refusal.BROKEN, str(error)) from error
        except ValueError as error:
            raise Refused(Refusal.BAD, f"not appended: {error}") from error

    async def _erase(self, request: dict[str, Any]) -> dict[str, Any]:
        at = self._clock()
        try:
            owner = msgspec.convert(request["owner"], Owner)
            data_class = msgspec.convert(request["data_class"], DataClass | None)
            period = msgspec.convert(request["period"], str | None)
            reason, by = str(request["reason"]), str(request["by"])
        except (KeyError, msgspec.ValidationError) as error:
            raise Refused(Refusal.BAD, f"nothing erased: {error}") from error
        try:
            erased = await self._committer.with_writer(
                lambda writer: writer.erase(owner, data_class, period, at)
            )
        except (JournalError, OSError) as error:
            raise Refused(Refusal.BROKEN, f"erase again: {error}") from error
        drafts = [
            draft_of(
                ledger.KeyDestroyed(
                    owner_kind=owner.kind,
                    owner_id=owner.id,
                    data_class=key_class,
                    period=key_period,
                    reason=reason,
                    by=AccountId(by),
                ),
                at,
            )
            for _, key_class, key_period in erased.keys
        ]
        if drafts:
            await self._durable(drafts)
        return {"keys": len(drafts)}

    async def _backup(self, folder: str) -> dict[str, Any]:
        head = self._committer.head
        if not folder.startswith("/"):
            raise Refused(Refusal.BAD, f"{folder!r} is no absolute path: name the folder in full")
        try:
            await asyncio.to_thread(
                backup, self._journal_folder, self._keys_folder, Path(folder), head, OsFiles()
            )
        except BackupRefused as error:
            raise Refused(Refusal.BAD, str(error)) from error
        except OSError as error:
            raise Refused(Refusal.FULL, f"no backup in {folder}: {error}") from error
        return {"head": head.seq}


def _bound(path: Path) -> socket.socket:
    """Return a socket at `path` that no other user can open, not even for a moment."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    former = os.umask(0o177)
    try:
        listening.bind(str(path))
    finally:
        os.umask(former)
    return listening


def _checked(draft: Draft) -> ledger.Event | None:
    """Return the event of a draft if it is of the register. Raises ValueError for a wrong draft."""
    event = ledger.decode(draft.kind, draft.payload)
    if len(draft.payload) > MAX_PAYLOAD_BYTES:
        raise ValueError(f"a payload of {len(draft.payload)} bytes is over {MAX_PAYLOAD_BYTES}")
    ids = [draft.owner.id]
    if isinstance(event, ledger.ActivationStarted):
        ids.append(event.activation.activation_id)
    for name in ids:
        if not 0 < len(name.encode()) <= OWNER_ID_BYTES:
            raise ValueError(f"id {name!r} is not of 1 to {OWNER_ID_BYTES} bytes")
    if draft.lane is not Lane.FRESH and draft.kind != _FRAME:
        raise ValueError(f"kind {draft.kind} goes into the fresh lane: only frames can be late")
    return event if draft.kind in KINDS else None


def _refusal(reason: Refusal, what: str) -> dict[str, Any]:
    return {"error": reason.value, "what": what}


def _same_user(writer: asyncio.StreamWriter) -> bool:
    connection = writer.get_extra_info("socket")
    found = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    _, uid, _ = _CREDENTIALS.unpack(found)
    return uid == os.getuid()
