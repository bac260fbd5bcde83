"""Days against a wearer's own weeks: by hand, and from the fixes of a tag left at home."""

from datetime import date, timedelta

import pytest

from tagwatch.core.own_days import OwnDay, Quarter, own_days
from tagwatch.core.units import DAY, Instant
from tagwatch.core.unlike import (
    Likeness,
    OtherReason,
    Reason,
    after_change,
    unlike_days,
)
from tagwatch.sim.quality.trace import BEGINS
from tests.core.test_stalking import weeks_of

S, M, X, U = Quarter.STILL, Quarter.OUT, Quarter.STRANGE, Quarter.UNSEEN
MONDAY = date(2026, 3, 2)
START = MONDAY + timedelta(days=28)


def day(number: int, *quarters: Quarter, home: bool = True) -> OwnDay:
    return OwnDay(
        day=MONDAY + timedelta(days=number),
        quarters=quarters,
        at_home=tuple(home and q is not X for q in quarters),
        fixes=280,
        moving=3,
        at_own=200,
        observed_share=1.0,
    )


def before() -> list[OwnDay]:
    return [day(k, S, M, M, S) if k % 7 < 5 else day(k, S, S, M, M) for k in range(28)]


def judged(*quarters: Quarter, reasons: tuple[Reason, ...] = ()):
    one = day(29, *quarters)
    (found,) = unlike_days([*before(), one], (START, START + timedelta(days=7)), {one.day: reasons})
    return found


def test_a_day_as_ever_is_like_his_own() -> None:
    found = judged(S, M, M, S)
    assert found.likeness is Likeness.LIKE
    assert found.rates == ((20, 20), (20, 20), (20, 20), (20, 20))
    assert found.lies is not None
    assert found.lies < 1.0


def test_a_day_still_throughout_is_unlike_his_own_and_says_out_of_how_many() -> None:
    found = judged(S, S, S, S)
    assert found.likeness is Likeness.STILL
    assert found.rates[1] == (0, 20)
    assert found.lies is not None
    assert found.another is not None
    assert found.lies >= 10.0 > found.another
    # Quarters of one day are not witnesses of their own: the second weighs little.
    only = judged(S, S, M, S).lies
    assert only is not None
    assert found.lies < 5.0 * only


def test_a_day_at_strange_places_is_unlike_his_own() -> None:
    found = judged(X, X, M, X)
    assert found.likeness is Likeness.ELSEWHERE
    assert found.another is not None
    assert found.another >= 10.0


def test_what_is_on_record_stands_beside_the_day() -> None:
    hospital = Reason(reason=OtherReason.STATE, words="in hospital")
    assert judged(S, S, S, S, reasons=(hospital,)).likeness is Likeness.ON_RECORD
    charger = Reason(reason=OtherReason.CHARGING, words="for 6 hours")
    found = judged(S, S, S, S, reasons=(charger,))
    assert found.likeness is Likeness.STILL
    assert found.reasons == (charger,)


def test_nothing_is_said_of_a_day_or_of_weeks_hardly_seen() -> None:
    found = judged(S, U, U, S)
    assert found.likeness is Likeness.CANNOT_SAY
    assert found.lies is found.another is None
    alone = unlike_days([day(29, S, S, S, S)], (START, START + timedelta(days=7)), {})
    assert [each.likeness for each in alone] == [Likeness.CANNOT_SAY]


def test_without_earlier_weeks_the_others_of_the_period_stand_in() -> None:
    days = [day(28 + k, S, M, M, S) for k in range(5)]
    days += [day(35 + k, S, M, M, S) for k in range(4)] + [day(39, S, S, S, S)]
    found = unlike_days(days, (START, START + timedelta(days=14)), {})
    assert found[-1].likeness is not Likeness.CANNOT_SAY
    assert found[-1].rates[1] == (0, 6), "not the days next to it"


def test_nights_after_another_tag_are_held_against_those_before() -> None:
    later = [day(28 + k, X, X, M, X, home=False) for k in range(1, 8)]
    at = Instant(BEGINS + 28 * DAY)
    found = after_change([*before(), *later], at, START, "another tag was fitted", date.max)
    assert found is not None
    assert (found.before, found.after) == ((28, 28), (0, 7))
    assert found.is_unlike
    assert found.strange == (21, 28)
    same = after_change(before(), at, MONDAY + timedelta(days=14), "strap cut", date.max)
    assert same is not None
    assert not same.is_unlike
    assert after_change(before(), at, START, "strap cut", date.max) is None


@pytest.mark.parametrize("changed", [False, True])
def test_the_quarters_of_plain_weeks(changed: bool) -> None:
    weeks = weeks_of(())
    changes = [Instant(BEGINS + 10 * DAY)] if changed else []
    found = own_days(weeks, changes)
    assert found[3].quarters == (S, M, M, S)
    assert found[5].quarters == (S, S, S, S), "Saturdays at home"
    assert all(each.at_home[0] for each in found if each.quarters[0] is S)
    assert not any(q is X for each in found for q in each.quarters)
    assert found[0].at_own == 0, "this tag says nothing of moving"
