"""Shapes as an order states them, in degrees: disc, polygon with holes, several polygons.

These are journaled, so they check themselves when built or decoded; `validate` adds the checks
that need the whole outline and is for the moment of authoring or import.
"""

from collections.abc import Sequence
from math import cos, isfinite, pi, sin, sqrt

import msgspec
import numpy as np

from tagwatch.core.crossing import Crossing, first_crossing, first_misplaced
from tagwatch.core.plane import Floats, LonLat, scale_m

MAX_VERTICES = 10_000
MAX_RADIUS_M = 100_000.0
MAX_LATITUDE_DEG = 80.0
"""Beyond it there is no metric plane."""
MAX_SPAN_DEG = (20.0, 12.0)
"""Longitude and latitude that one plane is true for: P(inside) errs by 0.01 at most."""

Ring = tuple[LonLat, ...]
"""At least three places, the first not repeated at the end."""


class ShapeError(ValueError):
    """A shape that cannot be used, in a sentence for the person who drew it."""


class Disc(msgspec.Struct, frozen=True, kw_only=True, gc=False, tag="disc"):
    """Everything within `radius_m` of `centre`. Raises ShapeError for an impossible radius."""

    centre: LonLat
    radius_m: float

    def __post_init__(self) -> None:
        if not (isfinite(self.radius_m) and 0.0 < self.radius_m <= MAX_RADIUS_M):
            raise ShapeError(
                f"radius {self.radius_m} m is not between 0 and {MAX_RADIUS_M:.0f} m; "
                "draw a polygon for a larger zone"
            )


class Polygon(msgspec.Struct, frozen=True, kw_only=True, gc=False, tag="polygon"):
    """One outline and its holes: `rings[0]` is the outer ring, the others are holes.

    Raises ShapeError when empty, with rings of fewer than three places, or too large.
    """

    rings: tuple[Ring, ...]

    def __post_init__(self) -> None:
        if not self.rings:
            raise ShapeError("the polygon is empty; it needs an outer ring")
        for number, ring in enumerate(self.rings):
            corners = len(set(ring))
            if corners < 3:
                raise ShapeError(
                    f"{ring_name(number)} has {corners} different corners; it needs at least 3"
                )
            _refuse_antimeridian(ring, number)
        _refuse_too_many(sum(len(ring) for ring in self.rings))


class MultiPolygon(msgspec.Struct, frozen=True, kw_only=True, gc=False, tag="multipolygon"):
    """A zone in several parts, their union. Raises ShapeError when empty or too large."""

    parts: tuple[Polygon, ...]

    def __post_init__(self) -> None:
        if not self.parts:
            raise ShapeError("the zone is empty; it needs at least one polygon")
        _refuse_too_many(sum(len(ring) for part in self.parts for ring in part.rings))


Shape = Disc | Polygon | MultiPolygon


def polygons(shape: Polygon | MultiPolygon) -> tuple[Polygon, ...]:
    """Return the parts of a shape, one or several."""
    return (shape,) if isinstance(shape, Polygon) else shape.parts


def outline_of(disc: Disc, corners: int = 128) -> Polygon:
    """Return a regular polygon of the disc's centre and area: its edge leaves the circle by less
    than 0.04 % of the radius."""
    kx_m, ky_m = scale_m(disc.centre.lat_deg)
    turn = 2.0 * pi / corners
    reach_m = disc.radius_m * sqrt(turn / sin(turn))
    ring = tuple(
        LonLat(
            lon_deg=disc.centre.lon_deg + reach_m * cos(turn * n) / kx_m,
            lat_deg=disc.centre.lat_deg + reach_m * sin(turn * n) / ky_m,
        )
        for n in range(corners)
    )
    return Polygon(rings=(ring,))


def ring_name(number: int) -> str:
    """Return what a person would call ring `number` of a polygon."""
    return "the outer ring" if number == 0 else f"hole {number}"


def ring_array(ring: Ring) -> Floats:
    """Return the ring as an array of shape (n, 2), longitude and latitude in degrees."""
    return np.array([(place.lon_deg, place.lat_deg) for place in ring], dtype=np.float64)


def doubled_area(corners: Floats) -> float:
    """Return twice the signed area of an (n, 2) ring, positive when it runs anticlockwise."""
    x, y = corners[:, 0] - corners[0, 0], corners[:, 1] - corners[0, 1]
    return float(np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y))


