"""Scalar kernels of a stretch of fixes: what `rules.zone.step` does, fix by fix, while nothing is
said of it. Where a stay would begin, end, be taken up again or be confirmed they stop before that
fix, which is the rules' own to step.

T areas, R fixes in event order, the first of which was taken in before. The functions run compiled
or plainly (`core.compiled`).
"""

from collections.abc import Sequence
from math import sqrt
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tagwatch.core.compiled import compiled
from tagwatch.core.filter import advance, begin
from tagwatch.core.filter_area import (
    depth_shown,
    mass_inside,
    most_inside,
    share_beyond,
    share_reaching,
)
from tagwatch.core.filter_kernel import Buffer
from tagwatch.core.filter_settings import LOST
from tagwatch.core.plane import terms_at
from tagwatch.core.rules import tally
from tagwatch.core.rules.area import NEAR_LIMIT_M, NEAR_SHARE
from tagwatch.core.rules.tally import MORE_LIKELY, NETWORK, NOBODY, SATELLITE, SURE_LAST, UNTIL
from tagwatch.core.rules.whereabouts import MOST_LAT_DEG
from tagwatch.core.units import SECOND

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

NONE, POSSIBLE, CONFIRMED, LEFT = range(4)
"""How a stay stands: no stay, going on, going on and confirmed, left."""
UNKNOWN, PAUSES, APPLIES = range(3)
"""How a condition stands over a stretch: no version in force, not at this hour, applies."""
FOLLOWED, SINCE, FLAG, COUNTED, WHERE = range(5)
"""Whole numbers of where he is: whether he is followed, the time and flag of the last fix that
counted, whether the fix at hand counts."""

HOW, UNTIL_AT, TOLD_AT, ACCUSES, READY, WHOLE = range(6)
"""How the condition stands, until when, when it was told, whether its breach accuses, and whether
the exact area is there."""
BOUND, PLANE, DISC, PROTECT, ACCUSE, SIZE_M2, NUMBERS = 0, 5, 12, 15, 16, 17, 18
"""`Bound.numbers`, `Plane.numbers`, the disc x, y, radius that holds the area, and the rest."""

_QUANTUM: Final = 1_000_000

_terms_at = compiled(terms_at)
_close_fold = compiled(tally.close_fold)
_count_witness = compiled(tally.count_witness)
_count_place = compiled(tally.count_place)
_count_likely = compiled(tally.count_likely)
_is_over = compiled(tally.is_over)
_witnesses = compiled(tally.witnesses)


class StretchFixes(NamedTuple):
    """Fixes of a stretch: (R,), but `named`, by the screen, is (T, R). The latitude of the first
    is NaN where the filter cannot begin at it."""

    at: Ints
    flag: Ints
    lon: Floats
    lat: Floats
    log_claim: Floats
    claim2: Floats
    near_m: Floats
    named: Bools


class StretchAreas(NamedTuple):
    """Areas of a stretch, and the limits of their conditions: `whole` (T, WHOLE) and `numbers` (T,
    NUMBERS), in the order below; `edges` of all areas behind one another, those of the t-th from
    starts[t] to starts[t + 1]. Where an area is not READY, a disc stands that holds it."""

    whole: Ints
    numbers: Any  # (T, NUMBERS) float64: its rows are taken as sequences
    starts: Ints
    edges: Sequence[float]


class StretchState(NamedTuple):
    """What is remembered: of each area (T,) how the stay stands, when he left, when he was last
    clear, and the tally; where he is, and the plane (7,) of that."""

    stay: Ints
    left_at: Ints
    clear_at: Ints
    counts: Ints
    figures: Floats
    where: Ints
    log_claim: Floats
    plane: Floats
    belief: Buffer


class StretchLimits(NamedTuple):
    """The settings a stretch needs, times in microseconds, and those of the filter."""

    fold: int
    apart: int
    leave: int
    same: int
    least: int
    deep_m: float
    slack: float
    beyond: float
    steady: float
    pause_s: float
    gross_factor: float
    gross_share: float
    flat: Sequence[float]
    work: Buffer


@compiled
def go_on(
    fixes: StretchFixes,
    held: StretchAreas,
    kept: StretchState,
    after: StretchState,
    limits: StretchLimits,
    first: int,
    last: int,
) -> int:
    """Take in the fixes from `first` to before `last`; return the first that was not, or `last`.

    `kept` is then as it stands before that fix; `after` is room for the same.
    """
    for row in range(first, last):
        if not _alone(fixes, kept, row):
            if not _lasts(fixes, kept, limits, row):
                return row
            if not _follow(fixes, held, kept, after, limits, row):
                return row
            for t in range(len(kept.stay)):
                if not _step(fixes, held, kept, after, limits, row, t):
                    return row
            kept.clear_at[:] = after.clear_at
            kept.counts[:] = after.counts
            kept.figures[:] = after.figures
            kept.where[:] = after.where
            kept.log_claim[:] = after.log_claim
            if after.where[COUNTED]:
                kept.belief[:] = after.belief
        else:
            kept.clear_at[:] = fixes.at[row]
            kept.where[FOLLOWED] = 0
    return last


