"""Versions of orders as the register keeps them: every one, and the newest by itself."""

from collections import defaultdict
from collections.abc import Sequence

import msgspec
from sqlalchemy import JSON, Connection, select, type_coerce

from tagwatch.core.ids import OrderId, WearerId
from tagwatch.core.ledger import OrderTold
from tagwatch.core.order import Order, order_at
from tagwatch.core.order_span import OrderSpan, spans_of
from tagwatch.core.units import Instant
from tagwatch.core.zones_only import ZonesOnly, zones_only
from tagwatch.store import schema
from tagwatch.store.writes import Writes

_DECODER = msgspec.json.Decoder(Order)


class Orders(dict[OrderId, Order]):
    """The newest version of each order, with the ones before it."""

    def __init__(self) -> None:
        """Begin with none."""
        super().__init__()
        self._versions: dict[OrderId, list[Order]] = {}
        self._of: dict[WearerId, list[OrderId]] = defaultdict(list)

    def of(self, wearer: WearerId) -> tuple[Order, ...]:
        """Return the newest versions of a wearer's orders."""
        return tuple(self[name] for name in self._of.get(wearer, ()))

    def versions(self, name: OrderId) -> tuple[Order, ...]:
        """Return every version of an order by number; none: it is not known."""
        return tuple(self._versions.get(name, ()))

    def in_force(self, wearer: WearerId, at: Instant) -> tuple[Order, ...]:
        """Return a wearer's orders that have started and not ended, as they stand at `at`."""
        standing = (order_at(self._versions[name], at) for name in self._of.get(wearer, ()))
        return tuple(
            order
            for order in standing
            if order.starts_at <= at and (order.ends_at is None or at < order.ends_at)
        )

    def spans(self, wearer: WearerId) -> tuple[OrderSpan, ...]:
        """Return when those of a wearer's orders hold that have an end."""
        names = self._of.get(wearer, ())
        return tuple(span for name in names for span in spans_of(self._versions[name]))

    def holds(self, name: OrderId, at: Instant) -> bool:
        """Say whether an order has not ended at `at`; one that is not known has not."""
        spans = spans_of(self._versions[name]) if name in self._versions else ()
        return not spans or any(span.holds(at) for span in spans)

    def hold(self, order: Order) -> None:
        """Keep a version, in place of one of the same number."""
        if order.order_id not in self:
            self._of[order.wearer_id].append(order.order_id)
        kept = self._versions.setdefault(order.order_id, [])
        kept[:] = [one for one in kept if one.version != order.version]
        kept.append(order)
        kept.sort(key=lambda one: one.version)
        self[order.order_id] = kept[-1]

    def recorded(self, order: Order, at: Instant, writes: Writes) -> None:
        """Take the next version in: its number follows the one before."""
        before = self.get(order.order_id)
        numbered = msgspec.structs.replace(
            order,
            version=1 if before is None else before.version + 1,
            recorded_at=at if order.recorded_at is None else order.recorded_at,
        )
        self.hold(numbered)
        _put(writes, numbered, newest=True)

    def told(self, event: OrderTold, writes: Writes) -> bool:
        """Note when the wearer was told of a version; False: there is none of that number."""
        for version in self._versions[event.order_id]:
            if version.version == event.version:
                told = msgspec.structs.replace(version, told_at=event.told_at)
                self.hold(told)
                _put(writes, told, newest=told == self[event.order_id])
                return True
        return False


def _put(writes: Writes, order: Order, *, newest: bool) -> None:
    row = {
        "order_id": order.order_id,
        "wearer_id": order.wearer_id,
        "body": msgspec.json.encode(order).decode(),
    }
    writes.put(schema.order_version, row | {"version": order.version})
    if newest:
        writes.put(schema.order, row)


def order_spans(connection: Connection, wearer_id: WearerId) -> tuple[OrderSpan, ...]:
    """Return when those of a wearer's orders hold that have an end."""
    found = order_versions(connection, wearer_id)
    return tuple(span for versions in found.values() for span in spans_of(versions[::-1]))


def zones_only_of(connection: Connection, wearer_id: WearerId) -> tuple[ZonesOnly, ...]:
    """Return when a wearer is monitored for zones only, first to last."""
    found = order_versions(connection, wearer_id)
    return zones_only([versions[::-1] for versions in found.values()])


def orders_ended(
    connection: Connection, wearers: Sequence[WearerId], at: Instant
) -> frozenset[OrderId]:
    """Return the orders of these wearers that have ended by `at`."""
    order = schema.order.c
    ends = type_coerce(order.body, JSON)["ends_at"].as_integer()
    query = select(order.order_id).where(order.wearer_id.in_(wearers), ends <= at)
    return frozenset(OrderId(name) for name in connection.scalars(query))


def order_versions(connection: Connection, wearer_id: WearerId) -> dict[OrderId, tuple[Order, ...]]:
    """Return every version of a wearer's orders, by order, newest first."""
    column = schema.order_version.c
    query = (
        select(column.body)
        .where(column.wearer_id == wearer_id)
        .order_by(column.order_id, column.version.desc())
    )
    found: dict[OrderId, list[Order]] = {}
    for body in connection.scalars(query):
        order = _DECODER.decode(body)
        found.setdefault(order.order_id, []).append(order)
    return {order_id: tuple(versions) for order_id, versions in found.items()}
