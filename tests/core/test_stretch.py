"""A stretch taken in at one go against the same fixes one by one."""

from math import nan
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tagwatch.core.compiled import COMPILED
from tagwatch.core.derive import EMPTY, Memory, Prepared, advance
from tagwatch.core.fix import FixBlock, Source
from tagwatch.core.ids import FixId
from tagwatch.core.memory import EVERYTHING
from tagwatch.core.rules.area import area, bound
from tagwatch.core.rules.fix_error import PlacedFix
from tagwatch.core.rules.tally import MOST_FIXES, with_fixes
from tagwatch.core.rules.whereabouts import Follower
from tagwatch.core.run import Run
from tagwatch.core.settings import Settings
from tagwatch.core.shape import Polygon
from tagwatch.core.stretch_kernel import whole
from tagwatch.core.trail import TrailPart, event_order
from tagwatch.core.uncertainty import quantised
from tests.core.worlds import SETTINGS, curfew, fixes, orders, part, place, zone

SEEDS = st.integers(min_value=0, max_value=2**32)


def about_the_edge(random: Random, count: int) -> FixBlock:
    """Hours beside, in and away from zones, with pauses, gaps, vague and network fixes."""
    rows: list[tuple[float, ...]] = []
    at, x_m, y_m = 0.0, random.uniform(-300.0, 300.0), random.uniform(-300.0, 300.0)
    for _ in range(count):
        at += random.choice([1.0, 10.0, 60.0, 60.0, 60.0, 700.0])
        if random.random() < 0.25:
            x_m, y_m = random.uniform(-500.0, 500.0), random.uniform(-500.0, 500.0)
        if random.random() < 0.02:
            x_m, y_m = 8_000.0, 0.0
        source = random.choice([Source.GNSS, Source.GNSS, Source.GNSS, Source.WIFI, Source.LBS])
        accuracy_m = random.choice([4.0, 8.0, 25.0, 60.0])
        seen_m = (x_m + random.gauss(0, accuracy_m), y_m + random.gauss(0, accuracy_m))
        rows.append((at, *seen_m, accuracy_m, source))
    return fixes(*rows)


def one_by_one(memory: Memory, trail: TrailPart, of, prepared: Prepared) -> Run:
    run = Run(memory, of, SETTINGS, prepared, prepared.tracks(of))
    run.begin(trail.activation_id)
    for row in event_order(trail.block).tolist():
        run.take(int(trail.block["fixed_at"][row]), EVERYTHING, trail, row)
    return run


@pytest.mark.skipif(not COMPILED, reason="stretches are used only where the path is compiled")
@given(SEEDS)
@settings(max_examples=40, deadline=None)
def test_a_stretch_leaves_what_its_fixes_leave_one_by_one(seed: int) -> None:
    random = Random(seed)
    of = orders(
        zone(120.0, buffer_m=100.0),
        zone(x_m=150.0, square=200.0, buffer_m=50.0, name="zone-2", until=9_000.0),
        zone(90.0, x_m=-200.0, name="zone-3", told=4_000.0, protects=("person-1",)),
        curfew(x_m=100.0),
    )
    block = about_the_edge(random, 60)
    memory, prepared = EMPTY, Prepared()
    for start in range(0, len(block), 20):
        trail = part(block[start : start + 20])
        run = one_by_one(memory, trail, of, prepared)
        done = advance(memory, trail, of, SETTINGS, prepared)
        assert done.memory == run.remembered()
        assert done.changed == tuple(run.changed)
        assert done.evaluations == tuple(run.evaluations)
        memory = done.memory


def test_probabilities_are_whole_as_everywhere() -> None:
    random = Random(5)
    asked = [random.random() for _ in range(2_000)]
    asked += [k / 2e6 for k in range(-3, 40)] + [1.0 - k / 2e6 for k in range(-3, 40)]
    assert [whole(p) for p in asked] == [quantised(p) for p in asked]


@pytest.mark.parametrize("buffer_m", [0.0, 50.0])
@pytest.mark.parametrize("east_m", [110.0, 230.0, 300.0, 900.0])
def test_a_bound_reaches_no_less_than_the_area_it_holds(buffer_m: float, east_m: float) -> None:
    corners = ((-80.0, -80.0), (80.0, -80.0), (80.0, 0.0), (0.0, 80.0))
    shape = Polygon(rings=(tuple(place(x, y) for x, y in corners),))
    ready, held_by = area(shape, buffer_m), bound(shape, buffer_m)
    block = fixes((0, east_m, 20.0, 15.0), (60, east_m + 5.0, 20.0, 15.0))
    prepared, follower, where = Prepared(), Follower(Settings().filter), None
    for row in block:
        error = prepared.fix_error(15.0, 0.68, nan, -1, Source.GNSS, "plain", Settings())
        at, lon, lat = int(row["fixed_at"]), float(row["lon_deg"]), float(row["lat_deg"])
        placed = PlacedFix(at, lon, lat, FixId("1.0"), error, Source.GNSS)
        where, whereabouts = follower.follow(where, placed)
        exact = whereabouts.against(ready).reaching()
        assert exact <= whereabouts.reaching(held_by)
        assert (whereabouts.reaching(held_by) > 0.1) == (east_m == 110.0)


def test_a_long_stay_keeps_its_first_and_last_fixes_also_at_once() -> None:
    ids = [FixId(str(k)) for k in range(230)]
    one_by_one: tuple[FixId, ...] = ()
    for each in ids:
        one_by_one = with_fixes(one_by_one, (each,))
    at_once = with_fixes(with_fixes((), tuple(ids[:60])), tuple(ids[60:]))
    assert one_by_one == at_once == (*ids[:MOST_FIXES], *ids[-MOST_FIXES:])
