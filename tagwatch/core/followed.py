"""That he followed her: his fixes against her own track, at the time she gives, 20 minutes off it,
and on the days before."""

from typing import Final

import msgspec
import numpy as np

from tagwatch.core.alongside import Alongside, alongside, track_block
from tagwatch.core.habit import SEEN, Habit, Occasion, counted, occasions
from tagwatch.core.likelihood import CAP, odds
from tagwatch.core.meeting import Answer
from tagwatch.core.plane import LonLat, Plane
from tagwatch.core.statement import Statement
from tagwatch.core.units import SECOND, Instant
from tagwatch.core.wearing import Wearing

MET_MOST: Final = 2.0
"""One meeting, and not along her way: it weighs no more than this."""
MOST_OF_IT: Final = 0.5
"""Who followed her kept near her for at least so much of her way: certainly farther off for more
of it than that, he did not, and the less is left open the more that weighs."""
APART_LEAST: Final = 0.01
_MARGIN_M: Final = 1.0
_AT_ONCE: Final = 200
"""Fixes held against her whole track at a time."""


class Following(msgspec.Struct, frozen=True, kw_only=True):
    """What the two trails say of his following her, and how much it weighs."""

    alongside: Alongside
    presence: float
    """P(trails | he kept near her) / P(trails | he did not)."""


def following(statement: Statement, him: Wearing, by: int = 0) -> Following:
    """Return whether he kept near her; `by` puts all she says so much later, in microseconds."""
    start, end = (Instant(each + by) for each in statement.window)
    found = alongside(
        statement, him.around((start, end)), him.one, (start, end), him.settings, him.prepared, -by
    )
    return Following(alongside=found, presence=_weight(found))


def _weight(found: Alongside) -> float:
    if found.meetings.answer is Answer.NO:
        return 1.0 / CAP
    if found.along:
        return max(1.0, odds(found.p_near))
    if found.meetings.answer is Answer.YES:
        return MET_MOST
    span_s = (found.meetings.end - found.meetings.start) / SECOND
    open_ = 1.0 - found.meetings.apart_s / span_s
    return max(APART_LEAST, open_**2) if open_ < MOST_OF_IT else 1.0


def habit_alongside(statement: Statement, him: Wearing) -> Habit:
    """Return on how many of the days before he was near where she went, as she went."""
    start, end = statement.window
    track = track_block(statement.track)
    low, high = max(start, int(track["fixed_at"][0])), min(end, int(track["fixed_at"][-1]) + SECOND)
    outcomes: list[Occasion] = []
    for since, until in occasions((start, end), him.days):
        earlier = start - since
        span = (Instant(low - earlier), Instant(max(high, low + SECOND) - earlier))
        if him.past.observed(*span) < SEEN * (span[1] - span[0]):
            outcomes.append(Occasion.NOT_SEEN)
        elif _certainly_apart(statement, him, earlier):
            outcomes.append(Occasion.ELSEWHERE)
        else:
            before = alongside(
                statement, him.around((since, until)), him.one, (since, until), him.settings,
                him.prepared, earlier,
            )  # fmt: skip
            near = before.meetings.answer is Answer.YES
            outcomes.append(Occasion.THERE if near else Occasion.ELSEWHERE)
    return counted((start, end), outcomes, him.settings.at(start).holidays.days)


def _certainly_apart(statement: Statement, him: Wearing, earlier: int) -> bool:
    """Return True only where no fix of his, held against her last place or her next, is measured
    within the distance: then no pair of them can be near with a chance above one half."""
    rules = him.settings.at(statement.start).encounter
    if rules.thresholds.accuse < 0.5:
        return False
    track = track_block(statement.track, earlier)
    hers = track["fixed_at"]
    oldest = rules.age_most_s * SECOND
    at, lon, lat = him.past.between(int(hers[0]) - oldest, int(hers[-1]) + oldest + 1)
    if not len(at):
        return True
    first = statement.track[0]
    plane = Plane.at(LonLat(lon_deg=first.lon_deg, lat_deg=first.lat_deg))
    x_m, y_m = plane.xy_arrays(lon, lat)
    to_x_m, to_y_m = plane.xy_arrays(track["lon_deg"], track["lat_deg"])
    within_m = statement.within_m * 1.01 + _MARGIN_M
    for low in range(0, len(at), _AT_ONCE):
        high = low + _AT_ONCE
        near = np.hypot(x_m[low:high, None] - to_x_m, y_m[low:high, None] - to_y_m) <= within_m
        near &= np.abs(at[low:high, None] - hers) <= oldest
        if near.any():
            return False
    return True
