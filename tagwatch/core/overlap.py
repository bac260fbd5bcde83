"""Which share of a circle's area lies within a disc: exact, and stable for any two radii.

The lens of two circles is a segment of each. A segment of half angle a has the area
r² (a - sin a cos a), which for small a is the difference of two nearly equal numbers; there a
series takes its place.
"""

from math import atan2, cos, isfinite, pi, sin, sqrt
from typing import Final

_SMALL: Final = 0.05
"""Half angles below this are taken by the series: its next term is under 1e-15 of the whole."""


def circle_share(radius_m: float, offset_m: float, disc_m: float) -> float:
    """Return the share, 0 to 1, of the area of a circle of `radius_m` that lies within a disc of
    `disc_m` whose centre is `offset_m` away.

    A circle of radius 0 is a point: wholly within the disc (its rim included) or not at all.
    Raises ValueError for a number that is negative or not finite: an unknown radius has no area.
    """
    if not (isfinite(radius_m) and isfinite(offset_m) and isfinite(disc_m)):
        raise ValueError(f"radius {radius_m}, offset {offset_m} and disc {disc_m} must be known")
    if min(radius_m, offset_m, disc_m) < 0.0:
        raise ValueError(f"radius {radius_m}, offset {offset_m}, disc {disc_m}: none is negative")
    if offset_m <= disc_m - radius_m:
        return 1.0
    if offset_m >= disc_m + radius_m:
        return 0.0
    if offset_m <= radius_m - disc_m:
        return (disc_m / radius_m) ** 2
    scale = 1.0 / radius_m
    return _lens(offset_m * scale, disc_m * scale)


def largest_radius_m(disc_m: float, share: float) -> float:
    """Return the largest circle of which that share can lie within the disc at all.

    At dead centre the share of a larger circle is disc² / radius²: of a disc of 100 m it is half
    at 141.4 m, and under half (100² / 142² = 0.496) from 142 m on, wherever the circle lies.
    Raises ValueError unless 0 < share <= 1.
    """
    if not 0.0 < share <= 1.0:
        raise ValueError(f"share {share} is not above 0 and at most 1")
    return disc_m / sqrt(share)


def _lens(d: float, r: float) -> float:
    """Return the common area of two crossing circles of radius 1 and r, d apart, over π."""
    # Heron's product of the triangle of the centres and a crossing; root by root, or the product
    # of two small differences would be nothing.
    factors = (d + (1.0 + r), d + (1.0 - r), d - (1.0 - r), (1.0 + r) - d)
    height = 1.0
    for factor in factors:
        height *= sqrt(max(factor, 0.0))
    own = atan2(height, d * d + (1.0 - r) * (1.0 + r))
    other = atan2(height, d * d - (1.0 - r) * (1.0 + r))
    area = _segment(own) + r * r * _segment(other)
    return min(1.0, max(0.0, area / pi))


def _segment(half: float) -> float:
    """Return a - sin a cos a."""
    if half > _SMALL:
        return half - sin(half) * cos(half)
    t = 4.0 * half * half
    # (t' - sin t') / 2 with t' = 2 a
    return half * t / 6.0 * (1.0 - t / 20.0 * (1.0 - t / 42.0 * (1.0 - t / 72.0)))
