"""Repeated presence around a protected place: each visit near it, by hour and way of approach, and
whether that is more than at comparable places. It says nothing of why.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from math import erf, sqrt
from typing import Final

import msgspec
import numpy as np

from tagwatch.core.base_rate import RateRatio, rate_ratio
from tagwatch.core.controls import (
    GAP,
    RETURN,
    WAIT_S,
    ExpectedDays,
    NearArea,
    base_rate,
    days_at,
    explained,
    look_days,
    seen_days,
)
from tagwatch.core.looks import R95
from tagwatch.core.own_weeks import Mask, OwnWeeks
from tagwatch.core.plane import Floats
from tagwatch.core.timetable import london
from tagwatch.core.trip import TripMode
from tagwatch.core.units import HOUR, MINUTE, SECOND, Instant

MOST_VISITS: Final = 300
BESIDE: Final = 15 * MINUTE
"""So long before the first fix near it and after the last tells which way he came and left."""
LIKELY: Final = 0.8
POSSIBLE: Final = 0.05
REPEATED: Final = 3
"""Days that are called repeated."""
TIMES: Final = 2.0
"""The lower bound of the ratio from which more is said than comparable places have."""
RARE: Final = 0.1
"""And no more comparable places than this share have as many days."""
SEEN: Final = 0.5
"""With less of the period observed nothing is said."""
SECTORS: Final = ("N", "NE", "E", "SE", "S", "SW", "W", "NW")


class Errand(StrEnum):
    """What a visit near a place was, as far as fixes tell. Never why."""

    WAIT = "stopped"
    PASS = "passed"
    ON_THE_WAY = "on the way between two of his places"
    OWN_PLACE = "at or to a place of his own"


class Band(StrEnum):
    """How near a visit came."""

    ZONE = "in the zone"
    BUFFER = "in its buffer"
    RING = "in the ring round it"


class Pattern(StrEnum):
    """How what was counted compares with his own base rate. No verdict, and never why."""

    MORE = "more than by his base rate"
    NOT_MORE = "not more than chance leaves"
    CANNOT_SAY = "cannot say"


class CameBy(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """How and from where he came, or how and whereto he left."""

    mode: TripMode
    probability: float
    sector: str
    """One of `SECTORS`, from the middle of the place; empty: not seen."""


class NearVisit(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A time in which fixes show him near the place."""

    start: Instant
    """First and last fix near it."""
    end: Instant
    earliest: Instant | None
    """Last fix away from it before, and first one after; None: none within two hours."""
    latest: Instant | None
    errand: Errand
    band: Band
    probability: float
    """That he was within the ring, at the fix that shows it best."""
    nearest_m: int
    """From the border of the zone, as the fixes stand; below 0: inside."""
    fixes: int
    best_at: Instant
    """When the fix was measured that shows it best, and where."""
    lon_deg: float
    lat_deg: float
    radius_m_95: int
    stopped_s_least: int
    stopped_s_most: int
    """Of the longest stop there at no place of his own; 0 without one."""
    came: CameBy
    left: CameBy


class Around(msgspec.Struct, frozen=True, kw_only=True):
    """What was counted near one place, and its base rate."""

    reach_m: float
    """From the zone's border: buffer and ring."""
    visits: tuple[NearVisit, ...]
    """In order; the last ones where there are more than can be given."""
    counted: int
    """Visits that are likely: 80 % and more."""
    possible: int
    """And those that fixes leave possible; they are not counted."""
    by_errand: dict[str, int]
    days_near: int
    days_apart: int
    """Days near that no place and way of his own explains."""
    days_waited: int
    days_seen: int
    """Days of which at least half was observed."""
    observed_share: float
    left_open_s: int
    """Not seen, and long enough to have come here and gone."""
    hours: tuple[int, ...]
    """Visits by the hour of the London week in which they began, 168 from Monday 00:00."""
    base: ExpectedDays | None
    earlier: RateRatio | None
    """Days apart against his own earlier weeks at the same place; None: these were not seen."""
    presence: Pattern
    waiting: Pattern


