"""A file system in memory whose power can be cut between, and inside, any two operations.

`FaultyFiles` speaks `tagwatch.store.journal.files.Files`, and any code that does its file work
through that protocol can be tested with it::

    files = FaultyFiles(seed=7, cut_after=31)     # the 31st operation is the last, done in part
    try:
        run_something(files)
    except PowerCut:
        files.restart()                           # what an unlucky disk kept; locks are gone
    run_something_again(files)

What survives a cut is drawn from the seed. Synced content and names always survive. Of content
not yet synced, each 512-byte sector survives or not (in some draws a prefix, in some all or none);
a file that grew may end anywhere between its synced and its last length, with zeros where a sector
is missing. Of names not yet synced (new, renamed, removed), each change survives or not.

`fates` says how unsynced content may fare; `syncs` notes which operations were syncs of a
file, and of how many sectors.

Other faults: `room` (bytes until the disk is full; raise it later), `fail_syncs` (the next n
fdatasync calls fail with EIO and, as Linux does, leave the pages clean but not on the disk).
"""

import errno
from collections.abc import Sequence
from pathlib import Path
from random import Random

from tagwatch.store.journal.files import File, Lock, Mode

SECTOR = 512
FATES = ("none", "all", "prefix", "some", "some")
"""What may become of a file's unsynced sectors, as often as it stands here; there is also
`holes`: some, and the file is as long as it was."""


class PowerCut(BaseException):
    """The power is off. Not an Exception, so that no handler in the tested code swallows it."""


class _Inode:
    """A file's content: as programs see it, and as the disk holds it."""

    def __init__(self) -> None:
        self.seen = bytearray()
        self.disk = bytearray()
        self.dirty: set[int] = set()
        self.forgotten: set[int] = set()
        """Sectors a failed sync left clean though the disk has not got them."""

    def sync(self) -> None:
        """Bring the dirty sectors to the disk."""
        old = self.disk
        self.disk = bytearray(self.seen)
        for sector in self.forgotten:
            start, end = sector * SECTOR, min((sector + 1) * SECTOR, len(self.seen))
            self.disk[start:end] = bytes(old[start:end]).ljust(end - start, b"\0")
        self.dirty = set()

    def survive(self, random: Random, fates: Sequence[str]) -> None:
        """Replace both contents by what the disk kept."""
        if len(self.seen) != len(self.disk) or self.dirty:
            self.disk = self._kept(random, random.choice(fates))
        self.seen = bytearray(self.disk)
        self.dirty, self.forgotten = set(), set()

    def _kept(self, random: Random, fate: str) -> bytearray:
        if fate == "none":
            return self.disk
        dirty = sorted(self.dirty)
        if fate == "all":
            kept = self.dirty
        elif fate == "prefix":
            kept = set(dirty[: random.randint(0, len(dirty))])
        else:
            kept = {sector for sector in dirty if random.random() < 0.6}
        low, high = sorted((len(self.seen), len(self.disk)))
        size = random.choice([low, high, random.randint(low, high)])
        if fate in ("all", "holes"):
            size = len(self.seen)
        result = bytearray(self.disk[:size].ljust(size, b"\0"))
        for sector in kept:
            span = slice(sector * SECTOR, min((sector + 1) * SECTOR, size))
            if span.start < size:
                piece = self.seen[span]
                result[span.start : span.start + len(piece)] = piece
        return result


