"""Where a fix lies against a shape: exact Gaussian mass, distance, and bounds for the screen.

`LonLat`, `Plane`, the shapes and `PlanarShape` are offered here so that one import serves.
"""

from functools import cache
from math import hypot
from types import ModuleType

import numpy as np

from tagwatch.core.contour import PlanarShape, clearance_m, planar
from tagwatch.core.disc_table import table_mass
from tagwatch.core.geojson import from_geojson, to_geojson
from tagwatch.core.plane import Floats, LonLat, Plane, distance_m
from tagwatch.core.shape import Disc, MultiPolygon, Polygon, Shape, ShapeError, validate

__all__ = [
    "FAR_SIGMAS",
    "Disc",
    "LonLat",
    "MultiPolygon",
    "PlanarShape",
    "Plane",
    "Polygon",
    "Shape",
    "ShapeError",
    "clearance_m",
    "distance_m",
    "distance_to_shape_m",
    "from_geojson",
    "load_kernels",
    "mass",
    "mixed_mass",
    "planar",
    "tail_bound",
    "to_geojson",
    "validate",
]

FAR_SIGMAS = 9.0
"""Beyond this many sigmas the mass is 0 or 1 within 1e-17."""

_MARGIN_SHARE = 1e-6
_MARGIN = 1e-9
_MANY = 4 * 100
"""Numbers of 100 edges: fewer are walked as quickly one by one."""


@cache
def _kernels() -> ModuleType:
    """Return the scalar kernels, loaded when first asked for: they bring the compiler, 90 MB,
    which a process that decides nothing does without."""
    from tagwatch.core import gaussian  # noqa: PLC0415  # see above

    return gaussian


@cache
def _many_edges() -> ModuleType:
    """Return the kernels for outlines of many edges where nothing is compiled."""
    from tagwatch.core import many_edges as at_once  # noqa: PLC0415  # as above

    return at_once


def _at_once(shape: PlanarShape) -> bool:
    """Return whether the edges are many and nothing is compiled: then it is quicker to take them
    all at once, with the same result to the last bit."""
    if shape.edges.size < _MANY:
        return False
    from tagwatch.core import compiled  # noqa: PLC0415  # as above

    return not compiled.COMPILED


def load_kernels() -> None:
    """Load, and compile where that is done, all that `mass` and `distance_to_shape_m` use: about
    a second, which a process spends better at its start than at its first question. So with the
    table of the screen."""
    plane = Plane.at(LonLat(lon_deg=0.0, lat_deg=0.0))
    corners = tuple(plane.lonlat(x_m, y_m) for x_m, y_m in ((0.0, 0.0), (9.0, 0.0), (0.0, 9.0)))
    for shape in (Disc(centre=plane.origin, radius_m=9.0), Polygon(rings=(corners,))):
        ready = planar(shape, plane)
        mass(ready, 2.0, 2.0, 5.0)
        distance_to_shape_m(ready, 2.0, 2.0)
    one = np.ones((1, 1))
    table_mass(one[0], one[0], one, one)


def mass(shape: PlanarShape, x_m: float, y_m: float, sigma_m: float) -> float:
    """Return P that a circular Gaussian about (x_m, y_m) lies in the shape, error below 1e-8.

    `sigma_m` is per axis and must be positive, else ValueError. This is the one scalar path.
    """
    if not sigma_m > 0.0:
        raise ValueError(f"sigma {sigma_m} m is not positive; unknown accuracy needs a default")
    if clearance_m(shape, x_m, y_m) > FAR_SIGMAS * sigma_m:
        return 0.0
    if shape.is_disc:
        offset_m = hypot(x_m - shape.centre_x_m, y_m - shape.centre_y_m)
        return _kernels().disc_mass(shape.radius_m, offset_m, sigma_m)
    if _at_once(shape):
        return _many_edges().polygon_mass(shape.edges, x_m, y_m, sigma_m)
    return _kernels().polygon_mass(shape.scalar_edges, x_m, y_m, sigma_m)


def mixed_mass(
    shape: PlanarShape,
    x_m: float,
    y_m: float,
    weights: tuple[float, ...],
    sigmas_m: tuple[float, ...],
) -> float:
    """Return the weighted sum of `mass` over circular Gaussians about one place, in one call."""
    if _at_once(shape):
        total = 0.0
        for weight, sigma_m in zip(weights, sigmas_m, strict=True):
            total += weight * mass(shape, x_m, y_m, sigma_m)
        return total
    held_by = (shape.centre_x_m, shape.centre_y_m, shape.bound_radius_m)
    return _kernels().mixture_mass(shape.scalar_edges, held_by, x_m, y_m, weights, sigmas_m)


def distance_to_shape_m(shape: PlanarShape, x_m: float, y_m: float) -> float:
    """Return metres from (x_m, y_m) to the shape's border, negative inside."""
    if shape.is_disc:
        return _kernels().disc_distance_m(
            shape.radius_m, x_m - shape.centre_x_m, y_m - shape.centre_y_m
        )
    if _at_once(shape):
        return _many_edges().signed_distance_m(shape.edges, x_m, y_m)
    return _kernels().signed_distance_m(shape.scalar_edges, x_m, y_m)


def tail_bound(clearances_m: Floats, sigmas_m: Floats, weights: Floats) -> Floats:
    """Return an upper bound of P(|error| > clearance) of Gaussian mixtures, shape (n,).

    `clearances_m` is (n,); `sigmas_m` and `weights` are (k,) for one mixture or (n, k), one per
    row. The exact tail is the sum of w exp(-c2 / 2 s2); a margin covers the last bits of any
    processor's exp, so a small bound may be read as "certainly irrelevant".
    """
    ratio = np.maximum(clearances_m, 0.0)[:, None] / sigmas_m
    tail = np.sum(weights * np.exp(-0.5 * ratio * ratio), axis=-1)
    return np.minimum(1.0, tail * (1.0 + _MARGIN_SHARE) + _MARGIN)
