"""An area of a condition made ready: exact shape in metres, and a quick lower bound of distance."""

from dataclasses import dataclass
from math import hypot, sqrt
from typing import Final

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
from tagwatch.core.shape import polygons

NEAR_SHARE: Final = 0.95
"""A flat metre scale at the area's centre overstates distances by less than this allows."""
NEAR_LIMIT_M: Final = 250_000.0
"""Beyond this the flat scale only says: at least so far."""
_ARC_STEPS: Final = 16
_GRID: Final = 24


@dataclass(slots=True, eq=False)
class Area:
    """A shape in its own plane, its bounding disc, and an inner disc that lies wholly in it.

    `kx_m` and `ky_m` are metres per degree at the centre (`lon_deg`, `lat_deg`) of the bounding
    disc.
    """

    shape: PlanarShape
    lon_deg: float
    lat_deg: float
    kx_m: float
    ky_m: float
    bound_m: float
    found: tuple[float, float, float] | None = None

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

    def is_beyond(self, lon_deg: float, lat_deg: float, reach_m: float) -> bool:
        """Return True only when the place is certainly farther than `reach_m` from the shape."""
        dx_m = (lon_deg - self.lon_deg) * self.kx_m
        dy_m = (lat_deg - self.lat_deg) * self.ky_m
        near_m = NEAR_SHARE * sqrt(dx_m * dx_m + dy_m * dy_m)
        return min(near_m, NEAR_LIMIT_M) > self.bound_m + reach_m


def area(shape: Shape, buffer_m: float = 0.0) -> Area:
    """Return `shape`, widened by `buffer_m`, ready for any number of fixes."""
    plane = Plane.at(_centre(shape))
    ready = planar(_widened(shape, plane, buffer_m), plane)
    centre = plane.lonlat(ready.centre_x_m, ready.centre_y_m)
    local = Plane.at(centre)
    kx_m, _ = local.xy(centre.lon_deg + 1e-3, centre.lat_deg)
    _, ky_m = local.xy(centre.lon_deg, centre.lat_deg + 1e-3)
    return Area(
        shape=ready,
        lon_deg=centre.lon_deg,
        lat_deg=centre.lat_deg,
        kx_m=kx_m * 1e3,
        ky_m=ky_m * 1e3,
        bound_m=ready.bound_radius_m,
    )


def _centre(shape: Shape) -> LonLat:
    if isinstance(shape, Disc):
        return shape.centre
    places = [place for part in polygons(shape) for place in part.rings[0]]
    lons = [place.lon_deg for place in places]
    lats = [place.lat_deg for place in places]
    return LonLat(lon_deg=(min(lons) + max(lons)) / 2, lat_deg=(min(lats) + max(lats)) / 2)


def _widened(shape: Shape, plane: Plane, buffer_m: float) -> Shape:
    """Return everything within `buffer_m` of the shape; corners rounded by 16 steps a quarter.

    The arcs lie inside the true ones by less than 0.13 % of `buffer_m`. Used for warnings only.
    """
    if buffer_m <= 0.0:
        return shape
    if isinstance(shape, Disc):
        return Disc(centre=shape.centre, radius_m=shape.radius_m + buffer_m)
    # Only authoring-time geometry: the decisions use the outline it yields, by the scalar path.
    from shapely import MultiPolygon as Parts  # noqa: PLC0415  # costs 0.1 s, rarely needed
    from shapely import Polygon as Part  # noqa: PLC0415  # the same
    from shapely import buffer, unary_union  # noqa: PLC0415  # the same

    parts = [
        Part(rings[0], rings[1:])
        for part in polygons(shape)
        for rings in [[[plane.xy(p.lon_deg, p.lat_deg) for p in ring] for ring in part.rings]]
    ]
    wide = buffer(unary_union(parts), buffer_m, quad_segs=_ARC_STEPS)
    found = list(wide.geoms) if isinstance(wide, Parts) else [wide]
    return MultiPolygon(
        parts=tuple(
            Polygon(
                rings=tuple(
                    tuple(plane.lonlat(float(x), float(y)) for x, y in list(ring.coords)[:-1])
                    for ring in (part.exterior, *part.interiors)
                )
            )
            for part in found
        )
    )


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
