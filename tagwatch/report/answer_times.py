"""How long answers to enquiries took, by organisation and month, with nobody recognisable.

A count of one to four is not shown, nor one from which it could be worked out; a median is of
five settled enquiries or more, a 90th percentile and a share of ten or more, with Wilson's bounds.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Final

import msgspec

from tagwatch.core.timetable import london
from tagwatch.core.units import SECOND, Instant
from tagwatch.core.wilson import wilson
from tagwatch.report.programme_sheet import ALL, FEWEST, SHARE_FROM, Count, Share, withheld

MONTHS_MOST: Final = 24


class TimedEnquiry(msgspec.Struct, frozen=True, kw_only=True):
    """One enquiry, as answer times count it."""

    organisation: str
    received_at: Instant
    due_at: Instant
    settled_at: Instant | None
    """None: it waits."""
    state: str


class TimesRow(msgspec.Struct, frozen=True, kw_only=True):
    """Enquiries of one organisation, of one month, or of one in the other."""

    name: str
    received: Count
    settled: Count = None
    """None: withheld."""
    median_s: int | None = None
    """Half of the settled ones were settled within this; None: too few, or withheld."""
    ninety_s: int | None = None
    """Nine of ten were."""
    in_time: Share | None = None
    """Of the enquiries that were settled or are late."""


class OrganisationTimes(msgspec.Struct, frozen=True, kw_only=True):
    """One organisation, with its months."""

    total: TimesRow
    months: tuple[TimesRow, ...]


class AnswerTimes(msgspec.Struct, frozen=True, kw_only=True):
    """The whole; months are of London, as 2026-11."""

    organisations: tuple[OrganisationTimes, ...]
    """The last is all of them."""


def answer_times(found: Sequence[TimedEnquiry], now: Instant) -> AnswerTimes:
    """Return the answer times of these enquiries, the last MONTHS_MOST months of them."""
    months = sorted({_month(each) for each in found})[-MONTHS_MOST:]
    kept = [each for each in found if _month(each) in months]
    spelled = _spelled(kept)
    names = sorted(set(spelled.values()), key=str.casefold)
    cells = {
        (name, month): [
            each
            for each in kept
            if name in (ALL, spelled[_plain(each.organisation)]) and month in (ALL, _month(each))
        ]
        for name in (*names, ALL)
        for month in (*months, ALL)
    }
    table = [[len(cells[name, month]) for month in (*months, ALL)] for name in (*names, ALL)]
    shown = withheld(table)
    return AnswerTimes(
        organisations=tuple(
            OrganisationTimes(
                total=_row(name, cells[name, ALL], counts[-1], now),
                months=tuple(
                    _row(month, cells[name, month], count, now)
                    for month, count in zip(months, counts, strict=False)
                    if count != 0
                ),
            )
            for name, counts in zip((*names, ALL), shown, strict=True)
        )
    )


def _row(name: str, group: Sequence[TimedEnquiry], received: Count, now: Instant) -> TimesRow:
    if received is None:
        return TimesRow(name=name, received=None)
    spans = sorted(
        (each.settled_at - each.received_at) // SECOND
        for each in group
        if each.settled_at is not None
    )
    open_ones = len(group) - len(spans)
    # Where few still wait, or few are settled, the other count would tell how many.
    tells = all(count == 0 or count >= FEWEST for count in (len(spans), open_ones))
    judged = [each for each in group if each.settled_at is not None or each.due_at <= now]
    kept = sum(each.settled_at is not None and each.settled_at <= each.due_at for each in judged)
    return TimesRow(
        name=name,
        received=received,
        settled=len(spans) if tells else None,
        median_s=_quantile(spans, 0.5) if len(spans) >= FEWEST else None,
        ninety_s=_quantile(spans, 0.9) if len(spans) >= SHARE_FROM else None,
        in_time=_share(kept, len(judged)) if len(judged) >= SHARE_FROM else None,
    )


def _quantile(spans: Sequence[int], share: float) -> int:
    """Return the smallest span within which at least this share of them lies."""
    within = next(at for at in range(1, len(spans) + 1) if at >= share * len(spans))
    return spans[within - 1]


def _share(hits: int, trials: int) -> Share:
    low, high = wilson(hits, trials)
    return Share(value=hits / trials, low=low, high=high)


def _month(each: TimedEnquiry) -> str:
    return f"{london(each.received_at):%Y-%m}"


def _plain(name: str) -> str:
    return " ".join(name.casefold().split())


def _spelled(found: Sequence[TimedEnquiry]) -> dict[str, str]:
    """Return, by name in small letters, the spelling that was used most."""
    counted: dict[str, Counter[str]] = {}
    for each in found:
        counted.setdefault(_plain(each.organisation), Counter())[each.organisation] += 1
    return {
        plain: max(sorted(spellings), key=lambda one: spellings[one])
        for plain, spellings in counted.items()
    }
