"""Which way somebody went, and how fast, from two fixes with their radii: bounds, never a fact."""

from math import asin, atan2, degrees

import msgspec

from tagwatch.core.plane import LonLat, Plane


class Heading(msgspec.Struct, frozen=True, kw_only=True):
    """Direction and speed between two fixes, as far as their 95 % circles allow."""

    bearing_deg: float
    """Clockwise from north."""
    within_deg: float
    """The direction lies within this on either side."""
    slowest_mps: float
    fastest_mps: float
    """Of a straight way; by a detour he was faster."""


def heading(
    before: LonLat, before_r95_m: float, after: LonLat, after_r95_m: float, seconds: float
) -> Heading | None:
    """Return how somebody went from one fix to the next, None if he may not have moved at all."""
    x_m, y_m = Plane.at(before).xy(after.lon_deg, after.lat_deg)
    between_m = (x_m * x_m + y_m * y_m) ** 0.5
    apart_m = before_r95_m + after_r95_m
    if seconds <= 0.0 or between_m <= apart_m:
        return None
    return Heading(
        bearing_deg=degrees(atan2(x_m, y_m)) % 360.0,
        within_deg=degrees(asin(apart_m / between_m)),
        slowest_mps=(between_m - apart_m) / seconds,
        fastest_mps=(between_m + apart_m) / seconds,
    )
