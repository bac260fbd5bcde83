"""An order is entered, corrected or varied, and the wearer is told of it."""

import msgspec
from sqlalchemy import select

from tagwatch.access.reader import Reader
from tagwatch.access.role import Verb
from tagwatch.core.ids import OrderId
from tagwatch.core.ledger import OrderTold
from tagwatch.core.order import Order
from tagwatch.core.recorded_register import OrderRecorded
from tagwatch.core.review import first_review_problem
from tagwatch.core.supervision import supervision_problem
from tagwatch.core.units import Instant
from tagwatch.core.zones_only import problem_of
from tagwatch.desk.clerk import Clerk, Conflict, Done, need, stored, unchanged
from tagwatch.desk.wearer import in_scope, own_reference
from tagwatch.store import schema
from tagwatch.store.drafts import wearer_owner


def record_order(clerk: Clerk, reader: Reader, order: Order, seen: str) -> Done:
    """Record the next version of an order; its number and recording time are set here.

    `seen` is the digest of what the form showed, empty for a new one. How it ended is kept as it
    stands (`order_end` says that). What was told of an
    earlier version was not told of this one. Raises NotFound outside the scope, Conflict if it
    changed, ends before it starts, or says of its supervision what cannot be.
    """
    need(reader, Verb.RECORD_ORDER)
    in_scope(reader, order.wearer_id, "record_order")
    current: Order | None = stored(reader, schema.order, order.order_id, Order)
    holders = [] if current is None else [current.wearer_id]
    name = own_reference(reader, order.order_id, holders, seen, "record_order")
    if name != order.order_id:
        current, order = None, msgspec.structs.replace(order, order_id=OrderId(name))
    unchanged(current, seen)
    if current is not None and current.wearer_id != order.wearer_id:
        raise Conflict("An order stays with its wearer. Enter a new order.")
    ending = None if current is None else current.ending
    done = record_version(clerk, reader, msgspec.structs.replace(order, ending=ending), current)
    return msgspec.structs.replace(done, made_id=order.order_id)


def record_version(clerk: Clerk, reader: Reader, order: Order, current: Order | None) -> Done:
    """Record `order` as the version after `current`, what stands in it checked. Raises Conflict."""
    if order.ends_at is not None and order.ends_at <= order.starts_at:
        raise Conflict("The order ends before it starts. Correct the dates.")
    if problem := supervision_problem(order.legal_basis, order.supervision):
        raise Conflict(f"{problem[0].upper()}{problem[1:]}. Correct one of them.")
    if problem := problem_of(order.days_kept):
        raise Conflict(f"{problem[0].upper()}{problem[1:]}.")
    if problem := first_review_problem(order.starts_at, order.review_at):
        raise Conflict(problem)
    version = 1 if current is None else current.version + 1
    if version == 1 and order.valid_from is not None:
        raise Conflict("A new order takes effect when it begins. Leave the variation's date out.")
    recorded = msgspec.structs.replace(
        order, version=version, recorded_at=reader.now(), told_at=None
    )
    reader.about_to_alter("record_order", [order.wearer_id, order.order_id], f"version {version}")
    return clerk.record(OrderRecorded(order=recorded, by=reader.actor.account_id))


def record_order_told(
    clerk: Clerk, reader: Reader, order_id: OrderId, version: int, told_at: Instant
) -> Done:
    """Record that the wearer was told of this version at `told_at`. Raises NotFound, Conflict."""
    need(reader, Verb.RECORD_ORDER)
    column = schema.order_version.c
    with reader.connection() as connection:
        body = connection.scalar(
            select(column.body).where(column.order_id == order_id, column.version == version)
        )
    if body is None:
        reader.refuse("record_order_told", [order_id], "unknown")
    current = msgspec.json.decode(body, type=Order)
    in_scope(reader, current.wearer_id, "record_order_told")
    if told_at > reader.now():
        raise Conflict("Nobody was told in the future. Correct the time.")
    if current.told_at is not None:
        raise Conflict("It is recorded already when the wearer was told of this version.")
    reader.about_to_alter("record_order_told", [current.wearer_id, order_id], f"version {version}")
    event = OrderTold(
        order_id=order_id, version=version, told_at=told_at, by=reader.actor.account_id
    )
    return clerk.record(event, wearer_owner(current.wearer_id))
