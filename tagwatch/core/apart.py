"""That two cannot have been near each other: at every moment between fixes the way from one to the
other is held against what their top speeds allow.
"""

from dataclasses import dataclass
from math import inf

import numpy as np
from numpy.typing import NDArray

from tagwatch.core.between import Walk
from tagwatch.core.coverage import Seen
from tagwatch.core.plane import Floats
from tagwatch.core.rules.prepare import SettingsHistory
from tagwatch.core.units import SECOND, Instant


@dataclass(frozen=True, slots=True, eq=False)
class Way:
    """His fixes, and how he can have gone between them, in metres of the one plane."""

    walk: Walk
    x_m: Floats
    y_m: Floats
    seen: tuple[tuple[Instant, Instant, Seen], ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Ends:
    """Of each piece of the window: the fixes of one before and after it, (n,)."""

    since_s: Floats
    until_s: Floats
    before_m: tuple[Floats, Floats]
    after_m: tuple[Floats, Floats]
    before_error_m: Floats
    after_error_m: Floats
    top_mps: Floats

    def of(self, side: int) -> tuple[tuple[Floats, Floats], Floats]:
        """Return place and error of the fixes before (0) or after (1)."""
        if side == 0:
            return self.before_m, self.before_error_m
        return self.after_m, self.after_error_m


def certainly_apart(
    ways: tuple[Way, Way],
    within_m: float,
    window: tuple[Instant, Instant],
    settings: SettingsHistory,
) -> tuple[int, int, bool]:
    """Return seconds for which both were seen, and of these certainly apart; and whether they were
    certainly apart for all of the window.

    Between two fixes each stays within what its top speed allows; how near the two can come is
    bounded below from both ends of both intervals, less the 99 % regions of the fixes.
    """
    start, end = window
    if start >= end:
        return 0, 0, False
    borders = [start, end]
    for way in ways:
        borders += [at for at in way.walk.at if start < at < end]
        borders += [edge for a, b, _ in way.seen for edge in (a, b)]
    times = np.unique(np.array(borders, dtype=np.int64))
    top_mps = settings.at(start).motion.rail.top_mps
    a, b = (_ends(way, times, window, top_mps) for way in ways)
    low = (times[:-1] - start) / SECOND
    high = (times[1:] - start) / SECOND
    nearest = np.full(len(low), -inf)
    for mine in (0, 1):
        for its in (0, 1):
            (mine_m, mine_error_m), (its_m, its_error_m) = a.of(mine), b.of(its)
            apart_m = np.hypot(mine_m[0] - its_m[0], mine_m[1] - its_m[1])
            apart_m = apart_m - mine_error_m - its_error_m
            ends = [
                apart_m - a.top_mps * _from(a, mine, at) - b.top_mps * _from(b, its, at)
                for at in (low, high)
            ]
            nearest = np.maximum(nearest, np.minimum(ends[0], ends[1]))
    spans = a.top_mps * (a.until_s - a.since_s) + b.top_mps * (b.until_s - b.since_s)
    errors = a.before_error_m + b.before_error_m + a.after_error_m + b.after_error_m
    for its_first, its_last in ((b.before_m, b.after_m), (b.after_m, b.before_m)):
        first_m = np.hypot(a.before_m[0] - its_first[0], a.before_m[1] - its_first[1])
        last_m = np.hypot(a.after_m[0] - its_last[0], a.after_m[1] - its_last[1])
        nearest = np.maximum(nearest, 0.5 * (first_m + last_m - spans - errors))
    apart = nearest > within_m
    middles = (times[:-1] + times[1:]) // 2
    both = _observed(ways[0], middles) & _observed(ways[1], middles)
    lasting = np.diff(times) / SECOND
    return round(lasting[both].sum()), round(lasting[both & apart].sum()), bool(apart.all())


def _from(ends: _Ends, side: int, at: Floats) -> Floats:
    return at - ends.since_s if side == 0 else ends.until_s - at


def _ends(
    way: Way, times: NDArray[np.int64], window: tuple[Instant, Instant], top_mps: float
) -> _Ends:
    """Return the fixes about each piece between `times`. Before the first fix he may have come
    from as far as the fastest train goes, and after the last have gone so far."""
    walk, (start, end) = way.walk, window
    at = np.array(walk.at, dtype=np.int64)
    before = np.searchsorted(at, times[:-1], side="right") - 1
    after = before + 1
    early, late = before < 0, after >= len(at)
    tops = np.array([*walk.top_mps, top_mps])
    before, after = np.maximum(before, 0), np.minimum(after, len(at) - 1)
    since, until = at[before], at[after]
    # Out and back from the fix: it may be as far off as half of twice the time allows.
    since = np.where(early, 2 * start - until, since)
    until = np.where(late, 2 * end - since, until)
    error_m = np.array(walk.radius_m)
    return _Ends(
        since_s=(since - start) / SECOND,
        until_s=(until - start) / SECOND,
        before_m=(way.x_m[before], way.y_m[before]),
        after_m=(way.x_m[after], way.y_m[after]),
        before_error_m=error_m[before],
        after_error_m=error_m[after],
        top_mps=np.where(early | late, top_mps, tops[before]),
    )


def _observed(way: Way, at: NDArray[np.int64]) -> NDArray[np.bool_]:
    starts = np.array([since for since, _, _ in way.seen], dtype=np.int64)
    kinds = np.array([kind is Seen.OBSERVED for _, _, kind in way.seen])
    return kinds[np.searchsorted(starts, at, side="right") - 1]
