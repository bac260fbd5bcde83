"""The programme in figures: what became of orders, with honest bounds, and nobody recognisable.

A count of one to four persons is not shown, and where it could be worked out from what stands
beside it in a row or column, a second one is withheld too (primary and secondary suppression, as
official statistics do). A share is shown of ten orders or more, with Wilson's 95 % bounds.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Final

import msgspec

from tagwatch.core.ending import LocationBearing, OrderOutcome
from tagwatch.core.ids import WearerId
from tagwatch.core.order import Programme
from tagwatch.core.outcome import Finding
from tagwatch.core.wilson import wilson

FEWEST: Final = 5
"""Smaller counts are not shown, nought apart."""
SHARE_FROM: Final = 10
"""A share of fewer ended orders is not shown."""
ALL: Final = "all"
OUTCOMES: Final = ("completed", "recalled", "ended_otherwise", "running")
BEARINGS: Final = tuple(LocationBearing)
FINDINGS: Final = (
    Finding.CONFIRMED.value,
    Finding.POSSIBLE.value,
    Finding.UNDETERMINED.value,
    Finding.WITHDRAWN.value,
    "no_finding",
)
Count = int | None
"""None: withheld."""


class OrderFate(msgspec.Struct, frozen=True, kw_only=True):
    """One order, as the sheet counts it."""

    wearer_id: WearerId
    programme: Programme
    borough: str
    outcome: OrderOutcome | None = None
    """None: it runs."""
    bearing: LocationBearing | None = None
    finding: Finding | None = None


class Share(msgspec.Struct, frozen=True, kw_only=True):
    """A share with its 95 % bounds (Wilson)."""

    value: float
    low: float
    high: float


class SheetRow(msgspec.Struct, frozen=True, kw_only=True):
    """Orders of one programme or borough, by what became of them."""

    name: str
    uses: Count
    """Orders that started."""
    people: Count
    outcomes: tuple[Count, ...]
    """In the order of OUTCOMES; they add up to `uses`."""
    completed: Share | None
    """Of the orders that were completed or recalled; None: too few, or withheld."""
    recalled: Share | None


class RecallRow(msgspec.Struct, frozen=True, kw_only=True):
    """Recalls of one programme, by a property; the counts add up to `recalls`."""

    name: str
    recalls: Count
    counts: tuple[Count, ...]


class ProgrammeSheet(msgspec.Struct, frozen=True, kw_only=True):
    """The whole sheet; in each table the last row is of all."""

    by_programme: tuple[SheetRow, ...]
    by_borough: tuple[SheetRow, ...]
    by_bearing: tuple[RecallRow, ...]
    """Recalls by BEARINGS."""
    by_finding: tuple[RecallRow, ...]
    """Recalls by FINDINGS."""


def programme_sheet(fates: Sequence[OrderFate]) -> ProgrammeSheet:
    """Return the sheet of these orders."""
    recalls = [fate for fate in fates if fate.outcome is OrderOutcome.RECALLED]
    programmes = [p.value for p in Programme if any(fate.programme is p for fate in fates)]
    boroughs = sorted({fate.borough for fate in fates})
    return ProgrammeSheet(
        by_programme=_table(fates, programmes, lambda fate: fate.programme.value),
        by_borough=_table(fates, boroughs, lambda fate: fate.borough),
        by_bearing=_recalls(recalls, programmes, BEARINGS, _bearing),
        by_finding=_recalls(recalls, programmes, FINDINGS, _finding),
    )


def withheld(table: Sequence[Sequence[int]]) -> list[list[Count]]:
    """Return counts, rows and columns of which add up to their last ones, without those that
    would tell of fewer than FEWEST persons, and without what would give one of those away."""
    shown: list[list[Count]] = [
        [None if 0 < value < FEWEST else value for value in row] for row in table
    ]
    lines = [[(r, c) for c in range(len(row))] for r, row in enumerate(table)]
    lines += [[(r, c) for r in range(len(table))] for c in range(len(table[0]))] if table else []
    changed = True
    while changed:
        changed = False
        for line in lines:
            if sum(shown[r][c] is None for r, c in line) != 1:
                continue
            left = [(table[r][c], r, c) for r, c in line if shown[r][c]]
            if left:
                _, r, c = min(left)
                shown[r][c] = None
                changed = True
    return shown


def _table(
    fates: Sequence[OrderFate], names: Sequence[str], name_of: Callable[[OrderFate], str]
) -> tuple[SheetRow, ...]:
    groups = [[fate for fate in fates if name_of(fate) == name] for name in names]
    groups.append(list(fates))
    counts = withheld([_with_total(_outcomes(group)) for group in groups])
    return tuple(
        _row(name, group, shown)
        for name, group, shown in zip([*names, ALL], groups, counts, strict=True)
    )


def _row(name: str, group: Sequence[OrderFate], shown: Sequence[Count]) -> SheetRow:
    people = len({fate.wearer_id for fate in group})
    completed, recalled = shown[0], shown[1]
    return SheetRow(
        name=name,
        uses=shown[-1],
        people=people if people >= FEWEST and shown[-1] is not None else None,
        outcomes=tuple(shown[:-1]),
        completed=_share(completed, recalled),
        recalled=_share(recalled, completed),
    )


def _share(hits: Count, others: Count) -> Share | None:
    if hits is None or others is None or hits + others < SHARE_FROM:
        return None
    low, high = wilson(hits, hits + others)
    return Share(value=hits / (hits + others), low=low, high=high)


def _recalls(
    recalls: Sequence[OrderFate],
    programmes: Sequence[str],
    kinds: Sequence[str],
    kind_of: Callable[[OrderFate], str],
) -> tuple[RecallRow, ...]:
    groups = [[fate for fate in recalls if fate.programme.value == name] for name in programmes]
    groups.append(list(recalls))
    table = [
        _with_total([sum(kind_of(fate) == kind for fate in group) for kind in kinds])
        for group in groups
    ]
    return tuple(
        RecallRow(name=name, recalls=shown[-1], counts=tuple(shown[:-1]))
        for name, shown in zip([*programmes, ALL], withheld(table), strict=True)
    )


def _outcomes(group: Iterable[OrderFate]) -> list[int]:
    found = [fate.outcome for fate in group]
    completed, recalled = found.count(OrderOutcome.COMPLETED), found.count(OrderOutcome.RECALLED)
    running = found.count(None)
    return [completed, recalled, len(found) - completed - recalled - running, running]


def _with_total(counts: list[int]) -> list[int]:
    return [*counts, sum(counts)]


def _bearing(fate: OrderFate) -> str:
    return (fate.bearing or LocationBearing.NOT_USED).value


def _finding(fate: OrderFate) -> str:
    return "no_finding" if fate.finding is None else fate.finding.value
