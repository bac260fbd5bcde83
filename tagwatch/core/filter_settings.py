"""The numbers of the position filter, each with where it comes from.

A `Level` is one way in which fixes err; four of them make up a kind of surroundings. "The error
table" is the simulator's frozen one, taken from published statistics of consumer receivers.
"""

from enum import IntEnum
from math import exp, inf, isfinite, log
from typing import Final

import msgspec

from tagwatch.core.fix import Source

MOTIONS: Final = 3
"""Still, on foot, in a vehicle: how he moved between the fix before and this one."""
LEVELS: Final = 4
"""Clear, street, bad, stuck: how fixes err."""


class Surroundings(IntEnum):
    """What is known of the place a fix was taken at; it picks the levels."""

    UNKNOWN = 0
    OPEN = 1
    URBAN = 2
    CANYON = 3
    INDOOR = 4


class Level(msgspec.Struct, frozen=True, kw_only=True):
    """One way in which satellite fixes err; metres are per axis."""

    share: float
    """Of fixes, before the claim is looked at."""
    noise_m: float
    """Sigma of the error that comes and goes within a minute."""
    bias_m: float
    """Sigma of the steady error of a stay."""
    lasting_s: float
    """Mean time until the level changes."""
    claims_m: tuple[float, float]
    """Claimed sigmas that go with it."""
    claim_factor: float = 1.0
    """The noise is at least this multiple of the claim."""
    open_sky: bool = False
    """Levels that differ in this are of different surroundings: between them the bias is new."""
    origin: str


_GOOD: Final = "error table, good regime"
_BAD: Final = "error table, bad regime"
_HEDGE: Final = "our choice: one fix in a hundred, in case the place is not what it is taken for"
_STUCK: Final = "plateau of the error table: 30 to 80 m for 5 to 30 minutes, once a day"
_MOST_M: Final = 1e7


def _stuck(bias_m: float, open_sky: bool = False) -> Level:
    return Level(
        share=0.003,
        noise_m=40.0,
        bias_m=bias_m,
        lasting_s=1050.0,
        claims_m=(1.2, 30.0),
        claim_factor=1.4,
        open_sky=open_sky,
        origin=_STUCK,
    )


def _wrong_open() -> Level:
    return Level(
        share=0.01,
        noise_m=2.5,
        bias_m=3.0,
        lasting_s=7200.0,
        claims_m=(1.2, 3.0),
        open_sky=True,
        origin=_HEDGE,
    )


def _built(
    good: tuple[float, float, float],
    bad: tuple[float, float, float],
    bias_m: float,
    claims: tuple[float, float],
) -> tuple[Level, ...]:
    """Return a row of the error table; good and bad are (share, noise_m, lasting_s)."""
    parts = [
        Level(
            share=share,
            noise_m=noise_m,
            bias_m=bias_m,
            lasting_s=lasting_s,
            claims_m=(claims[0] * noise_m, claims[1] * noise_m if name == _GOOD else _MOST_M),
            origin=name,
        )
        for (share, noise_m, lasting_s), name in ((good, _GOOD), (bad, _BAD))
    ]
    return (_wrong_open(), *parts, _stuck(bias_m))


_UNKNOWN: Final = (
    Level(
        share=0.247,
        noise_m=2.5,
        bias_m=5.0,
        lasting_s=7200.0,
        claims_m=(1.2, 3.0),
        claim_factor=0.8,
        open_sky=True,
        origin="error table, open sky; share our choice",
    ),
    Level(
        share=0.40,
        noise_m=6.5,
        bias_m=13.0,
        lasting_s=1800.0,
        claims_m=(1.5, 7.0),
        origin="error table, good regimes of urban, canyon and indoor; widened on a Berlin drive",
    ),
    Level(
        share=0.35,
        noise_m=20.0,
        bias_m=13.0,
        lasting_s=400.0,
        claims_m=(4.0, _MOST_M),
        claim_factor=1.4,
        origin="error table, bad regimes at claims of 0.3 to 1; share and noise from Berlin",
    ),
    _stuck(13.0),
)

