"""Stays of the week as intervals: for certain, and at the most; nights at home."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from tagwatch.core.movements import Movements
from tagwatch.core.place import Places
from tagwatch.core.stay_spans import MORNING, seconds, surely, unseen
from tagwatch.core.stop import Stop
from tagwatch.core.timetable import (
    Edge,
    Interval,
    difference,
    from_london,
    intersection,
    union,
)
from tagwatch.core.units import Instant
from tagwatch.report.week.facts import days_of
from tagwatch.report.week.overview import Distance, Night, Within

HALF: Final = 0.5


def possibly(stop: Stop, movements: Movements) -> list[Interval]:
    """Return when he can have been at a stop: from the earliest arrival to the latest departure."""
    since = movements.start if stop.arrived_earliest is None else stop.arrived_earliest
    until = movements.end if stop.left_latest is None else stop.left_latest
    return union([(since, until)], ())


def stays(
    movements: Movements, places: Places, place: int
) -> tuple[list[Interval], list[Interval]]:
    """Return when he was certainly, and when he can have been, at a frequented place."""
    his = [
        stop
        for stop, number in zip(movements.stops, places.of_stop, strict=True)
        if number == place
    ]
    sure = union((span for stop in his for span in surely(stop, movements)), ())
    most = union((span for stop in his for span in possibly(stop, movements)), sure)
    return sure, most


def nights(movements: Movements, places: Places, made_at: Instant) -> tuple[Night, ...]:
    """Return the nights that are over, each with where he was for most of it.

    `home` where he was certainly at home for half the night; `elsewhere` where he was certainly
    not for half of it; else nobody can say. Without a place that is likely his home, none.
    """
    home = places.home
    if home is None:
        return ()
    sure, most = stays(movements, places, home.place)
    away = union(
        (
            span
            for stop, number in zip(movements.stops, places.of_stop, strict=True)
            if number != home.place
            for span in surely(stop, movements)
        ),
        (),
    )
    moving = union(((trip.started_at, trip.ended_at) for trip in movements.trips if trip.fixes), ())
    away = difference(union(away, difference(moving, unseen(movements))), sure)
    return tuple(_nights(movements, (sure, most, away), made_at))


def _nights(
    movements: Movements,
    known: tuple[list[Interval], list[Interval], list[Interval]],
    made_at: Instant,
) -> Iterator[Night]:
    sure, most, away = known
    for day, (start, _) in days_of((movements.start, movements.end)):
        end = from_london(datetime.combine(day, MORNING), Edge.UNTIL)
        if end > min(movements.end, made_at):
            continue
        span = [(start, end)]
        long_s = seconds(span)
        least_s = seconds(intersection(sure, span))
        away_s = seconds(intersection(away, span))
        blind_s = seconds(intersection(unseen(movements), span))
        most_s = min(long_s - away_s, max(least_s, seconds(intersection(most, span)), 0) + blind_s)
        answer = "cannot_say"
        if least_s >= HALF * long_s:
            answer = "home"
        elif away_s > HALF * long_s:
            answer = "elsewhere"
        yield Night(
            day=day.isoformat(),
            start=start,
            end=end,
            home_s=Within(least=least_s, most=max(least_s, most_s)),
            answer=answer,
        )


def distances(movements: Movements) -> tuple[Distance, ...]:
    """Return how far he went each way, the farthest first."""
    modes = sorted({trip.mode for trip in movements.trips})
    found = [_distance(movements, mode.value) for mode in modes]
    return tuple(sorted(found, key=lambda each: -each.distance_m.most))


def _distance(movements: Movements, mode: str) -> Distance:
    trips = [trip for trip in movements.trips if trip.mode.value == mode]
    return Distance(
        mode=mode,
        distance_m=Within(
            least=sum(trip.distance_m_least for trip in trips),
            most=sum(trip.distance_m_most for trip in trips),
        ),
        trips=len(trips),
    )


def at_place_s(movements: Movements, places: Places, place: int) -> Within:
    """Return how long he was at a place in the week."""
    sure, most = stays(movements, places, place)
    return Within(least=seconds(sure), most=max(seconds(sure), seconds(most)))


def moved_unseen_s(spans: Sequence[Interval], movements: Movements) -> int:
    """Return how long of these spans nothing was seen."""
    return seconds(intersection(list(spans), unseen(movements)))
