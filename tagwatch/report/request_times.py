"""How long data requests took, and what became of them, with nobody recognisable.

By kind, by agency and by urgency. A count of one to four is not shown, nor one from which it could
be worked out; a median is of five settled ones or more, a 90th percentile and a share of ten.
"""

from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from tagwatch.core.units import SECOND, Instant
from tagwatch.core.wilson import wilson
from tagwatch.report.programme_sheet import ALL, FEWEST, SHARE_FROM, Count, Share, withheld

OUTCOMES: Final = ("released", "refused", "withdrawn", "expired", "open")


class TimedRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked about one person, as the figures count it."""

    kind: str
    agency: str
    urgency: str
    asked_at: Instant
    due_at: Instant
    settled_at: Instant | None
    outcome: str
    """Of OUTCOMES."""
    refusal: str
    """Why it was refused; empty: it was not."""
    request: str = ""
    """The request it is a part of: of one about several people there are several."""


class RequestTimesRow(msgspec.Struct, frozen=True, kw_only=True):
    """Requests of one kind, agency or urgency."""

    name: str
    asked: Count
    """About how many people, each time one was asked about."""
    outcomes: tuple[Count, ...]
    """In the order of OUTCOMES; they add up to `asked`."""
    median_s: int | None = None
    """Half of the settled ones were settled within this; None: too few."""
    ninety_s: int | None = None
    in_time: Share | None = None
    """Of those that were settled, or are late."""
    requests: Count = None
    """How many requests that was: one about several people is one."""


class RequestTimes(msgspec.Struct, frozen=True, kw_only=True):
    """The whole; in each table the last row is of all."""

    by_kind: tuple[RequestTimesRow, ...]
    by_agency: tuple[RequestTimesRow, ...]
    by_urgency: tuple[RequestTimesRow, ...]
    refusals: tuple[tuple[str, Count], ...]
    """By reason; the last is of all."""


def request_times(found: Sequence[TimedRequest], now: Instant) -> RequestTimes:
    """Return the figures of these requests."""
    return RequestTimes(
        by_kind=_table(found, lambda one: one.kind, now),
        by_agency=_table(found, lambda one: one.agency, now),
        by_urgency=_table(found, lambda one: one.urgency, now),
        refusals=_refusals(found),
    )


def _table(
    found: Sequence[TimedRequest], name_of: Callable[[TimedRequest], str], now: Instant
) -> tuple[RequestTimesRow, ...]:
    groups = {
        name: [one for one in found if name_of(one) == name]
        for name in sorted({name_of(one) for one in found})
    }
    groups[ALL] = list(found)
    table = [
        [*(sum(one.outcome == each for one in group) for each in OUTCOMES), len(group)]
        for group in groups.values()
    ]
    shown = withheld(table)
    (requests,) = withheld([[_requests(group) for group in groups.values()]])
    return tuple(
        _row(name, group, [count, *counts], now)
        for (name, group), count, counts in zip(groups.items(), requests, shown, strict=True)
    )


def _row(
    name: str, group: Sequence[TimedRequest], counts: Sequence[Count], now: Instant
) -> RequestTimesRow:
    requests, *outcomes, asked = counts
    if asked is None:
        return RequestTimesRow(name=name, asked=None, outcomes=(None,) * len(OUTCOMES))
    spans = sorted(
        (one.settled_at - one.asked_at) // SECOND for one in group if one.settled_at is not None
    )
    judged = [one for one in group if one.settled_at is not None or one.due_at <= now]
    hits = sum(one.settled_at is not None and one.settled_at <= one.due_at for one in judged)
    return RequestTimesRow(
        name=name,
        asked=asked,
        outcomes=tuple(outcomes),
        median_s=_quantile(spans, 0.5) if len(spans) >= FEWEST else None,
        ninety_s=_quantile(spans, 0.9) if len(spans) >= SHARE_FROM else None,
        in_time=_share(hits, len(judged)) if len(judged) >= SHARE_FROM else None,
        requests=requests,
    )


def _requests(group: Sequence[TimedRequest]) -> int:
    return len({one.request or index for index, one in enumerate(group)})


def _refusals(found: Sequence[TimedRequest]) -> tuple[tuple[str, Count], ...]:
    refused = [one.refusal for one in found if one.outcome == "refused"]
    names = sorted(set(refused))
    (counts,) = withheld([[*(refused.count(name) for name in names), len(refused)]])
    return tuple(zip((*names, ALL), counts, strict=True))


def _quantile(spans: Sequence[int], share: float) -> int:
    """Return the smallest span within which at least this share of them lies."""
    within = next(at for at in range(1, len(spans) + 1) if at >= share * len(spans))
    return spans[within - 1]


def _share(hits: int, trials: int) -> Share:
    low, high = wilson(hits, trials)
    return Share(value=hits / trials, low=low, high=high)
