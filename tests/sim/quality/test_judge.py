"""The engine under test answers alike by all the doors that the laboratory uses."""

import numpy as np

from tagwatch.core.outcome import Finding
from tagwatch.core.units import MINUTE, SECOND
from tagwatch.sim.error import Place
from tagwatch.sim.quality.arrival import same
from tagwatch.sim.quality.entry import seen, visit
from tagwatch.sim.quality.judge import (
    Zone,
    crossings,
    findings,
    known,
    posteriors,
    shape_of,
)
from tagwatch.sim.quality.trace import BEGINS, Tells, fixes, made, slots

ZONE = Zone("z", 0.0, 0.0, 100.0)


def rng(seed: int = 3) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_the_live_line_ends_where_the_whole_trail_does() -> None:
    visited = visit(Place.OPEN, ZONE, 60.0, 1.3, 15 * MINUTE)
    times = slots(visited.course.at[0], visited.course.at[-1], 60.0, rng())
    trace = made(visited.course, times, rng(), Tells.MOTION)
    (episode,) = findings(trace.block, [ZONE])["z"]
    live = known(trace.block, ZONE)
    assert live.confirmed.any() is np.bool_(episode.finding is Finding.CONFIRMED)
    first = int(np.flatnonzero(live.possible)[0])
    assert trace.block["fixed_at"][first] in (episode.entered_latest, *times)
    assert not live.possible[-1], "he went home"
    one = seen(trace, visited, ZONE, None)
    assert one.inside >= 15
    assert one.possible_after <= 2


def test_posteriors_are_asked_only_where_wanted_and_fall_with_distance() -> None:
    times = BEGINS + 60 * SECOND * np.arange(3, dtype=np.int64)
    block = fixes(times, np.array([0.0, 100.0, 400.0]), np.zeros(3), np.full(3, 8.0))
    wanted = np.array([[True], [True], [False]])
    found = posteriors(block, [shape_of(ZONE)], wanted)[:, 0]
    assert found[0] > 0.9 > found[1] > 0.1
    assert np.isnan(found[2])


def test_a_car_between_two_fixes_is_marked_and_a_man_at_home_far_away_is_not() -> None:
    times = BEGINS + 60 * SECOND * np.arange(20, dtype=np.int64)
    x = np.linspace(-6000.0, 6000.0, 20)
    assert crossings(fixes(times, x, np.zeros(20), np.full(20, 8.0)), ZONE)
    far = np.full(20, 9000.0)
    assert not crossings(fixes(times, far, np.zeros(20), np.full(20, 8.0)), ZONE)


def test_arrival_has_no_say() -> None:
    assert all(same(place, rng(7)) for place in (Place.URBAN, Place.INDOOR))
