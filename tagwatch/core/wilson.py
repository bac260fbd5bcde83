"""Wilson's score interval of a share (Wilson 1927): honest for few trials and for none or all."""

from math import sqrt
from typing import Final

_Z: Final = 1.959964
"""Of the standard normal, for 95 %."""


def wilson(hits: int, trials: int) -> tuple[float, float]:
    """Return the 95 % bounds of hits / trials; (0, 1) without trials. Raises ValueError for more
    hits than trials."""
    if not 0 <= hits <= trials:
        raise ValueError(f"{hits} of {trials} is no share")
    if trials == 0:
        return 0.0, 1.0
    p, z2 = hits / trials, _Z * _Z
    centre = (p + z2 / (2 * trials)) / (1 + z2 / trials)
    half = _Z / (1 + z2 / trials) * sqrt(p * (1 - p) / trials + z2 / (4 * trials * trials))
    return max(0.0, centre - half), min(1.0, centre + half)
