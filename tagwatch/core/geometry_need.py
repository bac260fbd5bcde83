"""A place that an order names in words only: somebody must draw it before it can be judged."""

from enum import StrEnum

import msgspec

from tagwatch.core.ids import OrderId, WearerId
from tagwatch.core.order import Order
from tagwatch.core.units import Instant


class GeometryNeed(msgspec.Struct, frozen=True, kw_only=True):
    """What an imported order says of a place, as far as it can be taken over without a map."""

    need_id: str
    order_id: OrderId
    wearer_id: WearerId
    demand: str
    """exclusion_zone, inclusion_zone, restriction_zone or curfew."""
    words: str
    """The place in the order's own words."""
    valid_from: Instant | None = None
    valid_until: Instant | None = None
    rows: tuple[str, ...] = ()
    """Weekly hours, London time, as a zone or curfew form takes them."""


class NeedState(StrEnum):
    """How pressing it is to draw a place."""

    OVERDUE = "overdue"
    """It applies already, and nothing is judged there."""
    AHEAD = "ahead"
    """It does not apply yet."""
    OVER = "over"
    """It applies no more: it need not be drawn, but somebody must say so."""


def due_at(need: GeometryNeed, order: Order) -> Instant:
    """Return from when the place applies: by then it must be drawn."""
    return order.starts_at if need.valid_from is None else need.valid_from


def need_state(need: GeometryNeed, order: Order, at: Instant) -> NeedState:
    """Return how pressing it is at `at` to draw the place."""
    ends = [end for end in (need.valid_until, order.ends_at) if end is not None]
    if ends and min(ends) <= at:
        return NeedState.OVER
    return NeedState.OVERDUE if due_at(need, order) <= at else NeedState.AHEAD
