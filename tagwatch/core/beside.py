"""Where somebody was, half a minute by half a minute: whose fixes are worth holding against his.

For many people and many days at once, and conservative: a fix of another that `meeting.meetings`
could find near one of his, with the probability that leaves a meeting open, is never left out.
Whoever is left in is judged by himself.
"""

from collections.abc import Sequence
from math import ceil, log, sqrt
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tagwatch.core.fix import FixBlock, Motion
from tagwatch.core.plane import Floats, scale_m
from tagwatch.core.rules.prepare import SettingsHistory
from tagwatch.core.settings import EncounterSettings
from tagwatch.core.trail import TrailPart, decidable
from tagwatch.core.units import SECOND, Instant

Mask = NDArray[np.bool_]
Times = NDArray[np.int64]
_CELL: Final = 30 * SECOND
_SHORTER: Final = 0.99
"""Distances are taken this much shorter than degrees say."""
_MORE_M: Final = 1.0
_DOUBT: Final = 1e-5
"""Of a probability: more than it is rounded by."""
_TINY: Final = 1e-9
_BEYOND_DEG: Final = 0.1
"""Nobody near lies so much farther north or south."""
_STILL: Final = int(Motion.STILL)


class Reach(NamedTuple):
    """How far two fixes may lie apart, and how much older one may be, to leave a meeting open."""

    distance_m: float
    still_s: float
    """Where the older fix's tag said that it was at rest; else `moving_s`."""
    moving_s: float


def reach(within_m: float, settings: SettingsHistory) -> Reach:
    """Return what holds under every one of these settings.

    P(within R) of two fixes is a weighted mean over Gaussians of the difference of their places, so
    for one of them it must come up to what leaves a meeting open, p. In a disc of radius R a
    Gaussian of sigma s has 1 - exp(-R2 / 2 s2) at most, wherever it lies: that bounds s, and so the
    age, as the walk since the older fix is part of s. And it has no more than in the half plane
    within the rim, which is at most exp(-x2 / 2) / 2 from x sigmas outside.
    """
    far_m = still_s = moving_s = 0.0
    for _, each in settings.versions:
        rules = each.encounter
        least = max(rules.thresholds.protect - _DOUBT, _TINY)
        sigma_m = within_m / sqrt(-2.0 * log(max(1.0 - least, _TINY)))
        outside = sqrt(2.0 * log(0.5 / least)) if least < 0.5 else 0.0
        far_m = max(far_m, within_m + sigma_m * outside)
        still_s = max(still_s, _age_s(sigma_m, rules.rest_mps, rules))
        moving_s = max(moving_s, _age_s(sigma_m, rules.spread_mps, rules))
    return Reach(far_m + _MORE_M, still_s, moving_s)


def _age_s(sigma_m: float, speed_mps: float, rules: EncounterSettings) -> float:
    return min(float(rules.age_most_s), sigma_m / max(speed_mps, _TINY))


