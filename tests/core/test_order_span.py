"""How long an order holds: its end, an end taken back, and what he was told of."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagwatch.core.order import ConditionVersion, ExclusionZone, LegalBasis, Order, Programme
from tagwatch.core.order_span import BEGINNING, NO_END, differ_from, holding, spans_of
from tagwatch.core.plane import LonLat
from tagwatch.core.rules.force import binding
from tagwatch.core.shape import Disc
from tagwatch.core.units import Instant


def order(version: int, ends_at: int | None, **more) -> Order:
    return Order(
        order_id="o",
        wearer_id="w",
        reference="R",
        legal_basis=LegalBasis.LICENCE,
        programme=Programme.OTHER,
        starts_at=Instant(0),
        ends_at=None if ends_at is None else Instant(ends_at),
        version=version,
        **more,
    )


def zone(told_at: int | None = 1, **more) -> ConditionVersion:
    return ConditionVersion(
        condition_id="c",
        version=1,
        order_id="o",
        wearer_id="w",
        terms=ExclusionZone(
            label="z", shape=Disc(centre=LonLat(lon_deg=0.0, lat_deg=51.0), radius_m=9.0)
        ),
        valid_from=Instant(10),
        recorded_at=Instant(0),
        told_at=told_at,
        **more,
    )


def told(version: ConditionVersion, *orders: Order) -> list[tuple[int, int, int | None]]:
    found = binding([version], (), spans_of(orders))
    return [(start, end, one.told_at) for start, end, one in found]


def test_without_an_end_it_holds_for_ever_and_asks_nothing() -> None:
    assert spans_of([order(1, None), order(2, None)]) == ()
    assert told(zone(), order(1, None)) == [(10, NO_END, 1)]


@pytest.mark.parametrize(("until", "end"), [(99, 99), (100, 100), (101, 100), (None, 100)])
def test_a_condition_ends_with_its_order_or_before(until, end) -> None:
    version = zone(valid_until=until)
    assert told(version, order(1, 100)) == [(10, end, 1)]


def test_an_early_end_counts_from_its_time_whenever_it_is_recorded() -> None:
    assert told(zone(), order(1, 100), order(2, 40)) == [(10, 40, 1)]
    assert told(zone(), order(1, None), order(2, 5)) == [], "over before it began to apply"


def test_an_end_taken_back_is_held_against_him_only_from_when_he_was_told() -> None:
    back = (order(1, 100), order(2, 40), order(3, 100))
    assert told(zone(), *back) == [(10, 40, 1), (40, 100, None)]
    with_day = (*back[:2], order(3, 100, told_at=Instant(60)))
    assert told(zone(), *with_day) == [(10, 40, 1), (40, 100, 60)]
    assert told(zone(None), *with_day) == [(10, 40, None), (40, 100, None)]
    assert told(zone(70), *with_day) == [(10, 40, 70), (40, 100, 70)]


def test_a_variation_that_lets_it_go_on_begins_when_it_takes_effect() -> None:
    later = order(2, None, valid_from=Instant(60), told_at=Instant(50))
    assert told(zone(), order(1, 40), later) == [(10, 40, 1), (60, NO_END, 50)]


def test_from_when_two_histories_differ() -> None:
    whole, early = spans_of([order(1, 100)]), spans_of([order(1, 100), order(2, 40)])
    assert differ_from(whole, early) == 40
    assert differ_from((), whole) == 100
    assert differ_from(whole, whole) is None
    back = spans_of([order(1, 100), order(2, 40), order(3, 100)])
    day = spans_of([order(1, 100), order(2, 40), order(3, 100, told_at=Instant(60))])
    assert differ_from(back, day) == 40


ENDS = st.lists(st.one_of(st.none(), st.integers(1, 50)), min_size=1, max_size=6)


@given(ENDS)
def test_what_holds_now_is_what_the_newest_version_says(ends) -> None:
    versions = [order(number, end) for number, end in enumerate(ends, 1)]
    spans = spans_of(versions)
    end = NO_END if ends[-1] is None else ends[-1]
    if not spans:
        assert end == NO_END
        return
    assert (spans[0].start, spans[-1].end) == (BEGINNING, end)
    assert all(a.end == b.start for a, b in pairwise(spans))
    held = holding([(0, NO_END, zone())], spans)
    assert sum(high - low for low, high, _ in held) == end
