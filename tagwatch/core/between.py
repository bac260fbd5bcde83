"""Zones that cannot be excluded between two fixes, and how he may have moved between them.

A car crosses a small zone between two fixes a minute apart, and no fix lies inside. Where a zone
can be reached on the way from one fix to the next, the interval bears the mark
`crossing_not_excluded`: it is no episode and tells nobody anything, and it is never compliance.

A vague fix (a cell mast's claims kilometres) says little of where he was, but the fixes before
and after it still do: he must have come from them and gone on to them. So a zone that the two
ends alone would leave open is also asked of their neighbours.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import hypot
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from tagwatch.core.fix import fix_id
from tagwatch.core.geometry import distance_to_shape_m
from tagwatch.core.ids import ConditionId, FixId
from tagwatch.core.motion import Mode, modes, top_speeds_mps
from tagwatch.core.outcome import RuleKind
from tagwatch.core.plane import LonLat, Plane
from tagwatch.core.reach import shortest_way_m
from tagwatch.core.rules.area import Area
from tagwatch.core.rules.prepare import Prepared, SettingsHistory, Track, WearerOrders
from tagwatch.core.trail import TrailPart, merged
from tagwatch.core.units import SECOND, Instant

NEIGHBOURS: Final = 10
"""So many fixes before and after the ends are asked."""

SHARP_SIGMA_M: Final = 150.0
"""A fix whose error is larger than this per axis hides how somebody moved past it."""

R95: Final = 2.448
"""Radius of the 95 % circle of a circular Gaussian, in sigmas per axis."""


_COLUMNS: Final = (
    "lon_deg", "lat_deg", "accuracy_m", "confidence", "hdop", "satellites", "source", "seq",
    "index", "motion",
)  # fmt: skip


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


@dataclass(slots=True)
class Walk:
    """Decidable fixes in event order, what they may err by, and how he may have moved between."""

    at: list[int]
    lon: list[float]
    lat: list[float]
    ids: list[FixId]
    radius_m: list[float]
    """`FixError.region_m`: each end of an interval may err so far."""
    wide_m: list[float]
    """`FixError.wide_m`: and each of their neighbours so far."""
    still: list[bool]
    top_mps: list[float]
    fastest: list[Mode]
    sigma_m: list[float] = field(default_factory=list[float])
    """Per axis, and the tag's own motion flags: what `move` was given by `walked`."""
    flags: list[int] = field(default_factory=list[int])
    likely: NDArray[np.float64] | None = None
    """What `move` said; None of fewer than two fixes."""


def crossings(
    trail: Sequence[TrailPart],
    orders: WearerOrders,
    window: tuple[Instant, Instant],
    settings: SettingsHistory,
    prepared: Prepared,
) -> tuple[NotExcluded, ...]:
    """Return the intervals between fixes in which some zone can have been crossed unseen."""
    return not_excluded(walked(trail, settings, prepared), orders, window, prepared)


def walked(trail: Sequence[TrailPart], settings: SettingsHistory, prepared: Prepared) -> Walk:
    """Return the decidable fixes of `trail` in event order, ready for `not_excluded`."""
    walk = Walk([], [], [], [], [], [], [], [], [])
    columns = [[part.block[name].tolist() for name in _COLUMNS] for part in trail]
    for at, number, row in merged(trail, -(2**62)):
        lon, lat, accuracy_m, share, hdop, satellites, source, seq, index, flag = (
            column[row] for column in columns[number]
        )
        error = prepared.fix_error(
            accuracy_m, share, hdop, satellites, source,
            trail[number].tag_model, settings.at(Instant(at)),
        )  # fmt: skip
        walk.at.append(at)
        walk.lon.append(lon)
        walk.lat.append(lat)
        walk.ids.append(fix_id(seq, index))
        walk.radius_m.append(error.region_m)
        walk.wide_m.append(error.wide_m)
        walk.sigma_m.append(error.r95_m / R95)
        walk.flags.append(flag)
    if len(walk.at) > 1:
        walk.likely = move(walk, walk.sigma_m, walk.flags, settings)
    return walk


def move(
    walk: Walk, sigma_m: list[float], flags: list[int], settings: SettingsHistory
) -> NDArray[np.float64]:
    """Fill in how he may have moved between each two fixes, of at least two; return what `modes`
    says of them."""
    rules = settings.at(Instant(walk.at[-1])).motion
    plane = Plane.at(LonLat(lon_deg=walk.lon[0], lat_deg=walk.lat[0]))
    x_m, y_m = plane.xy_arrays(np.array(walk.lon), np.array(walk.lat))
    seconds = (np.array(walk.at) - walk.at[0]) / SECOND
    sigmas_m, said = np.array(sigma_m), np.array(flags, dtype=np.uint8)
    likely = modes(seconds, x_m, y_m, sigmas_m, said, rules)
    sharp = np.flatnonzero(sigmas_m <= SHARP_SIGMA_M)
    if 1 < len(sharp) < len(seconds):
        # A vague fix between two sharp ones hides how far apart these are: ask them themselves.
        over = modes(seconds[sharp], x_m[sharp], y_m[sharp], sigmas_m[sharp], said[sharp], rules)
        spans = np.repeat(over, np.diff(sharp), axis=0)
        between = slice(int(sharp[0]), int(sharp[-1]))
        likely[between] = np.maximum(likely[between], spans)
    walk.top_mps = top_speeds_mps(likely, rules).tolist()
    walk.still = (likely[:, Mode.STILL] >= 0.5).tolist()
    for row in likely:
        held = [m for m in Mode if row[m] >= rules.least]
        walk.fastest.append(max(held, key=lambda m: rules.modes[m].top_mps, default=Mode.STILL))
    return likely


