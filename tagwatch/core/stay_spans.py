"""When somebody was at a stop: for certain and observed, or at the most; nights of a window."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Final

from tagwatch.core.movements import Movements
from tagwatch.core.stop import Stop
from tagwatch.core.timetable import Edge, Interval, difference, from_london, london, union
from tagwatch.core.units import SECOND, Instant

MORNING: Final = time(6)


def unseen(movements: Movements) -> list[Interval]:
    """Return when nothing was seen, in order."""
    return union(((gap.start, gap.end) for gap in movements.gaps), ())


def surely(stop: Stop, movements: Movements) -> list[Interval]:
    """Return when he was certainly at the stop and observed: gaps are cut out."""
    since = stop.arrived_latest
    until = stop.left_earliest
    since = movements.start if stop.arrived_earliest is None or since is None else since
    until = movements.end if stop.left_latest is None or until is None else until
    since, until = max(since, movements.start), min(until, movements.end)
    if since >= until:
        return []
    gaps = [(g.start, g.end) for g in movements.gaps if g.start < until and g.end > since]
    return difference([(since, until)], gaps)


def possibly_s(stop: Stop, movements: Movements) -> int:
    """Return for how many seconds he can have been there within the window, gaps and all."""
    since, until = stop.arrived_earliest, stop.left_latest
    since = movements.start if since is None else max(since, movements.start)
    until = movements.end if until is None else min(until, movements.end)
    return max(0, until - since) // SECOND


def nights(start: Instant, end: Instant) -> Iterator[tuple[date, Interval]]:
    """Yield the nights, 00:00 to 06:00 in London, that lie within [start, end), with the date of
    their morning."""
    day, last = london(start).date(), london(end).date()
    while day <= last:
        night = _night(day)
        if night[0] >= start and night[1] <= end:
            yield day, night
        day += timedelta(days=1)


@lru_cache(maxsize=1024)
def _night(day: date) -> Interval:
    begins = from_london(datetime.combine(day, time()), Edge.FROM)
    return begins, from_london(datetime.combine(day, MORNING), Edge.UNTIL)


def seconds(spans: Sequence[Interval]) -> int:
    """Return how long intervals that do not overlap last together."""
    return sum(end - start for start, end in spans) // SECOND
