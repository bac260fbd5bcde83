"""What changed in a week against the wearer's own past weeks, and how often such a change comes.

A difference is nothing by itself: the base rate says in how many of his own past weeks there was
one as large. Data for sentences; why it changed is not said.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from statistics import median
from typing import Final

import msgspec

from tagwatch.core.movements import Movements
from tagwatch.core.place import Places
from tagwatch.core.stay_spans import nights, seconds, surely, unseen
from tagwatch.core.timetable import (
    Edge,
    Interval,
    difference,
    from_london,
    intersection,
    london,
    union,
)
from tagwatch.core.trip import TripMode
from tagwatch.core.units import Instant

ENOUGH: Final = 3
"""Past weeks needed to say what is usual. Our choice."""
SEEN: Final = 0.5
"""A week of which less than this share was observed is not compared."""
OFTEN: Final = 1.0 / 3.0
"""What happened in more than this share of his past weeks is no change."""
STAYED_S: Final = 900
"""A place counts as visited from so long on: a wait on the way is no place."""
USED: Final = 0.5
"""A place of at least this share of the past weeks is missed when it is not visited."""


class ChangeKind(StrEnum):
    """What differs."""

    NIGHTS_AWAY = "nights away from home"
    NIGHTS_HOME = "nights at home"
    HOURS_OUT = "hours on the move or away from home"
    HOURS_AT_PLACE = "hours at a place"
    DISTANCE_FOOT = "distance on foot"
    DISTANCE_WHEELS = "distance by cycle, vehicle or rail"
    TRIPS = "trips"
    NEW_PLACE = "a place not visited before"
    PLACE_LEFT_OUT = "a place not visited any more"
    NIGHT_MOVES = "hours on the move between 23:00 and 05:00"
    OBSERVED = "hours observed"


class Change(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One difference, as `this` against what was usual."""

    kind: ChangeKind
    place: int | None
    """Number of the frequented place it is about."""
    this: float
    """This week: nights, hours, kilometres or a count, by the kind."""
    usual: float
    """The median of his past weeks."""
    low: float
    high: float
    """The smallest and largest of the past weeks."""
    as_large: int
    """In so many of his past weeks the difference from what was usual was at least as large."""
    of_weeks: int
    """Past weeks that could be compared: seen well enough."""
    possible: bool
    """What was not seen may account for it: then it is no more than possible."""


class Changes(msgspec.Struct, frozen=True, kw_only=True):
    """What changed in the week [start, end), rarest first."""

    start: Instant
    end: Instant
    changes: tuple[Change, ...]
    of_weeks: int
    """Past weeks seen well enough to compare with."""
    enough: bool
    """Whether these are enough to say what is usual; if not, `changes` holds only new places."""


