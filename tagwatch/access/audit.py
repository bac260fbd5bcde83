"""The audit: one line per question or act, written before the answer, chained like the journal.

Each process has its own stream in its own folder with its own keys, in the journal's format. Lines
written by threads at the same moment share one group and one disk sync. What a page asks on the way
to its answer is sent at once and awaited once, before the answer goes out (`AnswerAudit`).
"""

import asyncio
import queue
import threading
from concurrent.futures import Future
from enum import IntEnum
from pathlib import Path
from typing import Final

import msgspec

from tagwatch.access.actor import Actor
from tagwatch.config import Config
from tagwatch.core.units import Instant
from tagwatch.store.journal.files import OsFiles
from tagwatch.store.journal.keys import INSTALLATION_KEY_NAME, Keyring, KeyUse
from tagwatch.store.journal.reader import JournalReader
from tagwatch.store.journal.record import (
    DataClass,
    Draft,
    Lane,
    Owner,
    OwnerKind,
    Record,
    month_of,
)
from tagwatch.store.journal.writer import JournalWriter

MOST_IN_GROUP: Final = 256
WAIT_S: Final = 30.0
RETENTION: Final = "system:retention"
SUMMARY: Final = "system:summary"
SYSTEM: Final = "system"
"""The role of what the installation does by itself."""
_OWNER: Final = Owner(OwnerKind.INSTALLATION, "audit")


class Act(IntEnum):
    """What was done with data; the record's kind. Numbers are never reused."""

    COLLECTION = 1
    ALTERATION = 2
    CONSULTATION = 3
    DISCLOSURE = 4
    COMBINATION = 5
    ERASURE = 6


class Outcome(IntEnum):
    """Whether it was answered."""

    ANSWERED = 1
    REFUSED = 2


