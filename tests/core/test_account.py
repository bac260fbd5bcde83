"""Statements against fixes: supports, contradicts, cannot say, and never cleared when blind."""

import numpy as np
import pytest

from tagwatch.core.account import Bearing, Judgement, judged
from tagwatch.core.derive import Prepared
from tagwatch.core.fix import FixBlock
from tagwatch.core.geometry import Disc, Polygon, distance_m
from tagwatch.core.likelihood import CAP, NO_SUPPORT, in_words, weighed
from tagwatch.core.meeting import Answer, Followed
from tagwatch.core.moved import moved_by
from tagwatch.core.person import TagMode
from tagwatch.core.statement import Allegation, Statement, TrackSpot, about
from tagwatch.core.units import MINUTE, SECOND, Instant
from tagwatch.core.wearing import Wearing
from tests.core.worlds import ALWAYS, HERE, SETTINGS, at, fixes, part, place

DAYS = 12
SCHOOL = Disc(centre=HERE, radius_m=120.0)


def him(block: FixBlock) -> Wearing:
    trail = [part(block)]
    return Wearing(
        trail, [ALWAYS], Followed(trail, [ALWAYS], TagMode()), SETTINGS, Prepared(), DAYS
    )


def said(
    claim: Allegation = Allegation.THERE, start_s: float = 0, end_s: float = 1200, **more: object
):
    return Statement(
        claim=claim, words="he was there", place="the school", start=at(start_s), end=at(end_s),
        **{"shape": SCHOOL, **more},
    )  # type: ignore[arg-type]  # fmt: skip


def rest(away_m: float, minutes: range = range(-10, 31), day: int = 0) -> list[tuple[float, ...]]:
    return [(60.0 * k - 86400.0 * day, away_m, 0.0, 8.0) for k in minutes]


def living(away_m: float, today: list[tuple[float, ...]], days: int = DAYS) -> FixBlock:
    """He was so far off on each of the days before, and today as given."""
    before = [row for day in range(days, 0, -1) for row in rest(away_m, day=day)]
    return fixes(*before, *today)


def check(found: Judgement, verdict: Bearing) -> Judgement:
    assert found.verdict is verdict, (found.weight, found.presence)
    return found


def test_there_where_he_never_is_weighs_as_much_as_the_weeks_seen_allow() -> None:
    found = check(judged(said(), him(living(4000.0, rest(0.0)))), Bearing.SUPPORTS)
    assert found.weight.ratio == pytest.approx(1.0 / found.habit.chance, rel=0.05)
    assert found.weight.words == "moderate support for the first"
    assert found.weight.posterior > 0.98
    assert (found.habit.seen, found.habit.there) == (DAYS, 0)
    assert "the school" in found.first


def test_where_he_lives_it_supports_and_tells_that_it_says_little() -> None:
    found = check(judged(said(), him(living(0.0, rest(0.0)))), Bearing.SUPPORTS)
    assert found.habit.there == DAYS
    assert found.weight.prior > 0.95
    assert 1.0 <= found.weight.ratio < 1.05
    assert found.weight.words == NO_SUPPORT
    assert any("usually there" in each for each in found.changes)


def test_far_off_all_the_time_contradicts() -> None:
    found = check(judged(said(), him(living(4000.0, rest(4000.0)))), Bearing.CONTRADICTS)
    assert 1.0 / CAP <= found.weight.ratio <= 0.1
    assert "for the second" in found.weight.words
    assert found.presence is not None
    assert found.presence.approach is not None
    assert found.presence.approach.distance_m > 3000.0


@pytest.mark.parametrize("away_m", [0.0, 4000.0])
def test_blind_is_never_cleared_and_weighs_nothing(away_m: float) -> None:
    """No fix from half an hour before to one after."""
    ends = rest(4000.0, range(-60, -30)) + rest(4000.0, range(50, 80))
    found = check(judged(said(), him(living(away_m, ends))), Bearing.CANNOT_SAY)
    assert found.weight.ratio == 1.0
    assert found.weight.words == NO_SUPPORT
    assert found.weight.prior == found.weight.posterior
    assert any("no fix came" in each for each in found.changes)


def test_no_fix_at_all_is_cannot_say() -> None:
    found = check(judged(said(), him(fixes())), Bearing.CANNOT_SAY)
    assert (found.habit.seen, found.weight.ratio) == (0, 1.0)


