"""Bounds against figures anybody can look up."""

from math import exp, inf, isnan

import numpy as np
import pytest

from tagwatch.sim.quality.bound import bootstrap, median, poisson, rate, ratio, share


def test_wilson_of_a_textbook_share() -> None:
    found = share(9, 10)
    assert (found.low, found.high) == (
        pytest.approx(0.5958, abs=5e-4),
        pytest.approx(0.9821, abs=5e-4),
    )


def test_a_share_of_all_still_leaves_room_below_and_one_of_nothing_is_unknown() -> None:
    assert share(1000, 1000).low == pytest.approx(0.99617, abs=1e-4)
    assert isnan(share(0, 0).value)


@pytest.mark.parametrize(
    ("count", "low", "high"),
    [(0, 0.0, 3.689), (1, 0.0253, 5.572), (10, 4.795, 18.39), (100, 81.36, 121.63)],
)
def test_poisson_bounds_are_the_exact_ones(count: int, low: float, high: float) -> None:
    assert poisson(count) == (pytest.approx(low, rel=2e-3), pytest.approx(high, rel=2e-3))
    if count == 0:
        assert exp(-poisson(0)[1]) == pytest.approx(0.025, rel=1e-6)


def test_events_that_come_in_bunches_widen_the_bounds() -> None:
    spread, bunched = np.ones(100), np.zeros(100)
    bunched[:5] = 20
    assert rate(spread, 1.0).value == rate(bunched, 1.0).value == 1.0
    assert rate(bunched, 1.0).high > 1.5 > rate(spread, 1.0).high


def test_nothing_below_makes_a_ratio_endless() -> None:
    assert ratio(3, 0) == inf
    assert isnan(ratio(0, 0))


def test_bootstrap_and_median_hold_the_point_and_repeat_themselves() -> None:
    sums = np.column_stack([np.arange(20.0), np.full(20, 10.0)])
    found = bootstrap(sums, lambda t: float(t[0] / t[1]), 1)
    assert found.value == pytest.approx(0.95)
    assert found.low < found.value < found.high
    assert found == bootstrap(sums, lambda t: float(t[0] / t[1]), 1)
    assert median(np.array([1.0, 2.0, inf]), 1).value == 2.0
    assert median(np.array([1.0, inf, inf]), 1).value == inf
