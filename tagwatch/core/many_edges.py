"""The scalar kernels over outlines of many edges where nothing is compiled: the same numbers.

Plain Python takes 70 ms for one P(inside) of 10,000 edges. Here each step runs over all edges at
once, by operations that round alike everywhere (sums, products, quotients, roots); exponentials
and angles come one by one from the same `math` as there, and sums are taken in the same order. So
every result equals that of `gaussian` to the last bit, which tests/core/test_many_edges.py holds.
"""

from collections.abc import Sequence
from math import atan2, exp, sqrt

import numpy as np
from numpy.typing import NDArray

from tagwatch.core.gaussian import (
    FOUR_PI,
    LIMITS,
    NODES,
    REACH_2,
    SMALL,
    STARTS,
    TWO_PI,
    WEIGHTS,
)
from tagwatch.core.plane import Floats


def polygon_mass(edges: Floats, x_m: float, y_m: float, sigma_m: float) -> float:
    """Return what `gaussian.polygon_mass` returns; `edges` is the flat array of them."""
    scale = 1.0 / sigma_m
    corners = edges.reshape(-1, 4)
    ax, ay = (corners[:, 0] - x_m) * scale, (corners[:, 1] - y_m) * scale
    bx, by = (corners[:, 2] - x_m) * scale, (corners[:, 3] - y_m) * scale
    dx, dy = bx - ax, by - ay
    cross = ax * dy - ay * dx
    length2 = dx * dx + dy * dy
    room2 = REACH_2 * length2 - cross * cross
    along_a = ax * dx + ay * dy
    along_b = along_a + length2
    within = room2 > 0.0
    room = np.sqrt(np.where(within, room2, 0.0))
    near = within & ~((along_a >= room) | (along_b <= -room))
    first = np.zeros(len(corners))
    second = np.zeros(len(corners))
    part = np.zeros(len(corners))
    far = ~near
    first[far] = _angles(cross[far], (ax * bx + ay * by)[far])
    if bool(near.any()):
        unit = 1.0 / np.sqrt(length2[near])
        h = cross[near] * unit
        h2 = h * h
        low, high = along_a[near] * unit, along_b[near] * unit
        reach = room[near] * unit
        cut_low, cut_high = low < -reach, high > reach
        first[near] = np.where(cut_low, _angles(h * (-reach - low), h2 - low * reach), 0.0)
        second[near] = np.where(cut_high, _angles(h * (high - reach), h2 + high * reach), 0.0)
        low, high = np.where(cut_low, -reach, low), np.where(cut_high, reach, high)
        part[near] = h * _integrals(h2, low, high)
    # Edge by edge, both ends of one after another: adding nothing changes no bit.
    angle = _in_turn(np.stack([first, second], axis=1).reshape(-1))
    return min(1.0, max(0.0, angle / TWO_PI + _in_turn(part) / FOUR_PI))


def signed_distance_m(edges: Floats, x_m: float, y_m: float) -> float:
    """Return what `gaussian.signed_distance_m` returns; `edges` is the flat array of them."""
    corners = edges.reshape(-1, 4)
    ax, ay = corners[:, 0] - x_m, corners[:, 1] - y_m
    bx, by = corners[:, 2] - x_m, corners[:, 3] - y_m
    dx, dy = bx - ax, by - ay
    cross = ax * dy - ay * dx
    length2 = dx * dx + dy * dy
    along = -(ax * dx + ay * dy)
    beside = cross * cross / length2
    distance2 = np.where(
        along <= 0.0, ax * ax + ay * ay, np.where(along >= length2, bx * bx + by * by, beside)
    )
    turns = ((ay > 0.0) != (by > 0.0)) & ((cross > 0.0) == (by > ay))
    distance_m = sqrt(min(1e300, float(distance2.min(initial=1e300))))
    return -distance_m if int(turns.sum()) % 2 else distance_m


def _angles(opposite: Floats, adjacent: Floats) -> Floats:
    return np.array([*map(atan2, opposite.tolist(), adjacent.tolist())], dtype=np.float64)


def _in_turn(values: Floats) -> float:
    """Return the sum taken from the first to the last; `sum` of some Pythons is more exact."""
    total = 0.0
    for value in values.tolist():
        total += value
    return total


def _integrals(h2: Floats, low: Floats, high: Floats) -> Floats:
    """Return `_edge_integral` of each."""
    half, middle = 0.5 * (high - low), 0.5 * (high + low)
    step: NDArray[np.intp] = np.searchsorted(np.array(LIMITS[:-1]), half, side="left")
    total = np.zeros(len(half))
    for number in np.unique(step).tolist():
        rows = np.flatnonzero(step == number)
        total[rows] = _stepped(number, h2[rows], middle[rows], half[rows])
    return total * half


def _stepped(number: int, h2: Floats, middle: Floats, half: Floats) -> Floats:
    total = np.zeros(len(half))
    for k in range(STARTS[number], STARTS[number + 1]):
        offset = half * NODES[k]
        value = _entire(h2, middle - offset) + _entire(h2, middle + offset)
        total += WEIGHTS[k] * value
    return total


def _entire(h2: Floats, t: Floats) -> Floats:
    u = 0.5 * (h2 + t * t)
    small = u < SMALL
    away = np.where(small, 1.0, u)
    falls: Sequence[float] = [*map(exp, (-away).tolist())]
    return np.where(small, 1.0 - u * (0.5 - u / 6.0), (1.0 - np.array(falls)) / away)
