"""A trip between two stops, and a gap: when nothing was seen."""

from enum import StrEnum

import msgspec

from tagwatch.core.units import Instant


class TripMode(StrEnum):
    """How somebody went, by the speed profile of the whole trip: most likely, never certain."""

    FOOT = "foot"
    CYCLE = "cycle"
    VEHICLE = "vehicle"
    """Car, bus, van; and rail where no geometry of railways is loaded, or where `Trip.ride` says
    that it is not excluded."""
    RAIL = "rail"
    """Most of the way along railway lines; only where their geometry is loaded."""
    UNKNOWN = "unknown"
    """Too little was seen of it to say."""


class RailRide(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A part of a trip that may have been by rail."""

    started_at: Instant
    """Of the fix at or before its beginning."""
    ended_at: Instant
    """Of the fix at or after its end."""
    probability: float
    """That it was, a whole multiple of 0.01."""
    named: bool
    """It is called a ride: likely, and between stations or faster than any road allows. Else it is
    only not excluded."""
    from_station: str
    """The station near its beginning; empty: none is, or none are loaded."""
    to_station: str
    is_faster: bool
    """It was faster than roads allow, beyond its error."""
    line_m_95: int
    """Nineteen of twenty of its fixes lie within so far of a line."""
    fixes: int


class Trip(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A movement that is certain: he left one place, or came to another. Where exactly he went
    between two fixes is not known."""

    number: int
    """From 1 in the window, in order of time."""
    started_at: Instant
    """The middle estimate; its uncertainty is that of the stop before."""
    ended_at: Instant
    mode: TripMode
    mode_probability: float
    """Of `mode`, a whole multiple of 0.01; 0 for UNKNOWN."""
    distance_m_least: int
    """The way was at least this long, with 95 % probability."""
    distance_m_most: int
    """And at most this long: streets between fixes, and gaps, can hide so much."""
    fixes: int
    """Seen on the way; 0: the whole trip lies in a gap."""
    seen_s: int
    """Of it, how long was observed."""
    from_stop: int | None
    """Number of the stop it came from; None: it began before the window or trail, or unseen."""
    to_stop: int | None
    """Number of the stop it led to; None: it went on after the window or trail, or unseen."""
    ride: RailRide | None = None
    """The part that was, or may have been, by rail. None: that is excluded as far as speeds and
    places tell, or no lines are loaded."""


class Gap(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Nothing was seen for longer than the tag's mode lets expect: from the last usable fix before
    to the first after, cut to the window. Where he was then is not known."""

    start: Instant
    end: Instant
    off_s: int
    """Of it, how long no tag was on him, or it was switched off."""
    moved_m_least: int
    """How far apart the places before and after are at the least: 0 if he may not have moved."""
