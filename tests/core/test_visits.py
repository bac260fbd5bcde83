"""First and last time at a place: certain, possible, and how many stays."""

import numpy as np
import pytest

from tagwatch.core.between import walked
from tagwatch.core.coverage import spans_seen
from tagwatch.core.derive import Prepared
from tagwatch.core.fix import FixBlock
from tagwatch.core.geometry import Disc
from tagwatch.core.left_open import away_m_of, is_far_off, left_open, unbound
from tagwatch.core.person import TagMode
from tagwatch.core.rules.area import area
from tagwatch.core.visits import Visits, visits
from tests.core.worlds import ALWAYS, HERE, SETTINGS, at, fixes, part

MODE = TagMode()
HOUR_S = 3600
AWAY_M = 30_000.0


def journeys(*there_h: float, until_h: int = 72) -> FixBlock:
    """A fix each five minutes far away, and in these hours half an hour at the place."""
    rows = []
    for k in range(until_h * 12):
        hours = k / 12
        near = [h for h in there_h if h <= hours < h + 0.5]
        on_way = [abs(hours - h - 0.25) for h in there_h if abs(hours - h - 0.25) < 0.75]
        x_m = 0.0 if near else AWAY_M * min(1.0, 2 * (min(on_way) - 0.25)) if on_way else AWAY_M
        rows.append((300.0 * k, x_m, 0.0, 8.0))
    return fixes(*rows)


def asked(block: FixBlock, start_h: float = 1, end_h: float = 70) -> Visits:
    place = Disc(centre=HERE, radius_m=150.0)
    window = (at(start_h * HOUR_S), at(end_h * HOUR_S))
    return visits([part(block)], place, window, [ALWAYS], MODE, SETTINGS, Prepared())


def test_two_stays_are_counted_with_the_first_and_the_last() -> None:
    found = asked(journeys(5, 40))
    assert (found.certain, found.possible) == (2, 0)
    assert found.first_certain == at(5 * HOUR_S)
    assert found.last_certain == at(40.5 * HOUR_S)
    assert at(4.5 * HOUR_S) <= found.first_possible <= found.first_certain
    assert found.last_certain <= found.last_possible <= at(41 * HOUR_S)


def test_never_there_and_never_within_reach() -> None:
    found = asked(journeys())
    assert (found.certain, found.first_certain, found.first_possible) == (0, None, None)
    assert found.last_possible is None
    assert found.unobserved_s == 0


def test_a_silence_long_enough_makes_a_time_possible_and_none_certain() -> None:
    block = journeys()
    times = block["fixed_at"]
    silent = (times > at(20 * HOUR_S)) & (times < at(24 * HOUR_S))
    found = asked(block[~silent])
    assert (found.certain, found.first_certain) == (0, None)
    assert (found.first_possible, found.last_possible) == (at(20 * HOUR_S), at(24 * HOUR_S))
    assert found.unobserved_s == 4 * HOUR_S


@pytest.mark.parametrize(("start_h", "certain"), [(5.5, 1), (5.6, 0)])
def test_a_stay_counts_where_a_fix_in_the_window_shows_it(start_h: float, certain: int) -> None:
    assert asked(journeys(5), start_h).certain == certain


@pytest.mark.parametrize("seed", range(12))
def test_what_is_far_off_is_never_left_open(seed: int) -> None:
    random = np.random.default_rng(seed)
    steps_s = random.choice([30, 60, 300, 1800, 7200], 40)
    xs = np.cumsum(random.normal(0, 1, 40) * steps_s * random.choice([0.1, 2, 15]))
    rows = zip(np.cumsum(steps_s).tolist(), (xs + random.uniform(0, 80_000)).tolist(), strict=True)
    block = fixes(*((s, x, 0.0, float(random.choice([8, 300]))) for s, x in rows))
    ready, prepared = area(Disc(centre=HERE, radius_m=100.0)), Prepared()
    window = (at(600), at(float(steps_s.sum())))
    far = is_far_off([part(block)], ready, window, SETTINGS, prepared)
    walk = walked([part(block)], SETTINGS, prepared)
    seen = spans_seen(walk, [ALWAYS], MODE, window)
    unbound(walk, seen, SETTINGS)
    away_m = [away_m_of(ready, walk, k) for k in range(len(walk.at))]
    spans, _ = left_open(walk, ready, away_m, window, seen, SETTINGS)
    assert not (far and spans)
