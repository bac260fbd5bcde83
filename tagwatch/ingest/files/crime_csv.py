"""Police's crimes as CSV: no header, 13 columns, UTF-8. Good rows are kept, bad ones reported.

Whatever bytes come, a report comes of it. A quoted cell may hold commas, doubled quotation marks
and line breaks. A quotation mark that is never closed, or is closed in the middle of a cell, would
swallow the rows after it; so its line alone is a bad row, and reading goes on at the next line.
docs/crimes.md has the rules in words.
"""

from collections import deque
from collections.abc import Iterator
from io import BytesIO, TextIOWrapper
from typing import IO, Final, NamedTuple

from tagwatch.core.crime import Crime, CrimeProfile
from tagwatch.core.crime_errors import BatchErrorType, CrimeBatchStatus, CrimeError
from tagwatch.core.crime_row import judge_row

MOST_RECORD: Final = 1 << 20
"""Characters of one record; a longer one is a bad row, of which no columns are told apart."""
MOST_LINES: Final = 1000
"""Lines that one record may go over."""

JudgedRow = Crime | tuple[CrimeError, ...]


class CrimesRead(NamedTuple):
    """A whole batch, read."""

    rows: int
    """Records in it; a line with nothing in it is none."""
    good: tuple[tuple[int, Crime], ...]
    """Row number and crime of each row that is kept: none if the batch as a whole is refused."""
    errors: tuple[CrimeError, ...]
    status: CrimeBatchStatus
    batch_error: BatchErrorType | None

    @property
    def accepted(self) -> int:
        """How many rows are kept."""
        return len(self.good)

    @property
    def rejected(self) -> int:
        """How many rows are not kept."""
        return self.rows - len(self.good)


class CrimeTally:
    """What a batch comes to, row by row: asked when all rows have been counted."""

    def __init__(self) -> None:
        self.rows = 0
        self.good = 0
        self.police_force = ""
        """Of the first good row."""
        self.batch_id = ""
        self._forces_differ = False
        self._batches_differ = False

    def count(self, judged: JudgedRow) -> None:
        """Count one row."""
        self.rows += 1
        if isinstance(judged, tuple):
            return
        if not self.good:
            self.police_force, self.batch_id = judged.police_force, judged.batch_id
        self.good += 1
        self._forces_differ |= judged.police_force != self.police_force
        self._batches_differ |= judged.batch_id != self.batch_id

    @property
    def batch_error(self) -> BatchErrorType | None:
        """What is wrong with the batch as a whole; only good rows are looked at."""
        if not self.good:
            return BatchErrorType.ALL_RECORDS_FAILED
        if self._forces_differ:
            return BatchErrorType.MULTIPLE_POLICE_FORCES
        return BatchErrorType.MULTIPLE_BATCH_IDS if self._batches_differ else None

    @property
    def status(self) -> CrimeBatchStatus:
        """What becomes of the batch."""
        match self.batch_error:
            case None:
                whole = self.good == self.rows
                return CrimeBatchStatus.SUCCESSFUL if whole else CrimeBatchStatus.PARTIAL
            case BatchErrorType.ALL_RECORDS_FAILED:
                return CrimeBatchStatus.ERROR
            case _:
                return CrimeBatchStatus.FAILED

    @property
    def accepted(self) -> int:
        """How many rows are kept."""
        return self.good if self.batch_error is None else 0


def read_crimes(data: bytes, profile: CrimeProfile) -> CrimesRead:
    """Return the crimes in a CSV file that is in memory."""
    good: list[tuple[int, Crime]] = []
    errors: list[CrimeError] = []
    tally = CrimeTally()
    for row, judged in judged_rows(BytesIO(data), profile):
        tally.count(judged)
        if isinstance(judged, tuple):
            errors.extend(judged)
        else:
            good.append((row, judged))
    kept = tuple(good) if tally.accepted else ()
    return CrimesRead(tally.rows, kept, tuple(errors), tally.status, tally.batch_error)


def judged_rows(file: IO[bytes], profile: CrimeProfile) -> Iterator[tuple[int, JudgedRow]]:
    """Give each record's number, from 1, and its crime or its errors; little of it is in memory."""
    for row, cells in enumerate(records(file), start=1):
        yield row, judge_row(row, cells, profile)


def records(file: IO[bytes]) -> Iterator[list[str]]:
    """Give the cells of each record that is not blank, [] where they cannot be told apart.

    Bytes that are not UTF-8 become U+FFFD. `file` stays open.
    """
    text = TextIOWrapper(file, encoding="utf-8-sig", errors="replace", newline="")
    try:
        yield from _Lines(text).records()
    finally:
        if not file.closed:
            text.detach()


class _Lines:
    """The lines of a file, some of which may be read a second time."""

    def __init__(self, text: TextIOWrapper) -> None:
        self._text = text
        self._again: deque[str | None] = deque()

    def records(self) -> Iterator[list[str]]:
        while (line := self._next()) != "":
            if line is None:
                yield []
            elif '"' not in line:
                if line.strip():
                    yield line.rstrip("\r\n").split(",")
            else:
                yield self._quoted(line)

    def _next(self) -> str | None:
        """Return a line with its end, "" after the last, None if it is too long to be one."""
        if self._again:
            return self._again.popleft()
        line = self._text.readline(MOST_RECORD)
        if len(line) < MOST_RECORD or line[-1] in "\r\n":
            return line
        while line and line[-1] not in "\r\n":
            line = self._text.readline(MOST_RECORD)
        return None

    def _quoted(self, first: str) -> list[str]:
        """Return the cells of a record that begins with this line, [] if its marks do not close."""
        cells = _Cells()
        done = cells.take(first)
        more: list[str | None] = []
        length = len(first)
        while done is None and length < MOST_RECORD and len(more) < MOST_LINES:
            line = self._next()
            if line == "":
                break
            more.append(line)
            if line is None:
                break
            length += len(line)
            done = cells.take(line)
        if done:
            return cells.found
        self._again.extendleft(reversed(more))
        return []


class _Cells:
    """The cells of one record, its lines taken one after the other."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self._open: list[str] | None = None
        """What a quoted cell holds so far; None outside of one."""

    def take(self, line: str) -> bool | None:
        """Return True if the record is whole, False if it makes no sense, None if more is needed.

        A quotation mark inside a cell that does not begin with one is a character as any other.
        """
        end = len(line.rstrip("\r\n"))
        at = 0
        while True:
            if self._open is None and line.startswith('"', at):
                self._open, at = [], at + 1
            if self._open is None:
                comma = line.find(",", at)
                self.found.append(line[at : end if comma < 0 else comma])
                if comma < 0:
                    return True
                at = comma + 1
                continue
            closed = self._quoted_part(line, at, self._open)
            if closed is None:
                return None
            self.found.append("".join(self._open))
            self._open = None
            while closed < end and line[closed] in " \t":
                closed += 1
            if closed >= end:
                return True
            if line[closed] != ",":
                return False
            at = closed + 1

    @staticmethod
    def _quoted_part(line: str, at: int, held: list[str]) -> int | None:
        """Add to `held` what is quoted from `at` on; return where it has closed, None if not."""
        while (mark := line.find('"', at)) >= 0:
            held.append(line[at:mark])
            if not line.startswith('"', mark + 1):
                return mark + 1
            held.append('"')
            at = mark + 2
        held.append(line[at:])
        return None
