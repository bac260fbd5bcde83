"""Tagwatch's own CSV: `time,lat,lon,accuracy_m,confidence,hdop,satellites,source`, and what else is
known of a fix where a trail was exported."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tagwatch.core.units import Instant
from tagwatch.ingest.files.block import FileBlock, FileReport
from tagwatch.ingest.files.table import Columns, read_table

COLUMNS: Final = Columns(
    times=("time",),
    lat="lat",
    lon="lon",
    accuracy_m="accuracy_m",
    confidence="confidence",
    hdop="hdop",
    satellites="satellites",
    source="source",
    speed="speed_mps",
    bearing="bearing_deg",
    altitude_m="altitude_m",
    battery_pct="battery_pct",
    motion="motion",
    charging="charging",
    marks="marks",
    sent="sent_at",
    default_confidence=0.68,
)
"""Only time, lat and lon must be there; the other columns may be."""


def read_own(path: Path, report: FileReport, received_at: Instant) -> Iterator[FileBlock]:
    """Give the fixes of the file. Raises FileError."""
    return read_table(path, COLUMNS, report, received_at)
