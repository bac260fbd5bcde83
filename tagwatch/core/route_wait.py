"""Waiting near a protected person's route: stops at no place of his own, near the way she goes,
while she would pass or before; beside the same along her route turned round his own nearest place.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Final

import msgspec
import numpy as np

from tagwatch.core.around import Pattern, pattern
from tagwatch.core.base_rate import RateRatio, as_many, rate_ratio
from tagwatch.core.controls import AROUND, WAIT_S
from tagwatch.core.own_weeks import Halt, Mask, OwnWeeks
from tagwatch.core.plane import Floats
from tagwatch.core.timetable import Interval, london
from tagwatch.core.units import MINUTE, Instant

BEFORE: Final = 60 * MINUTE
"""A stop that ended so long before she passed is one before she would pass."""
PASSES_M: Final = 50.0
"""She passes a stop where her own fixes lie within the distance asked and this."""
NEXT: Final = 5 * MINUTE
"""Between two fixes of hers farther apart in time no way is drawn."""
MOST: Final = 200
TURNS: Final = 12
"""Turned routes overlap: so many of them are taken to tell something of their own."""


class When(StrEnum):
    """When he stopped near her route."""

    WHILE = "while she would pass"
    BEFORE = "before she would pass"
    OTHER = "at another time"
    UNTIMED = "no time of passing was given"


@dataclass(frozen=True, slots=True, eq=False)
class HerRoute:
    """The way a protected person goes, in pieces, metres in the plane of his weeks."""

    pieces: Floats
    """x0, y0, x1, y1 of each piece, (n, 4)."""
    times: tuple[Interval, ...] = ()
    """When she would pass, wherever on it; empty where `own_times` say it, or nobody does."""
    own_times: Floats | None = None
    """From when to when she was on each piece, microseconds, (n, 2): her own device's."""

    def off_m(self, x_m: float, y_m: float) -> Floats:
        """Return the distance of a spot to each piece, (n,)."""
        ax, ay, bx, by = self.pieces.T
        ux, uy = bx - ax, by - ay
        length2 = np.maximum(ux * ux + uy * uy, 1e-9)
        along = np.clip(((x_m - ax) * ux + (y_m - ay) * uy) / length2, 0.0, 1.0)
        found: Floats = np.hypot(x_m - ax - along * ux, y_m - ay - along * uy)
        return found


