"""Shapes to begin a zone with: boroughs, which are shipped, and wards, stations or whatever else an
installation has put into its folder of places.

The folder holds GeoJSON FeatureCollections in degrees; a file's name is the kind of its places.
"""

import json
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, cast

import numpy as np
import shapely
from shapely.errors import GEOSException
from shapely.geometry import shape as geometry_of
from shapely.geometry.base import BaseGeometry

from tagwatch.core.geometry import Disc, LonLat, MultiPolygon, Plane, Polygon, Shape

MOST_BYTES: Final = 30 << 20
MOST_PLACES: Final = 5_000
MOST_BUFFER_M: Final = 5_000.0
_NAMES: Final = ("name", "Name", "NAME", "label")
_COARSE_M: Final = 1.0
"""Corners nearer than this to the line of their neighbours are left out of a widened outline."""
_QUARTER: Final = 8
"""Steps of a rounded corner."""


class TemplateError(ValueError):
    """A place cannot be used to begin a zone; the text says why and what to do."""


def names(paths: Sequence[Path]) -> tuple[str, ...]:
    """Return what can be chosen, `kind: name`, in the order of the files and of the alphabet."""
    return tuple(name for path in paths if path.is_file() for name in sorted(_of(path)))


def files_in(folder: Path) -> tuple[Path, ...]:
    """Return the files of places in a folder; none if there is no such folder."""
    return tuple(sorted(folder.glob("*.geojson"))) if folder.is_dir() else ()


def shape_of(paths: Sequence[Path], name: str, buffer_m: float) -> Shape:
    """Return the named place widened by `buffer_m`: a circle round a point, else an outline.

    Raises TemplateError for a place that is not there, or a point or line without a width.
    """
    found = next((_of(path)[name] for path in paths if path.is_file() and name in _of(path)), None)
    if found is None:
        raise TemplateError("Choose a place of the list as it is written there")
    if not 0.0 <= buffer_m <= MOST_BUFFER_M:
        raise TemplateError(f"It can be widened by 0 to {MOST_BUFFER_M:.0f} metres")
    areal = found.geom_type in ("Polygon", "MultiPolygon")
    if not areal and buffer_m < 10.0:
        raise TemplateError("This place is a point or a line: enter by how many metres to widen it")
    if found.geom_type == "Point":
        lon_deg, lat_deg = (float(value) for value in shapely.get_coordinates(found)[0])
        return Disc(centre=LonLat(lon_deg=lon_deg, lat_deg=lat_deg), radius_m=buffer_m)
    return _shape(_widened(found, buffer_m) if buffer_m else found)


def _widened(found: BaseGeometry, buffer_m: float) -> BaseGeometry:
    west, south, east, north = found.bounds
    middle = LonLat(lon_deg=(west + east) / 2, lat_deg=(south + north) / 2)
    scale = np.array(Plane.at(middle).scale_m)
    metric: BaseGeometry = shapely.transform(found, lambda degrees: degrees * scale)
    wide = shapely.simplify(shapely.buffer(metric, buffer_m, quad_segs=_QUARTER), _COARSE_M)
    back: BaseGeometry = shapely.transform(wide, lambda metres: metres / scale)
    return back


def _shape(found: BaseGeometry) -> Shape:
    parts = [
        Polygon(rings=tuple(_ring(ring) for ring in (part.exterior, *part.interiors)))
        for part in shapely.get_parts(shapely.orient_polygons(found))
        if part.geom_type == "Polygon"
    ]
    return parts[0] if len(parts) == 1 else MultiPolygon(parts=tuple(parts))


def _ring(ring: BaseGeometry) -> tuple[LonLat, ...]:
    corners: list[list[float]] = shapely.get_coordinates(ring).tolist()
    return tuple(LonLat(lon_deg=lon, lat_deg=lat) for lon, lat in corners[:-1])


def _of(path: Path) -> dict[str, BaseGeometry]:
    return _read(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=16)
def _read(path: Path, _changed_at: int) -> dict[str, BaseGeometry]:
    """Return the places of a file by `kind: name`; those of one name are numbered."""
    if path.stat().st_size > MOST_BYTES:
        raise TemplateError(
            f"{path.name} is larger than {MOST_BYTES >> 20} MB: cut it to your area"
        )
    kind = path.stem.replace("_", " ").replace("-", " ").capitalize()
    found: dict[str, BaseGeometry] = {}
    try:
        features: list[Any] = json.loads(path.read_bytes())["features"]
        for feature in features[:MOST_PLACES]:
            if not feature.get("geometry"):
                continue
            name = f"{kind}: {_name(cast('dict[str, Any]', feature.get('properties') or {}))}"
            number = 1
            while name in found:
                number += 1
                name = f"{name.rpartition(' (')[0] if number > 2 else name} ({number})"
            found[name] = shapely.make_valid(geometry_of(feature["geometry"]))
    except (ValueError, KeyError, TypeError, AttributeError, GEOSException) as error:
        raise TemplateError(f"{path.name} is no GeoJSON that can be read: {error}") from error
    return found


def _name(properties: dict[str, Any]) -> str:
    """Return a place's name; the statistics office calls it by a code that ends in NM."""
    coded = [key for key in sorted(properties) if key.endswith("NM")]
    for key in (*_NAMES, *coded):
        if properties.get(key):
            return str(properties[key])[:100]
    return "without a name"
