"""The circles people are shown, of many fixes at one go: what `r95_m` says of each."""

from math import log1p, sqrt
from typing import Final

import numpy as np

from tagwatch.core.fix import FixBlock, Mark
from tagwatch.core.plane import Floats
from tagwatch.core.uncertainty import ErrorSettings, error_mixtures

_SHARE: Final = 0.95
_STEPS: Final = 60
_FINE_M: Final = 0.0005


def radii_95_m(block: FixBlock, settings: ErrorSettings) -> Floats:
    """Return, shape (n,), the radius that holds 95 % of the errors of each fix, as `r95_m` of its
    `error_mixture`; NaN for one without a place. Models of single tag models are not looked up."""
    radii = np.full(len(block), np.nan)
    placed = np.flatnonzero((block["marks"] & int(Mark.BAD_POSITION)) == 0)
    if len(placed):
        radii[placed] = _halved(*error_mixtures(block[placed], settings))
    return radii


def _halved(sigmas_m: Floats, weights: Floats) -> Floats:
    """Return where `radius_m` ends by halving, which needs no more than the side of the true
    radius on which each middle lies."""
    exact = _exact(sigmas_m, weights)
    factor = sqrt(-2.0 * log1p(-_SHARE))
    counts = weights > 0.0
    low: Floats = np.where(counts, sigmas_m, np.inf).min(axis=1) * factor
    high: Floats = np.where(counts, sigmas_m, 0.0).max(axis=1) * factor
    while len(wide := np.flatnonzero(high - low > _FINE_M)):
        middle = 0.5 * (low[wide] + high[wide])
        below = middle < exact[wide]
        low[wide[below]] = middle[below]
        high[wide[~below]] = middle[~below]
    return high


def _exact(sigmas_m: Floats, weights: Floats) -> Floats:
    """Return the true radius by Newton's method on the logarithm of the tail over the squared
    radius: that is convex and falls, so from the left no step goes too far."""
    rates = -0.5 / (sigmas_m * sigmas_m)
    narrowest = np.where(weights > 0.0, sigmas_m, np.inf).min(axis=1)
    squared = -2.0 * log1p(-_SHARE) * narrowest**2
    for _ in range(_STEPS):
        parts = weights * np.exp(rates * squared[:, None])
        tail = parts.sum(axis=1)
        step = np.log(tail / (1.0 - _SHARE)) * tail / -(rates * parts).sum(axis=1)
        squared = squared + step
        if bool((np.abs(step) <= 1e-13 * squared).all()):
            break
    return np.sqrt(squared)
