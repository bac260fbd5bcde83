"""The place of a statement with its own vagueness: a point, a street or an area, made wider."""

from collections.abc import Sequence
from typing import Final

from tagwatch.core.geometry import Disc, LonLat, Plane, Polygon, Shape, ShapeError, validate

VAGUE_MOST_M: Final = 2_000.0
STREET_M: Final = 15.0
"""Half of a street's width, if it is not said to be vaguer."""
MOST_CORNERS: Final = 500
_ARC_STEPS: Final = 6


def widened(shape: Shape, vague_m: float) -> Shape:
    """Return everything within `vague_m` of the shape. Raises ShapeError."""
    if isinstance(shape, Disc):
        return Disc(centre=shape.centre, radius_m=shape.radius_m + vague_m)
    if vague_m <= 0.0:
        return shape
    if not isinstance(shape, Polygon):
        raise ShapeError("an area in several parts cannot be made vaguer: draw it wider, or as one")
    return _buffered([(p.lon_deg, p.lat_deg) for p in shape.rings[0]], vague_m, area=_AREA)


def street(corners: Sequence[tuple[float, float]], vague_m: float) -> Shape:
    """Return everything within `vague_m` of a street, at least half its width. `corners` are
    longitude and latitude. Raises ShapeError."""
    if not 2 <= len(corners) <= MOST_CORNERS:
        raise ShapeError(f"a street needs 2 to {MOST_CORNERS} places along it")
    return _buffered(list(corners), max(vague_m, STREET_M), area=_LINE)


_AREA: Final = "area"
_LINE: Final = "line"


def _buffered(corners: list[tuple[float, float]], by_m: float, area: str) -> Shape:
    from shapely import LineString, buffer, simplify  # noqa: PLC0415  # costs 0.1 s, rarely needed
    from shapely import Polygon as Outline  # noqa: PLC0415  # as above

    plane = Plane.at(LonLat(lon_deg=corners[0][0], lat_deg=corners[0][1]))
    spots = [plane.xy(lon, lat) for lon, lat in corners]
    drawn = Outline(spots) if area == _AREA else LineString(spots)
    wide = simplify(buffer(drawn, by_m, quad_segs=_ARC_STEPS), 0.5)
    outline = [plane.lonlat(x, y) for x, y in wide.exterior.coords[:-1]]
    found = Polygon(rings=(tuple(outline),))
    validate(found)
    return found
