"""A wearer's days in quarters: still at a place of his own, out, at a place strange to him, or not
seen. What days unlike his own are told by.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

import numpy as np

from tagwatch.core.fix import Motion
from tagwatch.core.own_weeks import OwnWeeks, Rows
from tagwatch.core.timetable import london
from tagwatch.core.units import HOUR, Instant

QUARTERS: Final = ("00 to 06", "06 to 12", "12 to 18", "18 to 24")
"""Hours of the London day."""
SEEN_SHARE: Final = 0.5
"""A quarter of which less was observed is not seen."""
STRANGE_SHARE: Final = 0.5
NEW_DAYS: Final = 7
"""Without a change of the tag a place is strange that is new within so many days."""


class Quarter(StrEnum):
    """How he spent a quarter of a day, as far as fixes tell."""

    STILL = "still at a place of his own"
    """All the time, without a trip."""
    OUT = "out, or moved"
    STRANGE = "at a place that is not his"
    UNSEEN = "not seen"


@dataclass(frozen=True, slots=True)
class OwnDay:
    """One London date in quarters."""

    day: date
    quarters: tuple[Quarter, ...]
    at_home: tuple[bool, ...]
    """Of each quarter, whether most of his fixes at stops lie at his home."""
    fixes: int
    moving: int
    """Fixes at places of his own of which the tag says that it moves."""
    at_own: int
    """Fixes at places of his own of which the tag says whether it moves."""
    observed_share: float

    @property
    def is_weekend(self) -> bool:
        """Saturday or Sunday."""
        return self.day.weekday() >= 5


def own_days(
    weeks: OwnWeeks, changes: Sequence[Instant], home: int | None = None
) -> tuple[OwnDay, ...]:
    """Return the days of all weeks, in order. `changes`: when a tag was fitted or said that it was
    off him. `home`: the number of the place that counts as his home, else the likeliest."""
    if home is None:
        home = None if weeks.home is None else weeks.home.place
    seen = weeks.seen
    place = np.full(len(seen), 0, dtype=np.int64)
    at = np.flatnonzero(weeks.stay_of >= 0)
    numbers = np.array([s.place for s in weeks.stays] or [0], dtype=np.int64)
    place[at] = numbers[weeks.stay_of[at]]
    shares = _observed(weeks)
    slots = _slots(seen.at)
    first = _first_days(weeks)
    own = {each.place for each in weeks.own}
    found: list[OwnDay] = []
    for day in sorted({ordinal for ordinal, _ in shares}):
        rows = [np.flatnonzero(slots == 4 * day + k) for k in range(4)]
        known = _known(first, day, changes)
        quarters = tuple(
            _quarter(weeks, rows[k], place, own, known, shares.get((day, k), 0.0)) for k in range(4)
        )
        every = np.concatenate(rows)
        flags = seen.flag[every[np.isin(place[every], list(own))]] if own else seen.flag[:0]
        told = flags != int(Motion.UNKNOWN)
        found.append(
            OwnDay(
                day=date.fromordinal(day),
                quarters=quarters,
                at_home=tuple(_mostly(place[r]) == home for r in rows),
                fixes=len(every),
                moving=int((flags == int(Motion.MOVING)).sum()),
                at_own=int(told.sum()),
                observed_share=round(sum(shares.get((day, k), 0.0) for k in range(4)) / 4, 3),
            )
        )
    return tuple(found)


def _slots(at: Rows) -> Rows:
    """Return for each instant its quarter, four to a London date, (n,)."""
    hours, back = np.unique(at // HOUR, return_inverse=True)
    moments = [london(Instant(int(hour) * HOUR)) for hour in hours.tolist()]
    slots = [4 * moment.toordinal() + moment.hour // 6 for moment in moments]
    found: Rows = np.array(slots, dtype=np.int64)[back]
    return found


def _mostly(places: Rows) -> int | None:
    stopped = places[places > 0]
    if not len(stopped):
        return None
    numbers, counts = np.unique(stopped, return_counts=True)
    return int(numbers[int(np.argmax(counts))])


def _observed(weeks: OwnWeeks) -> dict[tuple[int, int], float]:
    """Return of each quarter, by day and number, which share of six hours was observed."""
    spent: dict[tuple[int, int], int] = {}
    for each in weeks.weeks:
        for hour in each.coverage.hours:
            moment = london(hour.start)
            key = moment.toordinal(), moment.hour // 6
            spent[key] = spent.get(key, 0) + hour.observed_s
    return {key: min(1.0, seconds / (6 * 3600)) for key, seconds in spent.items()}


def _first_days(weeks: OwnWeeks) -> dict[int, int]:
    """Return the first London date of each place, by ordinal."""
    found: dict[int, int] = {}
    for each in weeks.stays:
        found.setdefault(each.place, london(each.stop.first_seen).toordinal())
    return found


def _known(first: Mapping[int, int], day: int, changes: Sequence[Instant]) -> set[int]:
    """Return the places that were his before: before the tag was last changed within the weeks,
    else more than some days ago. In the first days all are."""
    before = [london(at).toordinal() for at in changes if london(at).toordinal() <= day]
    start = min(first.values(), default=day)
    limit = max(before) if before and max(before) > start else day - NEW_DAYS
    if limit <= start:
        return set(first)
    return {place for place, since in first.items() if since < limit}


def _quarter(
    weeks: OwnWeeks,
    rows: Rows,
    place: Rows,
    own: set[int],
    known: set[int],
    observed: float,
) -> Quarter:
    if observed < SEEN_SHARE or not len(rows):
        return Quarter.UNSEEN
    stopped = place[rows][place[rows] > 0]
    strange = sum(int(number) not in known for number in stopped.tolist())
    if strange >= STRANGE_SHARE * len(rows):
        return Quarter.STRANGE
    moved = bool((weeks.leg_of[rows] >= 0).any())
    one = set(stopped.tolist())
    if not moved and len(one) == 1 and one <= own:
        return Quarter.STILL
    return Quarter.OUT
