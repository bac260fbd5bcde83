"""The few file operations a journal needs, so that tests can cut the power between any two.

`OsFiles` is the real one. A write is durable only after `fdatasync` of the file, a new, renamed or
removed name only after `fsync_dir` of its folder. Assumed of the disk, and stated in
docs/journal.md: a 512-byte sector is written whole or not at all.
"""

import errno
import fcntl
import os
from enum import Enum
from pathlib import Path
from typing import Protocol


class Mode(Enum):
    """How a file is opened."""

    READ = os.O_RDONLY
    WRITE = os.O_RDWR
    CREATE = os.O_RDWR | os.O_CREAT | os.O_EXCL
    """A new file, readable by this user alone; FileExistsError if the name is taken."""


class File(Protocol):
    """An open file. Errors of the disk are raised as OSError."""

    def size(self) -> int:
        """Return the length in bytes, as this process sees it."""
        ...

    def read_at(self, offset: int, size: int) -> bytes:
        """Return up to `size` bytes from `offset`; fewer only at the end of the file."""
        ...

    def write_at(self, offset: int, data: bytes) -> None:
        """Write all of `data` at `offset`, or raise OSError (some of it may then be written)."""
        ...

    def truncate(self, size: int) -> None:
        """Cut the file to `size` bytes."""
        ...

    def fdatasync(self) -> None:
        """Return when everything written is on the disk."""
        ...

    def close(self) -> None:
        """Give the handle back. Does not make anything durable."""
        ...


class Lock(Protocol):
    """A lock held until released or until the process ends."""

    def release(self) -> None:
        """Let another process take the lock."""
        ...


class Files(Protocol):
    """A file system."""

    def open(self, path: Path, mode: Mode) -> File:
        """Open a file. Raises FileNotFoundError or FileExistsError."""
        ...

    def exists(self, path: Path) -> bool:
        """Tell whether a file or folder has this name."""
        ...

    def list(self, folder: Path) -> list[str]:
        """Return the names in `folder`, sorted; empty if there is no such folder."""
        ...

    def make_folder(self, folder: Path) -> None:
        """Make `folder` and its parents durably, for this user alone; harmless if it is there."""
        ...

    def rename(self, old: Path, new: Path) -> None:
        """Give a file another name, replacing what had it."""
        ...

    def remove(self, path: Path) -> None:
        """Remove a file."""
        ...

    def fsync_dir(self, folder: Path) -> None:
        """Return when new, renamed and removed names of `folder` are on the disk."""
        ...

    def lock(self, path: Path) -> Lock:
        """Take the lock named `path`. Raises BlockingIOError if another holder has it."""
        ...


class _OsFile:
    def __init__(self, fd: int) -> None:
        self._fd = fd

    def size(self) -> int:
        return os.fstat(self._fd).st_size

    def read_at(self, offset: int, size: int) -> bytes:
        data = os.pread(self._fd, size, offset)
        if len(data) == size or not data:
            return data
        parts = [data]
        got = len(data)
        while got < size and (data := os.pread(self._fd, size - got, offset + got)):
            parts.append(data)
            got += len(data)
        return b"".join(parts)

    def write_at(self, offset: int, data: bytes) -> None:
        view = memoryview(data)
        while view:
            written = os.pwrite(self._fd, view, offset)
            if written == 0:
                raise OSError(errno.EIO, "the disk accepted no byte")
            offset += written
            view = view[written:]

    def truncate(self, size: int) -> None:
        os.ftruncate(self._fd, size)

    def fdatasync(self) -> None:
        os.fdatasync(self._fd)

    def close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


class _OsLock:
    def __init__(self, fd: int) -> None:
        self._fd = fd

    def release(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


class OsFiles:
    """The machine's own file system (Linux)."""

    def open(self, path: Path, mode: Mode) -> File:
        """Open a file; see `Files.open`."""
        return _OsFile(os.open(path, mode.value | os.O_CLOEXEC, 0o600))

    def exists(self, path: Path) -> bool:
        """Tell whether a file or folder has this name."""
        return path.exists()

    def list(self, folder: Path) -> list[str]:
        """Return the names in `folder`, sorted; empty if there is no such folder."""
        try:
            return sorted(os.listdir(folder))
        except FileNotFoundError:
            return []

    def make_folder(self, folder: Path) -> None:
        """Make `folder` and its parents durably; see `Files.make_folder`."""
        if folder.is_dir():
            return
        self.make_folder(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)
        self.fsync_dir(folder.parent)

    def rename(self, old: Path, new: Path) -> None:
        """Give a file another name, replacing what had it."""
        os.replace(old, new)

    def remove(self, path: Path) -> None:
        """Remove a file."""
        os.unlink(path)

    def fsync_dir(self, folder: Path) -> None:
        """Return when the names of `folder` are on the disk."""
        fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)

    def lock(self, path: Path) -> Lock:
        """Take the lock named `path`; it ends with the process. See `Files.lock`."""
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(fd)
            raise
        return _OsLock(fd)


def read_whole(files: Files, path: Path) -> bytes:
    """Return the content of a file."""
    file = files.open(path, Mode.READ)
    try:
        return file.read_at(0, file.size())
    finally:
        file.close()


def write_over(files: Files, path: Path, data: bytes) -> None:
    """Write a small file anew, durably, and then overwrite the bytes that it held before."""
    former = files.open(path, Mode.WRITE)
    try:
        size = former.size()
        write_durably(files, path, data)
        former.write_at(0, bytes(size))
        former.fdatasync()
    finally:
        former.close()


def write_durably(files: Files, path: Path, data: bytes) -> None:
    """Write a small new file so that after a power cut it is there whole or not at all."""
    draft = path.with_name(path.name + ".new")
    if files.exists(draft):
        files.remove(draft)
    file = files.open(draft, Mode.CREATE)
    try:
        file.write_at(0, data)
        file.fdatasync()
    finally:
        file.close()
    files.rename(draft, path)
    files.fsync_dir(path.parent)
