"""The weeks of one wearer, each with its stops, trips and gaps, from what was known of him."""

from collections.abc import Sequence
from typing import Final

from tagwatch.core.movements import Movements, movements
from tagwatch.core.timetable import union
from tagwatch.core.trail import TrailPart
from tagwatch.core.units import DAY, HOUR, Instant
from tagwatch.query.question import Known

WEEK: Final = 7 * DAY
WEEK_BESIDE: Final = 2 * HOUR
"""So much of the trail before and after must be known, for what reaches over the ends."""


def weeks_of(of_him: Known, span: tuple[Instant, Instant]) -> list[Movements]:
    """Return the movements of each seven days from the start, the last perhaps shorter."""
    worn = union(of_him.tags.worn, ())
    found: list[Movements] = []
    for start in range(span[0], span[1], WEEK):
        week = (Instant(start), Instant(min(start + WEEK, span[1])))
        trail = _cut(of_him.trail, week)
        found.append(movements(trail, worn, of_him.tags.mode, week, of_him.settings))
    return found


def _cut(trail: Sequence[TrailPart], span: tuple[Instant, Instant]) -> list[TrailPart]:
    found: list[TrailPart] = []
    for part in trail:
        times = part.block["fixed_at"]
        kept = (times >= span[0] - WEEK_BESIDE) & (times < span[1] + WEEK_BESIDE)
        block = part.block[kept]
        if len(block):
            found.append(TrailPart(part.activation_id, part.tag_model, block))
    return found
