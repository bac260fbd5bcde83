"""The London borough a place lies in, from the outlines the maps are drawn on."""

import json
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, NamedTuple

OUTLINES: Final = Path(__file__).parents[1] / "web" / "static" / "map" / "boroughs.geojson"
OUTSIDE: Final = "Outside London"
RIVER: Final = "River Thames"


class Outline(NamedTuple):
    """One borough, or the river."""

    name: str
    box: tuple[float, float, float, float]
    """West, south, east, north."""
    rings: tuple[tuple[tuple[float, float], ...], ...]


def names() -> tuple[str, ...]:
    """Return the names of the 33 boroughs in alphabetical order, the City among them."""
    return tuple(sorted({outline.name for outline in outlines()} - {RIVER}))


def borough_of(lon_deg: float, lat_deg: float) -> str:
    """Return the borough the place lies in; `River Thames` and `Outside London` are answers too."""
    for name, (west, south, east, north), rings in outlines():
        if west <= lon_deg <= east and south <= lat_deg <= north:
            crossed = sum(_crossed(ring, lon_deg, lat_deg) for ring in rings)
            if crossed % 2:
                return name
    return OUTSIDE


def _crossed(ring: tuple[tuple[float, float], ...], lon_deg: float, lat_deg: float) -> int:
    """Return how many edges a ray to the east crosses: odd means inside."""
    return sum(
        (south > lat_deg) != (north > lat_deg)
        and lon_deg < west + (lat_deg - south) / (north - south) * (east - west)
        for (west, south), (east, north) in pairwise(ring)
    )


@cache
def outlines() -> tuple[Outline, ...]:
    """Return the boroughs and the river."""
    features = json.loads(OUTLINES.read_text(encoding="utf-8"))["features"]
    return tuple(_outline(feature) for feature in features)


def _outline(feature: dict[str, Any]) -> Outline:
    geometry = feature["geometry"]
    parts = geometry["coordinates"] if geometry["type"] == "MultiPolygon" else None
    rings = tuple(
        tuple((float(lon), float(lat)) for lon, lat in ring)
        for part in (parts or [geometry["coordinates"]])
        for ring in part
    )
    lons, lats = zip(*(corner for ring in rings for corner in ring), strict=True)
    box = (min(lons), min(lats), max(lons), max(lats))
    return Outline(name=feature["properties"]["name"], box=box, rings=rings)
