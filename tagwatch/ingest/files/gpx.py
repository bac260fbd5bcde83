"""GPX 1.0 and 1.1: track, route and way points with times, and what our own files say besides."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tagwatch.core.units import Instant
from tagwatch.ingest.files.block import FileBlock, FileReport, blocks_of
from tagwatch.ingest.files.fields import row_of
from tagwatch.ingest.files.xml import Elements, read_elements

_POINTS: Final = ("trkpt", "wpt", "rtept")
_FOR: Final = {
    "ele": "altitude_m",
    "speed": "speed_mps",
    "course": "bearing_deg",
    "sat": "satellites",
}
"""Our names of what GPX, or files of GPX in use, name otherwise."""


def read_gpx(path: Path, report: FileReport, received_at: Instant) -> Iterator[FileBlock]:
    """Give the points of the file. Raises FileError for what is no GPX, or carries a DTD."""
    rows = read_elements(path, _Points(report), "gpx")
    return blocks_of(rows, report, received_at)


class _Points(Elements):
    """Collects points while the parser runs."""

    def __init__(self, report: FileReport) -> None:
        super().__init__()
        self._report = report
        self._point: dict[str, str] | None = None

    def open(self, name: str, attributes: dict[str, str]) -> None:
        """Enter an element."""
        if name in _POINTS:
            self._report.rows += 1
            # GPX has no point without a place: a missing one is a fault, and not merely unknown.
            self._point = {name: attributes.get(name, "-") for name in ("lat", "lon")}

    def close(self, name: str) -> None:
        """Leave an element."""
        if self._point is None:
            return
        if name not in _POINTS:
            self._point.setdefault(_FOR.get(name, name), self.text.strip())
            return
        if self._point.get("satellites") and "source" not in self._point:
            self._point["source"] = "GNSS"
        self.ready.append(row_of(self._point, self.line, self._report))
        self._point = None
