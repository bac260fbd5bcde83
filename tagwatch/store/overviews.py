"""Weekly overviews as files: those of a wearer together, so that they can be taken away together.

`wearers/<wearer>/<monday>.week` is the overview, `.pdf` the paper, `.past` what later weeks are
held against; `weeks/<monday>.digest` is a row of each wearer. What is there is whole: a file is
written aside, made durable and then named. For this user alone.
"""

import os
import shutil
from collections.abc import Collection, Iterator
from enum import StrEnum
from pathlib import Path
from typing import Final
from urllib.parse import quote

import msgspec

from tagwatch.core.ids import WearerId

_WEARERS: Final = "wearers"
_WEEKS: Final = "weeks"
_DIGEST: Final = ".digest"
_NEW: Final = ".new"


class _Row(msgspec.Struct, frozen=True, kw_only=True):
    wearer_id: WearerId


_WHOSE: Final = msgspec.json.Decoder(_Row)


class Kind(StrEnum):
    """What is kept of one wearer's week; the file's ending."""

    WEEK = "week"
    PDF = "pdf"
    PAST = "past"


class Overviews:
    """The folder of made overviews. Several processes may use it at once."""

    def __init__(self, folder: Path) -> None:
        """`folder` is made when something is put into it."""
        self._folder = folder

    def put(self, wearer: WearerId, monday: str, kind: Kind, content: bytes) -> None:
        """Keep it durably in the place of what was there. Raises OSError."""
        self._put(self._of(wearer) / f"{monday}.{kind.value}", content)

    def get(self, wearer: WearerId, monday: str, kind: Kind) -> bytes | None:
        """Return what is kept, None if nothing is."""
        return _read(self._of(wearer) / f"{monday}.{kind.value}")

    def has(self, wearer: WearerId, monday: str, kind: Kind) -> bool:
        """Tell whether it is kept."""
        return (self._of(wearer) / f"{monday}.{kind.value}").exists()

    def put_digest(self, monday: str, content: bytes) -> None:
        """Keep the rows of all wearers: a line of JSON each, with `wearer_id`. Raises OSError."""
        self._put(self._folder / _WEEKS / f"{monday}{_DIGEST}", content)

    def digest(self, monday: str) -> bytes | None:
        """Return the rows of all wearers, None if there are none."""
        return _read(self._folder / _WEEKS / f"{monday}{_DIGEST}")

    def mondays(self) -> list[str]:
        """Return the weeks of which there are digests, the latest first."""
        found = (self._folder / _WEEKS).glob(f"*{_DIGEST}")
        return sorted((path.name.removesuffix(_DIGEST) for path in found), reverse=True)

    def forget(self, wearer: WearerId) -> int:
        """Take away all that is kept of a wearer; return from how many files. Raises OSError."""
        folder = self._of(wearer)
        count = len(list(folder.iterdir())) if folder.is_dir() else 0
        if folder.is_dir():
            shutil.rmtree(folder)
            _sync(folder.parent)
        for monday in self.mondays():
            lines = (self.digest(monday) or b"").splitlines(keepends=True)
            others = [line for line in lines if _WHOSE.decode(line).wearer_id != wearer]
            if len(others) < len(lines):
                self.put_digest(monday, b"".join(others))
                count += 1
        return count

    def keep_from(
        self, papers: str, overviews: str, held: Collection[WearerId] = frozenset()
    ) -> int:
        """Take away papers of weeks before Monday `papers` (they can be set anew, byte for byte),
        and everything of weeks before `overviews`, save of wearers on legal hold; return how many
        files went."""
        on_hold = {self._of(wearer) for wearer in held}
        gone = 0
        for path in self._files():
            monday = path.name.partition(".")[0]
            is_paper = path.suffix == f".{Kind.PDF.value}"
            if monday >= (papers if is_paper else overviews):
                continue
            if path.suffix == _DIGEST:
                gone += self._keep_rows(path, held)
            elif is_paper or path.parent not in on_hold:
                path.unlink(missing_ok=True)
                gone += 1
        return gone

    def _keep_rows(self, path: Path, held: Collection[WearerId]) -> int:
        """Keep of a digest the rows of these wearers; return 1 if it went, 0 if any is left."""
        lines = (_read(path) or b"").splitlines(keepends=True)
        kept = [line for line in lines if _WHOSE.decode(line).wearer_id in held]
        if not kept:
            path.unlink(missing_ok=True)
            return 1
        if len(kept) < len(lines):
            self._put(path, b"".join(kept))
        return 0

    def _files(self) -> Iterator[Path]:
        yield from (self._folder / _WEARERS).glob("*/*")
        yield from (self._folder / _WEEKS).glob(f"*{_DIGEST}")

    def _of(self, wearer: WearerId) -> Path:
        name = quote(wearer, safe="").replace(".", "%2E")
        return self._folder / _WEARERS / name

    def _put(self, path: Path, content: bytes) -> None:
        for folder in (self._folder, self._folder / path.relative_to(self._folder).parts[0]):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.parent.mkdir(mode=0o700, exist_ok=True)
        aside = path.with_name(f"{path.name}.{os.getpid()}{_NEW}")
        handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            view = memoryview(content)
            while view:
                view = view[os.write(handle, view) :]
            os.fsync(handle)
        finally:
            os.close(handle)
        aside.rename(path)
        _sync(path.parent)


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
