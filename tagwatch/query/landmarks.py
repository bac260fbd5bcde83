"""Stations, main roads and other public geometry inside a zone, where such files are loaded.

The files are an installation's own configuration; none is shipped.
"""

import json
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, NamedTuple, cast

import msgspec
import numpy as np
import shapely
from shapely.errors import GEOSException
from shapely.geometry import shape as geometry_of
from shapely.geometry.base import BaseGeometry

from tagwatch.core.geometry import Disc, Plane, Polygon, Shape
from tagwatch.core.rules.area import area
from tagwatch.core.shape import polygons

MOST_BYTES: Final = 100 << 20
MOST_FEATURES: Final = 500_000
MOST_TOLD: Final = 200
_NAMES: Final = ("name", "Name", "NAME", "name1", "ref", "road", "roadnumber", "label", "id")
_DISC_STEPS: Final = 64


class LandmarkError(Exception):
    """A file of public geometry cannot be used. The text says which and why."""


class Landmark(msgspec.Struct, frozen=True, kw_only=True):
    """Something public inside a zone."""

    file: str
    name: str
    length_m: float = 0.0
    """Of a road or line inside the zone; 0 for a place."""


class _Layer(NamedTuple):
    names: list[str]
    shapes: list[BaseGeometry]
    tree: shapely.STRtree


def landmarks(paths: Sequence[Path], zone: Shape) -> tuple[Landmark, ...]:
    """Return what of the GeoJSON files lies inside the zone, by file and name, at most MOST_TOLD.

    Raises LandmarkError for a file that cannot be read.
    """
    if not paths:
        return ()
    inside, plane = _outline(zone)
    found: dict[tuple[str, str], float] = {}
    for path in paths:
        layer = _layer(path, path.stat().st_mtime_ns) if path.is_file() else _absent(path)
        rows: list[int] = layer.tree.query(inside, predicate="intersects").tolist()
        for k in rows:
            key = (path.stem, layer.names[k])
            part: BaseGeometry = shapely.intersection(layer.shapes[k], inside)
            found[key] = found.get(key, 0.0) + _length_m(part, plane)
    told = sorted(found.items(), key=lambda item: (item[0][0], -item[1], item[0][1]))
    return tuple(
        Landmark(file=file, name=name, length_m=round(length_m))
        for (file, name), length_m in told[:MOST_TOLD]
    )


def drawn(path: Path) -> list[tuple[str, BaseGeometry]]:
    """Return the features of a GeoJSON file of public geometry, each with its name. Raises
    LandmarkError."""
    layer = _layer(path, path.stat().st_mtime_ns) if path.is_file() else _absent(path)
    return list(zip(layer.names, layer.shapes, strict=True))


def _outline(zone: Shape) -> tuple[BaseGeometry, Plane]:
    plane = area(zone).shape.plane
    if isinstance(zone, Disc):
        turns = np.linspace(0.0, 2.0 * np.pi, _DISC_STEPS, endpoint=False)
        x, y = zone.radius_m * np.cos(turns), zone.radius_m * np.sin(turns)
        ring = [plane.lonlat(float(a), float(b)) for a, b in zip(x, y, strict=True)]
        zone = Polygon(rings=(tuple(ring),))
    parts = [
        shapely.Polygon(rings[0], rings[1:])
        for part in polygons(zone)
        for rings in [[[(p.lon_deg, p.lat_deg) for p in ring] for ring in part.rings]]
    ]
    return shapely.union_all(parts), plane


def _length_m(part: BaseGeometry, plane: Plane) -> float:
    if part.geom_type not in ("LineString", "MultiLineString", "GeometryCollection"):
        return 0.0
    scale = np.array(plane.scale_m)
    metric: BaseGeometry = shapely.transform(part, lambda degrees: degrees * scale)
    return float(metric.length)


def _absent(path: Path) -> _Layer:
    raise LandmarkError(f"{path}: there is no such file of public geometry")


@lru_cache(maxsize=8)
def _layer(path: Path, _changed_at: int) -> _Layer:
    if path.stat().st_size > MOST_BYTES:
        raise LandmarkError(f"{path} is larger than {MOST_BYTES >> 20} MB: cut it to your area")
    try:
        document: Any = json.loads(path.read_bytes())
        pairs = list(_features(document))
    except (ValueError, KeyError, TypeError, GEOSException) as error:
        raise LandmarkError(f"{path} is no GeoJSON that can be read: {error}") from error
    if len(pairs) > MOST_FEATURES:
        raise LandmarkError(f"{path} has {len(pairs)} features, the limit is {MOST_FEATURES}")
    shapes = [geometry for _, geometry in pairs]
    return _Layer([name for name, _ in pairs], shapes, shapely.STRtree(shapes))


def _features(document: Any) -> Iterator[tuple[str, BaseGeometry]]:
    if document["type"] != "FeatureCollection":
        raise ValueError("it is no FeatureCollection")
    for feature in document["features"]:
        if feature.get("geometry"):
            properties = cast("dict[str, Any]", feature.get("properties") or {})
            yield _name(properties), shapely.make_valid(geometry_of(feature["geometry"]))


def _name(properties: dict[str, Any]) -> str:
    for key in _NAMES:
        if properties.get(key):
            return str(properties[key])[:100]
    return "without a name"
