"""How long an order holds: past its end nothing that belongs to it is judged.

The end is that of the order, whoever records it and however late: its date, an early end, a
variation. A later version that lets it go on is held against the wearer only from when he was told.
"""

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from tagwatch.core.ids import OrderId
from tagwatch.core.order import ConditionVersion, Order
from tagwatch.core.units import Instant

BEGINNING: Final = Instant(-(2**62))
NO_END: Final = Instant(2**62)


class OrderSpan(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """[start, end) in which an order holds. `start` is no sooner than what came before it allows;
    when the order begins is for its conditions to say."""

    order_id: OrderId
    start: Instant
    end: Instant
    told_at: Instant | None = BEGINNING
    """Since when he knows that it holds then; None: he was not told."""

    def holds(self, at: Instant) -> bool:
        """Say whether `at` lies in it."""
        return self.start <= at < self.end


def spans_of(versions: Sequence[Order]) -> tuple[OrderSpan, ...]:
    """Return when an order holds, first to last; none for one that never had an end.

    `versions` are by number and not empty. What a version adds to the time of the one before it,
    he must have been told of with that version.
    """
    if all(version.ends_at is None for version in versions):
        return ()
    first, *later = versions
    found = [OrderSpan(order_id=first.order_id, start=BEGINNING, end=_end(first))]
    for version in later:
        before, end = found[-1].end, _end(version)
        if end > before:
            starts = before if version.valid_from is None else max(before, version.valid_from)
            if starts < end:
                more = msgspec.structs.replace(
                    found[-1], start=starts, end=end, told_at=version.told_at
                )
                found.append(more)
            continue
        found = [msgspec.structs.replace(s, end=min(s.end, end)) for s in found if s.start < end]
    return tuple(found)


def holding(
    spans: Iterable[tuple[int, int, ConditionVersion]], orders: Sequence[OrderSpan]
) -> list[tuple[int, int, ConditionVersion]]:
    """Return the [start, end) of versions of conditions, cut to when their orders hold."""
    found: list[tuple[int, int, ConditionVersion]] = []
    for low, high, version in spans:
        his = [order for order in orders if order.order_id == version.order_id]
        if not his:
            found.append((low, high, version))
        for order in his:
            start, end = max(low, order.start), min(high, order.end)
            if start < end:
                found.append((start, end, _told(version, order)))
    return found


def differ_from(before: Sequence[OrderSpan], after: Sequence[OrderSpan]) -> Instant | None:
    """Return the first time at which what holds differs, or None."""
    found: list[Instant] = []
    for name in {span.order_id for span in (*before, *after)}:
        was, now = (_whole(spans, name) for spans in (before, after))
        edges = sorted({edge for span in (*was, *now) for edge in (span.start, span.end)})
        for at in edges[:-1]:
            if _known(was, at) != _known(now, at):
                found.append(at)
                break
    return min(found, default=None)


def _whole(spans: Sequence[OrderSpan], name: OrderId) -> list[OrderSpan]:
    """Return an order's spans: one without an end holds for ever."""
    whole = OrderSpan(order_id=name, start=BEGINNING, end=NO_END)
    return [span for span in spans if span.order_id == name] or [whole]


def _known(spans: Sequence[OrderSpan], at: Instant) -> tuple[Instant | None] | None:
    """Return since when he knows that the order holds at `at`; None if it does not hold."""
    return next(((span.told_at,) for span in spans if span.holds(at)), None)


def _end(version: Order) -> Instant:
    return NO_END if version.ends_at is None else version.ends_at


def _told(version: ConditionVersion, order: OrderSpan) -> ConditionVersion:
    if order.told_at == BEGINNING:
        return version
    both = version.told_at is not None and order.told_at is not None
    told_at = Instant(max(version.told_at or 0, order.told_at or 0)) if both else None
    return msgspec.structs.replace(version, told_at=told_at)