def not_excluded(
    walk: Walk, orders: WearerOrders, window: tuple[Instant, Instant], prepared: Prepared
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


def _reached(track: Track, walk: Walk, k: int, budget_m: float) -> int | None:
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
    a_m = distance_to_shape_m(area.shape, ax_m, ay_m)
    b_m = distance_to_shape_m(area.shape, bx_m, by_m)
    if a_m <= 0.0 or b_m <= 0.0:
        return None
    if not passable(area, walk, k, budget_m):
        return None
    return piece.condition.version


def passable(area: Area, walk: Walk, k: int, budget_m: float) -> bool:
    """Return whether a way of `budget_m` from fix k to fix k + 1, both outside, can touch the area,
    and those before and after leave the time for it."""
    ax_m, ay_m = area.shape.plane.xy(walk.lon[k], walk.lat[k])
    bx_m, by_m = area.shape.plane.xy(walk.lon[k + 1], walk.lat[k + 1])
    a_m = distance_to_shape_m(area.shape, ax_m, ay_m)
    b_m = distance_to_shape_m(area.shape, bx_m, by_m)
    if a_m + b_m > budget_m:
        return False
    # By way of the border's point that is nearest to one end: mostly that settles it.
    detour_m = 2.0 * min(a_m, b_m) + hypot(bx_m - ax_m, by_m - ay_m)
    if detour_m > budget_m and shortest_way_m(area.shape, ax_m, ay_m, bx_m, by_m) > budget_m:
        return False
    return not _neighbours_exclude(area, walk, k)


def _neighbours_exclude(area: Area, walk: Walk, k: int) -> bool:
    """Return whether no way from the fixes before to those after has time for the area between
    fixes k and k + 1: he cannot be there before the last of those before lets him, nor after the
    first of those after needs him back."""
    interval_m = walk.top_mps[k] * (walk.at[k + 1] - walk.at[k]) / SECOND
    before = range(k, max(-1, k - NEIGHBOURS - 1), -1)
    after = range(k + 1, min(len(walk.at), k + NEIGHBOURS + 2))
    there_m = _missing_m(area, walk, before, walk.radius_m[k])
    back_m = _missing_m(area, walk, after, walk.radius_m[k + 1])
    return there_m + back_m > interval_m and _agree(area, walk, before, after)


def _agree(area: Area, walk: Walk, before: range, after: range) -> bool:
    """Return whether each fix of `before` leads to each of `after` at the speeds taken: else these
    are too low, or a fix errs more than it may, and neither excludes anything."""
    first, last = before[-1], after[-1] + 1
    x_m, y_m = area.shape.plane.xy_arrays(
        np.array(walk.lon[first:last]), np.array(walk.lat[first:last])
    )
    steps_s = np.diff(walk.at[first:last]) / SECOND
    way_m = np.concatenate(([0.0], np.cumsum(steps_s * walk.top_mps[first : last - 1])))
    wide_m = np.array(walk.wide_m[first:last])
    split = len(before)
    apart_m = np.hypot(x_m[split:, None] - x_m[None, :split], y_m[split:, None] - y_m[None, :split])
    reach_m = way_m[split:, None] - way_m[None, :split]
    reach_m = reach_m + wide_m[split:, None] + wide_m[None, :split]
    return bool((apart_m <= reach_m).all())


def _missing_m(area: Area, walk: Walk, fixes: Iterable[int], end_m: float) -> float:
    """Return how much of the way to the area is left at the end of an interval, whatever of
    `fixes` he comes from; `fixes` go away from the interval, `end_m` is the first one's region.
    """
    most_m, way_m = 0.0, 0.0
    last: int | None = None
    for n in fixes:
        if last is not None:
            first, second = min(n, last), max(n, last)
            way_m += walk.top_mps[first] * (walk.at[second] - walk.at[first]) / SECOND
        x_m, y_m = area.shape.plane.xy(walk.lon[n], walk.lat[n])
        away_m = distance_to_shape_m(area.shape, x_m, y_m)
        region_m = end_m if last is None else walk.wide_m[n]
        most_m = max(most_m, away_m - region_m - way_m)
        last = n
    return most_m
