"""How somebody went, by the speeds of a whole trip: on foot, by cycle, in a vehicle.

For each way of going there are profiles, and for each the speeds over a minute or two are a
mixture: going, slow, standing. The trip takes the way that explains its speeds best, with its
probability. A cycle and a car in dense traffic go alike, and then neither is likely. Railways are
told by their lines: `ride.py`.
"""

from dataclasses import dataclass
from math import erfc, log, sqrt
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from tagwatch.core.plane import Floats
from tagwatch.core.trip import TripMode

Mixture: TypeAlias = tuple[tuple[float, float, float], ...]
"""Share, mean and sigma in m/s of each part."""

SPAN_S: Final = 55.0
"""Speeds are taken over at least this long."""
LONGEST_S: Final = 400.0
"""Over longer he went at least as fast as the straight line asks: more is not known."""
LEAST: Final = 0.7
"""A way less likely than this is not named."""
TEMPER: Final = 0.7
"""Speeds of one trip are not independent."""
JUMPED: Final = (0.02, 15.0, 15.0)
SPEEDS: Final[dict[TripMode, tuple[tuple[float, Mixture], ...]]] = {
    # Profiles, of which a whole trip has one, with their shares; of each, share, mean and sigma in
    # m/s of its legs, as the crow flies over a minute. Walking 1.3 (Bohannon 1997), urban cycling 4
    # to 5, traffic in London 3.6 in the centre to 8 outside; the rest is our own choice.
    TripMode.FOOT: ((1.0, ((0.83, 1.3, 0.35), (0.15, 0.4, 0.4), JUMPED)),),
    TripMode.CYCLE: tuple(
        (share, ((0.85, mean, 0.8), (0.13, 1.2, 0.8), JUMPED))
        for share, mean in ((0.35, 3.0), (0.4, 3.8), (0.25, 4.7))
    ),
    TripMode.VEHICLE: (
        (0.25, ((0.75, 2.5, 1.2), (0.23, 0.7, 0.6), JUMPED)),
        (0.25, ((0.85, 4.8, 1.3), (0.13, 2.5, 1.0), JUMPED)),
        (0.25, ((0.70, 5.5, 2.2), (0.18, 8.0, 2.5), (0.10, 1.5, 1.0), JUMPED)),
        (0.15, ((0.45, 8.5, 3.0), (0.20, 4.0, 2.0), (0.13, 16.0, 5.0), (0.20, 0.8, 0.7), JUMPED)),
        (0.1, ((0.75, 15.0, 5.0), (0.17, 7.0, 3.5), (0.06, 0.5, 0.5), JUMPED)),
    ),
}
"""In dense traffic, by bus, in town, with free roads, on fast ones."""
_ERFC: Final = np.vectorize(erfc, otypes=[np.float64])
_LEAST_LIKELY: Final = 1e-30
SHARES: Final = {TripMode.FOOT: 0.47, TripMode.CYCLE: 0.06, TripMode.VEHICLE: 0.47}
"""Of trips, before anything is known. Our choice."""


@dataclass(frozen=True, slots=True, eq=False)
class Pace:
    """The speeds of a trip: of k legs between k + 1 fixes at least SPAN_S apart."""

    chosen: NDArray[np.int64]
    """The rows of these fixes, (k + 1,)."""
    span_s: Floats
    speed_mps: Floats
    error_mps: Floats

    @classmethod
    def of(cls, seconds: Floats, x_m: Floats, y_m: Floats, sigma_m: Floats) -> "Pace":
        """Return the speeds of a trip through these places."""
        chosen = [0]
        for k in range(1, len(seconds)):
            if seconds[k] - seconds[chosen[-1]] >= SPAN_S:
                chosen.append(k)
        rows = np.array(chosen, dtype=np.int64)
        span_s = np.diff(seconds[rows])
        way_m = np.hypot(np.diff(x_m[rows]), np.diff(y_m[rows]))
        error_m = np.hypot(sigma_m[rows][1:], sigma_m[rows][:-1])
        return cls(rows, span_s, way_m / span_s, error_m / span_s)

    @property
    def is_seen(self) -> NDArray[np.bool_]:
        """Of which legs the speed is known, (k,)."""
        return self.span_s <= LONGEST_S

    def logs(self, parts: Mixture) -> Floats:
        """Return the log-likelihood of each leg under a mixture of speeds, (k,). Of one that was
        not seen it is that he went at least as fast."""
        table: Floats = np.array(parts, dtype=np.float64)
        share, mean, sigma = table[:, 0], table[:, 1], table[:, 2]
        spread = np.sqrt(sigma**2 + self.error_mps[:, None] ** 2)
        off = (self.speed_mps[:, None] - mean) / spread
        seen = share * np.exp(-0.5 * off**2) / spread
        tails: Floats = _ERFC(off / sqrt(2.0))
        # No position jumps so far that it would carry him through a gap: the last part has no say.
        faster: Floats = np.sum(0.5 * (share * tails)[:, :-1], axis=1)
        there: Floats = np.sum(seen, axis=1)
        found = np.where(self.is_seen, there, faster)
        return np.log(np.maximum(found, _LEAST_LIKELY))

    def log(self, profiles: tuple[tuple[float, Mixture], ...]) -> float:
        """Return the log-likelihood of all legs under profiles of which the trip has one."""
        each = [log(share) + TEMPER * float(self.logs(parts).sum()) for share, parts in profiles]
        return float(np.logaddexp.reduce(each))


def mode_logs(pace: Pace) -> dict[TripMode, float]:
    """Return of each way, but for rail, how well it explains the speeds of the whole trip."""
    return {way: log(SHARES[way]) + pace.log(profiles) for way, profiles in SPEEDS.items()}


def trip_mode(pace: Pace) -> tuple[TripMode, float]:
    """Return the likeliest way and its probability, to 0.01; UNKNOWN and 0 where none is likely."""
    if not pace.is_seen.any():
        return TripMode.UNKNOWN, 0.0
    logs = mode_logs(pace)
    best = max(logs, key=lambda way: logs[way])
    p = 1.0 / sum(np.exp(value - logs[best]) for value in logs.values())
    return (best, round(float(p), 2)) if p >= LEAST else (TripMode.UNKNOWN, 0.0)
