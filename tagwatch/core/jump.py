"""Positions that jumped: there and back in less time than he can have taken.

An implausible jump is an error with its evidence. It decides nothing: the fix stays in the trail
and in what is judged, and whoever reads of it sees why it is doubted.
"""

from collections.abc import Sequence
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from tagwatch.core.between import R95
from tagwatch.core.ids import FixId
from tagwatch.core.motion import Mode, MotionSettings, modes, top_speeds_mps
from tagwatch.core.plane import LonLat, Plane
from tagwatch.core.rules.prepare import SettingsHistory
from tagwatch.core.sight import Sight
from tagwatch.core.units import SECOND, Instant

BESIDE: Final = 10
"""So many fixes on either side tell how he moved."""
CLOCK_S: Final = 2.0
"""Fixes may be this much farther apart in time than they say: tags round. Our choice."""
MOST: Final = 20
"""Jumps named, the farthest."""


class Spot(msgspec.Struct, frozen=True, kw_only=True):
    """What must be known of a fix to say whether it jumped."""

    fix_id: FixId
    at: Instant
    place: LonLat
    region_m: float
    """How far it may err with 99 % probability."""
    sigma_m: float
    motion: int
    """The tag's own flag, a `Motion`."""


class Jump(msgspec.Struct, frozen=True, kw_only=True):
    """A fix to which he cannot have gone, and come back from, between the fixes beside it.

    Distances are the least that the circles of 99 % of the errors at both ends leave.
    """

    fix_id: FixId
    fixed_at: Instant
    there_m: int
    there_s: int
    back_m: int
    back_s: int
    fastest: str
    """How he may have moved by the fixes on either side, at the fastest: `Mode`, in lower case."""
    top_mps: float
    """Nobody moves faster in that way, by our settings. What he did is not said."""


def jumps(fixes: Sequence[Spot], settings: MotionSettings) -> tuple[Jump, ...]:
    """Return the fixes, of those in order of time, that jumped: the way there and back is longer
    than what the fastest way of moving that the fixes beside it leave open takes him, though the
    fix before and the fix after lead to one another.

    The first and the last fix have one neighbour and are not judged.
    """
    if len(fixes) < 3:
        return ()
    x_m, y_m = _places_m(fixes)
    region_m = np.array([fix.region_m for fix in fixes])
    seconds = (np.array([fix.at for fix in fixes]) - fixes[0].at) / SECOND
    apart_m = np.hypot(np.diff(x_m), np.diff(y_m)) - region_m[1:] - region_m[:-1]
    across_m = np.hypot(x_m[2:] - x_m[:-2], y_m[2:] - y_m[:-2]) - region_m[2:] - region_m[:-2]
    most_m = np.maximum(apart_m[:-1], apart_m[1:])
    doubtful = (apart_m[:-1] > 0.0) & (apart_m[1:] > 0.0) & (across_m < most_m)
    found: list[Jump] = []
    for k in (np.flatnonzero(doubtful) + 1).tolist():
        fastest = _fastest(fixes, (seconds, x_m, y_m), k, settings)
        top_mps = settings.modes[fastest].top_mps
        over_s = float(seconds[k + 1] - seconds[k - 1]) + CLOCK_S
        there_m, back_m = float(apart_m[k - 1]), float(apart_m[k])
        if there_m + back_m <= top_mps * over_s or float(across_m[k - 1]) > top_mps * over_s:
            continue
        found.append(
            Jump(
                fix_id=fixes[k].fix_id,
                fixed_at=fixes[k].at,
                there_m=round(there_m),
                there_s=(fixes[k].at - fixes[k - 1].at) // SECOND,
                back_m=round(back_m),
                back_s=(fixes[k + 1].at - fixes[k].at) // SECOND,
                fastest=fastest.name.lower(),
                top_mps=top_mps,
            )
        )
    farthest = sorted(found, key=lambda jump: -jump.there_m - jump.back_m)[:MOST]
    return tuple(sorted(farthest, key=lambda jump: jump.fixed_at))


def said_of(jump: Jump) -> str:
    """Return the evidence in words: no place, and no speed of his."""
    need_s = round((jump.there_m + jump.back_m) / jump.top_mps)
    return (
        f"at least {jump.there_m} m from the fix {jump.there_s} s before and {jump.back_m} m from "
        f"the one {jump.back_s} s after: there and back would take {need_s} s even at "
        f"{jump.top_mps:g} m/s, the fastest that the fixes on either side leave open"
    )


def jumped_of(around: Sequence[Sight], settings: SettingsHistory) -> tuple[Jump, ...]:
    """Return the jumps among fixes seen against an area, in order of time."""
    if not around:
        return ()
    spots = [
        Spot(
            fix_id=s.fix_id,
            at=s.at,
            place=LonLat(lon_deg=s.lon_deg, lat_deg=s.lat_deg),
            region_m=s.region_m,
            sigma_m=s.accuracy_m_95 / R95,
            motion=s.motion,
        )
        for s in around
    ]
    return jumps(spots, settings.at(around[-1].at).motion)


def without(seen: Sequence[Sight], jumped: Sequence[Jump]) -> Sequence[Sight]:
    """Return the fixes that tell how he moved: a jump would be a drive there and back."""
    erring = {jump.fix_id for jump in jumped}
    return [sight for sight in seen if sight.fix_id not in erring]


def _places_m(fixes: Sequence[Spot]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    lons = np.array([fix.place.lon_deg for fix in fixes])
    lats = np.array([fix.place.lat_deg for fix in fixes])
    return Plane.at(fixes[0].place).xy_arrays(lons, lats)


def _fastest(
    fixes: Sequence[Spot],
    track: tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]],
    k: int,
    settings: MotionSettings,
) -> Mode:
    """Return the fastest way of moving past fix k that the fixes beside it, without it, allow."""
    first = max(0, k - BESIDE)
    rows = [*range(first, k), *range(k + 1, min(len(fixes), k + 1 + BESIDE))]
    sigma_m = np.array([fixes[n].sigma_m for n in rows])
    flags = np.array([fixes[n].motion for n in rows], dtype=np.uint8)
    seconds, x_m, y_m = (column[rows] for column in track)
    likely = modes(seconds, x_m, y_m, sigma_m, flags, settings)
    top_mps = float(top_speeds_mps(likely, settings)[k - 1 - first])
    return next(mode for mode in Mode if settings.modes[mode].top_mps == top_mps)
