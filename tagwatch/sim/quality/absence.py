"""Simpler rules for a curfew, kept for comparison and used for no decision: who is not at home?

*Fix by fix* is what Tagwatch did before its curfews asked the filter: the same thresholds, each fix
judged by its own error, as if the next one had another.
"""

from dataclasses import dataclass
from enum import StrEnum
from math import log1p, sqrt

import numpy as np
from numpy.typing import NDArray

from tagwatch.core.fix import FixBlock
from tagwatch.core.settings import CurfewSettings
from tagwatch.core.units import SECOND
from tagwatch.sim.quality.judge import Zone, alone
from tagwatch.sim.quality.rival import Bools, depths_m, sigmas_m


class Simpler(StrEnum):
    """The rules that curfews are measured against."""

    POINT = "point in polygon"
    CLEAR = "circle clear"
    """The whole 95 % circle lies outside."""


@dataclass(frozen=True, slots=True)
class ByFix:
    """At which fixes an absence is held possible, and at which confirmed; shapes (n,)."""

    possible: Bools
    confirmed: Bools


def missing(rule: Simpler, block: FixBlock, place: Zone) -> Bools:
    """Return at which fixes the rule says that he is not in the place, shape (n,)."""
    depth_m = depths_m(block, place)
    if rule is Simpler.POINT:
        return depth_m < 0
    return depth_m < -sigmas_m(block) * sqrt(-2.0 * log1p(-0.95))


def fix_by_fix(block: FixBlock, place: Zone, within: Bools) -> ByFix:
    """Return what fixes say one by one during the hours `within`, shape (n,): possible by two
    outside, confirmed over the confirming time, until one shows him there."""
    inside, outside = alone(block, place)
    rules, times = CurfewSettings(), block["fixed_at"]
    limits = rules.thresholds
    found = ByFix(np.zeros(len(block), np.bool_), np.zeros(len(block), np.bool_))
    first: int | None = None
    sure: int | None = None
    possible = confirmed = False
    for k, at in enumerate(times.tolist()):
        if not within[k] or inside[k] >= rules.present:
            first, sure, possible, confirmed = None, None, False, False
            continue
        if outside[k] <= 0.0:
            first, sure = None, None
        if outside[k] >= limits.protect:
            first = at if first is None else first
            possible = possible or at - first >= rules.borne_out_s * SECOND
        if outside[k] >= limits.accuse:
            sure = at if sure is None else sure
            confirmed = confirmed or (possible and at - sure >= rules.confirm_s * SECOND)
        found.possible[k], found.confirmed[k] = possible, confirmed
    return found


def spells(flags: Bools) -> int:
    """Return how many unbroken runs of True there are."""
    return int(np.count_nonzero(flags[1:] & ~flags[:-1])) + int(len(flags) > 0 and flags[0])


def at_night(times: NDArray[np.int64]) -> Bools:
    """Return which instants lie from 19:00 to 07:00, in winter."""
    hour = times // (3600 * SECOND) % 24
    return (hour >= 19) | (hour < 7)
