"""A trip between two stops, and a gap: when nothing was seen."""

from enum import StrEnum

import msgspec

from tagwatch.core.units import Instant


class TripMode(StrEnum):
    """How somebody went, by the speed profile of the whole trip: most likely, never certain."""

    FOOT = "foot"
    CYCLE = "cycle"
    VEHICLE = "vehicle"
    """Car, bus, van; and rail where no geometry of railways is loaded."""
    RAIL = "rail"
    """Along railway lines; only where their geometry is loaded."""
    UNKNOWN = "unknown"
    """Too little was seen of it to say."""


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


class Gap(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Nothing was seen for longer than the tag's mode lets expect: from the last usable fix before
    to the first after, cut to the window. Where he was then is not known."""

    start: Instant
    end: Instant
    off_s: int
    """Of it, how long no tag was on him, or it was switched off."""
    moved_m_least: int
    """How far apart the places before and after are at the least: 0 if he may not have moved."""
