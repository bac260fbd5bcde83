"""GeoJSON of a trail: Point features with a time among their properties."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec

from tagwatch.core.units import Instant
from tagwatch.ingest.files.block import FileBlock, FileError, FileReport, Row, blocks_of
from tagwatch.ingest.files.fields import row_of

MOST_BYTES: Final = 256 << 20
"""GeoJSON is one value, read as a whole; longer files are to be cut by time."""


class _Geometry(msgspec.Struct):
    type: str
    coordinates: list[Any] | None = None


class _Feature(msgspec.Struct):
    geometry: _Geometry | None = None
    properties: dict[str, Any] | None = None


class _Collection(msgspec.Struct):
    type: str
    features: list[_Feature] = []


def read_geojson(path: Path, report: FileReport, received_at: Instant) -> Iterator[FileBlock]:
    """Give the points of the file that have a time. Raises FileError."""
    return blocks_of(_rows(path, report), report, received_at)


def _rows(path: Path, report: FileReport) -> Iterator[Row]:
    if path.stat().st_size > MOST_BYTES:
        raise FileError(f"{path} has more than {MOST_BYTES >> 20} MB: cut it by time")
    try:
        whole = msgspec.json.decode(path.read_bytes(), type=_Collection)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise FileError(f"{path} is no GeoJSON that can be read: {error}") from error
    if whole.type != "FeatureCollection":
        raise FileError(f"{path} is no FeatureCollection but a {whole.type[:40]}")
    for number, feature in enumerate(whole.features, start=1):
        report.rows += 1
        values = dict(feature.properties or {})
        geometry = feature.geometry
        if geometry is not None and geometry.type != "Point":
            report.note(f"{geometry.type[:20]} features passed over")
            continue
        if not values.get("time"):
            report.note("points without a time")
            continue
        place = [] if geometry is None else geometry.coordinates or []
        values |= dict(zip(("lon", "lat"), place, strict=False))
        yield row_of(values, number, report)
