"""Of many people, those for whom `was_near` certainly says no: found for all of them at once.

Everything is taken in the place's favour: the distance a little shorter than it is, a mode of
movement a little likelier. Whoever remains is to be asked about by himself; nobody is ruled out
because he was silent.
"""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tagwatch.core.between import R95, SHARP_SIGMA_M, Walk
from tagwatch.core.coverage import Seen, spans_seen
from tagwatch.core.fix import FixBlock, joined
from tagwatch.core.left_open import flat_away_m, unbound
from tagwatch.core.meeting import Followed
from tagwatch.core.motion import Mode, top_speeds_mps
from tagwatch.core.motion_of_many import modes_of_many
from tagwatch.core.plane import Floats, LonLat, Plane
from tagwatch.core.rules.area import Area
from tagwatch.core.rules.prepare import Prepared, SettingsHistory
from tagwatch.core.settings import Settings
from tagwatch.core.trail import event_order
from tagwatch.core.units import SECOND, Instant

Window = tuple[Instant, Instant]
_MARGIN: Final = 1e-6
"""Of a probability, and of metres: so near to a border it is not told on which side it lies."""
_UNSAID: Final = 1e30
_QUALITY: Final = ("accuracy_m", "confidence", "hdop", "satellites", "source")


class _Fixes(NamedTuple):
    """The fixes of some of the people, one person's behind another's, each by time, shape (n,)."""

    whose: list[int]
    """The number of each of them among all, shape (w,)."""
    begins: NDArray[np.intp]
    """Where each one's begin, shape (w,); like these `last`."""
    last: NDArray[np.intp]
    block: FixBlock
    at: NDArray[np.int64]
    away_m: Floats
    """At least so far from the place."""
    region_m: Floats
    wide_m: Floats
    sigma_m: Floats


def ruled_out(
    people: Sequence[Followed],
    ready: Area,
    window: Window,
    settings: SettingsHistory,
    prepared: Prepared,
) -> list[int | None]:
    """Return of each for how many seconds of `window` he was observed, if `was_near` certainly
    answers no; None where it has to be asked. Trails are as `was_near` takes them."""
    found: list[int | None] = [None] * len(people)
    fixes = _fixes(people, ready, window, settings, prepared)
    if fixes is None:
        return found
    rules = settings.at(window[0])
    by_rail, is_open = _open(fixes, window, rules)
    for w in np.flatnonzero(~by_rail).tolist():
        number = fixes.whose[w]
        one, at = people[number], fixes.at[fixes.begins[w] : fixes.last[w] + 1].tolist()
        seen = spans_seen(Walk(at, [], [], [], [], [], [], [], []), one.worn, one.mode, window)
        found[number] = _observed_s(seen)
    beside = np.flatnonzero(by_rail & ~is_open)
    if len(beside):
        for number, observed_s in _judged(_of(fixes, beside), people, window, settings):
            found[number] = observed_s
    return found


def _fixes(
    people: Sequence[Followed],
    ready: Area,
    window: Window,
    settings: SettingsHistory,
    prepared: Prepared,
) -> _Fixes | None:
    """Return the fixes of those who have any, and of one tag; None where there are none, or other
    settings came in between."""
    whose: list[int] = []
    blocks: list[FixBlock] = []
    models: list[str] = []
    for number, one in enumerate(people):
        if len(one.trail) == 1 and len(rows := event_order(one.trail[0].block)):
            whose.append(number)
            blocks.append(one.trail[0].block[rows])
            models.append(one.trail[0].tag_model)
    if not blocks:
        return None
    block = joined(blocks)
    low = min(int(block["fixed_at"].min()), window[0])
    high = max(int(block["fixed_at"].max()), window[0])
    if any(low < since <= high for since, _ in settings.versions[1:]):
        return None
    rules = settings.at(window[0])
    sizes = np.array([len(each) for each in blocks])
    ends = np.cumsum(sizes)
    errors = _errors(block, np.repeat(np.array(models, dtype=object), sizes), rules, prepared)
    return _Fixes(
        whose=whose,
        begins=ends - sizes,
        last=ends - 1,
        block=block,
        at=block["fixed_at"],
        away_m=flat_away_m(ready, block),
        region_m=errors[0],
        wide_m=errors[1],
        sigma_m=errors[2],
    )


