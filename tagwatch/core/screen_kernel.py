"""The screen as one pass, row by row: what `screen` says in arrays, where the kernel is compiled.

It errs as far as the arrays do, to the safe side: a row that it answers for is one that the rules
leave as it was. The functions run compiled or plainly (`core.compiled`); in plain Python the
arrays are the quicker way.
"""

from collections.abc import Sequence
from math import exp, isfinite, log1p, sqrt
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tagwatch.core.compiled import compiled
from tagwatch.core.disc_table import COLUMNS, LINES, REACH, ROUNDING_MARGIN, TABLE_MARGIN
from tagwatch.core.fix import UNDECIDABLE
from tagwatch.core.memory import EVERYTHING, LIKELY, NEAR_SHIFT, SEEN, STEPPED, VAGUE, Answers
from tagwatch.core.rules.area import (
    CLOSE_M,
    CLOSE_SHARE,
    FAR_SHARE,
    NEAR_LIMIT_M,
    NEAR_SHARE,
    SLACK_M,
)

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

CLAIM, HDOP, FLOOR, COUNT, GROSS, PARTS = range(6)
"""Of a source: the claim where none is made, that for a unit of HDOP, the least, how many parts
its mixture has, the least sigma of the gross one; then of each part what follows."""
FACTOR, BIAS_2, WEIGHT, REACHES, PART = range(5)
"""Of a part: sigma by claim, squared bias, weight, and the sigmas beyond which hardly any lie."""

_UNDECIDABLE: Final = int(UNDECIDABLE)


class ScreenFixes(NamedTuple):
    """Fixes in the order of `screen.screened`, all (n,)."""

    lon: Floats
    lat: Floats
    at: Ints
    marks: NDArray[np.uint32]
    accuracy_m: Floats
    confidence: Floats
    hdop: Floats
    source: NDArray[np.uint8]
    wearer: Ints


class ScreenBounds(NamedTuple):
    """`screen.Bounds`, field by field."""

    zone: Floats
    bit: NDArray[np.uint64]
    place: Floats
    window: Ints
    known_from: Ints
    known_until: Ints
    present_until: Ints
    rest: Bools
    known: Bools
    protect: Floats


class ScreenLimits(NamedTuple):
    """What the screen needs of the settings; `errors` has a row for each source."""

    errors: Floats
    share: float
    ceiling_m: float
    near_m: float
    present: float
    seen: float
    table: Sequence[float]


@compiled
def screen_rows(
    fixes: ScreenFixes, known: ScreenBounds, limits: ScreenLimits, answers: Answers
) -> None:
    """Write into `answers`, (n,), what must be stepped of each fix."""
    curfews = known.place.shape[2]
    sigmas_m = np.ones(limits.errors.shape[1])
    # By curfew: the wearer, window and time of the row before in it, and whether he was shown.
    before, shown = np.full((3, curfews), -1), np.zeros(curfews, dtype=np.bool_)
    for row in range(len(answers)):
        w = fixes.wearer[row]
        decides = (fixes.marks[row] & _UNDECIDABLE) == 0
        errors = limits.errors[fixes.source[row]]
        _spread(fixes, limits, row, errors, sigmas_m)
        found = STEPPED
        if known.rest[w]:
            found = _of_curfews(fixes, known, limits, row, errors, sigmas_m, decides, before, shown)
        found |= _near_zones(fixes, known, limits, row, errors, sigmas_m)
        if not known.known[w]:
            found = EVERYTHING
        answers[row] = found if decides else SEEN


@compiled
def _spread(
    fixes: ScreenFixes, limits: ScreenLimits, row: int, errors: Floats, sigmas_m: Floats
) -> None:
    """Write the sigmas of the row's error into `sigmas_m`, as `uncertainty.error_mixture`."""
    radius_m, hdop = fixes.accuracy_m[row], fixes.hdop[row]
    claim_m = errors[CLAIM]
    if isfinite(radius_m) and radius_m > 0.0:
        share = fixes.confidence[row]
        if not (share > 0.0 and share < 1.0):
            share = limits.share
        claim_m = radius_m / sqrt(-2.0 * log1p(-share))
    elif isfinite(hdop) and hdop > 0.0:
        claim_m = hdop * errors[HDOP]
    claim_m = max(min(claim_m, limits.ceiling_m), errors[FLOOR])
    last = int(errors[COUNT]) - 1
    widest_m = errors[GROSS]
    for k in range(last):
        stretched_m = errors[PARTS + k * PART + FACTOR] * claim_m
        sigmas_m[k] = sqrt(stretched_m * stretched_m + errors[PARTS + k * PART + BIAS_2])
        widest_m = max(widest_m, sigmas_m[k])
    sigmas_m[last] = widest_m


