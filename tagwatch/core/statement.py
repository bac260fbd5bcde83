"""What somebody says of where he was: a place and a time, each as vague as it is remembered."""

from enum import StrEnum
from typing import Final

import msgspec

from tagwatch.core.geometry import LonLat, Shape
from tagwatch.core.units import MINUTE, SECOND, Instant

LONGEST: Final = 12 * 3600 * SECOND
"""One statement is about no more time than this."""
MOST_TRACK: Final = 5_000
MOST_STATEMENTS: Final = 20


class Allegation(StrEnum):
    """What is said that he did."""

    THERE = "was there"
    PASSED = "passed"
    WAITED = "waited there"
    FOLLOWED = "followed me"


class TrackSpot(msgspec.Struct, frozen=True, kw_only=True, array_like=True, gc=False):
    """Where she was, by her own phone or from memory."""

    at: Instant
    lon_deg: float
    lat_deg: float
    accuracy_m: float
    """Of 95 %."""


class Statement(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is said. Raises ValueError, saying what to mend."""

    claim: Allegation
    words: str
    """As it was said."""
    place: str
    """The place in words; empty where he followed her."""
    shape: Shape | None
    """The place with its own vagueness in it; None where he followed her."""
    start: Instant
    end: Instant
    """The time with its vagueness in it: [start, end)."""
    vague_m: float = 0.0
    spread_s: int = 0
    """How vague place and time are: `shape` and the times hold it already."""
    waited_s: int = 0
    """For how long, where he waited."""
    track: tuple[TrackSpot, ...] = ()
    """Where she was, in order of time, where he followed her."""
    within_m: float = 100.0
    """How near he was to her, where he followed her."""

    def __post_init__(self) -> None:
        if not self.start < self.end:
            raise ValueError("the end of a statement's time must be after its start")
        if self.end - self.start > LONGEST:
            raise ValueError("a statement is about at most 12 hours: split it")
        followed = self.claim is Allegation.FOLLOWED
        if followed and len(self.track) < 2:
            raise ValueError("that he followed her needs her own track: at least two places")
        if len(self.track) > MOST_TRACK:
            raise ValueError(f"her track has more than {MOST_TRACK:,} places: give the part asked")
        if not followed and self.shape is None:
            raise ValueError("the statement needs a place: a point, a street or an area")
        if self.claim is Allegation.WAITED and self.waited_s < 60:
            raise ValueError("that he waited needs for how long: at least a minute")

    @property
    def window(self) -> tuple[Instant, Instant]:
        """Start and end."""
        return self.start, self.end

    @property
    def centre(self) -> LonLat | None:
        """Where she was first, if she gave a track."""
        if not self.track:
            return None
        return LonLat(lon_deg=self.track[0].lon_deg, lat_deg=self.track[0].lat_deg)


def about(moment: Instant, spread_s: int) -> tuple[Instant, Instant]:
    """Return the window of "about nine": two spreads to either side, a quarter of an hour at
    the least of both together, so that a bare time is not taken to the second."""
    half = max(2 * spread_s * SECOND, 7 * MINUTE + 30 * SECOND)
    return Instant(moment - half), Instant(moment + half)
