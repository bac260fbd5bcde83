"""What was seen, hour by hour."""

import numpy as np
import pytest

from tagwatch.core.coverage import Coverage, Seen, coverage
from tagwatch.core.derive import Prepared
from tagwatch.core.person import TagMode
from tagwatch.core.units import HOUR, MINUTE, Instant
from tests.core.worlds import MONDAY, SETTINGS, at, fixes, orders, part

MODE = TagMode()


def seen(block: np.ndarray, *, until_s: float, worn: list[tuple[float, float]]) -> Coverage:
    spans = [(at(a), at(b)) for a, b in worn]
    window = (at(0), at(until_s))
    return coverage([part(block)], orders(), spans, MODE, window, SETTINGS, Prepared())


def rest(*minutes: float) -> np.ndarray:
    return fixes(*((60.0 * m, 0.0, 0.0, 10.0) for m in minutes))


def test_every_second_of_the_window_is_one_of_three() -> None:
    block = rest(*range(0, 61, 5))
    found = seen(block, until_s=3 * 3600, worn=[(0, 2 * 3600)])
    assert [h.observed_s + h.unobserved_s + h.off_s for h in found.hours] == [3600] * 3
    assert found.seconds(Seen.OBSERVED) == 3600
    assert found.seconds(Seen.UNOBSERVED) == 3600
    assert found.seconds(Seen.OFF) == 3600


@pytest.mark.parametrize(("gap_min", "observed"), [(9.9, True), (10.0, True), (10.1, False)])
def test_twice_the_expected_interval_at_rest_is_still_observed(
    gap_min: float, observed: bool
) -> None:
    block = rest(*range(0, 30, 5), 25 + gap_min)
    found = seen(block, until_s=60 * (25 + gap_min), worn=[(0, 86400)])
    assert (found.seconds(Seen.UNOBSERVED) == 0) is observed


def test_without_a_tag_nothing_is_observed_and_nothing_is_his_silence() -> None:
    found = seen(rest(), until_s=1800, worn=[])
    assert found.seconds(Seen.OFF) == 1800


def test_hours_are_those_of_the_clock() -> None:
    spans = [(Instant(MONDAY), Instant(MONDAY + 2 * HOUR))]
    window = (Instant(MONDAY + 50 * MINUTE), Instant(MONDAY + 70 * MINUTE))
    found = coverage([], orders(), spans, MODE, window, SETTINGS, Prepared())
    assert [hour.unobserved_s for hour in found.hours] == [600, 600]
