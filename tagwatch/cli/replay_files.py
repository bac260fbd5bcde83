"""Files of trails and zones for `tagwatch replay`: which format, whose fixes, which shape."""

import csv
import json
from collections.abc import Callable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, cast

import numpy as np
import shapely
from shapely.geometry import mapping, shape
from shapely.geometry.base import BaseGeometry
from shapely.ops import unary_union

from tagwatch.cli.options import Failure, note
from tagwatch.core.fix import FixBlock
from tagwatch.core.geometry import LonLat, MultiPolygon, Plane, Polygon, ShapeError, from_geojson
from tagwatch.core.shape import MAX_VERTICES
from tagwatch.core.units import Instant
from tagwatch.engine.replay import Trail
from tagwatch.ingest.files.block import FileBlock, FileReport, blocks_of
from tagwatch.ingest.files.csv_moj import read_moj
from tagwatch.ingest.files.csv_moj_trail import read_moj_trail
from tagwatch.ingest.files.csv_own import read_own
from tagwatch.ingest.files.fields import row_of
from tagwatch.ingest.files.geojson import read_geojson
from tagwatch.ingest.files.gpx import read_gpx
from tagwatch.ingest.files.kml import read_kml
from tagwatch.ingest.files.nmea import read_nmea
from tagwatch.ingest.files.table import Columns, read_table
from tagwatch.report.trail_geoparquet import NotATrail, read_geoparquet

HEAD_BYTES: Final = 64 << 10
TOLERANCE_M: Final = 2.0
_LATER: Final = Instant(2**62)
"""Readers are told that they read in the far future: a file's clock is never ahead."""
_TIMES: Final = ("time", "timestamp", "ts", "fixed_at", "datetime", "unix_ms", "unix_s")
_LATS: Final = ("lat", "latitude", "lat_deg")
_LONS: Final = ("lon", "lng", "long", "longitude", "lon_deg")


class Format(StrEnum):
    """Formats of trails."""

    GPX = "gpx"
    CSV = "csv"
    MOJ = "moj"
    MOJ_TRAIL = "moj-trail"
    NMEA = "nmea"
    KML = "kml"
    GEOJSON = "geojson"
    GEOPARQUET = "geoparquet"


def format_of(path: Path) -> Format:
    """Return the format of a file by what it begins with. Raises Failure."""
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    if b"<gpx" in head or path.suffix.lower() == ".gpx":
        return Format.GPX
    if head.startswith(b"PAR1"):
        return Format.GEOPARQUET
    if b"<kml" in head:
        return Format.KML
    if head.lstrip().startswith(b"{") and b"FeatureCollection" in head:
        return Format.GEOJSON
    first = head.split(b"\n", 1)[0].decode("utf-8", "replace")
    if "CONFIDENCE CIRCLE" in first:
        return Format.MOJ_TRAIL
    if "position_latitude" in first:
        return Format.MOJ
    names = {name.strip().strip('"\ufeff').lower() for name in first.split(",")}
    if names & set(_LATS) and names & set(_LONS):
        return Format.CSV
    if b"$G" in head:
        return Format.NMEA
    raise Failure(
        f"{path} is no GPX, KML, GeoJSON, GeoParquet, CSV or NMEA as far as can be seen: give "
        "--format"
    )


def read_trails(path: Path, kind: Format) -> list[Trail]:
    """Return the trails of a file, one for each person or device it names."""
    report = FileReport()
    parts: dict[str, list[FixBlock]] = {}
    for block in _reader(path, kind)(path, report, _LATER):
        names = [p or d for p, d in zip(block.persons, block.devices, strict=True)]
        for name in dict.fromkeys(names):
            chosen = np.array([one == name for one in names])
            parts.setdefault(name, []).append(block.fixes[chosen])
    if report.faults:
        first = report.named[0]
        note(
            f"{path.name}: {report.faults} rows not understood, first row {first.row}: {first.what}"
        )
    return [
        Trail(f"{path.stem} {name}".strip(), np.concatenate(found)) for name, found in parts.items()
    ]


_Reader = Callable[[Path, FileReport, Instant], Iterator[FileBlock]]


