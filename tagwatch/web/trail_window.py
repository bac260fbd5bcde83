"""The window of a trail page: a London day, a London week, or any time between two moments."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Final
from urllib.parse import urlencode

import msgspec

from tagwatch.core.timetable import Edge, from_london, london
from tagwatch.core.units import DAY, HOUR, Instant, instant, iso
from tagwatch.web.form import YEARS, Problems, moment, moment_values
from tagwatch.web.render import day as day_words
from tagwatch.web.render import moment as moment_words

LONGEST: Final = Instant(84 * DAY + HOUR)
"""12 weeks, and the hour by which they are longer where the clocks go back."""
_NAMES: Final = ("from", "until")


class Span(StrEnum):
    """How the window was chosen, and so by how much it moves on."""

    DAY = "day"
    WEEK = "week"
    ANY = "any"


class TrailWindow(msgspec.Struct, frozen=True, kw_only=True):
    """[start, end), and how the page speaks of it."""

    span: Span
    start: Instant
    end: Instant

    @property
    def query(self) -> str:
        """What follows the `?` of the page's address."""
        if self.span is Span.ANY:
            return urlencode({"start": iso(self.start), "end": iso(self.end)})
        return urlencode({"span": self.span.value, "day": london(self.start).date().isoformat()})

    @property
    def says(self) -> str:
        """The window in words."""
        if self.span is Span.DAY:
            return day_words(self.start)
        if self.span is Span.WEEK:
            return f"week from Monday {day_words(self.start)}"
        return f"{moment_words(self.start)} until {moment_words(self.end)}"

    @property
    def clock_change(self) -> str:
        """What a window with a change of the clocks must say; empty without one."""
        hours = (_ahead(self.end) - _ahead(self.start)) // timedelta(hours=1)
        if not hours:
            return ""
        how = "forward: an hour is missing" if hours > 0 else "back: an hour comes twice"
        return f"In this time the clocks go {how}. Times carry their distance from UTC."

    def moved(self, steps: int) -> "TrailWindow":
        """Return the window that many days, weeks or lengths later."""
        if self.span is Span.ANY:
            by = steps * (self.end - self.start)
            return TrailWindow(
                span=Span.ANY, start=Instant(self.start + by), end=Instant(self.end + by)
            )
        first = london(self.start).date()
        length = 1 if self.span is Span.DAY else 7
        return _days(self.span, first + timedelta(days=steps * length), length)

    @property
    def values(self) -> dict[str, str]:
        """What the fields of the form hold."""
        return {**moment_values("from", self.start), **moment_values("until", self.end)}


def day_of(at: Instant) -> TrailWindow:
    """Return the London day that holds `at`."""
    return _days(Span.DAY, london(at).date(), 1)


def week_of(at: Instant) -> TrailWindow:
    """Return the London week that holds `at`, from Monday."""
    first = london(at).date()
    return _days(Span.WEEK, first - timedelta(days=first.weekday()), 7)


def asked_window(query: Mapping[str, str], now: Instant, problems: Problems) -> TrailWindow:
    """Return the window that the address asks for, with what cannot be read noted; then, and where
    it asks for nothing, today.

    `span` and `day` (ISO date), or `start` and `end` (ISO 8601 with zone), or the fields of the
    form: `from-…`, `until-…` and `span`.
    """
    if any(query.get(f"{name}-{part}") for name in _NAMES for part in ("day", "month", "year")):
        found = _typed(query, problems)
    elif "start" in query or "end" in query:
        found = _stated(query, problems)
    elif query.get("day"):
        found = _dated(query, problems)
    else:
        found = week_of(now) if query.get("span") == Span.WEEK else day_of(now)
    if found is not None and not problems:
        _bounded(found, problems)
    return day_of(now) if found is None or problems else found


def _typed(query: Mapping[str, str], problems: Problems) -> TrailWindow | None:
    start = moment(query, "from", problems, "Enter the day on which to begin")
    if start is None:
        return None
    if query.get("span") != Span.ANY:
        return week_of(start) if query.get("span") == Span.WEEK else day_of(start)
    end = moment(query, "until", problems, "Enter the day and time until which", Edge.UNTIL)
    return None if end is None else TrailWindow(span=Span.ANY, start=start, end=end)


def _stated(query: Mapping[str, str], problems: Problems) -> TrailWindow | None:
    try:
        start, end = (_instant(query.get(name, "")) for name in ("start", "end"))
    except (ValueError, OverflowError):
        problems.add("from", "The address must give start and end as ISO 8601 with their zone")
        return None
    return TrailWindow(span=Span.ANY, start=start, end=end)


def _instant(given: str) -> Instant:
    read = datetime.fromisoformat(given[:40])
    if read.tzinfo is None or not YEARS[0] <= read.year <= YEARS[1]:
        raise ValueError(given)
    return instant(read)


def _dated(query: Mapping[str, str], problems: Problems) -> TrailWindow | None:
    try:
        found = date.fromisoformat(query["day"][:10])
        if not YEARS[0] <= found.year <= YEARS[1]:
            raise ValueError
    except ValueError:
        problems.add("from", "The address must give the day as year-month-day")
        return None
    if query.get("span") == Span.WEEK:
        return _days(Span.WEEK, found - timedelta(days=found.weekday()), 7)
    return _days(Span.DAY, found, 1)


def _bounded(found: TrailWindow, problems: Problems) -> None:
    if found.end <= found.start:
        problems.add("until", "The end must be after the beginning")
    elif found.end - found.start > LONGEST:
        days = (found.end - found.start) // DAY
        problems.add("until", f"At most 12 weeks are shown at once; these are {days} days")


def _days(span: Span, first: date, length: int) -> TrailWindow:
    """Return whole London days, each as long as the clocks make it."""
    start, end = (
        from_london(datetime.combine(day, time()), Edge.FROM)
        for day in (first, first + timedelta(days=length))
    )
    return TrailWindow(span=span, start=start, end=end)


def _ahead(at: Instant) -> timedelta:
    return london(at).utcoffset() or timedelta()
