"""What a wearer's weeks show around those who are protected from him: repeated presence, waiting,
and days unlike his own. Counts against base rates; never a verdict, and never why.
"""

from enum import StrEnum
from typing import Any

import msgspec

from tagwatch.core.around import Around
from tagwatch.core.ids import ConditionId, EpisodeId, FixId, PersonId


class Unasked(StrEnum):
    """Why nothing is counted around a place."""

    TOO_WIDE = "the area is too wide: everybody's ways lead through it"
    NO_FIX = "no fix of his weeks shows a place"


class PlacePattern(msgspec.Struct, frozen=True, kw_only=True):
    """What was counted around one protected place."""

    condition_id: ConditionId
    version: int
    label: str
    protects: tuple[PersonId, ...]
    place: dict[str, Any]
    """The zone as GeoJSON."""
    is_secret: bool
    """The wearer was not told where it lies."""
    buffer_m: float
    ring_m: float
    around: Around | None
    unasked: Unasked | None
    fixes: tuple[tuple[FixId, ...], ...] = ()
    """For each visit, the ids of its first fix, of the one that shows it best, and of its last."""
    episodes: tuple[EpisodeId, ...] = ()
    """Entries and approaches on record in the period."""
