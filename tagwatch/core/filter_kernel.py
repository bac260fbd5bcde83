"""Scalar kernels of the position filter: predict over a pause, then take in one fix.

A belief is PARTS Gaussian parts, one for each way of having moved (still, foot, vehicle) and each
level at which fixes err; part m * LEVELS + e. Each is circular: both axes share one covariance. A
part is WIDTH numbers: weight; mean of place, bias and noise, x and y of each; covariance pp, pb,
pc, bb, bc, cc. A satellite fix shows place + bias + noise. docs/method.md has the reasons.

These functions run compiled or plainly (`tagwatch.core.compiled`): floats and indexed flat
sequences only; `numbers` is `filter_settings.numbers`.
"""

from collections.abc import MutableSequence, Sequence
from math import exp
from typing import Final

from tagwatch.core.compiled import compiled
from tagwatch.core.filter_settings import (
    BIAS,
    BIAS_MOVING,
    CLAIM_FACTOR,
    CLAIM_HIGH,
    CLAIM_LOW,
    CLAIM_SKIRT,
    CLAIM_WIDTH,
    FOOT,
    FOOT_SHARE,
    FOOT_STOP,
    FOOT_STRAIGHT,
    FORGET,
    LASTING,
    LEVEL_WIDTH,
    LEVELS,
    MOTIONS,
    NOISE,
    NOISE_MOVING,
    NOISE_STILL,
    PLATEAU,
    PLATEAU_REST,
    RIDE,
    RIDE_STOP,
    RIDE_STRAIGHT,
    SETTINGS_HEAD,
    SHARE,
    SKY,
    START,
    STILL_GROWTH,
)

PARTS: Final = MOTIONS * LEVELS
WIDTH: Final = 13
SIZE: Final = PARTS * WIDTH
ROOM: Final = SIZE + MOTIONS * WIDTH
"""A belief between two fixes has one part more for each way of moving: the place sticks from now.
Kept apart until the fix is in, since nothing yet says how far off it sticks."""
STUCK: Final = 3
NO_CLAIM: Final = -99.0
"""Logarithm of a claim that was not made."""
STILL_FLAG: Final = 1
MOVING_FLAG: Final = 2

WORK: Final = ROOM + LEVELS * WIDTH + 4 + 2 * (LEVELS + 1) + 9
"""Length of the buffer the kernels work in."""
TAKEN: Final = ROOM
WEIGHTS: Final = TAKEN + LEVELS * WIDTH
SHARES: Final = WEIGHTS + 4
JOINT: Final = SHARES + LEVELS + 1
_TURNS: Final = JOINT + LEVELS + 1
_TINY: Final = 1e-300

Floats = Sequence[float]
Buffer = MutableSequence[float]


@compiled
def noise_m(numbers: Floats, level: int, log_claim: float) -> float:
    """Return the sigma of the passing error of a level, never below its multiple of the claim."""
    at = SETTINGS_HEAD + level * LEVEL_WIDTH
    least = numbers[at + CLAIM_FACTOR] * exp(log_claim)
    return max(numbers[at + NOISE], least)


@compiled
def claim_fit(numbers: Floats, level: int, log_claim: float) -> float:
    """Return how well a claim goes with a level: 1 within its range, fading beside it."""
    if log_claim <= NO_CLAIM or level == STUCK:
        return 1.0
    at = SETTINGS_HEAD + level * LEVEL_WIDTH
    beside = max(0.0, numbers[at + CLAIM_LOW] - log_claim, log_claim - numbers[at + CLAIM_HIGH])
    return exp(-0.5 * (beside / CLAIM_SKIRT) ** 2)


@compiled
def level_shares(numbers: Floats, log_claim: float, work: Buffer) -> None:
    """Write into `work` how likely each level is by the claim alone."""
    total = 0.0
    for e in range(LEVELS):
        at = SETTINGS_HEAD + e * LEVEL_WIDTH
        share = numbers[at + SHARE]
        if log_claim > NO_CLAIM:
            share *= claim_fit(numbers, e, log_claim) / numbers[at + CLAIM_WIDTH]
        work[SHARES + e] = share
        total += share
    for e in range(LEVELS):
        work[SHARES + e] /= total


