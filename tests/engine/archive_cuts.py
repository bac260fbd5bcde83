"""Power cuts for the archive: the disk and the line stop at a chosen step, and lose what they may.

Nothing is really synced here: what a sync is for is played, and a test of many cuts stays quick.

What was not synced in the archive's folder is cut short, and a new name that was not synced may
be gone again. The journal and the tables keep what the process had written: their own power cuts
are in tests/store/journal and tests/walk.
"""

import os
from collections import Counter
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import event

from tagwatch.engine.centre import InProcessCentre
from tagwatch.store.journal.files import File, Lock, Mode, OsFiles
from tests.store.journal.faults import PowerCut


class CutFiles(OsFiles):
    """The machine's file system, whose power fails before the n-th step of a kind, or within.

    Steps are counted from `plan` on, apart for each thing that is being done (`doing`).
    """

    def __init__(self, archive: Path, seed: int) -> None:
        self._archive = archive
        self._random = Random(seed)
        self._left: tuple[tuple[str, str], int] | None = None
        self._off = False
        self.doing = ""
        self._handles: list[File | Lock] = []
        self._unsynced: dict[Path, int] = {}
        """Length that is on the disk."""
        self._unsynced_names: list[tuple[Path, Path]] = []
        self.cuts: Counter[tuple[str, str]] = Counter()
        """By what was being done, and kind of step."""

    def plan(self, where: tuple[str, str] | None, number: int = 1) -> None:
        """Let the power fail at the n-th step of a kind of what is done; None: let it not fail."""
        self._left = None if where is None else (where, number)

    def step(self, kind: str) -> None:
        """Count a step, and fail if it is the one."""
        if self._off:
            raise PowerCut
        here = self.doing, kind
        if self._left is None or self._left[0] != here:
            return
        self._left = here, self._left[1] - 1
        if self._left[1] <= 0:
            self._off, self._left = True, None
            self.cuts[here] += 1
            raise PowerCut

    def restart(self) -> None:
        """Bring the power back: handles and locks are gone, and with them what was not synced."""
        for handle in self._handles:
            if isinstance(handle, _CutFile):
                handle.close()
            else:
                with suppress(OSError):
                    handle.release()  # type: ignore[union-attr]
        self._handles.clear()
        for path, synced in self._unsynced.items():
            if path.exists():
                os.truncate(path, self._random.randint(synced, path.stat().st_size))
        for old, new in reversed(self._unsynced_names):
            if new.exists() and not old.exists() and self._random.random() < 0.5:
                new.replace(old)
        self._unsynced.clear()
        self._unsynced_names.clear()
        self._off = False

    def watch(self, centre: InProcessCentre) -> None:
        """Count what the line's writing connection is told to do as steps too."""

        def told(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
            self.step("delete" if statement.startswith("DELETE FROM trail_block") else "statement")

        engine = centre.line.database
        event.listen(engine, "before_cursor_execute", told)
        event.listen(engine, "commit", lambda _connection: self.step("commit"))

    # Files

    def open(self, path: Path, mode: Mode) -> File:
        if mode is Mode.CREATE:
            self.step(self._kind(path, "create"))
        file = _CutFile(self, super().open(path, mode), path)
        self._handles.append(file)
        return file

    def rename(self, old: Path, new: Path) -> None:
        self.step(self._kind(old, "rename"))
        super().rename(old, new)
        if self._of_archive(new):
            self._unsynced_names.append((old, new))
            if old in self._unsynced:
                self._unsynced[new] = self._unsynced.pop(old)

    def remove(self, path: Path) -> None:
        self.step(self._kind(path, "remove"))
        super().remove(path)
        self._unsynced.pop(path, None)

    def fsync_dir(self, folder: Path) -> None:
        self.step(self._kind(folder, "sync of a folder"))
        self._unsynced_names = [each for each in self._unsynced_names if each[1].parent != folder]

    def lock(self, path: Path) -> Lock:
        lock = super().lock(path)
        self._handles.append(lock)
        return lock

    # Used by the open files

    def wrote(self, path: Path) -> None:
        """Note that a file has content that is not on the disk."""
        if self._of_archive(path):
            self._unsynced.setdefault(path, 0)

    def synced(self, path: Path) -> None:
        """Note that a file's content is on the disk."""
        self._unsynced.pop(path, None)

    def step_in(self, path: Path, what: str) -> None:
        """Count a step of a file."""
        self.step(self._kind(path, what))

    def _kind(self, path: Path, what: str) -> str:
        return f"{what}, archive" if self._of_archive(path) else f"{what}, journal"

    def _of_archive(self, path: Path) -> bool:
        return path.is_relative_to(self._archive)


class _CutFile:
    def __init__(self, files: CutFiles, file: File, path: Path) -> None:
        self._files, self._file, self._path = files, file, path

    def size(self) -> int:
        return self._file.size()

    def read_at(self, offset: int, size: int) -> bytes:
        return self._file.read_at(offset, size)

    def write_at(self, offset: int, data: bytes) -> None:
        self._files.wrote(self._path)
        try:
            self._files.step_in(self._path, "write")
        except PowerCut:
            if len(data) > 1:
                self._file.write_at(offset, data[: len(data) // 2])
            raise
        self._file.write_at(offset, data)

    def truncate(self, size: int) -> None:
        self._file.truncate(size)

    def fdatasync(self) -> None:
        self._files.step_in(self._path, "sync")
        self._files.synced(self._path)

    def close(self) -> None:
        self._file.close()
