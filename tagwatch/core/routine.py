"""Where he usually is at an hour of the week, out of how many times it was seen."""

import msgspec

from tagwatch.core.timetable import Weekday
from tagwatch.core.units import Instant


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
