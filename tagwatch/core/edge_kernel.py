"""Scalar kernel of when a stop began or ended: a distribution over the time of the change.

Up to the change the fixes lie about the middle of the stop as errors do; the first one after it
lies as far off as he can have come since; each following one as far from the one before as
somebody on the move comes. Compiled or plainly the same.
"""

from collections.abc import MutableSequence
from math import exp, hypot, log, pi
from typing import NamedTuple

from tagwatch.core.compiled import compiled
from tagwatch.core.stay_kernel import Numbers, StayLooks

PIECES = 8
"""Times asked between two fixes."""
BESIDE = 48
"""Fixes asked on either side, at the most."""
ROOM = (2 * BESIDE + 2) * PIECES
_TINY = 1e-300


class EdgeLimits(NamedTuple):
    """How he moves, and how much the tag's own motion flag says."""

    foot_mps: float
    vehicle_mps: float
    foot_share: float
    pause_share: float
    rest_m: float
    flag_wrong: float
    """Logarithm of how often the flag is wrong over how often it is right."""
    tail: float
    """Left out at either end of the distribution."""


@compiled
def _density(away2_m2: float, sigma2_m2: float) -> float:
    return exp(-0.5 * away2_m2 / sigma2_m2) / (2.0 * pi * sigma2_m2)


@compiled
def _moved(away2_m2: float, error2_m2: float, seconds: float, limits: EdgeLimits) -> float:
    """Return the density of a place so far off after so long on the move."""
    foot_m, ride_m = limits.foot_mps * seconds, limits.vehicle_mps * seconds
    walked = _density(away2_m2, error2_m2 + foot_m * foot_m)
    ridden = _density(away2_m2, error2_m2 + ride_m * ride_m)
    return limits.foot_share * walked + (1.0 - limits.foot_share) * ridden


@compiled
def _stayed_log(
    looks: StayLooks, flag: Numbers, k: int, place: tuple[float, float], limits: EdgeLimits
) -> float:
    dx, dy = looks.x_m[k] - place[0], looks.y_m[k] - place[1]
    away2 = max(0.0, hypot(dx, dy) - limits.rest_m) ** 2
    inside = _TINY
    for n in range(k * looks.width, (k + 1) * looks.width):
        inside += looks.density[n] * exp(looks.exponent[n] * away2)
    said = limits.flag_wrong if flag[k] == 2.0 else 0.0
    return looks.weight[k] * (log(inside) + said)


@compiled
def _moving_log(looks: StayLooks, flag: Numbers, k: int, before: int, limits: EdgeLimits) -> float:
    """Return the logarithm for fix k of somebody who moved on from fix `before`."""
    dx, dy = looks.x_m[k] - looks.x_m[before], looks.y_m[k] - looks.y_m[before]
    error2 = looks.sigma_m[k] ** 2 + looks.sigma_m[before] ** 2
    seconds = abs(looks.seconds[k] - looks.seconds[before])
    away2 = dx * dx + dy * dy
    paused = _density(away2, error2)
    moved = _moved(away2, error2, seconds, limits)
    chance = limits.pause_share * paused + (1.0 - limits.pause_share) * moved
    said = limits.flag_wrong if flag[k] == 1.0 else 0.0
    return looks.weight[k] * (log(chance + _TINY) + said)


@compiled
def _first_log(
    looks: StayLooks,
    flag: Numbers,
    k: int,
    place: tuple[float, float],
    seconds: float,
    limits: EdgeLimits,
) -> float:
    """Return the logarithm for fix k of somebody who left the place so many seconds ago."""
    dx, dy = looks.x_m[k] - place[0], looks.y_m[k] - place[1]
    error2 = looks.sigma_m[k] ** 2 + limits.rest_m**2
    chance = _moved(dx * dx + dy * dy, error2, seconds, limits)
    said = limits.flag_wrong if flag[k] == 1.0 else 0.0
    return looks.weight[k] * (log(chance + _TINY) + said)


@compiled
def edge_s(
    looks: StayLooks,
    flag: Numbers,
    inner: int,
    outer: int,
    place: tuple[float, float],
    limits: EdgeLimits,
    said: MutableSequence[float],
) -> tuple[float, float]:
    """Return between which seconds he left the place, from fix `inner`, which he was there at, to
    `outer`, which he was not; with outer < inner, between which he came.

    `said`: room for ROOM numbers.
    """
    step = 1 if outer > inner else -1
    steps = abs(outer - inner)
    after = 0.0
    for m in range(2, steps + 1):
        after += _moving_log(looks, flag, inner + step * m, inner + step * (m - 1), limits)
    stayed, best, filled = 0.0, -1e300, 0
    for m in range(steps):
        here, there = inner + step * m, inner + step * (m + 1)
        if m > 0:
            stayed += _stayed_log(looks, flag, here, place, limits)
            after -= _moving_log(looks, flag, there, here, limits)
        span_s = abs(looks.seconds[there] - looks.seconds[here])
        for piece in range(PIECES):
            left_s = span_s * (1.0 - (piece + 0.5) / PIECES)
            came = _first_log(looks, flag, there, place, left_s, limits)
            said[filled] = stayed + came + after + log(max(span_s, 1e-3) / PIECES)
            best = max(best, said[filled])
            filled += 1
    total = 0.0
    for n in range(filled):
        said[n] = exp(said[n] - best)
        total += said[n]
    low = _quantile(looks, inner, step, said, filled, limits.tail * total)
    high = _quantile(looks, inner, step, said, filled, (1.0 - limits.tail) * total)
    return min(low, high), max(low, high)


@compiled
def _quantile(
    looks: StayLooks,
    inner: int,
    step: int,
    weights: MutableSequence[float],
    count: int,
    wanted: float,
) -> float:
    """Return the seconds by which so much of the weights has passed."""
    passed, n = 0.0, 0
    while passed + weights[n] < wanted and n + 1 < count:
        passed += weights[n]
        n += 1
    here = inner + step * (n // PIECES)
    span_s = (looks.seconds[here + step] - looks.seconds[here]) / PIECES
    share = min(1.0, max(0.0, (wanted - passed) / max(weights[n], _TINY)))
    return looks.seconds[here] + span_s * (n % PIECES + share)