_LEAST: Final = {
    ChangeKind.NIGHTS_AWAY: 1.0,
    ChangeKind.NIGHTS_HOME: 1.0,
    ChangeKind.HOURS_OUT: 5.0,
    ChangeKind.HOURS_AT_PLACE: 3.0,
    ChangeKind.DISTANCE_FOOT: 3.0,
    ChangeKind.DISTANCE_WHEELS: 20.0,
    ChangeKind.TRIPS: 4.0,
    ChangeKind.NIGHT_MOVES: 0.5,
    ChangeKind.OBSERVED: 24.0,
}
"""Smaller differences are not said: nights, hours, kilometres, trips. Our choice."""
_NIGHTS: Final = (ChangeKind.NIGHTS_AWAY, ChangeKind.NIGHTS_HOME)
_HOURS: Final = (
    ChangeKind.HOURS_OUT, ChangeKind.HOURS_AT_PLACE, ChangeKind.NIGHT_MOVES, ChangeKind.OBSERVED,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Week:
    """One week in numbers: what is compared."""

    start: Instant
    end: Instant
    amounts: dict[ChangeKind, float]
    at_place_h: dict[int, float]
    unseen_h: float
    unseen_nights: float

    @property
    def is_seen(self) -> bool:
        return self.amounts[ChangeKind.OBSERVED] * 3.6e9 >= SEEN * (self.end - self.start)


def changes(this: Movements, past: Sequence[Movements], places: Places) -> Changes:
    """Return what is different in `this` week from the weeks of `past`, oldest first.

    `places` are those of all these weeks; `of_stop` holds the stops of the past weeks and then
    those of this one. All hours are those for which he was surely somewhere.
    """
    weeks: list[_Week] = []
    first = 0
    for movements in (*past, this):
        numbers = places.of_stop[first : first + len(movements.stops)]
        first += len(movements.stops)
        weeks.append(_in_numbers(movements, numbers, places))
    now, before = weeks[-1], [week for week in weeks[:-1] if week.is_seen]
    found = list(_places_changed(now, before, weeks[:-1]))
    enough = len(before) >= ENOUGH
    if enough:
        found += _amounts_changed(now, before)
    return Changes(
        start=this.start,
        end=this.end,
        changes=tuple(
            sorted(found, key=lambda each: (each.as_large / max(1, each.of_weeks), each.kind))
        ),
        of_weeks=len(before),
        enough=enough,
    )


def _amounts_changed(now: _Week, before: Sequence[_Week]) -> Iterator[Change]:
    for kind, amount in now.amounts.items():
        compared = _compared(kind, None, amount, [week.amounts[kind] for week in before], now)
        if compared is not None:
            yield compared
    for place in sorted(now.at_place_h.keys() | {n for week in before for n in week.at_place_h}):
        usual = [week.at_place_h.get(place, 0.0) for week in before]
        amount = now.at_place_h.get(place, 0.0)
        if amount <= 0.0 or not any(usual):
            continue  # a new place, or one left out: said as that
        compared = _compared(ChangeKind.HOURS_AT_PLACE, place, amount, usual, now)
        if compared is not None:
            yield compared


def _compared(
    kind: ChangeKind, place: int | None, amount: float, past: Sequence[float], now: _Week
) -> Change | None:
    """Return the difference, None if it is too small or too usual to be one."""
    usual = median(past)
    differs = amount - usual
    if abs(differs) < _LEAST[kind]:
        return None
    as_large = 0
    for k, other in enumerate(past):
        rest = [each for n, each in enumerate(past) if n != k]
        against = other - median(rest)
        as_large += abs(against) >= abs(differs) and against * differs > 0.0
    if as_large > OFTEN * len(past):
        return None
    hidden = now.unseen_nights if kind in _NIGHTS else now.unseen_h
    return Change(
        kind=kind,
        place=place,
        this=round(amount, 1),
        usual=round(usual, 1),
        low=round(min(past), 1),
        high=round(max(past), 1),
        as_large=as_large,
        of_weeks=len(past),
        possible=kind in (*_NIGHTS, *_HOURS) and differs < 0.0 and hidden >= -differs,
    )


def _places_changed(now: _Week, before: Sequence[_Week], past: Sequence[_Week]) -> Iterator[Change]:
    """Yield places that are new, and places not visited any more."""
    known = {place for week in past for place in week.at_place_h}
    later = past[1:]  # in the first week every place is new
    brought = 0
    met: set[int] = set(past[0].at_place_h) if past else set()
    for week in later:
        brought += bool(week.at_place_h.keys() - met)
        met |= week.at_place_h.keys()
    for place in sorted(now.at_place_h.keys() - known) if past else ():
        yield Change(
            kind=ChangeKind.NEW_PLACE, place=place, this=round(now.at_place_h[place], 1),
            usual=0.0, low=0.0, high=0.0, as_large=brought, of_weeks=len(later), possible=False,
        )  # fmt: skip
    if len(before) < ENOUGH:
        return
    for place in sorted({n for week in before for n in week.at_place_h} - now.at_place_h.keys()):
        spent = [week.at_place_h.get(place, 0.0) for week in before]
        visited = sum(each > 0.0 for each in spent)
        if visited < USED * len(before):
            continue
        yield Change(
            kind=ChangeKind.PLACE_LEFT_OUT, place=place, this=0.0, usual=round(median(spent), 1),
            low=round(min(spent), 1), high=round(max(spent), 1), as_large=len(before) - visited,
            of_weeks=len(before), possible=now.unseen_h >= STAYED_S / 3600.0,
        )  # fmt: skip


def _in_numbers(movements: Movements, numbers: Sequence[int], places: Places) -> _Week:
    """Return the week in numbers."""
    gaps = unseen(movements)
    window = [(movements.start, movements.end)]
    there: dict[int, list[Interval]] = {}
    for stop, number in zip(movements.stops, numbers, strict=True):
        there.setdefault(number, []).extend(surely(stop, movements))
    home = places.home
    at_home = union(there.get(home.place, []), ()) if home is not None else []
    seen = difference(window, gaps)
    moving = union(((t.started_at, t.ended_at) for t in movements.trips if t.fixes), ())
    amounts = {
        ChangeKind.TRIPS: float(len(movements.trips)),
        ChangeKind.DISTANCE_FOOT: _km(movements, (TripMode.FOOT,)),
        ChangeKind.DISTANCE_WHEELS: _km(
            movements, (TripMode.CYCLE, TripMode.VEHICLE, TripMode.RAIL)
        ),
        ChangeKind.NIGHT_MOVES: _hours(
            intersection(difference(moving, gaps), _late(movements.start, movements.end))
        ),
        ChangeKind.OBSERVED: _hours(seen),
    }
    unseen_nights = 0.0
    if home is not None:
        amounts[ChangeKind.HOURS_OUT] = _hours(difference(seen, at_home))
        home_n, away_n, unseen_nights = _nights_of(movements, at_home, seen)
        amounts[ChangeKind.NIGHTS_HOME] = home_n
        amounts[ChangeKind.NIGHTS_AWAY] = away_n
    return _Week(
        start=movements.start,
        end=movements.end,
        amounts=amounts,
        at_place_h={
            number: _hours(spans) for number, spans in there.items() if seconds(spans) >= STAYED_S
        },
        unseen_h=_hours(gaps),
        unseen_nights=unseen_nights,
    )


def _nights_of(
    movements: Movements, at_home: Sequence[Interval], seen: Sequence[Interval]
) -> tuple[float, float, float]:
    """Return nights at home, away, and of which neither is seen."""
    home = away = hidden = 0.0
    for _, night in nights(movements.start, movements.end):
        whole = seconds([night])
        here = seconds(intersection(at_home, [night]))
        elsewhere = seconds(intersection(difference(seen, at_home), [night]))
        home += 2 * here >= whole
        away += 2 * elsewhere > whole
        hidden += 2 * here < whole and 2 * elsewhere <= whole
    return home, away, hidden


def _late(start: Instant, end: Instant) -> list[Interval]:
    """Return 23:00 to 05:00 in London of every night that touches [start, end)."""
    day, last = london(start).date() - timedelta(days=1), london(end).date()
    spans: list[Interval] = []
    while day <= last:
        since = from_london(datetime.combine(day, time(23)), Edge.FROM)
        until = from_london(datetime.combine(day + timedelta(days=1), time(5)), Edge.UNTIL)
        spans.append((since, until))
        day += timedelta(days=1)
    return intersection(spans, [(start, end)])


def _hours(spans: Sequence[Interval]) -> float:
    return seconds(list(spans)) / 3600.0


def _km(movements: Movements, modes: tuple[TripMode, ...]) -> float:
    """Return kilometres at the least."""
    return sum(trip.distance_m_least for trip in movements.trips if trip.mode in modes) / 1000.0