def test_twenty_minutes_off_is_told() -> None:
    """He left for there as the window ended."""
    today = rest(4000.0, range(-60, 21))
    today += [(60.0 * k, 4000.0 - 800.0 * (k - 20), 0.0, 8.0) for k in range(21, 26)]
    today += rest(0.0, range(26, 60))
    found = check(judged(said(), him(living(4000.0, today))), Bearing.CONTRADICTS)
    (later,) = [each for each in found.shifted if each.what == "20 minutes later"]
    assert later.verdict is Bearing.SUPPORTS
    assert "If it was 20 minutes later: supports" in found.changes


def test_waiting_needs_a_stay_of_that_length() -> None:
    for stayed_min, verdict in ((16, Bearing.SUPPORTS), (3, Bearing.CONTRADICTS)):
        out = [(60.0 * k, 30.0 * 60 * (k - stayed_min), 0.0, 8.0) for k in range(stayed_min, 25)]
        there = rest(0.0, range(stayed_min))
        came = [(60.0 * k, 30.0 * 60 * -k, 0.0, 8.0) for k in range(-20, 0)]
        block = living(9000.0, came + there + out)
        statement = said(Allegation.WAITED, waited_s=15 * 60)
        check(judged(statement, him(block)), verdict)


def driving(beside_m: float = 0.0, minutes: range = range(-30, 50)) -> list[tuple[float, ...]]:
    """Through the middle of the time asked at 15 m/s."""
    return [(60.0 * k, 900.0 * (k - 10) + 200.0, beside_m, 8.0) for k in minutes]


def test_who_drives_through_between_two_fixes_passed() -> None:
    found = check(judged(said(Allegation.PASSED), him(living(9000.0, driving()))), Bearing.SUPPORTS)
    assert found.presence is not None
    assert found.presence.lower < 0.5
    assert found.weight.ratio > 10.0
    check(
        judged(said(Allegation.PASSED), him(living(9000.0, driving(3000.0)))), Bearing.CONTRADICTS
    )


def test_a_stay_through_the_whole_time_is_no_passage() -> None:
    block = living(4000.0, rest(0.0, range(-60, 80)))
    found = check(judged(said(Allegation.PASSED), him(block)), Bearing.CANNOT_SAY)
    assert found.weight.ratio == 1.0
    assert "a stay and no passage" in found.changes[0]
    check(judged(said(), him(block)), Bearing.SUPPORTS)


def test_a_passage_needs_his_coming_and_his_going() -> None:
    came = [(60.0 * k, 1800.0 * (4 - k), 0.0, 8.0) for k in range(-20, 4)]
    there = rest(0.0, range(4, 80))
    found = check(judged(said(Allegation.PASSED), him(living(9000.0, came + there))),
                  Bearing.CANNOT_SAY)  # fmt: skip
    assert "not both that he came and that he went" in found.changes[0]
    went = [(60.0 * k, 1800.0 * (k - 16), 0.0, 8.0) for k in range(17, 40)]
    block = living(9000.0, came + rest(0.0, range(4, 17)) + went)
    found = check(judged(said(Allegation.PASSED), him(block)), Bearing.SUPPORTS)
    assert "more than to pass" in found.changes[0]


def test_a_stay_told_in_part_supports_that_he_waited_and_weighs_less() -> None:
    """Fixes of ten minutes at rest, silence, and far off half an hour later."""
    block = living(9000.0, [*rest(9000.0, range(-30, -5)), *rest(0.0, range(1, 12)),
                            *rest(9000.0, range(40, 70))])  # fmt: skip
    long_, longer = (said(Allegation.WAITED, waited_s=60 * each) for each in (16, 18))
    part_of_it = check(judged(long_, him(block)), Bearing.SUPPORTS)
    assert "10 minutes at the least" in part_of_it.changes[0]
    assert part_of_it.weight.ratio <= 50.0
    check(judged(longer, him(block)), Bearing.CANNOT_SAY)


# --- followed -------------------------------------------------------------------------------------


def _hers(minutes: int = 20) -> tuple[TrackSpot, ...]:
    found: list[TrackSpot] = []
    for k in range(2 * minutes):
        spot = place(40.0 * k, 0.0)
        found.append(
            TrackSpot(at=at(30.0 * k), lon_deg=spot.lon_deg, lat_deg=spot.lat_deg, accuracy_m=15.0)
        )
    return tuple(found)


