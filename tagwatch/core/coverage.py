"""What was seen and what was not: coverage per hour, and the zones that gaps leave open."""

from bisect import bisect_right
from collections.abc import Sequence
from enum import StrEnum
from itertools import pairwise
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from tagwatch.core.between import NotExcluded, Walk, not_excluded, walked
from tagwatch.core.jump import Jump, Spot, jumps
from tagwatch.core.person import TagMode
from tagwatch.core.plane import LonLat
from tagwatch.core.rules.prepare import Prepared, SettingsHistory, WearerOrders
from tagwatch.core.trail import TrailPart
from tagwatch.core.units import HOUR, SECOND, Instant

LONGER: Final = 2.0
"""A gap of more than this many expected intervals is not observed."""


class Seen(StrEnum):
    """Whether a stretch of time was observed. Silence is neither compliance nor a breach."""

    OBSERVED = "observed"
    UNOBSERVED = "unobserved"
    OFF = "off"
    """No tag was on the wearer, or it was switched off."""


class HourSeen(msgspec.Struct, frozen=True, kw_only=True):
    """An hour, or its part within the window, in seconds."""

    start: Instant
    observed_s: int
    unobserved_s: int
    off_s: int


class Coverage(msgspec.Struct, frozen=True, kw_only=True):
    """What was seen in [start, end)."""

    start: Instant
    end: Instant
    hours: tuple[HourSeen, ...]
    not_excluded: tuple[NotExcluded, ...]
    jumps: tuple[Jump, ...] = ()
    """Fixes in the window that are errors by their place: the farthest."""

    def seconds(self, seen: Seen) -> int:
        """Return how long the window was seen so."""
        return sum(getattr(hour, f"{seen.value}_s") for hour in self.hours)


def coverage(
    trail: Sequence[TrailPart],
    orders: WearerOrders,
    worn: Sequence[tuple[Instant, Instant]],
    mode: TagMode,
    window: tuple[Instant, Instant],
    settings: SettingsHistory,
    prepared: Prepared,
) -> Coverage:
    """Return what was seen of a wearer in [start, end) of `window`.

    `trail` should begin before the window and end after it by the longest expected interval.
    `worn`: the periods in which a tag was on him and not known to be off, in order, apart.
    """
    start, end = window
    walk = walked(trail, settings, prepared)
    return Coverage(
        start=start,
        end=end,
        hours=seen_hours(walk.at, walk.still, worn, mode, window),
        not_excluded=not_excluded(walk, orders, window, prepared),
        jumps=_jumped(walk, window, settings),
    )


def spans_seen(
    walk: Walk,
    worn: Sequence[tuple[Instant, Instant]],
    mode: TagMode,
    window: tuple[Instant, Instant],
) -> tuple[tuple[Instant, Instant, Seen], ...]:
    """Return the window in stretches, each with how it was seen, in order and without a hole.

    `walk` should begin before the window and end after it; `worn` as `coverage` takes it.
    """
    start, end = window
    marks = _borders(walk, worn, mode, window)
    found: list[tuple[Instant, Instant, Seen]] = []
    for k, (since, seen) in enumerate(marks):
        upto = marks[k + 1][0] if k + 1 < len(marks) else end
        low, high = max(since, start), min(upto, end)
        if low >= high:
            continue
        if found and found[-1][2] is seen:
            found[-1] = (found[-1][0], Instant(high), seen)
        else:
            found.append((Instant(low), Instant(high), seen))
    return tuple(found)


def _jumped(
    walk: Walk, window: tuple[Instant, Instant], settings: SettingsHistory
) -> tuple[Jump, ...]:
    start, end = window
    if not walk.at:
        return ()
    spots = [
        Spot(
            fix_id=walk.ids[k],
            at=Instant(walk.at[k]),
            place=LonLat(lon_deg=walk.lon[k], lat_deg=walk.lat[k]),
            region_m=walk.radius_m[k],
            sigma_m=walk.sigma_m[k],
            motion=walk.flags[k],
        )
        for k in range(len(walk.at))
    ]
    found = jumps(spots, settings.at(Instant(walk.at[-1])).motion)
    return tuple(jump for jump in found if start <= jump.fixed_at < end)


