"""Which fixes of a long trail are drawn: every one that may matter, and of the rest enough."""

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tagwatch.core.alert import Alert
from tagwatch.core.episode import Episode
from tagwatch.core.ids import FixId
from tagwatch.core.order import Curfew, Demand, ExclusionZone, place_of
from tagwatch.core.outcome import RuleKind
from tagwatch.core.plane import LonLat, Plane
from tagwatch.core.rules.area import area
from tagwatch.core.thinning import Rows, near_shape, thinned, within_shape
from tagwatch.core.timetable import union, windows
from tagwatch.core.units import MINUTE, Instant
from tagwatch.query.trail import TrailColumns
from tagwatch.query.zones_in_force import ZoneInForce

MOST: Final = 10_000
"""More fixes than this are thinned for a map."""
AROUND: Final = 10 * MINUTE
"""Of an alert and of an episode, so long before and after is kept whole."""
_PLACE_RULES: Final = (RuleKind.ZONE, RuleKind.APPROACH, RuleKind.CURFEW, RuleKind.ENCOUNTER)
_ALWAYS: Final = Instant(2**62)
_SLACK: Final = 1.002
"""Planes are true to 0.1 %: nothing near may be lost by that."""
_SLACK_M: Final = 1.0


def drawn_rows(
    found: TrailColumns,
    zones: Iterable[ZoneInForce],
    episodes: Iterable[Episode],
    alerts: Iterable[Alert],
    moments: Sequence[Instant] = (),
) -> NDArray[np.intp]:
    """Return the rows that a map draws, in order, none without a place: all, if they are no more
    than MOST. Else every fix that may lie in an exclusion zone or its approach ring; every one that
    may lie at the place where he must be in the hours in which he must, and of the others each that
    lies outside but in reach of it; every one of an episode and within AROUND of it
    or of an alert; the ones at `moments`; the ends of gaps; and of the others so many as are left.

    `zones` and `episodes` are those that the reader may see: what is kept must not tell where
    another zone lies.
    """
    placed = np.flatnonzero(~np.isnan(found.radii_m))
    if len(placed) <= MOST:
        return placed
    block, radii_m, times = found.block[placed], found.radii_m[placed], found.times[placed]
    keep = np.isin(times, np.array(moments, dtype=np.int64))
    for zone in zones:
        keep |= _near(zone, block["lon_deg"], block["lat_deg"], radii_m, times)
    for start, end in _spans(episodes, alerts):
        keep |= (times >= start) & (times <= end)
    keep |= _named(block["seq"], block["index"], [f for one in episodes for f in one.fixes])
    middle = int(np.median(np.arange(len(placed))))
    lon, lat = float(block["lon_deg"][middle]), float(block["lat_deg"][middle])
    plane = Plane.at(LonLat(lon_deg=lon, lat_deg=min(80.0, max(-80.0, lat))))
    x_m, y_m = plane.xy_arrays(block["lon_deg"], block["lat_deg"])
    return placed[thinned(times, x_m, y_m, radii_m, keep, MOST)]


def _near(
    zone: ZoneInForce,
    lon_deg: NDArray[np.float64],
    lat_deg: NDArray[np.float64],
    radii_m: NDArray[np.float64],
    times: NDArray[np.int64],
) -> Rows:
    terms = zone.version.terms
    if isinstance(terms, ExclusionZone):
        shape = area(terms.shape).shape
        x_m, y_m = shape.plane.xy_arrays(lon_deg, lat_deg)
        reach_m = (terms.buffer_m + radii_m) * _SLACK + _SLACK_M
        return near_shape(shape, x_m, y_m, reach_m)
    if isinstance(terms, Curfew):
        shape = area(place_of(terms)).shape
        x_m, y_m = shape.plane.xy_arrays(lon_deg, lat_deg)
        reached = near_shape(shape, x_m, y_m, radii_m * _SLACK + _SLACK_M)
        return reached & (_due(terms, times) | ~within_shape(shape, x_m, y_m))
    return np.zeros(len(radii_m), dtype=np.bool_)


def _due(terms: Curfew, times: NDArray[np.int64]) -> Rows:
    """Return at which times he must be there, by the rows and by single windows."""
    found = np.zeros(len(times), dtype=np.bool_)
    if not len(times) or terms.demand not in (Demand.CURFEW, Demand.ATTENDANCE):
        return found  # a whole borough in which he must stay would leave nothing to thin
    once = (*terms.appointments, *([terms.release_night] if terms.release_night else []))
    spans = windows(terms.rows, Instant(int(times[0])), Instant(int(times[-1]) + 1))
    for start, end in union(spans, ((one.start, one.end) for one in once)):
        low, high = np.searchsorted(times, [start, end])
        found[low:high] = True
    return found


def _spans(episodes: Iterable[Episode], alerts: Iterable[Alert]) -> Iterable[tuple[int, int]]:
    """Return the times that are kept whole. Of what the tag itself reports (a low battery lasts
    for days) it is the beginning and the end."""
    for one in episodes:
        ends = [one.entered_earliest, one.left_latest or one.entered_latest]
        if one.rule in _PLACE_RULES:
            yield ends[0] - AROUND, (one.left_latest or _ALWAYS) + AROUND
        else:
            yield from ((at - AROUND, at + AROUND) for at in ends)
    for alert in alerts:
        yield alert.happened_at - AROUND, alert.happened_at + AROUND


def _named(seqs: NDArray[np.int64], indices: NDArray[np.int32], names: list[FixId]) -> Rows:
    """Return which rows are the fixes of these names (record and place in it)."""
    found = np.zeros(len(seqs), dtype=np.bool_)
    for name in set(names):
        seq, _, index = name.partition(".")
        if seq.isdecimal() and index.isdecimal():
            found |= (seqs == int(seq)) & (indices == int(index))
    return found
