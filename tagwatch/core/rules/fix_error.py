"""How a fix may err, ready for the rules to ask."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, isfinite, isnan, log, sqrt
from typing import Final

from tagwatch.core.fix import Source
from tagwatch.core.ids import FixId
from tagwatch.core.rules.kept import Kept
from tagwatch.core.settings import Settings
from tagwatch.core.uncertainty import (
    ErrorMixture,
    FixQuality,
    claimed_sigma_m,
    error_mixture,
    quantised,
    r95_m,
    radius_m,
)

REGION: Final = 0.99
"""COMPLIANT needs the zone outside the region that holds this share of the error."""

WIDE_REGION: Final = 0.999
"""Where many fixes are asked, one that errs beyond this share would exclude what was."""


@dataclass(slots=True, eq=False)
class FixError:
    """How a fix may err by itself. An area farther than `near_m` is no matter for the filter: it
    lies outside the region that holds 99 % of the fix's errors.

    `parts` are weight and -1 / (2 sigma2) of each component.
    """

    mixture: ErrorMixture
    near_m: float
    parts: tuple[tuple[float, float], ...]
    log_claim: float
    claim2: float
    """As the filter takes them (`FilterSettings.claims`)."""
    found_r95_m: float | None = None
    found_region_m: float | None = None
    found_wide_m: float | None = None

    @property
    def r95_m(self) -> float:
        """Radius in metres that holds 95 % of the errors; found when first asked for."""
        if self.found_r95_m is None:
            self.found_r95_m = r95_m(self.mixture)
        return self.found_r95_m

    @property
    def region_m(self) -> float:
        """Radius in metres of the region that holds `REGION` of the errors; found when asked."""
        if self.found_region_m is None:
            self.found_region_m = radius_m(self.mixture, REGION)
        return self.found_region_m

    @property
    def wide_m(self) -> float:
        """Radius in metres that holds `WIDE_REGION` of the errors; found when first asked for."""
        if self.found_wide_m is None:
            self.found_wide_m = radius_m(self.mixture, WIDE_REGION)
        return self.found_wide_m

    @classmethod
    def of(
        cls, mixture: ErrorMixture, claim_m: float | None, source: Source, settings: Settings
    ) -> "FixError":
        """Return what the rules and the filter ask of `mixture`, ready."""
        pairs = zip(mixture.weights, mixture.sigmas_m, strict=True)
        near_m = max(settings.zone.near_m, reach_m(mixture, 1.0 - REGION))
        parts = tuple((w, -0.5 / (s * s)) for w, s in pairs)
        return cls(mixture, near_m, parts, *settings.filter.claims(claim_m, source))

    def beyond(self, gap_m: float) -> float:
        """Return P(|error| > gap_m), a whole multiple of 1e-6; 1 for no gap."""
        if gap_m <= 0.0:
            return 1.0
        squared = gap_m * gap_m
        total = 0.0
        for weight, factor in self.parts:
            total += weight * exp(factor * squared)
        return quantised(total)


Said = tuple[float, float, float, int, int]
"""Radius, its share, HDOP, satellites and source of a fix; NaN and -1 are unknown."""


class FixErrors:
    """Errors of fixes by what was said of them, each made once; at most `most` are kept."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: Kept[tuple[object, ...], FixError] = Kept(most)
        self._believed: dict[tuple[int, str], dict[tuple[float, float, int], FixError]] = {}
        """By settings' version and tag model, then by radius, share and source: those that these
        three tell, which most fixes ask for."""

    def __len__(self) -> int:
        return len(self._kept)

    def of_all(self, rows: Sequence[Said], tag_model: str, settings: Settings) -> list[FixError]:
        """Return how fixes may err: the numbers of each as `of` takes them, in its order."""
        kept = self._believed_by(tag_model, settings)
        return [
            kept.get((row[0], row[1], row[4])) or self.of(*row, tag_model, settings) for row in rows
        ]

    def of(
        self,
        accuracy_m: float,
        confidence: float,
        hdop: float,
        satellites: int,
        source: int,
        tag_model: str,
        settings: Settings,
    ) -> FixError:
        """Return how a fix may err; NaN and -1 are unknown. Found again by settings.version."""
        believed = self._believed_by(tag_model, settings)
        found = believed.get((accuracy_m, confidence, source))  # never of NaN
        if found is not None:
            return found
        known_m = None if isnan(accuracy_m) else accuracy_m
        share = None if isnan(confidence) else confidence
        dilution = None if isnan(hdop) else hdop
        # As in `error_mixture`: a radius that can be believed makes HDOP and satellites idle.
        is_believed = known_m is not None and isfinite(known_m) and known_m > 0.0
        view = (None, -1) if is_believed else (dilution, satellites)
        key = (settings.version, known_m, share, view, source, tag_model)
        found = self._kept.get(key)
        if found is None:
            quality = FixQuality(
                accuracy_m=known_m,
                confidence=share,
                hdop=dilution,
                satellites=satellites if satellites >= 0 else None,
                source=Source(source),
                tag_model=tag_model,
            )
            mixture = error_mixture(quality, settings.errors)
            claim_m = claimed_sigma_m(quality, settings.errors)
            found = FixError.of(mixture, claim_m, quality.source, settings)
            self._kept.put(key, found)
        if is_believed and share is not None:
            if len(believed) >= self._most:
                believed.clear()
            believed[accuracy_m, confidence, source] = found
        return found

    def _believed_by(
        self, tag_model: str, settings: Settings
    ) -> dict[tuple[float, float, int], FixError]:
        return self._believed.setdefault((settings.version, tag_model), {})


@dataclass(slots=True, eq=False)
class PlacedFix:
    """A fix as the rules read it."""

    at: int
    lon_deg: float
    lat_deg: float
    fix_id: FixId
    error: FixError
    source: int = 0
    motion: int = 0


def reach_m(mixture: ErrorMixture, share: float) -> float:
    """Return a radius beyond which lies less than `share` of the errors: each of the k
    components has at most a k-th of it there."""
    parts = len(mixture.weights)
    return max(
        sigma_m * sqrt(2.0 * max(0.0, log(parts * weight / share)))
        for weight, sigma_m in zip(mixture.weights, mixture.sigmas_m, strict=True)
    )
