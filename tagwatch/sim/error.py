"""The simulator's frozen error generator: what a tag reports of a true position.

Per axis: a bias of the stay, new about every ten hours, plus AR(1) noise in a persistent good or
bad regime, plus rare gross jumps; indoors also Wi-Fi and cell fixes. The figures follow published
statistics of consumer receivers in open sky, streets and indoors; quality tables are stated for
these settings, so they are never softened to make a table look better.
"""

from dataclasses import dataclass
from enum import IntEnum
from math import cos, exp, log, pi, sin, sqrt
from typing import Final

from numpy.random import Generator

from tagwatch.core.fix import Source


class Place(IntEnum):
    """What surrounds the tag."""

    OPEN = 0
    URBAN = 1
    CANYON = 2
    INDOOR = 3


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The generator's figures for one kind of place; metres per axis, shares, seconds."""

    good_m: float
    bad_m: float
    bad_share: float
    bad_s: float
    bias_m: tuple[float, float]
    delivered: float
    jump: float
    claim: tuple[float, float]
    wifi: float = 0.0
    cell: float = 0.0


FROZEN: Final = {
    Place.OPEN: Surroundings(2.5, 8, 0.03, 180, (1, 5), 0.99, 0.0005, (0.6, 1.2)),
    Place.URBAN: Surroundings(5, 18, 0.12, 240, (5, 15), 0.95, 0.002, (0.4, 1.0)),
    Place.CANYON: Surroundings(5, 30, 0.33, 240, (10, 20), 0.60, 0.005, (0.3, 1.0)),
    Place.INDOOR: Surroundings(10, 35, 0.25, 360, (10, 20), 0.60, 0.005, (0.3, 1.0), 0.30, 0.03),
}

STAY_S: Final = 36_000.0
JUMP_SIGMA_M: Final = 100.0
WIFI_SIGMA_M: Final = 27.0
WIFI_CLAIM: Final = 0.70
"""Share of the true scale a Wi-Fi fix claims, so that its 68 % radius covers about 45 %."""
CELL_MEDIAN_M: Final = 57.0
CELL_LOG_SIGMA: Final = log(729 / 57) / 1.2816
R68: Final = 1.515
MOVING_CORRELATION_S: Final = 7.0


@dataclass(frozen=True, slots=True)
class Reported:
    """One reported offset from the truth, with the radius (68 %) the tag claims for it."""

    dx_m: float
    dy_m: float
    claim_m_68: float
    source: Source
    hdop: float | None
    satellites: int | None


class ErrorSource:
    """The error of one tag on one person, carried on from fix to fix."""

    def __init__(self, rng: Generator) -> None:
        self._rng = rng
        self._place: Place | None = None
        self._bias = (0.0, 0.0)
        self._wifi_bias = (0.0, 0.0)
        self._noise = (0.0, 0.0)
        self._bad = False
        self._claim = 1.0
        self._correlation_s = 60.0

    def report(self, place: Place, motion_mps: float, since_s: float) -> Reported | None:
        """Return what is reported `since_s` after the last call, or None if no fix is delivered."""
        figures = FROZEN[place]
        rng = self._rng
        self._renew_stay(place, figures, since_s)
        self._renew_regime(figures, since_s)
        sigma = figures.bad_m if self._bad else figures.good_m
        self._carry_noise(sigma, MOVING_CORRELATION_S if motion_mps > 0.5 else None, since_s)
        if rng.random() >= figures.delivered:
            return None
        kind = rng.random()
        if kind < figures.cell:
            return self._cell()
        if kind < figures.cell + figures.wifi:
            return self._wifi()
        dx = self._bias[0] + self._noise[0]
        dy = self._bias[1] + self._noise[1]
        if rng.random() < figures.jump:
            dx += rng.normal(0, JUMP_SIGMA_M)
            dy += rng.normal(0, JUMP_SIGMA_M)
        claim = max(2.0, R68 * sigma * self._claim)
        return Reported(dx, dy, claim, Source.GNSS, *self._view())

    def _renew_stay(self, place: Place, figures: Surroundings, since_s: float) -> None:
        rng = self._rng
        if place is self._place and rng.random() >= 1 - exp(-since_s / STAY_S):
            return
        self._place = place
        size = rng.uniform(*figures.bias_m)
        direction = rng.uniform(0, 2)
        self._bias = _vector(size, direction)
        self._wifi_bias = (rng.normal(0, WIFI_SIGMA_M), rng.normal(0, WIFI_SIGMA_M))
        self._correlation_s = rng.uniform(30, 100)

    def _renew_regime(self, figures: Surroundings, since_s: float) -> None:
        rng = self._rng
        good_s = figures.bad_s * (1 - figures.bad_share) / figures.bad_share
        lasting = figures.bad_s if self._bad else good_s
        if rng.random() < 1 - exp(-since_s / lasting):
            self._bad = rng.random() < figures.bad_share if since_s > lasting else not self._bad
            self._claim = rng.uniform(*figures.claim)

    def _carry_noise(self, sigma: float, correlation_s: float | None, since_s: float) -> None:
        kept = exp(-since_s / (correlation_s or self._correlation_s))
        fresh = sigma * sqrt(1 - kept * kept)
        rng = self._rng
        self._noise = (
            kept * self._noise[0] + rng.normal(0, fresh),
            kept * self._noise[1] + rng.normal(0, fresh),
        )

    def _wifi(self) -> Reported:
        rng = self._rng
        dx = self._wifi_bias[0] + rng.normal(0, 3)
        dy = self._wifi_bias[1] + rng.normal(0, 3)
        return Reported(dx, dy, R68 * WIFI_SIGMA_M * WIFI_CLAIM, Source.WIFI, None, None)

    def _cell(self) -> Reported:
        rng = self._rng
        size = CELL_MEDIAN_M * exp(CELL_LOG_SIGMA * rng.normal())
        dx, dy = _vector(min(size, 5000.0), rng.uniform(0, 2))
        return Reported(dx, dy, max(50.0, size), Source.LBS, None, None)

    def _view(self) -> tuple[float, int]:
        rng = self._rng
        if self._bad:
            return round(rng.uniform(1.8, 6.0), 1), int(rng.integers(4, 8))
        return round(rng.uniform(0.7, 1.8), 1), int(rng.integers(8, 16))


def _vector(size: float, half_turns: float) -> tuple[float, float]:
    return size * cos(pi * half_turns), size * sin(pi * half_turns)