def _followed(block: FixBlock) -> Judgement:
    statement = said(Allegation.FOLLOWED, shape=None, track=_hers())
    return judged(statement, him(block))


def test_who_keeps_near_her_along_her_way_followed_as_claimed() -> None:
    behind = [(30.0 * k, 40.0 * (k - 1), 10.0, 6.0) for k in range(-20, 60)]
    found = check(_followed(living(9000.0, behind)), Bearing.SUPPORTS)
    assert found.alongside is not None
    assert found.alongside.along
    assert found.weight.ratio > 10.0
    assert [each.what for each in found.shifted] == ["20 minutes earlier", "20 minutes later"]
    assert all(each.verdict is not Bearing.SUPPORTS for each in found.shifted)


def test_who_was_elsewhere_did_not() -> None:
    found = check(_followed(living(9000.0, rest(9000.0, range(-60, 60)))), Bearing.CONTRADICTS)
    assert found.alongside is not None
    assert found.alongside.meetings.answer is Answer.NO


def test_who_was_far_off_for_most_of_her_way_did_not_follow() -> None:
    """At a standstill four kilometres off, then driving up to where she ends."""
    away = rest(4000.0, range(-60, 16))
    came = [(60.0 * k, 4000.0 - 600.0 * (k - 15), 0.0, 8.0) for k in range(16, 21)]
    found = _followed(living(9000.0, away + came))
    assert found.alongside is not None
    assert found.alongside.meetings.answer is not Answer.NO
    check(found, Bearing.CONTRADICTS)
    assert 0.005 < found.weight.ratio <= 0.1


def test_who_stands_where_she_passes_is_not_shown_to_follow() -> None:
    standing = [(30.0 * k, 800.0, 10.0, 6.0) for k in range(-20, 60)]
    check(_followed(living(9000.0, standing)), Bearing.CANNOT_SAY)


# --- the ratio ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ratio", "words"),
    [
        (1.0, NO_SUPPORT), (1.99, NO_SUPPORT), (2.0, "weak support for the first"),
        (9.9, "weak support for the first"), (10.0, "moderate support for the first"),
        (100.0, "moderately strong support for the first"),
        (1000.0, "strong support for the first"), (0.5, "weak support for the second"),
        (0.01, "moderately strong support for the second"),
    ],
)  # fmt: skip
def test_the_words_of_a_ratio(ratio: float, words: str) -> None:
    assert in_words(ratio) == words


def test_a_ratio_turns_the_chance_by_routine_and_is_bounded() -> None:
    for prior in (0.001, 0.02, 0.5, 0.9):
        for presence in (1e-9, 0.1, 1.0, 30.0, 1e9):
            found = weighed(presence, prior)
            assert 1.0 / CAP <= found.ratio <= CAP
            assert found.posterior == pytest.approx(max(prior, 0.002) * found.ratio, abs=2e-3)


# --- what is said ---------------------------------------------------------------------------------


def test_about_nine_is_a_window() -> None:
    start, end = about(at(0), 600)
    assert (start, end) == (at(-1200), at(1200))
    start, end = about(at(0), 0)
    assert end - start == 15 * MINUTE


@pytest.mark.parametrize(
    "more",
    [
        {"end_s": 0},
        {"end_s": 13 * 3600},
        {"shape": None},
        {"claim": Allegation.WAITED},
        {"claim": Allegation.FOLLOWED, "shape": None},
    ],
)
def test_a_statement_that_cannot_be_says_what_to_mend(more: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"after|12 hours|place|long|track"):
        said(**more)  # type: ignore[arg-type]


def test_a_shape_is_moved_by_metres() -> None:
    square = Polygon(rings=((place(0.0), place(50.0), place(50.0, 50.0)),))
    moved = moved_by(square, 0.0, 100.0)
    assert isinstance(moved, Polygon)
    assert distance_m(moved.rings[0][0], place(0.0, 100.0)) < 0.1
    disc = moved_by(SCHOOL, 100.0, 0.0)
    assert isinstance(disc, Disc)
    assert distance_m(disc.centre, place(100.0)) < 0.1


def test_duplicates_change_nothing() -> None:
    block = living(4000.0, rest(0.0), 3)
    assert judged(said(), him(np.concatenate([block, block]))) == judged(said(), him(block))
    assert Instant(at(1)) - at(0) == SECOND
