"""What was seen and what was not: coverage per hour, and the zones that gaps leave open."""

from bisect import bisect_right
from collections.abc import Sequence
from enum import StrEnum
from itertools import pairwise
from typing import Final

import msgspec

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
        hours=_hours(_borders(walk, worn, mode, window), window),
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


def _hours(marks: list[tuple[int, Seen]], window: tuple[Instant, Instant]) -> tuple[HourSeen, ...]:
    start, end = window
    found: list[HourSeen] = []
    hour = start
    while hour < end:
        until = min(end, hour // HOUR * HOUR + HOUR)
        spent = dict.fromkeys(Seen, 0)
        for k, (since, seen) in enumerate(marks):
            upto = marks[k + 1][0] if k + 1 < len(marks) else end
            spent[seen] += max(0, min(upto, until) - max(since, hour))
        found.append(
            HourSeen(
                start=Instant(hour),
                observed_s=round(spent[Seen.OBSERVED] / SECOND),
                unobserved_s=round(spent[Seen.UNOBSERVED] / SECOND),
                off_s=round(spent[Seen.OFF] / SECOND),
            )
        )
        hour = until
    return tuple(found)
