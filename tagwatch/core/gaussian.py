"""Scalar kernels: exact mass of a circular Gaussian over polygons and discs, signed distance.

The mass over an area is a contour integral round it. In polar form about the Gaussian's centre,
with lengths in units of sigma, P = 1/(2 pi) times the contour integral of (1 - exp(-r2/2)) dtheta.
Along an edge at signed distance h, with t along it, dtheta = h dt / (h2 + t2), so each edge adds

    h/(4 pi) * integral of E((h2 + t2)/2) dt,     E(u) = (1 - exp(-u)) / u,

where E is entire: nothing is singular when the centre lies on an edge or a corner, and holes
subtract because they run the other way. Gauss-Legendre nodes are chosen by the length of the
piece. Where r exceeds REACH the exponential is below 4e-10 and the angle alone is exact enough.
Absolute error below 1e-8 for outlines of practical shape.

These functions run compiled or plainly (`tagwatch.core.compiled`): floats and indexed flat
sequences only. `edges` is flat x0, y0, x1, y1 of each directed edge in metres.
"""

from collections.abc import Sequence
from math import asin, atan2, exp, hypot, pi, sin, sqrt
from typing import Final

import numpy as np

from tagwatch.core.compiled import compiled

REACH: Final = 6.6
REACH_2: Final = REACH * REACH
FAR_SIGMAS: Final = 9.0
"""Beyond this many sigmas the mass is 0 or 1 within 1e-17."""
FOUR_PI: Final = 4.0 * pi
TWO_PI: Final = 2.0 * pi
SMALL: Final = 1e-3

# (largest half length in sigmas, number of nodes): error of one piece below 1e-9, found by
# comparison with 80 nodes over all offsets and distances.
_STEPS: Final = ((0.02, 2), (0.4, 4), (1.2, 6), (1.9, 8), (3.4, 12), (4.9, 16), (REACH, 24))


