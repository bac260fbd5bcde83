"""What was seen and what was not: coverage per hour, and zones that cannot be excluded in gaps.

A car crosses a small zone between two fixes a minute apart, and no fix lies inside. Where a zone
can be reached on the way from one fix to the next, the interval bears the mark
`crossing_not_excluded`: it is no episode and tells nobody anything, and it is never compliance.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Final

import msgspec
import numpy as np

from tagwatch.core.fix import FIX_DTYPE, fix_id
from tagwatch.core.geometry import Plane, distance_to_shape_m
from tagwatch.core.ids import ConditionId, FixId
from tagwatch.core.motion import Mode, modes, top_speeds_mps
from tagwatch.core.outcome import RuleKind
from tagwatch.core.person import TagMode
from tagwatch.core.plane import LonLat
from tagwatch.core.reach import shortest_way_m
from tagwatch.core.rules.prepare import Prepared, SettingsHistory, Track, WearerOrders
from tagwatch.core.trail import TrailPart, merged
from tagwatch.core.uncertainty import radius_m
from tagwatch.core.units import HOUR, SECOND, Instant

REGION: Final = 0.99
"""Each end of an interval may err as far as this share of its errors does."""

LONGER: Final = 2.0
"""A gap of more than this many expected intervals is not observed."""

_R95: Final = 2.448


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


class NotExcluded(msgspec.Struct, frozen=True, kw_only=True):
    """`crossing_not_excluded`: between these two fixes he can have been in the zone."""

    condition_id: ConditionId
    condition_version: int
    after_fix: FixId
    before_fix: FixId
    start: Instant
    end: Instant
    fastest: str
    """The fastest mode of movement that is not left out; `Mode`, in lower case."""


class Coverage(msgspec.Struct, frozen=True, kw_only=True):
    """What was seen in [start, end)."""

    start: Instant
    end: Instant
    hours: tuple[HourSeen, ...]
    not_excluded: tuple[NotExcluded, ...]

    def seconds(self, seen: Seen) -> int:
        """Return how long the window was seen so."""
        return sum(getattr(hour, f"{seen.value}_s") for hour in self.hours)


@dataclass(slots=True)
class _Walk:
    """Decidable fixes in event order, what they may err by, and how he may have moved between."""

    at: list[int]
    lon: list[float]
    lat: list[float]
    ids: list[FixId]
    radius_m: list[float]
    still: list[bool]
    top_mps: list[float]
    fastest: list[Mode]


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
    walk = _walk(trail, settings, prepared)
    marks = _borders(walk, worn, mode, window)
    return Coverage(
        start=start,
        end=end,
        hours=_hours(marks, window),
        not_excluded=not_excluded(walk, orders, window, prepared),
    )


def crossings(
    trail: Sequence[TrailPart],
    orders: WearerOrders,
    window: tuple[Instant, Instant],
    settings: SettingsHistory,
    prepared: Prepared,
) -> tuple[NotExcluded, ...]:
    """Return the intervals between fixes in which some zone can have been crossed unseen."""
    return not_excluded(_walk(trail, settings, prepared), orders, window, prepared)


def _walk(trail: Sequence[TrailPart], settings: SettingsHistory, prepared: Prepared) -> _Walk:
    names = FIX_DTYPE.names or ()
    walk = _Walk([], [], [], [], [], [], [], [])
    flags: list[int] = []
    known: dict[int, float] = {}
    sigma_m: list[float] = []
    for _, number, row in merged(trail, -(2**62)):
        part = trail[number]
        fix = dict(zip(names, part.block[row].item(), strict=True))
        error = prepared.fix_error(
            fix["accuracy_m"], fix["confidence"], fix["hdop"], fix["satellites"], fix["source"],
            part.tag_model, settings.at(Instant(fix["fixed_at"])),
        )  # fmt: skip
        if id(error) not in known:
            known[id(error)] = radius_m(error.mixture, REGION)
        walk.at.append(fix["fixed_at"])
        walk.lon.append(fix["lon_deg"])
        walk.lat.append(fix["lat_deg"])
        walk.ids.append(fix_id(fix["seq"], fix["index"]))
        walk.radius_m.append(known[id(error)])
        sigma_m.append(error.r95_m / _R95)
        flags.append(fix["motion"])
    if len(walk.at) > 1:
        _move(walk, sigma_m, flags, settings)
    return walk


def _move(walk: _Walk, sigma_m: list[float], flags: list[int], settings: SettingsHistory) -> None:
    """Fill in how he may have moved between each two fixes."""
    rules = settings.at(Instant(walk.at[-1])).motion
    plane = Plane.at(LonLat(lon_deg=walk.lon[0], lat_deg=walk.lat[0]))
    x_m, y_m = plane.xy_arrays(np.array(walk.lon), np.array(walk.lat))
    seconds = (np.array(walk.at) - walk.at[0]) / SECOND
    likely = modes(seconds, x_m, y_m, np.array(sigma_m), np.array(flags, dtype=np.uint8), rules)
    walk.top_mps = top_speeds_mps(likely, rules).tolist()
    walk.still = (likely[:, Mode.STILL] >= 0.5).tolist()
    for row in likely:
        held = [m for m in Mode if row[m] >= rules.least]
        walk.fastest.append(max(held, key=lambda m: rules.modes[m].top_mps, default=Mode.STILL))


def _borders(
    walk: _Walk,
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


def not_excluded(
    walk: _Walk, orders: WearerOrders, window: tuple[Instant, Instant], prepared: Prepared
) -> tuple[NotExcluded, ...]:
    """Return the marks of every exclusion zone over all intervals that reach into the window."""
    start, end = window
    found: list[NotExcluded] = []
    zones = [t for t in prepared.tracks(orders).zones if t.rule is RuleKind.ZONE]
    for k in range(len(walk.at) - 1):
        a, b = walk.at[k], walk.at[k + 1]
        if b <= start or a >= end:
            continue
        budget_m = walk.top_mps[k] * (b - a) / SECOND + walk.radius_m[k] + walk.radius_m[k + 1]
        for track in zones:
            version = _reached(track, walk, k, budget_m)
            if version is None:
                continue
            found.append(
                NotExcluded(
                    condition_id=track.condition_id,
                    condition_version=version,
                    after_fix=walk.ids[k],
                    before_fix=walk.ids[k + 1],
                    start=Instant(a),
                    end=Instant(b),
                    fastest=walk.fastest[k].name.lower(),
                )
            )
    return tuple(sorted(found, key=lambda each: (each.start, each.condition_id)))


def _reached(track: Track, walk: _Walk, k: int, budget_m: float) -> int | None:
    """Return the version of the zone that can have been crossed between fixes k and k + 1."""
    a, b = walk.at[k], walk.at[k + 1]
    applies = track.next_interval(a)
    if applies is None or applies[0] >= b:
        return None
    piece = track.piece_at(max(a, applies[0]))
    if piece is None:
        return None
    bound, half_m = piece.bound, budget_m / 2.0
    if bound.is_beyond(walk.lon[k], walk.lat[k], half_m) and bound.is_beyond(
        walk.lon[k + 1], walk.lat[k + 1], half_m
    ):
        return None
    area = piece.area
    ax_m, ay_m = area.shape.plane.xy(walk.lon[k], walk.lat[k])
    bx_m, by_m = area.shape.plane.xy(walk.lon[k + 1], walk.lat[k + 1])
    inside = (
        distance_to_shape_m(area.shape, ax_m, ay_m) <= 0.0
        or distance_to_shape_m(area.shape, bx_m, by_m) <= 0.0
    )
    if inside or shortest_way_m(area.shape, ax_m, ay_m, bx_m, by_m) > budget_m:
        return None
    return piece.condition.version
