"""How an order ended, and what location data had to do with it: what a programme is judged by."""

from enum import StrEnum

import msgspec

from tagwatch.core.ids import AccountId, CaseId
from tagwatch.core.outcome import Finding


class OrderOutcome(StrEnum):
    """What became of an order."""

    COMPLETED = "completed"
    """It ran its time."""
    RECALLED = "recalled"
    """He was taken back into custody for a breach."""
    ENDED_EARLY = "ended_early"
    """A court or the authority ended or replaced it for another reason."""
    DIED = "died"


class LocationBearing(StrEnum):
    """What location data said of the allegation a recall rested on."""

    SUPPORTED = "supported"
    CONTRADICTED = "contradicted"
    CANNOT_SAY = "cannot_say"
    """It was looked at and did not settle it."""
    NOT_USED = "not_used"


class Ending(msgspec.Struct, frozen=True, kw_only=True):
    """The end of an order, by a person."""

    outcome: OrderOutcome
    words: str
    by: AccountId
    bearing: LocationBearing | None = None
    """Of a recall, and only of one."""
    case_id: CaseId | None = None
    """The case in which the recall was decided."""
    finding: Finding | None = None
    """The strongest finding that decision rested on; None: on none about a place."""
