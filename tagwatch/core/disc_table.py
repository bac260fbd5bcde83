"""Mass of many Gaussians over discs at once, from a table: for the screen, never for deciding.

The mass depends on two numbers, the disc's radius and the centre's offset in sigmas, r and d. It is
tabulated over u = r - d and 1 / (1 + r), in which it is smooth, and read off by straight lines.
"""

from functools import cache
from math import erf, pi, sqrt
from typing import Final

import numpy as np

from tagwatch.core.plane import Floats

TABLE_MARGIN: Final = 1e-3
"""The table errs by less than this (tested: by less than half of it)."""

ROUNDING_MARGIN: Final = 1e-5
"""Of probabilities that the rules compare as whole multiples of 1e-6."""
REACH: Final = 6.0
COLUMNS: Final = 12 * 16 + 1
LINES: Final = 128 + 1
_POINTS_A_SIGMA: Final = 40


def table_mass(radius_m: Floats, offset_m: Floats, sigmas_m: Floats, weights: Floats) -> Floats:
    """Return, shape (n,), the mass of mixtures within discs, good to `TABLE_MARGIN`.

    `radius_m` and `offset_m` (of the mixture's centre from the disc's) are (n,), the other two
    (n, k).
    """
    masses = table()
    radius = radius_m[:, None] / sigmas_m
    across = (radius - offset_m[:, None] / sigmas_m + REACH) * ((COLUMNS - 1) / (2 * REACH))
    across = np.clip(across, 0.0, COLUMNS - 1.000001)
    down = np.minimum((LINES - 1) / (1.0 + radius), LINES - 1.000001)
    column, line = across.astype(np.int64), down.astype(np.int64)
    across -= column
    down -= line
    at = line * COLUMNS + column
    upper = masses[at] + across * (masses[at + 1] - masses[at])
    at += COLUMNS
    lower = masses[at] + across * (masses[at + 1] - masses[at])
    return np.sum(weights * (upper + down * (lower - upper)), axis=-1)


@cache
def table() -> Floats:
    """Return the table, flat, row by row: made when first asked for, from the contour integral.

    On a circle the integrand is periodic and analytic, so that equal steps converge fast.
    """
    across = np.linspace(-REACH, REACH, COLUMNS)
    rows = [np.array([0.5 * (1.0 + erf(u / sqrt(2.0))) for u in across.tolist()])]
    for line in range(1, LINES):
        r = (LINES - 1) / line - 1.0
        rows.append(_masses(r, np.maximum(r - across, 0.0)))
    return np.concatenate(rows)


def _masses(r: float, d: Floats) -> Floats:
    """Return the mass within r sigmas of a Gaussian d sigmas away, shape of d."""
    steps = max(64, int(_POINTS_A_SIGMA * r))
    turn = np.cos((np.arange(steps) + 0.5) * (pi / steps))
    half = 0.5 * (r * r + d[:, None] * d[:, None] + 2.0 * r * d[:, None] * turn)
    safe = np.maximum(half, 1e-12)
    share = -np.expm1(-safe) / safe
    return np.sum(share * (r * r + r * d[:, None] * turn), axis=1) / (2.0 * steps)
