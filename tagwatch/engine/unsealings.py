"""Openings of sealed trails whose time is over: that they ended is journaled."""

from typing import Final

from tagwatch.core.ids import AccountId
from tagwatch.core.recorded_unsealing import UnsealingEnded
from tagwatch.core.units import Instant
from tagwatch.core.unsealing import UnsealingEnd
from tagwatch.engine.archive import ArchiveKeeper
from tagwatch.store.database import reading
from tagwatch.store.unsealings import over_unsealings

BY: Final = AccountId("system:unsealing")


def end_unsealings(keeper: ArchiveKeeper, at: Instant) -> int:
    """Journal the end of those whose time is over at `at`; return how many. Nothing was open any
    more since then: this says so. Raises LineBehind, PostError, OSError."""
    with reading(keeper.projections) as connection:
        over = over_unsealings(connection, at)
    events = [
        UnsealingEnded(
            unsealing_id=each.unsealing_id,
            wearer_id=each.wearer_id,
            ending=UnsealingEnd.EXPIRED,
            at=at,
            by=BY,
        )
        for each in over
    ]
    if events:
        keeper.journal(events, at)
    return len(events)
