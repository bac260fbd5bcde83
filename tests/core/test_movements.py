"""Stops, trips and gaps: what is found, what is not, and what has no say."""

from math import nan

import msgspec
import numpy as np
import pytest

from tagwatch.core.fix import Mark, Motion, Source, joined
from tagwatch.core.looks import looks
from tagwatch.core.movement_settings import DEFAULT_MOVEMENT
from tagwatch.core.movements import Movements, movements
from tagwatch.core.person import TagMode
from tagwatch.core.rules.prepare import SettingsHistory
from tagwatch.core.settings import Settings
from tagwatch.core.stay import load_kernels
from tagwatch.core.trail import TrailPart
from tagwatch.core.trip import TripMode
from tagwatch.core.trip_mode import Pace, trip_mode
from tagwatch.core.uncertainty import ErrorSettings, TagModelErrors
from tagwatch.core.units import DAY, HOUR, MINUTE, SECOND, Instant
from tagwatch.sim.course import DRIVE_MPS, WALK_MPS, Course
from tagwatch.sim.error import Place
from tagwatch.sim.quality.rest import plateaus
from tagwatch.sim.quality.trace import BEGINS, PLANE, Tells, made, slots, still
from tests.core.worlds import MONDAY, SETTINGS, at, fixes, part

MODE = TagMode()


def found(
    block: np.ndarray, *, minutes: float = 600.0, start: float = 0.0, mode: TagMode = MODE
) -> Movements:
    window = (at(60 * start), at(60 * minutes))
    return movements([part(block)], [window], mode, window, SETTINGS)


def day(*legs: tuple[float, float, float]) -> np.ndarray:
    """Rows of (minutes there, x_m, metres a minute on the way there), a fix a minute."""
    rows: list[tuple[float, float, float, float]] = []
    minute, x = 0.0, legs[0][1]
    for stay, to, pace in legs:
        while abs(to - x) > pace > 0:
            x += pace if to > x else -pace
            rows.append((60 * minute, x, 0.0, 8.0))
            minute += 1
        x = to
        for _ in range(round(stay)):
            rows.append((60 * minute, x + 3.0 * (-1) ** round(minute), 2.0, 8.0))
            minute += 1
    return fixes(*rows)


def walked_and_back() -> np.ndarray:
    return day((60, 0.0, 0.0), (40, 800.0, 80.0), (60, 0.0, 80.0))


def test_a_walk_between_two_stops_and_back() -> None:
    got = found(walked_and_back(), minutes=200)
    assert [stop.number for stop in got.stops] == [1, 2, 3]
    assert [(trip.from_stop, trip.to_stop) for trip in got.trips] == [(1, 2), (2, 3)]
    assert [trip.mode for trip in got.trips] == [TripMode.FOOT] * 2
    home, shop, again = got.stops
    assert home.arrived_earliest is home.arrived_latest is None
    assert again.left_earliest is again.left_latest is None
    assert (home.since, again.until) == (home.first_seen, again.last_seen)
    assert home.left_earliest is not None
    assert home.left_latest is not None
    assert home.left_earliest <= at(60 * 59) <= home.left_latest <= at(60 * 62)
    assert shop.arrived_earliest is not None
    assert shop.arrived_latest is not None
    assert shop.arrived_earliest <= at(60 * 69) <= shop.arrived_latest
    assert 30 * 60 < shop.least_s <= (shop.until - shop.since) // SECOND <= shop.most_s < 45 * 60
    for trip in got.trips:
        assert trip.distance_m_least <= 800 <= trip.distance_m_most <= 1400
        assert trip.distance_m_least > 600
        assert trip.seen_s >= 8 * 60
    assert abs(PLANE.xy(shop.lon_deg, shop.lat_deg)[0] - 800.0) < 10.0
    assert 10.0 < shop.radius_m_95 < 40.0
    assert shop.centre.lon_deg == shop.lon_deg