def around(weeks: OwnWeeks, area: NearArea, buffer_m: float, fastest_mps: float) -> Around:
    """Return what was seen near a place in the period."""
    span = (weeks.start, weeks.end)
    days = look_days(weeks)
    counted = days_at(weeks, area, days, span)
    base = base_rate(weeks, area, days, counted)
    before = (weeks.weeks[0].start, weeks.start)
    was, days_before, days_seen = 0, seen_days(weeks, before), seen_days(weeks, span)
    if days_before:
        was = len(days_at(weeks, area, days, before).apart)
    earlier = None
    if days_before and days_seen:
        earlier = rate_ratio(len(counted.apart), was, days_before / days_seen)
    visits = _visits(weeks, area, buffer_m)
    likely = [each for each in visits if each.probability >= LIKELY]
    share = _observed(weeks)
    return Around(
        reach_m=area.reach_m,
        visits=tuple(visits[-MOST_VISITS:]),
        counted=len(likely),
        possible=len(visits) - len(likely),
        by_errand={e.value: sum(v.errand is e for v in likely) for e in Errand},
        days_near=len(counted.near),
        days_apart=len(counted.apart),
        days_waited=len(counted.waited),
        days_seen=days_seen,
        observed_share=round(share, 3),
        left_open_s=_left_open_s(weeks, area, fastest_mps),
        hours=_hours(likely),
        base=base,
        earlier=earlier,
        presence=pattern(base and base.apart, base.apart_as_many if base else 1.0, share),
        waiting=pattern(base and base.waited, base.waited_as_many if base else 1.0, share),
    )


def pattern(ratio: RateRatio | None, as_many: float, share: float) -> Pattern:
    """Return how a count compares. What was seen stands however little was seen; that it is not
    more is said only where enough was."""
    if ratio is None:
        return Pattern.CANNOT_SAY
    if ratio.count >= REPEATED and ratio.low >= TIMES and as_many <= RARE:
        return Pattern.MORE
    return Pattern.NOT_MORE if share >= SEEN else Pattern.CANNOT_SAY


def _observed(weeks: OwnWeeks) -> float:
    """Return which share of the period was observed."""
    hours = [h for each in weeks.weeks for h in each.coverage.hours if h.start >= weeks.start]
    return sum(hour.observed_s for hour in hours) * SECOND / max(1, weeks.end - weeks.start)


def _hours(visits: Sequence[NearVisit]) -> tuple[int, ...]:
    found = [0] * 168
    for each in visits:
        moment = london(each.start)
        found[moment.weekday() * 24 + moment.hour] += 1
    return tuple(found)


@dataclass(frozen=True, slots=True, eq=False)
class _Near:
    """The looks of the period against one place."""

    weeks: OwnWeeks
    area: NearArea
    away_m: Floats
    explained: Mask


def _visits(weeks: OwnWeeks, area: NearArea, buffer_m: float) -> list[NearVisit]:
    seen = weeks.seen
    away = area.away_m(seen.x_m, seen.y_m)
    room = 1.645 * seen.sigma_m
    rows = np.flatnonzero(
        (away <= area.reach_m + room) & (seen.at >= weeks.start) & (seen.at < weeks.end)
    )
    held = _Near(weeks, area, away, explained(weeks, area))
    found: list[list[int]] = []
    for row in rows.tolist():
        if found and _same(held, found[-1][-1], row):
            found[-1].append(row)
        else:
            found.append([row])
    return [_visit(held, each, buffer_m) for each in found]


def _same(held: _Near, one: int, other: int) -> bool:
    """Return whether two looks near the place, one after the other, are of the same visit."""
    at = held.weeks.seen.at
    apart = int(at[other] - at[one])
    return apart <= RETURN or (other == one + 1 and apart <= GAP)


