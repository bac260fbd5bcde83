"""An area of a condition: a disc that bounds it, cheap, and the exact shape in metres, dear."""

from dataclasses import dataclass
from math import fsum, hypot, pi, sqrt
from typing import Final

import numpy as np

from tagwatch.core.contour import bordered, snapped
from tagwatch.core.geometry import (
    Disc,
    LonLat,
    MultiPolygon,
    PlanarShape,
    Plane,
    Polygon,
    Shape,
    distance_to_shape_m,
    planar,
)
from tagwatch.core.order import ConditionVersion, ExclusionZone, NoContact, Terms, place_of
from tagwatch.core.outcome import RuleKind
from tagwatch.core.plane import scale_m
from tagwatch.core.rules.kept import Kept
from tagwatch.core.shape import polygons

NEAR_SHARE: Final = 0.95
"""A flat metre scale at the area's centre overstates distances by less than this allows."""
NEAR_LIMIT_M: Final = 250_000.0
"""Beyond this the flat scale only says: at least so far."""
FAR_SHARE: Final = 0.05
"""Lengths by the flat scale are off by less than this."""
CLOSE_M: Final = 2_000.0
CLOSE_SHARE: Final = 0.005
"""Within CLOSE_M of the centre of an area no larger they are off by less than this."""
SLACK_M: Final = 1e-3
"""More than two ways of computing a radius can differ by rounding."""
_BENT_M: Final = 1.0
"""More than a prepared edge, straight in its plane, leaves the one that is straight in degrees."""
_ARC_STEPS: Final = 8
_GRID: Final = 24
_OF_AN_AREA: Final = 100
"""What an area takes besides its edges, in numbers of eight bytes."""


@dataclass(slots=True, eq=False)
class Bound:
    """A disc that certainly holds a shape and its buffer, cheap to make and small to keep.

    Its centre, metres per degree there (`kx_m`, `ky_m`), and its radius by that flat scale.
    """

    lon_deg: float
    lat_deg: float
    kx_m: float
    ky_m: float
    bound_m: float
    found: Plane | None = None

    @property
    def plane(self) -> Plane:
        """The plane of the area itself, without the area; made when first asked for."""
        if self.found is None:
            self.found = Plane.at(LonLat(lon_deg=self.lon_deg, lat_deg=self.lat_deg))
        return self.found

    @property
    def numbers(self) -> tuple[float, float, float, float, float]:
        """Centre, metres per degree there, and radius: what the kernels take."""
        return self.lon_deg, self.lat_deg, self.kx_m, self.ky_m, self.bound_m

    @property
    def plane_radius_m(self) -> float:
        """Radius of a disc about the plane's origin that certainly holds the shape and its buffer:
        wider by what the flat scale may be off."""
        return self.bound_m * (1.0 + FAR_SHARE) + _BENT_M

    def is_beyond(self, lon_deg: float, lat_deg: float, reach_m: float) -> bool:
        """Return True only when the place is certainly farther than `reach_m` from the shape."""
        dx_m = (lon_deg - self.lon_deg) * self.kx_m
        dy_m = (lat_deg - self.lat_deg) * self.ky_m
        near_m = NEAR_SHARE * sqrt(dx_m * dx_m + dy_m * dy_m)
        return min(near_m, NEAR_LIMIT_M) > self.bound_m + reach_m


def bound(shape: Shape, buffer_m: float = 0.0) -> Bound:
    """Return a disc round `shape`, widened by `buffer_m`, without preparing the shape.

    Edges are straight in degrees, and so by the flat scale: the farthest corner bounds a polygon.
    """
    centre = _centre(shape)
    kx_m, ky_m = scale_m(centre.lat_deg)
    if isinstance(shape, Disc):
        radius_m = shape.radius_m
    else:
        radius_m = _BENT_M + max(
            hypot((p.lon_deg - centre.lon_deg) * kx_m, (p.lat_deg - centre.lat_deg) * ky_m)
            for part in polygons(shape)
            for p in part.rings[0]
        )
    return Bound(centre.lon_deg, centre.lat_deg, kx_m, ky_m, radius_m + buffer_m)


@dataclass(slots=True, eq=False)
class Area:
    """A shape in its own plane, ready for any number of fixes, and a disc that lies in it."""

    shape: PlanarShape
    found: tuple[float, float, float] | None = None
    measured_m2: float = 0.0

    @property
    def size_m2(self) -> float:
        """Square metres of the shape, parts united and holes left out; measured when first asked
        for."""
        if self.measured_m2 == 0.0:
            self.measured_m2 = _size_m2(self.shape)
        return self.measured_m2

    @property
    def inner(self) -> tuple[float, float, float]:
        """Longitude, latitude and radius in metres of a disc inside the shape; 0 if none is known.

        Looked for when first asked: only a curfew's place is ever asked, and it takes a while.
        """
        if self.found is None:
            x_m, y_m, radius_m = _inner_disc(self.shape)
            centre = self.shape.plane.lonlat(x_m, y_m)
            self.found = centre.lon_deg, centre.lat_deg, radius_m
        return self.found


def area(shape: Shape, buffer_m: float = 0.0) -> Area:
    """Return `shape`, widened by `buffer_m`, ready for any number of fixes."""
    plane = Plane.at(_centre(shape))
    if buffer_m <= 0.0:
        return Area(planar(shape, plane))
    if isinstance(shape, Disc):
        return Area(planar(Disc(centre=shape.centre, radius_m=shape.radius_m + buffer_m), plane))
    return Area(_widened(shape, plane, buffer_m))


