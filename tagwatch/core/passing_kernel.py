"""Scalar kernel of passers-by: short runs of fixes near a zone, between fixes clear of all, that
certainly say nothing of any zone.

Whether a condition is in force, and so from which fix the filter follows him, is not looked at: a
run is let go only if no fix of it could open a stay wherever within the run the filter began. The
functions run compiled or plainly (`core.compiled`).
"""

from collections.abc import Sequence
from math import sqrt
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tagwatch.core.compiled import compiled
from tagwatch.core.filter import advance, begin
from tagwatch.core.filter_area import share_reaching
from tagwatch.core.filter_kernel import Buffer
from tagwatch.core.filter_settings import LOST
from tagwatch.core.fix import UNDECIDABLE
from tagwatch.core.memory import NEAR_SHIFT, TRACKS, Answers
from tagwatch.core.plane import terms_at
from tagwatch.core.rules.area import FAR_SHARE, NEAR_LIMIT_M, NEAR_SHARE
from tagwatch.core.rules.whereabouts import MOST_LAT_DEG
from tagwatch.core.stretch_kernel import StretchLimits
from tagwatch.core.units import SECOND

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LONGEST: Final = 3
"""Longer runs are left: what is asked grows with the square of their length."""

_BENT_M: Final = 2.0
"""A metre more than `Bound.plane_radius_m` adds."""
_UNDECIDABLE: Final = int(UNDECIDABLE)
_NEAR: Final = TRACKS << NEAR_SHIFT

_terms_at = compiled(terms_at)


class PassingFixes(NamedTuple):
    """Fixes in the order of `screen.screened`, (n,); how they may err stands for those of a run and
    the fix before it."""

    at: Ints
    marks: NDArray[np.uint32]
    flag: Ints
    lon: Floats
    lat: Floats
    log_claim: Floats
    claim2: Floats
    near_m: Floats
    wearer: Ints


class PassingZones(NamedTuple):
    """What `screen.Bounds` holds of zones."""

    zone: Floats
    bit: NDArray[np.uint64]
    protect: Floats


class PassingRoom(NamedTuple):
    """Room for two beliefs, the plane (7,), a disc (3,), no edges and a run's rows with the one
    before."""

    before: Buffer
    after: Buffer
    plane: Floats
    disc: Buffer
    edges: Sequence[float]
    rows: Ints


@compiled
def let_go(
    fixes: PassingFixes,
    starts: Ints,
    zones: PassingZones,
    limits: StretchLimits,
    most: float,
    room: PassingRoom,
    answers: Answers,
) -> None:
    """Take the bits of zones from the `answers` of runs that can open no stay.

    Frames begin at `starts`, (f + 1,); of each, runs are let go up to the first that must be kept.
    A probability must stay below `most` and below what stands for the zone.
    """
    for frame in range(len(starts) - 1):
        rows, count, before = room.rows, 0, -1
        if not _rises(fixes, starts[frame], starts[frame + 1]):
            continue
        for row in range(starts[frame], starts[frame + 1]):
            if (fixes.marks[row] & _UNDECIDABLE) != 0:
                continue
            if (answers[row] & np.uint64(_NEAR)) != 0:
                if before < 0 or count == LONGEST:
                    break
                if count == 0:
                    rows[0] = before
                count += 1
                rows[count] = row
            elif count > 0:
                if not _nothing_said(fixes, zones, limits, most, room, answers, count):
                    break
                for k in range(count):
                    answers[rows[1 + k]] &= np.uint64(3)
                count = 0
            before = row


@compiled
def _rises(fixes: PassingFixes, start: int, end: int) -> bool:
    """Return whether the times of the fixes that decide rise, so that they stand in event order."""
    before = -1
    for row in range(start, end):
        if (fixes.marks[row] & _UNDECIDABLE) == 0:
            if before >= 0 and fixes.at[row] <= fixes.at[before]:
                return False
            before = row
    return True


