"""How near two people are to each other, by a fix of each: both errors, and the age between them.

The older fix has aged by the time of the newer one, and whoever made it may have moved on. On foot
that is one more error, which grows with the age; certain is only what holds however fast either
can have gone.
"""

from dataclasses import dataclass
from functools import lru_cache
from math import exp, hypot, sqrt
from typing import Final, TypeAlias

from tagwatch.core.fix import Motion
from tagwatch.core.geometry import Disc, LonLat, PlanarShape, Plane, mixed_mass, planar
from tagwatch.core.outcome import Compliance
from tagwatch.core.rules.fix_error import REGION, PlacedFix
from tagwatch.core.settings import Settings
from tagwatch.core.uncertainty import ErrorMixture, quantised, radius_m
from tagwatch.core.units import SECOND

_STILL: Final = int(Motion.STILL)
_BEYOND: Final = quantised(1.0 - REGION)
_LEAST: Final = 1e-4
"""A chance that is certainly less counts as none."""
_NOWHERE: Final = Plane.at(LonLat(lon_deg=0.0, lat_deg=0.0))
"""A disc weighs the same wherever it lies."""
_Mixture: TypeAlias = tuple[tuple[float, ...], tuple[float, ...]]


@dataclass(frozen=True, slots=True)
class Nearness:
    """What a fix of each says of the distance between two people at the time of the later one."""

    measured_m: float
    """Between the two fixes as they stand."""
    age_s: float
    """Of the older fix by then."""
    near: float
    """P(nearer than the limit), a whole multiple of 1e-6."""
    sure: float
    """The same if they were farther apart by `steady_m` than the fixes show."""
    most: float
    """The most that `near` could be with such errors: of two who stand at one place."""
    clear: bool
    """The 99 % region of the distance is beyond the limit, as fast as either can have gone."""

    def answer(self, protect: float) -> Compliance:
        """Return COMPLIANT or CANNOT_SAY: two fixes alone are never a breach."""
        return Compliance.COMPLIANT if self.clear and self.near < protect else Compliance.CANNOT_SAY


def nearness(one: PlacedFix, other: PlacedFix, limit_m: float, settings: Settings) -> Nearness:
    """Return how near the two are, by a fix of each, in any order."""
    measured_m = distance_m(one, other)
    weights, sigmas_m = _errors(one, other, _moved_m(one, other, settings))
    disc = _disc(limit_m)
    far = _beyond(max(0.0, measured_m - limit_m), weights, sigmas_m) < _LEAST
    near = 0.0 if far else quantised(mixed_mass(disc, measured_m, 0.0, weights, sigmas_m))
    farther_m = measured_m + settings.encounter.steady_m
    sure = 0.0 if far else quantised(mixed_mass(disc, farther_m, 0.0, weights, sigmas_m))
    gap_m = measured_m - limit_m - reach_m(one, other, settings)
    return Nearness(
        measured_m=measured_m,
        age_s=abs(one.at - other.at) / SECOND,
        near=near,
        sure=sure,
        most=quantised(1.0 - _beyond(limit_m, weights, sigmas_m)),
        clear=gap_m > 0.0 and quantised(_beyond(gap_m, *_errors(one, other, 0.0))) <= _BEYOND,
    )


def distance_m(one: PlacedFix, other: PlacedFix) -> float:
    """Return metres between the places of two fixes as they stand."""
    middle = LonLat(
        lon_deg=0.5 * (one.lon_deg + other.lon_deg), lat_deg=0.5 * (one.lat_deg + other.lat_deg)
    )
    plane = Plane.at(middle)
    ax_m, ay_m = plane.xy(one.lon_deg, one.lat_deg)
    bx_m, by_m = plane.xy(other.lon_deg, other.lat_deg)
    return hypot(bx_m - ax_m, by_m - ay_m)


def error_m_95(one: PlacedFix, other: PlacedFix) -> float:
    """Return by how much the measured distance may be off, 95 %, if neither had moved."""
    weights, sigmas_m = _errors(one, other, 0.0)
    return radius_m(ErrorMixture(weights=weights, sigmas_m=sigmas_m), 0.95)


def reach_m(one: PlacedFix, other: PlacedFix, settings: Settings) -> float:
    """Return how far the older fix's wearer can have gone by the time of the newer one."""
    top_mps = max(mode.top_mps for mode in settings.motion.modes)
    return top_mps * abs(one.at - other.at) / SECOND


def _moved_m(one: PlacedFix, other: PlacedFix, settings: Settings) -> float:
    """Return the per-axis sigma of where the older fix's wearer has gone on foot since."""
    older = one if one.at <= other.at else other
    rules = settings.encounter
    speed_mps = rules.rest_mps if older.motion == _STILL else rules.spread_mps
    return speed_mps * abs(one.at - other.at) / SECOND


def _errors(one: PlacedFix, other: PlacedFix, moved_m: float) -> _Mixture:
    """Return weights and per-axis sigmas of the difference of two places, `moved_m` of a walk in
    it."""
    weights: list[float] = []
    sigmas_m: list[float] = []
    more = moved_m * moved_m
    theirs = list(zip(other.error.mixture.weights, other.error.mixture.sigmas_m, strict=True))
    for weight, sigma_m in zip(one.error.mixture.weights, one.error.mixture.sigmas_m, strict=True):
        square = sigma_m * sigma_m + more
        for its_weight, its_sigma_m in theirs:
            weights.append(weight * its_weight)
            sigmas_m.append(sqrt(square + its_sigma_m * its_sigma_m))
    return tuple(weights), tuple(sigmas_m)


def _beyond(distance_m: float, weights: tuple[float, ...], sigmas_m: tuple[float, ...]) -> float:
    """Return P(|error| > distance_m)."""
    half = -0.5 * distance_m * distance_m
    return sum(w * exp(half / (s * s)) for w, s in zip(weights, sigmas_m, strict=True))


@lru_cache(maxsize=64)
def _disc(radius_m: float) -> PlanarShape:
    return planar(Disc(centre=_NOWHERE.origin, radius_m=radius_m), _NOWHERE)
