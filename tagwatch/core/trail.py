"""A wearer's fixes in event order, each content once, whatever the order of arrival."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import repeat
from math import isnan
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tagwatch.core.fix import UNDECIDABLE, FixBlock, joined
from tagwatch.core.ids import ActivationId

_CONTENT: Final = (
    "fixed_at", "lon_deg", "lat_deg", "source", "accuracy_m", "confidence", "hdop", "satellites",
)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class TrailPart:
    """Fixes of one activation, in any order."""

    activation_id: ActivationId
    tag_model: str
    block: FixBlock
    in_order: bool = False
    """Known to stand in event order already: each later than the one before, and all decide."""

    @property
    def rows(self) -> NDArray[np.intp]:
        """The rows in `event_order`."""
        return np.arange(len(self.block)) if self.in_order else event_order(self.block)


def decidable(block: FixBlock) -> NDArray[np.bool_]:
    """Return, shape (n,), which fixes bear no mark that keeps them from deciding."""
    return (block["marks"] & int(UNDECIDABLE)) == 0


def event_order(block: FixBlock) -> NDArray[np.intp]:
    """Return the rows in event order, each content once, undecidable ones left out.

    By time of fix and then by content, so that arrival has no say; of equal rows of one
    activation the one journaled first stands for all.
    """
    decides, times = decidable(block), block["fixed_at"]
    rows = np.flatnonzero(decides)
    if len(rows) < len(block):
        times = times[rows]
    if len(rows) < 2 or bool((times[1:] > times[:-1]).all()):
        return rows
    rows, fresh = _in_order(block, rows)
    return rows[fresh]


def stands_for(block: FixBlock) -> NDArray[np.intp]:
    """Return, shape (n,), the row that stands for each: the one of equal content that
    `event_order` gives. An undecidable row stands for itself."""
    found = np.arange(len(block))
    rows = np.flatnonzero(decidable(block))
    if len(rows):
        rows, fresh = _in_order(block, rows)
        found[rows] = rows[np.maximum.accumulate(np.where(fresh, np.arange(len(rows)), 0))]
    return found


def _in_order(
    block: FixBlock, rows: NDArray[np.intp]
) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """Return the rows in event order, and which of them are not equal to the one before."""
    chosen = block[rows]
    keys = [chosen["index"], chosen["seq"], *(chosen[name] for name in reversed(_CONTENT))]
    rows = rows[np.lexsort(keys)]
    chosen = block[rows]
    same = np.ones(len(rows) - 1, dtype=np.bool_)
    for name in _CONTENT:
        column = chosen[name]
        equal = column[1:] == column[:-1]
        if column.dtype.kind == "f":
            equal |= np.isnan(column[1:]) & np.isnan(column[:-1])
        same &= equal
    return rows, np.concatenate(([True], ~same))


def duplicates(block: FixBlock, known: FixBlock) -> NDArray[np.bool_]:
    """Return, shape (n,), which rows of `block` say only what a row before them or one of `known`
    (of the same activation) says: equal in all that decides."""
    seen = set(_contents(known))
    found = np.zeros(len(block), dtype=np.bool_)
    for k, content in enumerate(_contents(block)):
        found[k] = content in seen
        seen.add(content)
    return found


def _contents(block: FixBlock) -> Iterator[tuple[float | None, ...]]:
    columns: list[list[float]] = [block[name].tolist() for name in _CONTENT]
    for row in zip(*columns, strict=True):
        yield tuple(None if isnan(value) else value for value in row)


def merged(trail: Sequence[TrailPart], after: int) -> list[tuple[int, int, int]]:
    """Return (time, part, row) of every fix later than `after`, in event order, each content
    once."""
    if len(trail) == 1:
        rows = event_order(trail[0].block)
        times = trail[0].block["fixed_at"][rows]
        later = times > after
        rows, times = rows[later].tolist(), times[later].tolist()
        return list(zip(times, repeat(0), rows, strict=False))
    by_tag: dict[ActivationId, list[int]] = {}
    for number, part in enumerate(trail):
        by_tag.setdefault(part.activation_id, []).append(number)
    found: list[tuple[int, str, int, int, int]] = []
    for activation_id in sorted(by_tag):
        numbers = by_tag[activation_id]
        block = joined([trail[number].block for number in numbers])
        sizes = [len(trail[number].block) for number in numbers]
        owner = np.repeat(np.array(numbers), sizes)
        place = np.concatenate([np.arange(size) for size in sizes])
        rows = event_order(block)
        rows = rows[block["fixed_at"][rows] > after]
        times = block["fixed_at"][rows].tolist()
        for k, row in enumerate(rows.tolist()):
            found.append((times[k], activation_id, k, int(owner[row]), int(place[row])))
    found.sort()
    return [(at, number, row) for at, _, _, number, row in found]
