"""Which part of a trip was by rail: it follows a line within its errors, at the speeds of a train.

Held against each other are a ride with a way to and from it, and the same in a road vehicle, by
speed (`trip_mode.py`), by how far the fixes lie from the nearest line, and by stations at both
ends. Roads run beside railways: that they may is part of the account. docs/movements.md has the
numbers and how often it is right.
"""

from dataclasses import dataclass
from math import exp, log
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tagwatch.core.looks import R95
from tagwatch.core.plane import Floats
from tagwatch.core.railway import Railways, within
from tagwatch.core.trip import TripMode
from tagwatch.core.trip_mode import JUMPED, LEAST, SHARES, SPEEDS, TEMPER, Mixture, Pace, mode_logs

EXCLUDED: Final = 0.05
"""A ride less likely than this is not spoken of."""
_TRAIN: Final[tuple[tuple[float, Mixture], ...]] = (
    (0.7, ((0.60, 11.5, 4.5), (0.20, 6.0, 3.0), (0.18, 0.3, 0.5), JUMPED)),
    (0.3, ((0.70, 20.0, 7.0), (0.16, 9.0, 4.0), (0.12, 0.3, 0.5), JUMPED)),
)
"""Trains that stop, and fast ones: share, mean and sigma in m/s of legs. Our choice: stopping
trains in London make 9 to 15 m/s with their stops."""
_SHARE: Final = 0.12
"""Of trips, before anything is known."""
_ROAD_TOP_MPS: Final = 38.0
"""85 miles an hour: what cars do where 70 are allowed."""
_FAST_LEGS: Final = 2
_LINE_M: Final = 15.0
"""Lines are drawn so well, per axis, and tracks lie so far beside them."""
_OFF: Final = 0.05
"""Of the fixes of a ride, so many say nothing of the line."""
_BESIDE: Final = 0.1
"""Of drives near a railway so many run along it,"""
_OFFSETS: Final = ((10.0, 0.15), (30.0, 0.25), (60.0, 0.3), (120.0, 0.3))
"""so many metres beside it, with these shares."""
_THINNEST: Final = 1e-4
"""Metres of line to the square metre, where there are fewer: one line in ten kilometres."""
_STATION_M: Final = 200.0
"""Platforms reach so far from where a station is drawn."""
_AT_STATION: Final = 0.85
"""Of rides so many are seen to begin or end at a station that is loaded."""
_CHANCE_MOST: Final = 0.5
_CHANCE_LEAST: Final = 0.03


@dataclass(frozen=True, slots=True, eq=False)
class Ridden:
    """A ride found among the legs of a `Pace`."""

    first: int
    last: int
    """The rows of its fixes among `Pace.chosen`, both within."""
    probability: float
    stations: tuple[str, str]
    is_faster: bool
    line_m_95: float

    @property
    def is_named(self) -> bool:
        """Whether it is likely, and something besides the line speaks for it."""
        return self.probability >= LEAST and (all(self.stations) or self.is_faster)


@dataclass(frozen=True, slots=True, eq=False)
class _Stations:
    """Of each fix: what it speaks for a ride that begins or ends there, and the name."""

    logs: Floats
    which: NDArray[np.int64]


def ridden(
    pace: Pace, lon_deg: Floats, lat_deg: Floats, sigma_m: Floats, railways: Railways
) -> Ridden | None:
    """Return the part that may have been by rail, None where that is excluded. The places are those
    of `pace.chosen`, (k + 1,)."""
    if not railways or len(pace.chosen) < 2:
        return None
    apart_m, density = railways.near(lon_deg, lat_deg)
    if not np.isfinite(apart_m).any():
        return None
    spread_m = np.hypot(sigma_m, _LINE_M)
    by_chance = _by_chance(apart_m, density)
    along = TEMPER * np.log((1.0 - _OFF) * _folded(apart_m, 0.0, spread_m) / by_chance + _OFF)
    stations = _stations(railways, lon_deg, lat_deg, sigma_m)
    to_and_from = TEMPER * np.logaddexp(
        log(0.6) + pace.logs(SPEEDS[TripMode.FOOT][0][1]),
        log(0.4) + pace.logs(SPEEDS[TripMode.VEHICLE][2][1]),
    )
    by_rail, (first, last) = _best(pace, _TRAIN, to_and_from, along, stations.logs)
    nothing = np.zeros(len(along))
    by_road, _ = _best(pace, SPEEDS[TripMode.VEHICLE], to_and_from, nothing, nothing)
    rows = slice(first, last + 1)
    road_along = _along_road(apart_m[rows], spread_m[rows], by_chance[rows])
    logs = mode_logs(pace)
    # By road the whole way or with a way to and from it, and along the line or not.
    vehicle = max(logs.pop(TripMode.VEHICLE), log(SHARES[TripMode.VEHICLE]) + by_road)
    against = float(np.logaddexp.reduce([*logs.values(), vehicle + road_along]))
    odds = log(_SHARE) + by_rail - against
    p = min(0.99, round(1.0 / (1.0 + exp(min(50.0, -odds))), 2))
    if p < EXCLUDED:
        return None
    seen = pace.is_seen[first:last]
    sure_mps = pace.speed_mps[first:last] - R95 * pace.error_mps[first:last]
    return Ridden(
        first=first,
        last=last,
        probability=p,
        stations=(_name(railways, stations, first), _name(railways, stations, last)),
        is_faster=int((sure_mps[seen] > _ROAD_TOP_MPS).sum()) >= _FAST_LEGS,
        line_m_95=float(np.quantile(np.minimum(apart_m[rows], 9999.0), 0.95)),
    )


