"""Was he near a place: yes, no, cannot say; silence is never no."""

import numpy as np
import pytest

from tagwatch.core.derive import Prepared
from tagwatch.core.fix import FixBlock
from tagwatch.core.geometry import Disc
from tagwatch.core.meeting import Answer
from tagwatch.core.person import TagMode
from tagwatch.core.units import Instant
from tagwatch.core.was_near import WasNear, was_near
from tests.core.worlds import ALWAYS, HERE, SETTINGS, at, fixes, part

MODE = TagMode()
PLACE = Disc(centre=HERE, radius_m=100.0)


def asked(
    block: FixBlock, start_s: float = 0, end_s: float = 1200, radius_m: float = 100.0
) -> WasNear:
    """The answer about a disc here, in seconds of the world's Monday morning."""
    place = Disc(centre=HERE, radius_m=radius_m)
    window = (at(start_s), at(end_s))
    return was_near([part(block)], place, window, [ALWAYS], MODE, SETTINGS, Prepared())


def at_rest(away_m: float, minutes: range = range(-10, 31), accuracy_m: float = 8.0) -> FixBlock:
    return fixes(*((60.0 * k, away_m, 0.0, accuracy_m) for k in minutes))


def test_a_stay_there_is_yes_with_its_fixes_and_times() -> None:
    found = asked(at_rest(0.0))
    assert found.answer is Answer.YES
    assert found.there == ((at(0), at(1140)),)
    assert found.probability > 0.99
    assert found.witnesses >= 2
    assert (found.fixes, len(found.close)) == (20, 20)
    assert found.observed_s == 1200


def test_far_away_all_the_time_is_no_with_how_near_he_can_have_come() -> None:
    found = asked(at_rest(3000.0))
    assert found.answer is Answer.NO
    assert found.nearest_m is not None
    assert 2000.0 < found.nearest_m < 2900.0
    assert found.left_open == ()


def test_one_fix_there_is_no_yes_and_no_no() -> None:
    rows = [(60.0 * k, 3000.0, 0.0, 8.0) for k in range(-10, 31)]
    rows[20] = (600.0, 0.0, 0.0, 8.0)
    assert asked(fixes(*rows)).answer is Answer.CANNOT_SAY


def test_the_answer_is_about_the_window_and_not_about_the_day() -> None:
    there = [(60.0 * k, 0.0, 0.0, 8.0) for k in range(-30, -15)]
    drive = [(60.0 * k, 800.0 * (k + 15), 0.0, 8.0) for k in range(-15, 0)]
    away = [(60.0 * k, 12000.0, 0.0, 8.0) for k in range(31)]
    block = fixes(*there, *drive, *away)
    assert asked(block).answer is Answer.NO
    assert asked(block, -1800, -1000).answer is Answer.YES
    assert asked(block, -1800, 1200).answer is Answer.YES


@pytest.mark.parametrize("gap_min", [30, 60, 180])
def test_silence_is_never_no(gap_min: int) -> None:
    """Far away before and after, and time enough in the gap to have been there and back."""
    before = [(60.0 * k, 3000.0, 0.0, 8.0) for k in range(-10, 1)]
    after = [(60.0 * (k + gap_min), 3000.0, 0.0, 8.0) for k in range(11)]
    found = asked(fixes(*before, *after), 0, 60 * gap_min)
    assert found.answer is Answer.CANNOT_SAY
    assert found.probability < 0.01
    (span,) = found.left_open
    assert (span.start, span.end, span.seen) == (at(0), at(60 * gap_min), False)


def test_no_fix_at_all_is_cannot_say_and_says_that_nothing_is_known() -> None:
    found = asked(fixes())
    assert found.answer is Answer.CANNOT_SAY
    assert found.nearest_m is None
    assert found.fixes == 0
    assert found.left_open_s == 1200


@pytest.mark.parametrize(("end_s", "answer"), [(60, Answer.NO), (1200, Answer.CANNOT_SAY)])
def test_after_the_last_fix_only_the_top_speed_bounds_him(end_s: int, answer: Answer) -> None:
    found = asked(at_rest(6000.0, range(-10, 1)), 0, end_s)
    assert found.answer is answer


@pytest.mark.parametrize("away_m", [0.0, 60.0, 85.0, 110.0, 150.0, 300.0, 600.0, 1500.0])
def test_a_worse_accuracy_never_turns_cannot_say_into_an_answer(away_m: float) -> None:
    answers = [
        asked(at_rest(away_m, accuracy_m=radius)).answer for radius in (3, 8, 20, 50, 120, 400)
    ]
    said = [answer for answer in answers if answer is not Answer.CANNOT_SAY]
    assert answers == said + [Answer.CANNOT_SAY] * (len(answers) - len(said)), answers
    assert len(set(said)) <= 1


@pytest.mark.parametrize(
    ("radius_m", "answer"),
    [(20.0, Answer.CANNOT_SAY), (100.0, Answer.YES), (5000.0, Answer.YES)],
)
def test_a_place_smaller_than_an_error_that_lasts_is_never_yes(
    radius_m: float, answer: Answer
) -> None:
    assert asked(at_rest(0.0), radius_m=radius_m).answer is answer


@pytest.mark.parametrize(
    ("rest_s", "answer"), [(599, Answer.YES), (600, Answer.YES), (601, Answer.CANNOT_SAY)]
)
def test_a_window_between_two_fixes_of_a_rest_there(rest_s: int, answer: Answer) -> None:
    """As far apart as a tag at rest may send, not farther."""
    before = [(60.0 * k, 0.0, 0.0, 8.0) for k in range(-20, 1)]
    after = [(rest_s + 60.0 * k, 0.0, 0.0, 8.0) for k in range(10)]
    assert asked(fixes(*before, *after), 200, 260).answer is answer


def test_order_and_repetition_change_nothing() -> None:
    block = at_rest(40.0)
    mixed = np.concatenate([block[20:], block[:25]])
    assert asked(mixed) == asked(block)


def test_fixes_after_a_tag_came_off_are_not_his() -> None:
    """The caller leaves them out; what is left is silence."""
    found = asked(at_rest(3000.0, range(-10, 2)), 0, Instant(1200))
    assert found.answer is Answer.CANNOT_SAY
