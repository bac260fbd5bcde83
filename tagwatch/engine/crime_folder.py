"""A folder into which police's files of crimes are put: each is taken in, then moved away.

A file is moved to `done` or `failed` only when all of it is durable in the journal. A power cut in
between lets it be taken in again under the same key, which the line knows: nothing is in twice. It
runs in a thread of the batch process.
"""

import asyncio
import os
import threading
from collections.abc import Callable, Sequence
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import Final

import structlog

from tagwatch.config import Config
from tagwatch.core.crime_errors import CrimeBatchStatus
from tagwatch.core.crime_profiles import profile_of
from tagwatch.core.event import Event
from tagwatch.core.ids import derived_id
from tagwatch.core.ledger import HeartbeatMissed
from tagwatch.core.recorded_service import PartState
from tagwatch.engine.batch_audit import Tell, lines_of
from tagwatch.engine.clock import now
from tagwatch.ingest.crime_batch import PIECE_BYTES, BatchTooLarge, Sent, take_in
from tagwatch.store.drafts import draft_of
from tagwatch.store.post import JournalPost, PostError

_LOG: Final = structlog.get_logger("crimes")
_ENDINGS: Final = (".csv", ".eml")
_POST_S: Final = 60.0
_AT_ONCE: Final = 8
"""Journal records appended as one group."""
_LET_S: Final = 0.1
"""Between two groups: the line has other work."""
_MOST: Final = 100
"""Files of one look."""
PART: Final = "folder of crimes"
DONE: Final = "done"
FAILED: Final = "failed"
Append = Callable[[Sequence[Event]], object]


class FolderWrong(Exception):
    """The folder cannot be watched. The text says why, and what to do."""


class CrimeFolder:
    """Takes in what lies in a folder; `look` once in a while. For one thread."""

    def __init__(self, folder: Path, profile_id: str, append: Append) -> None:
        """`append` returns when the events are durable. Raises FolderWrong for no such profile."""
        profile = profile_of(profile_id)
        if profile is None:
            raise FolderWrong(f"crimes.profile {profile_id!r} is no profile: see docs/crimes.md")
        self._profile = profile
        self._folder = folder
        self._append = append
        self._seen: dict[str, tuple[int, int]] = {}

    def look(self) -> int:
        """Take in the files that have not changed since the last look; return how many those were.

        Raises PostError, and OSError and FolderWrong naming what cannot be read or moved.
        """
        if not self._folder.is_dir():
            raise FolderWrong(f"{self._folder} is no folder: make it, or mend crimes.folder")
        for name in (DONE, FAILED):
            (self._folder / name).mkdir(exist_ok=True)
        found = {
            path.name: _state(path) for path in sorted(self._folder.iterdir()) if _is_one(path)
        }
        ready = [name for name, state in found.items() if self._seen.get(name) == state]
        self._seen = found
        for name in ready[:_MOST]:
            self._take(self._folder / name)
        return len(ready[:_MOST])

    def _take(self, path: Path) -> None:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
        with os.fdopen(descriptor, "rb") as file:
            stat = os.fstat(file.fileno())
            digest = sha256()
            while piece := file.read(PIECE_BYTES):
                digest.update(piece)
            parts = (path.name, stat.st_mtime_ns, stat.st_size, digest.hexdigest())
            key = derived_id("cb", "folder", *parts)
            sent = Sent(batch_key=key, source="folder", file_name=path.name, at=now())
            try:
                taken = take_in(file, stat.st_size, sent, self._profile)
            except BatchTooLarge as error:
                self._move(path, FAILED, key, str(error))
                return
            while some := list(islice(taken.events, _AT_ONCE)):
                self._append(some)
        good = taken.batch.status in (CrimeBatchStatus.SUCCESSFUL, CrimeBatchStatus.PARTIAL)
        self._move(path, DONE if good else FAILED, key, "")
        _LOG.info("crimes taken in", batch=key, rows=taken.batch.rows, kept=taken.batch.accepted)

    def _move(self, path: Path, where: str, key: str, why: str) -> None:
        """Move a file away under a name that no other has, and say beside it why if it failed."""
        to = self._folder / where / f"{key}-{path.name}"
        if why:
            to.with_name(to.name + ".why.txt").write_text(why + "\n", encoding="utf-8")
            _LOG.warning("crimes not taken in", file=path.name, why=why)
        path.replace(to)
        self._seen.pop(path.name, None)
        for folder in (to.parent, self._folder):
            _sync(folder)


class CrimeFolderLoop:
    """Looks into the folder every few seconds until told to stop, if one is set."""

    def __init__(self, config: Config, tell: Tell) -> None:
        """`tell` puts on the audit which file is taken in, before it is."""
        self._config, self._tell = config, tell
        self._stop = threading.Event()
        self._post = JournalPost(config.receiver_socket, _POST_S)
        self._watched: CrimeFolder | None = None
        self._ailing = False

    async def run(self, stop: asyncio.Event) -> None:
        """Look, in a thread, until `stop`."""
        if not self._config.crimes.folder:
            return
        running = asyncio.get_running_loop().run_in_executor(None, self._run)
        await stop.wait()
        self._stop.set()
        await running

    def _run(self) -> None:
        try:
            while not self._stop.wait(self._config.crimes.every_s):
                self._round()
        finally:
            self._post.close()

    def _round(self) -> None:
        crimes = self._config.crimes
        try:
            if self._watched is None:
                folder = self._config.data / crimes.folder
                self._watched = CrimeFolder(folder, crimes.profile, self._record)
            self._watched.look()
        except PostError as error:
            _LOG.warning("crimes wait", error=str(error))
        except (OSError, FolderWrong) as error:
            _LOG.error("crimes cannot be taken in", error=str(error))
            self._say(PartState.AILING, str(error)[:500])
        else:
            self._say(PartState.HEALTHY, "")

    def _record(self, events: Sequence[Event]) -> None:
        at = now()
        if lines := list(lines_of(events)):
            self._tell(lines)
        self._post.append([draft_of(event, at) for event in events])
        self._stop.wait(_LET_S)

    def _say(self, state: PartState, words: str) -> None:
        """Journal that the folder cannot be read, or can again, where that changed."""
        if (state is PartState.AILING) is self._ailing:
            return
        try:
            event = HeartbeatMissed(part=PART, at=now(), state=state, words=words)
            self._post.append([draft_of(event, now())])
        except PostError as error:
            _LOG.warning("folder of crimes not reported", error=str(error))
        else:
            self._ailing = state is PartState.AILING


def _is_one(path: Path) -> bool:
    name = path.name.lower()
    plain = not name.startswith(".") and name.endswith(_ENDINGS)
    return plain and path.is_file() and not path.is_symlink()


def _state(path: Path) -> tuple[int, int]:
    stat = path.stat()
    return stat.st_mtime_ns, stat.st_size


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
