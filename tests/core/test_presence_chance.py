"""The chance that he was in a place at some time in a window: against brute force, and its laws."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tagwatch.core import paths
from tagwatch.core.approach import Approach
from tagwatch.core.between import Walk
from tagwatch.core.clearing import away_of_many_m, missed
from tagwatch.core.derive import Prepared
from tagwatch.core.fix import FixBlock, Source
from tagwatch.core.geometry import Disc, MultiPolygon, Polygon, distance_to_shape_m, planar
from tagwatch.core.ids import FixId
from tagwatch.core.motion import Mode
from tagwatch.core.passages import Hop, Passages
from tagwatch.core.person import TagMode
from tagwatch.core.presence import Presence, presence
from tagwatch.core.units import SECOND, Instant
from tagwatch.core.where import Place
from tests.core.worlds import ALWAYS, HERE, PLANE, SETTINGS, at, fixes, part, place

MODE = TagMode()
CORNERS = ((-70.0, -50.0), (90.0, -60.0), (20.0, 0.0), (80.0, 70.0), (-60.0, 60.0))
NOTCHED = Polygon(rings=(tuple(place(x, y) for x, y in CORNERS),))


def asked(
    block: FixBlock,
    start_s: float = 0,
    end_s: float = 1200,
    radius_m: float = 100.0,
    shape: Polygon | MultiPolygon | None = None,
) -> Presence:
    where = shape or Disc(centre=HERE, radius_m=radius_m)
    window = (at(start_s), at(end_s))
    return presence([part(block)], where, window, [ALWAYS], MODE, SETTINGS, Prepared())


def sure(found: Presence) -> float:
    assert found.probability is not None
    assert found.lower <= found.probability <= found.upper
    return found.probability


def at_rest(
    away_m: float, minutes: range = range(-10, 31), accuracy_m: float = 8.0, source: int = 1
) -> FixBlock:
    return fixes(*((60.0 * k, away_m, 0.0, accuracy_m, source) for k in minutes))


# --- against brute force ----------------------------------------------------------------------


def _one_interval(
    ends: tuple[tuple[float, float, float], tuple[float, float, float]], spread_m: float
) -> tuple[Passages, tuple[Instant, Instant]]:
    """Passages of one interval of ten minutes on foot: the ends as (x_m, y_m, sigma_m)."""
    start, end = at(0), at(600)
    held = [
        Place(np.array([[1.0, *one]]), 0.5, 0.0, moment)
        for one, moment in zip(ends, (start, end), strict=True)
    ]
    walk = Walk(
        at=[start, end], lon=[0.0, 0.0], lat=[0.0, 0.0], ids=[FixId("1.0"), FixId("1.1")],
        radius_m=[0.0, 0.0], wide_m=[0.0, 0.0], still=[False], top_mps=[3.0], fastest=[Mode.FOOT],
    )  # fmt: skip
    spans = (None, (int(start), int(end)), None, None)
    spread2 = spread_m**2
    only = Hop(0, start, end, (0.0, 1.0, 0.0, 0.0), (0.0, spread2, 0.0, 0.0), spans, 1.0)
    shape = planar(Disc(centre=HERE, radius_m=100.0), PLANE)
    return Passages(shape, walk, held, [only]), (start, Instant(end + SECOND))


def _brute_force(
    ends: tuple[tuple[float, float, float], tuple[float, float, float]], spread_m: float
) -> float:
    """The share of 4,000 random paths of 256 steps that enter the disc, widened by what steps miss
    of a path between them (0.58 of a step's sigma)."""
    rng, count, steps = np.random.default_rng(7), 4_000, 256
    a, b = (np.array(e[:2]) + e[2] * rng.standard_normal((count, 2)) for e in ends)
    moves = rng.standard_normal((count, steps, 2)) * spread_m / steps**0.5
    way = np.concatenate([np.zeros((count, 1, 2)), np.cumsum(moves, axis=1)], axis=1)
    even = np.linspace(0.0, 1.0, steps + 1)[None, :, None]
    path = a[:, None] + (b - a)[:, None] * even + way - even * way[:, -1:]
    nearest_m = np.hypot(path[:, :, 0], path[:, :, 1]).min(axis=1)
    return float(np.mean(nearest_m <= 100.0 + 0.5826 * spread_m / steps**0.5))


@pytest.mark.parametrize(
    ("ends", "spread_m"),
    [
        (((-300.0, 150.0, 5.0), (300.0, 150.0, 5.0)), 100.0),
        (((-300.0, 200.0, 5.0), (300.0, 200.0, 5.0)), 100.0),
        (((-400.0, 300.0, 20.0), (-100.0, 400.0, 20.0)), 300.0),
        (((600.0, 0.0, 10.0), (600.0, 0.0, 10.0)), 600.0),
        (((130.0, 0.0, 15.0), (140.0, 30.0, 15.0)), 10.0),
    ],
)
def test_one_interval_is_as_brute_force_says(
    ends: tuple[tuple[float, float, float], tuple[float, float, float]], spread_m: float
) -> None:
    passages, window = _one_interval(ends, spread_m)
    assert passages.chance(window) == pytest.approx(_brute_force(ends, spread_m), abs=0.04)


def test_the_bridges_spread_as_a_brownian_bridge_does() -> None:
    for cells in (4, 32, 128):
        found = paths.bridges(cells)
        even = np.linspace(0.0, 1.0, cells + 1)
        assert np.abs(found.mean(axis=0)).max() < 0.03
        assert np.abs(found.var(axis=0) - (even * (1.0 - even))[:, None]).max() < 0.035
        assert not found[:, 0].any()
        assert not found[:, -1].any()


@given(st.lists(st.tuples(st.floats(-200, 200), st.floats(-200, 200)), min_size=1, max_size=30))
@settings(max_examples=10, deadline=None)
def test_many_distances_at_once_are_those_of_the_scalar_path(
    spots: list[tuple[float, float]],
) -> None:
    xs, ys = (np.array(each) for each in zip(*spots, strict=True))
    for shape in (planar(NOTCHED, PLANE), planar(Disc(centre=HERE, radius_m=80.0), PLANE)):
        one_by_one = [distance_to_shape_m(shape, x, y) for x, y in spots]
        assert away_of_many_m(shape, xs, ys) == pytest.approx(one_by_one, abs=1e-6)


def test_a_straight_line_through_the_place_is_not_missed() -> None:
    way = np.array([[[-500.0, 10.0], [500.0, 10.0]], [[-500.0, 300.0], [500.0, 300.0]]])
    for shape in (planar(NOTCHED, PLANE), planar(Disc(centre=HERE, radius_m=80.0), PLANE)):
        found = missed(shape, way, np.array([1.0, 1.0]))[:, 0]
        assert found[0] == 0.0
        assert found[1] > 0.99


# --- what holds whatever the trail --------------------------------------------------------------

_trails = st.lists(
    st.tuples(
        st.integers(20, 600), st.floats(-250.0, 250.0), st.floats(-250.0, 250.0),
        st.sampled_from([4.0, 8.0, 25.0, 120.0]),
        st.sampled_from([int(Source.GNSS), int(Source.WIFI), int(Source.LBS)]),
    ),
    min_size=1, max_size=8,
)  # fmt: skip


def _trail(steps: list[tuple[int, float, float, float, int]]) -> FixBlock:
    rows: list[tuple[float, ...]] = []
    seconds, x_m, y_m = 0.0, 150.0, 0.0
    for wait_s, dx_m, dy_m, accuracy_m, source in steps:
        rows.append((seconds, x_m, y_m, accuracy_m, source))
        seconds, x_m, y_m = seconds + wait_s, x_m + dx_m, y_m + dy_m
    return fixes(*rows)


@given(_trails, st.integers(0, 900), st.integers(1, 900))
@settings(max_examples=10, deadline=None)
def test_a_larger_place_and_a_longer_window_never_lower_it(
    steps: list[tuple[int, float, float, float, int]], start_s: int, length_s: int
) -> None:
    block = _trail(steps)
    small = asked(block, start_s, start_s + length_s, 80.0)
    large = asked(block, start_s, start_s + length_s, 130.0)
    wide = asked(block, start_s - 200, start_s + length_s + 300, 80.0)
    for more in (large, wide):
        assert sure(small) <= sure(more) + 1e-6
        assert small.lower <= more.lower
        assert small.upper <= more.upper + 1e-9


@given(_trails)
@settings(max_examples=6, deadline=None)
def test_duplicates_and_order_of_arrival_change_nothing(
    steps: list[tuple[int, float, float, float, int]],
) -> None:
    block = _trail(steps)
    assert asked(np.concatenate([block[::-1], block])) == asked(block)


@given(_trails, st.floats(0.0, 60.0), st.integers(0, 8))
@settings(max_examples=6, deadline=None)
def test_never_below_what_a_decisive_fix_shows(
    steps: list[tuple[int, float, float, float, int]], away_m: float, row: int
) -> None:
    """Ten fixes of a stay well inside, whatever came before."""
    before = [(wait_s, dx, dy, acc, source) for wait_s, dx, dy, acc, source in steps]
    rows = [tuple(r) for r in _rows(_trail(before))]
    last = rows[-1][0]
    stay = [(last + 600.0 + 30.0 * k, away_m, 0.0, 6.0) for k in range(10)]
    found = asked(fixes(*rows, *stay), last + 600, last + 900, 150.0)
    assert sure(found) >= 0.95


def _rows(block: FixBlock) -> list[tuple[float, ...]]:
    start = at(0)
    found: list[tuple[float, ...]] = []
    for fix in block:
        x_m, y_m = PLANE.xy(float(fix["lon_deg"]), float(fix["lat_deg"]))
        seconds = (int(fix["fixed_at"]) - start) / SECOND
        found.append((seconds, x_m, y_m, float(fix["accuracy_m"]), int(fix["source"])))
    return found


@pytest.mark.parametrize("away_m", [800.0, 1500.0, 6000.0])
def test_a_far_trail_stays_under_its_bound(away_m: float) -> None:
    found = asked(at_rest(away_m))
    assert sure(found) <= found.upper < 0.001
    assert found.approach is not None
    assert away_m - 600.0 < found.approach.distance_m < away_m - 100.0


@pytest.mark.parametrize("away_m", [0.0, 60.0, 110.0, 150.0, 300.0, 1500.0])
def test_a_worse_accuracy_never_makes_surer(away_m: float) -> None:
    """Neither that he was there, nor that he was not: the bounds part."""
    found = [asked(at_rest(away_m, accuracy_m=radius)) for radius in (5, 10, 30, 100, 400)]
    shown = [round(each.lower, 3) if each.lower >= 0.95 else 0.0 for each in found]
    ruled_out = [round(1.0 - each.upper, 3) if each.upper <= 0.05 else 0.0 for each in found]
    assert shown == sorted(shown, reverse=True)
    assert ruled_out == sorted(ruled_out, reverse=True)


def test_many_fixes_of_one_stay_are_not_many_witnesses() -> None:
    """An hour of fixes a little outside: what they share may err once, not sixty times."""
    few = asked(at_rest(125.0, range(20)), 0, 1200)
    many = asked(at_rest(125.0, range(-60, 60)), -3600, 3600)
    assert sure(many) < 2.0 * sure(few) + 0.05


def test_silence_is_never_never() -> None:
    before = [(60.0 * k, 3000.0, 0.0, 8.0) for k in range(-10, 1)]
    after = [(60.0 * (k + 180), 3000.0, 0.0, 8.0) for k in range(11)]
    found = asked(fixes(*before, *after), 0, 10800)
    assert 0.0 < sure(found) < 0.2
    assert (found.upper, found.lower) == (1.0, 0.0)
    assert found.approach == Approach(
        distance_m=0.0, start=Instant(at(62.88741)), end=Instant(at(10737.11259))
    )
    assert (found.observed_s, found.unobserved_s) == (0, 10800)


def test_no_fix_at_all_is_no_estimate() -> None:
    found = asked(fixes())
    assert (found.probability, found.lower, found.upper) == (None, 0.0, 1.0)
    assert found.approach is None


def test_between_two_fixes_of_a_drive_past_he_may_have_been_there() -> None:
    past = [sure(asked(fixes(*_drive(d)))) for d in (0.0, 150.0, 400.0, 30000.0)]
    assert past == sorted(past, reverse=True)
    assert past[0] > 0.99
    assert 0.3 < past[2] < 0.9
    assert past[3] == 0.0


def _drive(beside_m: float) -> list[tuple[float, ...]]:
    return [(300.0 * k, -6000.0 + 3000.0 * k, beside_m, 8.0) for k in range(-3, 7)]


def test_an_outline_is_judged_as_a_disc_is() -> None:
    assert sure(asked(at_rest(0.0), shape=NOTCHED)) > 0.9
    assert sure(asked(at_rest(900.0), shape=NOTCHED)) < 0.001


def test_a_window_of_one_moment_is_taken_for_a_second() -> None:
    found = asked(at_rest(0.0), 60, 60)
    assert found.end - found.start == SECOND
    assert sure(found) > 0.99
