"""The simpler rules for curfews, and what the experiments make of somebody at home."""

import numpy as np

from tagwatch.core.units import HOUR, MINUTE
from tagwatch.sim.error import Place
from tagwatch.sim.quality.absence import Simpler, at_night, fix_by_fix, missing, spells
from tagwatch.sim.quality.experiment import QUICK, Task
from tagwatch.sim.quality.home import FIGURES, NAME, Trouble, run
from tagwatch.sim.quality.judge import Zone, absence_known, absences
from tagwatch.sim.quality.trace import BEGINS, Tells, fixes

AREA = Zone("area", 0.0, 0.0, 100.0)


def block_at(*x_m: float, accuracy_m: float = 8.0):
    """A fix a minute from 20:00."""
    times = BEGINS + 20 * HOUR + MINUTE * np.arange(len(x_m), dtype=np.int64)
    return fixes(times, np.array(x_m), np.zeros(len(x_m)), np.full(len(x_m), accuracy_m))


def test_the_night_is_from_seven_to_seven() -> None:
    hours = BEGINS + HOUR * np.array([0, 6, 7, 18, 19, 23])
    assert at_night(hours).tolist() == [True, True, False, False, True, True]
    assert not at_night(np.array([BEGINS + 19 * HOUR - 1])).any()


def test_what_simpler_rules_say() -> None:
    block = block_at(0.0, 99.0, 101.0, 112.0, 114.0)  # the 95 % circle of 8 m (68 %) is 13 m
    assert missing(Simpler.POINT, block, AREA).tolist() == [False, False, True, True, True]
    assert missing(Simpler.CLEAR, block, AREA).tolist() == [False, False, False, False, True]


def test_fix_by_fix_is_possible_by_two_and_confirmed_over_the_confirming_time() -> None:
    block = block_at(0.0, *[400.0] * 8, 0.0, 400.0)
    said = fix_by_fix(block, AREA, np.ones(len(block), np.bool_))
    assert said.possible.tolist() == [False, False, *[True] * 7, False, False]
    assert said.confirmed.tolist() == [*[False] * 6, True, True, True, False, False]
    assert (spells(said.possible), spells(said.confirmed)) == (1, 1)


def test_the_engine_finds_the_absence_and_knows_it_live() -> None:
    block = block_at(0.0, 0.0, *[400.0] * 12, 0.0)
    (found,) = absences(block, AREA)
    assert found.confirmed_at is not None
    known = absence_known(block, AREA)
    assert known.possible.tolist() == [False, False, False, *[True] * 11, False]
    assert int(np.argmax(known.confirmed)) == 7


def test_a_router_known_elsewhere_is_confirmed_fix_by_fix_alone() -> None:
    cell = (Place.INDOOR, Tells.MOTION, Trouble.ELSEWHERE)
    counts = run(Task(NAME, cell, 0, 1, 1, QUICK))[0]
    by = {figure: counts[:, k] for k, figure in enumerate(FIGURES)}
    assert by["fix by fix", "confirmed"].max() >= 1
    assert by["tagwatch", "confirmed"].max() == 0
