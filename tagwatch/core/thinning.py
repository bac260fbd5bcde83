"""Which fixes a map draws where there are too many: all that matter, and of the rest so many that
neither a while nor a way is left out."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from tagwatch.core.contour import PlanarShape
from tagwatch.core.plane import Floats
from tagwatch.core.units import MINUTE, SECOND

Rows = NDArray[np.bool_]

AWAY: Final = 10 * MINUTE
"""So long without a fix: both ends are drawn, and what is longer counts as this."""
LEAST_SHARE: Final = 0.25
"""However many fixes must be kept, so large a share of the map is for the others."""
_HALVINGS: Final = 50
_PAIRS_AT_ONCE: Final = 1_000_000
EXACT_PAIRS: Final = 20_000_000
"""Of places and edges: of more, `near_shape` says perhaps of too many that they are near."""


def near_shape(shape: PlanarShape, x_m: Floats, y_m: Floats, reach_m: Floats) -> Rows:
    """Return, shape (n,), which places lie in the shape or within `reach_m` of it; for outlines of
    very many corners perhaps more, never fewer. Places and shape are in one plane."""
    apart_m = np.hypot(x_m - shape.centre_x_m, y_m - shape.centre_y_m)
    found = apart_m <= shape.bound_radius_m + reach_m
    rows = np.flatnonzero(found)
    edges = shape.edges.reshape(-1, 4)
    if shape.is_disc or not len(rows) or len(rows) * len(edges) > EXACT_PAIRS:
        return found
    size = max(1, _PAIRS_AT_ONCE // len(edges))
    for first in range(0, len(rows), size):
        part = rows[first : first + size]
        found[part] = _signed_distances_m(edges, x_m[part], y_m[part]) <= reach_m[part]
    return found


def within_shape(shape: PlanarShape, x_m: Floats, y_m: Floats) -> Rows:
    """Return, shape (n,), which places lie in the shape, as `near_shape` with no reach."""
    return near_shape(shape, x_m, y_m, np.zeros(len(x_m)))


def _signed_distances_m(edges: Floats, x_m: Floats, y_m: Floats) -> Floats:
    """Return metres to the border, negative inside, shape (n,)."""
    ax, ay = edges[:, 0] - x_m[:, None], edges[:, 1] - y_m[:, None]
    by = edges[:, 3] - y_m[:, None]
    dx, dy = edges[:, 2] - edges[:, 0], edges[:, 3] - edges[:, 1]
    length2 = dx * dx + dy * dy
    share = np.clip(-(ax * dx + ay * dy) / length2, 0.0, 1.0)
    far_m: Floats = np.hypot(ax + share * dx, ay + share * dy).min(axis=1)
    crossed = ((ay > 0.0) != (by > 0.0)) & ((ax * dy - ay * dx > 0.0) == (by > ay))
    return np.where(crossed.sum(axis=1) % 2 == 1, -far_m, far_m)


def thinned(
    times: NDArray[np.int64], x_m: Floats, y_m: Floats, radii_m: Floats, keep: Rows, most: int
) -> Rows:
    """Return, shape (n,), which fixes to draw: all if they are no more than `most`; else every one
    of `keep`, the ends of the trail and of every time without a fix, and about so many of the rest
    as `most` leaves, half of them spread over the time and half over the way.

    `times` are in µs and in order; places are in one metric plane. What lies within the circles
    of two fixes is no way. Kept ones may be more than `most`: then all of these are drawn, and
    of the rest LEAST_SHARE of `most`.
    """
    if len(times) <= most:
        return np.ones(len(times), dtype=np.bool_)
    found = _with_ends(times, keep)
    budget = max(most - int(found.sum()), int(LEAST_SHARE * most))
    spans = np.minimum(np.diff(times), AWAY) / SECOND
    apart_m = np.hypot(np.diff(x_m), np.diff(y_m))
    way_m = np.maximum(0.0, apart_m - radii_m[1:] - radii_m[:-1])
    free = ~found[1:]
    measure = np.where(free, _share(spans, free) + _share(way_m, free), 0.0)
    marks = np.floor(np.cumsum(_filled(measure, budget)) + 1e-9)
    found[1:] |= free & (np.diff(marks, prepend=0.0) >= 1.0)
    return found


def _with_ends(times: NDArray[np.int64], keep: Rows) -> Rows:
    """Return `keep` with the ends of the trail and of every time without a fix."""
    found = keep.copy()
    found[0] = found[-1] = True
    broken = np.flatnonzero(np.diff(times) > AWAY)
    found[broken] = found[broken + 1] = True
    return found


def _share(amounts: Floats, counted: Rows) -> Floats:
    total = float(amounts[counted].sum())
    return amounts / total if total > 0.0 else np.full(len(amounts), 1.0 / len(amounts))


def _filled(measure: Floats, budget: int) -> Floats:
    """Return the measure scaled so that it comes to `budget`, no fix counting for more than one."""
    if int((measure > 0.0).sum()) <= budget:
        return (measure > 0.0).astype(np.float64)
    low, high = 0.0, budget / float(measure[measure > 0.0].min())
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        low, high = (
            (middle, high) if np.minimum(measure * middle, 1.0).sum() < budget else (low, middle)
        )
    return np.minimum(measure * low, 1.0)
