"""What holds of every answer to an account, whatever the trail."""

from itertools import pairwise

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tagwatch.core.account import Bearing, bearing_of, is_ruled_out
from tagwatch.core.between import walked
from tagwatch.core.derive import Prepared
from tagwatch.core.fix import FixBlock
from tagwatch.core.geometry import Disc
from tagwatch.core.left_open import away_m_of
from tagwatch.core.likelihood import CAP, MOSTLY, NO_SUPPORT, of_presence, presence_weight, weighed
from tagwatch.core.person import TagMode
from tagwatch.core.presence import Presence, presence
from tagwatch.core.rules.area import area
from tagwatch.core.units import SECOND
from tests.core.worlds import ALWAYS, HERE, SETTINGS, at, fixes, part

LENGTH_S = 1800
SPOT = Disc(centre=HERE, radius_m=100.0)
_chances = st.floats(0.0, 1.0)
_walks = st.lists(
    st.tuples(st.integers(30, 400), st.floats(-2000.0, 2000.0), st.floats(-2000.0, 2000.0)),
    min_size=2,
    max_size=7,
)


def asked(block: FixBlock, start_s: float = 0, end_s: float = LENGTH_S) -> Presence:
    window = (at(start_s), at(end_s))
    return presence([part(block)], SPOT, window, [ALWAYS], TagMode(), SETTINGS, Prepared())


def trail(steps: list[tuple[int, float, float]]) -> FixBlock:
    rows: list[tuple[float, ...]] = []
    seconds = -300.0
    for wait_s, x_m, y_m in steps:
        rows.append((seconds, x_m, y_m, 8.0))
        seconds += wait_s
    return fixes(*rows)


@given(st.floats(1e-4, 1e4), _chances)
def test_a_ratio_is_bounded_by_what_the_routine_already_says(weight: float, prior: float) -> None:
    found = weighed(weight, prior)
    assert 1.0 / CAP <= found.ratio <= CAP
    assert found.ratio * max(0.002, min(prior, 0.998)) <= 1.006
    assert 0.0 <= found.posterior <= 1.0
    if weight >= 1.0:
        assert found.ratio >= 0.999
        assert weighed(2.0 * weight, prior).ratio >= found.ratio


@given(st.floats(1.0, 1e4), st.floats(0.95, 1.0))
def test_where_he_always_is_to_have_been_there_weighs_nothing(weight: float, prior: float) -> None:
    found = weighed(weight, prior)
    assert found.ratio == pytest.approx(1.0, abs=0.06)
    assert found.words == NO_SUPPORT


@given(st.floats(-3000.0, 3000.0), st.floats(-3000.0, 3000.0), st.integers(60, 600))
@settings(max_examples=15, deadline=None)
def test_a_blind_time_is_cannot_say_and_weighs_nothing(
    before_m: float, after_m: float, gap_min: int
) -> None:
    """No fix for an hour and more; asked about half an hour in the middle of it."""
    half_s = 30.0 * gap_min
    rows = [(900.0 - half_s - 60.0 * k, before_m, 0.0, 8.0) for k in range(5, -1, -1)]
    rows += [(900.0 + half_s + 60.0 * k, after_m, 0.0, 8.0) for k in range(6)]
    found = asked(fixes(*rows), 600, 1200)
    assert found.observed_s == 0
    held = of_presence(found, 0.05)
    assert bearing_of(found, held) is Bearing.CANNOT_SAY
    assert 0.5 < held.ratio < 2.0
    assert held.words == NO_SUPPORT


def test_the_longer_the_gap_the_less_is_ruled_out() -> None:
    weights: list[float] = []
    for gap_min in (5, 12, 25, 60, 240):
        ends = [-60.0 * k for k in range(120, -1, -1)] + [60.0 * (gap_min + k) for k in range(121)]
        found = asked(fixes(*((t, 4000.0, 0.0, 8.0) for t in ends)), -600, 3000)
        weights.append(presence_weight(found))
    assert weights == sorted(weights)
    assert weights[0] < 0.01
    assert weights[-1] > 0.7


@given(_walks)
@settings(max_examples=20, deadline=None)
def test_the_nearest_approach_is_what_top_speed_leaves(
    steps: list[tuple[int, float, float]],
) -> None:
    """Held against a grid of moments: never nearer than any of them allows, and no farther."""
    block = trail(steps)
    found = asked(block)
    assert found.approach is not None
    nearest_m = _on_a_grid(block, found)
    assert found.approach.distance_m <= nearest_m + 0.1
    assert found.approach.distance_m >= nearest_m - 45.0 * _STEP_S - 0.1
    assert found.start <= found.approach.start <= found.approach.end <= found.end
    if found.approach.distance_m > 0.0:
        assert (found.probability, found.lower) == (0.0, 0.0)


_STEP_S = 2


def _on_a_grid(block: FixBlock, found: Presence) -> float:
    """The least distance that both neighbours' top speeds leave, moment by moment."""
    walk = walked([part(block)], SETTINGS, Prepared())
    ready = area(SPOT)
    left_m = [away_m_of(ready, walk, k) - walk.radius_m[k] for k in range(len(walk.at))]
    rail_mps = SETTINGS.at(at(0)).motion.rail.top_mps
    mode = TagMode()
    best = float("inf")
    for moment in range(int(found.start), int(found.end) + 1, _STEP_S * SECOND):
        room = [0.0]
        if not walk.at[0] <= moment <= walk.at[-1]:
            end = 0 if moment < walk.at[0] else -1
            room += [left_m[end] - rail_mps * abs(moment - walk.at[end]) / SECOND]
        for k, (a, b) in enumerate(pairwise(walk.at)):
            if a <= moment <= b:
                expected_s = mode.resting_interval_s if walk.still[k] else mode.moving_interval_s
                late = b - a > 2 * expected_s * SECOND
                top = rail_mps if late else walk.top_mps[k]
                room += [left_m[k] - top * (moment - a) / SECOND]
                room += [left_m[k + 1] - top * (b - moment) / SECOND]
        best = min(best, max(room))
    return best


@given(st.floats(0.0, 1.0), st.floats(0.0, 1.0), st.floats(0.0, 0.9))
def test_who_is_ruled_out_unasked_is_contradicted_by_any_routine(
    chance: float, hidden: float, prior: float
) -> None:
    found = msgspec.structs.replace(_SAID, probability=chance, hidden=hidden)
    if is_ruled_out(found):
        assert bearing_of(found, of_presence(found, prior)) is Bearing.CONTRADICTS
        assert of_presence(found, prior).ratio <= of_presence(found, MOSTLY).ratio


_SAID = Presence(
    start=at(0), end=at(600), probability=0.0, lower=0.0, upper=1.0, approach=None, best_fix=None,
    best_at=None, best_p=0.0, best_m=None, fixes=5, observed_s=600, unobserved_s=0, off_s=0,
)  # fmt: skip
