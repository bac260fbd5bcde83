"""Scores of probabilities against what was true, as sums over blocks that can be resampled."""

from collections.abc import Callable
from math import nan
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tagwatch.sim.quality.bound import Floats

SURE: Final = 0.99
LEAST_P: Final = 1e-6
"""For the logarithm: the quantum of our probabilities, for the rivals too."""
FORECASTS: Final = ("tagwatch", "plain Gaussian", "point in polygon", "circle touches",
                    "circle contained")  # fmt: skip
EACH: Final = 6
"""Sums per forecast: sure of inside, of them right, sure of outside, of them wrong, Brier, log."""
WIDTH: Final = 1 + EACH * len(FORECASTS)


def sums(
    forecasts: tuple[Floats, ...],
    inside: NDArray[np.bool_],
    wanted: NDArray[np.bool_],
    block_of: NDArray[np.int64],
    blocks: int,
) -> Floats:
    """Return sums per block, shape (blocks, WIDTH).

    Forecasts, `inside` and `wanted` have shape (n, k): n fixes, k zones; `block_of`, shape (n,),
    is each fix's block.
    """
    rows = np.broadcast_to(block_of[:, None], wanted.shape)[wanted]
    truth = inside[wanted].astype(float)
    columns = [np.ones(len(rows))]
    for forecast in forecasts:
        p = forecast[wanted]
        held = np.clip(p, LEAST_P, 1 - LEAST_P)
        sure, clear = p >= SURE, p <= 1 - SURE
        columns += [
            sure.astype(float),
            sure * truth,
            clear.astype(float),
            clear * truth,
            (p - truth) ** 2,
            -np.where(truth > 0, np.log(held), np.log1p(-held)),
        ]
    total = np.zeros((blocks, WIDTH))
    for j, column in enumerate(columns):
        total[:, j] = np.bincount(rows, column, minlength=blocks)
    return total


def figure(name: str, forecast: int = 0) -> Callable[[Floats], float]:
    """Return the function that makes a named figure of summed columns."""
    base, plain = 1 + EACH * forecast, 1 + EACH
    top, bottom = {
        "sure and right": (base + 1, base),
        "clear but inside": (base + 3, base + 2),
        "share sure": (base, 0),
        "share clear": (base + 2, 0),
        "Brier": (base + 4, 0),
        "log score": (base + 5, 0),
        "Brier against plain Gaussian": (base + 4, plain + 4),
        "log score against plain Gaussian": (base + 5, plain + 5),
    }[name]

    def made(total: Floats) -> float:
        return float(total[top] / total[bottom]) if total[bottom] > 0 else nan

    return made