@compiled
def _alone(fixes: StretchFixes, kept: StretchState, row: int) -> bool:
    """Return whether no area is near and no stay remembered."""
    found = True
    for t in range(len(kept.stay)):
        found = found and kept.stay[t] == NONE and not fixes.named[t, row]
    return found


@compiled
def _lasts(fixes: StretchFixes, kept: StretchState, limits: StretchLimits, row: int) -> bool:
    """Return whether the passing of time alone leaves every stay as it is."""
    at = fixes.at[row]
    for t in range(len(kept.stay)):
        if kept.stay[t] == NONE:
            continue
        if at >= kept.counts[t, UNTIL]:
            return False
        if kept.stay[t] == LEFT and at > kept.left_at[t] + limits.same:
            return False
    return True


@compiled
def _is_near(fixes: StretchFixes, held: StretchAreas, row: int, t: int) -> bool:
    """Return whether the fix is near the t-th area, as `zone.is_near`."""
    if held.whole[t, HOW] == UNKNOWN or not fixes.named[t, row]:
        return False
    bound = held.numbers[t, BOUND:PLANE]
    dx_m = (fixes.lon[row] - bound[0]) * bound[2]
    dy_m = (fixes.lat[row] - bound[1]) * bound[3]
    distance_m = NEAR_SHARE * sqrt(dx_m * dx_m + dy_m * dy_m)
    return not min(distance_m, NEAR_LIMIT_M) > bound[4] + fixes.near_m[row]


@compiled
def _begin(fixes: StretchFixes, kept: StretchState, limits: StretchLimits, row: int) -> bool:
    """Let the filter begin at the fix before; return False where it cannot."""
    before = row - 1
    lat = fixes.lat[before]
    if not abs(lat) <= MOST_LAT_DEG:
        return False
    kept.plane[0], kept.plane[1] = fixes.lon[before], lat
    terms = _terms_at(lat)
    for k in range(len(terms)):
        kept.plane[2 + k] = terms[k]
    flag, log_claim, claim2 = fixes.flag[before], fixes.log_claim[before], fixes.claim2[before]
    begin(0.0, 0.0, log_claim, flag, claim2, limits.flat, limits.work, kept.belief)
    kept.where[FOLLOWED], kept.where[SINCE], kept.where[FLAG] = 1, fixes.at[before], flag
    kept.log_claim[0] = log_claim
    return True


@compiled
def _follow(
    fixes: StretchFixes,
    held: StretchAreas,
    kept: StretchState,
    after: StretchState,
    limits: StretchLimits,
    row: int,
) -> bool:
    """Take the fix into the filter; return False where it cannot begin. In `after.belief` is
    where he is at the time of the fix, in `after.where` what is remembered of it."""
    asked = False
    for t in range(len(kept.stay)):
        if kept.stay[t] != NONE or _is_near(fixes, held, row, t):
            asked = True
    if asked and not kept.where[FOLLOWED] and not _begin(fixes, kept, limits, row):
        return False
    after.where[:] = kept.where
    after.log_claim[:] = kept.log_claim
    after.where[FOLLOWED], after.where[COUNTED] = int(asked), 0
    if not asked:
        return True
    x_m, y_m = _on(kept.plane, fixes.lon[row], fixes.lat[row])
    log_claim, flag, claim2 = fixes.log_claim[row], fixes.flag[row], fixes.claim2[row]
    pause_s = max((fixes.at[row] - kept.where[SINCE]) / SECOND, 0.1)
    likely = advance(
        kept.belief,
        pause_s,
        x_m,
        y_m,
        log_claim,
        kept.log_claim[0],
        flag,
        kept.where[FLAG],
        claim2,
        limits.gross_factor,
        limits.gross_share,
        limits.flat,
        limits.work,
        after.belief,
    )
    lost = likely < limits.flat[LOST]
    if lost:
        begin(x_m, y_m, log_claim, flag, claim2, limits.flat, limits.work, after.belief)
    if lost or pause_s >= limits.pause_s:
        after.where[SINCE], after.where[FLAG] = fixes.at[row], flag
        after.where[COUNTED] = 1
        if claim2 == 0.0:
            after.log_claim[0] = log_claim
    return True


