"""What a wearer's weeks show around those who are protected from him: repeated presence, waiting,
and days unlike his own. Counts against base rates; never a verdict, and never why.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any

import msgspec

from tagwatch.core.around import REPEATED, SEEN, TIMES, Around, Pattern
from tagwatch.core.base_rate import RateRatio, rate_ratio
from tagwatch.core.ids import ConditionId, EpisodeId, FixId, PersonId, WearerId
from tagwatch.core.meeting import Meeting
from tagwatch.core.route_wait import RoutePattern


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


class PersonPattern(msgspec.Struct, frozen=True, kw_only=True):
    """What was counted round a protected person who carries a device: her trail against his, and
    for the base rate hers moved by whole weeks."""

    other: WearerId
    condition_id: ConditionId
    label: str
    within_m: float
    days: int
    """Days on which independent pairs of fixes show them near each other."""
    possible: int
    """Times that fixes leave possible."""
    meetings: tuple[Meeting, ...]
    """Those that are shown, the last ones where there are more than can be given."""
    left_out: int
    """Pairs of fixes that were not held against each other, of so many."""
    moved: tuple[int, ...]
    """The same days with her trail moved by one week, two weeks, and so on."""
    expected: RateRatio | None
    pattern: Pattern
    route: RoutePattern | None
    """His stops near the way she goes; None: she was not seen to move."""


def person_compared(
    days: int, moved: Sequence[int], observed_share: float
) -> tuple[RateRatio | None, Pattern]:
    """Return how days near her compare with those by chance of both routines."""
    if not moved:
        return None, Pattern.CANNOT_SAY
    ratio = rate_ratio(days, float(sum(moved)), float(len(moved)))
    if days >= REPEATED and ratio.low >= TIMES and days > max(moved):
        return ratio, Pattern.MORE
    return ratio, Pattern.NOT_MORE if observed_share >= SEEN else Pattern.CANNOT_SAY
