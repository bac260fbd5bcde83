"""Scalar kernel of stops: one walk over the fixes in order, compiled or plainly the same.

A stop begins where for `stay_s` the fixes lie together as errors at rest do. It ends where what
has come since speaks for his having left: a sum of likelihood ratios that starts anew whenever it
falls to nothing (Page 1954, CUSUM). Jitter, jumps and a position that sticks never sum up.
"""

from collections.abc import MutableSequence, Sequence
from math import exp, hypot, log, pi, sqrt
from typing import NamedTuple, TypeAlias

from tagwatch.core.compiled import compiled

Numbers: TypeAlias = Sequence[float]
_TINY = 1e-300


class StayLooks(NamedTuple):
    """What the walk reads, (n,) each; `density` and `exponent` are flat, `width` a fix."""

    seconds: Numbers
    x_m: Numbers
    y_m: Numbers
    sigma_m: Numbers
    weight: Numbers
    density: Numbers
    exponent: Numbers
    width: int


class StayLimits(NamedTuple):
    """`MovementSettings`, and the longest gap a stop runs on over."""

    stay_s: float
    steady_m: float
    leave: float
    most_out: float
    most_in: float
    rest_m: float
    rest_ratio: float
    forget_s: float
    field_m: float
    spread: float
    """Logarithm of the field's reach: the density beyond `field_m` is 1 / (2π · this · d²)."""
    split_s: float


@compiled
def speaks_out(looks: StayLooks, k: int, x_m: float, y_m: float, limits: StayLimits) -> float:
    """Return how much fix k speaks for his being elsewhere than at (x_m, y_m), as a logarithm."""
    away_m = hypot(looks.x_m[k] - x_m, looks.y_m[k] - y_m)
    beyond_m = max(0.0, away_m - limits.steady_m)
    inside = _TINY
    for n in range(k * looks.width, (k + 1) * looks.width):
        inside += looks.density[n] * exp(looks.exponent[n] * beyond_m * beyond_m)
    field_m = max(away_m, limits.field_m)
    ratio = -log(2.0 * pi * limits.spread * field_m * field_m) - log(inside)
    return looks.weight[k] * min(limits.most_out, max(-limits.most_in, ratio))


@compiled
def pull(looks: StayLooks, k: int, x_m: float, y_m: float) -> float:
    """Return the weight of fix k in the middle of a stop near (x_m, y_m): far ones pull little."""
    dx, dy = looks.x_m[k] - x_m, looks.y_m[k] - y_m
    sigma2 = looks.sigma_m[k] * looks.sigma_m[k]
    return (looks.weight[k] + 1e-6) / (sigma2 + (dx * dx + dy * dy) / 3.0)


@compiled
def middle(
    looks: StayLooks, first: int, last: int, x_m: float, y_m: float
) -> tuple[float, float, float]:
    """Return the robust middle of fixes first to last, begun at (x_m, y_m), and their weight."""
    total = 0.0
    for _ in range(4):
        total = sum_x = sum_y = 0.0
        for k in range(first, last + 1):
            weight = pull(looks, k, x_m, y_m)
            total += weight
            sum_x += weight * looks.x_m[k]
            sum_y += weight * looks.y_m[k]
        x_m, y_m = sum_x / total, sum_y / total
    return x_m, y_m, total


@compiled
def _rests(
    looks: StayLooks, first: int, last: int, x_m: float, y_m: float, limits: StayLimits
) -> bool:
    """Return whether fixes first to last lie about (x_m, y_m) as those of somebody at rest."""
    if speaks_out(looks, first, x_m, y_m, limits) > 0.0:
        return False
    if speaks_out(looks, last, x_m, y_m, limits) > 0.0:
        return False
    near = total = 0.0
    for k in range(first, last + 1):
        away_m = hypot(looks.x_m[k] - x_m, looks.y_m[k] - y_m)
        scale_m = sqrt(looks.sigma_m[k] * looks.sigma_m[k] + limits.rest_m * limits.rest_m)
        weight = looks.weight[k] + 1e-6
        total += weight
        if away_m <= limits.rest_ratio * scale_m:
            near += weight
    return near >= 0.5 * total


@compiled
def _until(
    looks: StayLooks, last: int, middle_m: tuple[float, float, float], limits: StayLimits
) -> tuple[int, int]:
    """Return the last fix of a stop whose fixes up to `last` are known, and the first after it."""
    x_m, y_m, total = middle_m
    count = len(looks.seconds)
    said, since, k = 0.0, last + 1, last + 1
    while k < count:
        pause_s = looks.seconds[k] - looks.seconds[k - 1]
        if pause_s > limits.split_s:
            break
        now = speaks_out(looks, k, x_m, y_m, limits)
        if said <= 0.0:
            since = k
        said = max(0.0, said + now)
        if said > limits.leave:
            return since - 1, since
        if said <= 0.0:
            total *= exp(-pause_s / limits.forget_s)
            weight = pull(looks, k, x_m, y_m)
            total += weight
            x_m += (looks.x_m[k] - x_m) * weight / total
            y_m += (looks.y_m[k] - y_m) * weight / total
        k += 1
    return k - 1, k


@compiled
def _since(
    looks: StayLooks, first: int, least: int, x_m: float, y_m: float, limits: StayLimits
) -> int:
    """Return the first fix of a stop that is known from `first` on, not before `least`."""
    said, since, k = 0.0, first - 1, first - 1
    while k >= least:
        if looks.seconds[k + 1] - looks.seconds[k] > limits.split_s:
            return k + 1
        if said <= 0.0:
            since = k
        said = max(0.0, said + speaks_out(looks, k, x_m, y_m, limits))
        if said > limits.leave:
            return since + 1
        k -= 1
    return least


@compiled
def stays(
    looks: StayLooks,
    limits: StayLimits,
    firsts: MutableSequence[float],
    lasts: MutableSequence[float],
    xs_m: MutableSequence[float],
    ys_m: MutableSequence[float],
) -> int:
    """Fill in first and last fix and the middle of each stop, in order; return how many."""
    count = len(looks.seconds)
    found, i, least = 0, 0, 0
    while i < count:
        j = i
        while (
            j + 1 < count
            and looks.seconds[j] - looks.seconds[i] < limits.stay_s
            and looks.seconds[j + 1] - looks.seconds[j] <= limits.split_s
        ):
            j += 1
        if looks.seconds[j] - looks.seconds[i] < limits.stay_s:
            i += 1
            continue
        half = (i + j) // 2
        x_m, y_m, total = middle(looks, i, j, looks.x_m[half], looks.y_m[half])
        if not _rests(looks, i, j, x_m, y_m, limits):
            i += 1
            continue
        last, following = _until(looks, j, (x_m, y_m, total), limits)
        last = max(last, i)
        x_m, y_m, _ = middle(looks, i, last, x_m, y_m)
        first = _since(looks, i, least, x_m, y_m, limits)
        firsts[found], lasts[found], xs_m[found], ys_m[found] = first, last, x_m, y_m
        found += 1
        i = least = max(following, last + 1)
    return found


@compiled
def shown_out(
    looks: StayLooks, first: int, last: int, x_m: float, y_m: float, limits: StayLimits
) -> bool:
    """Return whether fixes first to last show that he was elsewhere than at (x_m, y_m)."""
    said = 0.0
    for k in range(first, last + 1):
        said = max(0.0, said + speaks_out(looks, k, x_m, y_m, limits))
        if said > limits.leave:
            return True
    return False