def _visit(held: _Near, rows: Sequence[int], buffer_m: float) -> NearVisit:
    weeks, seen = held.weeks, held.weeks.seen
    inside = (held.area.reach_m - held.away_m[list(rows)]) / seen.sigma_m[list(rows)]
    best = rows[int(np.argmax(inside))]
    nearest_m = float(held.away_m[list(rows)].min())
    stays = {int(weeks.stay_of[row]) for row in rows} - {-1}
    waits = [weeks.stays[k].stop for k in sorted(stays) if not weeks.stays[k].is_own]
    waits = [stop for stop in waits if stop.least_s >= WAIT_S]
    longest = max(waits, key=lambda stop: stop.least_s, default=None)
    apart = [row for row in rows if not held.explained[row]]
    errand = Errand.WAIT if longest is not None else Errand.PASS
    if not apart:
        own = any(weeks.stays[k].is_own for k in stays)
        direct = bool(weeks.is_direct[list(rows)].any())
        errand = Errand.ON_THE_WAY if direct and not own else Errand.OWN_PLACE
    band = Band.RING
    if nearest_m <= buffer_m:
        band = Band.ZONE if nearest_m <= 0.0 else Band.BUFFER
    return NearVisit(
        start=Instant(int(seen.at[rows[0]])),
        end=Instant(int(seen.at[rows[-1]])),
        earliest=_beside(held, rows[0], -1),
        latest=_beside(held, rows[-1], 1),
        errand=errand,
        band=band,
        probability=round(0.5 + 0.5 * erf(float(inside.max()) / sqrt(2.0)), 6),
        nearest_m=round(nearest_m),
        fixes=len(rows),
        best_at=Instant(int(seen.at[best])),
        lon_deg=round(float(seen.lon_deg[best]), 6),
        lat_deg=round(float(seen.lat_deg[best]), 6),
        radius_m_95=round(R95 * float(seen.sigma_m[best])),
        stopped_s_least=0 if longest is None else longest.least_s,
        stopped_s_most=0 if longest is None else longest.most_s,
        came=_way(held, rows[0], -1),
        left=_way(held, rows[-1], 1),
    )


def _beside(held: _Near, row: int, step: int) -> Instant | None:
    at, other = held.weeks.seen.at, row + step
    if not 0 <= other < len(at) or abs(int(at[other] - at[row])) > GAP:
        return None
    return Instant(int(at[other]))


def _way(held: _Near, row: int, step: int) -> CameBy:
    """Return how he came to the look `row` (step -1), or went on from it (1)."""
    weeks, seen = held.weeks, held.weeks.seen
    x, y = held.area.centre_m
    leg, sector, other = int(weeks.leg_of[row]), "", row + step
    while 0 <= other < len(seen) and abs(int(seen.at[other] - seen.at[row])) <= BESIDE:
        leg = leg if leg >= 0 else int(weeks.leg_of[other])
        off = float(np.hypot(seen.x_m[other] - x, seen.y_m[other] - y))
        if held.away_m[other] > held.area.reach_m and off >= 3.0 * float(seen.sigma_m[other]):
            bearing = np.degrees(np.arctan2(seen.x_m[other] - x, seen.y_m[other] - y))
            sector = SECTORS[round(float(bearing) / 45.0) % 8]
            break
        other += step
    trip = None if leg < 0 else weeks.legs[leg].trip
    return CameBy(
        mode=TripMode.UNKNOWN if trip is None else trip.mode,
        probability=0.0 if trip is None else trip.mode_probability,
        sector=sector,
    )


def _left_open_s(weeks: OwnWeeks, area: NearArea, fastest_mps: float) -> int:
    """Return how long nothing was seen in gaps in which he can have come to the area and gone."""
    seen = weeks.seen
    rows = np.flatnonzero((seen.at >= weeks.start - HOUR) & (seen.at < weeks.end + HOUR))
    away = area.away_m(seen.x_m[rows], seen.y_m[rows]) - area.reach_m - 3.0 * seen.sigma_m[rows]
    total = 0
    for k, (a, b) in enumerate(pairwise(seen.at[rows].tolist())):
        low, high = max(a, weeks.start), min(b, weeks.end)
        if b - a <= weeks.gap_s * SECOND or low >= high:
            continue
        way_m = max(0.0, float(away[k])) + max(0.0, float(away[k + 1]))
        if way_m <= fastest_mps * (b - a) / SECOND:
            total += (high - low) // SECOND
    return total