@compiled
def _nothing_said(
    fixes: PassingFixes,
    zones: PassingZones,
    limits: StretchLimits,
    most: float,
    room: PassingRoom,
    answers: Answers,
    count: int,
) -> bool:
    """Return whether no fix of the run, rows[1] to rows[count], can open a stay."""
    rows, plane = room.rows, room.plane
    for first in range(count):
        row = int(rows[first])
        if not abs(fixes.lat[row]) <= MOST_LAT_DEG:
            return False
        plane[0], plane[1] = fixes.lon[row], fixes.lat[row]
        terms = _terms_at(fixes.lat[row])
        for k in range(len(terms)):
            plane[2 + k] = terms[k]
        since, flag, log_claim = fixes.at[row], fixes.flag[row], fixes.log_claim[row]
        begin(0.0, 0.0, log_claim, flag, fixes.claim2[row], limits.flat, limits.work, room.before)
        for place in range(first + 1, count + 1):
            row = int(rows[place])
            x_m, y_m = _on(plane, fixes.lon[row], fixes.lat[row])
            pause_s = max((fixes.at[row] - since) / SECOND, 0.1)
            likely = advance(
                room.before,
                pause_s,
                x_m,
                y_m,
                fixes.log_claim[row],
                log_claim,
                fixes.flag[row],
                flag,
                fixes.claim2[row],
                limits.gross_factor,
                limits.gross_share,
                limits.flat,
                limits.work,
                room.after,
            )
            lost = likely < limits.flat[LOST]
            if lost:
                begin(
                    x_m,
                    y_m,
                    fixes.log_claim[row],
                    fixes.flag[row],
                    fixes.claim2[row],
                    limits.flat,
                    limits.work,
                    room.after,
                )
            if not _reaches_none(fixes, zones, most, room, int(answers[row]), row, x_m, y_m):
                return False
            if lost or pause_s >= limits.pause_s:
                since, flag = fixes.at[row], fixes.flag[row]
                if fixes.claim2[row] == 0.0:
                    log_claim = fixes.log_claim[row]
                room.before[:] = room.after
    return True


@compiled
def _reaches_none(
    fixes: PassingFixes,
    zones: PassingZones,
    most: float,
    room: PassingRoom,
    answer: int,
    row: int,
    x_m: float,
    y_m: float,
) -> bool:
    """Return whether the belief after the fix reaches no area that is named and near."""
    zone, bit = zones.zone, zones.bit
    w, lon, lat = fixes.wearer[row], fixes.lon[row], fixes.lat[row]
    disc = room.disc
    for z in range(zone.shape[2]):
        if (answer >> (int(bit[w, z]) + NEAR_SHIFT)) & 1 == 0:
            continue
        dx_m = (lon - zone[0, w, z]) * zone[2, w, z]
        dy_m = (lat - zone[1, w, z]) * zone[3, w, z]
        distance_m = min(NEAR_SHARE * sqrt(dx_m * dx_m + dy_m * dy_m), NEAR_LIMIT_M)
        if distance_m > zone[4, w, z] + fixes.near_m[row]:
            continue
        if not abs(zone[1, w, z]) <= MOST_LAT_DEG:
            return False
        disc[2] = zone[4, w, z] * (1.0 + FAR_SHARE) + _BENT_M
        terms = _terms_at(zone[1, w, z])
        east, north = lon - zone[0, w, z], lat - zone[1, w, z]
        area_x_m = east * (terms[0] + terms[1] * north)
        area_y_m = north * (terms[2] + terms[4] * north) + terms[3] * east * east
        share = share_reaching(room.after, room.edges, disc, area_x_m - x_m, area_y_m - y_m)
        if not share < min(most, zones.protect[w, z]):
            return False
    return True


@compiled
def _on(plane: Floats, lon: float, lat: float) -> tuple[float, float]:
    """Return a place in a plane, in metres, as `Plane.xy`."""
    east, north = lon - plane[0], lat - plane[1]
    x_m = east * (plane[2] + plane[3] * north)
    y_m = north * (plane[4] + plane[6] * north) + plane[5] * east * east
    return x_m, y_m