def _errors(
    block: FixBlock, models: NDArray[Any], rules: Settings, prepared: Prepared
) -> tuple[Floats, Floats, Floats]:
    """Return region, wide region and sigma of each fix; `models` are the tags'."""
    first: dict[tuple[Any, ...], int] = {}
    columns = [block[name] for name in _QUALITY]
    # NaN is not equal to itself: each would be found anew.
    keys = [np.nan_to_num(column, nan=-_UNSAID).tolist() for column in columns]
    found = [
        first.setdefault(key, row)
        for row, key in enumerate(zip(*keys, models.tolist(), strict=True))
    ]
    rows = list(first.values())
    said = zip(*(column[rows].tolist() for column in columns), models[rows].tolist(), strict=True)
    errors = [
        prepared.errors.of(radius, share, dilution, satellites, source, model, rules)
        for radius, share, dilution, satellites, source, model in said
    ]
    numbers = np.searchsorted(rows, found)
    return (
        np.array([error.region_m for error in errors])[numbers],
        np.array([error.wide_m for error in errors])[numbers],
        np.array([error.r95_m for error in errors])[numbers] / R95,
    )


def _of(fixes: _Fixes, chosen: NDArray[np.intp]) -> _Fixes:
    """Return the fixes of those of these numbers alone."""
    sizes = (fixes.last - fixes.begins + 1)[chosen]
    ends = np.cumsum(sizes)
    skipped = fixes.begins[chosen] - (ends - sizes)
    rows: NDArray[np.intp] = np.repeat(skipped, sizes) + np.arange(int(ends[-1]))
    return _Fixes(
        whose=[fixes.whose[w] for w in chosen.tolist()],
        begins=ends - sizes,
        last=ends - 1,
        block=fixes.block[rows],
        at=fixes.at[rows],
        away_m=fixes.away_m[rows],
        region_m=fixes.region_m[rows],
        wide_m=fixes.wide_m[rows],
        sigma_m=fixes.sigma_m[rows],
    )


