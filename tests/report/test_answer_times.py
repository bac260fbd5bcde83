"""Answer times: median, nine of ten and share in time; small numbers give nobody away."""

from tagwatch.core.units import MINUTE, Instant, parse_iso
from tagwatch.report.answer_times import AnswerTimes, TimedEnquiry, TimesRow, answer_times

NOW = parse_iso("2026-11-30T12:00:00Z")


def asked(
    organisation: str, month: int, minutes: int | None, due_minutes: int = 60
) -> TimedEnquiry:
    at = parse_iso(f"2026-{month}-10T09:00:00Z")
    return TimedEnquiry(
        organisation=organisation,
        received_at=at,
        due_at=Instant(at + due_minutes * MINUTE),
        settled_at=None if minutes is None else Instant(at + minutes * MINUTE),
        state="waiting" if minutes is None else "answered",
    )


def rows(times: AnswerTimes) -> dict[str, TimesRow]:
    return {one.total.name: one.total for one in times.organisations}


def test_times_are_told_by_organisation_and_month() -> None:
    found = [asked("Met Police", 10, minutes) for minutes in range(10, 110, 10)]
    found += [asked("met  police", 11, 10 * number) for number in range(1, 6)]
    found += [asked("Court", 11, 30) for _ in range(5)]
    times = answer_times(found, NOW)
    met = rows(times)["Met Police"]
    assert (met.received, met.settled) == (15, 15)
    assert (met.median_s, met.ninety_s) == (40 * 60, 90 * 60)
    assert met.in_time is not None
    assert met.in_time.value == 11 / 15
    assert met.in_time.low < 11 / 15 < met.in_time.high
    court = rows(times)["Court"]
    assert (court.median_s, court.ninety_s, court.in_time) == (30 * 60, None, None)
    assert rows(times)["all"].received == 20
    (months,) = [one.months for one in times.organisations if one.total.name == "Met Police"]
    assert [(row.name, row.received) for row in months] == [("2026-10", 10), ("2026-11", 5)]


def test_few_are_withheld_and_what_would_give_them_away() -> None:
    found = [asked("Met Police", 11, 30) for _ in range(9)]
    found += [asked("Court", 11, 30) for _ in range(6)]
    found += [asked("Clinic", 11, 30) for _ in range(2)]
    shown = rows(answer_times(found, NOW))
    assert shown["all"].received == 17
    assert shown["Clinic"].received is None
    assert shown["Court"].received is None, "17 less 9 less 6 would be the clinic's"
    assert shown["Met Police"].received == 9
    assert shown["Court"].median_s is None, "nothing is told of a row that is withheld"


def test_what_waits_is_late_or_in_nothing_yet() -> None:
    found = [asked("Met Police", 11, 30) for _ in range(10)]
    found += [asked("Met Police", 11, None) for _ in range(5)]
    late = rows(answer_times(found, NOW))["Met Police"]
    assert (late.received, late.settled) == (15, 10)
    assert late.in_time is not None
    assert late.in_time.value == 10 / 15
    soon = [asked("Met Police", 11, None, due_minutes=60 * 24 * 365) for _ in range(5)]
    waiting = rows(answer_times([*found[:10], *soon], NOW))["Met Police"]
    assert waiting.in_time is not None
    assert waiting.in_time.value == 1.0
    few = rows(answer_times([*found[:10], *soon[:2]], NOW))["Met Police"]
    assert few.settled is None, "it would tell that two wait"
    assert answer_times([], NOW).organisations[0].total.received == 0
