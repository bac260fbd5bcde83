"""How a fix may err, ready for the rules to ask."""

from dataclasses import dataclass
from math import exp, log, sqrt

from tagwatch.core.uncertainty import ErrorMixture, quantised, r95_m


@dataclass(slots=True, eq=False)
class FixError:
    """How a fix may err. Beyond `reach_m` lies less than the zone floor of its probability.

    `parts` are weight and -1 / (2 sigma2) of each component.
    """

    mixture: ErrorMixture
    reach_m: float
    parts: tuple[tuple[float, float], ...]
    found_r95_m: float | None = None

    @property
    def r95_m(self) -> float:
        """Radius in metres that holds 95 % of the errors; found when first asked for."""
        if self.found_r95_m is None:
            self.found_r95_m = r95_m(self.mixture)
        return self.found_r95_m

    @classmethod
    def of(cls, mixture: ErrorMixture, floor: float) -> "FixError":
        """Return what the rules ask of `mixture`, ready."""
        pairs = zip(mixture.weights, mixture.sigmas_m, strict=True)
        return cls(mixture, reach_m(mixture, floor), tuple((w, -0.5 / (s * s)) for w, s in pairs))

    def beyond(self, gap_m: float) -> float:
        """Return P(|error| > gap_m), a whole multiple of 1e-6; 1 for no gap."""
        if gap_m <= 0.0:
            return 1.0
        squared = gap_m * gap_m
        total = 0.0
        for weight, factor in self.parts:
            total += weight * exp(factor * squared)
        return quantised(total)


def reach_m(mixture: ErrorMixture, share: float) -> float:
    """Return a radius beyond which lies less than `share` of the errors: each of the k
    components has at most a k-th of it there."""
    parts = len(mixture.weights)
    return max(
        sigma_m * sqrt(2.0 * max(0.0, log(parts * weight / share)))
        for weight, sigma_m in zip(mixture.weights, mixture.sigmas_m, strict=True)
    )
