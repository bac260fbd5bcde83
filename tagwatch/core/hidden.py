"""How much of a time silence can hide: where fixes did not come as expected and he could have been
in the place, be it by the fastest train."""

from collections.abc import Sequence
from itertools import pairwise
from math import exp
from typing import Final

from tagwatch.core.approach import reachable
from tagwatch.core.between import Walk
from tagwatch.core.coverage import Seen
from tagwatch.core.uncertainty import quantised
from tagwatch.core.units import SECOND, Instant

OUTING_S: Final = 1800.0
"""To go somewhere unseen and come back takes about so long: a gap of length t hides (1 − exp(−t /
this))² of what a long one does. The tag at rest loses fixes indoors, and most of its gaps are of a
quarter of an hour."""
BLIND_POWER: Final = 4
"""A time that is all gaps hides all, whatever their length; one that is half gaps does not."""


def hidden(
    walk: Walk,
    away_m: Sequence[float],
    window: tuple[Instant, Instant],
    seen: Sequence[tuple[Instant, Instant, Seen]],
    fastest_mps: float,
) -> float:
    """Return 0 to 1, a multiple of 1e-6: the share of [start, end) in which silence can have hidden
    him in the place, long gaps in full and short ones by less; 1 where nothing was seen."""
    start, end = window
    if not walk.at:
        return 1.0
    gaps = [(a, b) for a, b, kind in seen if kind is not Seen.OBSERVED]
    spans: list[tuple[int, int, float]] = []
    first, last = walk.at[0], walk.at[-1]
    if start < first:
        needs = _way(away_m[0] - walk.radius_m[0], fastest_mps)
        spans.append((start, first - needs, 1.0))
    if end > last:
        needs = _way(away_m[-1] - walk.radius_m[-1], fastest_mps)
        spans.append((last + needs, end, 1.0))
    for k, (a, b) in enumerate(pairwise(walk.at)):
        if b <= start or a >= end or not any(lo < b and hi > a for lo, hi in gaps):
            continue
        span = reachable(walk, away_m, k, fastest_mps)
        if span is not None:
            spans.append((*span, (1.0 - exp(-(b - a) / SECOND / OUTING_S)) ** 2))
    whole = end - start
    parts = [(max(0, min(b, end) - max(a, start)) / whole, share) for a, b, share in spans]
    weighted = sum(length * share for length, share in parts)
    blind = min(1.0, sum(length for length, _ in parts))
    return quantised(max(weighted, blind**BLIND_POWER))


def _way(left_m: float, fastest_mps: float) -> int:
    return round(max(0.0, left_m) / fastest_mps * SECOND)