def _reader(path: Path, kind: Format) -> _Reader:
    if kind is Format.CSV:
        return _csv_reader(path)
    return {
        Format.GPX: read_gpx,
        Format.MOJ: read_moj,
        Format.MOJ_TRAIL: read_moj_trail,
        Format.NMEA: read_nmea,
        Format.KML: read_kml,
        Format.GEOJSON: read_geojson,
        Format.GEOPARQUET: _geoparquet,
    }[kind]


def _geoparquet(path: Path, report: FileReport, received_at: Instant) -> Iterator[FileBlock]:
    try:
        rows = (row_of(values, at, report) for at, values in enumerate(read_geoparquet(path), 1))
        yield from blocks_of(rows, report, received_at)
    except NotATrail as error:
        raise Failure(str(error)) from error


def _csv_reader(path: Path) -> _Reader:
    """Return the reader of own tables, or of any whose headings say what the columns are."""
    with path.open(encoding="utf-8-sig", newline="", errors="replace") as file:
        heads = next(csv.reader(file), cast(list[str], []))
    found = {head.strip().lower(): head.strip() for head in heads}

    def first(*names: str) -> str:
        return next((found[name] for name in names if name in found), "")

    if {"time", "lat", "lon"} <= set(heads):
        return read_own
    columns = Columns(
        times=(first(*_TIMES) or "time",),
        lat=first(*_LATS) or "lat",
        lon=first(*_LONS) or "lon",
        accuracy_m=first("accuracy_m", "accuracy"),
        hdop=first("hdop"),
        satellites=first("satellites", "nsat"),
        speed=first("speed_mps"),
        bearing=first("bearing", "bearing_deg", "course"),
        device=first("device", "device_id", "vehicle_id", "tag"),
        default_confidence=0.68,
    )
    return lambda path, report, at: read_table(path, columns, report, at)


def read_zone(path: Path) -> Polygon | MultiPolygon:
    """Return the zone in a GeoJSON file, all its polygons together.

    One of too many corners, or whose outline crosses itself, is simplified, and said so.
    """
    try:
        document: Any = json.loads(path.read_bytes())
    except ValueError as error:
        raise Failure(f"{path} is not JSON: {error}; give a GeoJSON file") from error
    if not isinstance(document, dict):
        raise Failure(f"{path} is not GeoJSON: it holds no object")
    whole = cast("dict[str, Any]", document)
    try:
        return from_geojson(whole)
    except ShapeError as error:
        return _simplified(path, whole, error)


def _simplified(path: Path, document: dict[str, Any], why: ShapeError) -> Polygon | MultiPolygon:
    whole = _areas(unary_union([shapely.make_valid(area) for area in _geometries(document)]))
    if whole.is_empty:
        raise Failure(f"{path}: {why}") from why
    before = _corners(whole)
    middle = whole.centroid
    plane = Plane.at(LonLat(lon_deg=middle.x, lat_deg=middle.y))
    east_m, _ = plane.xy(middle.x + 0.01, middle.y)
    _, north_m = plane.xy(middle.x, middle.y + 0.01)
    per_degree = np.array([east_m, north_m]) * 100
    metric = shapely.transform(whole, lambda xy: xy * per_degree)
    tolerance_m = TOLERANCE_M
    while True:
        simpler = _areas(shapely.make_valid(metric.simplify(tolerance_m, preserve_topology=True)))
        if _corners(simpler) < MAX_VERTICES:
            break
        tolerance_m *= 2
    degrees = shapely.transform(simpler, lambda xy: xy / per_degree)
    after = _corners(degrees)
    note(
        f"{path.name}: {why}.\n  Used instead: its outline to within {tolerance_m:.0f} m, "
        f"{after} of {before} corners."
    )
    return from_geojson(json.loads(json.dumps(mapping(degrees))))


def _corners(area: BaseGeometry) -> int:
    return len(shapely.get_coordinates(area))


def _areas(found: BaseGeometry) -> BaseGeometry:
    """Return the polygons of a geometry without the lines and places that mending leaves."""
    parts = shapely.get_parts(found, return_index=False)
    return unary_union([part for part in parts if part.geom_type.endswith("Polygon")])


def _geometries(document: dict[str, Any]) -> Iterator[BaseGeometry]:
    if document.get("type") == "FeatureCollection":
        for feature in document.get("features", ()):
            yield from _geometries(feature)
    elif document.get("type") == "Feature":
        yield from _geometries(document.get("geometry") or {})
    elif document.get("type") in ("Polygon", "MultiPolygon"):
        yield shape(document)
