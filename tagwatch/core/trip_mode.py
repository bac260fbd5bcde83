"""How somebody went, by the speeds of a whole trip: on foot, by cycle, in a vehicle.

For each way of going the speeds over a minute or two are a mixture: going, slow, standing. The trip
takes the way that explains its speeds best, with its probability. A cycle and a car in dense
traffic go alike, and then neither is likely.
"""

from typing import Final

import numpy as np

from tagwatch.core.plane import Floats
from tagwatch.core.trip import TripMode

SPAN_S: Final = 55.0
"""Speeds are taken over at least this long."""
LONGEST_S: Final = 400.0
"""And over no longer: what lies between is not known."""
LEAST: Final = 0.6
"""A way less likely than this is not named."""
_TEMPER: Final = 0.7
"""Speeds of one trip are not independent."""
_JUMPED: Final = (0.02, 15.0, 15.0)
_SPEEDS: Final = {
    # Share, mean and sigma in m/s. Walking 1.3 (Bohannon 1997), urban cycling 4 to 5, traffic in
    # London 3.6 in the centre to 8 outside; the shares are our own choice.
    TripMode.FOOT: ((0.83, 1.3, 0.35), (0.15, 0.4, 0.4), _JUMPED),
    TripMode.CYCLE: ((0.66, 4.3, 1.1), (0.18, 2.2, 1.0), (0.14, 0.4, 0.5), _JUMPED),
    TripMode.VEHICLE: (
        (0.42, 8.5, 3.0), (0.18, 4.0, 2.0), (0.13, 18.0, 6.0), (0.13, 1.3, 0.6), (0.12, 0.2, 0.4),
        _JUMPED,
    ),
}  # fmt: skip
_SHARES: Final = {TripMode.FOOT: 0.47, TripMode.CYCLE: 0.06, TripMode.VEHICLE: 0.47}
"""Of trips, before anything is known. Our choice."""


def speeds(seconds: Floats, x_m: Floats, y_m: Floats, sigma_m: Floats) -> tuple[Floats, Floats]:
    """Return the speeds of a trip in m/s and their errors, (k,): of fixes at least SPAN_S and at
    most LONGEST_S apart."""
    chosen = [0]
    for k in range(1, len(seconds)):
        if seconds[k] - seconds[chosen[-1]] >= SPAN_S:
            chosen.append(k)
    span_s = np.diff(seconds[chosen])
    way_m = np.hypot(np.diff(x_m[chosen]), np.diff(y_m[chosen]))
    error_m = np.hypot(sigma_m[chosen][1:], sigma_m[chosen][:-1])
    kept = (span_s > 0.0) & (span_s <= LONGEST_S)
    return way_m[kept] / span_s[kept], error_m[kept] / span_s[kept]


def trip_mode(speed_mps: Floats, error_mps: Floats) -> tuple[TripMode, float]:
    """Return the likeliest way and its probability, to 0.01; UNKNOWN and 0 where none is likely."""
    if not len(speed_mps):
        return TripMode.UNKNOWN, 0.0
    logs = {way: np.log(_SHARES[way]) for way in _SPEEDS}
    for way, parts in _SPEEDS.items():
        share, mean, sigma = np.array(parts).T
        spread = np.sqrt(sigma**2 + error_mps[:, None] ** 2)
        off = (speed_mps[:, None] - mean) / spread
        logs[way] += _TEMPER * float(np.log((share * np.exp(-0.5 * off**2) / spread).sum(1)).sum())
    best = max(logs, key=lambda way: logs[way])
    p = 1.0 / sum(np.exp(value - logs[best]) for value in logs.values())
    return (best, round(float(p), 2)) if p >= LEAST else (TripMode.UNKNOWN, 0.0)
