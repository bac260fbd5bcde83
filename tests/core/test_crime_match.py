"""Rule `overlap-50`: what counts, how visits are labelled, and who could not be excluded."""

from collections.abc import Sequence
from itertools import pairwise
from math import nan

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tagwatch.core.crime_match import labelled, letters, overlap_match, ranked_key, scene_of
from tagwatch.core.ids import ActivationId
from tagwatch.core.match import (
    CrimeMatch,
    MatchList,
    MatchSettings,
    OpenReason,
    Scene,
    Sighted,
    Worn,
)
from tagwatch.core.plane import LonLat, Plane
from tagwatch.core.units import MINUTE, SECOND, Instant, parse_iso

PLACE = LonLat(lon_deg=-0.1, lat_deg=51.5)
NOON = parse_iso("2026-06-01T12:00:00Z")
RULE = MatchSettings()
ALWAYS = (Worn(ActivationId("act_a"), Instant(NOON - 600 * MINUTE), Instant(NOON + 600 * MINUTE)),)
Seen = tuple[float, float, float]
"""Minutes from noon, metres east of the crime, radius."""


def sighted(fixes: Sequence[Seen], tags: Sequence[int] | None = None) -> Sighted:
    plane = Plane.at(PLACE)
    places = [plane.lonlat(east_m, 0.0) for _, east_m, _ in fixes]
    return Sighted(
        np.array([NOON + round(at * MINUTE) for at, _, _ in fixes], np.int64),
        np.array([place.lon_deg for place in places]),
        np.array([place.lat_deg for place in places]),
        np.array([radius for _, _, radius in fixes], np.float64),
        np.array([0] * len(fixes) if tags is None else tags, np.int64),
    )


def matched(
    fixes: Sequence[Seen],
    worn: Sequence[Worn] = ALWAYS,
    minutes: float = 0.0,
    tags: Sequence[int] | None = None,
) -> CrimeMatch:
    scene = scene_of(PLACE, NOON, Instant(NOON + round(minutes * MINUTE)), RULE)
    return overlap_match(scene, sighted(fixes, tags), worn, RULE)


def labels(found: CrimeMatch) -> list[str]:
    return [one.label for one in found.counted]


@pytest.mark.parametrize(("share", "found"), [(0.49, False), (0.50, True), (0.51, True)])
def test_half_of_the_circle_counts_and_less_does_not(share: float, found: bool) -> None:
    one = matched([(0, 0.0, 100.0 / share**0.5)])
    assert (one.found is MatchList.MATCHED) is found
    assert one.reason is (None if found else OpenReason.TOO_WIDE)


@pytest.mark.parametrize("east_m", [0.0, 30.0, 99.0])
@pytest.mark.parametrize("radius_m", [142.0, 300.0, 1_600.0])
def test_a_circle_of_142_m_never_matches_and_is_always_listed(
    east_m: float, radius_m: float
) -> None:
    one = matched([(0, east_m, radius_m)])
    assert (one.found, one.reason) == (MatchList.NOT_EXCLUDED, OpenReason.TOO_WIDE)
    assert (one.fixes, one.best_radius_m) == (1, radius_m)


def test_a_fix_without_a_radius_leaves_him_open() -> None:
    one = matched([(0, 0.0, nan), (1, 4_000.0, 10.0)])
    assert (one.found, one.reason) == (MatchList.NOT_EXCLUDED, OpenReason.NO_RADIUS)
    assert one.best_radius_m == 10.0
    assert matched([(0, 9_000.0, nan)]).found is MatchList.EXCLUDED


def test_a_circle_that_reaches_in_by_less_than_half_leaves_him_open() -> None:
    assert matched([(0, 110.0, 20.0)]).reason is OpenReason.PARTLY
    # Outside the 95 % circle, inside the 99 % region.
    assert matched([(0, 122.0, 20.0)]).reason is OpenReason.PARTLY
    assert matched([(0, 126.0, 20.0)]).found is MatchList.EXCLUDED


@pytest.mark.parametrize(("at", "found"), [(-10.001, 0), (-10.0, 1), (10.0, 1), (10.001, 0)])
def test_the_window_is_padded_and_its_ends_belong_to_it(at: float, found: int) -> None:
    assert len(matched([(at, 0.0, 10.0)]).counted) == found


def test_equal_ends_are_a_window_of_twenty_minutes() -> None:
    assert matched([(0, 0.0, 10.0)]).seen.window_s == 20 * 60


def test_any_fix_that_does_not_count_ends_the_visit() -> None:
    fixes = [(0, 0.0, 10.0), (1, 5.0, 10.0), (2, 900.0, 10.0), (3, 0.0, 10.0)]
    assert labels(matched(fixes)) == ["A1", "A2", "B1"]
    wide = [(0, 0.0, 10.0), (1, 0.0, 200.0), (2, 0.0, 10.0), (3, 0.0, nan), (4, 0.0, 10.0)]
    assert labels(matched(wide)) == ["A1", "B1", "C1"]
    assert matched(wide).visits == 3


