"""What undermines the case, or weakens what was found: one list in each release of data. Pure."""

from collections.abc import Iterable
from enum import StrEnum

import msgspec

from tagwatch.core.units import Instant


class Against(StrEnum):
    """Of which kind is a line of the list; every kind is looked for."""

    CONTRADICTING_FIX = "contradicting_fix"
    OUTSIDE_AREA = "outside_area"
    CANNOT_SAY = "cannot_say"
    GAP = "gap"
    OFF_BODY = "off_body"
    WEAK_FIXES = "weak_fixes"
    WITHDRAWN = "withdrawn"
    ALTERNATIVE = "alternative"
    CLOSED_OTHERWISE = "closed_otherwise"
    CONTESTED = "contested"
    DISSENT = "dissent"
    BLIND = "blind"
    ERROR_RATE = "error_rate"
    OTHERS = "others"
    """There is more, and it tells of others: that it exists is said, and no more."""


class Undermining(msgspec.Struct, frozen=True, kw_only=True):
    """One fact that speaks against what was found, or weakens it."""

    kind: Against
    words: str
    at: Instant | None = None
    until: Instant | None = None
    source: str = ""
    """The record it comes from: a fix, a finding, an alert."""


def in_order(found: Iterable[Undermining]) -> tuple[Undermining, ...]:
    """Return the list by kind, then by time; a line said twice once."""
    place = {kind: number for number, kind in enumerate(Against)}
    once = dict.fromkeys(found)
    return tuple(sorted(once, key=lambda one: (place[one.kind], one.at or 0, one.words)))
