"""Tables of fixes as CSV: which column is what, and in which unit."""

import csv
from collections.abc import Iterator
from enum import Enum
from math import degrees, isnan, nan
from pathlib import Path
from typing import IO, Final, NamedTuple, cast

from tagwatch.core.fix import Mark, Source
from tagwatch.core.units import Instant
from tagwatch.ingest.files.block import FileBlock, FileError, FileReport, Row, blocks_of
from tagwatch.ingest.files.fields import SOURCES, marks_of, motion_of
from tagwatch.ingest.protocol.rows import Reading
from tagwatch.ingest.protocol.value import moment, number, switch

MAX_LINE: Final = 64 << 10


class SpeedUnit(Enum):
    """Unit of a speed column, as metres a second."""

    MPS = 1.0
    KMH = 1 / 3.6
    KNOTS = 1852 / 3600


class AngleUnit(Enum):
    """Unit of a bearing column."""

    DEGREES = "degrees"
    RADIANS = "radians"


class Columns(NamedTuple):
    """Header names of a table; '' where it has no such column. `times` are tried in order."""

    times: tuple[str, ...]
    lat: str
    lon: str
    accuracy_m: str = ""
    confidence: str = ""
    hdop: str = ""
    satellites: str = ""
    source: str = ""
    speed: str = ""
    bearing: str = ""
    altitude_m: str = ""
    battery_pct: str = ""
    motion: str = ""
    charging: str = ""
    marks: str = ""
    sent: str = ""
    device: str = ""
    person: str = ""
    speed_unit: SpeedUnit = SpeedUnit.MPS
    bearing_unit: AngleUnit = AngleUnit.DEGREES
    default_confidence: float = nan
    required: tuple[str, ...] = ()
    """Beyond latitude, longitude and one of the times."""


def read_table(
    path: Path, columns: Columns, report: FileReport, received_at: Instant
) -> Iterator[FileBlock]:
    """Give the fixes of a CSV file with a header, found by the names in `columns`.

    Times without a zone are UTC. Raises FileError for a missing column or another encoding.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield from blocks_of(_rows(path, file, columns, report), report, received_at)
    except UnicodeDecodeError as error:
        raise FileError(f"{path} is not UTF-8 ({error.reason}): save it as UTF-8") from error


def _rows(path: Path, file: IO[str], columns: Columns, report: FileReport) -> Iterator[Row]:
    lines = csv.reader(_lines(file, report))
    header = [name.strip() for name in next(lines, cast(list[str], []))]
    places = {name: place for place, name in enumerate(header)}
    _check_header(path, places, columns)
    while True:
        try:
            cells = next(lines, None)
        except csv.Error as error:
            report.rows += 1
            report.fault(lines.line_num, f"not CSV: {error}")
            continue
        if cells is None:
            return
        if not cells:
            continue
        report.rows += 1
        if len(cells) != len(header):
            words = f"{len(cells)} cells under {len(header)} headings"
            report.fault(lines.line_num, words)
            if len(cells) < len(header):
                continue
        row = _row({name: cells[place].strip() for name, place in places.items()}, columns)
        if row.reading.marks & Mark.BAD_POSITION:
            report.fault(lines.line_num, "latitude or longitude is no number")
        elif row.reading.fixed_at is None:
            report.fault(lines.line_num, "no time that can be read")
        yield row


def _lines(file: IO[str], report: FileReport) -> Iterator[str]:
    """Give lines; of one longer than MAX_LINE the rest is dropped, and it is counted."""
    while line := file.readline(MAX_LINE):
        yield line
        if len(line) == MAX_LINE and not line.endswith("\n"):
            report.note("lines cut for their length")
            while (rest := file.readline(MAX_LINE)) and not rest.endswith("\n"):
                continue


def _check_header(path: Path, places: dict[str, int], columns: Columns) -> None:
    missing = [name for name in (columns.lat, columns.lon, *columns.required) if name not in places]
    if not any(name in places for name in columns.times):
        missing.append(" or ".join(columns.times))
    if missing:
        found = ", ".join(list(places)[:40])
        raise FileError(
            f"{path} has no column {', '.join(missing)}; it has: {found}. "
            "Rename the columns, or say which is which."
        )


def _row(cells: dict[str, str], columns: Columns) -> Row:
    def cell(name: str) -> str:
        return cells.get(name, "") if name else ""

    lat, lon = number(cell(columns.lat)), number(cell(columns.lon))
    bearing = number(cell(columns.bearing))
    if columns.bearing_unit is AngleUnit.RADIANS:
        bearing = degrees(bearing) % 360
    confidence = number(cell(columns.confidence))
    times = (moment(cell(name)) for name in columns.times)
    reading = Reading(
        fixed_at=next((at for at in times if at is not None), None),
        lon_deg=lon,
        lat_deg=lat,
        accuracy_m=number(cell(columns.accuracy_m)),
        confidence=columns.default_confidence if isnan(confidence) else confidence,
        hdop=number(cell(columns.hdop)),
        altitude_m=number(cell(columns.altitude_m)),
        speed_mps=number(cell(columns.speed)) * columns.speed_unit.value,
        bearing_deg=bearing,
        battery_pct=number(cell(columns.battery_pct)),
        motion=motion_of(cell(columns.motion)),
        charging=switch(cell(columns.charging)),
        satellites=number(cell(columns.satellites)),
        source=SOURCES.get(cell(columns.source).upper(), Source.UNKNOWN),
        sent_at=moment(cell(columns.sent)),
        marks=marks_of(cell(columns.marks))
        | (Mark.BAD_POSITION if isnan(lat) or isnan(lon) else Mark.NONE),
    )
    return Row(reading, cell(columns.device), cell(columns.person))
