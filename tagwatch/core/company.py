"""Who was with somebody: his fixes made ready once, and held against those of many others.

Judged pair by pair as `meeting` does. That two were certainly apart is not asked: whoever has no
meeting may still have been there.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tagwatch.core.apart import Way
from tagwatch.core.beside import Reach
from tagwatch.core.between import Walk
from tagwatch.core.fix import fix_id, joined
from tagwatch.core.meeting import Held, Meeting, meetings_of, moments
from tagwatch.core.plane import LonLat, Plane
from tagwatch.core.rules.fix_error import FixError, PlacedFix, Said
from tagwatch.core.rules.nearness import nearness
from tagwatch.core.rules.prepare import Prepared, SettingsHistory
from tagwatch.core.timetable import london
from tagwatch.core.trail import TrailPart, merged
from tagwatch.core.units import SECOND, Instant

MOST_PAIRS: Final = 4_000
"""Pairs of fixes of two people that are held against each other at the most."""
_FARTHER: Final = 1.01
"""In the plane about somebody's first fix two others may lie so much farther apart, or less."""
_COLUMNS: Final = ("accuracy_m", "confidence", "hdop", "satellites", "source")


@dataclass(frozen=True, slots=True, eq=False)
class Course:
    """Somebody's fixes that decide, in event order, ready to be held against another's."""

    way: Way
    """Without how he moved, and without how he was seen."""
    plane: Plane
    errors: list[FixError]
    source: list[int]
    motion: list[int]

    def placed(self, k: int) -> PlacedFix:
        """Return fix number k as the rules read it."""
        walk = self.way.walk
        return PlacedFix(
            walk.at[k],
            walk.lon[k],
            walk.lat[k],
            walk.ids[k],
            self.errors[k],
            self.source[k],
            self.motion[k],
        )


def course(
    trail: Sequence[TrailPart],
    settings: SettingsHistory,
    prepared: Prepared,
    beside: Course | None = None,
) -> Course | None:
    """Return the fixes of a trail, in the plane of the one `beside` which they are held; None where
    none decides."""
    order = merged(trail, -(2**62))
    if not order:
        return None
    at = [each[0] for each in order]
    begins = np.cumsum([0, *(len(part.block) for part in trail)])
    whose = np.array([each[1] for each in order])
    rows = begins[whose] + np.array([each[2] for each in order])
    block = joined([part.block for part in trail])[rows]
    numbers: list[int] = whose.tolist()
    models = [trail[number].tag_model for number in numbers]
    said = list(zip(*(block[name].tolist() for name in _COLUMNS), strict=True))
    errors = _errors(said, models, at, settings, prepared)
    lon, lat = block["lon_deg"].tolist(), block["lat_deg"].tolist()
    told = zip(block["seq"].tolist(), block["index"].tolist(), strict=True)
    ids = [fix_id(seq, index) for seq, index in told]
    walk = Walk(at, lon, lat, ids, [each.region_m for each in errors], [], [], [], [])
    plane = Plane.at(LonLat(lon_deg=lon[0], lat_deg=lat[0])) if beside is None else beside.plane
    x_m, y_m = plane.xy_arrays(block["lon_deg"], block["lat_deg"])
    return Course(
        way=Way(walk, x_m, y_m, ()),
        plane=plane,
        errors=errors,
        source=block["source"].tolist(),
        motion=block["motion"].tolist(),
    )


def _errors(
    said: Sequence[Said],
    models: Sequence[str],
    at: Sequence[int],
    settings: SettingsHistory,
    prepared: Prepared,
) -> list[FixError]:
    rules = settings.at(Instant(at[0]))
    if rules is settings.at(Instant(at[-1])) and len(set(models)) == 1:
        return prepared.errors.of_all(said, models[0], rules)
    return [
        prepared.errors.of(*row, model, settings.at(Instant(t)))
        for row, model, t in zip(said, models, at, strict=True)
    ]


