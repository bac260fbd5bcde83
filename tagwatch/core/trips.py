"""Trips between the stops of a trail: only where it is certain that he went somewhere."""

from collections.abc import Sequence
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from tagwatch.core.looks import R95
from tagwatch.core.motion import MotionSettings
from tagwatch.core.plane import Floats, LonLat, Plane
from tagwatch.core.railway import NO_RAILWAYS, Railways
from tagwatch.core.ride import Ridden, ridden
from tagwatch.core.stay import Stay, Stays
from tagwatch.core.stop import Stop
from tagwatch.core.trip import RailRide, Trip, TripMode
from tagwatch.core.trip_length import least_m, most_m
from tagwatch.core.trip_mode import Pace, trip_mode
from tagwatch.core.units import SECOND, Instant

_CYCLE_TOP_MPS: Final = 12.0


class Legs:
    """Makes trips of what lies between stays."""

    def __init__(
        self,
        work: Stays,
        motion: MotionSettings,
        gap_s: float,
        railways: Railways = NO_RAILWAYS,
    ) -> None:
        self._work, self._seen, self._gap_s = work, work.seen, gap_s
        self._railways = railways
        self._top_mps = {
            TripMode.FOOT: motion.foot.top_mps,
            TripMode.CYCLE: _CYCLE_TOP_MPS,
            TripMode.VEHICLE: motion.vehicle.top_mps,
            TripMode.RAIL: motion.rail.top_mps,
            TripMode.UNKNOWN: motion.rail.top_mps,
        }

    def trips(
        self,
        stays: Sequence[Stay],
        stops: Sequence[tuple[Stop, Stay]],
        window: tuple[Instant, Instant],
    ) -> tuple[Trip, ...]:
        """Return the trips that reach into the window, cut to it, in order of time."""
        numbers = {id(stay): stop.number for stop, stay in stops}
        found: list[Trip] = []
        for before, after in zip([None, *stays], [*stays, None], strict=True):
            if not self._went(before, after):
                continue
            trip = self._trip(before, after, window, numbers)
            if trip is not None:
                found.append(msgspec.structs.replace(trip, number=len(found) + 1))
        return tuple(found)

    def _between(self, before: Stay | None, after: Stay | None) -> tuple[int, int]:
        """Return the first look after the one stay and the first of the other."""
        first = 0 if before is None else before.last + 1
        return first, len(self._seen) if after is None else after.first

    def _went(self, before: Stay | None, after: Stay | None) -> bool:
        first, upto = self._between(before, after)
        if before is not None and after is not None and self._work.moved(before, after):
            return True
        if first >= upto:
            return False
        if before is None and after is None:
            rows = slice(first, upto)
            seen = self._seen
            way_m = least_m(seen.x_m[rows], seen.y_m[rows], seen.sigma_m[rows])
            return way_m > self._work.rules.steady_m
        ends = [stay for stay in (before, after) if stay is not None]
        return all(self._work.went(stay, first, upto - 1) for stay in ends)

    def _trip(
        self,
        before: Stay | None,
        after: Stay | None,
        window: tuple[Instant, Instant],
        numbers: dict[int, int],
    ) -> Trip | None:
        seconds, rows = self._track(before, after)
        at0 = int(self._seen.at[0])
        at = at0 + np.round(seconds * SECOND).astype(np.int64)
        kept = np.flatnonzero((at >= window[0]) & (at <= window[1]))
        if len(kept) < 2:
            return None
        x_m, y_m, sigma_m = self._places(before, after, rows)
        seconds, x_m, y_m, sigma_m = (each[kept] for each in (seconds, x_m, y_m, sigma_m))
        whole = kept[0] == 0, kept[-1] == len(at) - 1
        fixes = len(kept) - sum((whole[0] and before is not None, whole[1] and after is not None))
        mode, likely, ride = TripMode.UNKNOWN, 0.0, None
        if fixes:  # else when he went is not known, and so not how fast
            mode, likely, ride = self._how(at[kept], x_m, y_m, sigma_m)
        reach = (self._gap_s, self._top_mps[mode])
        spans, detour = np.diff(seconds), self._work.rules.detour
        return Trip(
            number=0,
            started_at=Instant(int(at[kept[0]])),
            ended_at=Instant(int(at[kept[-1]])),
            mode=mode,
            mode_probability=likely,
            distance_m_least=int(least_m(x_m, y_m, sigma_m)),
            distance_m_most=round(most_m(seconds, x_m, y_m, sigma_m, detour, reach)),
            fixes=fixes,
            seen_s=int(spans[spans <= self._gap_s].sum()),
            from_stop=numbers.get(id(before)) if whole[0] else None,
            to_stop=numbers.get(id(after)) if whole[1] else None,
            ride=ride,
        )

    def _how(
        self, at: NDArray[np.int64], x_m: Floats, y_m: Floats, sigma_m: Floats
    ) -> tuple[TripMode, float, RailRide | None]:
        """Return how he went through these places, how likely, and what may have been by rail."""
        pace = Pace.of((at - at[0]) / SECOND, x_m, y_m, sigma_m)
        mode, likely = trip_mode(pace)
        found = self._ridden(pace, x_m, y_m, sigma_m)
        if found is None or (not found.is_named and mode in (TripMode.FOOT, TripMode.CYCLE)):
            return mode, likely, None
        rows = pace.chosen[found.first : found.last + 1]
        if found.is_named and 2.0 * _length_m(x_m, y_m, rows) >= _length_m(x_m, y_m, pace.chosen):
            mode, likely = TripMode.RAIL, found.probability
        return mode, likely, _ride(found, at, rows)

    def _ridden(self, pace: Pace, x_m: Floats, y_m: Floats, sigma_m: Floats) -> Ridden | None:
        if not self._railways:
            return None
        rows, seen = pace.chosen, self._seen
        plane = Plane.at(LonLat(lon_deg=float(seen.lon_deg[0]), lat_deg=float(seen.lat_deg[0])))
        lon_deg, lat_deg = plane.lonlat_arrays(x_m[rows], y_m[rows])
        return ridden(pace, lon_deg, lat_deg, sigma_m[rows], self._railways)

    def _track(self, before: Stay | None, after: Stay | None) -> tuple[Floats, slice]:
        """Return the seconds of the way: when he left the one stop, of each look, and when he came
        to the other; and the looks."""
        first, upto = self._between(before, after)
        rows = slice(first, upto)
        left_s = None if before is None else before.left_s
        came_s = None if after is None else after.came_s
        begin = [] if left_s is None else [sum(left_s) / 2.0]
        end = [] if came_s is None else [sum(came_s) / 2.0]
        seconds = self._work.seconds[rows]
        if left_s is not None and came_s is not None and not len(seconds):
            pause_s = self._work.seconds[upto] - self._work.seconds[first - 1]
            if pause_s > self._gap_s or begin[0] >= end[0]:
                begin, end = [left_s[0]], [came_s[1]]
        if len(seconds):
            # The looks on the way are sharper in time than the bounds.
            begin = [min(begin[0], float(seconds[0]))] if begin else []
            end = [max(end[0], float(seconds[-1]))] if end else []
        return np.concatenate((begin, seconds, end)), rows

    def _places(
        self, before: Stay | None, after: Stay | None, rows: slice
    ) -> tuple[Floats, Floats, Floats]:
        """Return x, y and sigma in metres of what `_track` has the seconds of."""
        seen = self._seen
        begin = [] if before is None else [before]
        end = [] if after is None else [after]
        return (
            np.concatenate(([s.x_m for s in begin], seen.x_m[rows], [s.x_m for s in end])),
            np.concatenate(([s.y_m for s in begin], seen.y_m[rows], [s.y_m for s in end])),
            np.concatenate((
                [s.radius_m / R95 for s in begin], seen.sigma_m[rows],
                [s.radius_m / R95 for s in end],
            )),
        )  # fmt: skip


def _length_m(x_m: Floats, y_m: Floats, rows: NDArray[np.int64]) -> float:
    return float(np.hypot(np.diff(x_m[rows]), np.diff(y_m[rows])).sum())


def _ride(found: Ridden, at: NDArray[np.int64], rows: NDArray[np.int64]) -> RailRide:
    return RailRide(
        started_at=Instant(int(at[rows[0]])),
        ended_at=Instant(int(at[rows[-1]])),
        probability=found.probability,
        named=found.is_named,
        from_station=found.stations[0],
        to_station=found.stations[1],
        is_faster=found.is_faster,
        line_m_95=round(found.line_m_95),
        fixes=int(rows[-1] - rows[0]) + 1,
    )
