"""Scalar kernels of a stretch of fixes: what `rules.zone.step` does, fix by fix, while nothing is
said of it. Where a stay would begin, end, be taken up again or be confirmed they stop before that
fix, which is the rules' own to step.

T areas, R fixes in event order. The functions run compiled or plainly (`core.compiled`).
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tagwatch.core.compiled import compiled
from tagwatch.core.filter import advance
from tagwatch.core.filter_area import (
    depth_shown,
    mass_inside,
    most_inside,
    share_beyond,
    share_reaching,
)
from tagwatch.core.filter_kernel import Buffer
from tagwatch.core.filter_settings import LOST
from tagwatch.core.rules import tally
from tagwatch.core.rules.tally import MORE_LIKELY, NETWORK, NOBODY, SATELLITE, SURE_LAST, UNTIL
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

_QUANTUM: Final = 1_000_000

_close_fold = compiled(tally.close_fold)
_count_witness = compiled(tally.count_witness)
_count_place = compiled(tally.count_place)
_count_likely = compiled(tally.count_likely)
_is_over = compiled(tally.is_over)
_witnesses = compiled(tally.witnesses)


class StretchFixes(NamedTuple):
    """Fixes of a stretch: (R,), but `area_x`, `area_y`, in each area's plane, `named`, by the
    screen, and `near` are (T, R). `x_m` and `y_m` are in the filter's plane."""

    at: Ints
    flag: Ints
    log_claim: Floats
    claim2: Floats
    x_m: Floats
    y_m: Floats
    area_x_m: Floats
    area_y_m: Floats
    named: Bools
    near: Bools


class StretchAreas(NamedTuple):
    """Areas of a stretch, (T,), and the limits of their conditions; `edges` of all areas behind one
    another, those of the t-th from starts[t] to starts[t + 1]."""

    applies: Ints
    until: Ints
    told_at: Ints
    accuses: Bools
    protect: Floats
    accuse: Floats
    disc: Floats
    size_m2: Floats
    starts: Ints
    edges: Sequence[float]


class StretchState(NamedTuple):
    """What is remembered: of each area (T,) how the stay stands, when he left, when he was last
    clear, and the tally; where he is."""

    stay: Ints
    left_at: Ints
    clear_at: Ints
    counts: Ints
    figures: Floats
    where: Ints
    log_claim: Floats
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
            if not _follow(fixes, kept, after, limits, row):
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
def _follow(
    fixes: StretchFixes, kept: StretchState, after: StretchState, limits: StretchLimits, row: int
) -> bool:
    """Take the fix into the filter; return False where it must start anew. In `after.belief` is
    where he is at the time of the fix, in `after.where` what is remembered of it."""
    asked = False
    for t in range(len(kept.stay)):
        if kept.stay[t] != NONE or fixes.near[t, row]:
            asked = True
    after.where[:] = kept.where
    after.log_claim[:] = kept.log_claim
    after.where[FOLLOWED], after.where[COUNTED] = int(asked), 0
    if not asked:
        return True
    if not kept.where[FOLLOWED]:
        return False
    pause_s = max((fixes.at[row] - kept.where[SINCE]) / SECOND, 0.1)
    likely = advance(
        kept.belief,
        pause_s,
        fixes.x_m[row],
        fixes.y_m[row],
        fixes.log_claim[row],
        kept.log_claim[0],
        fixes.flag[row],
        kept.where[FLAG],
        fixes.claim2[row],
        limits.gross_factor,
        limits.gross_share,
        limits.flat,
        limits.work,
        after.belief,
    )
    if pause_s >= limits.pause_s:
        after.where[SINCE], after.where[FLAG] = fixes.at[row], fixes.flag[row]
        after.where[COUNTED] = 1
        if fixes.claim2[row] == 0.0:
            after.log_claim[0] = fixes.log_claim[row]
    return likely >= limits.flat[LOST]


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
    if held.applies[t] == UNKNOWN:
        return True
    if stay == NONE and not fixes.near[t, row]:
        after.clear_at[t] = at
        return True
    if held.applies[t] == PAUSES:
        return True
    belief, disc = after.belief, held.disc[t]
    edges = held.edges[held.starts[t] : held.starts[t + 1]]
    east = fixes.area_x_m[t, row] - fixes.x_m[row]
    north = fixes.area_y_m[t, row] - fixes.y_m[row]
    open_ = stay in (POSSIBLE, CONFIRMED)
    reaching = -1.0
    if not open_:
        reaching = whole(share_reaching(belief, edges, disc, east, north))
        if reaching < held.protect[t] - limits.slack:
            if reaching <= limits.beyond:
                after.clear_at[t] = at
            return True
    p = whole(mass_inside(belief, edges, disc, east, north))
    clear = False
    if p < held.protect[t]:
        if reaching < 0.0:
            reaching = whole(share_reaching(belief, edges, disc, east, north))
        clear = reaching <= limits.beyond
    if clear:
        after.clear_at[t] = at
    if not open_:
        return p < held.protect[t]
    return _go_on(fixes, held, after, limits, row, t, stay, p, clear, east, north)


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
    belief, disc = after.belief, held.disc[t]
    edges = held.edges[held.starts[t] : held.starts[t + 1]]
    steady_m = 0.0
    if held.accuses[t] and p >= held.accuse[t]:
        steady_m = depth_shown(belief, edges, disc, east, north, limits.steady)
    witness = NOBODY
    if p >= held.accuse[t] and steady_m >= limits.deep_m and held.told_at[t] <= at:
        witness = NETWORK if fixes.claim2[row] > 0.0 else SATELLITE
    against = clear
    if not clear and p < MORE_LIKELY:
        against = whole(share_beyond(belief, disc, east, north)) <= limits.beyond
    _close_fold(counts, at, limits.fold, limits.apart)
    _count_witness(counts, at, p, witness, int(against))
    _count_place(counts, figures, at, p, held.protect[t], held.accuse[t], int(clear), limits.apart)
    if p >= min(held.protect[t], MORE_LIKELY):
        _count_likely(counts, p, whole(most_inside(belief, held.size_m2[t])))
    counts[UNTIL] = max(counts[UNTIL], held.until[t])
    figures[1] = max(figures[1], steady_m)
    if _is_over(counts, at, limits.leave):
        return False
    if held.accuses[t] and stay == POSSIBLE and counts[SURE_LAST] == at:
        return _witnesses(counts, limits.apart) < limits.least
    return True


@compiled
def whole(probability: float) -> float:
    """Return the nearest whole multiple of 1e-6 within 0 to 1, as `uncertainty.quantised`."""
    count = round(probability * _QUANTUM)
    if 0 < count < _QUANTUM:
        return count / _QUANTUM
    return 0.0 if count <= 0 else 1.0
