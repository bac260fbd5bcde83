"""The rivals say what their names say, and one alarm a stay."""

from math import nan, sqrt

import numpy as np
import pytest

from tagwatch.core.units import MINUTE, SECOND
from tagwatch.sim.quality.judge import Zone, shape_of
from tagwatch.sim.quality.rival import Rival, alarms, gaussian, hours, sigmas_m, stays
from tagwatch.sim.quality.trace import BEGINS, fixes

ZONE = Zone("z", 0.0, 0.0, 100.0)
R95_OF_R68 = sqrt(np.log1p(-0.95) / np.log1p(-0.68))


def at(*x_m: float, accuracy_m: float = 10.0) -> np.ndarray:
    times = BEGINS + 60 * SECOND * np.arange(len(x_m), dtype=np.int64)
    return fixes(times, np.array(x_m), np.zeros(len(x_m)), np.full(len(x_m), accuracy_m))


def said(rival: Rival, *x_m: float, accuracy_m: float = 10.0) -> list[bool]:
    return alarms(rival, at(*x_m, accuracy_m=accuracy_m), ZONE, shape_of(ZONE)).tolist()


def test_each_rule_on_its_own_boundary() -> None:
    circle = 10.0 * R95_OF_R68
    assert said(Rival.POINT, 99.9, 100.1) == [True, False]
    assert said(Rival.TOUCHES, 99.9 + circle, 100.1 + circle) == [True, False]
    assert said(Rival.CONTAINED, 99.9 - circle, 100.1 - circle) == [True, False]
    assert said(Rival.FILTERED, 0.0, accuracy_m=50 / R95_OF_R68 - 0.1) == [True]
    assert said(Rival.FILTERED, 0.0, accuracy_m=50 / R95_OF_R68 + 0.1) == [False]


def test_the_gaussian_needs_three_in_a_row() -> None:
    assert said(Rival.GAUSSIAN, 0, 0, 0, 0, 400, 0, 0) == [False, False, True, True] + [False] * 3


def test_the_sieve_before_the_gaussian_lets_nothing_pass() -> None:
    block = at(*np.arange(0.0, 100.0, 0.5))
    wanted = np.ones((len(block), 1), dtype=bool)
    sure = gaussian(block, [shape_of(ZONE)], wanted)[:, 0] >= 0.99
    three = sure & np.roll(sure, 1) & np.roll(sure, 2)
    three[:2] = False
    assert alarms(Rival.GAUSSIAN, block, ZONE, shape_of(ZONE)).tolist() == three.tolist()


def test_what_is_not_claimed_is_read_from_the_view_or_taken_for_middling() -> None:
    block = at(0.0, 0.0, 0.0, accuracy_m=nan)
    block["hdop"] = [2.0, nan, -1.0]
    assert sigmas_m(block) == pytest.approx([10.0, 10.0, 10.0])


def test_one_alarm_a_stay() -> None:
    times = BEGINS + np.array([0, 1, 9, 20, 40]) * MINUTE
    assert stays(np.array([True, True, True, False, True]), times) == 2
    assert stays(np.zeros(5, dtype=bool), times) == 0


def test_an_alarm_lasts_to_the_next_fix_and_ten_minutes_at_most() -> None:
    times = BEGINS + np.array([0, 1, 9, 40, 41]) * MINUTE
    assert hours(np.array([True, False, True, False, True]), times) == pytest.approx(11 / 60)
