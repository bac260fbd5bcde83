"""What changed in a week against the wearer's own past weeks, and how often such a change comes.

A difference is nothing by itself: the base rate says in how many of his own past weeks there was
one as large. Data for sentences; why it changed is not said.
"""

from enum import StrEnum

import msgspec

from tagwatch.core.units import Instant


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
