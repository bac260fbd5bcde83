"""GPX 1.0 and 1.1: track, route and way points with times.

The XML is read as a stream, and a document type is refused: with it an XML file can name other
files or grow without bound.
"""

from collections.abc import Iterator
from math import isnan, nan
from pathlib import Path
from typing import Final
from xml.parsers import expat

from tagwatch.core.fix import Mark, Source
from tagwatch.core.units import Instant
from tagwatch.ingest.files.block import FileBlock, FileError, FileReport, Row, blocks_of
from tagwatch.ingest.protocol.rows import Reading
from tagwatch.ingest.protocol.value import moment, number

CHUNK: Final = 64 << 10
MAX_DEPTH: Final = 50
MAX_TEXT: Final = 1000
_POINTS: Final = ("trkpt", "wpt", "rtept")


def read_gpx(path: Path, report: FileReport, received_at: Instant) -> Iterator[FileBlock]:
    """Give the points of the file. Raises FileError for what is no GPX, or carries a DTD."""
    return blocks_of(_rows(path, report), report, received_at)


def _rows(path: Path, report: FileReport) -> Iterator[Row]:
    points = _Points(report)
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = points.doctype
    parser.StartElementHandler = points.start
    parser.EndElementHandler = points.end
    parser.CharacterDataHandler = points.text
    points.parser = parser
    try:
        with path.open("rb") as file:
            while chunk := file.read(CHUNK):
                parser.Parse(chunk, False)
                yield from points.take()
            parser.Parse(b"", True)
    except expat.ExpatError as error:
        yield from points.take()
        raise FileError(f"{path} is not whole XML: {error}; export it again") from error
    except _RefusedXml as error:
        raise FileError(f"{path}: {error}; export it as plain GPX 1.1") from error
    yield from points.take()
    if points.root != "gpx":
        raise FileError(f"{path} is XML but no GPX (it begins with <{points.root}>)")


class _RefusedXml(Exception):
    """XML that no GPX file needs."""


class _Points:
    """Collects points while the parser runs."""

    def __init__(self, report: FileReport) -> None:
        self.root = ""
        self.parser: expat.XMLParserType
        self._report = report
        self._path: list[str] = []
        self._point: dict[str, str] | None = None
        self._text = ""
        self._ready: list[Row] = []

    def take(self) -> list[Row]:
        """Return the points finished since the last call."""
        ready, self._ready = self._ready, []
        return ready

    def doctype(self, *_declaration: object) -> None:
        """Refuse a document type."""
        raise _RefusedXml("the file declares a document type, which may name other files")

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Enter an element."""
        local = name.rpartition(":")[2]
        self._path.append(local)
        if len(self._path) > MAX_DEPTH:
            raise _RefusedXml(f"elements are nested more than {MAX_DEPTH} deep")
        self.root = self.root or local
        self._text = ""
        if local in _POINTS:
            self._report.rows += 1
            self._point = {"lat": attributes.get("lat", ""), "lon": attributes.get("lon", "")}

    def text(self, data: str) -> None:
        """Take text of an element."""
        if self._point is not None and len(self._text) < MAX_TEXT:
            self._text += data[:MAX_TEXT]

    def end(self, name: str) -> None:
        """Leave an element."""
        local = self._path.pop()
        if self._point is None:
            return
        if local in _POINTS:
            self._ready.append(self._row(self._point, name))
            self._point = None
        else:
            self._point.setdefault(local, self._text.strip())
        self._text = ""

    def _row(self, point: dict[str, str], _name: str) -> Row:
        lat, lon = number(point["lat"]), number(point["lon"])
        fixed_at = moment(point.get("time"))
        line = self.parser.CurrentLineNumber
        marks = Mark.NONE
        if isnan(lat) or isnan(lon):
            self._report.fault(line, "latitude or longitude is no number")
            marks = Mark.BAD_POSITION
        elif fixed_at is None:
            self._report.fault(line, "the point has no time that can be read")
        reading = Reading(
            fixed_at=fixed_at,
            lon_deg=lon,
            lat_deg=lat,
            accuracy_m=nan,
            hdop=number(point.get("hdop")),
            altitude_m=number(point.get("ele")),
            speed_mps=number(point.get("speed")),
            bearing_deg=number(point.get("course")),
            satellites=number(point.get("sat")),
            source=Source.GNSS if point.get("sat") else Source.UNKNOWN,
            marks=marks,
        )
        return Row(reading)