class RouteWait(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A stop near her route."""

    first_seen: Instant
    last_seen: Instant
    stopped_s_least: int
    stopped_s_most: int
    lon_deg: float
    lat_deg: float
    radius_m_95: int
    off_m: int
    """From her route, from the middle of his fixes."""
    fixes: int
    when: When
    passes_at: Instant | None
    """The passing it goes with: when she came near, or would."""
    longer_than: int
    """Of his other stops at no place of his own, how many were shorter."""


class RoutePattern(msgspec.Struct, frozen=True, kw_only=True):
    """What was counted along her route."""

    within_m: float
    length_m: int
    waits: tuple[RouteWait, ...]
    """In order of time; the last ones where there are more than can be given."""
    days: int
    """Days with a stop while she would pass, or before; at any time where none was given."""
    other_stops: int
    """His other stops of five minutes and more in the period, at no place of his own."""
    usual_s: int
    """How long these last: the middle one."""
    controls: int
    expected: RateRatio | None
    """Against her route turned round his own nearest place; None: none is known."""
    as_many: float
    pattern: Pattern


def route_waits(
    weeks: OwnWeeks, route: HerRoute, within_m: float, observed_share: float
) -> RoutePattern:
    """Return his stops near a route in the period."""
    halts = [
        each
        for each in weeks.stays
        if not each.is_own
        and each.stop.least_s >= WAIT_S
        and weeks.start <= each.stop.first_seen < weeks.end
    ]
    found = [(each, *_near(route, each, within_m)) for each in halts]
    near = [(each, off, when, at) for each, off, when, at in found if when is not None]
    others = sorted(each.stop.least_s for each, _, when, _ in found if when is None)
    waits = tuple(
        RouteWait(
            first_seen=each.stop.first_seen,
            last_seen=each.stop.last_seen,
            stopped_s_least=each.stop.least_s,
            stopped_s_most=each.stop.most_s,
            lon_deg=each.stop.lon_deg,
            lat_deg=each.stop.lat_deg,
            radius_m_95=round(each.stop.radius_m_95),
            off_m=round(off),
            fixes=each.stop.fixes,
            when=when,
            passes_at=at,
            longer_than=sum(other < each.stop.least_s for other in others),
        )
        for each, off, when, at in near
    )
    days = _days(near)
    turned = _turned(weeks, route)
    counts = [
        len(_days([(h, 0.0, w, None) for h in halts for _, w, _ in (_near(one, h, within_m),)]))
        for one in turned
    ]
    expected = None
    if counts:
        expected = rate_ratio(len(days), TURNS * sum(counts) / len(counts), float(TURNS))
    rare = as_many(len(days), counts)
    ends = route.pieces
    return RoutePattern(
        within_m=within_m,
        length_m=round(float(np.hypot(ends[:, 2] - ends[:, 0], ends[:, 3] - ends[:, 1]).sum())),
        waits=waits[-MOST:],
        days=len(days),
        other_stops=len(others),
        usual_s=others[len(others) // 2] if others else 0,
        controls=len(counts),
        expected=expected,
        as_many=rare,
        pattern=pattern(expected, rare, observed_share),
    )


def _days(near: Sequence[tuple[Halt, float, When | None, Instant | None]]) -> set[int]:
    counted = (When.WHILE, When.BEFORE, When.UNTIMED)
    return {london(h.stop.first_seen).toordinal() for h, _, when, _ in near if when in counted}


def _near(
    route: HerRoute, halt: Halt, within_m: float
) -> tuple[float, When | None, Instant | None]:
    """Return how far off the route a stop lies and, if it is near, when it was."""
    off = route.off_m(halt.x_m, halt.y_m)
    least = float(off.min())
    if least > within_m:
        return least, None, None
    since, until = halt.stop.since, halt.stop.until
    times: Sequence[tuple[float, float]] = route.times
    if route.own_times is not None:
        rows = np.flatnonzero(off <= within_m + PASSES_M)
        times = [(float(a), float(b)) for a, b in route.own_times[rows].tolist()]
    elif not times:
        return least, When.UNTIMED, None
    before: float | None = None
    for start, end in times:
        if start < until and end > since:
            return least, When.WHILE, Instant(round(start))
        if 0 <= start - until <= BEFORE:
            before = start if before is None else min(before, start)
    if before is not None:
        return least, When.BEFORE, Instant(round(before))
    return least, When.OTHER, None


def _turned(weeks: OwnWeeks, route: HerRoute) -> list[HerRoute]:
    """Return the route turned round his own place that is nearest to its middle, all round."""
    if not weeks.own or not len(route.pieces):
        return []
    x = float(route.pieces[:, [0, 2]].mean())
    y = float(route.pieces[:, [1, 3]].mean())
    spots = [weeks.plane.xy(each.lon_deg, each.lat_deg) for each in weeks.own]
    px, py = min(spots, key=lambda spot: float(np.hypot(spot[0] - x, spot[1] - y)))
    found: list[HerRoute] = []
    for k in range(1, AROUND):
        angle = 2.0 * np.pi * k / AROUND
        cos, sin = float(np.cos(angle)), float(np.sin(angle))
        ends: list[Floats] = []
        for a, b in ((0, 1), (2, 3)):
            dx, dy = route.pieces[:, a] - px, route.pieces[:, b] - py
            ends += [px + cos * dx - sin * dy, py + sin * dx + cos * dy]
        found.append(HerRoute(np.stack(ends, axis=1), route.times, route.own_times))
    return found


def her_route(hers: OwnWeeks, his: OwnWeeks) -> HerRoute | None:
    """Return the way of a protected person by her own device: her fixes on the move and at their
    ends, joined where they follow each other; None where she was not seen to move."""
    seen = hers.seen
    moves: Mask = hers.leg_of >= 0
    ends = moves.copy()
    ends[1:] |= moves[:-1]
    ends[:-1] |= moves[1:]
    rows = np.flatnonzero(ends & (seen.at >= his.start - BEFORE) & (seen.at < his.end + BEFORE))
    if len(rows) < 2:
        return None
    x, y = his.plane.xy_arrays(seen.lon_deg[rows], seen.lat_deg[rows])
    at = seen.at[rows]
    joined = np.flatnonzero(np.diff(at) <= NEXT)
    if not len(joined):
        return None
    pieces = np.stack([x[joined], y[joined], x[joined + 1], y[joined + 1]], axis=1)
    times = np.stack([at[joined], at[joined + 1]], axis=1).astype(np.float64)
    return HerRoute(pieces, (), times)


def drawn_route(
    his: OwnWeeks, corners: Sequence[tuple[float, float]], times: Sequence[Interval]
) -> HerRoute:
    """Return the route an officer drew, by longitude and latitude, and when she would pass."""
    spots = [his.plane.xy(lon, lat) for lon, lat in corners]
    pieces = [(*a, *b) for a, b in pairwise(spots)]
    return HerRoute(np.array(pieces, dtype=np.float64).reshape(-1, 4), tuple(times))
