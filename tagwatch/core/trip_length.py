"""How long a way was, as an interval: errors make a track longer, and fixes cut its corners."""

from math import hypot, sqrt
from typing import Final

import numpy as np

from tagwatch.core.plane import Floats

_ONE_SIDED: Final = 1.645
"""Of the standard normal: 5 % beyond."""


def least_m(x_m: Floats, y_m: Floats, sigma_m: Floats) -> float:
    """Return what the way through these places is longer than, with 95 % probability.

    Only corners that errors cannot have made count (Douglas and Peucker 1973, with the 95 % circle
    for tolerance), and their errors are taken off.
    """
    corners = _corners(x_m, y_m, sigma_m)
    dx, dy = np.diff(x_m[corners]), np.diff(y_m[corners])
    legs = np.hypot(dx, dy)
    if not legs.any():
        return 0.0
    # The length changes by the error of a corner times the difference of the directions there.
    ux, uy = dx / np.maximum(legs, 1e-9), dy / np.maximum(legs, 1e-9)
    turn_x = np.diff(np.concatenate(([0.0], ux, [0.0])))
    turn_y = np.diff(np.concatenate(([0.0], uy, [0.0])))
    spread = sqrt(float(np.sum(sigma_m[corners] ** 2 * (turn_x**2 + turn_y**2))))
    return max(0.0, float(legs.sum()) - _ONE_SIDED * spread)


def most_m(
    seconds: Floats,
    x_m: Floats,
    y_m: Floats,
    sigma_m: Floats,
    detour: float,
    reach: tuple[float, float],
) -> float:
    """Return what the way is shorter than: between fixes up to `detour` times the straight line,
    and through a gap, longer than reach[0] seconds, all that reach[1] m/s allow."""
    straight = np.hypot(np.diff(x_m), np.diff(y_m))
    span_s = np.diff(seconds)
    gap_s, top_mps = reach
    way = np.where(span_s > gap_s, np.maximum(straight, span_s * top_mps), straight * detour)
    ends = hypot(float(sigma_m[0]), float(sigma_m[-1]))
    return float(way.sum()) + _ONE_SIDED * ends


def _corners(x_m: Floats, y_m: Floats, sigma_m: Floats) -> list[int]:
    kept, spans = {0, len(x_m) - 1}, [(0, len(x_m) - 1)]
    while spans:
        first, last = spans.pop()
        if last - first < 2:
            continue
        dx, dy = x_m[last] - x_m[first], y_m[last] - y_m[first]
        length = hypot(dx, dy)
        px, py = x_m[first + 1 : last] - x_m[first], y_m[first + 1 : last] - y_m[first]
        along = np.clip((px * dx + py * dy) / max(length * length, 1e-9), 0.0, 1.0)
        off = np.hypot(px - along * dx, py - along * dy) - 2.448 * sigma_m[first + 1 : last]
        far = int(np.argmax(off))
        if off[far] > 0.0:
            kept.add(first + 1 + far)
            spans += [(first, first + 1 + far), (first + 1 + far, last)]
    return sorted(kept)
