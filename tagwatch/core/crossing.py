"""Find where the edges of rings cross each other, quickly, for outlines of thousands of corners.

A tree of boxes over consecutive edges is compared with itself (the usual dual traversal). The
boxes have eight sides (extent along x, y, x + y and x - y), so bundles of slanting parallel
edges do not make every pair of boxes overlap.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_Floats = NDArray[np.float64]
_Indices = NDArray[np.int64]

_BATCH = 50_000
_BESIDE = 1e-6
"""How far beside an edge its left side is looked at, as a share of its length."""


@dataclass(frozen=True, slots=True)
class Crossing:
    """Two rings (by number, perhaps the same) and a point near which their edges cross."""

    first_ring: int
    second_ring: int
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class _Edges:
    start: _Floats
    end: _Floats
    ring: _Indices


def first_crossing(rings: list[_Floats]) -> Crossing | None:
    """Return one crossing of the closed rings, arrays of shape (n, 2), or None.

    Edges that cross or run along each other count. A shared single point does not, nor a border
    that two rings share in opposite directions, as neighbouring parts do.
    """
    edges = _edges(rings)
    levels = _box_levels(edges)
    top = len(levels) - 1
    pending = [(top, np.zeros(1, np.int64), np.zeros(1, np.int64))]
    while pending:
        level, left, right = pending.pop()
        low, high = levels[level]
        meet = np.all((low[left] <= high[right]) & (low[right] <= high[left]), axis=1)
        left, right = left[meet], right[meet]
        if level == 0:
            found = _crossing_pair(edges, left, right)
            if found is not None:
                return found
            continue
        left, right = _children(left, right, len(levels[level - 1][0]))
        pending.extend(
            (level - 1, left[i : i + _BATCH], right[i : i + _BATCH])
            for i in range(0, len(left), _BATCH)
        )
    return None


def first_misplaced(rings: list[_Floats]) -> int | None:
    """Return the number of a ring whose left side is not covered exactly once, or None.

    The rings, arrays (n, 2), do not cross; outer rings run anticlockwise and holes clockwise. A
    point just left of each ring's longest edge must then have winding number 1: 2 means that
    parts overlap, 0 that a hole lies outside its polygon or within another hole.
    """
    edges = _edges(rings)
    for number in range(len(rings)):
        own = np.flatnonzero(edges.ring == number)
        along = edges.end[own] - edges.start[own]
        k = int(np.argmax(np.sum(along * along, axis=1)))
        left = np.array([-along[k, 1], along[k, 0]]) * _BESIDE
        if _winding(edges, edges.start[own[k]] + 0.5 * along[k] + left) != 1:
            return number
    return None


def _winding(edges: _Edges, point: _Floats) -> int:
    """Return how often the contour runs anticlockwise round `point`, which lies on no edge."""
    a, b = edges.start - point, edges.end - point
    upward = (a[:, 1] <= 0.0) & (b[:, 1] > 0.0)
    downward = (a[:, 1] > 0.0) & (b[:, 1] <= 0.0)
    turn = a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]
    return int(np.sum(upward & (turn > 0.0))) - int(np.sum(downward & (turn < 0.0)))


def _edges(rings: list[_Floats]) -> _Edges:
    return _Edges(
        start=np.concatenate(rings),
        end=np.concatenate([np.roll(ring, -1, axis=0) for ring in rings]),
        ring=np.concatenate([np.full(len(ring), n) for n, ring in enumerate(rings)]),
    )


def _box_levels(edges: _Edges) -> list[tuple[_Floats, _Floats]]:
    """Return (low, high) extents, arrays (n, 4), of single edges, of pairs, fours … up to one."""
    a, b = _extents(edges.start), _extents(edges.end)
    levels = [(np.minimum(a, b), np.maximum(a, b))]
    while len(levels[-1][0]) > 1:
        low, high = levels[-1]
        firsts = np.arange(0, len(low), 2)
        levels.append((np.minimum.reduceat(low, firsts), np.maximum.reduceat(high, firsts)))
    return levels


def _extents(points: _Floats) -> _Floats:
    x, y = points[:, 0], points[:, 1]
    return np.stack([x, y, x + y, x - y], axis=1)


def _children(left: _Indices, right: _Indices, count: int) -> tuple[_Indices, _Indices]:
    """Return the pairs of children, each unordered pair once, of nodes that overlap."""
    lefts = np.concatenate([2 * left, 2 * left, 2 * left + 1, 2 * left + 1])
    rights = np.concatenate([2 * right, 2 * right + 1, 2 * right, 2 * right + 1])
    keep = (lefts <= rights) & (rights < count)
    return lefts[keep], rights[keep]


def _crossing_pair(edges: _Edges, left: _Indices, right: _Indices) -> Crossing | None:
    distinct = left != right
    left, right = left[distinct], right[distinct]
    a, b = edges.start[left], edges.end[left]
    c, d = edges.start[right], edges.end[right]
    side_c, side_d = _side(a, b, c), _side(a, b, d)
    side_a, side_b = _side(c, d, a), _side(c, d, b)
    crosses = (side_c * side_d < 0) & (side_a * side_b < 0)
    neighbours = (edges.ring[left] != edges.ring[right]) & (np.sum((b - a) * (d - c), axis=1) < 0)
    collinear = (side_c == 0) & (side_d == 0) & ~neighbours
    bad = crosses | _run_together(a, b, c, d, collinear)
    if not bool(np.any(bad)):
        return None
    k = int(np.argmax(bad))
    place = _meeting(a[k], b[k], c[k], d[k]) if crosses[k] else (a[k] + b[k] + c[k] + d[k]) / 4.0
    return Crossing(
        first_ring=int(edges.ring[left[k]]),
        second_ring=int(edges.ring[right[k]]),
        x=float(place[0]),
        y=float(place[1]),
    )


def _side(a: _Floats, b: _Floats, p: _Floats) -> _Floats:
    """Return the sign of the turn a → b → p: 1 left, -1 right, 0 straight."""
    u, v = b - a, p - a
    return np.sign(u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0])


def _run_together(
    a: _Floats, b: _Floats, c: _Floats, d: _Floats, collinear: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Return which collinear pairs share more than a point."""
    u = b - a
    along_c, along_d = np.sum((c - a) * u, axis=1), np.sum((d - a) * u, axis=1)
    low, high = np.minimum(along_c, along_d), np.maximum(along_c, along_d)
    shared = np.minimum(high, np.sum(u * u, axis=1)) - np.maximum(low, 0.0)
    return collinear & (shared > 0.0)


def _meeting(a: _Floats, b: _Floats, c: _Floats, d: _Floats) -> _Floats:
    u, v, w = b - a, d - c, c - a
    along = (w[0] * v[1] - w[1] * v[0]) / (u[0] * v[1] - u[1] * v[0])
    return a + along * u
