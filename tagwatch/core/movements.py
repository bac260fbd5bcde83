"""From the fixes of one wearer to his stops, trips and gaps: a function of the set of fixes.

The order of arrival, repetition and fixes that do not decide have no say. docs/movements.md has the
method, its assumptions and its measured errors.
"""

from collections.abc import Sequence
from math import hypot

import msgspec
import numpy as np
from numpy.typing import NDArray

from tagwatch.core.coverage import LONGER, Coverage, seen_hours
from tagwatch.core.looks import R95, Looks, looks
from tagwatch.core.movement_settings import DEFAULT_MOVEMENT, MovementSettings
from tagwatch.core.person import TagMode
from tagwatch.core.plane import scale_m
from tagwatch.core.railway import NO_RAILWAYS, Railways
from tagwatch.core.rules.prepare import SettingsHistory
from tagwatch.core.stay import Stay, Stays
from tagwatch.core.stop import Stop
from tagwatch.core.trail import TrailPart
from tagwatch.core.trip import Gap, Trip
from tagwatch.core.trips import Legs
from tagwatch.core.units import SECOND, Instant


class Movements(msgspec.Struct, frozen=True, kw_only=True):
    """What the fixes of [start, end) show of how somebody moved. What is in no stop and no trip
    was not seen, or too little to say."""

    start: Instant
    end: Instant
    stops: tuple[Stop, ...]
    trips: tuple[Trip, ...]
    gaps: tuple[Gap, ...]
    coverage: Coverage
    """Hour by hour; without the marks of zones and of jumps, which `coverage` alone gives."""
    fixes: int
    """That decide, in the window."""
    vague: int
    """Of these, too vague to show a stop or a trip: their place is known to no better than a
    few hundred metres."""
    railways: str = ""
    """By which files rides by rail were looked for; empty: by none."""


def movements(
    trail: Sequence[TrailPart],
    worn: Sequence[tuple[Instant, Instant]],
    mode: TagMode,
    window: tuple[Instant, Instant],
    settings: SettingsHistory,
    rules: MovementSettings = DEFAULT_MOVEMENT,
    railways: Railways = NO_RAILWAYS,
) -> Movements:
    """Return what the fixes show of [start, end) of `window`.

    `trail` should begin an hour or two before the window and end as much after it: then what
    reaches over the border is known to. `worn`: the periods in which a tag was on him and not known
    to be off, in order, apart. The settings are those in force at the end of the window.
    """
    start, end = window
    published = settings.at(end)
    seen = looks(trail, published.errors, rules)
    expected_s = max(mode.moving_interval_s, mode.resting_interval_s)
    gap_s = LONGER * expected_s
    work = Stays(seen, published.motion, rules, expected_s)
    stays = work.found()
    stops = _stops(seen, stays, window, gap_s)
    within = (seen.every_at >= start) & (seen.every_at < end)
    sharp = (seen.at >= start) & (seen.at < end)
    return Movements(
        start=start,
        end=end,
        stops=tuple(stop for stop, _ in stops),
        trips=Legs(work, published.motion, gap_s, railways).trips(stays, stops, window),
        gaps=_gaps(seen, worn, gap_s, window),
        coverage=Coverage(
            start=start,
            end=end,
            hours=seen_hours(seen.every_at, _rests(seen, stays), worn, mode, window),
            not_excluded=(),
        ),
        fixes=int(within.sum()),
        vague=int(within.sum() - sharp.sum()),
        railways=railways.said,
    )


