"""How much more often than by a base rate, with exact bounds, for small counts.

The ratio of two Poisson rates, bounded by way of the binomial share that one count has of both
(Przyborowski and Wilenski 1940; bounds of Clopper and Pearson 1934).
"""

from collections.abc import Sequence
from math import exp, inf, lgamma, log
from typing import Final

import msgspec

_TAIL: Final = 0.025
_HALVINGS: Final = 60


class RateRatio(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """How often something was counted, how often it was to be expected, and the ratio of both."""

    count: int
    expected: float
    """By the base rate, over the same time."""
    ratio: float | None
    """None: nothing was expected."""
    low: float
    high: float | None
    """95 % bounds of the ratio; None: without bound."""


def rate_ratio(count: int, base: float, times: float) -> RateRatio:
    """Return how a count compares with `base` counted over `times` as much of the same.

    A base that is no whole number is rounded up, so that the ratio is rather too small. Raises
    ValueError for counts below 0 or no time.
    """
    if count < 0 or base < 0.0 or times <= 0.0:
        raise ValueError(f"{count} against {base} over {times} times as much is no comparison")
    whole = int(base) + (base > int(base))
    low, high = _share_bounds(count, count + whole)
    expected = base / times
    return RateRatio(
        count=count,
        expected=round(expected, 3),
        ratio=round(count / expected, 2) if expected > 0.0 else None,
        low=round(times * low / (1.0 - low), 2) if low < 1.0 else 0.0,
        high=round(times * high / (1.0 - high), 2) if high < 1.0 else None,
    )


def as_many(count: int, others: Sequence[int]) -> float:
    """Return the share of comparable places, this one among them, with as high a count or a higher
    one: how surprising the count is, from 1 / (1 + n) to 1."""
    return round((1 + sum(other >= count for other in others)) / (1 + len(others)), 4)


def _share_bounds(hits: int, trials: int) -> tuple[float, float]:
    """Return the exact 95 % bounds of hits / trials."""
    low = 0.0 if hits == 0 else _where(hits, trials, _TAIL)
    high = 1.0 if hits == trials else _where(hits + 1, trials, 1.0 - _TAIL)
    return low, high


def _where(hits: int, trials: int, tail: float) -> float:
    """Return the p by which `hits` or more of `trials` have the chance `tail`."""
    low, high = 0.0, 1.0
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if _at_least(hits, trials, middle) < tail else (low, middle)
    return 0.5 * (low + high)


def _at_least(hits: int, trials: int, p: float) -> float:
    logs = [
        lgamma(trials + 1) - lgamma(k + 1) - lgamma(trials - k + 1)
        + (k * log(p) if k else 0.0) + ((trials - k) * log(1.0 - p) if k < trials else 0.0)
        for k in range(hits, trials + 1)
    ]  # fmt: skip
    best = max(logs, default=-inf)
    return exp(best) * sum(exp(each - best) for each in logs) if logs else 0.0
