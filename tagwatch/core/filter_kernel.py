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
    NO_CLAIM,
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
    START_FLAGGED,
    STILL_GROWTH,
)

PARTS: Final = MOTIONS * LEVELS
WIDTH: Final = 13
SIZE: Final = PARTS * WIDTH
ROOM: Final = SIZE + MOTIONS * WIDTH
"""A belief between two fixes has one part more for each way of moving: the place sticks from now.
Kept apart until the fix is in, since nothing yet says how far off it sticks."""
STUCK: Final = 3
STILL_FLAG: Final = 1
MOVING_FLAG: Final = 2

# Places in the buffer that the kernels work in; a belief comes first.
TAKEN: Final = ROOM
WEIGHTS: Final = TAKEN + LEVELS * WIDTH
SHARES: Final = WEIGHTS + 4
JOINT: Final = SHARES + LEVELS + 1
_TURNS: Final = JOINT + LEVELS + 1
_FITS: Final = _TURNS + MOTIONS * MOTIONS
_NOISES: Final = _FITS + LEVELS
_CHANGED: Final = _NOISES + LEVELS
FLAGS: Final = _CHANGED + LEVELS
WORK: Final = FLAGS + MOTIONS
"""Length of that buffer."""
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
        work[_FITS + e] = claim_fit(numbers, e, log_claim)
        if log_claim > NO_CLAIM:
            share *= work[_FITS + e] / numbers[at + CLAIM_WIDTH]
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
    # Twelve locals and not a row of the buffer: a third faster compiled.
    px = py = bx = by = cx = cy = pp = pb = pc = bb = bc = cc = 0.0
    for k in range(count):
        share, at = work[WEIGHTS + k] / total, start + k * stride
        if share > 0.0:
            px += share * source[at + 1]
            py += share * source[at + 2]
            bx += share * source[at + 3]
            by += share * source[at + 4]
            cx += share * source[at + 5]
            cy += share * source[at + 6]
            pp += share * source[at + 7]
            pb += share * source[at + 8]
            pc += share * source[at + 9]
            bb += share * source[at + 10]
            bc += share * source[at + 11]
            cc += share * source[at + 12]
    for k in range(count):
        share, at = work[WEIGHTS + k] / total, start + k * stride
        if share > 0.0:
            half = 0.5 * share
            dpx, dpy = source[at + 1] - px, source[at + 2] - py
            dbx, dby = source[at + 3] - bx, source[at + 4] - by
            dcx, dcy = source[at + 5] - cx, source[at + 6] - cy
            pp += half * (dpx * dpx + dpy * dpy)
            pb += half * (dpx * dbx + dpy * dby)
            pc += half * (dpx * dcx + dpy * dcy)
            bb += half * (dbx * dbx + dby * dby)
            bc += half * (dbx * dcx + dby * dcy)
            cc += half * (dcx * dcx + dcy * dcy)
    target[to], target[to + 1], target[to + 2] = total, px, py
    target[to + 3], target[to + 4], target[to + 5], target[to + 6] = bx, by, cx, cy
    target[to + 7], target[to + 8], target[to + 9] = pp, pb, pc
    target[to + 10], target[to + 11], target[to + 12] = bb, bc, cc


@compiled
def _hoist(numbers: Floats, pause_s: float, log_claim: float, fresh: float, work: Buffer) -> None:
    """Write into `work` what all parts of a level share: its noise, and P(it has changed)."""
    for e in range(LEVELS):
        changed = 1.0 - exp(-pause_s / numbers[SETTINGS_HEAD + e * LEVEL_WIDTH + LASTING])
        if e != STUCK:
            changed = 1.0 - (1.0 - changed) * (1.0 - 0.8 * fresh)
        work[_CHANGED + e] = changed
        work[_NOISES + e] = noise_m(numbers, e, log_claim)


@compiled
def _level_turn(e: int, f: int, sticks: float, work: Buffer) -> float:
    """Return P(level f now | level e before); f is LEVELS for a place that sticks from now on."""
    if f == LEVELS:
        return 0.0 if e == STUCK else sticks
    changed = work[_CHANGED + e]
    stays = 1.0 - changed if e == f else 0.0
    if f == STUCK:
        return stays
    turn = stays + changed * work[SHARES + f] / (1.0 - work[SHARES + STUCK])
    return turn if e == STUCK else turn * (1.0 - sticks)