def _stops(
    seen: Looks, stays: Sequence[Stay], window: tuple[Instant, Instant], gap_s: float
) -> list[tuple[Stop, Stay]]:
    """Return the stays that were seen within the window, cut to it."""
    start, end = window
    found: list[tuple[Stop, Stay]] = []
    for stay in stays:
        at = seen.at[stay.first : stay.last + 1]
        low, high = np.searchsorted(at, [start, end])
        if low >= high:
            continue
        came, left = _instants(seen, stay.came_s), _instants(seen, stay.left_s)
        came = None if came is not None and came[1] <= start else came
        left = None if left is not None and left[0] >= end else left
        spans = np.diff(at[low:high])
        lon, lat = _lonlat(seen, stay)
        stop = Stop(
            number=len(found) + 1,
            lon_deg=lon,
            lat_deg=lat,
            radius_m_95=round(stay.radius_m, 1),
            arrived_earliest=came and came[0],
            arrived_latest=came and came[1],
            left_earliest=left and left[0],
            left_latest=left and left[1],
            first_seen=Instant(int(at[low])),
            last_seen=Instant(int(at[high - 1])),
            fixes=int(high - low),
            seen_s=int(spans[spans <= gap_s * SECOND].sum()) // SECOND,
        )
        found.append((stop, stay))
    return found


def _instants(seen: Looks, between_s: tuple[float, float] | None) -> tuple[Instant, Instant] | None:
    if between_s is None:
        return None
    low, high = (Instant(int(seen.at[0]) + round(second * SECOND)) for second in between_s)
    return low, high


def _lonlat(seen: Looks, stay: Stay) -> tuple[float, float]:
    """Return the middle in degrees: off its nearest look by what the plane says."""
    rows = slice(stay.first, stay.last + 1)
    off = np.hypot(seen.x_m[rows] - stay.x_m, seen.y_m[rows] - stay.y_m)
    near = stay.first + int(np.argmin(off))
    lon, lat = float(seen.lon_deg[near]), float(seen.lat_deg[near])
    kx, ky = scale_m(lat)
    return (
        round(lon + (stay.x_m - float(seen.x_m[near])) / kx, 7),
        round(lat + (stay.y_m - float(seen.y_m[near])) / ky, 7),
    )


def _rests(seen: Looks, stays: Sequence[Stay]) -> NDArray[np.uint8]:
    """Return, (m - 1,), 1 where he was at a stop at each of all fixes but the last, else 0."""
    rests = np.zeros(len(seen.every_at), dtype=np.uint8)
    for stay in stays:
        first, last = int(seen.at[stay.first]), int(seen.at[stay.last])
        low = np.searchsorted(seen.every_at, first)
        high = np.searchsorted(seen.every_at, last, side="right")
        rests[low:high] = 1
    return rests[:-1]


def _gaps(
    seen: Looks,
    worn: Sequence[tuple[Instant, Instant]],
    gap_s: float,
    window: tuple[Instant, Instant],
) -> tuple[Gap, ...]:
    start, end = window
    every = seen.every_at
    low, high = np.searchsorted(every, start), np.searchsorted(every, end)
    # The fixes on either side of the window tell where a gap that reaches into it began.
    edges = np.concatenate((
        every[low - 1 : low] if low else [start], every[low:high],
        every[high : high + 1] if high < len(every) else [end],
    )).astype(np.int64)  # fmt: skip
    found: list[Gap] = []
    for k in np.flatnonzero(np.diff(edges) > gap_s * SECOND).tolist():
        since, until = int(edges[k]), int(edges[k + 1])
        cut = max(since, start), min(until, end)
        on = sum(max(0, min(cut[1], b) - max(cut[0], a)) for a, b in worn)
        if cut[0] < cut[1]:
            found.append(
                Gap(
                    start=Instant(cut[0]),
                    end=Instant(cut[1]),
                    off_s=(cut[1] - cut[0] - on) // SECOND,
                    moved_m_least=_moved_m(seen, since, until),
                )
            )
    return tuple(found)


def _moved_m(seen: Looks, since: int, until: int) -> int:
    """Return how far apart the last look before and the first after are at the least."""
    before = int(np.searchsorted(seen.at, since, side="right")) - 1
    after = int(np.searchsorted(seen.at, until))
    if before < 0 or after >= len(seen):
        return 0
    apart_m = hypot(seen.x_m[after] - seen.x_m[before], seen.y_m[after] - seen.y_m[before])
    error_m = R95 * hypot(float(seen.sigma_m[before]), float(seen.sigma_m[after]))
    return max(0, int(apart_m - error_m))
