"""Scalar kernels of the position filter: a belief held against an area in another plane.

`edges` is flat x0, y0, x1, y1 of the area's border in its own plane, empty for a disc; `disc` is
x, y, radius of one that holds the area; `east` and `north` carry the belief's plane into the
area's, whose axes are parallel within the few kilometres that a belief reaches.
"""

from collections.abc import Sequence
from math import exp, floor, hypot, pi, sqrt
from typing import Final

from tagwatch.core.compiled import compiled
from tagwatch.core.filter_kernel import PARTS, SIZE, WIDTH
from tagwatch.core.gaussian import FAR_SIGMAS, disc_mass, polygon_mass, signed_distance_m

NEGLIGIBLE: Final = 1e-9
"""Parts of less weight than this are left out."""

_STEPS: Final = 20
Floats = Sequence[float]


@compiled
def mass_inside(belief: Floats, edges: Floats, disc: Floats, east: float, north: float) -> float:
    """Return the probability that he is in the area."""
    total = 0.0
    for at in range(0, SIZE, WIDTH):
        weight = belief[at]
        if weight <= NEGLIGIBLE:
            continue
        x, y, sigma = belief[at + 1] + east, belief[at + 2] + north, sqrt(belief[at + 7])
        offset = hypot(x - disc[0], y - disc[1])
        if offset - disc[2] > FAR_SIGMAS * sigma:
            continue
        if len(edges) == 0:
            total += weight * disc_mass(disc[2], offset, sigma)
        else:
            total += weight * polygon_mass(edges, x, y, sigma)
    return total


@compiled
def _to_border(edges: Floats, disc: Floats, x: float, y: float) -> float:
    if len(edges) == 0:
        return hypot(x - disc[0], y - disc[1]) - disc[2]
    return signed_distance_m(edges, x, y)


@compiled
def share_reaching(belief: Floats, edges: Floats, disc: Floats, east: float, north: float) -> float:
    """Return P(a part errs by at least its distance to the area): never less than the mass."""
    total = 0.0
    for at in range(0, SIZE, WIDTH):
        weight = belief[at]
        if weight <= NEGLIGIBLE:
            continue
        gap = _to_border(edges, disc, belief[at + 1] + east, belief[at + 2] + north)
        total += weight if gap <= 0.0 else weight * exp(-0.5 * gap * gap / belief[at + 7])
    return total


@compiled
def most_inside(belief: Floats, size_m2: float) -> float:
    """Return an upper bound of the mass that any area of that size can have: that of a disc about
    the middle of every part."""
    total = 0.0
    for at in range(0, SIZE, WIDTH):
        spread = 2.0 * pi * max(belief[at + 7], 1e-9)
        total += belief[at] * (1.0 - exp(-size_m2 / spread))
    return total


@compiled
def share_beyond(belief: Floats, disc: Floats, east: float, north: float) -> float:
    """Return an upper bound of P(a part errs by more than its distance to the farthest place of
    the area)."""
    total = 0.0
    for at in range(0, SIZE, WIDTH):
        x, y = belief[at + 1] + east - disc[0], belief[at + 2] + north - disc[1]
        far = hypot(x, y) + disc[2]
        total += belief[at] * exp(-0.5 * far * far / max(belief[at + 7], 1e-9))
    return total


@compiled
def _shown(
    belief: Floats,
    edges: Floats,
    disc: Floats,
    east: float,
    north: float,
    share: float,
    side: float,
) -> float:
    rooms = [0.0] * PARTS
    most = 0.0
    for k in range(PARTS):
        at = k * WIDTH
        if belief[at] > NEGLIGIBLE:
            x = belief[at + 1] + belief[at + 3] + east
            y = belief[at + 2] + belief[at + 4] + north
            rooms[k] = side * _to_border(edges, disc, x, y)
            most = max(most, rooms[k])
    low, high = 0.0, most
    for _ in range(_STEPS):
        middle = 0.5 * (low + high)
        shallower = 0.0
        for k in range(PARTS):
            at = k * WIDTH
            if belief[at] > NEGLIGIBLE:
                room = rooms[k] - middle
                variance = belief[at + 7] + 2.0 * belief[at + 8] + belief[at + 10]
                far = 1.0 if room <= 0.0 else exp(-0.5 * room * room / variance)
                shallower += belief[at] * far
        if shallower <= 1.0 - share:
            low = middle
        else:
            high = middle
    return floor(10.0 * low + 0.5) / 10.0


@compiled
def depth_shown(
    belief: Floats, edges: Floats, disc: Floats, east: float, north: float, share: float
) -> float:
    """Return how deep in the area, in metres, lies the place that the fixes show (noise taken out,
    bias left in) with probability `share`, to a tenth; 0 if it may lie outside."""
    return _shown(belief, edges, disc, east, north, share, -1.0)


@compiled
def gap_shown(
    belief: Floats, edges: Floats, disc: Floats, east: float, north: float, share: float
) -> float:
    """Return how far outside the area lies the place that the fixes show, as `depth_shown`; 0 if it
    may lie inside."""
    return _shown(belief, edges, disc, east, north, share, 1.0)
