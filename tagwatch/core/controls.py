"""Comparable places: as far from where he lives or works as a protected place is, and what he does
there. Chosen by the data alone, so the same for everybody who asks.

They lie all round his own place that is nearest to the protected one, some overlapping it: whoever
has one errand somewhere at that distance has it near some of them, and how many those are is how
likely it was that the protected place should be one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import msgspec
import numpy as np

from tagwatch.core.base_rate import RateRatio, as_many, rate_ratio
from tagwatch.core.contour import PlanarShape
from tagwatch.core.own_weeks import Mask, OwnWeeks, Rows, day_numbers, observed_days
from tagwatch.core.plane import Floats
from tagwatch.core.units import MINUTE, SECOND, Instant

AROUND: Final = 72
"""Comparable places all round, every five degrees."""
LEAST: Final = 18
"""With fewer nothing is said of a base rate."""
LIKELY_SIGMAS: Final = 0.842
"""A fix this far inside lies within with 80 %."""
WAIT_S: Final = 300
"""A stop of at least so long near a place is a wait."""
SEEN_SHARE: Final = 0.5
"""A day counts of which so much was observed."""


@dataclass(frozen=True, slots=True, eq=False)
class NearArea:
    """A place with what lies round it, and where it was moved to."""

    shape: PlanarShape
    """In the plane of the weeks."""
    reach_m: float
    dx_m: float = 0.0
    dy_m: float = 0.0

    @property
    def centre_m(self) -> tuple[float, float]:
        """The middle of the shape's bounding disc."""
        return self.shape.centre_x_m + self.dx_m, self.shape.centre_y_m + self.dy_m

    @property
    def bound_m(self) -> float:
        """From the centre to the farthest part of it."""
        return self.shape.bound_radius_m + self.reach_m

    def moved(self, to: tuple[float, float]) -> "NearArea":
        """Return the same place about another centre."""
        return NearArea(
            self.shape, self.reach_m, to[0] - self.shape.centre_x_m, to[1] - self.shape.centre_y_m
        )

    def away_m(self, x_m: Floats, y_m: Floats) -> Floats:
        """Return metres to the shape's border, negative inside, (n,); exact within reach of it."""
        x, y = x_m - self.dx_m, y_m - self.dy_m
        off = np.hypot(x - self.shape.centre_x_m, y - self.shape.centre_y_m)
        found = off - self.shape.bound_radius_m
        if not self.shape.is_disc:
            near = np.flatnonzero(found <= self.reach_m)
            found[near] = _to_edges(self.shape.edges.reshape(-1, 4), x[near], y[near])
        return found


def _to_edges(edges: Floats, x: Floats, y: Floats) -> Floats:
    least: Floats = np.full(len(x), np.inf)
    inside = np.zeros(len(x), dtype=np.bool_)
    for ax, ay, bx, by in edges.tolist():
        ux, uy = bx - ax, by - ay
        along = np.clip(((x - ax) * ux + (y - ay) * uy) / max(ux * ux + uy * uy, 1e-12), 0.0, 1.0)
        least = np.minimum(least, np.hypot(x - ax - along * ux, y - ay - along * uy))
        across = (ay > y) != (by > y)
        if uy:
            inside ^= across & (x < ax + ux * (y - ay) / uy)
    return np.where(inside, -least, least)


@dataclass(frozen=True, slots=True, eq=False)
class NearDays:
    """The days on which he was near a place, by ordinal of the London date, each set in order."""

    near: frozenset[int]
    """For whatever reason."""
    apart: frozenset[int]
    """Neither at a place of his own there, nor on the way between two places he goes to."""
    waited: frozenset[int]
    """Stopped there, at no place of his own."""


def explained(weeks: OwnWeeks, area: NearArea) -> Mask:
    """Return which looks near the area his own places and ways explain, (n,)."""
    held: Mask = area.away_m(weeks.stay_xy_m[:, 0], weeks.stay_xy_m[:, 1]) <= area.reach_m
    own, ends = weeks.stay_is_own, weeks.leg_ends
    found = np.zeros(len(weeks.seen), dtype=np.bool_)
    at: Mask = weeks.stay_of >= 0
    found[at] = own[weeks.stay_of[at]]
    on: Mask = weeks.leg_of >= 0
    if on.any():
        inside = (ends >= 0) & _at(held, ends)
        to_own = _either(inside & _at(own, ends))
        outside: Mask = ~_either(inside)
        leg = weeks.leg_of[on]
        found[on] = (weeks.is_direct[on] & outside[leg]) | to_own[leg]
    return found


def _at(flags: Mask, rows: Rows) -> Mask:
    """Return the flags of these rows, of any shape; of row -1 False."""
    padded: Mask = np.concatenate((flags, np.zeros(1, dtype=np.bool_)))
    found: Mask = padded[rows]
    return found


def _either(ends: Mask) -> Mask:
    found: Mask = ends[:, 0] | ends[:, 1]
    return found


def days_at(weeks: OwnWeeks, area: NearArea, days: Rows, span: tuple[Instant, Instant]) -> NearDays:
    """Return on which days of the span he was near. `days` are `day_numbers` of the looks."""
    seen = weeks.seen
    x, y = area.centre_m
    may = np.hypot(seen.x_m - x, seen.y_m - y) <= area.bound_m
    rows = np.flatnonzero(may & (seen.at >= span[0]) & (seen.at < span[1]))
    if not len(rows):
        return NearDays(frozenset(), frozenset(), frozenset())
    away = area.away_m(seen.x_m[rows], seen.y_m[rows])
    near = rows[away <= area.reach_m - LIKELY_SIGMAS * seen.sigma_m[rows]]
    if not len(near):
        return NearDays(frozenset(), frozenset(), frozenset())
    apart = near[~explained(weeks, area)[near]]
    waited = {int(days[row]) for row in apart.tolist() if _waits(weeks, int(weeks.stay_of[row]))}
    return NearDays(
        near=frozenset(days[near].tolist()),
        apart=frozenset(days[apart].tolist()),
        waited=frozenset(waited),
    )