@pytest.mark.parametrize(
    ("pace", "mode"),
    [(80.0, TripMode.FOOT), (220.0, TripMode.CYCLE), (600.0, TripMode.VEHICLE)],
)
def test_the_speeds_of_a_trip_tell_how_he_went(pace: float, mode: TripMode) -> None:
    got = found(day((30, 0.0, 0.0), (30, 12 * pace, pace)), minutes=100)
    (trip,) = got.trips
    assert trip.mode is mode
    assert 0.6 <= trip.mode_probability <= 1.0


def test_fixes_that_do_not_decide_repeat_or_come_in_another_order_change_nothing() -> None:
    block = walked_and_back()
    bad = fixes((3000.0, 5000.0, 0.0, 5.0), (3060.0, 5000.0, 0.0, 5.0), seq=9)
    bad["marks"] = int(Mark.NOT_VALID)
    shuffled = np.random.default_rng(1).permutation(joined([block, block, bad]))
    window = (at(0), at(12000))
    halves = [part(shuffled[:100]), part(shuffled[100:])]
    assert movements(halves, [window], MODE, window, SETTINGS) == found(block, minutes=200)


def test_thirty_near_copies_add_nothing() -> None:
    block = walked_and_back()
    alone = fixes((3000.0, 400.0, 0.0, 8.0), seq=9)
    copies = fixes(*((3000.0 + k, 400.0 + 0.1 * k, 0.0, 8.0) for k in range(30)), seq=9)
    for more in (alone, copies):
        got = found(joined([block, more]), minutes=200)
        assert len(got.stops) == 3
        assert [trip.from_stop for trip in got.trips] == [1, 2]


@pytest.mark.parametrize("place", list(Place))
@pytest.mark.parametrize("sticks", [False, True])
def test_jitter_at_rest_never_becomes_a_trip(place: Place, sticks: bool) -> None:
    for seed in range(3):
        rng = np.random.default_rng([seed, int(place), sticks])
        length = 3 * DAY
        stuck = plateaus(rng, length) if sticks else ()
        every = [60.0, 300.0, 60.0][seed]
        trace = made(
            still(place, length), slots(BEGINS, BEGINS + length, every, rng), rng, Tells(0), stuck
        )
        window = (BEGINS, Instant(BEGINS + length))
        got = movements([part(trace.block)], [window], MODE, window, SETTINGS)
        assert got.trips == ()
        (stop,) = got.stops
        x_m, y_m = PLANE.xy(stop.lon_deg, stop.lat_deg)
        assert np.hypot(x_m, y_m) <= stop.radius_m_95
        assert stop.seen_s > 0.5 * length / SECOND


@pytest.mark.parametrize("worse", [2.0, 4.0, 8.0])
def test_worse_accuracy_never_makes_more_trips(worse: float) -> None:
    for seed in range(4):
        trace = errand(seed)
        window = (BEGINS, Instant(BEGINS + 3 * HOUR))
        sharp = movements([part(trace)], [window], MODE, window, SETTINGS)
        trace["accuracy_m"] *= worse
        vague = movements([part(trace)], [window], MODE, window, SETTINGS)
        assert len(vague.trips) <= len(sharp.trips)