def test_after_z_comes_aa() -> None:
    fixes = [(k / 4, 0.0 if k % 2 == 0 else 900.0, 10.0) for k in range(57)]
    found = labels(matched(fixes, minutes=10.0))
    assert found[24:29] == ["Y1", "Z1", "AA1", "AB1", "AC1"]


@given(st.integers(1, 20_000))
def test_letters_count_as_a_sheet_counts_its_columns(visit: int) -> None:
    value = 0
    for letter in letters(visit):
        value = value * 26 + ord(letter) - ord("A") + 1
    assert value == visit


def test_visits_count_from_one() -> None:
    with pytest.raises(ValueError, match="from 1"):
        letters(0)


def test_letters_run_on_over_a_change_of_tags() -> None:
    worn = (
        Worn(ActivationId("act_a"), Instant(NOON - 60 * MINUTE), NOON),
        Worn(ActivationId("act_b"), Instant(NOON), Instant(NOON + 60 * MINUTE)),
    )
    found = matched(
        [(-2, 0.0, 10.0), (-1, 900.0, 10.0), (1, 0.0, 10.0), (2, 0.0, 10.0)],
        worn,
        tags=[0, 0, 1, 1],
    )
    assert labels(found) == ["A1", "B1", "B2"]
    assert [(look.fixes, look.counting) for look in found.tags] == [(2, 1), (2, 2)]


def test_an_activation_that_ends_in_the_window() -> None:
    worn = (Worn(ActivationId("act_a"), Instant(NOON - 60 * MINUTE), NOON),)
    one = matched([(-9, 900.0, 10.0), (-1, 900.0, 10.0)], worn)
    assert one.found is MatchList.EXCLUDED
    assert one.seen.off_s == 10 * 60
    # Between the ends of the window and its fixes he was seen.
    assert one.seen.seen_s == 10 * 60


def test_unseen_for_long_he_may_have_been_there() -> None:
    near = [(-20, 5_000.0, 10.0), (9, 5_000.0, 10.0)]
    one = matched(near)
    assert (one.found, one.reason) == (MatchList.NOT_EXCLUDED, OpenReason.SILENCE)
    assert one.seen.longest_unseen_s == 19 * 60
    assert matched([(-11, 5_000.0, 10.0), (11, 5_000.0, 10.0)]).reason is OpenReason.NO_FIX
    far = [(-20, 60_000.0, 10.0), (9, 60_000.0, 10.0)]
    assert matched(far).found is MatchList.EXCLUDED
    unknown = [(-20, 60_000.0, nan), (9, 60_000.0, nan)]
    assert matched(unknown).found is MatchList.EXCLUDED


def test_without_any_fix_nobody_is_excluded() -> None:
    one = matched([])
    assert (one.found, one.reason, one.fixes) == (MatchList.NOT_EXCLUDED, OpenReason.NO_FIX, 0)
    assert one.seen.seen_s == 0
    assert one.best_radius_m is None


def test_matches_are_ranked_by_what_counts() -> None:
    once, twice = matched([(0, 0.0, 10.0)]), matched([(0, 0.0, 10.0), (1, 0.0, 10.0)])
    assert sorted([once, matched([]), twice], key=ranked_key, reverse=True)[:2] == [twice, once]


@given(
    st.lists(st.tuples(st.floats(-12, 12), st.floats(0, 400), st.floats(1, 300)), max_size=12),
    st.floats(1.0, 3.0),
)
@settings(max_examples=100, deadline=None)
def test_a_worse_circle_never_excludes(fixes: list[Seen], worse: float) -> None:
    ordered = sorted(fixes)
    wider = [(at, east_m, radius_m * worse) for at, east_m, radius_m in ordered]
    if matched(ordered).found is MatchList.NOT_EXCLUDED:
        assert matched(wider).found is not MatchList.EXCLUDED


@given(st.lists(st.sampled_from([0.0, 0.499999, 0.5, 1.0]), max_size=40))
def test_labels_cover_what_counts_and_nothing_else(shares: list[float]) -> None:
    found = labelled(range(len(shares)), shares, 0.5)
    assert [one.row for one in found] == [k for k, share in enumerate(shares) if share >= 0.5]
    for before, after in pairwise(found):
        same = before.label.rstrip("0123456789") == after.label.rstrip("0123456789")
        assert same is (after.row == before.row + 1)


@pytest.mark.parametrize("wrong", [{"least_share": 0.0}, {"vicinity_m": -1.0}, {"padding_min": -1}])
def test_a_rule_out_of_bounds_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="not"):
        MatchSettings(**wrong)  # type: ignore[arg-type]


def test_a_tag_that_was_never_on_him_in_the_window_says_nothing() -> None:
    later = Worn(ActivationId("act_b"), Instant(NOON + 60 * MINUTE), Instant(NOON + 90 * MINUTE))
    never = Worn(ActivationId("act_c"), NOON, NOON)
    one = matched([(0, 0.0, 10.0)], (*ALWAYS, later, never))
    assert [look.activation_id for look in one.tags] == ["act_a"]
    scene = Scene(PLACE, NOON, Instant(NOON + 10 * SECOND))
    assert overlap_match(scene, sighted([]), (later,), RULE).seen.off_s == 10