@compiled
def _anew(numbers: Floats, e: int, f: int, work: Buffer, to: int) -> None:
    """Forget of the part at work[to] what does not outlast a change from level e to f."""
    origin, into = SETTINGS_HEAD + e * LEVEL_WIDTH, SETTINGS_HEAD + f * LEVEL_WIDTH
    if numbers[origin + SKY] != numbers[into + SKY]:
        # Other surroundings: another bias, of which nothing is known yet.
        work[to + 3] = work[to + 4] = work[to + 8] = work[to + 11] = 0.0
        work[to + 10] = numbers[into + BIAS] ** 2
    if STUCK in (e, f):
        work[to + 5] = work[to + 6] = work[to + 9] = work[to + 11] = 0.0
        work[to + 12] = work[_NOISES + f] ** 2


@compiled
def _mix_levels(before: Floats, numbers: Floats, pause_s: float, work: Buffer) -> None:
    """Write into `work` the belief after levels may have changed, motion as it was."""
    for m in range(MOTIONS):
        sticks = 1.0 - exp(-pause_s / numbers[PLATEAU_REST if m == 0 else PLATEAU])
        for f in range(LEVELS + 1):
            level = min(f, STUCK)
            for e in range(LEVELS):
                at, to = (m * LEVELS + e) * WIDTH, TAKEN + e * WIDTH
                weight = before[at] * _level_turn(e, f, sticks, work)
                work[WEIGHTS + e] = weight
                if weight > 0.0:
                    for q in range(1, WIDTH):
                        work[to + q] = before[at + q]
                    if e != level:
                        _anew(numbers, e, level, work, to)
            into = (m * LEVELS + f) * WIDTH if f < LEVELS else SIZE + m * WIDTH
            blend(work, TAKEN, WIDTH, LEVELS, work, work, into)


@compiled
def _motion_turns(numbers: Floats, pause_s: float, flag: int, work: Buffer) -> None:
    """Write P(moved so now | moved so before), row by row; `flag` is the fix's before."""
    starts = 1.0 - exp(-pause_s / numbers[START_FLAGGED if flag == STILL_FLAG else START])
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
    numbers: Floats,
    pause_s: float,
    bias2: float,
    noise: float,
    kept: float,
    held: float,
) -> None:
    """Let `pause_s` pass for the part at after[at], moving so.

    `bias2` and `noise` are what the level's errors tend to; `kept` is the share of the noise that
    lasts over the pause, `held` that of the bias.
    """
    after[at + 5] *= kept
    after[at + 6] *= kept
    after[at + 9] *= kept
    after[at + 11] *= kept
    after[at + 12] *= kept * kept
    after[at + 12] += (1.0 - kept * kept) * noise**2
    if motion == 0:
        # At rest only place + bias is known; how it splits into the two fades to the prior.
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
    after[at + 3] *= held
    after[at + 4] *= held
    after[at + 7] += speed * speed * pause_s * min(pause_s, straight_s)
    after[at + 8] *= held
    after[at + 10] = held * held * after[at + 10] + (1.0 - held * held) * bias2
    after[at + 11] *= held


@compiled
def _mix_motions(numbers: Floats, pause_s: float, j: int, work: Buffer, after: Buffer) -> None:
    """Write into `after` the parts of those who now move in way j, `pause_s` later."""
    kept = exp(-pause_s / (numbers[NOISE_STILL] if j == 0 else numbers[NOISE_MOVING]))
    held = exp(-pause_s / (numbers[FORGET] if j == 0 else numbers[BIAS_MOVING]))
    best = _TINY
    for e in range(STUCK):
        best = max(best, work[_FITS + e])
    for f in range(LEVELS + 1):
        level = min(f, STUCK)
        start, stride = (f * WIDTH, LEVELS * WIDTH) if f < LEVELS else (SIZE, WIDTH)
        for m in range(MOTIONS):
            work[WEIGHTS + m] = work[start + m * stride] * work[_TURNS + m * MOTIONS + j]
        at = (j * LEVELS + f) * WIDTH if f < LEVELS else SIZE + j * WIDTH
        blend(work, start, stride, MOTIONS, work, after, at)
        bias2 = numbers[SETTINGS_HEAD + level * LEVEL_WIDTH + BIAS] ** 2
        lasts = 1.0 if level == STUCK else kept
        _move(after, at, j, numbers, pause_s, bias2, work[_NOISES + level], lasts, held)
        # A claim repeated tells nothing new of levels, save of those it cannot belong to.
        if f < STUCK:
            after[at] *= work[_FITS + f] / best


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
    _hoist(numbers, pause_s, log_claim, fresh, work)
    _mix_levels(before, numbers, pause_s, work)
    _motion_turns(numbers, pause_s, flag_before, work)
    for j in range(MOTIONS):
        _mix_motions(numbers, pause_s, j, work, after)
