"""His own routine: the same stretch of London's clocks on earlier days, by kind of day."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tagwatch.core.derive import Prepared
from tagwatch.core.fix import FixBlock
from tagwatch.core.geometry import Disc
from tagwatch.core.habit import DayKind, Habit, Occasion, Past, counted, kind_of, occasions
from tagwatch.core.holidays import HolidaySettings
from tagwatch.core.person import TagMode
from tagwatch.core.timetable import london
from tagwatch.core.units import DAY, HOUR, MINUTE, Instant, parse_iso
from tests.core.worlds import ALWAYS, HERE, SETTINGS, at, fixes, part

SCHOOL = Disc(centre=HERE, radius_m=120.0)
HOLIDAYS = HolidaySettings().days


def habit(block: FixBlock, days: int = 28, start_s: float = 0, end_s: float = 1200) -> Habit:
    past = Past([part(block)], [ALWAYS], TagMode(), SETTINGS, Prepared())
    return past.habit(SCHOOL, (at(start_s), at(end_s)), days)


def days_of(away_m: float, days: range, accuracy_m: float = 8.0) -> list[tuple[float, ...]]:
    minutes = range(-10, 31)
    return [(60.0 * k - 86400.0 * d, away_m, 0.0, accuracy_m) for d in days for k in minutes]


# --- which occasions --------------------------------------------------------------------------


@pytest.mark.parametrize("moment", ["2026-04-01T20:00:00Z", "2026-11-02T20:00:00Z"])
def test_the_clock_change_keeps_the_hour_by_the_clock(moment: str) -> None:
    start = parse_iso(moment)
    window = (start, Instant(start + HOUR))
    found = occasions(window, 28)
    assert {london(since).hour for since, _ in found} == {london(start).hour}
    assert {until - since for since, until in found} == {HOUR}
    shifts = {(start - since) % DAY for since, _ in found}
    assert len(shifts) == 2, "some of the weeks lie before the change"


@given(st.integers(0, 400), st.integers(0, 1439), st.integers(1, 720))
@settings(max_examples=40, deadline=None)
def test_the_time_asked_about_is_never_looked_at(day: int, minute: int, length: int) -> None:
    start = Instant(parse_iso("2026-01-01T00:00:00Z") + day * DAY + minute * MINUTE)
    window = (start, Instant(start + length * MINUTE))
    for since, until in occasions(window, 30):
        assert until - since == length * MINUTE
        assert until <= start - 10 * HOUR
        assert london(since).date() < london(start).date()


def test_kinds_of_days_are_londons() -> None:
    assert kind_of(parse_iso("2026-06-05T22:30:00Z"), HOLIDAYS) is DayKind.WEEKDAY
    assert kind_of(parse_iso("2026-06-05T23:30:00Z"), HOLIDAYS) is DayKind.REST_DAY
    assert kind_of(parse_iso("2026-05-25T12:00:00Z"), HOLIDAYS) is DayKind.REST_DAY


# --- what is counted --------------------------------------------------------------------------


def test_weekdays_say_little_of_weekends() -> None:
    """There on every weekday of four weeks and on no day of a weekend; asked on a Monday."""
    rest = [d for d in range(1, 29) if d % 7 in (1, 2)]
    rows = [
        row
        for d in range(28, 0, -1)
        for row in days_of(4000.0 if d in rest else 0.0, range(d, d + 1))
    ]
    monday = habit(fixes(*rows))
    assert (monday.seen, monday.there) == (28, 20)
    assert (monday.kind, monday.kind_seen, monday.kind_there) == (DayKind.WEEKDAY, 20, 20)
    assert monday.chance > 0.8
    past = Past([part(fixes(*rows))], [ALWAYS], TagMode(), SETTINGS, Prepared())
    sunday = past.habit(SCHOOL, (at(-86400), at(-86400 + 1200)), 27)
    assert (sunday.kind, sunday.kind_there) == (DayKind.REST_DAY, 0)
    assert sunday.chance < 0.4


def test_few_weeks_lean_on_the_other_kind_of_day() -> None:
    few = Habit(days=7, seen=7, there=5, kind=DayKind.REST_DAY, kind_seen=2, kind_there=0)
    many = Habit(days=91, seen=91, there=65, kind=DayKind.REST_DAY, kind_seen=26, kind_there=0)
    assert 0.5 < few.chance < 0.7
    assert many.chance < 0.2


@given(st.lists(st.sampled_from(list(Occasion)), min_size=1, max_size=60))
@settings(max_examples=40, deadline=None)
def test_a_chance_is_never_sure_and_grows_with_each_time_there(
    outcomes: list[Occasion],
) -> None:
    window = (at(0), at(1200))
    found = counted(window, outcomes, HOLIDAYS)
    assert 0.0 < found.chance < 1.0
    assert found.there <= found.seen <= found.days == len(outcomes)
    if Occasion.ELSEWHERE in outcomes:
        more = list(outcomes)
        more[outcomes.index(Occasion.ELSEWHERE)] = Occasion.THERE
        assert counted(window, more, HOLIDAYS).chance > found.chance
    if not found.seen:
        assert found.chance == 0.5


def test_checks_kept_before_kinds_were_told_apart_keep_their_chance() -> None:
    assert Habit(days=28, seen=28, there=0).chance == pytest.approx(0.5 / 29)


def test_a_day_not_seen_counts_for_nothing() -> None:
    found = habit(fixes(*days_of(0.0, range(1, 4))))
    assert (found.days, found.seen, found.there) == (28, 3, 3)
    assert habit(fixes()).seen == 0


def test_driving_through_between_two_fixes_is_having_been_there() -> None:
    rows = [
        (60.0 * k - 86400.0 * d, 450.0 + 900.0 * (k - 10), 0.0, 8.0)
        for d in range(5, 0, -1)
        for k in range(-10, 31)
    ]
    assert habit(fixes(*rows), days=5).there == 5
    beside = fixes(*((t, x, 400.0, a) for t, x, _, a in rows))
    assert habit(beside, days=5).there == 0


def test_a_mast_fix_over_the_place_does_not_show_him_there() -> None:
    assert habit(fixes(*days_of(0.0, range(1, 6), accuracy_m=1600.0)), days=5).there == 0


def test_duplicates_and_order_change_nothing() -> None:
    block = fixes(*days_of(0.0, range(3, 0, -1)), *days_of(500.0, range(6, 3, -1)))
    assert habit(np.concatenate([block[::-1], block])) == habit(block)
