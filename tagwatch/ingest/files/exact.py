"""Tables of fixes read exactly: what is missing is unknown, what cannot be read is refused.

For the tools whose answer may be held against somebody. A cell that is there and makes no sense is
never taken for missing: the whole file is refused, naming row and line. docs/assess.md has the
rules in words.
"""

import csv
import re
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from math import isfinite, nan
from pathlib import Path
from typing import IO, Final, NamedTuple, Protocol

import numpy as np

from tagwatch.core.fix import FIX_DTYPE, NO_INSTANT, UNKNOWN_COUNT, FixBlock, Source
from tagwatch.core.plane import Floats
from tagwatch.core.units import Instant, iso, parse_iso
from tagwatch.ingest.files.block import FileError

MOST_ROWS: Final = 2_000_000
"""Rows of one file, about a gigabyte of memory; longer files are to be cut by time."""
MOST_CELL: Final = 1000
"""Characters of a cell; nothing that can be read here is longer."""
NEEDED: Final = ("time", "lat", "lon")
OPTIONAL: Final = ("accuracy_m", "confidence", "hdop", "satellites", "source")
TRUTH: Final = ("true_lat", "true_lon")
DEFAULT_CONFIDENCE: Final = 0.95
"""Of a radius without one: British practice states the 95 % circle."""

SOURCES: Final = {
    **{source.name.lower(): source for source in Source},
    **{str(int(source)): source for source in Source},
    "": Source.UNKNOWN,
    "gps": Source.GNSS,
    "wi-fi": Source.WIFI,
    "cell": Source.LBS,
    "fused": Source.UNKNOWN,
}
"""Words for the source of a fix, in lower case; the numbers are the Ministry of Justice's."""

_MISSING: Final = frozenset({"", "nan", "null", "none", "na", "n/a"})
_NUMBER: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|[+-]?inf(inity)?", re.I)
_HUGE_M: Final = 1e12
"""An endless radius as a number: it says nothing of the place, which is not the same as saying
nothing of the radius."""


class ExactTable(NamedTuple):
    """A file of fixes, in the order of the file; `index` of a fix is its row, from 0."""

    fixes: FixBlock
    truth: Floats
    """True longitude and latitude in degrees, shape (n, 2); (0, 2) where they were not wanted."""
    words: dict[str, list[str]]
    """The cells of other columns that were asked for and are there."""
    unused: tuple[str, ...]
    """Columns of the file that nothing was read from."""


class _Row:
    """One row of the file: its cells by name, and how its faults are told."""

    def __init__(self, path: Path, number: int, line: int, cells: Mapping[str, str]) -> None:
        self._where = f"{path}, row {number} (line {line})"
        self._cells = cells

    def fault(self, words: str) -> FileError:
        return FileError(f"{self._where}: {words}")

    def text(self, name: str) -> str:
        cell = self._cells.get(name, "").strip()
        if len(cell) > MOST_CELL:
            raise self.fault(f"{name} has {len(cell)} characters; is a quotation mark missing?")
        return cell

    def time(self) -> Instant:
        text = self.text("time")
        if not text:
            raise self.fault("no time; write one such as 2026-03-29T00:30:00Z")
        try:
            at = parse_iso(text[:-1] + "Z" if text.endswith("z") else text)
            iso(at)
        except (ValueError, OverflowError) as error:
            raise self.fault(f"the time cannot be used: {error}") from error
        return at

    def degrees(self, name: str, most: float) -> float:
        value = self.number(name)
        if not isfinite(value):
            text = self.text(name)[:40]
            raise self.fault(f"{name} {text!r} is no place; every row needs its place in degrees")
        if not -most <= value <= most:
            raise self.fault(f"{name} {value:g} is not within -{most:g} to {most:g} degrees")
        return value

    def number(self, name: str) -> float:
        """Return the number of a cell, NaN if it is missing, ±inf if it says so."""
        text = self.text(name)
        if text.lower() in _MISSING:
            return nan
        if _NUMBER.fullmatch(text) is None:
            raise self.fault(f"{name} {text[:40]!r} is no number; leave it empty if it is unknown")
        return float(text)

    def positive(self, name: str) -> float:
        """Return a number above 0, at most _HUGE_M; anything else is unknown: NaN."""
        value = self.number(name)
        return min(value, _HUGE_M) if value > 0.0 else nan

    def confidence(self) -> float:
        value = self.number("confidence")
        if value != value:  # noqa: PLR0124  # NaN: not stated
            return DEFAULT_CONFIDENCE
        if not 0.0 < value < 1.0:
            raise self.fault(f"confidence {value:g} is no share; write it like 0.50, 0.68 or 0.95")
        return value

    def satellites(self) -> int:
        value = self.number("satellites")
        return int(value) if 0.0 <= value < 1000.0 else UNKNOWN_COUNT

    def source(self) -> Source:
        word = self.text("source").lower()
        if word not in SOURCES:
            known = "GNSS, WIFI, LBS, RF or UNKNOWN"
            raise self.fault(f"source {word[:40]!r} is not known; write {known}, or leave it empty")
        return SOURCES[word]


