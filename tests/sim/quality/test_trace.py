"""Made trails: the truth beside each fix is where the course says he was."""

import numpy as np
import pytest

from tagwatch.core.fix import Motion
from tagwatch.core.units import HOUR, MINUTE
from tagwatch.sim.error import Place
from tagwatch.sim.quality.entry import visit
from tagwatch.sim.quality.judge import Zone
from tagwatch.sim.quality.trace import (
    BEGINS,
    PLANE,
    Plateau,
    Tells,
    lonlats,
    made,
    slots,
    still,
    truth,
)

ZONE = Zone("z", 0.0, 0.0, 100.0)


def rng() -> np.random.Generator:
    return np.random.default_rng(5)


def test_all_times_at_once_are_what_the_course_says_one_by_one() -> None:
    course = visit(Place.INDOOR, ZONE, 40.0, 1.3, 5 * MINUTE).course
    times = slots(course.at[0], course.at[-1], 60.0, rng())
    x, y, places, speeds = truth(course, times)
    for k, at in enumerate(times.tolist()):
        one = course.standing(at)
        assert (x[k], y[k], places[k], speeds[k]) == pytest.approx(
            (one.x_m, one.y_m, one.place, one.speed_mps), abs=1e-6
        )


def test_places_go_to_degrees_and_back_to_a_millimetre() -> None:
    xs, ys = rng().uniform(-20_000, 20_000, (2, 200))
    x, y = PLANE.xy_arrays(*lonlats(xs, ys))
    assert np.hypot(x - xs, y - ys).max() < 1e-3


def test_a_visit_is_inside_from_edge_to_edge() -> None:
    visited = visit(Place.OPEN, ZONE, 40.0, 1.3, 5 * MINUTE)
    times = np.array([visited.entered_at, visited.left_at])
    x, y, _, _ = truth(visited.course, times)
    assert np.hypot(x, y) == pytest.approx([100.0, 100.0], abs=2.0)
    x, y, _, _ = truth(visited.course, times + np.array([2 * MINUTE, -2 * MINUTE]))
    assert np.hypot(x, y) == pytest.approx([60.0, 60.0])


def test_the_tag_says_no_more_than_it_is_said_to() -> None:
    times = slots(BEGINS, BEGINS + HOUR, 60.0, rng())
    silent = made(still(Place.URBAN, HOUR), times, rng(), Tells.NOTHING).block
    told = made(still(Place.URBAN, HOUR), times, rng(), Tells.MOTION | Tells.VIEW).block
    assert set(silent["motion"]) == {Motion.UNKNOWN}
    assert set(told["motion"]) == {Motion.STILL}
    assert np.isnan(silent["hdop"]).all()
    assert (told["hdop"] > 0).all()
    assert (silent["lon_deg"] == told["lon_deg"]).all(), "what it tells changes no error"


def test_a_sticking_position_sticks_and_lets_go() -> None:
    times = slots(BEGINS, BEGINS + HOUR, 60.0, rng())
    stuck = Plateau(BEGINS + 20 * MINUTE, BEGINS + 40 * MINUTE, 50.0, 0.0)
    block = made(still(Place.OPEN, HOUR), times, rng(), Tells.MOTION, (stuck,)).block
    x, y = PLANE.xy_arrays(block["lon_deg"], block["lat_deg"])
    at = block["fixed_at"]
    during = (at >= stuck.since) & (at < stuck.until)
    assert np.hypot(x[during] - 50, y[during]).max() < 1e-3
    assert np.hypot(x[~during], y[~during]).max() < 45
