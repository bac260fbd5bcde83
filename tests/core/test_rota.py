"""Who is on call: at the edges of shifts, on clock-change nights, on holidays, and in gaps."""

from datetime import date, datetime, time, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagwatch.core.holidays import HolidaySettings
from tagwatch.core.ids import ContactId, OverrideId, ShiftId
from tagwatch.core.rota import (
    HolidayRule,
    Override,
    Rota,
    Shift,
    cover_at,
    gaps,
    hours_of,
    next_change,
)
from tagwatch.core.timetable import CurfewRow, Edge, Weekday, from_london
from tagwatch.core.units import DAY, HOUR, MINUTE, Instant

A, B = ContactId("a"), ContactId("b")
ALL = (A, B)
LONG_AGO = Instant(0)


def at(text: str) -> Instant:
    return from_london(datetime.fromisoformat(text), Edge.FROM)


def row(day: str, start: str, until: str, clock: str) -> CurfewRow:
    return CurfewRow(
        from_day=Weekday(day),
        from_time=time.fromisoformat(start),
        until_day=Weekday(until),
        until_time=time.fromisoformat(clock),
    )


def every_day(start: str, end: str) -> tuple[CurfewRow, ...]:
    days = list(Weekday)
    over = time.fromisoformat(end) <= time.fromisoformat(start)
    return tuple(row(d, start, days[(n + over) % 7], end) for n, d in enumerate(days))


def shift(contact: ContactId, rows: tuple[CurfewRow, ...], **more: object) -> Shift:
    plain = Shift(
        shift_id=ShiftId(f"s_{contact}"), contact_id=contact, rows=rows, valid_from=LONG_AGO
    )
    return msgspec.structs.replace(plain, **more)


def stands_in(contact: ContactId, start: str, end: str, instead_of: ContactId | None) -> Override:
    return Override(
        override_id=OverrideId("o"),
        contact_id=contact,
        instead_of=instead_of,
        start=at(start),
        end=at(end),
    )


DAY_AND_NIGHT = Rota(
    shifts=(shift(A, every_day("07:00", "19:00")), shift(B, every_day("19:00", "07:00")))
)


def on(rota: Rota, text: str) -> tuple[ContactId, ...]:
    found = cover_at(rota, ALL, at(text))
    assert found.gap_since is None
    return found.contacts


@pytest.mark.parametrize(
    ("text", "who"),
    [
        ("2026-11-25T18:59:59", (A,)),
        ("2026-11-25T19:00", (B,)),
        ("2026-11-26T06:59:59", (B,)),
        ("2026-11-26T07:00", (A,)),
    ],
)
def test_a_shift_begins_with_its_first_instant_and_ends_before_its_last(text, who) -> None:
    assert on(DAY_AND_NIGHT, text) == who


def test_contacts_without_shifts_are_always_on_call() -> None:
    assert on(Rota(), "2026-11-25T03:00") == ALL
    assert on(Rota(shifts=(shift(A, every_day("07:00", "19:00")),)), "2026-11-25T12:00") == ALL


def test_the_night_the_clocks_go_forward_has_no_gap() -> None:
    rota = Rota(
        shifts=(shift(A, every_day("09:00", "01:30")), shift(B, every_day("01:30", "09:00")))
    )
    start, end = at("2027-03-27T12:00"), at("2027-03-28T12:00")
    assert gaps(rota, ALL, start, end) == []
    changes = at("2027-03-28T02:00")  # 01:00 UTC: 01:30 does not exist that night
    assert cover_at(rota, ALL, Instant(changes - 1)).contacts == (A,)
    assert cover_at(rota, ALL, changes).contacts == (B,)


def test_the_night_the_clocks_go_back_two_hand_over_with_an_hour_together() -> None:
    rota = Rota(
        shifts=(shift(A, every_day("09:00", "01:30")), shift(B, every_day("01:30", "09:00")))
    )
    first = at("2026-10-25T01:30")
    assert gaps(rota, ALL, at("2026-10-24T12:00"), at("2026-10-25T12:00")) == []
    assert cover_at(rota, ALL, Instant(first - 1)).contacts == (A,)
    assert cover_at(rota, ALL, first).contacts == ALL
    assert cover_at(rota, ALL, Instant(first + HOUR - 1)).contacts == ALL
    assert cover_at(rota, ALL, Instant(first + HOUR)).contacts == (B,)


def test_a_night_shift_is_as_long_as_the_night() -> None:
    for day, hours in (("2026-10-24", 13), ("2027-03-27", 11), ("2026-11-24", 12)):
        start = at(f"{day}T19:00")
        (span,) = hours_of(DAY_AND_NIGHT, B, start, Instant(start + 13 * HOUR))
        assert span == (start, Instant(start + hours * HOUR))


def test_an_override_stands_in_for_its_hours_and_not_one_instant_longer() -> None:
    cover = stands_in(B, "2026-11-25T10:00", "2026-11-25T12:00", A)
    rota = msgspec.structs.replace(DAY_AND_NIGHT, overrides=(cover,))
    assert on(rota, "2026-11-25T09:59:59") == (A,)
    assert on(rota, "2026-11-25T10:00") == (B,)
    assert on(rota, "2026-11-25T11:59:59") == (B,)
    assert on(rota, "2026-11-25T12:00") == (A,)
    joins = msgspec.structs.replace(cover, instead_of=None)
    assert on(msgspec.structs.replace(rota, overrides=(joins,)), "2026-11-25T11:00") == ALL


