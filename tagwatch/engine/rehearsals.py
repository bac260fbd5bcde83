"""Rehearsals in the batch process: asked for through a local socket, one at a time, few waiting."""

import asyncio
import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Final

import msgspec
import structlog
from sqlalchemy import Engine

from tagwatch.query.rehearsal import Proposal, Rehearsal, Unrehearsed, answer_of, worked_out
from tagwatch.store.database import reading
from tagwatch.store.post import LENGTH

_LOG: Final = structlog.get_logger("batch")
MOST_WAITING: Final = 4
MOST_REQUEST: Final = 4 << 20
_READ_S: Final = 10.0


class _Desk:
    """Answers one connection after another; what cannot be worked out is answered in words."""

    def __init__(self, projections: Engine, one: asyncio.Lock) -> None:
        self._projections = projections
        self._one = one
        self._waiting = 0

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(_READ_S):
                (size,) = LENGTH.unpack(await reader.readexactly(LENGTH.size))
                body = await reader.readexactly(size) if size <= MOST_REQUEST else b""
            writer.write(answer_of(await self._result(body)))
            await writer.drain()
        except (OSError, TimeoutError, asyncio.IncompleteReadError) as error:
            _LOG.info("a rehearsal was not fetched", error=type(error).__name__)
        finally:
            writer.close()
            with suppress(OSError):  # the other side is gone: nothing is left to be closed
                await writer.wait_closed()

    async def _result(self, body: bytes) -> Rehearsal | str:
        if self._waiting >= MOST_WAITING:
            return "Other rehearsals are being worked out. Try again in a minute."
        self._waiting += 1
        try:
            async with self._one:
                return await asyncio.to_thread(self._worked_out, body)
        finally:
            self._waiting -= 1

    def _worked_out(self, body: bytes) -> Rehearsal | str:
        try:
            proposal = msgspec.json.decode(body, type=Proposal)
            with reading(self._projections) as connection:
                return worked_out(connection, proposal)
        except msgspec.DecodeError as error:
            return f"The zone could not be read: {error}"
        except Unrehearsed as error:
            return f"It could not be rehearsed: {error}"
        except MemoryError:
            return "It takes more memory than there is for it. Try fewer days."
        except Exception as error:  # noqa: BLE001  # told, logged, and the next one is answered
            _LOG.exception("rehearsal failed", error=type(error).__name__)
            return "The rehearsal failed; the log of the batch process says why."


@asynccontextmanager
async def rehearsals(path: Path, projections: Engine, one: asyncio.Lock) -> AsyncGenerator[None]:
    """Answer at the socket `path`, which only this user may reach, until the block ends.

    Whoever works something out holds `one`.
    """
    _made_way(path)
    before = os.umask(0o177)
    try:
        server = await asyncio.start_unix_server(_Desk(projections, one).answer, path=str(path))
    finally:
        os.umask(before)
    try:
        yield
    finally:
        server.close()
        _made_way(path)


def _made_way(path: Path) -> None:
    """Remove a socket that is there, as of a process that was killed; make its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
