"""The error model: from what a tag claims about a fix to a calibrated, heavy-tailed mixture.

A finite scale mixture of circular Gaussians keeps P(inside) exact (a weighted sum of contour
integrals). Every number is in `ErrorSettings`, published and journaled, with its origin.
"""

from math import exp, isfinite, log1p, sqrt

import msgspec
import numpy as np

from tagwatch.core.fix import FixBlock, Source
from tagwatch.core.geometry import PlanarShape, mixed_mass
from tagwatch.core.plane import Floats

QUANTUM = 1_000_000
"""Probabilities are whole multiples of 1 / QUANTUM before they are compared or stored."""


class FixQuality(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of how good a fix is; None where the tag did not say."""

    accuracy_m: float | None = None
    confidence: float | None = None
    """Share of errors the tag means to be within accuracy_m: 0.50, 0.68, 0.95 …"""
    hdop: float | None = None
    satellites: int | None = None
    source: Source = Source.UNKNOWN
    tag_model: str = ""


class ErrorMixture(msgspec.Struct, frozen=True, kw_only=True):
    """A zero-mean circular mixture: weights that sum to 1 and per-axis sigmas in metres.

    Raises ValueError when empty, of unequal lengths, or not made of positive numbers.
    """

    weights: tuple[float, ...]
    sigmas_m: tuple[float, ...]

    def __post_init__(self) -> None:
        numbers = (*self.weights, *self.sigmas_m)
        if not self.weights or len(self.weights) != len(self.sigmas_m):
            raise ValueError(
                f"{len(self.weights)} weights and {len(self.sigmas_m)} sigmas do not pair up"
            )
        if not all(isfinite(n) and n > 0.0 for n in numbers):
            raise ValueError(f"weights and sigmas must be positive: {numbers}")
        if abs(sum(self.weights) - 1.0) > 1e-9:
            raise ValueError(f"weights sum to {sum(self.weights)}, not to 1")


class Figure(msgspec.Struct, frozen=True):
    """A number that decides, and where it comes from."""

    value: float
    origin: str


class Stretch(msgspec.Struct, frozen=True, kw_only=True):
    """One component: this share of fixes errs by `factor` times the claim, plus a bias at rest."""

    weight: Figure
    factor: Figure
    rest_bias_m: Figure
    """Per-axis sigma of the steady bias, added in quadrature."""


class SourceErrors(msgspec.Struct, frozen=True, kw_only=True):
    """The error model of one source of fixes. Raises ValueError unless the weights sum to 1."""

    default_sigma_m: Figure
    """Per-axis sigma taken as the claim when the tag says nothing."""
    hdop_sigma_m: Figure
    """Per-axis sigma per unit of HDOP, taken as the claim when only HDOP is known."""
    floor_sigma_m: Figure
    """No claim is believed below this."""
    gross_weight: Figure
    gross_sigma_m: Figure
    stretches: tuple[Stretch, ...]

    def __post_init__(self) -> None:
        total = self.gross_weight.value + sum(part.weight.value for part in self.stretches)
        if abs(total - 1.0) > 1e-9:
            raise ValueError(f"the weights of an error model sum to {total}, not to 1")


_STREET = "in streets receivers' claims are 0.3 to 1.0 of the true scale"
_SHARE = "our choice, checked for coverage on drives and walks with known truth: docs/method.md"
_REST = "steady bias of 10 to 20 m of a tag at rest, as a per-axis sigma"
_JUMP = (
    "reflections above 100 m happen; our choice of share, below 1 % so that it does not rule R99"
)
_NO_BIAS = "the claim's own scale already holds the bias of a stay"

_GNSS = SourceErrors(
    default_sigma_m=Figure(10.0, "our choice: a middling street fix, about R95 25 m"),
    hdop_sigma_m=Figure(5.0, "our choice: 5 m of range error per axis and unit of HDOP"),
    floor_sigma_m=Figure(2.5, "open sky of the frozen error table; no receiver is believed better"),
    gross_weight=Figure(0.005, _JUMP),
    gross_sigma_m=Figure(100.0, "gross jumps of the frozen error table"),
    stretches=(
        Stretch(
            weight=Figure(0.35, _SHARE),
            factor=Figure(1.0, "a third of the fixes are as good as they claim"),
            rest_bias_m=Figure(4.0, "bias of a stay under open sky, 1 to 5 m"),
        ),
        Stretch(
            weight=Figure(0.40, _SHARE),
            factor=Figure(1.8, _STREET),
            rest_bias_m=Figure(10.0, _REST),
        ),
        Stretch(
            weight=Figure(0.205, _SHARE),
            factor=Figure(3.0, _STREET),
            rest_bias_m=Figure(14.0, _REST),
        ),
        Stretch(
            weight=Figure(0.04, _SHARE),
            factor=Figure(3.3, _STREET),
            rest_bias_m=Figure(30.0, "bad regime of a street canyon, which claims do not show"),
        ),
    ),
)

_WIFI_CLAIMS = "Wi-Fi claims cover about half of the errors"

_WIFI = SourceErrors(
    default_sigma_m=Figure(63.0, "phone Wi-Fi fixes: median error 74 m, divided by 1.177"),
    hdop_sigma_m=Figure(63.0, "HDOP says nothing of a Wi-Fi fix: as if unknown"),
    floor_sigma_m=Figure(15.0, "our choice: no Wi-Fi claim is believed below R95 37 m"),
    gross_weight=Figure(0.02, "our choice: moved or wrongly surveyed access points"),
    gross_sigma_m=Figure(500.0, "our choice: moved or wrongly surveyed access points"),
    stretches=(
        Stretch(
            weight=Figure(0.48, _WIFI_CLAIMS),
            factor=Figure(1.0, _WIFI_CLAIMS),
            rest_bias_m=Figure(10.0, _NO_BIAS),
        ),
        Stretch(
            weight=Figure(0.50, _WIFI_CLAIMS),
            factor=Figure(3.0, _WIFI_CLAIMS),
            rest_bias_m=Figure(10.0, _NO_BIAS),
        ),
    ),
)

_CELL = SourceErrors(
    default_sigma_m=Figure(510.0, "phone cell fixes: median error 600 m, divided by 1.177"),
    hdop_sigma_m=Figure(510.0, "HDOP says nothing of a cell fix: as if unknown"),
    floor_sigma_m=Figure(60.0, "cell-tower fixes of tags: median 57 m at best"),
    gross_weight=Figure(0.02, "our choice: a far mast answers"),
    gross_sigma_m=Figure(3000.0, "our choice: a far mast answers"),
    stretches=(
        Stretch(
            weight=Figure(0.48, "cell claims cover about half of the errors"),
            factor=Figure(1.0, "cell claims cover about half of the errors"),
            rest_bias_m=Figure(50.0, _NO_BIAS),
        ),
        Stretch(
            weight=Figure(0.50, "cell claims cover about half of the errors"),
            factor=Figure(3.0, "median 57 m but 90 % within 729 m: a heavy tail"),
            rest_bias_m=Figure(50.0, _NO_BIAS),
        ),
    ),
)


class TagModelErrors(msgspec.Struct, frozen=True, kw_only=True):
    """An error model measured for one tag model and source, in place of the source's."""

    tag_model: str
    source: Source
    errors: SourceErrors


class ErrorSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The published error model: one per source, and exceptions by tag model."""

    gnss: SourceErrors = _GNSS
    wifi: SourceErrors = _WIFI
    cell: SourceErrors = _CELL
    tag_models: tuple[TagModelErrors, ...] = ()
    ceiling_sigma_m: Figure = Figure(1e6, "our choice: a vaguer claim says nothing more")
    default_confidence: Figure = Figure(0.68, "Android's radius, the commonest claim, is 68 %")


def per_axis_sigma_m(radius_m: float, confidence: float) -> float:
    """Return the per-axis sigma of a circular Gaussian with that share inside `radius_m`.

    The factor is sqrt(-2 ln(1 - c)): 1.177 for 50 %, 1.515 for 68 %, 2.448 for 95 %.
    """
    return radius_m / sqrt(-2.0 * log1p(-confidence))


def error_mixture(quality: FixQuality, settings: ErrorSettings) -> ErrorMixture:
    """Return the calibrated error of a fix of that quality, whatever the tag left unsaid.

    An accuracy of 0, negative or not a number is unknown, never perfect.
    """
    errors = _errors_of(quality, settings)
    claim_m = min(_claimed_sigma_m(quality, errors, settings), settings.ceiling_sigma_m.value)
    claim_m = max(claim_m, errors.floor_sigma_m.value)
    sigmas = [
        sqrt((part.factor.value * claim_m) ** 2 + part.rest_bias_m.value**2)
        for part in errors.stretches
    ]
    gross_m = max(errors.gross_sigma_m.value, *sigmas)
    return ErrorMixture(
        weights=(*(part.weight.value for part in errors.stretches), errors.gross_weight.value),
        sigmas_m=(*sigmas, gross_m),
    )


def error_mixtures(block: FixBlock, settings: ErrorSettings) -> tuple[Floats, Floats]:
    """Return (sigmas_m, weights), both (n, k), of a block's fixes for `tail_bound`.

    Row by row what `error_mixture` says, to the last bits; shorter mixtures are filled up with
    components of weight 0. Models of single tag models are not looked up here: for a tag that
    has one, use `error_mixture`.
    """
    models = [errors_by_source(source, settings) for source in Source]
    width = 1 + max(len(model.stretches) for model in models)
    sigmas_m = np.ones((len(block), width))
    weights = np.zeros((len(block), width))
    for source, model in zip(Source, models, strict=True):
        rows = np.flatnonzero(block["source"] == source)
        claims_m = _claimed_sigmas_m(block[rows], model, settings)
        claims_m = np.minimum(claims_m, settings.ceiling_sigma_m.value)
        claims_m = np.maximum(claims_m, model.floor_sigma_m.value)
        for k, part in enumerate(model.stretches):
            stretched_m = part.factor.value * claims_m
            sigmas_m[rows, k] = np.sqrt(stretched_m * stretched_m + part.rest_bias_m.value**2)
            weights[rows, k] = part.weight.value
        widest_m = np.max(sigmas_m[rows, : len(model.stretches)], axis=1)
        sigmas_m[rows, -1] = np.maximum(widest_m, model.gross_sigma_m.value)
        weights[rows, -1] = model.gross_weight.value
    return sigmas_m, weights


def _claimed_sigmas_m(block: FixBlock, errors: SourceErrors, settings: ErrorSettings) -> Floats:
    """Return per-axis sigmas as claimed, shape (n,), as `_claimed_sigma_m` for each row."""
    accuracy_m, confidence, hdop = block["accuracy_m"], block["confidence"], block["hdop"]
    stated = (confidence > 0.0) & (confidence < 1.0)
    share = np.where(stated, confidence, settings.default_confidence.value)
    with np.errstate(over="ignore"):  # the ceiling takes what overflows
        by_radius_m = accuracy_m / np.sqrt(-2.0 * np.log1p(-share))
        scaled_m = hdop * errors.hdop_sigma_m.value
    by_hdop_m = np.where(np.isfinite(hdop) & (hdop > 0.0), scaled_m, errors.default_sigma_m.value)
    return np.where(np.isfinite(accuracy_m) & (accuracy_m > 0.0), by_radius_m, by_hdop_m)


def p_inside(shape: PlanarShape, x_m: float, y_m: float, mixture: ErrorMixture) -> float:
    """Return the probability that the true place of a fix at (x_m, y_m) lies in the shape.

    A whole multiple of 1e-6, so that it compares and stores alike on every machine.
    """
    return quantised(mixed_mass(shape, x_m, y_m, mixture.weights, mixture.sigmas_m))


def quantised(probability: float) -> float:
    """Return the nearest whole multiple of 1e-6 within 0 to 1."""
    whole = round(probability * QUANTUM)
    if 0 < whole < QUANTUM:
        return whole / QUANTUM
    return 0.0 if whole <= 0 else 1.0


def r95_m(mixture: ErrorMixture) -> float:
    """Return the radius in metres that holds 95 % of the errors: the circle people are shown."""
    return radius_m(mixture, 0.95)


def r99_m(mixture: ErrorMixture) -> float:
    """Return the radius in metres that holds 99 % of the errors."""
    return radius_m(mixture, 0.99)


def radius_m(mixture: ErrorMixture, share: float) -> float:
    """Return the radius that holds `share` of the errors, to a millimetre or better, not below.

    Raises ValueError unless 0 < share < 1.
    """
    if not 0.0 < share < 1.0:
        raise ValueError(f"share {share} is not between 0 and 1")
    factor = sqrt(-2.0 * log1p(-share))
    low, high = min(mixture.sigmas_m) * factor, max(mixture.sigmas_m) * factor
    while high - low > 0.0005:
        middle = 0.5 * (low + high)
        if tail(mixture, middle) > 1.0 - share:
            low = middle
        else:
            high = middle
    return high


def tail(mixture: ErrorMixture, distance_m: float) -> float:
    """Return P(|error| > distance_m), exactly."""
    return sum(
        weight * exp(-0.5 * (distance_m / sigma_m) ** 2)
        for weight, sigma_m in zip(mixture.weights, mixture.sigmas_m, strict=True)
    )


def _errors_of(quality: FixQuality, settings: ErrorSettings) -> SourceErrors:
    for model in settings.tag_models:
        if model.tag_model == quality.tag_model and model.source is quality.source:
            return model.errors
    return errors_by_source(quality.source, settings)


def errors_by_source(source: Source, settings: ErrorSettings) -> SourceErrors:
    """Return a source's model; an unknown source is taken for GNSS, as phones do not say."""
    if source is Source.WIFI:
        return settings.wifi
    return settings.cell if source in (Source.LBS, Source.RF) else settings.gnss


def claimed_sigma_m(quality: FixQuality, settings: ErrorSettings) -> float | None:
    """Return the sigma per axis that a fix claims, by its radius or else its HDOP; None where it
    claims nothing. 0, negative and not a number claim nothing."""
    return _claim_m(quality, _errors_of(quality, settings), settings)


def _claimed_sigma_m(quality: FixQuality, errors: SourceErrors, settings: ErrorSettings) -> float:
    claim_m = _claim_m(quality, errors, settings)
    return errors.default_sigma_m.value if claim_m is None else claim_m


def _claim_m(quality: FixQuality, errors: SourceErrors, settings: ErrorSettings) -> float | None:
    accuracy_m = quality.accuracy_m
    if accuracy_m is not None and isfinite(accuracy_m) and accuracy_m > 0.0:
        confidence = quality.confidence
        if confidence is None or not 0.0 < confidence < 1.0:
            confidence = settings.default_confidence.value
        return per_axis_sigma_m(accuracy_m, confidence)
    if quality.hdop is not None and isfinite(quality.hdop) and quality.hdop > 0.0:
        return quality.hdop * errors.hdop_sigma_m.value
    return None