def normalised(shape: Polygon | MultiPolygon) -> Polygon | MultiPolygon:
    """Return the shape with outer rings anticlockwise, holes clockwise, no repeated corner.

    Raises ShapeError if a ring loses its area by it.
    """
    parts = tuple(
        Polygon(rings=tuple(_normalised_ring(ring, n) for n, ring in enumerate(part.rings)))
        for part in polygons(shape)
    )
    return parts[0] if isinstance(shape, Polygon) else MultiPolygon(parts=parts)


def validate(shape: Shape) -> None:
    """Raise ShapeError, naming the place, when a polygon's rings cross or lie where they cannot,
    or reach farther than one plane is true for.

    Rings may touch in points. An outline that covers ground twice, or a hole outside its polygon,
    would make the Gaussian mass count wrongly, so it is refused where the shape is authored.
    The parts of a zone may overlap: the zone is their union.
    """
    if isinstance(shape, Disc):
        _refuse_far([shape.centre])
        return
    _refuse_far([place for part in polygons(shape) for place in part.rings[0]])
    for number, part in enumerate(polygons(shape)):
        _validate_part(part, "" if isinstance(shape, Polygon) else f" of part {number + 1}")


def _validate_part(part: Polygon, of_part: str) -> None:
    rings = [_oriented(ring_array(ring), number) for number, ring in enumerate(part.rings)]
    crossing = first_crossing(rings)
    if crossing is not None:
        first, second = ring_name(crossing.first_ring), ring_name(crossing.second_ring)
        what = f"{first} crosses {'itself' if first == second else second}"
        raise ShapeError(_crossed(f"{what}{of_part}", crossing))
    misplaced = first_misplaced(rings)
    if misplaced is not None:
        raise ShapeError(
            f"{ring_name(misplaced)}{of_part} is misplaced: holes must lie in the outer ring and "
            "outside each other"
        )


def _oriented(corners: Floats, number: int) -> Floats:
    """Return a polygon's ring `number` anticlockwise if outer, clockwise if a hole."""
    return corners if (doubled_area(corners) > 0.0) == (number == 0) else corners[::-1]


def _normalised_ring(ring: Ring, number: int) -> Ring:
    kept = tuple(
        here for here, after in zip(ring, ring[1:] + ring[:1], strict=True) if here != after
    )
    area = doubled_area(ring_array(kept))
    if area == 0.0:
        _refuse_areas_that_cancel(ring_array(kept), ring_name(number))
        raise ShapeError(f"{ring_name(number)} has no area; its corners lie on one line")
    anticlockwise = number == 0
    return kept if (area > 0.0) == anticlockwise else kept[::-1]


def _refuse_areas_that_cancel(corners: Floats, name: str) -> None:
    """Raise ShapeError, naming the place, when a ring without area is no line but crosses itself,
    as a bow does of which both halves are alike."""
    along = corners - corners[0]
    far = along[int(np.argmax(np.sum(along * along, axis=1)))]
    if bool(np.all(far[0] * along[:, 1] == far[1] * along[:, 0])):
        return
    crossing = first_crossing([corners])
    if crossing is not None:
        raise ShapeError(_crossed(f"{name} crosses itself", crossing))


def _crossed(what: str, crossing: Crossing) -> str:
    return (
        f"{what} near longitude {crossing.x:.6f}, latitude {crossing.y:.6f}; "
        "move a corner so that the outline meets itself nowhere"
    )


def _refuse_antimeridian(ring: Ring, number: int) -> None:
    lons = [place.lon_deg for place in ring]
    if max(lons) - min(lons) > 180.0:
        raise ShapeError(
            f"{ring_name(number)} spans more than 180 degrees of longitude; "
            "shapes across the antimeridian are not supported"
        )


def _refuse_far(corners: Sequence[LonLat]) -> None:
    lons, lats = [place.lon_deg for place in corners], [place.lat_deg for place in corners]
    farthest = max(lats, key=abs)
    if abs(farthest) > MAX_LATITUDE_DEG:
        raise ShapeError(
            f"the zone reaches latitude {farthest:g}; beyond {MAX_LATITUDE_DEG:g} degrees nothing "
            "can be judged"
        )
    width, height = max(lons) - min(lons), max(lats) - min(lats)
    if width > MAX_SPAN_DEG[0] or height > MAX_SPAN_DEG[1]:
        raise ShapeError(
            f"the zone reaches over {width:.1f} degrees of longitude and {height:.1f} of latitude; "
            f"at most {MAX_SPAN_DEG[0]:g} and {MAX_SPAN_DEG[1]:g} can be judged as one zone: "
            "divide it"
        )


def _refuse_too_many(count: int) -> None:
    if count > MAX_VERTICES:
        raise ShapeError(
            f"the zone has {count} corners, the limit is {MAX_VERTICES}; simplify the outline"
        )