def _any(fixes: _Fixes, rows: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return, shape (w,), of whom any row is meant."""
    found: NDArray[np.bool_] = np.logical_or.reduceat(rows, fixes.begins)
    return found


def _open(
    fixes: _Fixes, window: Window, rules: Settings
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return, shape (w,), whom the fastest train could have brought there, as `is_far_off` asks;
    and who is to be asked by himself however slowly he went."""
    start, end = window
    at, reach_m = fixes.at, fixes.away_m - fixes.region_m
    top_mps = rules.motion.rail.top_mps
    before_s = np.maximum(at[fixes.begins] - start, 0) / SECOND
    after_s = np.maximum(end - at[fixes.last], 0) / SECOND
    at_ends = reach_m[fixes.begins] <= top_mps * before_s
    at_ends |= reach_m[fixes.last] <= top_mps * after_s
    close = _any(fixes, (at >= start) & (at < end) & (reach_m <= 0.0))
    way_m = np.zeros(len(at))
    way_m[:-1] = top_mps * np.diff(at) / SECOND
    both_m = reach_m.copy()
    both_m[:-1] += reach_m[1:]
    by_rail = at_ends | close | _any(fixes, _in_window(fixes, window) & (both_m <= way_m))
    filtered = fixes.away_m <= rules.zone.near_m + fixes.wide_m
    return by_rail, at_ends | close | _any(fixes, filtered | (fixes.sigma_m > SHARP_SIGMA_M))


def _in_window(fixes: _Fixes, window: Window) -> NDArray[np.bool_]:
    """Return, shape (n,), whether some of the interval from a fix to one's next lies in it."""
    found = np.zeros(len(fixes.at), np.bool_)
    found[:-1] = (fixes.at[1:] > window[0]) & (fixes.at[:-1] < window[1])
    found[fixes.last] = False
    return found


def _likely(fixes: _Fixes, rules: Settings) -> Floats:
    """Return how they may have moved, as `move` finds it: each in a plane about his first fix."""
    x_m, y_m = np.empty(len(fixes.at)), np.empty(len(fixes.at))
    lon, lat = fixes.block["lon_deg"], fixes.block["lat_deg"]
    for first, last in zip(fixes.begins.tolist(), fixes.last.tolist(), strict=True):
        plane = Plane.at(LonLat(lon_deg=float(lon[first]), lat_deg=float(lat[first])))
        his = slice(first, last + 1)
        x_m[his], y_m[his] = plane.xy_arrays(lon[his], lat[his])
    sizes = fixes.last - fixes.begins + 1
    seconds = (fixes.at - np.repeat(fixes.at[fixes.begins], sizes)) / SECOND
    flags = fixes.block["motion"].astype(np.uint8)
    return modes_of_many(seconds, x_m, y_m, fixes.sigma_m, flags, fixes.begins, rules.motion)


def _is_shut(fixes: _Fixes, top_mps: Floats, window: Window) -> NDArray[np.bool_]:
    """Return, shape (w,), who was at no moment of the window near enough to have been there, at
    these top speeds between a fix and the next."""
    start, end = window
    a, b = fixes.at[:-1], fixes.at[1:]
    near_m, region_m, top = fixes.away_m, fixes.region_m, top_mps[:-1] / SECOND
    budget_m = top * (b - a) + region_m[:-1] + region_m[1:]
    from_a = near_m[:-1] - region_m[:-1] - top * (np.minimum(b, end) - a)
    from_b = near_m[1:] - region_m[1:] - top * (b - np.maximum(a, start))
    both_m = 0.5 * (near_m[:-1] + near_m[1:] - budget_m)
    is_open = np.zeros(len(fixes.at), np.bool_)
    is_open[:-1] = np.maximum(np.maximum(from_a, from_b), both_m) <= _MARGIN
    return ~_any(fixes, is_open & _in_window(fixes, window))


def _judged(
    fixes: _Fixes,
    people: Sequence[Followed],
    window: Window,
    settings: SettingsHistory,
) -> list[tuple[int, int]]:
    """Return number and seconds observed of those who are ruled out by how they moved."""
    rules = settings.at(window[0])
    likely = _likely(fixes, rules)
    top_mps = top_speeds_mps(likely + _MARGIN, rules.motion)
    at, still = fixes.at.tolist(), likely[:, Mode.STILL]
    rests = (still >= 0.5).tolist()
    told = np.abs(still - 0.5) > _MARGIN
    told[fixes.last] = True
    doubtful = _any(fixes, ~told)
    observed_s: list[int] = []
    ends = zip(fixes.whose, fixes.begins.tolist(), fixes.last.tolist(), strict=True)
    for number, first, last in ends:
        one, between = people[number], slice(first, last)
        fastest = [Mode.STILL] * (last - first)
        walk = Walk(
            at[first : last + 1], [], [], [], [], [], rests[between],
            top_mps[between].tolist(), fastest,
        )  # fmt: skip
        seen = spans_seen(walk, one.worn, one.mode, window)
        unbound(walk, seen, settings)
        top_mps[between] = walk.top_mps
        observed_s.append(_observed_s(seen))
    shut = _is_shut(fixes, top_mps, window) & ~doubtful
    return [(fixes.whose[w], observed_s[w]) for w in np.flatnonzero(shut).tolist()]


def _observed_s(seen: Sequence[tuple[Instant, Instant, Seen]]) -> int:
    return sum(b - a for a, b, kind in seen if kind is Seen.OBSERVED) // SECOND