@compiled
def _step(
    fixes: StretchFixes,
    held: StretchAreas,
    kept: StretchState,
    after: StretchState,
    limits: StretchLimits,
    row: int,
    t: int,
) -> bool:
    """Hold the fix against the t-th area; return False where something is to be said of it."""
    at, stay = fixes.at[row], kept.stay[t]
    after.clear_at[t] = kept.clear_at[t]
    after.counts[t] = kept.counts[t]
    after.figures[t] = kept.figures[t]
    if stay == NONE and not fixes.named[t, row]:
        after.clear_at[t] = at
        return True
    if held.whole[t, HOW] == UNKNOWN:
        return True
    if stay == NONE and not _is_near(fixes, held, row, t):
        after.clear_at[t] = at
        return True
    if held.whole[t, HOW] == PAUSES:
        return True
    area_x_m, area_y_m = _on(held.numbers[t, PLANE:DISC], fixes.lon[row], fixes.lat[row])
    x_m, y_m = _on(kept.plane, fixes.lon[row], fixes.lat[row])
    east, north = area_x_m - x_m, area_y_m - y_m
    if stay not in (POSSIBLE, CONFIRMED):
        return _pass_by(fixes, held, after, limits, row, t, east, north)
    belief, disc = after.belief, held.numbers[t, DISC:PROTECT]
    edges = held.edges[held.starts[t] : held.starts[t + 1]]
    p = whole(mass_inside(belief, edges, disc, east, north))
    clear = False
    if p < held.numbers[t, PROTECT]:
        reaching = whole(share_reaching(belief, edges, disc, east, north))
        clear = reaching <= limits.beyond
    if clear:
        after.clear_at[t] = at
    return _go_on(fixes, held, after, limits, row, t, stay, p, clear, east, north)


@compiled
def _pass_by(
    fixes: StretchFixes,
    held: StretchAreas,
    after: StretchState,
    limits: StretchLimits,
    row: int,
    t: int,
    east: float,
    north: float,
) -> bool:
    """Hold the fix against an area in which no stay goes on; return False where one may begin, or
    where that takes the exact area and only its bound is there."""
    belief, disc, protect = after.belief, held.numbers[t, DISC:PROTECT], held.numbers[t, PROTECT]
    edges = held.edges[held.starts[t] : held.starts[t + 1]]
    reaching = whole(share_reaching(belief, edges, disc, east, north))
    clear = reaching <= limits.beyond
    if reaching >= protect - limits.slack or not (clear or held.whole[t, READY]):
        if not held.whole[t, READY]:
            return False
        p = whole(mass_inside(belief, edges, disc, east, north))
        if p >= protect:
            return False
    if clear:
        after.clear_at[t] = fixes.at[row]
    return True


@compiled
def _go_on(
    fixes: StretchFixes,
    held: StretchAreas,
    after: StretchState,
    limits: StretchLimits,
    row: int,
    t: int,
    stay: int,
    p: float,
    clear: bool,
    east: float,
    north: float,
) -> bool:
    """Count the fix in the tally of a stay that goes on; return False where that ends it, or is
    what confirms it."""
    at, counts, figures = fixes.at[row], after.counts[t], after.figures[t]
    belief, disc = after.belief, held.numbers[t, DISC:PROTECT]
    edges = held.edges[held.starts[t] : held.starts[t + 1]]
    protect, accuse = held.numbers[t, PROTECT], held.numbers[t, ACCUSE]
    steady_m = 0.0
    if held.whole[t, ACCUSES] and p >= accuse:
        steady_m = depth_shown(belief, edges, disc, east, north, limits.steady)
    witness = NOBODY
    if p >= accuse and steady_m >= limits.deep_m and held.whole[t, TOLD_AT] <= at:
        witness = NETWORK if fixes.claim2[row] > 0.0 else SATELLITE
    against = clear
    if not clear and p < MORE_LIKELY:
        against = whole(share_beyond(belief, disc, east, north)) <= limits.beyond
    _close_fold(counts, at, limits.fold, limits.apart)
    _count_witness(counts, at, p, witness, int(against))
    _count_place(counts, figures, at, p, protect, accuse, int(clear), limits.apart)
    if p >= min(protect, MORE_LIKELY):
        _count_likely(counts, p, whole(most_inside(belief, held.numbers[t, SIZE_M2])))
    counts[UNTIL] = max(counts[UNTIL], held.whole[t, UNTIL_AT])
    if fixes.claim2[row] <= 0.0:
        figures[1] = max(figures[1], steady_m)
    if _is_over(counts, at, limits.leave):
        return False
    if held.whole[t, ACCUSES] and stay == POSSIBLE and counts[SURE_LAST] == at:
        return _witnesses(counts, limits.apart) < limits.least
    return True


@compiled
def _on(plane: Floats, lon: float, lat: float) -> tuple[float, float]:
    """Return a place in a plane, in metres, as `Plane.xy`."""
    east, north = lon - plane[0], lat - plane[1]
    x_m = east * (plane[2] + plane[3] * north)
    y_m = north * (plane[4] + plane[6] * north) + plane[5] * east * east
    return x_m, y_m


@compiled
def whole(probability: float) -> float:
    """Return the nearest whole multiple of 1e-6 within 0 to 1, as `uncertainty.quantised`."""
    count = round(probability * _QUANTUM)
    if 0 < count < _QUANTUM:
        return count / _QUANTUM
    return 0.0 if count <= 0 else 1.0
