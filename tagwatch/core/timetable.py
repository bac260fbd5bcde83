"""London time: weekly rows, clock changes, and the algebra of half-open intervals.

Rows are stated in local time and become UTC intervals, so 19:00 to 07:00 lasts 11 or 13 hours on
the nights when the clocks change. Time zone data comes from the pinned `tzdata` package only: the
machine's own files and the TZ variable have no say.
"""

import zoneinfo
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from itertools import chain
from typing import Final
from zoneinfo import ZoneInfo

import msgspec
import tzdata

from tagwatch.core.units import DAY, Instant, instant, utc

TZDATA_VERSION: Final = tzdata.IANA_VERSION
"""The release of the time zone data in use, e.g. `2025b`."""

Interval = tuple[Instant, Instant]
"""[start, end): the end instant is not part of it."""


def _load_london() -> ZoneInfo:
    """Return London's rules from the tzdata package, leaving other zones as they were found."""
    searched = zoneinfo.TZPATH
    zoneinfo.reset_tzpath(to=())
    try:
        return ZoneInfo.no_cache("Europe/London")
    finally:
        zoneinfo.reset_tzpath(to=searched)


LONDON: Final = _load_london()


class Weekday(StrEnum):
    """Days as orders write them."""

    MO = "Mo"
    TU = "Tu"
    WE = "We"
    TH = "Th"
    FR = "Fr"
    SA = "Sa"
    SU = "Su"


_DAYS: Final = tuple(Weekday)


class Edge(StrEnum):
    """Which end of an interval a local time stands for; it decides a time that occurs twice."""

    FROM = "from"
    UNTIL = "until"


