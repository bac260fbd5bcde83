"""Days unlike a wearer's own weeks: how much likelier of a tag that lies where it was left, or that
somebody else wears, than of him as in his other weeks.

Both are likelihoods of a day in quarters. They leave out how likely anybody is to leave a tag, and
that he may be ill: other reasons stand beside each day. docs/stalking.md has the numbers.
"""

from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from typing import Final

import msgspec

from tagwatch.core.own_days import OwnDay, Quarter
from tagwatch.core.units import Instant
from tagwatch.core.wilson import wilson

LIES: Final = 0.98
"""P(still) of a quarter in which a tag lies where it was left. Our choice."""
ANOTHER: Final = {Quarter.STRANGE: 0.8, Quarter.OUT: 0.15, Quarter.STILL: 0.05}
"""How another spends a quarter, by this wearer's places. Our choice."""
MOST: Final = 1_000.0
"""No ratio is stated beyond, or below one over it."""
UNLIKE: Final = 10.0
"""From this ratio a day is called unlike his own."""
LEAST_DAYS: Final = 5
"""With fewer other days of its kind nothing is said of a day."""
LEAST_QUARTERS: Final = 3
"""With fewer quarters seen nothing is said of a day."""
APART: Final = 3
"""Days nearer than this may have the same reason."""
BEFORE_DAYS: Final = 28
AFTER_DAYS: Final = 14


class Likeness(StrEnum):
    """How a day compares with his own weeks. No verdict."""

    LIKE = "like his own weeks"
    STILL = "unlike his own weeks: still where he usually moves"
    ELSEWHERE = "unlike his own weeks: at places that are not his"
    ON_RECORD = "unlike his own weeks, and a reason is on record"
    CANNOT_SAY = "cannot say"


class OtherReason(StrEnum):
    """What else makes such a day, whether or not anything speaks for it."""

    STATE = "a state or absence on record"
    CHARGING = "the tag was on its charger"
    HOLIDAY = "a bank holiday"
    UNSEEN = "part of the day was not seen"
    ILL = "illness, visitors or leave: no data can tell"


