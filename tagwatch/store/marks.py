"""Marks that depend on what arrived before: repeated, late, out of order, clock ahead."""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

import numpy as np

from tagwatch.core.derive import duplicates
from tagwatch.core.fix import FixBlock, Mark
from tagwatch.core.settings import AlertSettings
from tagwatch.core.units import SECOND, Instant

_LATE: Final = np.uint32(int(Mark.LATE))
_CLOCK_AHEAD: Final = np.uint32(int(Mark.CLOCK_AHEAD))
_OUT_OF_ORDER: Final = np.uint32(int(Mark.OUT_OF_ORDER))
_DUPLICATE: Final = np.uint32(int(Mark.DUPLICATE))
_BAD_TIME: Final = np.uint32(int(Mark.BAD_TIME))
NO_CLOCK: Final = np.uint32(int(Mark.BAD_TIME | Mark.CLOCK_AHEAD))
"""Fixes with these marks do not say how far the trail has come."""

Known = Callable[[Instant, Instant], FixBlock]
"""Returns the activation's fixes in [start, end) that arrived before."""


class Rising(NamedTuple):
    """First and last time of unmarked fixes, each later than the one before."""

    first: int
    last: int


def rising(blocks: Sequence[FixBlock]) -> list[Rising | None]:
    """Return the `Rising` of each block, none of them empty; None where it is not so.

    For all blocks at one go: of small ones the calls take longer than the work.
    """
    ends = np.cumsum([len(block) for block in blocks])
    starts = np.concatenate(([0], ends[:-1]))
    times = np.concatenate([block["fixed_at"] for block in blocks])
    marks = np.concatenate([block["marks"] for block in blocks])
    later = np.ones(len(times), dtype=np.bool_)
    later[1:] = times[1:] > times[:-1]
    later[starts] = True
    later &= marks == 0
    plain = np.logical_and.reduceat(later, starts).tolist()
    first, last = times[starts].tolist(), times[ends - 1].tolist()
    return [
        Rising(low, high) if good else None
        for low, high, good in zip(first, last, plain, strict=True)
    ]


def mark(
    block: FixBlock,
    shape: Rising | None,
    newest_at: Instant | None,
    known: Known,
    settings: AlertSettings,
) -> FixBlock:
    """Return `block`, the fixes of one record, with these marks added; it may be the same object.

    `shape` is what `rising` says of it, `newest_at` the time of the newest fix before, as `newest`
    says it.
    """
    if shape is None or (newest_at is not None and shape.first <= newest_at):
        return _marked(block, newest_at, known, settings)
    received = int(block["received_at"][0])
    if shape.last - received > settings.clock_ahead_s * SECOND:
        return _marked(block, newest_at, known, settings)
    late_before = received - settings.late_after_s * SECOND
    if shape.first >= late_before:
        return block
    marked = block if block.flags.writeable else block.copy()
    marked["marks"][marked["fixed_at"] < late_before] = _LATE
    return marked


def _marked(
    block: FixBlock, newest_at: Instant | None, known: Known, settings: AlertSettings
) -> FixBlock:
    marked = block.copy()
    times = marked["fixed_at"]
    received = marked["received_at"]
    age = received - times
    marks = marked["marks"]
    good = (marks & _BAD_TIME) == 0
    marks[good & (age > settings.late_after_s * SECOND)] |= _LATE
    marks[good & (-age > settings.clock_ahead_s * SECOND)] |= _CLOCK_AHEAD
    before = times[0] - 1 if newest_at is None else newest_at
    clocked = np.where((marks & NO_CLOCK) == 0, times, np.int64(-(2**62)))
    reached = np.maximum.accumulate(np.concatenate(([before], clocked)))[:-1]
    marks[good & (times < reached)] |= _OUT_OF_ORDER
    suspects = np.flatnonzero(times <= reached)
    if len(suspects) == 0:
        return marked
    start, end = Instant(int(times[suspects].min())), Instant(int(times[suspects].max()) + 1)
    marks[duplicates(marked, known(start, end))] |= _DUPLICATE
    return marked


def newest(block: FixBlock, newest_at: Instant | None) -> Instant | None:
    """Return the time of the newest fix so far whose clock can be believed."""
    times, ahead = block["fixed_at"], (block["marks"] & NO_CLOCK) != 0
    if ahead.any():
        times = times[~ahead]
    if len(times) == 0:
        return newest_at
    top = int(times.max())
    return Instant(top if newest_at is None else max(top, newest_at))