class CurfewRow(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One weekly row in London time, e.g. Fr 19:00 until Sa 07:00.

    It may run past midnight and over several days; when both ends are the same moment of the
    week it lasts the whole week. `except_on` names local dates on which a row that starts that
    day does not apply. Raises ValueError for a time with a zone or finer than a minute.
    """

    from_day: Weekday
    from_time: time
    until_day: Weekday
    until_time: time
    except_on: tuple[date, ...] = ()

    def __post_init__(self) -> None:
        for at in (self.from_time, self.until_time):
            if at.tzinfo is not None or at.second or at.microsecond:
                raise ValueError(
                    f"row time {at.isoformat()} must be a London time in whole minutes, e.g. 19:00"
                )


class OneOff(msgspec.Struct, frozen=True, kw_only=True):
    """A single window, e.g. the night of release. Raises ValueError if it ends before it starts."""

    start: Instant
    end: Instant

    def __post_init__(self) -> None:
        if self.start >= self.end:
            raise ValueError(f"window ends at {self.end}, not after its start {self.start}")


class WeeklySchedule(msgspec.Struct, frozen=True, kw_only=True):
    """When a condition applies: weekly rows and one-off windows within its validity.

    `instead_of_rows` windows replace the rows while they last (a release night with hours of its
    own); `also` windows are added; `never` windows (authorised absences) are cut out of both.
    """

    rows: tuple[CurfewRow, ...] = ()
    also: tuple[OneOff, ...] = ()
    instead_of_rows: tuple[OneOff, ...] = ()
    never: tuple[OneOff, ...] = ()
    valid_from: Instant | None = None
    valid_until: Instant | None = None


def london(at: Instant) -> datetime:
    """Return `at` as an aware datetime on London's clocks."""
    return utc(at).astimezone(LONDON)


def from_london(naive: datetime, edge: Edge) -> Instant:
    """Return the instant of a London wall-clock time. Raises ValueError if it carries a zone.

    A time that does not exist (spring) is the first moment after the gap. A time that occurs
    twice (autumn) is its first occurrence as the start of a window and its second as the end:
    the order's words cover both, and the longer reading is the one that was told.
    """
    if naive.tzinfo is not None:
        raise ValueError(f"London time {naive.isoformat()} must not carry a zone")
    earlier, later = (naive.replace(tzinfo=LONDON, fold=fold) for fold in (0, 1))
    first, second = instant(earlier), instant(later)
    if first <= second:
        return first if edge is Edge.FROM else second
    # In a gap, fold=1 applies the new offset and lands before the change, fold=0 after it.
    return _change_between(second, first)


def _change_between(before: Instant, after: Instant) -> Instant:
    """Return the instant between the two at which London's offset changes."""
    offset = london(before).utcoffset()
    low, high = int(before), int(after)
    while high - low > 1:
        middle = (low + high) // 2
        if london(Instant(middle)).utcoffset() == offset:
            low = middle
        else:
            high = middle
    return Instant(high)


def windows(rows: Sequence[CurfewRow], start: Instant, end: Instant) -> list[Interval]:
    """Return when any of `rows` applies within [start, end): sorted, merged, clipped."""
    if start >= end or not rows:
        return []
    first = _monday(start) - timedelta(weeks=1)
    weeks = (_monday(end) - first).days // 7 + 1
    found = chain.from_iterable(
        _week(tuple(rows), first + timedelta(weeks=number)) for number in range(weeks)
    )
    return intersection(union(found, ()), [(start, end)])


def window_at(rows: Sequence[CurfewRow], at: Instant) -> Interval | None:
    """Return the whole merged window that contains `at`, or None between windows.

    Windows that touch are one window; one that never pauses is cut a week either side of `at`'s.
    """
    spans = _around(tuple(rows), _monday(at))
    place = bisect_right(spans, at, key=_start) - 1
    return spans[place] if place >= 0 and at < spans[place][1] else None


def window_end(rows: Sequence[CurfewRow], at: Instant) -> Instant | None:
    """Return when the window that contains `at` ends; None between windows, and of no rows."""
    window = window_at(rows, at) if rows else None
    return None if window is None else window[1]


def next_boundary(rows: Sequence[CurfewRow], after: Instant) -> Instant | None:
    """Return the first instant later than `after` at which a window starts or ends.

    None when there is none within 53 weeks: no rows, or rows that never pause.
    """
    for week in range(54):
        at = Instant(after + week * 7 * DAY)
        monday = _monday(at)
        low = _midnight(monday)
        high = _midnight(monday + timedelta(weeks=1))
        for span in _around(tuple(rows), monday):
            for edge in span:
                if edge > after and low <= edge < high:
                    return edge
    return None


def schedule_windows(schedule: WeeklySchedule, start: Instant, end: Instant) -> list[Interval]:
    """Return when the schedule applies within [start, end): sorted, merged, clipped."""
    low = start if schedule.valid_from is None else max(start, schedule.valid_from)
    high = end if schedule.valid_until is None else min(end, schedule.valid_until)
    instead = _spans(schedule.instead_of_rows)
    weekly = difference(windows(schedule.rows, low, high), instead)
    applied = union(union(weekly, instead), _spans(schedule.also))
    kept = difference(applied, _spans(schedule.never))
    return intersection(kept, [(low, high)]) if low < high else []


@lru_cache(maxsize=4096)
def shared_windows(schedule: WeeklySchedule, start: Instant, end: Instant) -> tuple[Interval, ...]:
    """Return the same, remembered: many wearers keep the same hours."""
    return tuple(schedule_windows(schedule, start, end))


def union(one: Iterable[Interval], other: Iterable[Interval]) -> list[Interval]:
    """Return the sorted, merged union; the inputs may be in any order and overlap."""
    merged: list[Interval] = []
    for start, end in sorted(chain(one, other)):
        if start >= end:
            continue
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged


def intersection(one: Sequence[Interval], other: Sequence[Interval]) -> list[Interval]:
    """Return what lies in both; each input sorted and without overlaps."""
    shared: list[Interval] = []
    i = j = 0
    while i < len(one) and j < len(other):
        start, end = max(one[i][0], other[j][0]), min(one[i][1], other[j][1])
        if start < end:
            shared.append((start, end))
        if one[i][1] <= other[j][1]:
            i += 1
        else:
            j += 1
    return shared


def difference(one: Sequence[Interval], other: Sequence[Interval]) -> list[Interval]:
    """Return what lies in `one` and not in `other`; each sorted and without overlaps."""
    left: list[Interval] = []
    j = 0
    for start, end in one:
        at = start
        while j < len(other) and other[j][1] <= at:
            j += 1
        k = j
        while k < len(other) and other[k][0] < end:
            if other[k][0] > at:
                left.append((at, other[k][0]))
            at = max(at, other[k][1])
            k += 1
        if at < end:
            left.append((at, end))
    return left


def _start(span: Interval) -> Instant:
    return span[0]


def _spans(one_offs: Sequence[OneOff]) -> list[Interval]:
    return union(((w.start, w.end) for w in one_offs), ())


@lru_cache(maxsize=4096)
def _around(rows: tuple[CurfewRow, ...], monday: date) -> list[Interval]:
    """Return the merged windows that start in the week of `monday` or the two beside it."""
    weeks = (monday + timedelta(weeks=shift) for shift in (-1, 0, 1))
    return union(chain.from_iterable(_week(rows, week) for week in weeks), ())


@lru_cache(maxsize=4096)
def _week(rows: tuple[CurfewRow, ...], monday: date) -> tuple[Interval, ...]:
    """Return the windows of rows that start in the week of `monday`, not merged."""
    return tuple(_row_window(row, monday) for row in rows if _applies(row, monday))


def _applies(row: CurfewRow, monday: date) -> bool:
    return monday + timedelta(days=_DAYS.index(row.from_day)) not in row.except_on


def _row_window(row: CurfewRow, monday: date) -> Interval:
    starts = datetime.combine(monday + timedelta(days=_DAYS.index(row.from_day)), row.from_time)
    ends = datetime.combine(monday + timedelta(days=_DAYS.index(row.until_day)), row.until_time)
    if ends <= starts:
        ends += timedelta(weeks=1)
    return from_london(starts, Edge.FROM), from_london(ends, Edge.UNTIL)


def _monday(at: Instant) -> date:
    """Return the Monday of the London week that holds `at`."""
    day = london(at).date()
    return day - timedelta(days=day.weekday())


@lru_cache(maxsize=1024)
def _midnight(day: date) -> Instant:
    return from_london(datetime.combine(day, time()), Edge.FROM)