_NUMBERS: Final[tuple[tuple[str, Callable[[_Row], float]], ...]] = (
    ("lon_deg", lambda row: row.degrees("lon", 180.0)),
    ("lat_deg", lambda row: row.degrees("lat", 90.0)),
    ("accuracy_m", lambda row: row.positive("accuracy_m")),
    ("confidence", lambda row: row.confidence()),
    ("hdop", lambda row: row.positive("hdop")),
    ("satellites", lambda row: row.satellites()),
    ("source", lambda row: row.source()),
)


def read_exact(
    path: Path,
    truth: Sequence[str] = (),
    words: Sequence[str] = (),
    named: Mapping[str, str] | None = None,
) -> ExactTable:
    """Return the fixes of a CSV file whose header names the columns, in any order.

    `truth`: the columns of the true latitude and longitude, TRUTH or none. `words`: other columns
    to be kept as text where they are there. `named`: the file's name of a column, by ours, where it
    differs. Raises FileError for anything that cannot be read, before any of it is used.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return _read(path, file, truth, words, named or {})
    except UnicodeDecodeError as error:
        raise FileError(f"{path} is not UTF-8 ({error.reason}): save it as UTF-8") from error
    except OSError as error:
        raise FileError(f"{path} cannot be read: {error.strerror}") from error


def _read(
    path: Path,
    file: IO[str],
    truth: Sequence[str],
    words: Sequence[str],
    named: Mapping[str, str],
) -> ExactTable:
    ours = {theirs.casefold(): name for name, theirs in named.items()}
    lines = csv.reader(file, strict=True)
    records = _records(path, lines)
    header = [ours.get(cell.casefold(), cell) for cell in _header(path, records)]
    _check(path, header, (*NEEDED, *truth))
    columns = [array("d") for _ in _NUMBERS]
    times, places = array("q"), array("d")
    kept: dict[str, list[str]] = {name: [] for name in words if name in header}
    for number, (line, cells) in enumerate(records):
        if number == MOST_ROWS:
            raise FileError(f"{path} has more than {MOST_ROWS} rows: cut it by time, and ask twice")
        row = _row(path, number, line, header, cells)
        times.append(row.time())
        for column, (_, value) in zip(columns, _NUMBERS, strict=True):
            column.append(value(row))
        if truth:
            places.append(row.degrees(truth[1], 180.0))
            places.append(row.degrees(truth[0], 90.0))
        for name, found in kept.items():
            found.append(row.text(name))
    used = {*NEEDED, *OPTIONAL, *truth, *kept}
    return ExactTable(
        fixes=_block(times, columns),
        truth=np.array(places, dtype=np.float64).reshape(-1, 2),
        words=kept,
        unused=tuple(name for name in header if name and name not in used),
    )


class _Lines(Protocol):
    """What `csv.reader` gives; its own type has no name that can be imported."""

    @property
    def line_num(self) -> int: ...

    def __iter__(self) -> Iterator[list[str]]: ...


def _records(path: Path, lines: _Lines) -> Iterator[tuple[int, list[str]]]:
    """Give (number of its last line, cells) of every record that is not blank."""
    try:
        for cells in lines:
            if any(cell.strip() for cell in cells):
                yield lines.line_num, cells
    except csv.Error as error:
        raise FileError(f"{path}, line {lines.line_num}: not CSV: {error}") from error


def _header(path: Path, records: Iterable[tuple[int, list[str]]]) -> list[str]:
    for _, cells in records:
        return [cell.strip().casefold() for cell in cells]
    raise FileError(f"{path} is empty: it needs a header with {', '.join(NEEDED)}")


def _check(path: Path, header: Sequence[str], needed: Sequence[str]) -> None:
    twice = sorted({name for name in header if name and header.count(name) > 1})
    if twice:
        raise FileError(f"{path} has the column {', '.join(twice)} more than once: keep one")
    missing = [name for name in needed if name not in header]
    if missing:
        found = ", ".join(header[:40])[:400]
        raise FileError(
            f"{path} has no column {', '.join(missing)}; its header is: {found}. The header must "
            f"name {', '.join(needed)} and may name {', '.join(OPTIONAL)}, separated by commas"
        )


def _row(path: Path, number: int, line: int, header: Sequence[str], cells: list[str]) -> _Row:
    row = _Row(path, number, line, dict(zip(header, cells, strict=False)))
    surplus = any(cell.strip() for cell in cells[len(header) :])
    if len(cells) < len(header) or surplus:
        raise row.fault(f"{len(cells)} cells under {len(header)} headings; is a comma missing?")
    return row


def _block(times: "array[int]", columns: "Sequence[array[float]]") -> FixBlock:
    block = np.zeros(len(times), dtype=FIX_DTYPE)
    block["fixed_at"] = block["received_at"] = times
    block["sent_at"] = NO_INSTANT
    block["index"] = np.arange(len(times))
    block["charging"] = -1
    for name in ("altitude_m", "speed_mps", "bearing_deg", "battery_pct"):
        block[name] = nan
    for (name, _), column in zip(_NUMBERS, columns, strict=True):
        block[name] = column
    block["confidence"][np.isnan(block["accuracy_m"])] = nan
    return block