def _by_chance(apart_m: Floats, density: Floats) -> Floats:
    """Return the density of the distance to the nearest of lines that lie anyhow, per metre."""
    thick = 2.0 * np.maximum(density, _THINNEST)
    return thick * np.exp(-thick * np.minimum(apart_m, 1e4))


def _folded(apart_m: Floats, offset_m: float, spread_m: Floats) -> Floats:
    """Return the density per metre of a distance that errs by `spread_m` about `offset_m`."""
    low, high = (apart_m - offset_m) / spread_m, (apart_m + offset_m) / spread_m
    return (np.exp(-0.5 * low**2) + np.exp(-0.5 * high**2)) / (spread_m * np.sqrt(2.0 * np.pi))


def _along_road(apart_m: Floats, spread_m: Floats, by_chance: Floats) -> float:
    """Return how much better a road explains these places if it may run beside the line."""
    logs = [log(1.0 - _BESIDE)]
    for offset_m, share in _OFFSETS:
        ratio = (1.0 - _OFF) * _folded(apart_m, offset_m, spread_m) / by_chance + _OFF
        logs.append(log(_BESIDE * share) + TEMPER * float(np.log(ratio).sum()))
    return float(np.logaddexp.reduce(logs))


def _stations(railways: Railways, lon_deg: Floats, lat_deg: Floats, sigma_m: Floats) -> _Stations:
    if not len(railways.names):
        return _Stations(np.zeros(len(lon_deg)), np.full(len(lon_deg), -1, dtype=np.int64))
    which, apart_m, density = railways.stations_near(lon_deg, lat_deg)
    reach_m = _STATION_M + R95 * sigma_m
    chance = np.clip(within(reach_m, density), _CHANCE_LEAST, _CHANCE_MOST)
    near = apart_m <= reach_m
    logs = np.where(near, _AT_STATION / chance, (1.0 - _AT_STATION) / (1.0 - chance))
    return _Stations(np.log(logs), np.where(near, which, -1))


def _name(railways: Railways, stations: _Stations, row: int) -> str:
    which = int(stations.which[row])
    return railways.names[which] if which >= 0 else ""


def _best(
    pace: Pace,
    profiles: tuple[tuple[float, Mixture], ...],
    to_and_from: Floats,
    along: Floats,
    ends: Floats,
) -> tuple[float, tuple[int, int]]:
    """Return the log-likelihood of a trip one part of which is ridden, and the likeliest part:
    first and last fix.

    to_and_from: (k,), of each leg that is not ridden; along: (k + 1,), of each fix in the ride;
    ends: of the fix at which it begins or ends.
    """
    found: list[tuple[float, float, tuple[int, int]]] = []
    for share, parts in profiles:
        every, top, part = _parted(TEMPER * pace.logs(parts) - to_and_from, along, ends)
        found.append((log(share) + top, log(share) + every, part))
    whole = float(np.logaddexp.reduce([every for _, every, _ in found]))
    return whole + float(to_and_from.sum()), max(found)[2]


def _parted(legs: Floats, along: Floats, ends: Floats) -> tuple[float, float, tuple[int, int]]:
    """Return how much all parts of a trip together speak for one of them being ridden, each as
    likely beforehand; how much the best one does; and which that is."""
    # The sum over a part from i to j is `end[j] + begin[i]`.
    upto = np.cumsum(along) + np.concatenate(([0.0], np.cumsum(legs)))
    begin, end = ends - (upto - along), ends + upto
    every = np.logaddexp.accumulate(begin)[:-1] + end[1:]
    top = np.maximum.accumulate(begin)[:-1] + end[1:]
    last = int(np.argmax(top)) + 1
    first = int(np.argmax(begin[:last]))
    among = log(len(legs) * (len(legs) + 1) / 2.0)
    return float(np.logaddexp.reduce(every)) - among, float(top.max()) - among, (first, last)