_OPEN: Final = (
    Level(
        share=0.96,
        noise_m=2.5,
        bias_m=2.3,
        lasting_s=5000.0,
        claims_m=(1.2, 3.0),
        open_sky=True,
        origin=_GOOD,
    ),
    Level(
        share=0.01,
        noise_m=6.5,
        bias_m=11.0,
        lasting_s=1800.0,
        claims_m=(1.5, 7.0),
        origin=_HEDGE,
    ),
    Level(
        share=0.03,
        noise_m=8.0,
        bias_m=2.3,
        lasting_s=180.0,
        claims_m=(4.8, _MOST_M),
        open_sky=True,
        origin=_BAD,
    ),
    _stuck(2.3, open_sky=True),
)


class FilterSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the position filter goes by. Levels are in the order clear, street, bad, stuck."""

    unknown: tuple[Level, ...] = _UNKNOWN
    open_sky: tuple[Level, ...] = _OPEN
    urban: tuple[Level, ...] = _built((0.87, 5.0, 1800.0), (0.12, 18.0, 240.0), 7.4, (0.4, 1.0))
    canyon: tuple[Level, ...] = _built((0.67, 5.0, 490.0), (0.33, 30.0, 240.0), 10.8, (0.3, 1.0))
    indoor: tuple[Level, ...] = _built((0.74, 10.0, 1080.0), (0.25, 35.0, 360.0), 10.8, (0.3, 1.0))
    fold_s: float = 10.0
    """Fixes nearer in time than this to the last one that counted do not count: errors persist."""
    start_s: float = 1200.0
    """Mean time a resting person stays at rest. Our choice."""
    start_flagged_s: float = 3000.0
    """The same for somebody whose tag says that it lies still. Our choice."""
    foot_share: float = 0.7
    """Of those who start to move, on foot. Our choice."""
    foot_stop_s: float = 180.0
    """Mean time of a walk until a stop. Our choice."""
    vehicle_stop_s: float = 90.0
    """Mean time of a ride until a stop. Our choice."""
    foot_mps: float = 2.0
    """Per-axis sigma of the speed on foot."""
    foot_straight_s: float = 30.0
    """A walk keeps its direction about this long."""
    vehicle_mps: float = 10.0
    """Per-axis sigma of the speed of a vehicle in a city."""
    vehicle_straight_s: float = 1800.0
    """A ride may keep its direction this long (a train)."""
    still_m2_per_s: float = 1.0 / 600.0
    """Growth of the variance of a person at rest: about his rooms."""
    noise_still_s: float = 60.0
    """Correlation time of the noise at rest; error table: 30 to 100 s."""
    noise_moving_s: float = 7.0
    """Correlation time of the noise on the move; error table."""
    bias_moving_s: float = 25.0
    """Time after which the bias on the move is another; errors of a Berlin drive lasted so long."""
    forget_s: float = 600.0
    """At rest, bias and place cannot be told apart; what earlier fixes said of the split fades."""
    free_m: float = 60.0
    """On the move the place before does not pull back: per-axis sigma added before a fix counts."""
    gross_share: float = 0.005
    """Of fixes that jump; error table."""
    gross_m: float = 100.0
    """Per-axis sigma of such a jump; error table."""
    jitter_m: float = 1.0
    """White error of a fix beside all else. Our choice."""
    plateau_s: float = 86400.0
    """Mean time until a position sticks; error table: once a day."""
    plateau_rest_s: float = 43200.0
    """The same at rest, where it would be taken for a move: twice a day, to be careful."""
    stuck_evidence: float = 0.2
    """Weight of fixes that agree as evidence that a place sticks; chosen between plateaus taken
    for entries (more) and entries taken for plateaus (less)."""
    least_claim_m: float = 1.5
    """No claim is believed below this sigma."""
    flag_right: float = 0.98
    """P(the tag's motion flag is right at the time of a fix). Our choice."""
    network_factor: float = 1.45
    """Wi-Fi and cell errors per claimed sigma: claims cover 45 % where 68 % is claimed."""
    network_least_m: float = 22.0
    """No network fix is believed below this sigma."""
    network_from_m: float = 60.0
    """A fix of unknown source that claims more than this sigma is taken for a network fix: a
    receiver that has a place claims less. Our choice."""
    network_gross_share: float = 0.08
    """Of network fixes by a moved or far transmitter. Our choice."""
    network_gross_factor: float = 4.0
    """Their sigma, as a multiple."""
    evidence_s: float = 60.0
    """So long apart, fixes that agree are full evidence of small noise; sooner, in proportion."""
    lost: float = 1e-30
    """A fix less likely than this (per square metre) under every way of moving starts anew."""

    def by_satellite(self, claim_m: float | None, source: Source) -> bool:
        """Return whether a fix is by satellite, and does not repeat one error of a mast, router or
        beacon for a whole stay: one of unknown source if it claims no more than can be."""
        if source == Source.UNKNOWN:
            return claim_m is None or not self.network_from_m < claim_m < inf
        return source == Source.GNSS

    def claims(self, claim_m: float | None, source: Source) -> tuple[float, float]:
        """Return the logarithm of what a satellite fix claims, NO_CLAIM for nothing and for other
        fixes, and the variance of such another fix, 0 for one by satellite."""
        satellite = self.by_satellite(claim_m, source)
        if claim_m is not None and isfinite(claim_m) and claim_m > 0.0:
            claim = log(min(max(claim_m, self.least_claim_m), 1e6))
        elif satellite:
            claim = NO_CLAIM
        else:  # what is usual for a network fix without a claim
            claim = log(63.0 if source is Source.WIFI else 510.0)
        if satellite:
            return claim, 0.0
        network_m = max(self.network_least_m, self.network_factor * exp(claim))
        return NO_CLAIM, network_m * network_m


STEADY_SHARE: Final = 0.98
"""P that the place the fixes show lies as deep as a steady depth says, or deeper."""
NO_CLAIM: Final = -99.0
"""Logarithm of a claim that was not made."""
SETTINGS_HEAD: Final = 24
LEVEL_WIDTH: Final = 9
# Places in the flat form: general numbers first, then LEVEL_WIDTH numbers a level.
(
    START,
    START_FLAGGED,
    FOOT_SHARE,
    FOOT_STOP,
    RIDE_STOP,
    FOOT,
    FOOT_STRAIGHT,
    RIDE,
    RIDE_STRAIGHT,
    STILL_GROWTH,
    NOISE_STILL,
    NOISE_MOVING,
    BIAS_MOVING,
    FORGET,
    FREE_2,
    GROSS_SHARE,
    GROSS_2,
    JITTER_2,
    PLATEAU,
    PLATEAU_REST,
    FLAG_STILL,
    LOST,
    EVIDENCE,
    STUCK_EVIDENCE,
) = range(SETTINGS_HEAD)
SHARE, NOISE, BIAS, LASTING, CLAIM_LOW, CLAIM_HIGH, CLAIM_WIDTH, CLAIM_FACTOR, SKY = range(
    LEVEL_WIDTH
)

CLAIM_SKIRT: Final = 0.2
"""Claims outside a level's range fade over this much of their logarithm."""

Numbers = tuple[float, ...]
"""The settings for one kind of surroundings, flat."""


def numbers(settings: FilterSettings, surroundings: Surroundings) -> Numbers:
    """Return what the scalar path reads, for fixes in these surroundings."""
    levels = (
        settings.unknown,
        settings.open_sky,
        settings.urban,
        settings.canyon,
        settings.indoor,
    )[surroundings]
    if len(levels) != LEVELS:
        raise ValueError(f"{len(levels)} levels for {surroundings.name}, not {LEVELS}")
    head = (
        settings.start_s,
        settings.start_flagged_s,
        settings.foot_share,
        settings.foot_stop_s,
        settings.vehicle_stop_s,
        settings.foot_mps,
        settings.foot_straight_s,
        settings.vehicle_mps,
        settings.vehicle_straight_s,
        settings.still_m2_per_s,
        settings.noise_still_s,
        settings.noise_moving_s,
        settings.bias_moving_s,
        settings.forget_s,
        settings.free_m**2,
        settings.gross_share,
        settings.gross_m**2,
        settings.jitter_m**2,
        settings.plateau_s,
        settings.plateau_rest_s,
        settings.flag_right,
        settings.lost,
        settings.evidence_s,
        settings.stuck_evidence,
    )
    flat = [float(number) for number in head]
    for level in levels:
        low, high = log(level.claims_m[0]), log(level.claims_m[1])
        width = min(high, low + 2.0) - low + 2.5 * CLAIM_SKIRT
        flat += [
            level.share,
            level.noise_m,
            level.bias_m,
            level.lasting_s,
            low,
            high,
            4.0 if level is levels[3] else width,
            level.claim_factor,
            float(level.open_sky),
        ]
    return tuple(flat)