class Reason(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One other reason, and what is known of it."""

    reason: OtherReason
    words: str


class UnlikeDay(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One day of the period against his other weeks."""

    day: date
    likeness: Likeness
    quarters: tuple[Quarter, ...]
    rates: tuple[tuple[int, int], ...]
    """For each quarter, on how many of his other days of this kind it was spent so, and of how
    many seen."""
    lies: float | None
    """How much likelier of a tag that lay still for some of the day; None: cannot say."""
    another: float | None
    """How much likelier of a tag that another wore."""
    observed_share: float
    fixes: int
    moving: int
    at_own: int
    """Fixes at his own places in which the tag says that it moves, and that say either. A worn
    tag moves at home too."""
    reasons: tuple[Reason, ...]


class AfterChange(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """His nights before and after a tag was changed or off him."""

    at: Instant
    what: str
    before: tuple[int, int]
    """Nights at his home as it was before, of those seen, in four weeks before."""
    before_bounds: tuple[float, float]
    after: tuple[int, int]
    """In two weeks after, or until the next change."""
    after_bounds: tuple[float, float]
    strange: tuple[int, int]
    """Quarters after it at places that were not his before, of those seen."""
    is_unlike: bool
    """The bounds of nights at home lie apart."""


def unlike_days(
    days: Sequence[OwnDay],
    period: tuple[date, date],
    reasons: dict[date, tuple[Reason, ...]],
) -> tuple[UnlikeDay, ...]:
    """Return the days of [first, last) of the period, each against his days of its kind before the
    period; where too few of these were seen, against the others of the period."""
    before = [each for each in days if each.day < period[0]]
    return tuple(
        _judged(each, before, days, reasons.get(each.day, ()))
        for each in days
        if period[0] <= each.day < period[1]
    )


def _others(one: OwnDay, before: Sequence[OwnDay], days: Sequence[OwnDay]) -> list[OwnDay]:
    """Return the days that one is held against. Days of the same weeks are the last resort: what
    is done on many of them would hide itself."""
    kind = [each for each in before if each.is_weekend == one.is_weekend]
    seen = [each for each in kind if Quarter.UNSEEN not in each.quarters]
    if len(seen) >= LEAST_DAYS:
        return kind
    return [
        each
        for each in days
        if abs((each.day - one.day).days) > APART and each.is_weekend == one.is_weekend
    ]


def _judged(
    one: OwnDay,
    before: Sequence[OwnDay],
    days: Sequence[OwnDay],
    reasons: tuple[Reason, ...],
) -> UnlikeDay:
    others = _others(one, before, days)
    rates = tuple(_rate(others, k, one.quarters[k]) for k in range(4))
    seen = [k for k in range(4) if one.quarters[k] is not Quarter.UNSEEN]
    known = len(seen) >= LEAST_QUARTERS and all(rates[k][1] >= LEAST_DAYS for k in seen)
    lies = another = None
    likeness = Likeness.CANNOT_SAY
    if known:
        lies = _bounded(_lies(one, others))
        another = _bounded(_another(one, others))
        likeness = Likeness.LIKE
        if max(lies, another) >= UNLIKE:
            likeness = Likeness.STILL if lies >= another else Likeness.ELSEWHERE
            if any(each.reason is OtherReason.STATE for each in reasons):
                likeness = Likeness.ON_RECORD
    return UnlikeDay(
        day=one.day,
        likeness=likeness,
        quarters=one.quarters,
        rates=rates,
        lies=lies,
        another=another,
        observed_share=one.observed_share,
        fixes=one.fixes,
        moving=one.moving,
        at_own=one.at_own,
        reasons=reasons,
    )


def _bounded(ratio: float) -> float:
    return round(min(MOST, max(1.0 / MOST, ratio)), 3)


def _rate(others: Sequence[OwnDay], k: int, state: Quarter) -> tuple[int, int]:
    seen = [each for each in others if each.quarters[k] is not Quarter.UNSEEN]
    return sum(each.quarters[k] is state for each in seen), len(seen)


def _own(one: OwnDay, others: Sequence[OwnDay], k: int) -> float:
    """Return the chance of quarter k by his other days: after the same quarter before it, if that
    was seen, since a day indoors is seldom one quarter of a day."""
    state = one.quarters[k]
    count, seen = _rate(others, k, state)
    own = (count + 0.5) / (seen + 1.5)
    if k == 0 or one.quarters[k - 1] is not state:
        return own
    alike = [each for each in others if each.quarters[k - 1] is state]
    again, of = _rate(alike, k, state)
    return (again + 2.0 * max(own, 0.5)) / (of + 2.0)


def _lies(one: OwnDay, others: Sequence[OwnDay]) -> float:
    """Return the mean ratio over every run of quarters for which the tag may have lain still."""
    each = [
        1.0
        if one.quarters[k] is Quarter.UNSEEN
        else (LIES if one.quarters[k] is Quarter.STILL else (1.0 - LIES) / 2.0)
        / _own(one, others, k)
        for k in range(4)
    ]
    runs: list[float] = []
    for first in range(4):
        product = 1.0
        for last in range(first, 4):
            product *= each[last]
            runs.append(product)
    return sum(runs) / len(runs)


def _another(one: OwnDay, others: Sequence[OwnDay]) -> float:
    """Return the ratio for the whole day on somebody else."""
    product, before = 1.0, Quarter.UNSEEN
    for k in range(4):
        state = one.quarters[k]
        if state is Quarter.UNSEEN:
            continue
        same = state is before
        theirs = max(ANOTHER[state], 0.9) if same and state is not Quarter.STILL else ANOTHER[state]
        product *= theirs / _own(one, others, k)
        before = state
    return product


def after_change(
    before: Sequence[OwnDay], at: Instant, on: date, what: str, until: date
) -> AfterChange | None:
    """Return his nights before and after a change on a date, in days made with his home as it was
    before; None where no night was seen on one of the sides."""
    earlier = [d for d in before if 0 < (on - d.day).days <= BEFORE_DAYS]
    later = [d for d in before if 0 < (d.day - on).days <= AFTER_DAYS and d.day < until]
    was, then = _nights(earlier), _nights(later)
    if not was[1] or not then[1]:
        return None
    seen = [q for each in later for q in each.quarters if q is not Quarter.UNSEEN]
    bounds = wilson(*was), wilson(*then)
    return AfterChange(
        at=at,
        what=what,
        before=was,
        before_bounds=(round(bounds[0][0], 3), round(bounds[0][1], 3)),
        after=then,
        after_bounds=(round(bounds[1][0], 3), round(bounds[1][1], 3)),
        strange=(sum(q is Quarter.STRANGE for q in seen), len(seen)),
        is_unlike=bounds[1][1] < bounds[0][0],
    )


def _nights(days: Sequence[OwnDay]) -> tuple[int, int]:
    seen = [each for each in days if each.quarters[0] is not Quarter.UNSEEN]
    return sum(each.at_home[0] for each in seen), len(seen)
