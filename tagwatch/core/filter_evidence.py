"""Scalar kernels of the position filter: how one fix changes the belief, and who is believed.

The belief's layout and the rules for these functions are those of `filter_kernel`.
"""

from collections.abc import MutableSequence, Sequence
from math import exp, log
from typing import Final

from tagwatch.core.compiled import compiled
from tagwatch.core.filter_kernel import (
    FLAGS,
    JOINT,
    LEVELS,
    MOTIONS,
    MOVING_FLAG,
    PARTS,
    SHARES,
    SIZE,
    STILL_FLAG,
    STUCK,
    TAKEN,
    WEIGHTS,
    WIDTH,
    blend,
)
from tagwatch.core.filter_settings import (
    EVIDENCE,
    FLAG_STILL,
    FOOT_STOP,
    FREE_2,
    GROSS_2,
    GROSS_SHARE,
    JITTER_2,
    LEVEL_WIDTH,
    NOISE,
    RIDE_STOP,
    SETTINGS_HEAD,
    STUCK_EVIDENCE,
)

_TINY: Final = 1e-300
Floats = Sequence[float]
Buffer = MutableSequence[float]


@compiled
def flag_likelihood(numbers: Floats, motion: int, flag: int, pause_s: float) -> float:
    """Return P(this flag of the tag | he moved so in the pause before): he may have stopped."""
    still = numbers[FLAG_STILL]
    if motion > 0:
        stop_s = numbers[FOOT_STOP] if motion == 1 else numbers[RIDE_STOP]
        stopped = 1.0 - exp(-pause_s / stop_s)
        still = max(1.0 - numbers[FLAG_STILL], numbers[FLAG_STILL] * stopped)
    if flag == STILL_FLAG:
        return still
    return 1.0 - still if flag == MOVING_FLAG else 1.0


@compiled
def _hoist_flags(numbers: Floats, flag: int, pause_s: float, work: Buffer) -> None:
    for m in range(MOTIONS):
        work[FLAGS + m] = flag_likelihood(numbers, m, flag, pause_s)


@compiled
def stuck_jitter2(numbers: Floats, work: Buffer) -> float:
    """Return the variance of fixes round a place that sticks: as usual there, a geometric mean.

    `work[SHARES]` has the weights of the levels.
    """
    total = log2 = 0.0
    for e in range(STUCK):
        total += work[SHARES + e]
        log2 += work[SHARES + e] * log(numbers[SETTINGS_HEAD + e * LEVEL_WIDTH + NOISE])
    return exp(2.0 * log2 / max(total, _TINY)) if total > _TINY else numbers[JITTER_2]


@compiled
def take_satellite(
    after: Buffer,
    x_m: float,
    y_m: float,
    flag: int,
    pause_s: float,
    numbers: Floats,
    work: Buffer,
) -> None:
    """Take a satellite fix into the belief; weights become joint with the fix.

    `work[SHARES]` has the weights of the levels before.
    """
    gross = numbers[GROSS_SHARE]
    _hoist_flags(numbers, flag, pause_s, work)
    stuck2 = stuck_jitter2(numbers, work)
    narrow2 = best2 = 0.0
    for k in range(PARTS + MOTIONS):
        at = k * WIDTH
        motion = k // LEVELS if k < PARTS else k - PARTS
        sticks = k >= PARTS or k % LEVELS == STUCK
        hp = after[at + 7] + after[at + 8] + after[at + 9]
        hb = after[at + 8] + after[at + 10] + after[at + 11]
        hc = after[at + 9] + after[at + 11] + after[at + 12]
        jitter2 = stuck2 if sticks else numbers[JITTER_2]
        s0 = hp + hb + hc + jitter2
        s1 = s0 + numbers[GROSS_2]
        nx = x_m - after[at + 1] - after[at + 3] - after[at + 5]
        ny = y_m - after[at + 2] - after[at + 4] - after[at + 6]
        n2 = nx * nx + ny * ny
        peak2 = s0
        if sticks:
            # How tightly fixes agree speaks neither for nor against a place that sticks.
            peak2 = max(narrow2, s0 - jitter2)
        usual = (1.0 - gross) * exp(-0.5 * n2 / s0) / peak2
        jumped = gross * exp(-0.5 * n2 / s1) / s1
        likely = usual + jumped
        if k < STUCK and after[at] * likely > best2:
            best2, narrow2 = after[at] * likely, s0
        jump = jumped / max(likely, _TINY)
        if motion > 0:
            after[at + 7] += numbers[FREE_2]
            hp += numbers[FREE_2]
            s0 += numbers[FREE_2]
            s1 += numbers[FREE_2]
        gain = (1.0 - jump) / s0 + jump / s1
        apart = 1.0 / s0 - 1.0 / s1
        spread = jump * (1.0 - jump) * apart * apart * 0.5 * n2 - gain
        after[at + 1] += gain * hp * nx
        after[at + 2] += gain * hp * ny
        after[at + 3] += gain * hb * nx
        after[at + 4] += gain * hb * ny
        after[at + 5] += gain * hc * nx
        after[at + 6] += gain * hc * ny
        after[at + 7] += spread * hp * hp
        after[at + 8] += spread * hp * hb
        after[at + 9] += spread * hp * hc
        after[at + 10] += spread * hb * hb
        after[at + 11] += spread * hb * hc
        after[at + 12] += spread * hc * hc
        after[at] *= likely * work[FLAGS + motion]


