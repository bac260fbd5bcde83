"""How far many places lie from a shape, and how likely a path that stays outside at the ends of a
step touched it on the way."""

import numpy as np

from tagwatch.core.contour import PlanarShape
from tagwatch.core.plane import Floats

_FAR_M = 300.0
_AT_ONCE = 500_000
"""Numbers held at once while many places are measured."""


def away_of_many_m(shape: PlanarShape, x_m: Floats, y_m: Floats) -> Floats:
    """Return metres from each place to the shape's border, less than 0 inside; shape as `x_m`.

    Of an outline, places far off get the distance to a disc that holds it, which is no more.
    """
    if shape.is_disc:
        apart: Floats = np.hypot(x_m - shape.centre_x_m, y_m - shape.centre_y_m)
        return apart - shape.radius_m
    flat_x, flat_y = np.ravel(x_m), np.ravel(y_m)
    # Beyond twice the disc that holds it the outline's own distance is no matter: the disc's is
    # never more, and far enough.
    found: Floats = np.hypot(flat_x - shape.centre_x_m, flat_y - shape.centre_y_m)
    found -= shape.bound_radius_m
    rows = np.flatnonzero(found < max(shape.bound_radius_m, _FAR_M))
    flat_x, flat_y = flat_x[rows], flat_y[rows]
    edges = shape.edges.reshape(-1, 4)
    size = max(1, _AT_ONCE // len(edges))
    parts = [
        _from_edges_m(edges, flat_x[k : k + size], flat_y[k : k + size])
        for k in range(0, len(flat_x), size)
    ]
    if parts:
        found[rows] = np.concatenate(parts)
    return found.reshape(np.shape(x_m))


def _from_edges_m(edges: Floats, x_m: Floats, y_m: Floats) -> Floats:
    ax, ay, bx, by = edges.T
    dx, dy = bx - ax, by - ay
    length2 = np.maximum(dx * dx + dy * dy, 1e-12)
    px, py = x_m[:, None] - ax, y_m[:, None] - ay
    along = np.clip((px * dx + py * dy) / length2, 0.0, 1.0)
    away: Floats = np.sqrt(np.min((px - along * dx) ** 2 + (py - along * dy) ** 2, axis=1))
    above_a, above_b = ay > y_m[:, None], by > y_m[:, None]
    slope = np.where(dy == 0.0, 0.0, dx / np.where(dy == 0.0, 1.0, dy))
    crosses = (above_a != above_b) & (px < slope * py)
    inside = np.sum(crosses, axis=1) % 2 == 1
    signed: Floats = away * np.where(inside, -1.0, 1.0)
    return signed


def missed(shape: PlanarShape, paths: Floats, variance_m2: Floats) -> Floats:
    """Return P(the shape is not touched in each step), shape (n, cells), of `paths` (n, cells + 1,
    2) given at the ends of the steps. `variance_m2`, (n,): per axis and step.

    A step that begins or ends inside, or whose straight line crosses, is not missed. Else the
    chance is that of a Brownian bridge to miss the line that touches the shape at its nearest
    point: never more than the shape's own.
    """
    x, y = paths[:, :, 0], paths[:, :, 1]
    ends = away_of_many_m(shape, x, y)
    a, b = ends[:, :-1], ends[:, 1:]
    if shape.is_disc:
        a, b = _to_tangent(shape, x, y)
    else:
        middle = away_of_many_m(shape, 0.5 * (x[:, :-1] + x[:, 1:]), 0.5 * (y[:, :-1] + y[:, 1:]))
        nearer = middle < np.minimum(a, b)
        a, b = np.where(nearer, middle, a), np.where(nearer, middle, b)
    out = (ends[:, :-1] > 0.0) & (ends[:, 1:] > 0.0) & (a > 0.0) & (b > 0.0)
    exponent = -2.0 * np.maximum(a, 0.0) * np.maximum(b, 0.0)
    touched = np.exp(exponent / np.maximum(variance_m2, 1e-9)[:, None])
    return np.where(out, 1.0 - touched, 0.0)


def _to_tangent(shape: PlanarShape, x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Return how far both ends of each step lie beyond the tangent of the disc that faces the
    nearest place of the straight line between them."""
    x, y = x - shape.centre_x_m, y - shape.centre_y_m
    ax, ay, bx, by = x[:, :-1], y[:, :-1], x[:, 1:], y[:, 1:]
    dx, dy = bx - ax, by - ay
    length2 = np.maximum(dx * dx + dy * dy, 1e-12)
    along = np.clip(-(ax * dx + ay * dy) / length2, 0.0, 1.0)
    nx, ny = ax + along * dx, ay + along * dy
    norm = np.maximum(np.hypot(nx, ny), 1e-9)
    ux, uy = nx / norm, ny / norm
    a, b = ax * ux + ay * uy - shape.radius_m, bx * ux + by * uy - shape.radius_m
    # Both are at least the nearest place's: else rounding.
    least = norm - shape.radius_m
    return np.maximum(a, least), np.maximum(b, least)
