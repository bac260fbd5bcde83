"""Whether somebody can have been in a shape between two fixes that lie outside it.

Between fixes A and B, t seconds apart, whoever moves at most v m/s stays within the ellipse of
places P with |AP| + |PB| ≤ v t: the plane's section of a space-time prism (Hägerstrand 1970,
Miller 1991). Errors of the two fixes widen it.
"""

from math import cos, hypot, pi, sin
from typing import Final

import numpy as np

from tagwatch.core.geometry import PlanarShape, distance_to_shape_m

_STEPS: Final = 60
_GOLDEN: Final = 0.6180339887498949


def shortest_way_m(shape: PlanarShape, ax_m: float, ay_m: float, bx_m: float, by_m: float) -> float:
    """Return the length in metres of the shortest way from A to B that touches the shape."""
    direct_m = hypot(bx_m - ax_m, by_m - ay_m)
    inside = (
        distance_to_shape_m(shape, ax_m, ay_m) <= 0.0
        or distance_to_shape_m(shape, bx_m, by_m) <= 0.0
    )
    if inside:
        return direct_m
    if shape.is_disc:
        return _by_disc_m(shape, ax_m, ay_m, bx_m, by_m)
    return _by_edges_m(shape, ax_m, ay_m, bx_m, by_m)


def _by_edges_m(shape: PlanarShape, ax_m: float, ay_m: float, bx_m: float, by_m: float) -> float:
    """Return the shortest way by any edge: B is mirrored to A's far side, the bend is where the
    straight line meets the edge, or the edge's nearer end."""
    edges = np.asarray(shape.edges).reshape(-1, 4)
    start, along = edges[:, :2], edges[:, 2:] - edges[:, :2]
    length = np.hypot(along[:, 0], along[:, 1])
    unit = along / length[:, None]
    a, b = np.array([ax_m, ay_m]) - start, np.array([bx_m, by_m]) - start
    a_on, b_on = np.sum(a * unit, axis=1), np.sum(b * unit, axis=1)
    a_off = np.abs(unit[:, 0] * a[:, 1] - unit[:, 1] * a[:, 0])
    b_off = np.abs(unit[:, 0] * b[:, 1] - unit[:, 1] * b[:, 0])
    off = a_off + b_off
    share = np.divide(a_off, off, out=np.full_like(off, 0.5), where=off > 0.0)
    bend = np.clip(a_on + (b_on - a_on) * share, 0.0, length)
    return float(np.min(np.hypot(bend - a_on, a_off) + np.hypot(bend - b_on, b_off)))


def _by_disc_m(shape: PlanarShape, ax_m: float, ay_m: float, bx_m: float, by_m: float) -> float:
    """Return the shortest way by a disc, A and B outside it."""
    ax, ay = ax_m - shape.centre_x_m, ay_m - shape.centre_y_m
    bx, by = bx_m - shape.centre_x_m, by_m - shape.centre_y_m
    direct_m = hypot(bx - ax, by - ay)
    if direct_m > 0.0:
        share = min(1.0, max(0.0, -(ax * (bx - ax) + ay * (by - ay)) / (direct_m * direct_m)))
        if hypot(ax + share * (bx - ax), ay + share * (by - ay)) <= shape.radius_m:
            return direct_m
    first = float(np.arctan2(ay, ax))
    turn = (float(np.arctan2(by, bx)) - first + pi) % (2.0 * pi) - pi

    def way_m(share: float) -> float:
        angle = first + share * turn
        x, y = shape.radius_m * cos(angle), shape.radius_m * sin(angle)
        return hypot(ax - x, ay - y) + hypot(bx - x, by - y)

    low, high = 0.0, 1.0
    for _ in range(_STEPS):  # the way over the arc between them has one minimum
        left, right = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
        if way_m(left) <= way_m(right):
            high = right
        else:
            low = left
    return way_m(0.5 * (low + high))
