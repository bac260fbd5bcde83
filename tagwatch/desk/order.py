"""An order is entered, or corrected."""

from tagwatch.access.reader import Reader
from tagwatch.access.role import Verb
from tagwatch.core.ledger import OrderRecorded
from tagwatch.core.order import Order
from tagwatch.desk.clerk import Clerk, Conflict, Done, need, stored, unchanged
from tagwatch.desk.wearer import in_scope
from tagwatch.store import schema


def record_order(clerk: Clerk, reader: Reader, order: Order, seen: str) -> Done:
    """Record the order. `seen` is the digest of what the form showed, empty for a new one.

    Raises NotFound outside the scope, Conflict if it changed or ends before it starts.
    """
    need(reader, Verb.RECORD_ORDER)
    in_scope(reader, order.wearer_id, "record_order")
    current: Order | None = stored(reader, schema.order, order.order_id, Order)
    unchanged(current, seen)
    if current is not None and current.wearer_id != order.wearer_id:
        raise Conflict("An order stays with its wearer. Enter a new order.")
    if order.ends_at is not None and order.ends_at <= order.starts_at:
        raise Conflict("The order ends before it starts. Correct the dates.")
    reader.about_to_alter("record_order", [order.wearer_id, order.order_id])
    return clerk.record(OrderRecorded(order=order, by=reader.actor.account_id))
