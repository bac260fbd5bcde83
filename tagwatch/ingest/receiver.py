"""The receiver: the process that takes everything in and alone writes the journal.

Two listeners (tags over HTTP, this machine's processes over a local socket), one committer, and a
Tick each second from which every deadline of the line fires.
"""

import asyncio
import os
import resource
import signal
import ssl
from collections.abc import Callable
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from typing import Final

import structlog
import uvloop

from tagwatch import __version__
from tagwatch.config import Config, TagsConfig
from tagwatch.core import ledger
from tagwatch.core.timetable import TZDATA_VERSION
from tagwatch.ingest.clock import monotonic_us, now
from tagwatch.ingest.commit import Committer, Outcome
from tagwatch.ingest.door import NOT_NOW, Answer, Door, Request, said
from tagwatch.ingest.http import Connection
from tagwatch.ingest.limits import DoorLimits
from tagwatch.ingest.listener import HttpLimits, Listener, Trust
from tagwatch.ingest.mailbox import Mailbox
from tagwatch.ingest.register import DOOR_PARTS, KINDS, Register
from tagwatch.store.door_register import read_door_rows
from tagwatch.store.drafts import draft_of
from tagwatch.store.journal.files import OsFiles
from tagwatch.store.journal.keys import INSTALLATION_KEY_NAME, Keyring
from tagwatch.store.journal.reader import JournalReader
from tagwatch.store.journal.record import Head, Lane
from tagwatch.store.journal.writer import JournalWriter

TICK_S: Final = 1.0
SWEEP_S: Final = 1.0
BACKLOG: Final = 4096
SPARE_FILES: Final = 1024
"""Open files beside the tags' connections: segments, keys, local clients."""
_log: Final = structlog.get_logger("tagwatch.receiver")


class Receiver:
    """One installation's receiver. `start`, then `close`; `run_receiver` does both."""

    def __init__(
        self,
        config: Config,
        http_limits: HttpLimits | None = None,
        door_limits: DoorLimits | None = None,
    ) -> None:
        self._config = config
        limits = config.limits
        self._http_limits = http_limits or HttpLimits(connections=limits.tag_connections)
        self._door_limits = door_limits or DoorLimits(limits.tag_requests_per_minute)
        self._tasks: list[asyncio.Task[None]] = []
        self.port = 0
        """The port tags reach it at, once started."""

    async def start(self) -> None:
        """Open the journal, fill the register, listen. Raises JournalError, OSError."""
        self.committer = Committer(partial(open_writer, self._config), self._head_moved)
        register = load_register(self._config, self.committer.head)
        self.door = Door(register, self._door_limits)
        folders = (self._config.journal_folder, self._config.keys_folder)
        self._mailbox = Mailbox(self.committer, register, now, self.counters, folders)
        started = ledger.ProcessStarted(
            process="receiver", at=now(), code_version=__version__, tzdata_version=TZDATA_VERSION
        )
        await self.committer.append([draft_of(started, now())])
        trust = Trust.LOCAL_PROXY if self._config.tags.behind_proxy else Trust.NOBODY
        self.listener = Listener(self._take, self._http_limits, trust, _tls(self._config.tags))
        await self._mailbox.open(self._config.receiver_socket)
        await self._listen(self._config.tags)
        self._tasks = [
            asyncio.create_task(_every(TICK_S, self._tick)),
            asyncio.create_task(_every(SWEEP_S, self.listener.sweep)),
        ]

    async def close(self) -> None:
        """Stop taking things in, write what waits, let the journal go."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._server.close()
        await self._mailbox.close()
        await self.committer.close()
        self.listener.close()

    def counters(self) -> dict[str, int]:
        """Return numbers for Health, since the start."""
        return {
            **self.door.counters,
            "connections": len(self.listener.open),
            "connections_cut": self.listener.cut_off,
            "groups": self.committer.groups,
            "head": self.committer.head.seq,
        }

    async def _listen(self, tags: TagsConfig) -> None:
        self._server = await asyncio.get_running_loop().create_server(
            partial(Connection, self.listener), tags.bind, tags.port, backlog=BACKLOG
        )
        self.port = self._server.sockets[0].getsockname()[1]

    def _take(self, request: Request, answered: Callable[[Answer], None]) -> None:
        if request.path == "/healthz":
            answered(said(200, "receiving"))
            return
        outcome = self.door.admit(request, now())
        if isinstance(outcome, Answer):
            answered(outcome)
            return
        admission = outcome

        def done(result: Outcome) -> None:
            if isinstance(result, range):
                answered(self.door.stored(admission))
                return
            self.door.counters["refused_disk"] += 1
            _log.error("not stored", reason=type(result).__name__)
            answered(NOT_NOW)

        self.committer.submit(admission.drafts, done)

    def _tick(self) -> None:
        at = now()
        tick = ledger.Tick(at=at, monotonic_us=monotonic_us())
        self.committer.submit([draft_of(tick, at)], self._ticked)

    def _ticked(self, outcome: Outcome) -> None:
        if not isinstance(outcome, range):
            self.door.counters["ticks_lost"] += 1
            _log.error("tick not stored", reason=type(outcome).__name__)

    def _head_moved(self, head: Head) -> None:
        self._mailbox.head_moved(head)


def run_receiver(config: Config) -> None:
    """Run the receiver until SIGTERM or SIGINT. Raises JournalError, OSError."""
    wanted = config.limits.tag_connections
    files = allow_files(wanted + SPARE_FILES)
    # A connection more than there are files would keep the journal from its next segment.
    connections = min(wanted, max(files - SPARE_FILES, files // 2))
    if connections < wanted:
        _log.warning("raise the limit of open files", files=files, connections=connections)
    uvloop.run(_run(config, HttpLimits(connections=connections)))


async def _run(config: Config, http_limits: HttpLimits) -> None:
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    receiver = Receiver(config, http_limits)
    async with AsyncExitStack() as stack:
        await receiver.start()
        stack.push_async_callback(receiver.close)
        pid_file = config.run_folder / "receiver.pid"
        _note_pid(pid_file)
        stack.callback(pid_file.unlink, missing_ok=True)
        _log.info("receiving", bind=config.tags.bind, port=receiver.port)
        await ended.wait()


def _tls(tags: TagsConfig) -> ssl.SSLContext | None:
    if not tags.tls_cert:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(tags.tls_cert, tags.tls_key or None)
    return context


def _note_pid(path: Path) -> None:
    path.write_text(f"{os.getpid()}\n")


def open_writer(config: Config) -> JournalWriter:
    """Return the writer of the installation's journal. Raises JournalError, OSError."""
    files = OsFiles()
    return JournalWriter.open(config.journal_folder, open_keyring(config), files)