def errand(seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    course = Course(PLANE)
    course.stay((0.0, 0.0), BEGINS, BEGINS + HOUR, Place.INDOOR)
    shop = course.travel((150.0 + 100.0 * seed, 50.0), WALK_MPS, Place.URBAN)
    course.stay((150.0 + 100.0 * seed, 50.0), shop, shop + 20 * MINUTE, Place.INDOOR)
    course.travel((0.0, 0.0), DRIVE_MPS if seed == 3 else WALK_MPS, Place.URBAN)
    course.stay((0.0, 0.0), course.end(), BEGINS + 3 * HOUR, Place.INDOOR)
    return made(course, slots(BEGINS, BEGINS + 3 * HOUR, 60.0, rng), rng, Tells.MOTION).block


def test_a_long_gap_ends_a_stop_and_is_no_trip_where_he_did_not_move() -> None:
    block = fixes(*((60.0 * m, 0.0, 0.0, 8.0) for m in [*range(60), *range(240, 300)]))
    got = found(block, minutes=300)
    assert len(got.stops) == 2
    assert got.trips == ()
    (gap,) = got.gaps
    assert (gap.start, gap.end, gap.off_s, gap.moved_m_least) == (at(3540), at(14400), 0, 0)
    assert got.stops[0].left_earliest == at(3540)
    assert got.stops[0].left_latest == at(14400)
    assert got.stops[1].arrived_latest == at(14400)


def test_a_gap_of_an_hour_at_one_place_is_within_the_stop_and_not_seen() -> None:
    block = fixes(*((60.0 * m, 0.0, 0.0, 8.0) for m in [*range(60), *range(120, 180)]))
    got = found(block, minutes=180)
    (stop,) = got.stops
    (gap,) = got.gaps
    assert stop.seen_s == 2 * 59 * 60
    assert gap.end - gap.start == 61 * MINUTE
    assert sum(hour.unobserved_s for hour in got.coverage.hours) == 61 * 60


def test_a_trip_in_a_gap_is_certain_and_its_way_is_not_known() -> None:
    there = [(60.0 * m, 5000.0, 0.0, 8.0) for m in range(90, 120)]
    got = found(fixes(*((60.0 * m, 0.0, 0.0, 8.0) for m in range(60)), *there), minutes=119)
    (trip,) = got.trips
    assert (trip.fixes, trip.mode, trip.mode_probability) == (0, TripMode.UNKNOWN, 0.0)
    assert trip.distance_m_least > 4900
    assert trip.distance_m_most >= 5000
    assert trip.seen_s == 0
    assert got.gaps[0].moved_m_least > 4900


def test_the_window_cuts_stops_trips_and_gaps() -> None:
    block = walked_and_back()
    got = found(block, start=30, minutes=65)
    (home,) = got.stops
    assert home.first_seen == at(30 * 60)
    (trip,) = got.trips
    assert (trip.from_stop, trip.to_stop) == (1, None)
    assert trip.ended_at <= at(65 * 60)
    later = found(block, start=65, minutes=66)
    assert later.stops == ()
    assert [(trip.from_stop, trip.to_stop) for trip in later.trips] == [(None, None)]
    assert found(block, start=65.2, minutes=65.8).trips == ()
    assert found(block, start=75, minutes=105).stops[0].arrived_earliest is None
    on_the_way = found(block, start=62, minutes=100)
    assert on_the_way.trips[0].from_stop is None
    assert on_the_way.trips[0].to_stop == 1


def test_nothing_seen_is_one_gap() -> None:
    window = (at(0), at(7200))
    worn = [(at(0), at(3600))]
    got = movements([], worn, MODE, window, SETTINGS)
    assert (got.stops, got.trips, got.fixes) == ((), (), 0)
    assert [(gap.start, gap.end, gap.off_s) for gap in got.gaps] == [(*window, 3600)]


def test_always_on_the_move_is_one_trip_without_stops() -> None:
    got = found(fixes(*((60.0 * m, 80.0 * m, 0.0, 8.0) for m in range(30))), minutes=30)
    assert got.stops == ()
    (trip,) = got.trips
    assert (trip.from_stop, trip.to_stop, trip.mode) == (None, None, TripMode.FOOT)
    few = found(fixes((0.0, 0.0, 0.0, 8.0), (60.0, 20.0, 0.0, 8.0)), minutes=2)
    assert (few.stops, few.trips) == ((), ())


def test_a_trip_before_the_first_stop_and_after_the_last() -> None:
    got = found(day((1, 0.0, 0.0), (30, 1600.0, 80.0), (1, 3200.0, 80.0)), minutes=100)
    assert len(got.stops) == 1
    assert [(trip.from_stop, trip.to_stop) for trip in got.trips] == [(None, 1), (1, None)]


def test_vague_fixes_are_counted_and_show_neither_stop_nor_trip() -> None:
    rows = [(60.0 * m, 4000.0 * (m // 30), 0.0, 1600.0, Source.LBS) for m in range(60)]
    got = found(fixes(*rows), minutes=60)
    assert (got.stops, got.trips) == ((), ())
    assert (got.fixes, got.vague) == (60, 60)
    assert got.gaps == ()


def test_two_tags_one_after_the_other_are_one_wearer() -> None:
    block = walked_and_back()
    first, second = block[:90].copy(), block[90:].copy()
    window = (at(0), at(12000))
    trail = [part(second, "activation-2"), part(first)]
    got = movements(trail, [window], MODE, window, SETTINGS)
    assert [stop.fixes for stop in got.stops] == [
        stop.fixes for stop in found(block, minutes=200).stops
    ]


def test_a_tag_model_with_an_error_model_of_its_own_is_believed_by_it() -> None:
    gnss = ErrorSettings().gnss
    figure = gnss.floor_sigma_m
    wide = msgspec.structs.replace(gnss, floor_sigma_m=msgspec.structs.replace(figure, value=90.0))
    own = TagModelErrors(tag_model="plain", source=Source.GNSS, errors=wide)
    errors = ErrorSettings(tag_models=(own,))
    block = fixes((0.0, 0.0, 0.0, 8.0))
    known = looks([part(block)], errors, DEFAULT_MOVEMENT)
    assert len(known) == 0
    other = TrailPart(part(block).activation_id, "another", block)
    assert len(looks([other], errors, DEFAULT_MOVEMENT)) == 1
    rules = SettingsHistory.of(Settings(errors=errors))
    window = (at(0), at(60))
    assert movements([part(block)], [window], MODE, window, rules).vague == 1


def test_places_near_a_pole_are_left_out() -> None:
    block = fixes((0.0, 0.0, 0.0, 8.0), (60.0, 0.0, 0.0, 8.0))
    block["lat_deg"][0] = 89.0
    got = found(block, minutes=2)
    assert (got.fixes, got.vague) == (2, 1)


def test_the_tags_own_flag_tells_when_he_left() -> None:
    block = walked_and_back()
    block["motion"] = int(Motion.STILL)
    block["motion"][57:70] = int(Motion.MOVING)
    home = found(block, minutes=200).stops[0]
    plain = found(walked_and_back(), minutes=200).stops[0]
    assert home.left_earliest is not None
    assert plain.left_earliest is not None
    assert home.left_earliest < plain.left_earliest


def test_a_tag_that_measures_rarely_makes_stops_too() -> None:
    rare = TagMode(name="rare", moving_interval_s=3600, resting_interval_s=7200)
    block = fixes(*((7200.0 * h, 0.0, 0.0, 8.0) for h in range(6)))
    got = found(block, minutes=600, mode=rare)
    assert len(got.stops) == 1
    assert got.gaps == ()


def test_same_fixes_from_a_radius_that_is_not_known() -> None:
    block = walked_and_back()
    block["accuracy_m"] = nan
    assert len(found(block, minutes=200).stops) == 3


def test_a_first_fix_that_jumped_and_two_long_before_are_no_trip() -> None:
    rest = [(60.0 * m, 0.0, 0.0, 8.0) for m in range(240, 300)]
    jumped = found(fixes((60.0 * 239, 2000.0, 0.0, 8.0), *rest), start=239, minutes=300)
    assert (len(jumped.stops), jumped.trips) == (1, ())
    early = [(60.0 * m, 5.0, 0.0, 8.0) for m in (0, 1)]
    island = found(fixes(*early, *rest), minutes=300)
    assert (len(island.stops), island.trips, len(island.gaps)) == (1, (), 1)
    assert island.stops[0].fixes == 60
    assert found(fixes(*early, *rest), start=240, minutes=300).gaps == ()


def test_a_way_round_a_corner_is_longer_than_the_straight_line() -> None:
    around = [(60.0 * (60 + m), 80.0 * min(m, 8), 80.0 * max(0, m - 8), 8.0) for m in range(17)]
    rows = [(60.0 * m, 0.0, 0.0, 8.0) for m in range(60)]
    rows += [*around, *((60.0 * m, 640.0, 640.0, 8.0) for m in range(77, 130))]
    (trip,) = found(fixes(*rows), minutes=130).trips
    assert 1100 < trip.distance_m_least < 1280 < trip.distance_m_most


def test_no_speed_tells_nothing_of_how_he_went() -> None:
    assert trip_mode(Pace.of(*np.zeros((4, 1)))) == (TripMode.UNKNOWN, 0.0)


def test_kernels_load() -> None:
    load_kernels()
    assert at(0) == MONDAY
