"""Orders under which only contacts with zones may be kept: from when to when, and which fixes.

A wearer is monitored for zones only while every order in force over him says so; after the last
one ended it goes on as it was, for as long as a tag is still on him.
"""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from tagwatch.core.fix import FixBlock, Mark
from tagwatch.core.order import Order, order_at
from tagwatch.core.units import DAY, MINUTE, Instant

DAYS_MOST: Final = 31
"""Below what the tables keep before the archive: a day is destroyed before it could be archived."""
AROUND: Final = 60 * MINUTE
"""Of the way to an episode and from it: what its card tells, and what speaks for the wearer."""
REACH_M: Final = 250.0
"""Beyond a zone and its buffer, besides the circle in which a fix lies: still near."""
_NEVER: Final = Instant(2**62)

Span: TypeAlias = tuple[Instant, Instant]


class ZonesOnly(NamedTuple):
    """[start, end) in which a wearer is monitored for zones only, and how long his days stand."""

    start: Instant
    end: Instant
    days_kept: int


def zones_only(orders: Iterable[Sequence[Order]]) -> tuple[ZonesOnly, ...]:
    """Return when a wearer is monitored for zones only, first to last.

    `orders` are the versions of each of his orders, by number.
    """
    each = [list(versions) for versions in orders if versions]
    if all(version.days_kept is None for versions in each for version in versions):
        return ()
    turns = {
        at
        for versions in each
        for version in versions
        for at in (version.starts_at, version.ends_at, version.valid_from)
        if at is not None
    }
    found: list[ZonesOnly] = []
    times = sorted(turns)
    for start, end in zip(times, [*times[1:], _NEVER], strict=True):
        days = _days_at(each, start)
        if days is None:
            continue
        if found and found[-1].end == start and found[-1].days_kept == days:
            found[-1] = found[-1]._replace(end=end)
        else:
            found.append(ZonesOnly(start, end, days))
    return tuple(found)


def _days_at(orders: Sequence[Sequence[Order]], at: Instant) -> int | None:
    begun = [order for order in (order_at(v, at) for v in orders) if order.starts_at <= at]
    standing = [order for order in begun if order.ends_at is None or at < order.ends_at]
    if not standing and begun:
        last = max(order.ends_at or at for order in begun)
        standing = [order for order in begun if order.ends_at == last]
    days = [order.days_kept for order in standing]
    known = [count for count in days if count is not None]
    return max(known) if known and len(known) == len(days) else None


def days_of(spans: Sequence[ZonesOnly], at: Instant) -> int | None:
    """Return for how many days what is of `at` stands; None if the trail is kept then."""
    return next((span.days_kept for span in spans if span.start <= at < span.end), None)


def due_at(day_end: Instant, days_kept: int) -> Instant:
    """Return when the key of a day may be destroyed."""
    return Instant(day_end + days_kept * DAY)


def problem_of(days_kept: int | None) -> str:
    """Return what is wrong with the days of an order; empty if nothing."""
    if days_kept is None or 1 <= days_kept <= DAYS_MOST:
        return ""
    return f"zones only: give 1 to {DAYS_MOST} days, or nothing if the trail is kept"


def within_spans(times: NDArray[np.int64], spans: Iterable[Span]) -> NDArray[np.bool_]:
    """Say of each time whether it lies in any of these spans, shape (n,)."""
    found = np.zeros(len(times), np.bool_)
    for start, end in spans:
        found |= (times >= start) & (times < end)
    return found


def blanked(block: FixBlock, kept: NDArray[np.bool_]) -> FixBlock:
    """Return a block in which the fixes that are not `kept` say only that and when they came."""
    found = block.copy()
    gone = ~kept
    for name in ("lon_deg", "lat_deg", "accuracy_m", "confidence", "hdop", "altitude_m",
                 "speed_mps", "bearing_deg"):  # fmt: skip
        found[name][gone] = np.nan
    found["satellites"][gone] = -1
    found["motion"][gone] = 0
    found["marks"][gone] |= np.uint32(int(Mark.BAD_POSITION))
    return found
