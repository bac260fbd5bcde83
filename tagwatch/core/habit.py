"""How often he was there at this time before: his own routine, before any fix of the time asked.

An occasion is the same stretch of London's clocks on an earlier date. Those of the same kind of day
count each for itself; those of the other kind stand together for a few of them. The time asked
about is never among them.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from tagwatch.core.between import R95, SHARP_SIGMA_M
from tagwatch.core.coverage import LONGER
from tagwatch.core.geometry import Shape
from tagwatch.core.person import TagMode
from tagwatch.core.plane import Floats
from tagwatch.core.reach import shortest_way_m
from tagwatch.core.rules.area import Area, area
from tagwatch.core.rules.fix_error import FixError
from tagwatch.core.rules.prepare import Prepared, SettingsHistory
from tagwatch.core.timetable import Edge, from_london, london
from tagwatch.core.trail import TrailPart
from tagwatch.core.uncertainty import p_inside
from tagwatch.core.units import SECOND, Instant

OTHER: Final = 4.0
"""All days of the other kind together count as so many of the same kind."""
SEEN: Final = 0.5
"""An occasion counts if at least so much of it was observed."""
INSIDE: Final = 0.5
"""A fix shows him there on an occasion if the chance is at least this."""
_MARGIN_M: Final = 1.0
_QUALITY = ("accuracy_m", "confidence", "hdop", "satellites", "source")


class DayKind(StrEnum):
    """What kind of day an occasion began on, in London."""

    WEEKDAY = "weekday"
    REST_DAY = "weekend or bank holiday"


class Occasion(StrEnum):
    """What is known of him at this time on an earlier day."""

    THERE = "there"
    ELSEWHERE = "elsewhere"
    NOT_SEEN = "not seen"
    """Less than half of the time was observed."""


class Habit(msgspec.Struct, frozen=True, kw_only=True):
    """How often he was there at this time of day before."""

    days: int
    """Days looked at: those before, in order back."""
    seen: int
    """On how many of them at least half of the time was observed."""
    there: int
    """On how many of those he was there."""
    kind: DayKind | None = None
    """Of the day asked about; None in checks made before kinds were told apart."""
    kind_seen: int = 0
    """Of `seen` and `there`, those of the same kind of day."""
    kind_there: int = 0

    @property
    def chance(self) -> float:
        """The chance by routine alone, before any fix of the day: never 0 or 1."""
        if not self.seen:
            return 0.5
        if self.kind is None:
            return (self.there + 0.5) / (self.seen + 1.0)
        others = (self.there - self.kind_there + 0.5) / (self.seen - self.kind_seen + 1.0)
        return (self.kind_there + OTHER * others) / (self.kind_seen + OTHER)


def kind_of(at: Instant, holidays: Sequence[date]) -> DayKind:
    """Return the kind of London day that `at` lies in."""
    day = london(at).date()
    rests = day.weekday() >= 5 or day in holidays
    return DayKind.REST_DAY if rests else DayKind.WEEKDAY


def occasions(window: tuple[Instant, Instant], days: int) -> list[tuple[Instant, Instant]]:
    """Return the window on each of the London dates before, the last first: from the same time by
    the clock, and as long."""
    start, end = window
    clock = london(start).replace(tzinfo=None, fold=0)
    found: list[tuple[Instant, Instant]] = []
    for back in range(1, days + 1):
        since = from_london(clock - timedelta(days=back), Edge.FROM)
        found.append((since, Instant(since + (end - start))))
    return found


def counted(
    window: tuple[Instant, Instant], outcomes: Sequence[Occasion], holidays: Sequence[date]
) -> Habit:
    """Return the habit of occasions, the last first."""
    kind = kind_of(window[0], holidays)
    alike = [kind_of(since, holidays) is kind for since, _ in occasions(window, len(outcomes))]
    same = [out for out, is_same in zip(outcomes, alike, strict=True) if is_same]
    return Habit(
        days=len(outcomes),
        seen=sum(out is not Occasion.NOT_SEEN for out in outcomes),
        there=sum(out is Occasion.THERE for out in outcomes),
        kind=kind,
        kind_seen=sum(out is not Occasion.NOT_SEEN for out in same),
        kind_there=sum(out is Occasion.THERE for out in same),
    )


class Past:
    """A wearer's fixes of some weeks in order of time, to be asked of occasions."""

    def __init__(
        self,
        trail: Sequence[TrailPart],
        worn: Sequence[tuple[Instant, Instant]],
        mode: TagMode,
        settings: SettingsHistory,
        prepared: Prepared,
    ) -> None:
        self._trail, self._worn, self._mode = trail, worn, mode
        self._settings, self._prepared = settings, prepared
        rows = [part.rows for part in trail]
        numbers = np.repeat(np.arange(len(trail)), [len(each) for each in rows])
        empty = np.zeros(0, dtype=np.intp)
        flat = np.concatenate(rows) if rows else empty
        times = [part.block["fixed_at"][each] for part, each in zip(trail, rows, strict=True)]
        at = np.concatenate(times) if times else np.zeros(0, dtype=np.int64)
        order = np.argsort(at, kind="stable")
        self._at: NDArray[np.int64] = at[order]
        self._part: NDArray[np.intp] = numbers[order]
        self._row: NDArray[np.intp] = flat[order]
        self._lon, self._lat = (self._column(name, rows, order) for name in ("lon_deg", "lat_deg"))

    def _column(
        self, name: str, rows: Sequence[NDArray[np.intp]], order: NDArray[np.intp]
    ) -> Floats:
        parts = [part.block[name][each] for part, each in zip(self._trail, rows, strict=True)]
        return np.concatenate(parts)[order] if parts else np.zeros(0)

    def habit(self, shape: Shape, window: tuple[Instant, Instant], days: int) -> Habit:
        """Return how often he was in the place at this time on the days before."""
        ready = area(shape)
        near, passes = self._may_matter(ready)
        outcomes: list[Occasion] = []
        for start, end in occasions(window, days):
            if self.observed(start, end) < SEEN * (end - start):
                outcomes.append(Occasion.NOT_SEEN)
                continue
            low, high = (int(np.searchsorted(self._at, edge)) for edge in (start, end))
            fixes = low + np.flatnonzero(near[low:high])
            ways = low + np.flatnonzero(passes[low : max(low, high - 1)])
            there = any(self._inside(k, ready) for k in fixes.tolist())
            there = there or any(self._through(k, ready) for k in ways.tolist())
            outcomes.append(Occasion.THERE if there else Occasion.ELSEWHERE)
        return counted(window, outcomes, self._settings.at(window[0]).holidays.days)

    def between(self, low: int, high: int) -> tuple[NDArray[np.int64], Floats, Floats]:
        """Return time, longitude and latitude of the fixes in [low, high), shape (n,)."""
        rows = slice(*(int(np.searchsorted(self._at, edge)) for edge in (low, high)))
        return self._at[rows], self._lon[rows], self._lat[rows]

    def _may_matter(self, ready: Area) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Return of each fix, and of the way from each to the next, False only where it certainly
        shows nothing: more than half of an error's mass lies in no disc that holds not the fix,
        and a straight way touches nothing that lies outside of the disc it stays clear of."""
        shape = ready.shape
        x_m, y_m = shape.plane.xy_arrays(self._lon, self._lat)
        x_m, y_m = x_m - shape.centre_x_m, y_m - shape.centre_y_m
        reach_m = shape.bound_radius_m + _MARGIN_M
        near = np.hypot(x_m, y_m) <= reach_m
        if len(x_m) < 2:
            return near, np.zeros(0, dtype=np.bool_)
        dx_m, dy_m = np.diff(x_m), np.diff(y_m)
        length2 = np.maximum(dx_m * dx_m + dy_m * dy_m, 1e-9)
        share = np.clip(-(x_m[:-1] * dx_m + y_m[:-1] * dy_m) / length2, 0.0, 1.0)
        away_m: Floats = np.hypot(x_m[:-1] + share * dx_m, y_m[:-1] + share * dy_m)
        longest = round(LONGER * self._mode.moving_interval_s * SECOND)
        joined = (np.diff(self._at) <= longest) & (self._part[1:] == self._part[:-1])
        return near, joined & (away_m <= reach_m)

    def observed(self, start: Instant, end: Instant) -> int:
        """Return for how long of [start, end) fixes came as a tag at rest sends them."""
        longest = round(LONGER * self._mode.resting_interval_s * SECOND)
        seen = 0
        for began, ended in self._worn:
            if began >= end or ended <= start:
                continue
            low, high = max(began, start - longest), min(ended, end + longest)
            first, last = np.searchsorted(self._at, low), np.searchsorted(self._at, high, "right")
            edges = np.concatenate(([began], self._at[first:last], [ended]))
            steps = np.diff(edges) <= longest
            inside = np.minimum(edges[1:], end) - np.maximum(edges[:-1], start)
            seen += int(np.sum(np.maximum(inside, 0)[steps]))
        return seen

    def _inside(self, k: int, ready: Area) -> bool:
        return p_inside(ready.shape, *self._xy(k, ready), self._error(k).mixture) >= INSIDE

    def _through(self, k: int, ready: Area) -> bool:
        """Return whether the straight way from a sharp fix to the next touches the place."""
        if any(self._error(n).r95_m > SHARP_SIGMA_M * R95 for n in (k, k + 1)):
            return False
        a, b = self._xy(k, ready), self._xy(k + 1, ready)
        direct_m = float(np.hypot(b[0] - a[0], b[1] - a[1]))
        return shortest_way_m(ready.shape, *a, *b) <= direct_m + 0.01

    def _xy(self, k: int, ready: Area) -> tuple[float, float]:
        return ready.shape.plane.xy(float(self._lon[k]), float(self._lat[k]))

    def _error(self, k: int) -> FixError:
        part = self._trail[int(self._part[k])]
        said = part.block[int(self._row[k])]
        accuracy_m, share, hdop, satellites, source = (said[name].item() for name in _QUALITY)
        return self._prepared.fix_error(
            accuracy_m, share, hdop, satellites, source, part.tag_model,
            self._settings.at(Instant(int(self._at[k]))),
        )  # fmt: skip
