"""What every file reader gives: blocks of fixes, and a report of what it met."""

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from tagwatch.core.fix import FixBlock
from tagwatch.core.units import Instant, parse_iso
from tagwatch.ingest.protocol.rows import Reading, rows_of

BLOCK_ROWS: Final = 4096
FAULTS_NAMED: Final = 1000
EARLIEST: Final = parse_iso("1990-01-01T00:00:00Z")
"""Files are history: only what no GPS receiver can have made is a wrong clock."""


class FileError(Exception):
    """The file cannot be read at all. The text says which, why, and what to do."""


class RowFault(NamedTuple):
    """A row that was not understood. `row` counts from 1, the header included."""

    row: int
    what: str


class FileReport:
    """What a reader met, complete when its blocks are exhausted."""

    def __init__(self) -> None:
        self.rows = 0
        """Rows, points or sentences seen."""
        self.fixes = 0
        self.faults = 0
        """Rows not understood; the first FAULTS_NAMED are in `named`."""
        self.named: list[RowFault] = []
        self.notes: dict[str, int] = {}
        """Counts by name, e.g. `garbage` or `other sentences`."""

    def fault(self, row: int, what: str) -> None:
        """Count a row that was not understood."""
        self.faults += 1
        if len(self.named) < FAULTS_NAMED:
            self.named.append(RowFault(row, what))

    def note(self, name: str, count: int = 1) -> None:
        """Count something worth knowing."""
        self.notes[name] = self.notes.get(name, 0) + count


class Row(NamedTuple):
    """A fix of a file, and whose it is where the file says so."""

    reading: Reading
    device: str = ""
    person: str = ""


class FileBlock(NamedTuple):
    """Fixes in the file's order; `devices` and `persons` name each one's, '' where unsaid."""

    fixes: FixBlock
    devices: list[str]
    persons: list[str]


def blocks_of(rows: Iterable[Row], report: FileReport, received_at: Instant) -> Iterator[FileBlock]:
    """Give the rows as blocks of at most BLOCK_ROWS; `index` counts through the file."""
    held: list[Row] = []
    for row in rows:
        held.append(row)
        if len(held) == BLOCK_ROWS:
            yield _block(held, report, received_at)
            held = []
    if held:
        yield _block(held, report, received_at)


def _block(rows: list[Row], report: FileReport, received_at: Instant) -> FileBlock:
    readings = [row.reading for row in rows]
    fixes = rows_of(readings, 0, received_at, EARLIEST, report.fixes)
    report.fixes += len(rows)
    return FileBlock(fixes, [row.device for row in rows], [row.person for row in rows])
