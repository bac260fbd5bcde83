"""Shapes from and to GeoJSON (RFC 7946), refusing what could be misread."""

from collections.abc import Mapping
from typing import Any, cast

from tagwatch.core.plane import LonLat
from tagwatch.core.shape import (
    MAX_VERTICES,
    Disc,
    MultiPolygon,
    Polygon,
    Ring,
    Shape,
    ShapeError,
    normalised,
    polygons,
    ring_name,
    validate,
)


def from_geojson(document: Mapping[str, Any]) -> Polygon | MultiPolygon:
    """Return the shape of a Polygon, MultiPolygon, Feature or FeatureCollection.

    A collection is the union of its polygons. Rings drawn the wrong way round are put right.
    Raises ShapeError, saying which ring and why, for anything that cannot be a zone.
    """
    parts = _parts(document)
    if not parts:
        raise ShapeError("the GeoJSON is empty; it needs at least one polygon")
    _refuse_too_many(parts)
    built = [_polygon(rings, _part_name(number, len(parts))) for number, rings in enumerate(parts)]
    shape = built[0] if len(built) == 1 else MultiPolygon(parts=tuple(built))
    shape = normalised(shape)
    validate(shape)
    return shape


def to_geojson(shape: Shape) -> dict[str, Any]:
    """Return the shape as a GeoJSON geometry, a disc as a Point with `radius_m` beside it."""
    if isinstance(shape, Disc):
        centre = [shape.centre.lon_deg, shape.centre.lat_deg]
        return {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": centre},
            "properties": {"radius_m": shape.radius_m},
        }
    if isinstance(shape, Polygon):
        return {"type": "Polygon", "coordinates": _coordinates(shape)}
    return {"type": "MultiPolygon", "coordinates": [_coordinates(p) for p in polygons(shape)]}


def _coordinates(polygon: Polygon) -> list[list[list[float]]]:
    return [
        [[place.lon_deg, place.lat_deg] for place in (*ring, ring[0])] for ring in polygon.rings
    ]


def _parts(document: Mapping[str, Any]) -> list[Any]:
    """Return the coordinate lists of every polygon in the document."""
    kind = document.get("type")
    if kind == "FeatureCollection":
        return [part for feature in _list(document, "features") for part in _parts(feature)]
    if kind == "Feature":
        geometry = document.get("geometry")
        if not isinstance(geometry, Mapping):
            raise ShapeError("a GeoJSON feature has no geometry; draw a polygon for it")
        return _parts(cast("Mapping[str, Any]", geometry))
    if kind == "Polygon":
        return [_list(document, "coordinates")]
    if kind == "MultiPolygon":
        return _list(document, "coordinates")
    raise ShapeError(
        f"GeoJSON of type {kind!r} is not an area; "
        "give a Polygon, a MultiPolygon, or features of them"
    )


def _list(document: Mapping[str, Any], key: str) -> list[Any]:
    value = document.get(key)
    if not isinstance(value, list):
        raise ShapeError(f"the GeoJSON {document.get('type')} has no list of {key}")
    return cast("list[Any]", value)


def _refuse_too_many(parts: list[Any]) -> None:
    count = sum(
        len(cast("list[Any]", ring))
        for rings in parts
        if isinstance(rings, list)
        for ring in cast("list[Any]", rings)
        if isinstance(ring, list)
    )
    if count > 2 * MAX_VERTICES:
        raise ShapeError(
            f"the zone has {count} corners, the limit is {MAX_VERTICES}; simplify the outline"
        )


def _part_name(number: int, count: int) -> str:
    return "" if count == 1 else f" of part {number + 1}"


def _polygon(rings: Any, part: str) -> Polygon:
    if not isinstance(rings, list) or not rings:
        raise ShapeError(f"the polygon{part} is empty; it needs an outer ring")
    listed = cast("list[Any]", rings)
    return Polygon(
        rings=tuple(_ring(ring, ring_name(number) + part) for number, ring in enumerate(listed))
    )


def _ring(ring: Any, name: str) -> Ring:
    if not isinstance(ring, list) or not ring:
        raise ShapeError(f"{name} is empty; it needs at least 3 corners")
    places = tuple(_place(corner, name) for corner in cast("list[Any]", ring))
    if places[0] != places[-1]:
        raise ShapeError(f"{name} is not closed; its last corner must repeat its first")
    return places[:-1]


def _place(corner: Any, name: str) -> LonLat:
    if not isinstance(corner, list) or len(cast("list[Any]", corner)) < 2:
        raise ShapeError(f"{name} has a corner {corner!r} that is not [longitude, latitude]")
    lon, lat = cast("list[Any]", corner)[:2]
    for number in (lon, lat):
        if isinstance(number, bool) or not isinstance(number, int | float):
            raise ShapeError(f"{name} has a corner {corner!r} that is not made of numbers")
    try:
        return LonLat(lon_deg=float(lon), lat_deg=float(lat))
    except (ValueError, OverflowError) as error:
        raise ShapeError(f"{name} has an impossible corner: {error}") from error
