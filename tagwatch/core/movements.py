"""From the fixes of one wearer to his stops, trips and gaps: a function of the set of fixes."""

import msgspec

from tagwatch.core.coverage import Coverage
from tagwatch.core.stop import Stop
from tagwatch.core.trip import Gap, Trip
from tagwatch.core.units import Instant


class Movements(msgspec.Struct, frozen=True, kw_only=True):
    """What the fixes of [start, end) show of how somebody moved. What is in no stop and no trip
    was not seen, or too little to say."""

    start: Instant
    end: Instant
    stops: tuple[Stop, ...]
    trips: tuple[Trip, ...]
    gaps: tuple[Gap, ...]
    coverage: Coverage
    """Hour by hour; without the marks of zones and of jumps, which `coverage` alone gives."""
    fixes: int
    """That decide, in the window."""
    vague: int
    """Of these, too vague to show a stop or a trip: their place is known to no better than a
    few hundred metres."""
