"""A zone or curfew that is drawn for a place in words: what the form begins with and shows."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from tagwatch.access.purpose import Purpose
from tagwatch.core.geometry_need import GeometryNeed
from tagwatch.core.ids import WearerId
from tagwatch.core.order import Order
from tagwatch.core.units import Instant
from tagwatch.desk.weekly_row import row_of
from tagwatch.query.geometry_needs import place_to_draw
from tagwatch.web.form import Input, Kind, moment_values
from tagwatch.web.foundation import Asked, reader
from tagwatch.web.week import rows_as_typed

NEED: Final = Input(name="need", kind=Kind.HIDDEN)
"""The place in words that a form settles; empty for a zone that was never in words."""


def asked_need(request: Asked, wearer_id: str, need_id: str) -> GeometryNeed | None:
    """Return the place in words of that id, None without an id or if it is settled.

    The caller has found the wearer within scope. Raises NotFound.
    """
    if not need_id:
        return None
    asking = reader(request, Purpose.UPKEEP)
    return place_to_draw(asking, WearerId(wearer_id), need_id[:100])


def need_values(need: GeometryNeed | None, orders: Sequence[Order], now: Instant) -> dict[str, Any]:
    """Return the fields that a place in words fills in: its order, its times, itself."""
    if need is None:
        return {"need": "", **moment_values("valid_from", now)}
    begins = [order.starts_at for order in orders if order.order_id == need.order_id]
    starts = max([now, *begins]) if need.valid_from is None else need.valid_from
    return {
        "need": need.need_id,
        "order": need.order_id,
        **moment_values("valid_from", starts),
        **moment_values("valid_until", need.valid_until),
    }


def need_rows(need: GeometryNeed | None) -> list[dict[str, str]]:
    """Return the weekly rows of a place in words, as a form shows them."""
    return [] if need is None else rows_as_typed(tuple(row_of(row) for row in need.rows))


def shown_need(
    request: Asked, wearer_id: str, values: Mapping[str, Any]
) -> dict[str, GeometryNeed | None]:
    """Return what the template shows of the place in words beside the map."""
    return {"need": asked_need(request, wearer_id, str(values.get("need", "")))}
