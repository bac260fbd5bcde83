"""Modes of movement between fixes: what is left out, and what must not be."""

import numpy as np
import pytest

from tagwatch.core.fix import Motion
from tagwatch.core.motion import Mode, ModeSettings, MotionSettings, modes, top_speeds_mps

RULES = MotionSettings()


def walk(
    speed_mps: float, *, every_s: float = 60.0, count: int = 20, flag: Motion = Motion.UNKNOWN
) -> np.ndarray:
    seconds = np.arange(count) * every_s
    wobble = np.where(np.arange(count) % 2 == 0, 3.0, -3.0)
    flags = np.full(count, int(flag), dtype=np.uint8)
    return modes(seconds, seconds * speed_mps, wobble, np.full(count, 8.0), flags, RULES)


def test_at_rest_no_vehicle_remains_at_a_fix_a_minute() -> None:
    posterior = walk(0.0)
    assert (posterior[:, Mode.STILL] > 0.5).all()
    assert (posterior[:, Mode.VEHICLE] < RULES.least).all()
    assert (top_speeds_mps(posterior, RULES) <= RULES.foot.top_mps).all()


@pytest.mark.parametrize(
    ("speed_mps", "mode"), [(1.3, Mode.FOOT), (9.0, Mode.VEHICLE), (30.0, Mode.RAIL)]
)
def test_the_mode_that_moves_so_is_never_left_out(speed_mps: float, mode: Mode) -> None:
    posterior = walk(speed_mps)
    assert (posterior[:, mode] >= RULES.least).all()
    tops = top_speeds_mps(posterior, RULES)
    assert (tops >= min(speed_mps, RULES.rail.top_mps)).all()


def test_on_foot_is_most_likely_for_a_walk() -> None:
    assert (walk(1.3).argmax(axis=1) == Mode.FOOT).mean() > 0.9


def test_hours_without_a_fix_leave_every_mode() -> None:
    posterior = walk(0.0, every_s=3 * 3600.0)
    assert (posterior >= RULES.least).all()


def test_the_tags_own_flag_counts() -> None:
    moving = walk(0.3, flag=Motion.MOVING)
    still = walk(0.3, flag=Motion.STILL)
    assert (moving[:, Mode.STILL] < still[:, Mode.STILL]).all()


def test_one_fix_has_no_interval() -> None:
    one = np.zeros(1)
    assert modes(one, one, one, one, one.astype(np.uint8), RULES).shape == (0, 4)


def test_two_fixes_of_the_same_moment_are_no_fault() -> None:
    two = np.zeros(2)
    assert np.isfinite(modes(two, two, two, two + 5.0, two.astype(np.uint8), RULES)).all()


def test_shares_must_sum_to_one() -> None:
    mode = ModeSettings(top_mps=1.0, usual_mps=1.0, share=0.9, lasts_s=60.0)
    with pytest.raises(ValueError, match="sum to"):
        MotionSettings(still=mode)