@compiled
def _near_zones(
    fixes: ScreenFixes,
    known: ScreenBounds,
    limits: ScreenLimits,
    row: int,
    errors: Floats,
    sigmas_m: Floats,
) -> int:
    """Return the bits of the zones and rings near which the filter follows."""
    near_m = limits.near_m
    for k in range(int(errors[COUNT])):
        near_m = max(near_m, sigmas_m[k] * errors[PARTS + k * PART + REACHES])
    near_m += SLACK_M
    w, found = fixes.wearer[row], 0
    for z in range(known.zone.shape[2]):
        dx_m = (fixes.lon[row] - known.zone[0, w, z]) * known.zone[2, w, z]
        dy_m = (fixes.lat[row] - known.zone[1, w, z]) * known.zone[3, w, z]
        distance_m = min(NEAR_SHARE * sqrt(dx_m * dx_m + dy_m * dy_m), NEAR_LIMIT_M)
        if distance_m <= known.zone[4, w, z] + near_m:
            found |= 1 << (int(known.bit[w, z]) + NEAR_SHIFT)
    return found


@compiled
def _of_curfews(
    fixes: ScreenFixes,
    known: ScreenBounds,
    limits: ScreenLimits,
    row: int,
    errors: Floats,
    sigmas_m: Floats,
    decides: bool,
    before: Ints,
    shown: Bools,
) -> int:
    """Return what the row says of curfews. Where two of a wearer hear different things it is
    STEPPED. What it says is known only of a wearer who is known to be present: because he was at
    the last note, or because a fix before, in the same window, says so."""
    w, at = fixes.wearer[row], fixes.at[row]
    heard, asked = SEEN, False
    stepped = at < known.known_from[w]
    for c in range(known.place.shape[2]):
        stepped = stepped or at >= known.known_until[w, c]
        first = at >= known.window[0, w, c] and at < known.window[1, w, c]
        second = at >= known.window[2, w, c] and at < known.window[3, w, c]
        if not first and not second:
            continue
        same = before[0, c] == w and before[1, c] == int(first) and before[2, c] < at
        shown[c] = shown[c] and same
        before[0, c], before[1, c], before[2, c] = w, int(first), at
        said = _alone(fixes, known, limits, row, c, errors, sigmas_m)
        inside = said == SEEN and decides
        if not shown[c] and at >= known.present_until[w, c]:
            said = STEPPED
        shown[c] = shown[c] or inside
        stepped = stepped or (asked and heard != said)
        heard, asked = said, True
    return STEPPED if stepped else heard


@compiled
def _alone(
    fixes: ScreenFixes,
    known: ScreenBounds,
    limits: ScreenLimits,
    row: int,
    c: int,
    errors: Floats,
    sigmas_m: Floats,
) -> int:
    """Return what the row says to the c-th curfew at rest, by the discs within and about it."""
    place = known.place[:, fixes.wearer[row], c]
    dx_m = (fixes.lon[row] - place[0]) * place[2]
    dy_m = (fixes.lat[row] - place[1]) * place[3]
    distance_m = sqrt(dx_m * dx_m + dy_m * dy_m)
    close = distance_m <= CLOSE_M and place[5] <= CLOSE_M
    slack_m = distance_m * (CLOSE_SHARE if close else FAR_SHARE)
    nearest_m, farthest_m = distance_m - slack_m, distance_m + slack_m
    depth_m = place[4] - farthest_m
    if depth_m > 0.0 and _tail(depth_m, errors, sigmas_m) <= 1.0 - limits.present - ROUNDING_MARGIN:
        return SEEN
    least = _mass(place[4], farthest_m, errors, sigmas_m, limits.table) - TABLE_MARGIN
    if least >= limits.present:
        return SEEN
    most = _mass(place[5], nearest_m, errors, sigmas_m, limits.table) + TABLE_MARGIN
    # P(outside) is at most that of a fix so far from the disc within the place.
    outside = 1.0 - _tail(max(-depth_m, 0.0), errors, sigmas_m)
    if outside > place[6] - ROUNDING_MARGIN or most >= limits.present:
        return STEPPED
    if least >= limits.seen:
        return LIKELY
    return VAGUE if most < limits.seen else STEPPED


@compiled
def _tail(distance_m: float, errors: Floats, sigmas_m: Floats) -> float:
    """Return P(|error| > distance)."""
    total = 0.0
    for k in range(int(errors[COUNT])):
        ratio = distance_m / sigmas_m[k]
        total += errors[PARTS + k * PART + WEIGHT] * exp(-0.5 * ratio * ratio)
    return total


@compiled
def _mass(
    radius_m: float, offset_m: float, errors: Floats, sigmas_m: Floats, table: Sequence[float]
) -> float:
    """Return the mass of the error within a disc, good to TABLE_MARGIN: `disc_table.table_mass`."""
    total = 0.0
    for k in range(int(errors[COUNT])):
        radius = radius_m / sigmas_m[k]
        across = (radius - offset_m / sigmas_m[k] + REACH) * ((COLUMNS - 1) / (2.0 * REACH))
        across = min(max(across, 0.0), COLUMNS - 1.000001)
        down = min((LINES - 1) / (1.0 + radius), LINES - 1.000001)
        column, line = int(across), int(down)
        across -= column
        down -= line
        at = line * COLUMNS + column
        upper = table[at] + across * (table[at + 1] - table[at])
        at += COLUMNS
        lower = table[at] + across * (table[at + 1] - table[at])
        total += errors[PARTS + k * PART + WEIGHT] * (upper + down * (lower - upper))
    return total