@compiled
def take_network(
    after: Buffer,
    x_m: float,
    y_m: float,
    flag: int,
    pause_s: float,
    claim2: float,
    gross2: float,
    gross: float,
    numbers: Floats,
    work: Buffer,
) -> None:
    """Take a Wi-Fi, cell or beacon fix into the belief; weights become joint with the fix.

    Such fixes repeat one error for a whole stay. One replaces a part's place if it is surer than
    the place was, and otherwise leaves it: repeated, it adds nothing.
    """
    _hoist_flags(numbers, flag, pause_s, work)
    for k in range(PARTS + MOTIONS):
        at = k * WIDTH
        motion = k // LEVELS if k < PARTS else k - PARTS
        s0, s1 = after[at + 7] + claim2, after[at + 7] + gross2
        nx, ny = x_m - after[at + 1], y_m - after[at + 2]
        n2 = nx * nx + ny * ny
        usual = (1.0 - gross) * exp(-0.5 * n2 / s0) / s0
        likely = usual + gross * exp(-0.5 * n2 / s1) / s1
        good = usual / max(likely, _TINY)
        if 2.0 * claim2 < after[at + 7]:
            after[at + 1], after[at + 2] = x_m, y_m
            after[at + 7] = good * claim2 + (1.0 - good) * min(gross2, after[at + 7])
            after[at + 8] = after[at + 9] = 0.0
        elif claim2 < after[at + 7]:
            spread2 = good * (1.0 - good) * 0.5 * n2
            after[at + 7] = good * claim2 + (1.0 - good) * after[at + 7] + spread2
            after[at + 1] += good * nx
            after[at + 2] += good * ny
            after[at + 8] *= 1.0 - good
            after[at + 9] *= 1.0 - good
        after[at] *= likely * work[FLAGS + motion]


@compiled
def _group(k: int) -> int:
    """Return the level of part k; LEVELS for places that begin to stick."""
    return k % LEVELS if k < PARTS else LEVELS


@compiled
def level_weights(belief: Floats, work: Buffer, to: int) -> float:
    """Write the weight of each level, and of what begins to stick, at work[to]; return the sum."""
    total = 0.0
    for e in range(LEVELS + 1):
        work[to + e] = 0.0
    for k in range(PARTS + MOTIONS):
        work[to + _group(k)] += belief[k * WIDTH]
        total += belief[k * WIDTH]
    return total


@compiled
def judge_levels(
    after: Buffer, pause_s: float, satellite: int, numbers: Floats, work: Buffer
) -> None:
    """Weigh what the fix said of the levels, given their weights before at work[SHARES].

    Errors that persist make fixes alike, so a fix counts for or against a level only as fast as
    errors renew themselves. That a place sticks is seen at once from a jump, that it does not from
    any fix elsewhere; fixes that agree say it only a little. A network fix says nothing of levels.
    """
    level_weights(after, work, JOINT)
    power = min(1.0, pause_s / numbers[EVIDENCE]) if satellite == 1 else 0.0
    before = joint = 0.0
    for e in range(STUCK):
        before += work[SHARES + e]
        joint += work[JOINT + e]
    usual = joint / max(before, _TINY)
    for e in range(LEVELS + 1):
        said = work[JOINT + e] / max(work[SHARES + e], _TINY)
        share = 1.0
        if said <= 0.0 or usual <= 0.0:
            share = 1.0
        elif e < STUCK:
            share = (usual / said) ** (1.0 - power)
        elif satellite == 0:
            share = usual / said
        elif e == STUCK:
            share = min(1.0, usual / said) ** (1.0 - numbers[STUCK_EVIDENCE] * power)
        work[SHARES + e] = share
    for k in range(PARTS + MOTIONS):
        after[k * WIDTH] *= work[SHARES + _group(k)]


@compiled
def settle(after: Buffer, total: float, work: Buffer) -> None:
    """Divide weights by their total; let what began to stick join what stuck before."""
    for m in range(MOTIONS):
        held, begun = (m * LEVELS + STUCK) * WIDTH, SIZE + m * WIDTH
        for q in range(WIDTH):
            work[TAKEN + q] = after[held + q]
            work[TAKEN + WIDTH + q] = after[begun + q]
        work[WEIGHTS], work[WEIGHTS + 1] = after[held], after[begun]
        blend(work, TAKEN, WIDTH, 2, work, after, held)
    for k in range(PARTS):
        after[k * WIDTH] /= total
