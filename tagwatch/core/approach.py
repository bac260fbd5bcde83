"""How near to a place he can have come, and when: at every moment between two fixes the way there
is held against the time (a space-time prism)."""

from collections.abc import Sequence
from itertools import pairwise

import msgspec

from tagwatch.core.between import Walk
from tagwatch.core.units import SECOND, Instant


class Approach(msgspec.Struct, frozen=True, kw_only=True):
    """The nearest he can have come to the place within the window, by top speed and regions of
    99 % alone."""

    distance_m: float
    """To the border; 0: he may have been in it."""
    start: Instant
    """From when to when he can have been so near; the same where it is one moment."""
    end: Instant


def nearest_approach(
    walk: Walk, away_m: Sequence[float], window: tuple[Instant, Instant], fastest_mps: float
) -> Approach | None:
    """Return the nearest possible approach in [start, end); the earliest of several. None where
    there is no fix at all. `away_m`: distances of the fixes to the place's border."""
    start, end = window
    if not walk.at:
        return None
    found: list[Approach] = []
    if start < walk.at[0]:
        since = _sided(away_m[0] - walk.radius_m[0], fastest_mps, walk.at[0], window, -1)
        found.append(since)
    for k, (a, b) in enumerate(pairwise(walk.at)):
        if b >= start and a < end:
            found.append(_within(walk, away_m, k, window))
    if end > walk.at[-1]:
        until = _sided(away_m[-1] - walk.radius_m[-1], fastest_mps, walk.at[-1], window, 1)
        found.append(until)
    return min(found, key=lambda each: (each.distance_m, each.start), default=None)


def _within(
    walk: Walk, away_m: Sequence[float], k: int, window: tuple[Instant, Instant]
) -> Approach:
    a, b = walk.at[k], walk.at[k + 1]
    low, high = max(a, window[0]), min(b, window[1])
    span = reachable(walk, away_m, k, walk.top_mps[k])
    if span is not None and span[0] <= high and span[1] >= low:
        start, end = Instant(max(low, span[0])), Instant(min(high, span[1]))
        return Approach(distance_m=0.0, start=start, end=end)
    top = walk.top_mps[k] / SECOND
    from_a, from_b = away_m[k] - walk.radius_m[k], away_m[k + 1] - walk.radius_m[k + 1]
    at = 0.5 * (a + b)
    if top > 0.0:
        at += 0.5 * (from_a - from_b) / top
    at = round(min(max(at, low), high))
    room_m = max(0.0, from_a - top * (at - a), from_b - top * (b - at))
    return Approach(distance_m=round(room_m, 1), start=Instant(at), end=Instant(at))


def _sided(
    away_m: float, top_mps: float, known: int, window: tuple[Instant, Instant], side: int
) -> Approach:
    """Return the approach where only one end is known: before the first fix, after the last."""
    low, high = (
        (window[0], min(known, window[1])) if side < 0 else (max(known, window[0]), window[1])
    )
    farthest = low if side < 0 else high
    left_m = away_m - top_mps * abs(farthest - known) / SECOND
    if left_m > 0.0:
        at = Instant(farthest)
        return Approach(distance_m=round(left_m, 1), start=at, end=at)
    needs = round(max(0.0, away_m) / top_mps * SECOND)
    if side < 0:
        return Approach(distance_m=0.0, start=Instant(low), end=Instant(min(high, known - needs)))
    return Approach(distance_m=0.0, start=Instant(max(low, known + needs)), end=Instant(high))


def reachable(
    walk: Walk, away_m: Sequence[float], k: int, top_mps: float
) -> tuple[int, int] | None:
    """Return from when to when he can have been in the place between fixes k and k + 1 at a top
    speed, whatever the regions of both allow; None if at no time."""
    a, b = walk.at[k], walk.at[k + 1]
    from_a = max(0.0, away_m[k] - walk.radius_m[k])
    from_b = max(0.0, away_m[k + 1] - walk.radius_m[k + 1])
    there = a + round(from_a / top_mps * SECOND)
    back = b - round(from_b / top_mps * SECOND)
    return (there, back) if there <= back else None