def _borders(
    walk: Walk,
    worn: Sequence[tuple[Instant, Instant]],
    mode: TagMode,
    window: tuple[Instant, Instant],
) -> list[tuple[int, Seen]]:
    """Return (since, seen) in order, from the window's start on."""
    start, end = window
    marks: list[tuple[int, Seen]] = [(start, Seen.OFF)]
    for began, ended in worn:
        low, high = max(began, start), min(ended, end)
        if low >= high:
            continue
        first = max(0, bisect_right(walk.at, low) - 1)
        edges = [at for at in walk.at[first:] if began <= at <= ended]
        times = [began, *edges, ended]
        at_number = {at: k for k, at in enumerate(walk.at)}
        for a, b in pairwise(times):
            number = at_number.get(a)
            rests = number is None or number >= len(walk.still) or walk.still[number]
            expected_s = mode.resting_interval_s if rests else mode.moving_interval_s
            seen = b - a <= LONGER * expected_s * SECOND
            if b > start and a < end:
                marks.append((max(a, start), Seen.OBSERVED if seen else Seen.UNOBSERVED))
        marks.append((high, Seen.OFF))
    return marks


def seen_hours(
    at: Sequence[int] | NDArray[np.int64],
    rests: Sequence[int] | NDArray[np.uint8],
    worn: Sequence[tuple[Instant, Instant]],
    mode: TagMode,
    window: tuple[Instant, Instant],
) -> tuple[HourSeen, ...]:
    """Return what was seen in each hour of the clock in the window, and the parts at its ends.

    `at`: times of usable fixes, rising, (n,). `rests`: 1 where he seems to rest from each to the
    next, else 0, (n - 1,); what lies beyond the fixes counts as rest.
    """
    start, end = window
    if start >= end:
        return ()
    times = np.asarray(at, dtype=np.int64)
    resting = np.ones(len(times) + 1, dtype=np.bool_)
    resting[1 : 1 + len(rests)] = np.asarray(rests, dtype=np.bool_)
    hours = np.arange(start // HOUR * HOUR + HOUR, end, HOUR, dtype=np.int64)
    borders = np.concatenate(([start], hours, [end]))
    observed, on = np.zeros_like(borders), np.zeros_like(borders)
    for began, ended in worn:
        low, high = max(began, start), min(ended, end)
        if low >= high:
            continue
        first, last = np.searchsorted(times, began), np.searchsorted(times, ended, side="right")
        edges = np.concatenate(([began], times[first:last], [ended]))
        slow = np.concatenate(([True], resting[first + 1 : last + 1]))
        expected_s = np.where(slow, mode.resting_interval_s, mode.moving_interval_s)
        seen = np.diff(edges) <= LONGER * expected_s * SECOND
        observed += _so_far(borders, edges, seen)
        on += np.clip(borders, low, high) - low
    seen_s = np.round(np.diff(observed) / SECOND).astype(np.int64).tolist()
    unseen_s = np.round(np.diff(on - observed) / SECOND).astype(np.int64).tolist()
    off_s = np.round((np.diff(borders) - np.diff(on)) / SECOND).astype(np.int64).tolist()
    return tuple(
        HourSeen(start=Instant(int(border)), observed_s=a, unobserved_s=b, off_s=c)
        for border, a, b, c in zip(borders.tolist(), seen_s, unseen_s, off_s, strict=False)
    )


def _so_far(
    borders: NDArray[np.int64], edges: NDArray[np.int64], seen: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """Return how much of the seen intervals between `edges` lies after the first border and before
    each of them."""
    spans = np.diff(edges)
    before = np.concatenate(([0], np.cumsum(spans * seen)))
    place = np.clip(np.searchsorted(edges, borders, side="right") - 1, 0, len(spans) - 1)
    within = np.clip(borders - edges[place], 0, spans[place])
    upto = before[place] + seen[place] * within
    return upto - upto[0]
