"""Where a person is, given the fixes so far: an incremental filter in one metric plane.

It follows the person, not a zone, so that errors that persist count once: while he rests, what
all fixes share (the bias of the stay) cannot be told from where he is. docs/method.md has the
model, its assumptions and limits.

The caller gives fixes in event order, starts anew (None) after a swap of tags, and keeps beliefs as
snapshots for fixes that come late. All coordinates belong to one plane that the caller holds.
"""

from collections.abc import MutableSequence
from dataclasses import dataclass
from math import sqrt
from typing import Final, Protocol

import msgspec
import numpy as np

from tagwatch.core.compiled import COMPILED, compiled
from tagwatch.core.filter_area import depth_shown
from tagwatch.core.filter_evidence import (
    flag_likelihood,
    judge_levels,
    level_weights,
    settle,
    take_network,
    take_satellite,
)
from tagwatch.core.filter_kernel import (
    MOVING_FLAG,
    PARTS,
    ROOM,
    SHARES,
    SIZE,
    STILL_FLAG,
    WIDTH,
    WORK,
    Buffer,
    Floats,
    level_shares,
    noise_m,
    predict,
)
from tagwatch.core.filter_settings import (
    BIAS,
    GROSS_2,
    GROSS_SHARE,
    JITTER_2,
    LEVEL_WIDTH,
    LEVELS,
    LOST,
    MOTIONS,
    SETTINGS_HEAD,
    STEADY_SHARE,
    FilterSettings,
    Numbers,
    Surroundings,
    numbers,
)
from tagwatch.core.fix import Motion, Source
from tagwatch.core.geometry import PlanarShape, mass
from tagwatch.core.uncertainty import quantised
from tagwatch.core.units import SECOND, Instant

_FIRST_MOVED: Final = (0.5, 0.3, 0.2)
"""Before anything is known of how he moves. Our choice."""
FIRST_PAUSE_S: Final = 60.0
"""The first fix's flag is read as after such a pause."""
MOTION_FLAGS: Final = {Motion.UNKNOWN: 0, Motion.STILL: STILL_FLAG, Motion.MOVING: MOVING_FLAG}
_NEGLIGIBLE: Final = 1e-9


class FilterFix(msgspec.Struct, frozen=True, kw_only=True):
    """One fix as the filter takes it, in metres of the caller's plane."""

    at: Instant
    x_m: float
    y_m: float
    claim_m: float | None = None
    """Per-axis sigma as claimed, by radius or HDOP (`uncertainty.claimed_sigma_m`)."""
    source: Source = Source.UNKNOWN
    motion: Motion = Motion.UNKNOWN
    surroundings: Surroundings = Surroundings.UNKNOWN


