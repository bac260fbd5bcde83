"""The sentences of an account check where an answer says little, and where days are told apart."""

import msgspec
import pytest

from tagwatch.core.account import Bearing, judged
from tagwatch.core.habit import DayKind, Habit
from tagwatch.core.statement import Allegation
from tagwatch.web.account_words import habit_sentence, verdict_sentence
from tests.core.test_account import him, rest, said
from tests.core.worlds import fixes


@pytest.mark.parametrize(("ratio", "little"), [(1.99, True), (2.0, False)])
def test_an_answer_that_says_little_is_told_so(ratio: float, little: bool) -> None:
    judgement = judged(said(), him(fixes(*rest(0.0))))
    weight = msgspec.structs.replace(judgement.weight, ratio=ratio)
    there = msgspec.structs.replace(judgement, verdict=Bearing.SUPPORTS, weight=weight)
    assert ("say little for it" in verdict_sentence(there)) is little


def test_the_kind_of_day_is_told_where_it_was_counted() -> None:
    old = Habit(days=28, seen=20, there=4)
    new = msgspec.structs.replace(old, kind=DayKind.REST_DAY, kind_seen=6, kind_there=3)
    assert habit_sentence(old, Allegation.THERE).endswith(
        "on 4 of the 20 days before that were seen."
    )
    assert "on 3 of 6 days at a weekend or holiday among them" in habit_sentence(
        new, Allegation.THERE
    )
