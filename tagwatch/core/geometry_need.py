"""A place that an order names in words only: somebody must draw it before it can be judged."""

import msgspec

from tagwatch.core.ids import OrderId, WearerId
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
