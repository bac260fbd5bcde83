"""How he moved through an area: what the stay was, how sure, and what may have gone unseen."""

from itertools import pairwise

import numpy as np
import pytest

from tagwatch.core.derive import Prepared
from tagwatch.core.fix import FixBlock
from tagwatch.core.outcome import Phase, RuleKind
from tagwatch.core.passage import AROUND, MOST_CROSSINGS, ModeShare, Movement, Passage, movement
from tagwatch.core.sight import sights
from tests.core.worlds import SETTINGS, SHARP, at, fixes, found, part, zone

ZONE = zone(200.0)


def moved(block: FixBlock, *, number: int = 0) -> Movement:
    episode = [e for e in found(block, ZONE) if e.rule is RuleKind.ZONE][number]
    seen = sights([part(block)], ZONE, episode.rule, SETTINGS, Prepared())
    return movement(episode, seen, ZONE, SETTINGS, Prepared())


def line(speed_mps: float, every_s: float, reach_m: float = 1500.0, side_m: float = 0.0):
    count = int(2 * reach_m / (speed_mps * every_s)) + 1
    xs = [-reach_m + k * speed_mps * every_s for k in range(count)]
    return fixes(*((k * every_s, x, side_m, SHARP) for k, x in enumerate(xs)))


def held(shares: tuple[ModeShare, ...], mode: str) -> ModeShare:
    return next(each for each in shares if each.mode == mode)


def test_a_car_goes_straight_through_and_is_no_walker() -> None:
    made = moved(line(8.0, 20.0))
    assert made.passage is Passage.THROUGH
    for shares in (made.came, made.inside, made.left):
        assert held(shares, "foot").most == 0.0
        assert shares[0].mode in ("vehicle", "rail")


def test_a_walker_goes_straight_through_on_foot() -> None:
    made = moved(line(1.3, 60.0, 700.0))
    assert made.passage is Passage.THROUGH
    assert made.inside[0].mode == "foot"
    assert made.inside[0].share > 0.9


def test_there_and_back_is_on_the_move() -> None:
    there = [(60.0 * k, -700.0 + 78.0 * k, 0.0, SHARP) for k in range(9)]
    back = [(60.0 * (9 + k), -76.0 - 78.0 * k, 30.0, SHARP) for k in range(9)]
    made = moved(fixes(*there, *back))
    assert made.passage is Passage.ON_THE_MOVE
    assert "longer than the" in made.because


def test_rest_of_five_minutes_is_a_stay_and_less_is_not() -> None:
    def stop(minutes: int):
        come = [(60.0 * k, -780.0 + 78.0 * k, 0.0, SHARP) for k in range(10)]
        rest = [(600.0 + 60.0 * k, 0.0, 0.0, SHARP) for k in range(minutes + 1)]
        last = 600.0 + 60.0 * minutes
        go = [(last + 60.0 * k, 78.0 * k, 0.0, SHARP) for k in range(1, 11)]
        return moved(fixes(*come, *rest, *go))

    assert stop(8).passage is Passage.STAY
    assert stop(3).passage is not Passage.STAY
    assert held(stop(8).inside, "still").share > 0.5


def test_most_circles_across_the_border_are_along_the_edge() -> None:
    come = [(60.0 * k, -2000.0 + 180.0 * k, 0.0, SHARP) for k in range(10)]
    edge = [(600.0 + 60.0 * k, -199.0 + (k % 3), 0.0, 20.0) for k in range(15)]
    made = moved(fixes(*come, *edge))
    assert made.passage is Passage.EDGE
    assert "cross the border" in made.because


def test_what_was_not_seen_cannot_be_said() -> None:
    alone = moved(fixes((0, 0, 0, SHARP), (60, 0, 0, SHARP)))
    assert (alone.passage, alone.because) == (Passage.CANNOT_SAY, "it is going on")
    assert not alone.came
    assert not alone.left
    unseen = fixes(
        (0, -2000, 0, SHARP), (900, -80, 0, SHARP), (960, 0, 0, SHARP), (1020, 80, 0, SHARP),
        *((1080 + 60 * k, 2000, 0, SHARP) for k in range(5)),
    )  # fmt: skip
    made = moved(unseen)
    assert made.passage is Passage.CANNOT_SAY
    assert "before the first" in made.because


def test_without_its_fixes_nothing_is_said() -> None:
    (episode,) = found(line(8.0, 20.0), ZONE)
    made = movement(episode, (), ZONE, SETTINGS, Prepared())
    why = "its fixes are not in the trail, or jumped"
    assert made == Movement(passage=Passage.CANNOT_SAY, because=why)


@pytest.mark.parametrize("every_s", [1.0, 10.0, 60.0])
def test_shares_sum_to_one_and_lie_between_least_and_most(every_s: float) -> None:
    made = moved(line(5.0, every_s))
    for shares in (made.came, made.inside, made.left):
        assert sum(s.share for s in shares) == pytest.approx(1.0, abs=0.01)
        assert all(0.0 <= s.least <= s.share + 0.051 for s in shares)
        assert all(s.share <= s.most + 0.051 for s in shares)
        assert [s.share for s in shares] == sorted((s.share for s in shares), reverse=True)


def test_crossings_before_and_after_are_shown_and_never_those_of_the_stay() -> None:
    rows = [(60.0 * k, -1800.0 + 720.0 * k, 260.0, SHARP) for k in range(6)]
    rows += [(360.0 + 60.0 * k, 1800.0 - 600.0 * k, 0.0, SHARP) for k in range(7)]
    rows += [(780.0 + 60.0 * k, -1800.0 + 720.0 * k, 260.0, SHARP) for k in range(6)]
    block = fixes(*rows)
    (episode,) = found(block, ZONE)
    assert episode.phase is Phase.ENDED
    made = moved(block)
    assert made.crossings_in_all >= 2
    assert {each.fastest for each in made.crossings} <= {"vehicle", "rail"}
    assert len(made.crossings) <= MOST_CROSSINGS
    for each in made.crossings:
        assert each.end <= episode.entered_earliest or each.start >= (episode.left_latest or 0)


def test_a_long_stay_is_looked_at_by_its_two_ends() -> None:
    rows = [(60.0 * k, -2000.0 if k < 3 else 0.0, 0.0, SHARP) for k in range(600)]
    rows += [(36000.0 + 60.0 * k, 2000.0, 0.0, SHARP) for k in range(5)]
    made = moved(fixes(*rows))
    assert made.passage is Passage.STAY
    assert int(made.because.split()[3]) <= 2 * AROUND
    assert held(made.inside, "still").share > 0.95


def test_the_order_of_fixes_of_one_time_has_no_say() -> None:
    block = line(5.0, 20.0)
    again = np.concatenate([block[::-1]])
    assert all(a >= b for a, b in pairwise(again["fixed_at"]))
    assert moved(block) == moved(again)
    assert at(0) == block["fixed_at"][0]
