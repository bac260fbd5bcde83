"""One file of the archive while it is written: whole and durable under its name, or not there."""

from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import numpy as np

from tagwatch.core.recorded_archive import ArchiveFile, ArchiveOrder
from tagwatch.core.units import Instant
from tagwatch.store.archive.arrange import class_of
from tagwatch.store.archive.layout import (
    GROUP,
    Names,
    Rows,
    joined_rows,
    parquet,
    schema_of,
    to_table,
    writing,
)
from tagwatch.store.journal.files import File, Files, Mode

_DRAFT: Final = ".draft"
_GATHERED: Final = 1 << 20
"""Bytes written at once."""


class _Sink:
    """What the Parquet writer writes to: it only ever appends, and its digest is taken on the way.

    Has the few methods that pyarrow asks of a Python file.
    """

    def __init__(self, file: File) -> None:
        self._file = file
        self._gathered = bytearray()
        self._written = 0
        self.digest = sha256()
        self.closed = False

    def write(self, data: Any) -> int:
        """Append bytes; return how many."""
        view = memoryview(data).cast("B")
        self._gathered += view
        self.digest.update(view)
        if len(self._gathered) >= _GATHERED:
            self.flush()
        return len(view)

    def flush(self) -> None:
        """Hand what was gathered to the file."""
        if self._gathered:
            self._file.write_at(self._written, bytes(self._gathered))
            self._written += len(self._gathered)
            self._gathered.clear()

    def tell(self) -> int:
        """Return the length so far."""
        return self._written + len(self._gathered)

    def writable(self) -> bool:
        """Say that it is."""
        return True

    def readable(self) -> bool:
        """Say that it is not."""
        return False

    def seekable(self) -> bool:
        """Say that it is not."""
        return False

    def close(self) -> None:
        """Finish writing; the file itself is closed by who opened it."""
        self.flush()
        self.closed = True


class SealedFile:
    """A new file at `path` within the archive's folder; rows are added in the file's order.

    `finish` makes its content durable, `publish` gives it its name. Left by an error before that,
    it is a draft that no reader looks at, and that the next attempt replaces.
    """

    def __init__(
        self, disk: Files, folder: Path, path: str, order: ArchiveOrder, names: Names
    ) -> None:
        self._disk, self._order, self._names = disk, order, names
        self._relative, self._path = path, folder / path
        self._draft = self._path.with_name(self._path.name + _DRAFT)
        disk.make_folder(self._path.parent)
        if disk.exists(self._draft):
            disk.remove(self._draft)
        self._file = disk.open(self._draft, Mode.CREATE)
        self._sink = _Sink(self._file)
        self._writer = parquet().ParquetWriter(self._sink, schema_of(order), **writing(order))
        self._waiting: list[Rows] = []
        self._class = 0
        self._fixes = 0
        self._first_at, self._last_at = 2**63 - 1, -(2**63)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None
    ) -> None:
        if kind is not None:
            self._file.close()

    def add(self, rows: Rows, lead: Any) -> None:
        """Append rows and their first keys; by time no row group holds two classes of error."""
        if self._order is ArchiveOrder.BY_PERSON:
            return self._add(rows)
        classes = class_of(lead)
        cuts = np.flatnonzero(classes[1:] != classes[:-1]) + 1
        for begins, ends in zip([0, *cuts.tolist()], [*cuts.tolist(), len(classes)], strict=True):
            if begins < ends:
                if int(classes[begins]) != self._class:
                    self._write(self._pending())
                    self._class = int(classes[begins])
                self._add(rows.taken(slice(begins, ends)))
        return None

    def _add(self, rows: Rows) -> None:
        self._waiting.append(rows)
        count = sum(len(part.block) for part in self._waiting)
        if count < GROUP:
            return
        whole = joined_rows(self._waiting)
        for at in range(0, count - GROUP + 1, GROUP):
            self._write(whole.taken(slice(at, at + GROUP)))
        rest = count - count % GROUP
        self._waiting = [whole.taken(slice(rest, count))] if rest < count else []

    def _pending(self) -> Rows | None:
        rows = joined_rows(self._waiting) if self._waiting else None
        self._waiting = []
        return rows

    def _write(self, rows: Rows | None) -> None:
        if rows is None:
            return
        times = rows.block["fixed_at"]
        self._fixes += len(times)
        self._first_at = min(self._first_at, int(times.min()))
        self._last_at = max(self._last_at, int(times.max()))
        self._writer.write_table(to_table(self._names, rows, self._order), row_group_size=GROUP)

    def finish(self) -> None:
        """Write what is pending and the footer, and return when the content is on the disk."""
        self._write(self._pending())
        self._writer.close()
        self._sink.close()
        self._file.fdatasync()
        self._file.close()

    def publish(self) -> ArchiveFile:
        """Give the finished file its name; durable once its folder is synced."""
        self._disk.rename(self._draft, self._path)
        return ArchiveFile(
            path=self._relative,
            order=self._order,
            month=self._relative.partition("/month=")[2][:7],
            fixes=self._fixes,
            bytes=self._sink.tell(),
            sha256=self._sink.digest.hexdigest(),
            first_at=Instant(self._first_at),
            last_at=Instant(self._last_at),
        )


def published(drafts: list[SealedFile], disk: Files, folder: Path) -> tuple[ArchiveFile, ...]:
    """Give finished files their names; return when these are on the disk."""
    made = tuple(draft.publish() for draft in drafts)
    for parent in sorted({(folder / one.path).parent for one in made}):
        disk.fsync_dir(parent)
    return made