class Belief(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """All the filter remembers, about 1.3 kB: the last fix that counted and what it left."""

    at: Instant
    flag: int
    log_claim: float
    parts: bytes
    """SIZE float64, little-endian, as `filter_kernel` lays them out."""


class Remembered(Protocol):
    """What the filter must know of the fix before, whatever else is remembered with it."""

    at: Final[Instant]
    flag: Final[int]
    log_claim: Final[float]
    parts: Final[bytes]


@dataclass(frozen=True, slots=True, eq=False)
class Posterior:
    """Where he is at the time of one fix, given it and all before."""

    parts: Floats

    def mixture(self) -> list[tuple[float, float, float, float]]:
        """Return the circular Gaussians it is made of: weight, x_m, y_m, sigma_m per axis."""
        rows = range(0, SIZE, WIDTH)
        parts = self.parts
        return [
            (parts[k], parts[k + 1], parts[k + 2], sqrt(parts[k + 7]))
            for k in rows
            if parts[k] > _NEGLIGIBLE
        ]

    def p_inside(self, shape: PlanarShape) -> float:
        """Return the probability that he is in the shape, a whole multiple of 1e-6."""
        return quantised(sum(w * mass(shape, x, y, s) for w, x, y, s in self.mixture()))

    def moved(self) -> tuple[float, float, float]:
        """Return P that since the fix before he was still, moved on foot, or in a vehicle."""
        still, foot, vehicle = (
            sum(self.parts[(m * LEVELS + e) * WIDTH] for e in range(LEVELS)) for m in range(MOTIONS)
        )
        return still, foot, vehicle

    def steady_m(self, shape: PlanarShape) -> float:
        """Return M: no steady error below M metres towards the shape explains these fixes.

        That is how deep within the shape lies the place that the fixes show, noise taken out and
        bias left in, with probability STEADY_SHARE; 0 if it may lie outside.
        """
        disc = (shape.centre_x_m, shape.centre_y_m, shape.bound_radius_m)
        return depth_shown(self.parts, shape.scalar_edges, disc, 0.0, 0.0, STEADY_SHARE)


class Filter:
    """The filter for one published version of settings: holds no person's state."""

    def __init__(self, settings: FilterSettings) -> None:
        self.settings = settings
        self.numbers = {kind: _flat(numbers(settings, kind)) for kind in Surroundings}
        self.work = buffer(WORK)

    def step(self, belief: Belief | None, fix: FilterFix) -> tuple[Belief, Posterior]:
        """Return what to remember after `fix`, and where he is at its time.

        `belief` None starts anew. A fix within `fold_s` of the last one that counted gives a
        posterior and leaves the belief as it was. Raises ValueError for a belief of another length.
        """
        flag = MOTION_FLAGS[fix.motion]
        claims = self.settings.claims(fix.claim_m, fix.source)
        after, counts = self.take(
            belief, fix.at, (fix.x_m, fix.y_m), claims, flag, fix.surroundings
        )
        if belief is not None and not counts:
            return belief, Posterior(after)
        kept = claims[0] if claims[1] == 0.0 or belief is None else belief.log_claim
        made = Belief(at=fix.at, flag=flag, log_claim=kept, parts=packed(after))
        return made, Posterior(after)

    def take(
        self,
        before: "Remembered | None",
        at: int,
        place_m: tuple[float, float],
        claims: tuple[float, float],
        flag: int,
        surroundings: Surroundings = Surroundings.UNKNOWN,
    ) -> tuple[Floats, bool]:
        """Return where he is at the time `at` of a fix, SIZE numbers, and whether the fix counts:
        then that is what to remember. As `step`, with the fix in numbers (`claims` as
        `FilterSettings.claims`)."""
        settings, flat, after = self.settings, self.numbers[surroundings], buffer(ROOM)
        x_m, y_m = place_m
        log_claim, claim2 = claims
        if before is not None:
            pause_s = max((at - before.at) / SECOND, 0.1)
            likely = advance(
                _read(before.parts),
                pause_s,
                x_m,
                y_m,
                log_claim,
                before.log_claim,
                flag,
                before.flag,
                claim2,
                settings.network_gross_factor,
                settings.network_gross_share,
                flat,
                self.work,
                after,
            )
            if likely >= flat[LOST]:
                return after[:SIZE], pause_s >= settings.fold_s
        begin(x_m, y_m, log_claim, flag, claim2, flat, self.work, after)
        return after[:SIZE], True


@compiled
def advance(
    before: Floats,
    pause_s: float,
    x_m: float,
    y_m: float,
    log_claim: float,
    log_claim_before: float,
    flag: int,
    flag_before: int,
    claim2: float,
    gross_factor: float,
    gross: float,
    flat: Floats,
    work: Buffer,
    after: Buffer,
) -> float:
    """Write into `after` the belief after a pause and a fix; return how likely the fix was.

    `claim2` is the variance of a network fix, 0 for one by satellite.
    """
    predict(before, pause_s, log_claim, log_claim_before, flag_before, flat, work, after)
    level_weights(after, work, SHARES)
    if claim2 > 0.0:
        gross2 = claim2 * gross_factor * gross_factor
        take_network(after, x_m, y_m, flag, pause_s, claim2, gross2, gross, flat, work)
        judge_levels(after, pause_s, 0, flat, work)
    else:
        take_satellite(after, x_m, y_m, flag, pause_s, flat, work)
        judge_levels(after, pause_s, 1, flat, work)
    total = level_weights(after, work, SHARES)
    if total > flat[LOST]:
        settle(after, total, work)
    return total


@compiled
def begin(
    x_m: float,
    y_m: float,
    log_claim: float,
    flag: int,
    claim2: float,
    flat: Floats,
    work: Buffer,
    after: Buffer,
) -> None:
    """Write into `after` the belief that one fix alone gives."""
    level_shares(flat, log_claim, work)
    total = 0.0
    for m in range(MOTIONS):
        for e in range(LEVELS):
            at = (m * LEVELS + e) * WIDTH
            bias2 = flat[SETTINGS_HEAD + e * LEVEL_WIDTH + BIAS] ** 2
            noise2 = noise_m(flat, e, log_claim) ** 2
            for q in range(WIDTH):
                after[at + q] = 0.0
            after[at] = (
                _FIRST_MOVED[m] * work[SHARES + e] * flag_likelihood(flat, m, flag, FIRST_PAUSE_S)
            )
            after[at + 1] = x_m
            after[at + 2] = y_m
            after[at + 7] = claim2
            if claim2 <= 0.0:
                own2 = flat[JITTER_2] + flat[GROSS_SHARE] * flat[GROSS_2]
                after[at + 7] = bias2 + noise2 + own2
                after[at + 8] = -bias2
                after[at + 9] = -noise2
            after[at + 10] = bias2
            after[at + 12] = noise2
            total += after[at]
    for k in range(PARTS):
        after[k * WIDTH] /= total


def buffer(length: int) -> MutableSequence[float]:
    """Return room for so many numbers, all 0, as the kernels read it fastest."""
    # Plain Python walks a list several times faster than an array; both are used by index alone.
    return np.zeros(length) if COMPILED else [0.0] * length  # type: ignore[return-value]  # an array has no stub as a sequence


def _flat(values: Numbers) -> Floats:
    return np.array(values) if COMPILED else values  # type: ignore[return-value]  # an array has no stub as a sequence


def packed(parts: Floats) -> bytes:
    """Return a belief's numbers as they are remembered."""
    return np.asarray(parts, dtype="<f8").tobytes()


def _read(parts: bytes) -> Floats:
    if len(parts) != 8 * SIZE:
        raise ValueError(f"a belief of {len(parts)} bytes, not {8 * SIZE}")
    flat = np.frombuffer(parts, dtype="<f8")
    return flat if COMPILED else flat.tolist()  # type: ignore[return-value]  # see _buffer
