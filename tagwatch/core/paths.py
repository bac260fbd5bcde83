"""Paths somebody may have taken between two fixes: a fixed set of them, spread evenly.

A quadrature over paths. The points are the same at every call and on every machine (a
low-discrepancy sequence for what matters most, Latin squares by integer arithmetic for the rest),
so an answer can be made again. Between two fixes each path is a Brownian bridge.
"""

from functools import cache
from statistics import NormalDist
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tagwatch.core.plane import Floats

PATHS: Final = 512
"""So many paths: an average over them is good to about 0.005."""
MOST_CELLS: Final = 128
"""An interval is cut into so many steps at most."""
_SPREAD: Final = 6
"""Coordinates taken from the low-discrepancy sequence: rank, two errors, mode, two ends."""
_GOLDEN: Final = 0x9E3779B97F4A7C15
_FACTORS: Final = (0xBF58476D1CE4E5B9, 0x94D049BB133111EB)
_MASK: Final = (1 << 64) - 1

Rows = NDArray[np.intp]


def rows_of(key: int) -> Rows:
    """Return an order of the paths, shape (PATHS,), that depends on nothing but `key`."""
    return np.argsort(_mixed(np.arange(PATHS, dtype=np.uint64), key), kind="stable")


def _mixed(numbers: NDArray[np.uint64], key: int) -> NDArray[np.uint64]:
    """Return whole numbers that look unrelated to `numbers` and to those of every other key."""
    start = key & _MASK
    for factor in _FACTORS:
        start = ((start ^ (start >> 31)) * factor + _GOLDEN) & _MASK
    with np.errstate(over="ignore"):
        z = numbers * np.uint64(_GOLDEN) + np.uint64(start)
        for factor in _FACTORS:
            z = (z ^ (z >> np.uint64(30))) * np.uint64(factor)
    return z ^ (z >> np.uint64(31))


@cache
def _spread() -> Floats:
    """Return even points, shape (PATHS, _SPREAD), each within 0 and 1 and neither."""
    root = 2.0
    for _ in range(64):  # the root of x ** (d + 1) = x + 1, by which the points stay even
        root = (1.0 + root) ** (1.0 / (_SPREAD + 1))
    steps = root ** -np.arange(1.0, _SPREAD + 1.0)
    found: Floats = (0.5 + np.arange(1, PATHS + 1)[:, None] * steps) % 1.0
    return np.clip(found, 1e-9, 1.0 - 1e-9)


def _normal(shares: Floats) -> Floats:
    inverse = NormalDist().inv_cdf
    return np.array([inverse(share) for share in shares.ravel().tolist()]).reshape(shares.shape)


@cache
def ranks() -> Floats:
    """Return, shape (PATHS,), where each path stands within 0 to 1 among the ways a fix errs."""
    return _spread()[:, 0]


@cache
def errors() -> Floats:
    """Return each path's error of a fix in sigmas, shape (PATHS, 2)."""
    return _normal(_spread()[:, 1:3])


@cache
def mode_ranks() -> Floats:
    """Return, shape (PATHS,), where each path stands within 0 to 1 among the ways of moving."""
    return _spread()[:, 3]


@cache
def ends() -> Floats:
    """Return where an unbound path ends, in sigmas, shape (PATHS, 2)."""
    return _normal(_spread()[:, 4:6])


@cache
def bridges(cells: int) -> Floats:
    """Return unit Brownian bridges at `cells` + 1 even times, shape (PATHS, cells + 1, 2): 0 at
    both ends, variance s (1 − s) per axis between. `cells` is a power of two to MOST_CELLS."""
    even = _normal((np.arange(PATHS) + 0.5) / PATHS)
    found = np.zeros((PATHS, cells + 1, 2))
    step, column = cells, 0
    while step > 1:
        half = step // 2
        sigma = (step / cells / 4.0) ** 0.5
        for low in range(0, cells, step):
            for axis in (0, 1):
                column += 1
                middle = 0.5 * (found[:, low, axis] + found[:, low + step, axis])
                found[:, low + half, axis] = middle + sigma * even[rows_of(-column)]
        step = half
    found.flags.writeable = False
    return found
