"""Whether a presence was a passage: he came into the place and went out of it within the time.

Who was there all the while did not pass. Who is seen there and not seen to come, or to go, may have
stayed: that he passed is then not shown.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Final

import msgspec

from tagwatch.core.geometry import Shape
from tagwatch.core.person import TagMode
from tagwatch.core.rules.area import area
from tagwatch.core.rules.prepare import Prepared, SettingsHistory
from tagwatch.core.trail import TrailPart, merged
from tagwatch.core.units import MINUTE, SECOND, Instant
from tagwatch.core.where import places

INSIDE: Final = 0.5
OUTSIDE: Final = 0.05
"""A fix shows him out of the place if it leaves no more for it."""
LONG: Final = 10 * MINUTE
"""Who stays longer did more than pass: the answer says so."""


class Passed(StrEnum):
    """How somebody who was in a place came to be there and left."""

    CAME_AND_WENT = "came and went"
    """Fixes show him out of the place, then in it or on his way through, then out of it."""
    THROUGHOUT = "throughout"
    """No fix of the time shows him out of it, the first and the last show him in it."""
    IN_PART = "in part"
    """He was in it, and not both his coming and his going are shown."""


class PassBy(msgspec.Struct, frozen=True, kw_only=True):
    """What the fixes show of a passage."""

    passed: Passed
    stayed_s: int
    """Between the first and the last fix of the longest stay in the place within the time."""


def pass_by(
    trail: Sequence[TrailPart],
    shape: Shape,
    window: tuple[Instant, Instant],
    mode: TagMode,
    settings: SettingsHistory,
    prepared: Prepared,
) -> PassBy:
    """Return how he came and went. Fixes two expected intervals before and after the window count
    as its edges."""
    slack = 2 * mode.moving_interval_s * SECOND
    held = places(trail, area(shape), settings, prepared)
    times = [at for at, _, _ in merged(trail, -(2**62))]
    low, high = window[0] - slack, window[1] + slack
    near = [(at, each.p) for at, each in zip(times, held, strict=True) if low <= at < high]
    runs = _runs(near)
    stayed_s = max((b - a for a, b in runs), default=0) // SECOND
    out = [at for at, p in near if p <= OUTSIDE]
    if not runs:
        passed = Passed.CAME_AND_WENT if len(set(out)) > 1 else Passed.IN_PART
        return PassBy(passed=passed, stayed_s=0)
    passed = Passed.IN_PART
    if out and any(out[0] < a and b < out[-1] for a, b in runs):
        passed = Passed.CAME_AND_WENT
    elif not out and runs == [(near[0][0], near[-1][0])] and stayed_s > 0:
        passed = Passed.THROUGHOUT
    return PassBy(passed=passed, stayed_s=stayed_s)


def _runs(near: Sequence[tuple[int, float]]) -> list[tuple[int, int]]:
    """Return first and last fix of each stretch in which no fix shows him out of the place and
    both ends show him in it."""
    found: list[tuple[int, int]] = []
    going: list[int] = []
    for at, p in near:
        if p >= INSIDE:
            going.append(at)
        elif p <= OUTSIDE and going:
            found.append((going[0], going[-1]))
            going = []
    if going:
        found.append((going[0], going[-1]))
    return found
