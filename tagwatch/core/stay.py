"""Stays among the fixes, with the bounds of when each began and ended."""

from collections.abc import MutableSequence
from dataclasses import dataclass
from math import hypot, log, sqrt
from typing import Final

import numpy as np

from tagwatch.core.compiled import COMPILED
from tagwatch.core.edge_kernel import BESIDE, ROOM, EdgeLimits, edge_s
from tagwatch.core.looks import R95, Looks
from tagwatch.core.motion import MotionSettings
from tagwatch.core.movement_settings import DEFAULT_MOVEMENT, MovementSettings
from tagwatch.core.plane import Floats
from tagwatch.core.stay_kernel import (
    Numbers,
    StayLimits,
    StayLooks,
    middle,
    shown_out,
    stays,
)
from tagwatch.core.units import MINUTE

_BEYOND: Final = 6
"""Fixes after a stop that are asked when it ended."""
_NEAR_S: Final = 360.0
_LEAST: Final = 18
"""When a stop began is sought in its first minutes and fixes; when it ended in its last ones."""
_FOOT_SHARE: Final = 0.7
_PAUSE_SHARE: Final = 0.15
_FLAG_WRONG: Final = log(0.05 / 0.95)
_FEW: Final = 8
"""Of a stop of more looks than this and one, no single look pulls the middle far."""
_PULL: Final = 2.0
"""So many times as far as its first or last look pulls the middle it may lie off."""
_ABOUT_M: Final = 8.0
"""Sigma per axis of where somebody at a place is."""
_TAIL: Final = 0.02
"""Left out at either end of an arrival or departure: what is stated holds 96 %."""

_SLACK_S: Final = 15.0
"""The last few metres are no matter of fixes."""


@dataclass(slots=True, eq=False)
class Stay:
    """Looks `first` to `last` of one stop, in the metres and seconds of `Looks`."""

    first: int
    last: int
    x_m: float
    y_m: float
    radius_m: float = 0.0
    """Of 95 % about the middle."""
    came_s: tuple[float, float] | None = None
    """None: there is no look before."""
    left_s: tuple[float, float] | None = None