def met(
    one: Course,
    other: Course,
    within_m: float,
    window: tuple[Instant, Instant],
    settings: SettingsHistory,
    near: Reach,
    most: int = MOST_PAIRS,
) -> tuple[list[Meeting], int]:
    """Return the meetings of two, as `meeting.meetings` finds them where it does not say no, and
    how many pairs of fixes were left out.

    `near` is `beside.reach` of the same distance and settings; of the other there may be only the
    fixes of `spans_about` where he can have been near. Of two who are near each other for days, as
    in one house, only the first pairs of each day are held against each other, `most` altogether:
    there may be more meetings, and more to show them.
    """
    rules = settings.at(window[0]).encounter
    found = _telling(
        moments((one.way, other.way), window, rules, within_m),
        one,
        other,
        near,
        max(each.encounter.lapse_s for _, each in settings.versions),
    )
    kept = found if len(found) <= most else _first_of_days(found, most)
    times = meetings_of(_pairs(one, other, within_m, kept, settings), settings)
    return times, len(found) - len(kept)


def _telling(
    found: Sequence[tuple[int, int, int]],
    one: Course,
    other: Course,
    near: Reach,
    lapse_s: int,
) -> list[tuple[int, int, int]]:
    """Return the pairs that may leave a meeting open, and those that may end one before the next
    such pair: all others change nothing."""
    if not found:
        return []
    at, mine, its = np.array(found).T
    a, b = one.way, other.way
    apart_m = np.hypot(a.x_m[mine] - b.x_m[its], a.y_m[mine] - b.y_m[its])
    close = np.flatnonzero(apart_m <= _FARTHER * near.distance_m)
    kept = np.zeros(len(found), np.bool_)
    kept[close] = True
    for first, second in pairwise(close.tolist()):
        if at[second] - at[first] <= lapse_s * SECOND:
            kept[first:second] = True
    return [found[k] for k in np.flatnonzero(kept).tolist()]


def _first_of_days(found: Sequence[tuple[int, int, int]], most: int) -> list[tuple[int, int, int]]:
    """Return the first pairs of each London date, the same number of each where it has so many."""
    days: dict[date, list[tuple[int, int, int]]] = {}
    for each in found:
        days.setdefault(london(Instant(each[0])).date(), []).append(each)
    return [each for pairs in days.values() for each in pairs[: most // len(days)]]


def _pairs(
    one: Course,
    other: Course,
    within_m: float,
    found: Sequence[tuple[int, int, int]],
    settings: SettingsHistory,
) -> Iterator[Held]:
    for at, mine, its in found:
        a, b = one.placed(mine), other.placed(its)
        yield nearness(a, b, within_m, settings.at(Instant(at))), a, b


def within_spans(
    trail: Sequence[TrailPart], spans: Sequence[tuple[Instant, Instant]]
) -> list[TrailPart]:
    """Return the fixes of a trail that lie in one of these spans, ends and all."""
    found: list[TrailPart] = []
    for part in trail:
        times = part.block["fixed_at"]
        kept = np.zeros(len(times), np.bool_)
        for start, end in spans:
            kept |= (times >= start) & (times <= end)
        if kept.any():
            found.append(TrailPart(part.activation_id, part.tag_model, part.block[kept]))
    return found


def spans_about(
    times: NDArray[np.int64], longest_s: float, settings: SettingsHistory
) -> list[tuple[Instant, Instant]]:
    """Return, in order and apart, the times of which all fixes of another are needed, if at these
    `times`, rising, he has fixes near somebody's that are up to `longest_s` older or younger.

    Between two spans nothing can be near for so long that no meeting goes on over it.
    """
    rules = [each.encounter for _, each in settings.versions]
    before = max(each.age_most_s for each in rules) * SECOND
    pause = max(max(each.lapse_s, each.age_most_s) for each in rules) * SECOND
    after = round((longest_s + 1.0) * SECOND)
    found: list[tuple[Instant, Instant]] = []
    for at in times.tolist():
        low, high = Instant(at - before), Instant(at + after)
        if found and low - found[-1][1] <= pause + before:
            found[-1] = (found[-1][0], high)
        else:
            found.append((low, high))
    return found
