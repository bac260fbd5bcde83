"""What weekly rows come to: an ordinary week, and two weeks with clock changes and holidays."""

from datetime import date

from tagwatch.core.units import parse_iso
from tagwatch.web.form import Problems
from tagwatch.web.week import nights, read_rows, week_of


def row(from_day: str, from_time: str, until_day: str, until_time: str) -> dict[str, str]:
    return {
        "from_day": from_day,
        "from_time": from_time,
        "until_day": until_day,
        "until_time": until_time,
    }


def test_an_ordinary_week_is_cut_at_midnight_and_wraps_round_sunday() -> None:
    rows = [row("Fr", "19:00", "Sa", "07:00"), row("Su", "20:00", "Mo", "06:30")]
    assert dict(week_of(rows)) == {
        "Monday": "00:00 to 06:30",
        "Tuesday": "not at all",
        "Wednesday": "not at all",
        "Thursday": "not at all",
        "Friday": "19:00 to 24:00",
        "Saturday": "00:00 to 07:00",
        "Sunday": "20:00 to 24:00",
    }
    assert week_of([row("Mo", "00:00", "Mo", "00:00")])[0] == ("Monday", "00:00 to 24:00")
    assert week_of([]) == ()
    assert week_of([row("Fr", "late", "Sa", "07:00")]) == ()


def test_bank_holidays_and_clock_changes_are_noted() -> None:
    rows = read_rows(
        [row("Th", "19:00", "Fr", "07:00"), row("Sa", "19:00", "Su", "07:00")], Problems()
    )
    good_friday = frozenset({date(2027, 3, 26)})
    found = nights(rows, None, parse_iso("2027-03-22T12:00:00Z"), good_friday)
    first, second, third, _ = found
    assert first.note == "bank holiday: see whether the order says otherwise"
    assert second.note == "the clocks go forward: one hour less"
    assert second.lasts == "11 h"
    assert third.note == ""
