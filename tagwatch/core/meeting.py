"""Whether two wearers were near each other: both errors, both ages, and never more than is known.

Not the rule of no contact (`rules/encounter.py`), which judges an order; it shares its distance
mathematics.
"""

from enum import StrEnum

import msgspec

from tagwatch.core.ids import FixId
from tagwatch.core.units import Instant


class Answer(StrEnum):
    """To a question about where somebody was."""

    YES = "yes"
    NO = "no"
    CANNOT_SAY = "cannot say"


class Meeting(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A time in which the two may have been within the distance asked."""

    start: Instant
    """First and last pair of fixes that leave it possible."""
    end: Instant
    answer: Answer
    """YES only where independent pairs of fixes show it; else CANNOT_SAY."""
    p_near: float
    """P(within the distance) at the pair that shows it best, a whole multiple of 1e-6."""
    pairs: int
    """Pairs of fixes in it, each no older than the ages allow."""
    witnesses: int
    """Of these, independent ones that each show it."""
    fixes: tuple[tuple[FixId, FixId], ...]
    """The pairs that show it best, of the one and of the other, at most ten."""
    nearest_m: int
    """The smallest distance measured, as the fixes stand."""
    lon_deg: float
    lat_deg: float
    """About where: between the two fixes of the best pair."""


class Meetings(msgspec.Struct, frozen=True, kw_only=True):
    """What two trails say of [start, end)."""

    start: Instant
    end: Instant
    within_m: float
    answer: Answer
    """NO only where the whole window was seen of both and they were certainly apart."""
    meetings: tuple[Meeting, ...]
    """In order of time."""
    days: int
    """London dates with a meeting that is shown: repeated if more than one."""
    both_seen_s: int
    """For how long both were seen at once."""
    apart_s: int
    """For how long of it they were certainly farther apart."""