def _tables() -> tuple[tuple[float, ...], tuple[float, ...], tuple[int, ...]]:
    """Return positive nodes and their weights for every step, flat, and where each step starts."""
    nodes: list[float] = []
    weights: list[float] = []
    starts = [0]
    for _, count in _STEPS:
        x, w = np.polynomial.legendre.leggauss(count)
        nodes += [float(v) for v in x[count // 2 :]]
        weights += [float(v) for v in w[count // 2 :]]
        starts.append(len(nodes))
    return tuple(nodes), tuple(weights), tuple(starts)


LIMITS: Final = tuple(limit for limit, _ in _STEPS)
NODES, WEIGHTS, STARTS = _tables()


@compiled
def entire(u: float) -> float:
    """Return (1 - exp(-u)) / u, which is 1 at u = 0."""
    if u < SMALL:
        return 1.0 - u * (0.5 - u * (1.0 / 6.0 - u / 24.0))
    return (1.0 - exp(-u)) / u


@compiled
def _step(half: float) -> int:
    step = 0
    while step < 6 and half > LIMITS[step]:
        step += 1
    return step


@compiled
def _edge_integral(h2: float, low: float, high: float) -> float:
    """Return the integral of E((h2 + t2)/2) over t from low to high, at most 2 REACH apart."""
    half = 0.5 * (high - low)
    middle = 0.5 * (high + low)
    step = _step(half)
    total = 0.0
    for k in range(STARTS[step], STARTS[step + 1]):
        offset = half * NODES[k]
        t = middle - offset
        u = 0.5 * (h2 + t * t)
        if u < SMALL:
            value = 1.0 - u * (0.5 - u / 6.0)
        else:
            value = (1.0 - exp(-u)) / u
        t = middle + offset
        u = 0.5 * (h2 + t * t)
        if u < SMALL:
            value += 1.0 - u * (0.5 - u / 6.0)
        else:
            value += (1.0 - exp(-u)) / u
        total += WEIGHTS[k] * value
    return total * half


@compiled
def polygon_mass(edges: Sequence[float], x_m: float, y_m: float, sigma_m: float) -> float:
    """Return P(a Gaussian of per-axis sigma_m about (x_m, y_m) lies inside the contour)."""
    scale = 1.0 / sigma_m
    angle = 0.0
    near = 0.0
    for k in range(0, len(edges), 4):
        ax = (edges[k] - x_m) * scale
        ay = (edges[k + 1] - y_m) * scale
        bx = (edges[k + 2] - x_m) * scale
        by = (edges[k + 3] - y_m) * scale
        dx = bx - ax
        dy = by - ay
        cross = ax * dy - ay * dx
        length2 = dx * dx + dy * dy
        room2 = REACH_2 * length2 - cross * cross
        along_a = ax * dx + ay * dy
        along_b = along_a + length2
        if room2 <= 0.0:
            angle += atan2(cross, ax * bx + ay * by)
            continue
        room = sqrt(room2)
        if along_a >= room or along_b <= -room:
            angle += atan2(cross, ax * bx + ay * by)
            continue
        # The rest in units of sigma along the edge.
        unit = 1.0 / sqrt(length2)
        h = cross * unit
        h2 = h * h
        low = along_a * unit
        high = along_b * unit
        room = room * unit
        if low < -room:
            angle += atan2(h * (-room - low), h2 - low * room)
            low = -room
        if high > room:
            angle += atan2(h * (high - room), h2 + high * room)
            high = room
        near += h * _edge_integral(h2, low, high)
    return min(1.0, max(0.0, angle / TWO_PI + near / FOUR_PI))


@compiled
def disc_mass(radius_m: float, offset_m: float, sigma_m: float) -> float:
    """Return P(a Gaussian whose centre is offset_m from a disc's lies in the disc).

    The noncentral chi-square distribution with two degrees of freedom (1 - Marcum Q), by the
    same contour integral over the half circle from its nearest point; no series, no cancellation.
    """
    r = radius_m / sigma_m
    d = offset_m / sigma_m
    gap = r - d
    room = REACH_2 - gap * gap
    if room <= 0.0:
        return 1.0 if gap > 0.0 else 0.0
    four_dr = 4.0 * d * r
    reach = pi if four_dr <= room else 2.0 * asin(sqrt(room / four_dr))
    far = 0.0
    if reach < pi:
        s = sin(0.5 * reach)
        far = pi - atan2(r * sin(reach), gap - 2.0 * r * s * s)
    # An arc of a disc not much larger than sigma bends: it takes more nodes than a straight piece.
    bent = r < 4.0
    pieces = int(reach * r / (4.0 if bent else 6.8)) + 1
    width = reach / pieces
    step = 4 if bent else max(_step(0.5 * width * r), 1)
    near = 0.0
    for piece in range(pieces):
        middle = (piece + 0.5) * width
        for k in range(STARTS[step], STARTS[step + 1]):
            for side in (-1.0, 1.0):
                s = sin(0.5 * (middle + side * 0.5 * width * NODES[k]))
                bend = s * s
                u = 0.5 * (gap * gap + four_dr * bend)
                near += WEIGHTS[k] * entire(u) * (gap + 2.0 * d * bend)
    near *= 0.5 * width * r
    return min(1.0, max(0.0, far / pi + near / TWO_PI))


@compiled
def mixture_mass(
    edges: Sequence[float],
    disc: Sequence[float],
    x_m: float,
    y_m: float,
    weights: Sequence[float],
    sigmas_m: Sequence[float],
) -> float:
    """Return the mass of a mixture of Gaussians about (x_m, y_m) inside the contour, or inside
    the disc where there are no edges. `disc` is x, y, radius of one that holds the area."""
    offset_m = hypot(x_m - disc[0], y_m - disc[1])
    gap_m = offset_m - disc[2]
    total = 0.0
    for k in range(len(weights)):
        sigma_m = sigmas_m[k]
        if gap_m > FAR_SIGMAS * sigma_m:
            continue
        if len(edges) == 0:
            total += weights[k] * disc_mass(disc[2], offset_m, sigma_m)
        else:
            total += weights[k] * polygon_mass(edges, x_m, y_m, sigma_m)
    return total


@compiled
def signed_distance_m(edges: Sequence[float], x_m: float, y_m: float) -> float:
    """Return metres to the contour, negative inside it."""
    nearest2 = 1e300
    inside = False
    for k in range(0, len(edges), 4):
        ax = edges[k] - x_m
        ay = edges[k + 1] - y_m
        bx = edges[k + 2] - x_m
        by = edges[k + 3] - y_m
        dx = bx - ax
        dy = by - ay
        cross = ax * dy - ay * dx
        length2 = dx * dx + dy * dy
        along = -(ax * dx + ay * dy)
        if along <= 0.0:
            distance2 = ax * ax + ay * ay
        elif along >= length2:
            distance2 = bx * bx + by * by
        else:
            distance2 = cross * cross / length2
        nearest2 = min(nearest2, distance2)
        if (ay > 0.0) != (by > 0.0) and (cross > 0.0) == (by > ay):
            inside = not inside
    distance_m = sqrt(nearest2)
    return -distance_m if inside else distance_m


@compiled
def disc_distance_m(radius_m: float, offset_x_m: float, offset_y_m: float) -> float:
    """Return metres to the rim of a disc from a place at that offset from its centre."""
    return hypot(offset_x_m, offset_y_m) - radius_m
