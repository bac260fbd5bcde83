"""What was seen, and which zones a gap cannot exclude."""

import numpy as np
import pytest

from tagwatch.core.coverage import Coverage, Seen, coverage, crossings
from tagwatch.core.derive import Prepared
from tagwatch.core.person import TagMode
from tagwatch.core.units import HOUR, MINUTE, Instant
from tests.core.worlds import MONDAY, SETTINGS, at, fixes, orders, part, row, zone

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


def drive(offset_m: float, speed_mps: float = 12.0, radius_m: float = 100.0) -> tuple:
    """A car passes a zone halfway between two fixes a minute apart."""
    xs = [(k - 4.5) * 60.0 * speed_mps for k in range(10)]
    block = fixes(*((60.0 * k, x, offset_m, 8.0) for k, x in enumerate(xs)))
    of = orders(zone(radius_m))
    return crossings([part(block)], of, (at(0), at(600)), SETTINGS, Prepared())


def test_a_car_that_drives_through_between_two_fixes_is_not_excluded() -> None:
    (through,) = [each for each in drive(0.0) if each.start == at(240)]
    assert through.end == at(300)
    assert through.after_fix.endswith(".4")
    assert through.before_fix.endswith(".5")
    assert through.fastest in ("vehicle", "rail")


def test_far_from_the_zone_it_is_excluded() -> None:
    assert drive(4000.0) == ()


def test_at_rest_across_the_road_needs_a_walk_and_half_a_kilometre_away_is_excluded() -> None:
    near = fixes(*((60.0 * k, 150.0, 0.0, 8.0) for k in range(20)))
    far = fixes(*((60.0 * k, 700.0, 0.0, 8.0) for k in range(20)))
    of, window = orders(zone(100.0)), (at(0), at(1200))
    assert len(crossings([part(near)], of, window, SETTINGS, Prepared())) == 19
    assert crossings([part(far)], of, window, SETTINGS, Prepared()) == ()


def test_a_fix_inside_is_for_the_rule_and_no_mark() -> None:
    block = fixes((0, -400, 0, 8), (60, 0, 0, 8), (120, 400, 0, 8))
    assert (
        crossings([part(block)], orders(zone(100.0)), (at(0), at(180)), SETTINGS, Prepared()) == ()
    )


def test_a_zone_out_of_its_hours_is_not_crossed() -> None:
    block = fixes((0, -500, 0, 8), (60, 500, 0, 8))
    hours = (row("Mo", "12:00", "Mo", "13:00"),)
    of = orders(zone(100.0, schedule=hours))
    assert crossings([part(block)], of, (at(0), at(60)), SETTINGS, Prepared()) == ()


def test_repeats_and_order_of_arrival_change_nothing() -> None:
    block = fixes(*((60.0 * k, (k - 4.5) * 720.0, 0.0, 8.0) for k in range(10)))
    shuffled = np.concatenate([block[5:], block[:7]])
    of, window = orders(zone(100.0)), (at(0), at(600))
    one = crossings([part(block)], of, window, SETTINGS, Prepared())
    assert crossings([part(shuffled)], of, window, SETTINGS, Prepared()) == one
