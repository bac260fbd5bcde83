"""Checks of accounts in small: an answer that is often wrong would be seen here."""

from functools import cache

from tagwatch.core.account import Bearing
from tagwatch.core.statement import Allegation
from tagwatch.sim.quality.accounts import NAME, Checked, rows, run
from tagwatch.sim.quality.alleged import Story
from tagwatch.sim.quality.experiment import QUICK, Setting, Task
from tagwatch.sim.quality.table import OURS

PEOPLE = 2


@cache
def checked() -> tuple[Checked, ...]:
    return tuple(run(Task(NAME, ("all",), 0, PEOPLE, 1, QUICK)))


def true_of(chosen: list[Checked]) -> tuple[int, int]:
    return sum(one.is_true for one in chosen), len(chosen)


def test_what_is_supported_is_true_and_what_is_contradicted_is_not() -> None:
    hits, supported = true_of([one for one in checked() if one.bearing is Bearing.SUPPORTS])
    wrong, contradicted = true_of([one for one in checked() if one.bearing is Bearing.CONTRADICTS])
    assert min(supported, contradicted) >= 6
    assert supported - hits <= 1
    assert wrong <= 1


def test_a_ratio_is_no_larger_than_the_truth_bears_out() -> None:
    """Half of what is said is true: of ratios of 10 and more nearly all, of 1/10 nearly none."""
    hits, large = true_of([one for one in checked() if one.ratio >= 10.0])
    wrong, small = true_of([one for one in checked() if one.ratio <= 0.1])
    assert min(large, small) >= 5
    assert hits >= large - 1
    assert wrong <= 1
    usual = [one for one in checked() if one.story is Story.USUAL and one.is_true]
    assert all(one.ratio < 10.0 for one in usual)


def test_the_table_counts_each_statement_once() -> None:
    results = {(NAME, "all"): [list(checked())]}
    table = rows(results, Setting(sizes=QUICK, seed=1))
    assert {each.who for each in table} == {OURS}
    answers = [each for each in table if each.cell.startswith("all: ")]
    assert sum(int(each.trials.split()[0]) for each in answers) == len(checked())
    assert {one.claim for one in checked()} == set(Allegation)
