"""Which zones cannot be excluded between two fixes."""

import numpy as np
import pytest

from tagwatch.core.between import NotExcluded, crossings
from tagwatch.core.derive import Prepared
from tagwatch.core.fix import FixBlock, Motion, Source
from tests.core.worlds import SETTINGS, at, fixes, orders, part, row, zone

MINUTES = 20
CELL_M = 900.0


def marks(block: FixBlock, radius_m: float = 100.0) -> tuple[NotExcluded, ...]:
    window = (at(0), at(3 * 3600))
    return crossings([part(block)], orders(zone(radius_m)), window, SETTINGS, Prepared())


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


def at_home(*vague_minutes: int, away_m: float = 1500.0, flag: Motion = Motion.STILL) -> FixBlock:
    """At home, a satellite fix a minute; in these minutes a mast's instead."""
    rows = [
        (60.0 * k, away_m + 300.0, 300.0, CELL_M, Source.LBS)
        if k in vague_minutes
        else (60.0 * k, away_m, 0.0, 8.0, Source.GNSS)
        for k in range(MINUTES)
    ]
    block = fixes(*rows)
    block["motion"] = flag
    return block


@pytest.mark.parametrize("flag", [Motion.STILL, Motion.UNKNOWN])
@pytest.mark.parametrize("vague", [(10,), (5, 6, 7), (3, 9, 15)])
def test_a_vague_fix_of_somebody_at_home_opens_no_zone_that_its_neighbours_exclude(
    vague: tuple[int, ...], flag: Motion
) -> None:
    assert marks(at_home(*vague, flag=flag)) == ()


def test_where_only_vague_fixes_are_the_zone_stays_open() -> None:
    assert len(marks(at_home(*range(MINUTES)))) == MINUTES - 1


def test_a_vague_fix_on_a_drive_past_leaves_the_zone_open() -> None:
    rows = [((k - 4.5) * 720.0, 8.0, Source.GNSS) for k in range(10)]
    rows[4] = (rows[4][0], CELL_M, Source.LBS)
    block = fixes(*((60.0 * k, x, 0.0, r, source) for k, (x, r, source) in enumerate(rows)))
    assert at(240) in [mark.start for mark in marks(block)]


def test_a_drive_that_left_one_vague_fix_alone_is_not_taken_for_rest() -> None:
    there = [(60.0 * k, -900.0, 0.0, 8.0, Source.GNSS) for k in range(10)]
    back = [(60.0 * k, 900.0, 0.0, 8.0, Source.GNSS) for k in range(11, 21)]
    vague = (600.0, -200.0, 700.0, CELL_M, Source.LBS)
    found = marks(fixes(*there, vague, *back))
    assert {mark.start for mark in found} == {at(540), at(600)}


@pytest.mark.parametrize(("away_m", "open_"), [(180.0, True), (250.0, False)])
def test_neighbours_exclude_only_what_nobody_has_time_for_there_and_back(
    away_m: float, open_: bool
) -> None:
    assert bool(marks(at_home(10, away_m=away_m))) is open_


def test_one_fix_that_jumps_is_no_drive_there_and_back() -> None:
    block = at_home()
    block["lat_deg"][10] += 0.0022  # 245 m
    assert marks(block) == ()


def test_an_hour_without_a_fix_leaves_open_what_a_car_can_reach() -> None:
    block = fixes(*((at_s, 1500.0, 0.0, 8.0) for at_s in (0, 60, 120, 3720, 3780)))
    (found,) = marks(block)
    assert (found.start, found.end) == (at(120), at(3720))
    assert found.fastest == "rail"
