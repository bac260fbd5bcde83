"""Figures of data requests: medians, shares and outcomes, and nobody recognisable."""

import msgspec

from tagwatch.core.units import HOUR, Instant
from tagwatch.report.request_times import OUTCOMES, TimedRequest, request_times

NOW = Instant(1_000 * HOUR)


def one(number: int, kind: str = "police", outcome: str = "released") -> TimedRequest:
    return TimedRequest(
        kind=kind,
        agency=kind,
        urgency="routine",
        asked_at=Instant(0),
        due_at=Instant(10 * HOUR),
        settled_at=None if outcome == "open" else Instant(number * HOUR),
        outcome=outcome,
        refusal="too_wide" if outcome == "refused" else "",
    )


def test_figures_of_many() -> None:
    found = [one(n) for n in range(1, 13)] + [one(n, outcome="refused") for n in range(1, 9)]
    (police, every) = request_times(found, NOW).by_kind
    assert police.outcomes == every.outcomes == (12, 8, 0, 0, 0)
    assert (every.asked, every.median_s, every.ninety_s) == (20, 5 * 3600, 10 * 3600)
    assert every.in_time is not None
    assert every.in_time.value == 18 / 20
    assert request_times(found, NOW).refusals == (("too_wide", 8), ("all", 8))


def test_small_counts_tell_of_nobody() -> None:
    found = [one(n) for n in range(1, 13)] + [one(1, "court", "refused")] * 3
    court, police, every = request_times(found, NOW).by_kind
    assert (court.asked, court.median_s) == (None, None)
    assert police.asked is None, "it would give the other away"
    assert every.asked == 15
    assert request_times(found, NOW).refusals[0] == ("too_wide", None)
    assert len(every.outcomes) == len(OUTCOMES)


def test_a_request_about_several_people_is_one() -> None:
    found = [msgspec.structs.replace(one(n), request=f"r{min(n, 6)}") for n in range(1, 13)]
    (police, every) = request_times(found, NOW).by_kind
    assert (every.requests, every.asked) == (police.requests, police.asked) == (6, 12)


def test_no_request_gives_no_figure() -> None:
    (every,) = request_times([], NOW).by_agency
    assert (every.asked, every.median_s, every.in_time) == (0, None, None)
    assert request_times([], NOW).refusals == (("all", 0),)
