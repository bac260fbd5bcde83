"""Scores of forecasts, checked by hand; and a table that hides nothing."""

from math import inf, log, nan

import numpy as np
import pytest

from tagwatch.sim.quality.bound import Measured
from tagwatch.sim.quality.score import FORECASTS, figure, sums
from tagwatch.sim.quality.table import Target, Verdict, judged


def test_scores_of_four_forecasts_are_those_one_would_write_down() -> None:
    p = np.array([[0.995], [0.999], [0.005], [0.5]])
    inside = np.array([[True], [False], [True], [True]])
    others = tuple(np.full((4, 1), 0.5) for _ in FORECASTS[1:])
    wanted = np.array([[True], [True], [True], [False]])
    total = sums((p, *others), inside, wanted, np.array([0, 0, 1, 1]), 2).sum(axis=0)
    assert figure("sure and right")(total) == 0.5
    assert figure("clear but inside")(total) == 1.0
    assert figure("share sure")(total) == pytest.approx(2 / 3)
    brier = (0.005**2 + 0.999**2 + 0.995**2) / 3
    assert figure("Brier")(total) == pytest.approx(brier)
    assert figure("Brier against plain Gaussian")(total) == pytest.approx(brier / 0.25)
    score = -(log(0.995) + log(0.001) + log(0.005)) / 3
    assert figure("log score")(total) == pytest.approx(score)


def test_nothing_to_judge_by_is_not_a_number() -> None:
    assert np.isnan(figure("sure and right")(np.zeros(31)))


@pytest.mark.parametrize(
    ("measured", "target", "verdict"),
    [
        (Measured(0.01, 0.0, 0.04), Target(most=0.05), Verdict.SHOWN),
        (Measured(0.05, 0.0, 0.07), Target(most=0.05), Verdict.REACHED),
        (Measured(0.051, 0.0, 0.07), Target(most=0.05), Verdict.MISSED),
        (Measured(0.99, 0.97, 1.0), Target(least=0.97), Verdict.SHOWN),
        (Measured(0.99, 0.96, 1.0), Target(least=0.97), Verdict.REACHED),
        (Measured(0.96, 0.9, 1.0), Target(least=0.97), Verdict.MISSED),
        (Measured(inf, 9.0, inf), Target(most=3.0), Verdict.MISSED),
        (Measured(nan, nan, nan), Target(least=0.5), Verdict.UNKNOWN),
        (Measured(0.5, 0.4, 0.6), None, Verdict.NONE),
    ],
)
def test_a_verdict_is_by_the_point_and_by_the_interval(
    measured: Measured, target: Target | None, verdict: Verdict
) -> None:
    assert judged(measured, target) is verdict
