"""Zones drawn elsewhere, as GeoJSON or KML: each feature a zone of one order.

A feature's name is the zone's; its other properties say what a zone of the import file says
(docs/import.md). Points with `radius_m` are circles; a line is no zone.
"""

import json
from typing import Any, Final, NamedTuple, cast

from tagwatch.core.ids import OrderId
from tagwatch.desk.import_file import ImportFile, ImportRefused, read_records
from tagwatch.desk.import_kml import read_kml
from tagwatch.desk.import_place import Places

ZONES_MOST: Final = 200
CORNERS_MOST: Final = 50_000
"""Of all zones of a file together; one has 10,000 at most."""
_NAMES: Final = ("label", "name", "title")
_SAID: Final = ("buffer_m", "knowledge", "valid_from", "valid_until", "told_at")
_AREAS: Final = ("Polygon", "MultiPolygon")
_TYPES: Final = ("FeatureCollection", "Feature", *_AREAS, "Point", "GeometryCollection")


class Drawing(NamedTuple):
    """What a drawing says."""

    file: ImportFile
    places: Places
    warnings: list[str]


def is_geojson(document: dict[str, Any]) -> bool:
    """Say whether a JSON object looks like GeoJSON."""
    return document.get("type") in _TYPES


def read_geojson(document: dict[str, Any], order_id: OrderId, knowledge: str) -> Drawing:
    """Return the zones of a GeoJSON document. Raises ImportRefused with every mistake."""
    if document.get("type") == "FeatureCollection":
        listed = document.get("features")
        if not isinstance(listed, list):
            raise ImportRefused(["file: this FeatureCollection has no list of features"])
        features = cast("list[Any]", listed)
    else:
        features = [document]
    return _drawing(features, order_id, knowledge)


def read_kml_drawing(data: bytes, order_id: OrderId, knowledge: str) -> Drawing:
    """Return the zones of a KML document. Raises ImportRefused with every mistake."""
    return _drawing(cast("list[Any]", read_kml(data)), order_id, knowledge)


def _drawing(features: list[Any], order_id: OrderId, knowledge: str) -> Drawing:
    if not features:
        raise ImportRefused(["file: there is no zone in it; export the drawing again"])
    if len(features) > ZONES_MOST:
        raise ImportRefused([f"file: {len(features)} zones are more than {ZONES_MOST}: part it"])
    if (corners := _corners(features)) > CORNERS_MOST:
        raise ImportRefused(
            [f"file: {corners} corners are more than {CORNERS_MOST}: simplify the outlines"]
        )
    places, wrong, warnings = Places(), list[str](), list[str]()
    zones: list[dict[str, Any]] = []
    named: dict[str, str] = {}
    for number, feature in enumerate(features, start=1):
        where = f"zone {number}"
        item = _zone(feature, where, wrong)
        if item is None:
            continue
        if not item["label"]:
            item["label"] = f"Zone {number}"
            warnings.append(f"{where}: it has no name and is called {item['label']!r}")
        where = f"{where} ({item['label'][:60]})"
        if (other := named.setdefault(item["label"].lower(), where)) is not where:
            wrong.append(f"{where}: {other} has the same name; give each a name of its own")
        if not item.setdefault("knowledge", knowledge):
            wrong.append(
                f"{where}: say whether the wearer knows where it lies, for the whole file or by "
                "its property knowledge: told or secret"
            )
            item["knowledge"] = "secret"
        ref = f"{order_id} {item['label']}"[:200].strip()
        places.put("exclusion_zones", len(zones), where)
        zones.append({**item, "ref": ref, "order": f"id:{order_id}"})
    try:
        file = read_records({"exclusion_zones": zones})
    except ImportRefused as error:
        raise ImportRefused([*wrong, *places.named(error.errors)]) from error
    if wrong:
        raise ImportRefused(wrong)
    return Drawing(file, places, warnings)


def _zone(feature: Any, where: str, wrong: list[str]) -> dict[str, Any] | None:
    """Return the item of one feature, None after noting what it is instead of a zone."""
    if not isinstance(feature, dict):
        wrong.append(f"{where}: this is no feature; export the drawing again")
        return None
    given = cast("dict[str, Any]", feature)
    geometry = given.get("geometry") if given.get("type") == "Feature" else given
    held = given.get("properties")
    said = cast("dict[str, Any]", held) if isinstance(held, dict) else {}
    label = next((str(said[name]).strip() for name in _NAMES if said.get(name)), "")
    item: dict[str, Any] = {name: said[name] for name in _SAID if said.get(name) is not None}
    item["label"] = " ".join(label.split())[:200]
    if isinstance(item.get("knowledge"), str):
        item["knowledge"] = item["knowledge"].strip().lower()
    if schedule := said.get("schedule"):
        rows = schedule.split(";") if isinstance(schedule, str) else schedule
        item["schedule"] = [row.strip() if isinstance(row, str) else row for row in rows]
    if not isinstance(geometry, dict):
        wrong.append(f"{where}: it has no outline; draw one, or take it out of the file")
        return None
    return _placed(item, cast("dict[str, Any]", geometry), said, where, wrong)


def _placed(
    item: dict[str, Any],
    geometry: dict[str, Any],
    said: dict[str, Any],
    where: str,
    wrong: list[str],
) -> dict[str, Any] | None:
    kind = geometry.get("type")
    if kind in _AREAS:
        return {**item, "geojson": geometry}
    if kind == "GeometryCollection":
        parts = _areas_of(geometry)
        if parts is not None:
            return {**item, "geojson": {"type": "MultiPolygon", "coordinates": parts}}
    if kind == "Point" and said.get("radius_m") is not None:
        centre = geometry.get("coordinates")
        place = cast("list[Any]", centre)[:2] if isinstance(centre, list) else []
        if len(place) == 2 and all(isinstance(part, int | float) for part in place):
            return {**item, "disc": {"centre": place, "radius_m": said["radius_m"]}}
    hint = (
        "a point is no zone: give it the property radius_m, or draw an area"
        if kind == "Point"
        else f"{kind} is no area: draw a polygon"
    )
    wrong.append(f"{where}: {hint}, or take it out of the file")
    return None


def _areas_of(geometry: dict[str, Any]) -> list[Any] | None:
    """Return the polygons of a collection, None if anything else is in it."""
    listed = geometry.get("geometries")
    found: list[Any] = []
    for part in cast("list[Any]", listed if isinstance(listed, list) else []):
        given = cast("dict[str, Any]", part if isinstance(part, dict) else {})
        coordinates = given.get("coordinates")
        if given.get("type") not in _AREAS or not isinstance(coordinates, list):
            return None
        several = cast("list[Any]", coordinates)
        found += several if given["type"] == "MultiPolygon" else [several]
    return found or None


def _corners(value: Any) -> int:
    """Return how many positions a document holds, wherever they stand."""
    if isinstance(value, dict):
        return sum(_corners(part) for part in cast("dict[str, Any]", value).values())
    if not isinstance(value, list):
        return 0
    listed = cast("list[Any]", value)
    if len(listed) > 1 and all(isinstance(part, int | float) for part in listed[:2]):
        return 1
    return sum(_corners(part) for part in listed)


def parsed(text: str) -> Any:
    """Return a JSON document. Raises ImportRefused, saying where it breaks off."""
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise ImportRefused(
            [f"line {error.lineno}: this is no JSON from character {error.colno} on: {error.msg}"]
        ) from error
    except ValueError as error:
        raise ImportRefused([f"file: a number in it cannot be read: {error}"]) from error
    except RecursionError as error:
        raise ImportRefused(["file: it is nested too deeply for what it can be"]) from error
