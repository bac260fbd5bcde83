"""KML as our own files write it: a Placemark a fix, with its time, its point and its data.

A `gx:Track` or a LineString holds no fixes with an accuracy, and is passed over and counted.
"""

from collections.abc import Iterator
from pathlib import Path

from tagwatch.core.units import Instant
from tagwatch.ingest.files.block import FileBlock, FileReport, blocks_of
from tagwatch.ingest.files.fields import row_of
from tagwatch.ingest.files.xml import Elements, read_elements


def read_kml(path: Path, report: FileReport, received_at: Instant) -> Iterator[FileBlock]:
    """Give the placemarks with a time. Raises FileError for what is no KML, or carries a DTD."""
    return blocks_of(read_elements(path, _Placemarks(report), "kml"), report, received_at)


class _Placemarks(Elements):
    """Collects placemarks while the parser runs."""

    def __init__(self, report: FileReport) -> None:
        super().__init__()
        self._report = report
        self._found: dict[str, str] | None = None
        self._in_point = False
        self._data = ""

    def open(self, name: str, attributes: dict[str, str]) -> None:
        """Enter an element."""
        match name:
            case "Placemark":
                self._report.rows += 1
                self._found = {}
            case "Point":
                self._in_point = True
            case "Data":
                self._data = attributes.get("name", "")
            case "LineString" | "Track":
                self._report.note("lines passed over")
            case _:
                pass

    def close(self, name: str) -> None:
        """Leave an element."""
        if self._found is None:
            return
        match name:
            case "when":
                self._found["time"] = self.text.strip()
            case "value" if self._data:
                self._found.setdefault(self._data, self.text.strip())
            case "coordinates" if self._in_point:
                parts = self.text.strip().split(",")
                self._found |= dict(zip(("lon", "lat"), parts, strict=False))
            case "Point":
                self._in_point = False
            case "Placemark":
                if "time" in self._found:
                    self.ready.append(row_of(self._found, self.line, self._report))
                else:
                    self._report.note("placemarks without a time")
                self._found = None
            case _:
                pass