def open_keyring(config: Config) -> Keyring:
    """Return the installation's keys. Raises KeysDamaged."""
    folder = config.keys_folder
    return Keyring.open(folder, OsFiles(), folder / INSTALLATION_KEY_NAME)


def load_register(config: Config, head: Head) -> Register:
    """Return the register as of `head`: the projections, then the journal after their cursor."""
    rows = read_door_rows(config.projections_file)
    register = Register()
    for tag in rows.tags:
        register.add_tag(tag)
    for activation in rows.activations:
        register.add_activation(activation)
    for credential in rows.credentials:
        register.add_credential(credential)
    for credential_id in rows.revoked:
        register.revoke(credential_id)
    for effective_from, settings in rows.settings:
        register.add_settings(settings, effective_from)
    for order in rows.orders:
        register.add_order(order)
    register.ailing.update(part for part in rows.ailing if part.startswith(DOOR_PARTS))
    keyring = open_keyring(config)
    reader = JournalReader(config.journal_folder, keyring, OsFiles())
    try:
        records = reader.read(rows.seq, head.seq, lane=Lane.FRESH)
        while records:
            for record in records:
                if record.kind in KINDS and record.payload is not None:
                    register.apply(ledger.decode(record.kind, record.payload))
            records = reader.read(reader.position, head.seq, lane=Lane.FRESH)
    finally:
        reader.close()
        keyring.close()
    return register


def allow_files(wanted: int) -> int:
    """Let this process hold `wanted` files open; return how many the machine allows, or that."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    return most


async def _every(interval_s: float, act: Callable[[], None]) -> None:
    """Call `act` each `interval_s` seconds by the clock that is never stepped, without drift."""
    loop = asyncio.get_running_loop()
    due = loop.time()
    while True:
        act()
        due = max(due + interval_s, loop.time())
        await asyncio.sleep(due - loop.time())
