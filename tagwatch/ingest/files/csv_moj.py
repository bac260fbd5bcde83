"""The Ministry of Justice's positions CSV: columns by header, times UTC, precision at 95 %."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tagwatch.core.units import Instant
from tagwatch.ingest.files.block import FileBlock, FileReport
from tagwatch.ingest.files.table import AngleUnit, Columns, SpeedUnit, read_table

COLUMNS: Final = Columns(
    times=("position_gps_date", "position_recorded_date"),
    lat="position_latitude",
    lon="position_longitude",
    accuracy_m="position_precision",
    hdop="position_hdop",
    satellites="position_satellite",
    source="position_lbs",
    speed="position_speed",
    bearing="position_direction",
    sent="position_uploaded_date",
    device="device_id",
    person="person_id",
    speed_unit=SpeedUnit.KMH,
    default_confidence=0.95,
    required=("position_precision",),
)


def read_moj(
    path: Path,
    report: FileReport,
    received_at: Instant,
    direction: AngleUnit = AngleUnit.DEGREES,
) -> Iterator[FileBlock]:
    """Give the fixes of the file, each with its device and person.

    `direction`: some exports write it in radians, and nothing in the file says so. Raises
    FileError.
    """
    columns = COLUMNS._replace(bearing_unit=direction)
    return read_table(path, columns, report, received_at)