class Nearby:
    """Somebody's trail, ready to be asked which fixes of others are near it in place and time."""

    def __init__(
        self, trail: Sequence[TrailPart], window: tuple[Instant, Instant], near: Reach
    ) -> None:
        self._ages_s = {True: near.still_s, False: near.moving_s}
        self._near_m = near.distance_m
        self.start = Instant(window[0] - ceil(max(self._ages_s.values())) * SECOND)
        self.end = window[1]
        """What is asked for is from `start` on, before `end`."""
        self._cells = max(1, -(-(self.end - self.start) // _CELL))
        at, lon, lat, still = _fixes(trail)
        kept = (at >= self.start) & (at < self.end) & np.isfinite(lon) & np.isfinite(lat)
        self._at, self._lon, self._lat = at[kept], lon[kept], lat[kept]
        northmost = float(np.abs(self._lat).max(initial=0.0))
        self._scale_m = scale_m(min(northmost + _BEYOND_DEG, 79.0))
        self._boxes = self._all_boxes(still[kept])
        self._any = np.minimum(self._boxes[True], self._boxes[False])

    def _all_boxes(self, still: Mask) -> dict[bool, Floats]:
        """Return by whether another's tag is at rest, shape (4, cells), where it would be near: his
        last fix before may tell for as long as it was at rest or not, and those after for as long
        as the other's does."""
        his = {rest: self._boxed(np.flatnonzero(still == rest)) for rest in self._ages_s}
        steps = {rest: ceil(age_s * SECOND / _CELL) + 1 for rest, age_s in self._ages_s.items()}
        before = np.minimum(*(_spread(his[rest], 0, steps[rest]) for rest in his))
        whole = np.minimum(*his.values())
        grown = self._near_m / (_SHORTER * np.array(self._scale_m * 2))[:, None]
        return {rest: np.minimum(before, _spread(whole, steps[rest], 0)) - grown for rest in his}

    def _boxed(self, rows: NDArray[np.intp]) -> Floats:
        """Return, shape (4, cells), west, south, -east and -north of the fixes of each cell."""
        found = np.full((4, self._cells), np.inf)
        cell = (self._at[rows] - self.start) // _CELL
        lon, lat = self._lon[rows], self._lat[rows]
        for side, said in zip(found, (lon, lat, -lon, -lat), strict=True):
            np.minimum.at(side, cell, said)
        return found

    def may_touch(
        self, times: tuple[Times, Times], area: tuple[Floats, Floats, Floats, Floats]
    ) -> Mask:
        """Return, shape (g,), which groups of fixes, with these least and greatest times and places
        (west, south, east, north), may have one of `near_rows`."""
        found = (times[1] >= self.start) & (times[0] < self.end)
        first = np.clip((times[0] - self.start) // _CELL, 0, self._cells - 1)
        last = np.clip((times[1] - self.start) // _CELL, 0, self._cells - 1)
        west, south, east, north = area
        for k in np.flatnonzero(found).tolist():
            held = self._any[:, int(first[k]) : int(last[k]) + 1]
            hits = (held[0] <= east[k]) & (-held[2] >= west[k])
            hits &= (held[1] <= north[k]) & (-held[3] >= south[k])
            found[k] = bool(hits.any())
        return found

    def near_rows(self, at: Times, lon: Floats, lat: Floats, still: Mask) -> NDArray[np.intp]:
        """Return which fixes of others, shape (n,) each, are near one of his: the last before, or
        one after while they tell anything. Rows without a place are never."""
        rows = np.flatnonzero((at >= self.start) & (at < self.end))
        cell = (at[rows] - self.start) // _CELL
        for side, said in ((0, lon), (2, -lon), (1, lat), (3, -lat)):
            inside = said[rows] >= self._any[side][cell]
            rows, cell = rows[inside], cell[inside]
        inside = np.zeros(len(rows), np.bool_)
        for rest, boxes in self._boxes.items():
            west, south, east, north = boxes[:, cell]
            held = (lon[rows] >= west) & (lon[rows] <= -east)
            held &= (lat[rows] >= south) & (lat[rows] <= -north)
            inside |= held & (still[rows] == rest)
        rows = rows[inside]
        return rows[self._is_near(at[rows], lon[rows], lat[rows], still[rows])]

    def _is_near(self, at: Times, lon: Floats, lat: Floats, still: Mask) -> Mask:
        found = np.zeros(len(at), np.bool_)
        if not len(self._at):
            return found
        oldest = np.where(still, *(ceil(age_s * SECOND) for age_s in self._ages_s.values()))
        its = np.searchsorted(self._at, at, side="right") - 1
        upto = np.searchsorted(self._at, at + oldest, side="right")
        # Of several fixes at one time any may be the last before.
        its = np.searchsorted(self._at, self._at[np.maximum(its, 0)])
        east_m, north_m = (_SHORTER * each for each in self._scale_m)
        rows = np.flatnonzero(its < upto)
        while len(rows):
            m = its[rows]
            apart_m = np.hypot(
                (lon[rows] - self._lon[m]) * east_m, (lat[rows] - self._lat[m]) * north_m
            )
            found[rows] = apart_m <= self._near_m
            its[rows] += 1
            rows = rows[~found[rows] & (its[rows] < upto[rows])]
        return found


def _fixes(trail: Sequence[TrailPart]) -> tuple[Times, Floats, Floats, Mask]:
    """Return time, place and whether at rest of the fixes that decide, by time."""
    kept: list[FixBlock] = [part.block[decidable(part.block)] for part in trail]
    if not kept:
        return np.empty(0, np.int64), np.empty(0), np.empty(0), np.empty(0, np.bool_)
    at = np.concatenate([block["fixed_at"] for block in kept])
    order = np.argsort(at, kind="stable")
    lon, lat, motion = (
        np.concatenate([block[name] for block in kept])[order]
        for name in ("lon_deg", "lat_deg", "motion")
    )
    return at[order], lon, lat, motion == _STILL


def _spread(boxes: Floats, back: int, on: int) -> Floats:
    """Return boxes that hold those of up to `back` cells later and `on` cells before too."""
    found, cells = boxes.copy(), boxes.shape[1]
    for k in range(1, min(back, cells - 1) + 1):
        np.minimum(found[:, :-k], boxes[:, k:], out=found[:, :-k])
    for k in range(1, min(on, cells - 1) + 1):
        np.minimum(found[:, k:], boxes[:, :-k], out=found[:, k:])
    return found
