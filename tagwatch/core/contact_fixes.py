"""Which fixes of a trail lie near a condition, or on the way to and from an episode.

What a zones-only order lets stay. Reach is generous: a fix in doubt stays, for it may be evidence.
"""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from tagwatch.core.fix import FixBlock
from tagwatch.core.geometry import Disc, Plane, Shape, distance_to_shape_m, planar
from tagwatch.core.order import (
    ConditionVersion,
    Curfew,
    Demand,
    ExclusionZone,
    ZoneKnowledge,
    place_of,
)
from tagwatch.core.shape import polygons
from tagwatch.core.units import Instant
from tagwatch.core.zones_only import REACH_M, Span, within_spans


def near_conditions(
    block: FixBlock, radii_m: NDArray[np.float64], conditions: Iterable[ConditionVersion]
) -> NDArray[np.bool_]:
    """Say of each fix whether it may lie within reach of a place of these conditions, shape (n,).

    `radii_m` are those of the 95 % circles, NaN without a place. Of a condition that keeps him
    within a wide area only its episodes count.
    """
    found = np.zeros(len(block), np.bool_)
    for condition in conditions:
        shape, beyond_m = _place(condition)
        if shape is None:
            continue
        during = _during(block["fixed_at"], condition)
        rows = np.flatnonzero(during & ~found & np.isfinite(radii_m))
        if len(rows):
            found[rows] = _near(block[rows], radii_m[rows] + beyond_m + REACH_M, shape)
    return found


def told_places(conditions: Iterable[ConditionVersion]) -> list[ConditionVersion]:
    """Return the conditions whose place the wearer was told of."""
    return [
        each
        for each in conditions
        if not isinstance(each.terms, ExclusionZone) or each.terms.knowledge is ZoneKnowledge.TOLD
    ]


def contacts(
    block: FixBlock,
    radii_m: NDArray[np.float64],
    conditions: Iterable[ConditionVersion],
    episodes: Iterable[Span],
) -> NDArray[np.bool_]:
    """Say of each fix whether it stays: near a condition, or around an episode, shape (n,)."""
    around = within_spans(block["fixed_at"], episodes)
    return around | near_conditions(block, radii_m, conditions)


def _place(condition: ConditionVersion) -> tuple[Shape | None, float]:
    terms = condition.terms
    if isinstance(terms, ExclusionZone):
        return terms.shape, terms.buffer_m
    if isinstance(terms, Curfew) and terms.demand is not Demand.RESTRICTION_ZONE:
        return place_of(terms), 0.0
    return None, 0.0


def _during(times: NDArray[np.int64], condition: ConditionVersion) -> NDArray[np.bool_]:
    begun = times >= condition.valid_from
    end = condition.valid_until
    return begun if end is None else begun & (times < end)


def _near(block: FixBlock, within_m: NDArray[np.float64], shape: Shape) -> NDArray[np.bool_]:
    found = np.zeros(len(block), np.bool_)
    origin = shape.centre if isinstance(shape, Disc) else polygons(shape)[0].rings[0][0]
    ready = planar(shape, Plane.at(origin))
    x_m, y_m = ready.plane.xy_arrays(block["lon_deg"], block["lat_deg"])
    west, south, east, north = ready.box_m
    across = np.maximum(np.maximum(west - x_m, x_m - east), 0.0)
    along = np.maximum(np.maximum(south - y_m, y_m - north), 0.0)
    for row in np.flatnonzero(np.hypot(across, along) <= within_m).tolist():
        away_m = distance_to_shape_m(ready, float(x_m[row]), float(y_m[row]))
        found[row] = away_m <= within_m[row]
    return found


def span_of(entered: Instant, left: Instant | None, around: int) -> Span:
    """Return the time around an episode; one that has not ended goes on."""
    return Instant(entered - around), Instant(2**62) if left is None else Instant(left + around)