class AuditLine(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Who did what to whose data, when and why. Ids only: no name is kept here."""

    at: Instant
    by: str
    """Account id; empty when nobody was signed in."""
    role: str = ""
    act: Act
    outcome: Outcome = Outcome.ANSWERED
    question: str
    """The query, verb or route."""
    purpose: str = ""
    purpose_words: str = ""
    ids: tuple[str, ...] = ()
    """Wearers, alerts … the answer is about."""
    detail: str = ""
    address: str = ""
    """Where the request came from."""


class AuditClosed(Exception):
    """The audit cannot be written: nothing may be answered."""


class AuditTrail:
    """Appends audit lines durably. Safe for several threads."""

    def __init__(self, writer: JournalWriter, keys: Keyring, keep_years: int) -> None:
        """Use `AuditTrail.open`."""
        self._writer = writer
        self._keys = keys
        self._keep_years = keep_years
        self._month = ""
        self._waiting: queue.Queue[tuple[list[Draft], Future[range]] | None] = queue.Queue(4096)
        self._thread = threading.Thread(target=self._run, name="audit", daemon=True)
        self._thread.start()

    @classmethod
    def open(cls, config: Config, process: str) -> "AuditTrail":
        """Open the audit stream of `process`, made if absent, and hold it."""
        keys = _keys(config, process)
        writer = JournalWriter.open(config.audit_folder(process), keys, OsFiles())
        return cls(writer, keys, config.audit.keep_years)

    def close(self) -> None:
        """Write what waits, and let go of the stream."""
        self._waiting.put(None)
        self._thread.join()
        self._writer.close()

    def record(self, line: AuditLine) -> int:
        """Write `line` and return its number; durable on return.

        Raises AuditClosed if it could not be written: the caller must not answer then.
        """
        return self.send(line).result(timeout=WAIT_S)[0]

    def note(self, line: AuditLine) -> None:
        """Write `line`, durable on return: an `AnswerAudit` need not wait here."""
        self.record(line)

    def send(self, *lines: AuditLine) -> "Future[range]":
        """Queue `lines` and return the future of their numbers, done when all are durable."""
        future: Future[range] = Future()
        # From here on it cannot be cancelled: a browser that goes away while its answer waits
        # for the line takes neither the line nor this thread with it.
        future.set_running_or_notify_cancel()
        if not self._thread.is_alive():
            raise AuditClosed("the audit is closed: nothing may be answered; restart the process")
        self._waiting.put(([_draft(line) for line in lines], future), timeout=10)
        return future

    def _run(self) -> None:
        while (first := self._waiting.get()) is not None:
            group = [first]
            last = False
            while len(group) < MOST_IN_GROUP and not self._waiting.empty():
                if (item := self._waiting.get()) is None:
                    last = True
                    break
                group.append(item)
            self._append(group)
            if last:
                return

    def _append(self, group: "list[tuple[list[Draft], Future[range]]]") -> None:
        try:
            self._retain(group[0][0][0].received_at)
            first = self._writer.append([draft for drafts, _ in group for draft in drafts]).start
        except Exception as error:  # noqa: BLE001  # whatever it was, the callers must not answer
            for _, future in group:
                future.set_exception(AuditClosed(f"the audit could not be written: {error}"))
            return
        for drafts, future in group:
            future.set_result(range(first, first + len(drafts)))
            first += len(drafts)

    def _retain(self, at: Instant) -> None:
        """Destroy, once a month, the keys of the months whose years are over, and say so before."""
        month = month_of(at)
        if month == self._month:
            return
        first = first_kept(at, self._keep_years)
        over = sorted(period for owner, _, period in self._keys.uses() if owner == _OWNER)
        for period in (each for each in over if each < first):
            line = AuditLine(
                at=at, by=RETENTION, act=Act.ERASURE, question="audit_retention", detail=period
            )
            self._writer.append([_draft(line)])
            self._writer.erase(_OWNER, DataClass.AUDIT, period, at)
        self._month = month


class AnswerAudit:
    """The audit of one answer in the making. For one request.

    A page asks several things of the projections. The line of each is on its way to the disk while
    the page goes on; `durable` must have returned before anything of the answer leaves. What is
    about to be altered or handed out has its line on the disk before that, by `record`.
    """

    def __init__(self, trail: AuditTrail) -> None:
        self._trail = trail
        self._sent: list[Future[range]] = []
        self.lines: list[AuditLine] = []
        """What this answer put on the audit so far."""

    def record(self, line: AuditLine) -> int:
        """Write `line` and return its number; durable on return. Raises AuditClosed."""
        number = self._trail.record(line)
        self.lines.append(line)
        return number

    def note(self, line: AuditLine) -> None:
        """Send `line` on its way. Raises AuditClosed."""
        self._sent.append(self._trail.send(line))
        self.lines.append(line)

    async def durable(self) -> None:
        """Wait until every noted line is on the disk. Raises AuditClosed: nothing may be answered
        then."""
        for sent in self._sent:
            try:
                await asyncio.wait_for(asyncio.wrap_future(sent), WAIT_S)
            except TimeoutError as error:
                raise AuditClosed("the audit does not reach the disk") from error


def line_of(actor: Actor | None, at: Instant, act: Act, question: str) -> AuditLine:
    """Return the beginnings of a line about `actor` (None: nobody signed in)."""
    if actor is None:
        return AuditLine(at=at, by="", act=act, question=question)
    return AuditLine(at=at, by=actor.account_id, role=actor.role, act=act, question=question)


def first_kept(at: Instant, keep_years: int) -> str:
    """Return the first month whose lines are kept at `at`, such as `2019-11`; '': every one is."""
    month = month_of(at)
    return f"{int(month[:4]) - keep_years:04}{month[4:]}" if keep_years else ""


def audit_use(at: Instant) -> KeyUse:
    """Return what the key of an audit line written at `at` serves."""
    return _OWNER, DataClass.AUDIT, month_of(at)


def streams(config: Config) -> list[str]:
    """Return the processes that have an audit stream."""
    folder = config.data / "audit"
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


def open_reader(config: Config, process: str) -> JournalReader:
    """Return a reader of one stream; `audit_line` decodes its records."""
    return JournalReader(config.audit_folder(process), _keys(config, process), OsFiles())


def audit_line(record: Record) -> AuditLine | None:
    """Return the line of an audit record, None if it was lawfully erased."""
    if record.payload is None:
        return None
    return msgspec.msgpack.decode(record.payload, type=AuditLine)


def _draft(line: AuditLine) -> Draft:
    payload = msgspec.msgpack.encode(line)
    return Draft(line.at, Lane.FRESH, line.act.value, _OWNER, DataClass.AUDIT, payload)


def _keys(config: Config, process: str) -> Keyring:
    folder: Path = config.keys_folder / f"audit-{process}"
    installation_key = config.keys_folder / INSTALLATION_KEY_NAME
    if (folder / "data.keys").exists():
        return Keyring.open(folder, OsFiles(), installation_key)
    return Keyring.create(folder, OsFiles(), installation_key)