class Stays:
    """What is known of the stops of one trail, while it is worked out."""

    def __init__(
        self, seen: Looks, motion: MotionSettings, rules: MovementSettings, expected_s: float
    ) -> None:
        self.seen, self.rules = seen, rules
        self.seconds = seen.seconds
        self.split_s = _split_s(motion, rules, expected_s)
        self._looks = StayLooks(
            _flat(self.seconds),
            _flat(seen.x_m),
            _flat(seen.y_m),
            _flat(seen.sigma_m),
            _flat(seen.weight),
            _flat(seen.density.ravel()),
            _flat(seen.exponent.ravel()),
            seen.density.shape[1],
        )
        self._flag = _flat(seen.flag.astype(np.float64))
        self._limits = _limits(rules, self.split_s)
        self._edges = EdgeLimits(
            motion.foot.usual_mps,
            motion.vehicle.usual_mps,
            _FOOT_SHARE,
            _PAUSE_SHARE,
            _ABOUT_M,
            _FLAG_WRONG,
            _TAIL,
        )
        self._room = _room(ROOM)

    def found(self) -> list[Stay]:
        """Return the stops in order of time, those that are one joined."""
        count = len(self.seen)
        firsts, lasts, xs_m, ys_m = (_room(count) for _ in range(4))
        number = stays(self._looks, self._limits, firsts, lasts, xs_m, ys_m) if count else 0
        made: list[Stay] = []
        for k in range(number):
            stay = Stay(int(firsts[k]), int(lasts[k]), float(xs_m[k]), float(ys_m[k]))
            if made and self._is_one(made[-1], stay):
                stay = self._joined(made.pop(), stay)
            made.append(stay)
        for stay in made:
            stay.radius_m = self._radius_m(stay)
        for k, stay in enumerate(made):
            before = made[k - 1].last if k else 0
            after = made[k + 1].first if k + 1 < len(made) else count - 1
            self._bound(stay, before, after)
        for stay in made:
            self._tighten(stay)
        return made

    def moved(self, one: Stay, other: Stay) -> bool:
        """Return whether the two are certainly different places."""
        apart_m = hypot(other.x_m - one.x_m, other.y_m - one.y_m)
        return apart_m > max(self.rules.steady_m, hypot(one.radius_m, other.radius_m))

    def went(self, stay: Stay, first: int, last: int) -> bool:
        """Return whether looks first to last show that he was elsewhere than at the stop."""
        return shown_out(self._looks, first, last, stay.x_m, stay.y_m, self._limits)

    def _is_one(self, before: Stay, stay: Stay) -> bool:
        pause_s = np.diff(self.seconds[before.last : stay.first + 1])
        if bool((pause_s > self.split_s).any()) or self.moved(before, stay):
            return False
        return not self.went(before, before.last + 1, stay.first - 1)

    def _joined(self, before: Stay, stay: Stay) -> Stay:
        x_m, y_m, _ = middle(self._looks, before.first, stay.last, before.x_m, before.y_m)
        return Stay(before.first, stay.last, x_m, y_m)

    def _radius_m(self, stay: Stay) -> float:
        """Return the 95 % radius of the middle: noise by its witnesses, the steady error whole."""
        rows = slice(stay.first, stay.last + 1)
        seen = self.seen
        sigma2 = seen.sigma_m[rows] ** 2
        weight = seen.weight[rows] + 1e-6
        away2 = (seen.x_m[rows] - stay.x_m) ** 2 + (seen.y_m[rows] - stay.y_m) ** 2
        pulls = weight / (sigma2 + away2 / 3.0)
        pulls /= pulls.sum()
        noise2 = float(np.sum(pulls**2 * sigma2 / weight))
        steady2 = float(np.sum(pulls * seen.steady2_m2[rows]))
        known_m = R95 * sqrt(noise2 + steady2 + _ABOUT_M**2)
        return hypot(known_m, self._pulled_m(stay))

    def _pulled_m(self, stay: Stay) -> float:
        """Return how far the first and the last look pull the middle, at most: they may be of
        the way there or from it, which their own errors do not tell."""
        if not 1 <= stay.last - stay.first <= _FEW:
            return 0.0
        pulled_m = 0.0
        for first, last in ((stay.first + 1, stay.last), (stay.first, stay.last - 1)):
            x_m, y_m, _ = middle(self._looks, first, last, stay.x_m, stay.y_m)
            pulled_m = max(pulled_m, hypot(x_m - stay.x_m, y_m - stay.y_m))
        return _PULL * pulled_m

    def _bound(self, stay: Stay, before: int, after: int) -> None:
        """Fill in when the stop began and ended: after look `before`, the last of the stop before,
        and before look `after`, the first of the one after."""
        half = (stay.first + stay.last) // 2
        if stay.first > 0:
            outer = max(stay.first - _BEYOND, before, 0)
            near = int(np.searchsorted(self.seconds, float(self.seconds[stay.first]) + _NEAR_S))
            inner = min(max(near, stay.first + _LEAST), stay.first + BESIDE, half)
            stay.came_s = self._edge(stay, inner, stay.first, outer)
        if stay.last + 1 < len(self.seen):
            outer = min(stay.last + _BEYOND, after, len(self.seen) - 1)
            near = int(np.searchsorted(self.seconds, float(self.seconds[stay.last]) - _NEAR_S))
            inner = max(min(near, stay.last - _LEAST), stay.last - BESIDE, half)
            stay.left_s = self._edge(stay, inner, stay.last, outer)

    def _tighten(self, stay: Stay) -> None:
        """Leave to the trips the looks that lie before the middle of the arrival or after that of
        the departure: on a walk past sharp fixes come before he is far enough off."""
        first, last = stay.first, stay.last
        if stay.came_s is not None:
            first = int(np.searchsorted(self.seconds, sum(stay.came_s) / 2.0))
        if stay.left_s is not None:
            last = int(np.searchsorted(self.seconds, sum(stay.left_s) / 2.0, side="right")) - 1
        stay.first = min(max(first, stay.first), stay.last)
        stay.last = max(min(last, stay.last), stay.first)

    def _edge(self, stay: Stay, inner: int, border: int, outer: int) -> tuple[float, float]:
        """Return between which seconds he came (outer < inner) or left."""
        step = 1 if outer > border else -1
        pause_s = np.abs(np.diff(self.seconds[np.arange(border, outer + step, step)]))
        if pause_s[0] > self.split_s:
            ends = float(self.seconds[border]), float(self.seconds[border + step])
            return min(ends), max(ends)
        long = np.flatnonzero(pause_s > self.split_s)
        outer = border + step * int(long[0]) if len(long) else outer
        place = (stay.x_m, stay.y_m)
        low, high = edge_s(self._looks, self._flag, inner, outer, place, self._edges, self._room)
        return low - _SLACK_S, high + _SLACK_S


def load_kernels() -> None:
    """Load what finds stops, and compile it where that is done: seconds better spent at set-up."""
    count = 12
    far_m = np.array([0.0] * 6 + [400.0] * 6)
    ones = np.ones(count)
    seen = Looks(
        at=np.arange(count) * MINUTE,
        lon_deg=ones,
        lat_deg=ones,
        x_m=far_m,
        y_m=far_m,
        sigma_m=10.0 * ones,
        weight=ones,
        flag=np.zeros(count, dtype=np.uint8),
        density=np.full((count, 1), 1e-3),
        exponent=np.full((count, 1), -5e-3),
        steady2_m2=ones,
        every_at=np.arange(count) * MINUTE,
    )
    Stays(seen, MotionSettings(), DEFAULT_MOVEMENT, 60.0).found()


def _split_s(motion: MotionSettings, rules: MovementSettings, expected_s: float) -> float:
    """Return the longest gap that a stop runs on over: twice what the tag's mode lets expect, or
    longer while it is unlikely that he was gone and back in it."""
    away_s = -motion.away_s * log(1.0 - sqrt(rules.unseen_p))
    return max(away_s, 2.0 * expected_s)


def _limits(rules: MovementSettings, split_s: float) -> StayLimits:
    return StayLimits(
        rules.stay_s,
        rules.steady_m,
        rules.leave,
        rules.most_out,
        rules.most_in,
        rules.rest_m,
        rules.rest_ratio,
        rules.forget_s,
        rules.field_m,
        log(rules.field_most_m / rules.field_m) + 0.5,
        split_s,
    )


def _flat(values: Floats) -> Numbers:
    """Return numbers as the kernel reads them fastest."""
    return values if COMPILED else values.tolist()  # type: ignore[return-value]  # an array has no stub as a sequence


def _room(length: int) -> MutableSequence[float]:
    return np.zeros(length) if COMPILED else [0.0] * length  # type: ignore[return-value]  # an array has no stub as a sequence