@compiled
def blend(
    source: Floats, start: int, stride: int, count: int, work: Buffer, target: Buffer, to: int
) -> None:
    """Write the Gaussian with the moments of `count` parts, weighted by `work`, at target[to]."""
    total = 0.0
    for k in range(count):
        total += work[WEIGHTS + k]
    total = max(total, _TINY)
    for q in range(WIDTH):
        target[to + q] = 0.0
    target[to] = total
    for k in range(count):
        share = work[WEIGHTS + k] / total
        if share > 0.0:
            at = start + k * stride
            for q in range(1, WIDTH):
                target[to + q] += share * source[at + q]
    for k in range(count):
        share = work[WEIGHTS + k] / total
        if share > 0.0:
            at = start + k * stride
            half = 0.5 * share
            px, py = source[at + 1] - target[to + 1], source[at + 2] - target[to + 2]
            bx, by = source[at + 3] - target[to + 3], source[at + 4] - target[to + 4]
            cx, cy = source[at + 5] - target[to + 5], source[at + 6] - target[to + 6]
            target[to + 7] += half * (px * px + py * py)
            target[to + 8] += half * (px * bx + py * by)
            target[to + 9] += half * (px * cx + py * cy)
            target[to + 10] += half * (bx * bx + by * by)
            target[to + 11] += half * (bx * cx + by * cy)
            target[to + 12] += half * (cx * cx + cy * cy)


@compiled
def _level_turn(
    numbers: Floats, e: int, f: int, pause_s: float, fresh: float, work: Buffer
) -> float:
    """Return P(level f now | level e before), of places that do not begin to stick.

    `fresh` is how surely the claim has changed.
    """
    changed = 1.0 - exp(-pause_s / numbers[SETTINGS_HEAD + e * LEVEL_WIDTH + LASTING])
    if e != STUCK:
        changed = 1.0 - (1.0 - changed) * (1.0 - 0.8 * fresh)
    stays = 1.0 - changed if e == f else 0.0
    if f == STUCK:
        return stays
    return stays + changed * work[SHARES + f] / (1.0 - work[SHARES + STUCK])


@compiled
def _anew(numbers: Floats, e: int, f: int, log_claim: float, work: Buffer, to: int) -> None:
    """Forget of the part at work[to] what does not outlast a change from level e to f."""
    origin, into = SETTINGS_HEAD + e * LEVEL_WIDTH, SETTINGS_HEAD + f * LEVEL_WIDTH
    if numbers[origin + SKY] != numbers[into + SKY]:
        # Other surroundings: another bias, of which nothing is known yet.
        work[to + 3] = work[to + 4] = work[to + 8] = work[to + 11] = 0.0
        work[to + 10] = numbers[into + BIAS] ** 2
    if STUCK in (e, f):
        work[to + 5] = work[to + 6] = work[to + 9] = work[to + 11] = 0.0
        work[to + 12] = noise_m(numbers, f, log_claim) ** 2


@compiled
def _mix_levels(
    before: Floats, numbers: Floats, pause_s: float, log_claim: float, fresh: float, work: Buffer
) -> None:
    """Write into `work` the belief after levels may have changed, motion as it was."""
    for m in range(MOTIONS):
        sticks = 1.0 - exp(-pause_s / numbers[PLATEAU_REST if m == 0 else PLATEAU])
        for f in range(LEVELS + 1):
            # Turn LEVELS is to stick from now on.
            level = min(f, STUCK)
            for e in range(LEVELS):
                at, to = (m * LEVELS + e) * WIDTH, TAKEN + e * WIDTH
                for q in range(WIDTH):
                    work[to + q] = before[at + q]
                if e != level:
                    _anew(numbers, e, level, log_claim, work, to)
                if f == LEVELS:
                    turn = 0.0 if e == STUCK else sticks
                else:
                    turn = _level_turn(numbers, e, f, pause_s, fresh, work)
                    turn *= 1.0 if e == STUCK else 1.0 - sticks
                work[WEIGHTS + e] = before[at] * turn
            into = (m * LEVELS + f) * WIDTH if f < LEVELS else SIZE + m * WIDTH
            blend(work, TAKEN, WIDTH, LEVELS, work, work, into)


@compiled
def _motion_turns(numbers: Floats, pause_s: float, flag: int, work: Buffer) -> None:
    """Write P(moved so now | moved so before), row by row; `flag` is the fix's before."""
    starts = 1.0 - exp(-pause_s / numbers[START])
    foot_stops = 0.8 * (1.0 - exp(-pause_s / numbers[FOOT_STOP]))
    ride_stops = 0.6 * (1.0 - exp(-pause_s / numbers[RIDE_STOP]))
    boards = 0.5 * (1.0 - exp(-pause_s / 1800.0))
    alights = 0.5 * (1.0 - exp(-pause_s / 300.0))
    if flag == MOVING_FLAG:
        starts, foot_stops, ride_stops = 0.9, 0.02, 0.02
    elif flag == STILL_FLAG:
        foot_stops = max(foot_stops, 0.9 * (1.0 - starts))
        ride_stops = max(ride_stops, 0.8 * (1.0 - starts))
    boards *= 1.0 - foot_stops
    alights *= 1.0 - ride_stops
    work[_TURNS] = 1.0 - starts
    work[_TURNS + 1] = starts * numbers[FOOT_SHARE]
    work[_TURNS + 2] = starts * (1.0 - numbers[FOOT_SHARE])
    work[_TURNS + 3] = foot_stops
    work[_TURNS + 4] = 1.0 - foot_stops - boards
    work[_TURNS + 5] = boards
    work[_TURNS + 6] = ride_stops
    work[_TURNS + 7] = alights
    work[_TURNS + 8] = 1.0 - ride_stops - alights