class FaultyFiles:
    """See the module. `operations` counts what was done so far, to choose `cut_after` from."""

    def __init__(
        self, seed: int = 0, cut_after: int | None = None, room: int | None = None
    ) -> None:
        self.random = Random(seed)
        self.cut_after = cut_after
        self.room = room
        self.fail_syncs = 0
        self.operations = 0
        self.syncs: list[tuple[int, int]] = []
        self.fates: Sequence[str] = FATES
        self.off = False
        self._names: dict[str, _Inode] = {}
        self._disk_names: dict[str, _Inode] = {}
        self._folders: set[str] = set()
        self._locks: set[str] = set()
        self._life = 0

    def restart(self) -> None:
        """Bring the power back: only what the disk kept is there. No further cut is planned."""
        names = dict(self._disk_names)
        for name in sorted({*self._names, *self._disk_names}):
            now, then = self._names.get(name), self._disk_names.get(name)
            if now is not then and self.random.random() < 0.5:
                if now is None:
                    names.pop(name, None)
                else:
                    names[name] = now
        for inode in {id(inode): inode for inode in names.values()}.values():
            inode.survive(self.random, self.fates)
        self._names, self._disk_names = names, dict(names)
        self._locks.clear()
        self._life += 1
        self.off, self.cut_after = False, None

    def crash(self) -> None:
        """Cut the power now and bring it back."""
        self.off = True
        self.restart()

    def corrupt(self, path: Path, offset: int, data: bytes) -> None:
        """Alter bytes on the disk behind everyone's back."""
        inode = self._names[str(path)]
        for content in (inode.seen, inode.disk):
            content[offset : offset + len(data)] = data

    def used(self) -> int:
        """Return the bytes in all files."""
        return sum(len(inode.seen) for inode in {id(i): i for i in self._names.values()}.values())

    # Files

    def open(self, path: Path, mode: Mode) -> File:
        self.step()
        name = str(path)
        if mode is Mode.CREATE:
            if name in self._names:
                raise FileExistsError(errno.EEXIST, "File exists", name)
            if self.room is not None and self.room <= 0:
                raise OSError(errno.ENOSPC, "No space left on device", name)
            self._names[name] = _Inode()
        if name not in self._names:
            raise FileNotFoundError(errno.ENOENT, "No such file", name)
        return _FaultyFile(self, self._names[name])

    def exists(self, path: Path) -> bool:
        self.check()
        return str(path) in self._names or str(path) in self._folders

    def list(self, folder: Path) -> list[str]:
        self.check()
        return sorted(Path(name).name for name in self._names if Path(name).parent == folder)

    def make_folder(self, folder: Path) -> None:
        self.check()
        self._folders.add(str(folder))

    def rename(self, old: Path, new: Path) -> None:
        self.step()
        self._names[str(new)] = self._names.pop(str(old))

    def remove(self, path: Path) -> None:
        self.step()
        del self._names[str(path)]

    def fsync_dir(self, folder: Path) -> None:
        self.step()
        inside = [n for n in {*self._names, *self._disk_names} if Path(n).parent == folder]
        for name in inside:
            if name in self._names:
                self._disk_names[name] = self._names[name]
            else:
                del self._disk_names[name]

    def lock(self, path: Path) -> Lock:
        self.check()
        if str(path) in self._locks:
            raise BlockingIOError(errno.EWOULDBLOCK, "Resource temporarily unavailable")
        self._locks.add(str(path))
        return _FaultyLock(self._locks, str(path))

    # Used by the open files

    def check(self) -> int:
        """Raise PowerCut while the power is off; return which life of the machine this is."""
        if self.off:
            raise PowerCut
        return self._life

    def step(self) -> None:
        """Count an operation that changes the disk; cut the power before it if it is its turn."""
        self.check()
        self.operations += 1
        if self.operations == self.cut_after:
            self.off = True
            raise PowerCut

    def is_last(self) -> bool:
        """Tell whether the operation about to be done is the one to be cut short."""
        return self.operations + 1 == self.cut_after


class _FaultyLock:
    def __init__(self, locks: set[str], name: str) -> None:
        self._locks = locks
        self._name = name

    def release(self) -> None:
        self._locks.discard(self._name)


class _FaultyFile:
    def __init__(self, files: FaultyFiles, inode: _Inode) -> None:
        self._files = files
        self._inode = inode
        self._life = files.check()

    def _alive(self) -> None:
        if self._files.check() != self._life:
            raise OSError(errno.EBADF, "the handle is of before the power cut")

    def size(self) -> int:
        self._alive()
        return len(self._inode.seen)

    def read_at(self, offset: int, size: int) -> bytes:
        self._alive()
        return bytes(self._inode.seen[offset : offset + size])

    def write_at(self, offset: int, data: bytes) -> None:
        self._alive()
        cut = self._files.is_last()
        if cut:
            data = data[: self._files.random.randint(0, len(data))]
        full = self._take_room(offset, len(data))
        if full is not None:
            data = data[:full]
        self._put(offset, data)
        self._files.step()
        if full is not None:
            raise OSError(errno.ENOSPC, "No space left on device")

    def _take_room(self, offset: int, size: int) -> int | None:
        """Return how many bytes fit if not all do."""
        if self._files.room is None:
            return None
        grown = max(0, offset + size - len(self._inode.seen))
        if grown <= self._files.room:
            self._files.room -= grown
            return None
        fits = size - grown + self._files.room
        self._files.room = 0
        return fits

    def _put(self, offset: int, data: bytes) -> None:
        seen = self._inode.seen
        if not data:
            return
        if offset > len(seen):
            seen.extend(bytes(offset - len(seen)))
        seen[offset : offset + len(data)] = data
        touched = range(offset // SECTOR, (offset + len(data) - 1) // SECTOR + 1)
        self._inode.dirty.update(touched)
        self._inode.forgotten.difference_update(touched)

    def truncate(self, size: int) -> None:
        self._alive()
        self._files.step()
        seen = self._inode.seen
        if self._files.room is not None:
            self._files.room += max(0, len(seen) - size)
        del seen[size:]
        for sectors in (self._inode.dirty, self._inode.forgotten):
            sectors.intersection_update({s for s in sectors if s * SECTOR < size})

    def fdatasync(self) -> None:
        self._alive()
        self._files.step()
        self._files.syncs.append((self._files.operations, len(self._inode.dirty)))
        if self._files.fail_syncs:
            self._files.fail_syncs -= 1
            self._inode.forgotten |= self._inode.dirty
            self._inode.dirty = set()
            raise OSError(errno.EIO, "Input/output error")
        self._inode.sync()

    def close(self) -> None:
        pass
