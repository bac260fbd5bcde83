"""Simpler rules that others use, kept here for comparison and used for no decision.

Each is given what it asks for: the fix's claimed radius, turned into the 95 % circle that UK
practice prints. An alarm lasts while alarming fixes are no more than ten minutes apart, as one of
our own stays does, so that no rival is counted twice for one stay.
"""

from collections.abc import Sequence
from enum import StrEnum
from math import sqrt
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tagwatch.core.fix import FixBlock
from tagwatch.core.geometry import PlanarShape, distance_to_shape_m, mass
from tagwatch.core.units import SECOND
from tagwatch.sim.quality.judge import Zone
from tagwatch.sim.quality.trace import PLANE, Floats

Bools = NDArray[np.bool_]

ACCURATE_M: Final = 50.0
"""The accuracy filter drops fixes whose 95 % circle is larger: a common setting."""
SAME_STAY_S: Final = 600
UNKNOWN_SIGMA_M: Final = 10.0
HDOP_SIGMA_M: Final = 5.0
"""The plain reading of HDOP: five metres per axis and unit."""
SURE: Final = 0.99
_NEEDS_SIGMAS: Final = 2.32
"""Half of a plane holds 0.99 of a Gaussian from this many sigmas within: a disc needs more."""


class Rival(StrEnum):
    """The rules that Tagwatch is measured against."""

    POINT = "point in polygon"
    FILTERED = "accuracy filter"
    TOUCHES = "circle touches"
    CONTAINED = "circle contained"
    GAUSSIAN = "plain Gaussian, 0.99 three in a row"


def sigmas_m(block: FixBlock) -> Floats:
    """Return per-axis sigmas as the tag claims them, shape (n,): by radius, else HDOP, else 10."""
    accuracy, confidence, hdop = block["accuracy_m"], block["confidence"], block["hdop"]
    stated = np.where((confidence > 0) & (confidence < 1), confidence, 0.68)
    by_radius = accuracy / np.sqrt(-2.0 * np.log1p(-stated))
    by_view = np.where(hdop > 0, hdop * HDOP_SIGMA_M, UNKNOWN_SIGMA_M)
    return np.maximum(np.where(accuracy > 0, by_radius, by_view), 0.5)


def depths_m(block: FixBlock, zone: Zone) -> Floats:
    """Return how deep inside the zone each reported place lies, negative outside, shape (n,)."""
    x, y = PLANE.xy_arrays(block["lon_deg"], block["lat_deg"])
    return zone.radius_m - np.hypot(x - zone.x_m, y - zone.y_m)


def alarms(rival: Rival, block: FixBlock, zone: Zone, shape: PlanarShape) -> Bools:
    """Return at which fixes the rule says `inside`, shape (n,). `shape` is the zone's in PLANE."""
    depth = depths_m(block, zone)
    sigma = sigmas_m(block)
    circle = sigma * sqrt(-2.0 * np.log1p(-0.95))
    if rival is Rival.POINT:
        return depth >= 0
    if rival is Rival.FILTERED:
        return (depth >= 0) & (circle <= ACCURATE_M)
    if rival is Rival.TOUCHES:
        return depth >= -circle
    if rival is Rival.CONTAINED:
        return depth >= circle
    sure = np.zeros(len(block), dtype=np.bool_)
    for k in np.flatnonzero(depth >= _NEEDS_SIGMAS * sigma).tolist():
        x, y = PLANE.xy(float(block["lon_deg"][k]), float(block["lat_deg"][k]))
        sure[k] = mass(shape, x, y, float(sigma[k])) >= SURE
    three = sure.copy()
    three[1:] &= sure[:-1]
    three[2:] &= sure[:-2]
    three[:2] = False
    return three


def stays(alarm: Bools, times: NDArray[np.int64]) -> int:
    """Return how many alarms that is, one a stay."""
    at = times[alarm]
    if not len(at):
        return 0
    return 1 + int(np.count_nonzero(np.diff(at) > SAME_STAY_S * SECOND))


def hours(alarm: Bools, times: NDArray[np.int64]) -> float:
    """Return how long the alarms lasted in hours: each holds until the next fix, ten minutes at
    most."""
    if len(times) < 2:
        return 0.0
    gaps_s = np.minimum(np.diff(times) / SECOND, SAME_STAY_S)
    return float(gaps_s[alarm[:-1]].sum()) / 3600


def gaussian(block: FixBlock, shapes: Sequence[PlanarShape], wanted: Bools) -> Floats:
    """Return the plain Gaussian's P(inside), shape (n, k); NaN where not wanted."""
    sigma = sigmas_m(block)
    found = np.full(wanted.shape, np.nan)
    for k, j in np.argwhere(wanted).tolist():
        x, y = shapes[j].plane.xy(float(block["lon_deg"][k]), float(block["lat_deg"][k]))
        found[k, j] = mass(shapes[j], x, y, float(sigma[k]))
    return found


def circles(
    block: FixBlock, shapes: Sequence[PlanarShape], wanted: Bools
) -> tuple[Floats, Floats, Floats]:
    """Return what point in polygon, circle touches and circle contained say as 0 or 1, (n, k)."""
    radius = sigmas_m(block) * sqrt(-2.0 * np.log1p(-0.95))
    depth = np.full(wanted.shape, np.nan)
    for k, j in np.argwhere(wanted).tolist():
        x, y = shapes[j].plane.xy(float(block["lon_deg"][k]), float(block["lat_deg"][k]))
        depth[k, j] = -distance_to_shape_m(shapes[j], x, y)
    wide = radius[:, None]
    return (
        np.where(wanted, depth >= 0, np.nan),
        np.where(wanted, depth >= -wide, np.nan),
        np.where(wanted, depth >= wide, np.nan),
    )