def bound_of(terms: Terms, rule: RuleKind) -> Bound:
    """Return a disc that holds what `rule` tests of `terms`."""
    return bound(*_shape_of(terms, rule))


def disc_of(terms: Terms, rule: RuleKind) -> Disc | None:
    """Return what `rule` tests of `terms` where it is a disc, which needs no making ready."""
    shape, buffer_m = _shape_of(terms, rule)
    return shape if isinstance(shape, Disc) and not buffer_m else None


class Areas:
    """Areas made ready and kept, of at most `most` numbers together."""

    def __init__(self, most: int) -> None:
        self._kept: Kept[tuple[str, int, RuleKind], tuple[Terms, Area]] = Kept(most, _numbers)

    def __len__(self) -> int:
        return len(self._kept)

    def of(self, version: ConditionVersion, rule: RuleKind) -> Area:
        """Return the area of a version of a condition that `rule` tests."""
        key = (version.condition_id, version.version, rule)
        found = self._kept.get(key)
        if found is not None and (found[0] is version.terms or found[0] == version.terms):
            return found[1]
        ready = area(*_shape_of(version.terms, rule))
        self._kept.put(key, (version.terms, ready))
        return ready

    def ready(self, version: ConditionVersion, rule: RuleKind) -> Area | None:
        """Return the area if it is ready and kept, or quick to make as a disc is, else None."""
        found = self._kept.get((version.condition_id, version.version, rule))
        known = found is not None and (found[0] is version.terms or found[0] == version.terms)
        if known or isinstance(_shape_of(version.terms, rule)[0], Disc):
            return self.of(version, rule)
        return None


def _numbers(kept: tuple[Terms, Area]) -> int:
    return _OF_AN_AREA + kept[1].shape.edges.size


def _shape_of(terms: Terms, rule: RuleKind) -> tuple[Shape, float]:
    """Return a shape and how much it is widened."""
    if isinstance(terms, ExclusionZone):
        return terms.shape, terms.buffer_m if rule is RuleKind.APPROACH else 0.0
    if isinstance(terms, NoContact):
        raise ValueError("a condition of no contact has no place of its own")
    return place_of(terms), 0.0


def _centre(shape: Shape) -> LonLat:
    if isinstance(shape, Disc):
        return shape.centre
    places = [place for part in polygons(shape) for place in part.rings[0]]
    lons = [place.lon_deg for place in places]
    lats = [place.lat_deg for place in places]
    return LonLat(lon_deg=(min(lons) + max(lons)) / 2, lat_deg=(min(lats) + max(lats)) / 2)


def _widened(shape: Polygon | MultiPolygon, plane: Plane, buffer_m: float) -> PlanarShape:
    """Return everything within `buffer_m` of the shape; corners rounded by 8 steps a quarter.

    The arcs lie inside the true ones by less than 0.5 % of `buffer_m`. Used for warnings only.
    """
    # Only authoring-time geometry: the decisions use the outline it yields, by the scalar path.
    from shapely import Polygon as Part  # noqa: PLC0415  # costs 0.1 s, rarely needed
    from shapely import buffer, get_parts, orient_polygons, unary_union  # noqa: PLC0415  # the same

    parts = [
        Part(rings[0], rings[1:])
        for part in polygons(shape)
        for rings in [[[plane.xy(p.lon_deg, p.lat_deg) for p in ring] for ring in part.rings]]
    ]
    wide = orient_polygons(buffer(unary_union(parts), buffer_m, quad_segs=_ARC_STEPS))
    rings = [
        np.array(ring.coords)
        for part in get_parts(wide)
        for ring in (part.exterior, *part.interiors)
    ]
    edges = np.concatenate([np.hstack([ring[:-1], ring[1:]]) for ring in rings])
    return bordered(snapped(edges), plane)


def _size_m2(shape: PlanarShape) -> float:
    if shape.is_disc:
        return pi * shape.radius_m**2
    # Every edge has the shape on its left, so the triangles to the centre add up, holes too.
    x0, y0, x1, y1 = shape.edges.reshape(-1, 4).T
    x0, x1 = x0 - shape.centre_x_m, x1 - shape.centre_x_m
    y0, y1 = y0 - shape.centre_y_m, y1 - shape.centre_y_m
    return 0.5 * fsum((x0 * y1 - x1 * y0).tolist())


def _inner_disc(shape: PlanarShape) -> tuple[float, float, float]:
    """Return (x, y, radius) of a disc inside the shape: a disc itself, else the best of a grid."""
    if shape.is_disc:
        return shape.centre_x_m, shape.centre_y_m, shape.radius_m
    low_x, low_y, high_x, high_y = shape.box_m
    best = (shape.centre_x_m, shape.centre_y_m, 0.0)
    if shape.edges.size > 4 * 500:
        return best
    for i in range(_GRID):
        for j in range(_GRID):
            x_m = low_x + (high_x - low_x) * (i + 0.5) / _GRID
            y_m = low_y + (high_y - low_y) * (j + 0.5) / _GRID
            depth_m = -distance_to_shape_m(shape, x_m, y_m)
            if depth_m > best[2]:
                best = (x_m, y_m, depth_m)
    return best


def farthest_m(shape: PlanarShape, x_m: float, y_m: float) -> float:
    """Return an upper bound of the distance from a place to the farthest point of the shape."""
    return hypot(x_m - shape.centre_x_m, y_m - shape.centre_y_m) + shape.bound_radius_m