def _waits(weeks: OwnWeeks, row: int) -> bool:
    return row >= 0 and weeks.stays[row].stop.least_s >= WAIT_S and not weeks.stays[row].is_own


class ExpectedDays(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be expected at comparable places, and how a count stands out of it."""

    controls: int
    """Comparable places."""
    from_place: int
    """Number of his own place that is nearest: they lie as far from it."""
    from_m: int
    by_ways: bool
    """And about as far from the ways between places of his own."""
    apart: RateRatio
    """Days near that nothing of his own explains."""
    apart_as_many: float
    """The share of comparable places, this one among them, with as many such days or more."""
    waited: RateRatio
    waited_as_many: float
    near: RateRatio
    """Days near for whatever reason."""


def base_rate(
    weeks: OwnWeeks, area: NearArea, days: Rows, counted: NearDays
) -> ExpectedDays | None:
    """Return the base rate of the period; None where no place of his own is known, or too few
    places are comparable."""
    anchor = _anchor(weeks, area)
    if anchor is None:
        return None
    place, ax, ay, far_m = anchor
    spots = _round(weeks, (ax, ay), far_m)
    kept = _as_far_from_ways(weeks, area, spots)
    by_ways = len(kept) >= LEAST
    chosen = kept if by_ways else spots
    if len(chosen) < LEAST:
        return None
    span = (weeks.start, weeks.end)
    others = [days_at(weeks, area.moved(spot), days, span) for spot in chosen]
    # Discs that overlap tell the same: so many lie beside each other.
    apart = max(1.0, np.pi * far_m / max(area.bound_m, 1.0) * len(chosen) / AROUND)
    times = min(float(len(chosen)), apart)
    return ExpectedDays(
        controls=len(chosen),
        from_place=place,
        from_m=round(far_m),
        by_ways=by_ways,
        apart=_ratio(len(counted.apart), [len(each.apart) for each in others], times),
        apart_as_many=as_many(len(counted.apart), [len(each.apart) for each in others]),
        waited=_ratio(len(counted.waited), [len(each.waited) for each in others], times),
        waited_as_many=as_many(len(counted.waited), [len(each.waited) for each in others]),
        near=_ratio(len(counted.near), [len(each.near) for each in others], times),
    )


def _ratio(count: int, others: Sequence[int], times: float) -> RateRatio:
    return rate_ratio(count, times * sum(others) / len(others), times)


def _anchor(weeks: OwnWeeks, area: NearArea) -> tuple[int, float, float, float] | None:
    x, y = area.centre_m
    found = [
        (float(np.hypot(px - x, py - y)), each.place, px, py)
        for each in weeks.own
        for px, py in (weeks.plane.xy(each.lon_deg, each.lat_deg),)
    ]
    if not found:
        return None
    far_m, place, px, py = min(found)
    return place, px, py, far_m


def _round(weeks: OwnWeeks, about: tuple[float, float], far_m: float) -> list[tuple[float, float]]:
    """Return the spots all round that are as far from his nearest own place."""
    angles = np.arange(AROUND) * (2.0 * np.pi / AROUND)
    x, y = about[0] + far_m * np.sin(angles), about[1] + far_m * np.cos(angles)
    keep = np.ones(AROUND, dtype=np.bool_)
    for each in weeks.own:
        px, py = weeks.plane.xy(each.lon_deg, each.lat_deg)
        keep &= np.hypot(x - px, y - py) >= 0.8 * far_m - 50.0
    return list(zip(x[keep].tolist(), y[keep].tolist(), strict=True))


def _as_far_from_ways(
    weeks: OwnWeeks, area: NearArea, spots: Sequence[tuple[float, float]]
) -> list[tuple[float, float]]:
    """Return the spots about as far from the ways between two places of his own."""
    own: Mask = (weeks.leg_ends >= 0) & _at(weeks.stay_is_own, weeks.leg_ends)
    both: Mask = own[:, 0] & own[:, 1]
    rows = np.flatnonzero(weeks.is_direct)
    rows = rows[both[weeks.leg_of[rows]]] if len(rows) else rows
    if not len(rows):
        return list(spots)
    x, y = weeks.seen.x_m[rows], weeks.seen.y_m[rows]

    def off_m(spot: tuple[float, float]) -> float:
        return float(np.hypot(x - spot[0], y - spot[1]).min())

    far_m = off_m(area.centre_m)
    slack_m = max(area.bound_m, 0.5 * far_m)
    return [spot for spot in spots if abs(off_m(spot) - far_m) <= slack_m]


def seen_days(weeks: OwnWeeks, span: tuple[Instant, Instant]) -> int:
    """Return how many days of the span were observed for at least half."""
    return sum(share >= SEEN_SHARE for share in observed_days(weeks.weeks, span).values())


def look_days(weeks: OwnWeeks) -> Rows:
    """Return the London date of each look, by ordinal, (n,)."""
    return day_numbers(weeks.seen.at)


RETURN: Final = 10 * MINUTE
"""Comings back within this are the same visit, as for every stay."""
GAP: Final = 2 * 3600 * SECOND
"""Between two fixes near it with nothing seen for longer he may have gone away."""