@compiled
def _move(
    after: Buffer,
    at: int,
    motion: int,
    level: int,
    numbers: Floats,
    pause_s: float,
    log_claim: float,
) -> None:
    """Let `pause_s` pass for the part at after[at], moving so, at that level."""
    bias2 = numbers[SETTINGS_HEAD + level * LEVEL_WIDTH + BIAS] ** 2
    lasting_s = numbers[NOISE_STILL] if motion == 0 else numbers[NOISE_MOVING]
    kept = 1.0 if level == STUCK else exp(-pause_s / lasting_s)
    after[at + 5] *= kept
    after[at + 6] *= kept
    after[at + 9] *= kept
    after[at + 11] *= kept
    after[at + 12] *= kept * kept
    after[at + 12] += (1.0 - kept * kept) * noise_m(numbers, level, log_claim) ** 2
    if motion == 0:
        # At rest only place + bias is known; how it splits into the two fades to the prior.
        held = exp(-pause_s / numbers[FORGET])
        given = 1.0 - held
        fresh2 = (1.0 - held * held) * bias2
        after[at + 1] += given * after[at + 3]
        after[at + 2] += given * after[at + 4]
        after[at + 3] *= held
        after[at + 4] *= held
        after[at + 7] += given * (2.0 * after[at + 8] + given * after[at + 10]) + fresh2
        after[at + 7] += numbers[STILL_GROWTH] * pause_s
        after[at + 8] = held * (after[at + 8] + given * after[at + 10]) - fresh2
        after[at + 9] += given * after[at + 11]
        after[at + 10] = held * held * after[at + 10] + fresh2
        after[at + 11] *= held
        return
    speed, straight_s = numbers[FOOT], numbers[FOOT_STRAIGHT]
    if motion == 2:
        speed, straight_s = numbers[RIDE], numbers[RIDE_STRAIGHT]
    held = exp(-pause_s / numbers[BIAS_MOVING])
    after[at + 3] *= held
    after[at + 4] *= held
    after[at + 7] += speed * speed * pause_s * min(pause_s, straight_s)
    after[at + 8] *= held
    after[at + 10] = held * held * after[at + 10] + (1.0 - held * held) * bias2
    after[at + 11] *= held


@compiled
def predict(
    before: Floats,
    pause_s: float,
    log_claim: float,
    log_claim_before: float,
    flag_before: int,
    numbers: Floats,
    work: Buffer,
    after: Buffer,
) -> None:
    """Write into `after` the belief `pause_s` later, before the fix with that claim is seen."""
    level_shares(numbers, log_claim, work)
    fresh = 0.0
    if log_claim > NO_CLAIM and log_claim_before > NO_CLAIM:
        change = (log_claim - log_claim_before) / 0.25
        fresh = 1.0 - exp(-0.5 * change * change)
    _mix_levels(before, numbers, pause_s, log_claim, fresh, work)
    _motion_turns(numbers, pause_s, flag_before, work)
    best = 0.0
    for e in range(STUCK):
        best = max(best, claim_fit(numbers, e, log_claim))
    for j in range(MOTIONS):
        for f in range(LEVELS):
            for m in range(MOTIONS):
                weight = work[(m * LEVELS + f) * WIDTH]
                work[WEIGHTS + m] = weight * work[_TURNS + m * MOTIONS + j]
            at = (j * LEVELS + f) * WIDTH
            blend(work, f * WIDTH, LEVELS * WIDTH, MOTIONS, work, after, at)
            _move(after, at, j, f, numbers, pause_s, log_claim)
            # A claim repeated tells nothing new of levels, save of those it cannot belong to.
            if f != STUCK:
                after[at] *= claim_fit(numbers, f, log_claim) / max(best, _TINY)
        for m in range(MOTIONS):
            work[WEIGHTS + m] = work[SIZE + m * WIDTH] * work[_TURNS + m * MOTIONS + j]
        blend(work, SIZE, WIDTH, MOTIONS, work, after, SIZE + j * WIDTH)
        _move(after, SIZE + j * WIDTH, j, STUCK, numbers, pause_s, log_claim)
