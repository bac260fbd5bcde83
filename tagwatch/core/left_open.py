"""When he can have been in a place unseen: at every moment between fixes the way there and back is
held against the time, at the fastest way of moving that is not left out.

Where fixes came as expected, how he moved before and after bounds how fast he went (`Mode`). Where
they did not, nothing does but the fastest train.
"""

from collections.abc import Sequence
from itertools import pairwise

import msgspec
import numpy as np
from numpy.typing import NDArray

from tagwatch.core.between import Walk, passable
from tagwatch.core.coverage import Seen
from tagwatch.core.fix import FixBlock
from tagwatch.core.geometry import distance_to_shape_m
from tagwatch.core.motion import Mode
from tagwatch.core.plane import Floats
from tagwatch.core.rules.area import NEAR_LIMIT_M, NEAR_SHARE, Area
from tagwatch.core.rules.prepare import Prepared, SettingsHistory
from tagwatch.core.trail import TrailPart, decidable
from tagwatch.core.units import SECOND, Instant

_QUALITY = ("accuracy_m", "confidence", "hdop", "satellites", "source")
Spans = Sequence[tuple[Instant, Instant, Seen]]


class OpenSpan(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of the window in which he can have been in the place unseen."""

    start: Instant
    end: Instant
    fastest: str
    """The fastest mode of movement that is not left out; `Mode`, in lower case."""
    seen: bool
    """Fixes came as expected: he was too near to be excluded. Else it is a gap."""


def unbound(walk: Walk, seen: Spans, settings: SettingsHistory) -> None:
    """Let him have gone as fast as anybody can wherever fixes did not come as expected: how he
    moved before and after says nothing of what silence hides."""
    gaps = [(a, b) for a, b, kind in seen if kind is not Seen.OBSERVED]
    k = 0
    for start, end in gaps:
        while k > 0 and walk.at[k] > start:
            k -= 1
        while k + 1 < len(walk.at) and walk.at[k] < end:
            if walk.at[k + 1] > start:
                fastest_mps = settings.at(start).motion.rail.top_mps
                walk.top_mps[k], walk.fastest[k] = fastest_mps, Mode.RAIL
            k += 1


def left_open(
    walk: Walk,
    ready: Area,
    away_m: list[float],
    window: tuple[Instant, Instant],
    seen: Spans,
    settings: SettingsHistory,
) -> tuple[list[OpenSpan], float | None]:
    """Return the stretches in which he can have been in the place, and how near he can have come:
    None where nothing is known at all. `away_m` are the fixes' distances from its border."""
    start, end = window
    found: list[OpenSpan] = []
    if not walk.at:
        return [_open(start, end, Mode.RAIL, seen)], None
    fastest_mps = settings.at(start).motion.rail.top_mps
    nearest_m = float("inf")
    for low, high, k in ((start, min(walk.at[0], end), 0), (max(walk.at[-1], start), end, -1)):
        if low >= high:
            continue
        known = walk.at[k]
        reach_m = walk.radius_m[k] + fastest_mps * max(abs(known - low), abs(known - high)) / SECOND
        nearest_m = min(nearest_m, away_m[k] - reach_m)
        if away_m[k] <= reach_m:
            found.append(_open(Instant(low), Instant(high), Mode.RAIL, seen))
    for k, (a, b) in enumerate(pairwise(walk.at)):
        if b <= start or a >= end:
            continue
        room_m, is_open = _between(walk, ready, away_m, k, window)
        nearest_m = min(nearest_m, room_m)
        if is_open:
            low, high = Instant(max(a, start)), Instant(min(b, end))
            found.append(_open(low, high, walk.fastest[k], seen))
    return _joined(sorted(found, key=lambda s: s.start)), max(0.0, round(nearest_m, 0))


def _between(
    walk: Walk, ready: Area, away_m: list[float], k: int, window: tuple[Instant, Instant]
) -> tuple[float, bool]:
    """Return how far from the place he stays between fixes k and k + 1 at least, and whether he
    can have been in it within the window."""
    a, b = walk.at[k], walk.at[k + 1]
    top = walk.top_mps[k] / SECOND
    region_a, region_b = walk.radius_m[k], walk.radius_m[k + 1]
    budget_m = top * (b - a) + region_a + region_b
    from_a = away_m[k] - region_a - top * (min(b, window[1]) - a)
    from_b = away_m[k + 1] - region_b - top * (b - max(a, window[0]))
    room_m = max(from_a, from_b, 0.5 * (away_m[k] + away_m[k + 1] - budget_m))
    if room_m > 0.0:
        return room_m, False
    outside = away_m[k] > 0.0 and away_m[k + 1] > 0.0
    return 0.0, not outside or passable(ready, walk, k, budget_m)


def is_far_off(
    trail: Sequence[TrailPart],
    ready: Area,
    window: tuple[Instant, Instant],
    settings: SettingsHistory,
    prepared: Prepared,
) -> bool:
    """Return True only where `left_open` certainly finds nothing: the fastest train could not have
    brought him to the place between any two fixes. Cheap, and asks nothing of how he moved."""
    at, away_m, region_m = _flat(trail, ready, settings, prepared)
    if not len(at):
        return False
    start, end = window
    fastest_mps = settings.at(start).motion.rail.top_mps
    reach_m = away_m - region_m
    ends_s = max(at[0] - start, 0) / SECOND, max(end - at[-1], 0) / SECOND
    if reach_m[0] <= fastest_mps * ends_s[0] or reach_m[-1] <= fastest_mps * ends_s[1]:
        return False
    inside = (at[1:] > start) & (at[:-1] < end)
    way_m = fastest_mps * np.diff(at) / SECOND
    return not bool((inside & (reach_m[1:] + reach_m[:-1] <= way_m)).any()) and not bool(
        ((at >= start) & (at < end) & (reach_m <= 0.0)).any()
    )


def _flat(
    trail: Sequence[TrailPart], ready: Area, settings: SettingsHistory, prepared: Prepared
) -> tuple[NDArray[np.int64], Floats, Floats]:
    """Return time, least distance to the place and region of each fix that decides, by time."""
    ats: list[NDArray[np.int64]] = []
    aways: list[Floats] = []
    regions: list[Floats] = []
    for part in trail:
        block = part.block[decidable(part.block)]
        if not len(block):
            continue
        ats.append(block["fixed_at"])
        aways.append(flat_away_m(ready, block))
        said = zip(*(block[name].tolist() for name in _QUALITY), strict=True)
        rules = settings.at(Instant(int(block["fixed_at"][0])))
        errors = prepared.errors.of_all(list(said), part.tag_model, rules)
        regions.append(np.array([error.region_m for error in errors]))
    if not ats:
        return np.empty(0, np.int64), np.empty(0), np.empty(0)
    at = np.concatenate(ats)
    rows = np.argsort(at, kind="stable")
    return at[rows], np.concatenate(aways)[rows], np.concatenate(regions)[rows]


def flat_away_m(ready: Area, block: FixBlock) -> Floats:
    """Return, shape (n,), metres from each fix to the border of the place, never more than there
    are; less than 0 perhaps inside."""
    shape = ready.shape
    origin, (kx_m, ky_m) = shape.plane.origin, shape.plane.scale_m
    dx_m = (block["lon_deg"] - origin.lon_deg) * kx_m - shape.centre_x_m
    dy_m = (block["lat_deg"] - origin.lat_deg) * ky_m - shape.centre_y_m
    flat_m: Floats = np.minimum(NEAR_SHARE * np.hypot(dx_m, dy_m), NEAR_LIMIT_M)
    return flat_m - shape.bound_radius_m


def away_m_of(ready: Area, walk: Walk, k: int) -> float:
    """Return metres from fix k to the border of the place; less than 0 inside."""
    x_m, y_m = ready.shape.plane.xy(walk.lon[k], walk.lat[k])
    return distance_to_shape_m(ready.shape, x_m, y_m)


def _open(start: Instant, end: Instant, mode: Mode, seen: Spans) -> OpenSpan:
    watched = all(kind is Seen.OBSERVED for a, b, kind in seen if a < end and b > start)
    return OpenSpan(start=start, end=end, fastest=mode.name.lower(), seen=watched)


def _joined(spans: Sequence[OpenSpan]) -> list[OpenSpan]:
    """Return the spans with those that touch and were seen alike made one."""
    found: list[OpenSpan] = []
    for span in spans:
        last = found[-1] if found else None
        if last is not None and last.end >= span.start and last.seen is span.seen:
            fastest = max(last.fastest, span.fastest, key=lambda m: Mode[m.upper()])
            found[-1] = msgspec.structs.replace(last, end=span.end, fastest=fastest)
        else:
            found.append(span)
    return found
