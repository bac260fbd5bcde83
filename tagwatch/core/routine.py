"""Where he usually is at an hour of the week, out of how many times it was seen."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec
import numpy as np
from numpy.typing import NDArray

from tagwatch.core.movements import Movements
from tagwatch.core.place import Places
from tagwatch.core.stay_spans import surely, unseen
from tagwatch.core.timetable import Weekday, london
from tagwatch.core.units import HOUR, SECOND, Instant
from tagwatch.core.wilson import wilson


class RoutineShare(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One way to have spent an hour of the week."""

    place: int | None
    """Number of the frequented place; None: on the move, or at a place of no number."""
    share: float
    """Of the observed time of this hour over all weeks."""
    times: int
    """Of the weeks in which this hour was seen, in how many he spent most of it so."""
    low: float
    high: float
    """95 % bounds (Wilson) of the share of weeks, by `times` of `RoutineHour.seen`."""


class RoutineHour(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An hour of the week in London time, over the weeks looked at."""

    weekday: Weekday
    hour: int
    """0 to 23."""
    weeks: int
    """How often this hour lay in the window."""
    seen: int
    """In how many of these at least half of it was observed."""
    observed_s: int
    unobserved_s: int
    shares: tuple[RoutineShare, ...]
    """Largest first."""


class Routine(msgspec.Struct, frozen=True, kw_only=True):
    """The week of one wearer by his past: 168 hours from Monday 00:00."""

    start: Instant
    end: Instant
    hours: tuple[RoutineHour, ...]

    def at(self, weekday: Weekday, hour: int) -> RoutineHour:
        """Return one hour of the week."""
        return self.hours[list(Weekday).index(weekday) * 24 + hour]


@dataclass(slots=True, eq=False)
class _Cell:
    """One hour of the week while it is counted; number 0 stands for no place."""

    weeks: int = 0
    seen: int = 0
    observed: int = 0
    unobserved: int = 0
    spent: dict[int, int] = field(default_factory=dict[int, int])
    mostly: dict[int, int] = field(default_factory=dict[int, int])


def routine(weeks: Sequence[Movements], places: Places) -> Routine:
    """Return the usual week; `places.of_stop` holds the stops of these weeks one after the other.

    Raises ValueError without weeks.
    """
    if not weeks:
        raise ValueError("a routine needs at least one week of movements")
    cells = [_Cell() for _ in range(7 * 24)]
    first = 0
    for movements in weeks:
        numbers = places.of_stop[first : first + len(movements.stops)]
        first += len(movements.stops)
        _count(movements, numbers, cells)
    return Routine(
        start=weeks[0].start,
        end=weeks[-1].end,
        hours=tuple(_hour(index, cell) for index, cell in enumerate(cells)),
    )


def _count(movements: Movements, numbers: Sequence[int], cells: Sequence[_Cell]) -> None:
    start, end = movements.start, movements.end
    borders = np.arange(start // HOUR * HOUR, end + HOUR, HOUR, dtype=np.int64)
    borders = np.clip(borders, start, end)
    lengths = np.diff(borders)
    blind = np.zeros_like(lengths)
    for a, b in unseen(movements):
        _add(blind, borders, a, b)
    spent: dict[int, NDArray[np.int64]] = {}
    for stop, number in zip(movements.stops, numbers, strict=True):
        there = spent.setdefault(number, np.zeros_like(lengths))
        for a, b in surely(stop, movements):
            _add(there, borders, a, b)
    for hour in np.flatnonzero(lengths).tolist():
        moment = london(Instant(int(borders[hour])))
        cell = cells[moment.weekday() * 24 + moment.hour]
        whole, dark = int(lengths[hour]), int(blind[hour])
        here = {n: int(each[hour]) for n, each in spent.items() if each[hour]}
        here[0] = max(0, whole - dark - sum(here.values()))
        cell.weeks += 1
        cell.observed += whole - dark
        cell.unobserved += dark
        for number, time in here.items():
            cell.spent[number] = cell.spent.get(number, 0) + time
        if 2 * dark <= whole:
            cell.seen += 1
            most = max(sorted(here), key=lambda number: here[number])
            cell.mostly[most] = cell.mostly.get(most, 0) + 1


def _add(to: NDArray[np.int64], borders: NDArray[np.int64], start: int, end: int) -> None:
    """Add to each hour how much of [start, end) lies in it."""
    low = max(0, int(np.searchsorted(borders, start, side="right")) - 1)
    high = int(np.searchsorted(borders, end)) + 1
    to[low : high - 1] += np.diff(np.clip(borders[low:high], start, end))


def _hour(index: int, cell: _Cell) -> RoutineHour:
    shares: list[RoutineShare] = []
    for number, spent in cell.spent.items():
        times = cell.mostly.get(number, 0)
        if not spent and not times:
            continue
        low, high = wilson(times, cell.seen)
        share = spent / max(1, cell.observed)
        shares.append(
            RoutineShare(
                place=number or None, share=round(share, 3), times=times,
                low=round(low, 3), high=round(high, 3),
            )
        )  # fmt: skip
    return RoutineHour(
        weekday=tuple(Weekday)[index // 24],
        hour=index % 24,
        weeks=cell.weeks,
        seen=cell.seen,
        observed_s=cell.observed // SECOND,
        unobserved_s=cell.unobserved // SECOND,
        shares=tuple(sorted(shares, key=lambda each: (-each.share, each.place or 0))),
    )
