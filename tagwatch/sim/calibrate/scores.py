"""Coverage of the circles, scores of P(inside), and how reliable it is: figures with bounds.

Every figure is a quotient of sums over blocks, so that blocks can be resampled.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise
from math import cos, exp, inf, log, log1p, nan, pi, sin
from typing import Final, NamedTuple

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from tagwatch.core.geometry import Disc, Plane
from tagwatch.core.plane import Floats
from tagwatch.core.rules.area import area
from tagwatch.core.uncertainty import r95_m, tail
from tagwatch.sim.calibrate.truth import Known
from tagwatch.sim.quality.bound import Measured, bootstrap

SHARES: Final = (0.50, 0.68, 0.95, 0.99)
EDGES: Final = (0.0, 0.01, 0.05, 0.2, 0.4, 0.6, 0.8, 0.95, 0.99, 1.0)
"""Of the classes of P(inside); the outer two hold 0.01 and 0.99 themselves."""
RADIUS_M: Final = 100.0
WITHIN_M: Final = 80.0
LEAST_P: Final = 1e-6
MOST_PAIRS: Final = 100_000
"""Pairs of fix and zone: beyond it fewer fixes, evenly chosen, are asked about zones."""
RESAMPLES: Final = 1000


class Figure(NamedTuple):
    """A named figure with its 95 % bounds."""

    name: str
    measured: Measured


class Bin(NamedTuple):
    """Where P(inside) said from `low` to `high`: what it said on average, and what was so."""

    low: float
    high: float
    pairs: int
    said: float
    so: Measured


class Scores(NamedTuple):
    """All that is measured of one group of fixes."""

    fixes: int
    blocks: int
    pairs: int
    figures: tuple[Figure, ...]
    bins: tuple[Bin, ...]


def scores(fixes: Sequence[Known], zones: int, seed: int) -> Scores:
    """Return the scores of at least one fix; `zones` discs are drawn at random for each.

    A disc's edge lies uniformly -80 to 80 m from the truth: half of the truths are inside.
    """
    number = {block: k for k, block in enumerate(sorted({fix.block for fix in fixes}))}
    of_fix = np.array([number[fix.block] for fix in fixes])
    circles = _summed(np.array([_of_circle(fix) for fix in fixes]), of_fix, len(number))
    step = max(1, -(-len(fixes) * zones // MOST_PAIRS))
    chosen = range(0, len(fixes), step)
    rng = np.random.default_rng(seed)
    pairs = np.array([_of_zone(fixes[k], rng) for k in chosen for _ in range(zones)])
    of_pair = np.repeat(of_fix[::step], zones)
    zone_sums = _summed(_of_pairs(pairs), of_pair, len(number))

    def figure(name: str, sums: Floats, top: int, bottom: int = 0) -> Figure:
        return Figure(name, bootstrap(sums, _quotient(top, bottom), seed, RESAMPLES))

    return Scores(
        fixes=len(fixes),
        blocks=len(number),
        pairs=len(pairs),
        figures=(
            *(figure(f"within R{100 * s:.0f}", circles, k) for k, s in enumerate(SHARES, start=1)),
            figure("mean R95, m", circles, 5),
            figure("mean error, m", circles, 6),
            figure("log score of the place", circles, 7),
            figure("Brier", zone_sums, 1),
            figure("log score", zone_sums, 2),
            figure("share with P at least 0.99", zone_sums, 3),
            figure("share with P at most 0.01", zone_sums, 4),
            figure("P at least 0.99, truly inside", zone_sums, 5, 3),
            figure("P at most 0.01, truly inside", zone_sums, 6, 4),
        ),
        bins=_bins(pairs, of_pair, len(number), seed),
    )


def log_density(squared_m2: float, weights: Sequence[float], sigmas_m: Sequence[float]) -> float:
    """Return the logarithm of the mixture's density, a square metre, at that distance squared."""
    total = sum(
        w / (2.0 * pi * s * s) * exp(-0.5 * squared_m2 / (s * s))
        for w, s in zip(weights, sigmas_m, strict=True)
    )
    return log(total) if total > 0.0 else -inf


def _of_circle(fix: Known) -> tuple[float, ...]:
    error_m, mixture = fix.belief.error_m(fix.truth), fix.belief.error
    beyond = tail(mixture, error_m)
    density = log_density(error_m * error_m, mixture.weights, mixture.sigmas_m)
    within = (float(beyond >= 1.0 - share) for share in SHARES)
    return (1.0, *within, r95_m(mixture), error_m, -max(density, -750.0))


def _of_zone(fix: Known, rng: Generator) -> tuple[float, float]:
    """Return P(inside) a disc drawn at random, and whether the truth is inside."""
    turn, depth_m = float(rng.uniform(0.0, 2.0 * pi)), float(rng.uniform(-WITHIN_M, WITHIN_M))
    away_m = RADIUS_M - depth_m
    centre = Plane.at(fix.truth).lonlat(away_m * cos(turn), away_m * sin(turn))
    p = fix.belief.p_inside(area(Disc(centre=centre, radius_m=RADIUS_M)))
    return p, float(depth_m >= 0.0)


def _of_pairs(pairs: Floats) -> Floats:
    p, inside = pairs[:, 0], pairs[:, 1]
    held = np.clip(p, LEAST_P, 1.0 - LEAST_P)
    missed = np.array(
        [-log(h) if so else -log1p(-h) for h, so in zip(held.tolist(), inside, strict=True)]
    )
    sure, clear = (p >= 0.99).astype(float), (p <= 0.01).astype(float)
    squares = (p - inside) ** 2
    columns = [np.ones(len(p)), squares, missed, sure, clear, sure * inside, clear * inside]
    return np.stack(columns, axis=1)


def _summed(rows: Floats, block_of: NDArray[np.int64], blocks: int) -> Floats:
    """Return sums of the columns of `rows`, (n, k), over their blocks, (blocks, k)."""
    total = np.zeros((blocks, rows.shape[1]))
    np.add.at(total, block_of, rows)
    return total


def _quotient(top: int, bottom: int) -> Callable[[Floats], float]:
    return lambda total: float(total[top] / total[bottom]) if total[bottom] > 0 else nan


def _bins(pairs: Floats, block_of: NDArray[np.int64], blocks: int, seed: int) -> tuple[Bin, ...]:
    found: list[Bin] = []
    last = len(EDGES) - 2
    for k, (low, high) in enumerate(pairwise(EDGES)):
        p = pairs[:, 0]
        above = p >= low if k in (0, last) else p > low
        below = p <= high if k != last - 1 else p < high
        here = above & below
        columns = np.stack([here, here * p, here * pairs[:, 1]], axis=1).astype(float)
        sums = _summed(columns, block_of, blocks)
        total = sums.sum(axis=0)
        said = float(total[1] / total[0]) if total[0] else nan
        so = bootstrap(sums[sums[:, 0] > 0], _quotient(2, 0), seed, RESAMPLES)
        found.append(Bin(low, high, int(total[0]), said, so))
    return tuple(found)
