"""The trail CSV of the Ministry of Justice's portal, condensed or full: London times to the minute.

The hour that comes twice in autumn is told apart by the order of the rows, oldest first.
"""

import csv
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from tagwatch.core.timetable import Edge, from_london
from tagwatch.core.units import HOUR, Instant
from tagwatch.ingest.files.block import FileBlock, FileError, FileReport, Row, blocks_of
from tagwatch.ingest.files.fields import row_of
from tagwatch.ingest.protocol.value import number

NEEDED: Final = ("DATE/TIME", "LATITUDE", "LONGITUDE", "CONFIDENCE CIRCLE")
_FORMATS: Final = ("%d/%m/%Y %H:%M", "%d/%m/%Y %H:%M:%S")
_KMH_MPS: Final = 1 / 3.6
_MOST_CELL: Final = 64 << 10


def read_moj_trail(path: Path, report: FileReport, received_at: Instant) -> Iterator[FileBlock]:
    """Give the fixes of the file, each with its device and person where it names them."""
    return blocks_of(_rows(path, report), report, received_at)


def _rows(path: Path, report: FileReport) -> Iterator[Row]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            table = csv.DictReader(file)
            missing = [name for name in NEEDED if name not in (table.fieldnames or ())]
            if missing:
                raise FileError(f"{path} has no column {', '.join(missing)}: it is no trail CSV")
            before = Instant(-(2**62))
            for cells in table:
                report.rows += 1
                row = _row(cells, before, table.line_num, report)
                before = row.reading.fixed_at or before
                yield row
    except UnicodeDecodeError as error:
        raise FileError(f"{path} is not UTF-8 ({error.reason}): save it as UTF-8") from error
    except csv.Error as error:
        raise FileError(f"{path} is not CSV: {error}") from error


def _row(cells: dict[str, Any], before: Instant, line: int, report: FileReport) -> Row:
    values = {
        "time": _moment(str(cells["DATE/TIME"] or ""), before),
        "lat": cells["LATITUDE"],
        "lon": cells["LONGITUDE"],
        "accuracy_m": cells["CONFIDENCE CIRCLE"],
        "confidence": 0.95,
        "speed_mps": number(cells.get("SPEED")) * _KMH_MPS,
        "bearing_deg": cells.get("DIRECTION"),
    }
    row = row_of({name: value for name, value in values.items() if value is not None}, line, report)
    person = str(cells.get("SUBJECT IDENTIFIER") or "")
    return row._replace(device=str(cells.get("DEVICE ID") or ""), person=person)


def _moment(text: str, before: Instant) -> int | None:
    for form in _FORMATS:
        try:
            local = datetime.strptime(text.strip(), form)  # noqa: DTZ007  # London's, as below
        except ValueError:
            continue
        first, second = from_london(local, Edge.FROM), from_london(local, Edge.UNTIL)
        early, late = min(first, second), max(first, second)
        return late if early < before and late - early == HOUR else early
    return None