def test_who_has_no_shift_can_stand_in_for_one_who_has() -> None:
    rota = Rota(
        shifts=(shift(A, every_day("07:00", "19:00")),),
        overrides=(stands_in(B, "2026-11-25T20:00", "2026-11-25T21:00", None),),
    )
    assert cover_at(rota, ALL, at("2026-11-25T20:30")).gap_since is None
    assert cover_at(rota, ALL, at("2026-11-25T21:00")).gap_since == at("2026-11-25T21:00")


@pytest.mark.parametrize(
    ("rule", "holiday", "working_day"),
    [
        (HolidayRule.AS_USUAL, True, True),
        (HolidayRule.NOT_ON, False, True),
        (HolidayRule.ONLY, True, False),
    ],
)
def test_a_bank_holiday_is_the_day_on_which_a_shift_starts(rule, holiday, working_day) -> None:
    night = shift(A, every_day("19:00", "07:00"), holidays=rule)
    rota = Rota(shifts=(night,), holidays=HolidaySettings().days)
    for text, expected in (
        ("2026-12-25T20:00", holiday),
        ("2026-12-26T03:00", holiday),
        ("2026-12-24T20:00", working_day),
        ("2026-12-25T03:00", working_day),
    ):
        assert bool(hours_of(rota, A, at(text), Instant(at(text) + 1))) is expected, text


def test_a_gap_names_everybody_and_says_since_when() -> None:
    rota = Rota(shifts=(shift(A, every_day("07:00", "19:00")),))
    found = cover_at(rota, (A,), at("2026-11-25T19:00"))
    assert (found.contacts, found.gap_since) == ((A,), at("2026-11-25T19:00"))
    assert cover_at(rota, (A,), at("2026-11-25T18:59:59")).gap_since is None
    assert cover_at(rota, (A,), at("2026-11-26T06:59:59")).gap_since == at("2026-11-25T19:00")


def test_one_who_is_always_on_call_does_not_hide_that_nobody_is_on_shift() -> None:
    rota = Rota(shifts=(shift(A, every_day("07:00", "19:00")),))
    found = cover_at(rota, ALL, at("2026-11-25T22:00"))
    assert (found.contacts, found.gap_since) == (ALL, at("2026-11-25T19:00"))


def test_a_shift_that_has_run_out_leaves_a_gap_and_no_always() -> None:
    over = shift(A, every_day("00:00", "00:00"), valid_until=at("2026-11-20T00:00"))
    rota = Rota(shifts=(over,))
    assert cover_at(rota, (A,), at("2026-11-25T00:00")).gap_since == at("2026-11-20T00:00")
    assert cover_at(rota, (A,), at("2027-11-25T00:00")).gap_since == 0


def test_nobody_at_all_is_no_gap_of_a_rota() -> None:
    assert cover_at(Rota(), (), at("2026-11-25T00:00")).gap_since is None


def test_the_next_change_is_the_next_edge_of_anybody() -> None:
    now = at("2026-11-25T12:00")
    until = Instant(now + 8 * DAY)
    assert next_change(DAY_AND_NIGHT, ALL, now, until) == at("2026-11-25T19:00")
    assert next_change(Rota(), ALL, now, until) == until


@given(st.integers(0, 3 * 365 * 24 * 60), st.sampled_from(list(HolidayRule)))
def test_cover_and_gaps_agree_at_every_minute(minute: int, rule: HolidayRule) -> None:
    now = Instant(at("2026-01-01T00:00") + minute * MINUTE)
    rota = Rota(
        shifts=(
            shift(A, every_day("08:00", "17:30"), holidays=rule),
            shift(B, (row("Fr", "17:30", "Mo", "08:00"),)),
        ),
        holidays=HolidaySettings().days,
    )
    found = cover_at(rota, ALL, now)
    empty = gaps(rota, ALL, now, Instant(now + 1))
    assert bool(empty) is (found.gap_since is not None)
    assert found.contacts


def easter(year: int) -> date:
    """Easter Sunday by the anonymous Gregorian algorithm."""
    a, b, c = year % 19, year // 100, year % 100
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    el = (32 + 2 * e + 2 * i - h - k) % 7
    m = (a + 11 * h + 22 * el) // 451
    month, day = divmod(h + el - 7 * m + 114, 31)
    return date(year, month, day + 1)


@pytest.mark.parametrize("year", [2026, 2027, 2028])
def test_the_list_of_bank_holidays_follows_the_statute(year: int) -> None:
    def monday(day: date) -> date:
        return day + timedelta(days=-day.weekday() % 7)

    new_year = date(year, 1, 1)
    christmas = date(year, 12, 25)
    expected = {
        monday(new_year) if new_year.weekday() >= 5 else new_year,
        easter(year) - timedelta(days=2),
        easter(year) + timedelta(days=1),
        monday(date(year, 5, 1)),
        date(year, 5, 31) - timedelta(days=date(year, 5, 31).weekday()),
        date(year, 8, 31) - timedelta(days=date(year, 8, 31).weekday()),
    }
    free = christmas
    for _ in range(2):  # Christmas and Boxing Day, or the next working days
        while free.weekday() >= 5:
            free += timedelta(days=1)
        expected.add(free)
        free += timedelta(days=1)
    assert {day for day in HolidaySettings().days if day.year == year} == expected


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match="must end after it starts"):
        stands_in(A, "2026-11-25T10:00", "2026-11-25T10:00", None)
    with pytest.raises(ValueError, match="each day once"):
        HolidaySettings(days=(date(2026, 1, 2), date(2026, 1, 1)))
