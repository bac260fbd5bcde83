"""95 % bounds: of shares (Wilson), of rates (exact Poisson), of anything else (block bootstrap)."""

from collections.abc import Callable
from dataclasses import dataclass
from math import exp, inf, lgamma, log, nan, sqrt
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tagwatch.core.wilson import wilson

Floats = NDArray[np.float64]

_TAIL: Final = 0.025
RESAMPLES: Final = 2000


@dataclass(frozen=True, slots=True)
class Measured:
    """A figure with its 95 % bounds, NaN where there is nothing to measure."""

    value: float
    low: float
    high: float


NOTHING: Final = Measured(nan, nan, nan)


def share(hits: int, trials: int) -> Measured:
    """Return hits / trials with Wilson's interval."""
    if trials == 0:
        return NOTHING
    return Measured(hits / trials, *wilson(hits, trials))


def rate(counts: Floats, exposure_each: float) -> Measured:
    """Return events per unit of exposure; `counts` is one number a person, shape (n,).

    The exact Poisson interval, widened by the square root of the spread between persons where
    that exceeds a Poisson one: a bias that lasts ten hours makes events come in bunches.
    """
    if not len(counts):
        return NOTHING
    total, exposure = float(counts.sum()), exposure_each * len(counts)
    spread = 1.0
    if len(counts) > 1 and total > 0:
        spread = max(1.0, float(counts.var(ddof=1)) / float(counts.mean()))
    low, high = poisson(total / spread)
    return Measured(total / exposure, low * spread / exposure, high * spread / exposure)


def poisson(count: float) -> tuple[float, float]:
    """Return the exact 95 % bounds of a Poisson mean of which `count` events were seen.

    Garwood's, by bisection on the regularised incomplete gamma function; 0 to 3.69 for none.
    """
    low = 0.0 if count <= 0 else _solved(lambda mean: _gamma_p(count, mean) - _TAIL, count)
    return low, _solved(lambda mean: _gamma_p(count + 1, mean) - (1 - _TAIL), count + 1)


def _solved(gap: Callable[[float], float], near: float) -> float:
    low, high = 0.0, near + 10 * sqrt(near) + 20
    for _ in range(100):
        middle = (low + high) / 2
        if gap(middle) < 0:
            low = middle
        else:
            high = middle
    return high


def _gamma_p(shape: float, x: float) -> float:
    """Return the regularised lower incomplete gamma function: its series, good for x of any size
    that is met here."""
    if x <= 0:
        return 0.0
    term = total = 1.0 / shape
    number = shape
    while term > total * 1e-15:
        number += 1
        term *= x / number
        total += term
    return min(1.0, total * exp(-x + shape * log(x) - lgamma(shape)))


def ratio(top: float, bottom: float) -> float:
    """Return top / bottom; infinite when only the bottom is nothing."""
    if bottom > 0:
        return top / bottom
    return inf if top > 0 else nan


def bootstrap(
    sums: Floats, figure: Callable[[Floats], float], seed: int, resamples: int = RESAMPLES
) -> Measured:
    """Return a figure of sums over blocks, with the percentiles of resampled blocks.

    `sums`, shape (blocks, k), holds what each block adds to k totals; `figure` makes one number
    of the k totals. With one block there is nothing to resample and the bounds are NaN.
    """
    if not len(sums):
        return NOTHING
    value = figure(sums.sum(axis=0))
    if len(sums) < 2:
        return Measured(value, nan, nan)
    rng = np.random.default_rng(seed)
    drawn = [
        figure(sums[rng.integers(0, len(sums), len(sums))].sum(axis=0)) for _ in range(resamples)
    ]
    known = np.array([one for one in drawn if one == one])  # noqa: PLR0124  # NaN: nothing drawn
    if not len(known):
        return Measured(value, nan, nan)
    low, high = np.percentile(known, [100 * _TAIL, 100 * (1 - _TAIL)])
    return Measured(value, float(low), float(high))


def median(values: Floats, seed: int, resamples: int = 500) -> Measured:
    """Return the median with bootstrap bounds; infinite values (never) count as the largest."""
    if not len(values):
        return NOTHING
    rng = np.random.default_rng(seed)
    ordered = np.sort(values)
    middles = [_middle(np.sort(rng.choice(ordered, len(ordered)))) for _ in range(resamples)]
    middles.sort()
    low = middles[int(_TAIL * resamples)]
    return Measured(_middle(ordered), low, middles[int((1 - _TAIL) * resamples) - 1])


def _middle(ordered: Floats) -> float:
    return float(ordered[(len(ordered) - 1) // 2])
