"""What matching speaks of: the rule's numbers, a crime's scene, what was seen of a person, and what
follows from it."""

from enum import StrEnum
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from tagwatch.core.ids import ActivationId
from tagwatch.core.plane import Floats, LonLat
from tagwatch.core.units import Instant


class MatchRule(StrEnum):
    """By which rule crimes are matched."""

    OVERLAP_50 = "overlap-50"
    """The Ministry of Justice's, as far as it is public."""
    PROBABILITY = "probability"
    """How likely he was within the vicinity at some time of the window, from all his fixes."""


class MatchSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The numbers of a rule; recorded with each run. Raises ValueError out of bounds."""

    rule: MatchRule = MatchRule.OVERLAP_50
    version: int = 1
    vicinity_m: float = 100.0
    least_share: float = 0.5
    """Of the area of a fix's circle that must lie in the vicinity for it to count."""
    padding_min: int = 10
    """Added to the window of the crime at both ends."""
    open_factor: float = 1.24
    """Radius of the 99 % region over that of the 95 % circle: what it leaves is excluded."""
    unknown_reach_m: float = 5_000.0
    """A fix without a radius excludes nobody within so far of the crime."""
    silence_min: int = 15
    """Unseen for longer than this, he may have been wherever there was time to go."""
    top_speed_mps: float = 45.0
    matched_from: float = 0.5
    """Rule `probability`: on the list of the matched from here."""
    excluded_below: float = 0.01
    """Rule `probability`: excluded below this."""

    def __post_init__(self) -> None:
        if not 0.0 < self.least_share <= 1.0:
            raise ValueError(f"share {self.least_share} is not above 0 and at most 1")
        if not 0.0 < self.vicinity_m <= 5_000.0:
            raise ValueError(f"vicinity {self.vicinity_m} m is not above 0 and at most 5,000 m")
        if not 0 <= self.padding_min <= 24 * 60:
            raise ValueError(f"padding of {self.padding_min} min is not within 0 to 1,440 min")


class MatchList(StrEnum):
    """On which of the three lists of a crime a person is."""

    MATCHED = "matched"
    NOT_EXCLUDED = "not_excluded"
    """Could not be excluded."""
    EXCLUDED = "excluded"


class OpenReason(StrEnum):
    """Why somebody could not be excluded, though no fix of his counts."""

    TOO_WIDE = "too_wide"
    """A fix may be of the vicinity, and its circle is too wide ever to count."""
    NO_RADIUS = "no_radius"
    PARTLY = "partly"
    """A circle reaches the vicinity with less than the share that counts."""
    NO_FIX = "no_fix"
    """A tag was on him and no fix is in the window."""
    SILENCE = "silence"
    """He was not seen for long enough to have been there."""
    LIKELY = "likely"
    """Rule `probability`: neither likely enough to match nor unlikely enough to exclude."""


class Scene(NamedTuple):
    """Where and when: the crime's place, and its window, padded; both ends belong to it."""

    place: LonLat
    start: Instant
    end: Instant


class Sighted(NamedTuple):
    """The fixes of one person in order of time, each (n,); some before and after the window."""

    at: NDArray[np.int64]
    lon_deg: Floats
    lat_deg: Floats
    radius_m: Floats
    """Of the 95 % circle; NaN where unknown."""
    tag: NDArray[np.int64]
    """Place in `Worn` order of the activation it belongs to."""


class Worn(NamedTuple):
    """A tag on a person for [start, end)."""

    activation: ActivationId
    start: Instant
    end: Instant


class Counted(msgspec.Struct, frozen=True):
    """A fix that counts: its row in `Sighted`, its label, and the share of its circle."""

    row: int
    label: str
    share: float


class WindowSeen(msgspec.Struct, frozen=True, kw_only=True):
    """What was seen of a person in the window of a crime, in seconds."""

    window_s: int
    seen_s: int
    off_s: int
    """No tag was on him."""
    longest_unseen_s: int


class TagLook(msgspec.Struct, frozen=True, kw_only=True):
    """What one tag of a person says of the window."""

    activation_id: ActivationId
    fixes: int
    best_radius_m: float | None = None
    counting: int = 0


class CrimeMatch(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule says of one person and one crime."""

    found: MatchList
    reason: OpenReason | None = None
    """Why he could not be excluded; None on the other lists."""
    counted: tuple[Counted, ...] = ()
    fixes: int = 0
    """In the window."""
    best_radius_m: float | None = None
    seen: WindowSeen
    tags: tuple[TagLook, ...] = ()
    probability: float | None = None
    """Rule `probability` only."""

    @property
    def visits(self) -> int:
        """Return how many visits the counting fixes form."""
        return sum(one.label.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ") == "1" for one in self.counted)
