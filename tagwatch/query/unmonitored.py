"""Orders in force within scope that no tag watches, the longest first."""

from typing import Final

import msgspec
from sqlalchemy import JSON, Connection, and_, func, or_, select, type_coerce

from tagwatch.core.ids import TagId, WearerId
from tagwatch.core.order import Order
from tagwatch.core.person import Activation, Wearer
from tagwatch.core.units import Instant
from tagwatch.core.unmonitored import Turn, Unmonitored, turn_of, unmonitored
from tagwatch.query.reader import Reader
from tagwatch.store import schema
from tagwatch.store.exemptions import custodies, load_exemptions_of
from tagwatch.store.settings import settings_at

MOST: Final = 500
"""Wearers on the list; `more` says that there are others."""


class UnmonitoredRow(msgspec.Struct, frozen=True, kw_only=True):
    """One order without a tag that reports, with its clocks."""

    wearer: Wearer
    order: Order
    gap: Unmonitored
    turn: Turn
    tag_id: TagId | None
    """The tag that is on him and was never heard of."""
    excused: str = ""
    """He is in custody or deceased: nobody's turn."""


class TagToTakeOff(msgspec.Struct, frozen=True, kw_only=True):
    """A tag on somebody of whose orders none is in force."""

    wearer: Wearer
    activation: Activation
    since: Instant | None
    """When the last order ended; None: none is recorded."""


class NotMonitored(msgspec.Struct, frozen=True, kw_only=True):
    """What is ordered and not monitored, those waiting longest first."""

    at: Instant
    within_s: int
    """The published setting: by then a tag is to report."""
    rows: tuple[UnmonitoredRow, ...]
    more: bool
    to_take_off: tuple[TagToTakeOff, ...] = ()
    """At most MOST, longest first."""


def not_monitored(reader: Reader) -> NotMonitored:
    """Return the orders in force of wearers within scope whom no tag watches; on the audit."""
    now, order, wearer = reader.now(), schema.order.c, schema.wearer.c
    worn, seen = schema.activation.c, schema.last_seen.c
    on = and_(
        worn.wearer_id == order.wearer_id,
        worn.started_at <= now,
        or_(worn.ended_at.is_(None), worn.ended_at > now),
    )
    reports = and_(seen.activation_id == worn.activation_id, seen.received_at > worn.started_at)
    watched = select(worn.wearer_id).join(schema.last_seen, reports).where(on)
    query = (
        select(order.body, wearer.body.label("wearer"))
        .join(schema.wearer, wearer.wearer_id == order.wearer_id)
        .where(reader.scope.condition(), ~watched.exists())
        .order_by(order.wearer_id)
        .limit(MOST * 4)
    )
    with reader.connection() as connection:
        found = connection.execute(query).all()
        people = {w.wearer_id: w for w in (_wearer(row.wearer) for row in found)}
        orders: dict[WearerId, list[Order]] = {}
        for row in found:
            one = msgspec.json.decode(row.body, type=Order)
            if one.starts_at <= now and (one.ends_at is None or now < one.ends_at):
                orders.setdefault(one.wearer_id, []).append(one)
        bodies = connection.scalars(select(worn.body).where(worn.wearer_id.in_(orders)))
        activations: dict[WearerId, list[Activation]] = {}
        for body in bodies:
            each = msgspec.json.decode(body, type=Activation)
            activations.setdefault(each.wearer_id, []).append(each)
        exemptions = load_exemptions_of(connection, list(orders))
        within_s = settings_at(connection, now).comms.unmonitored_after_s
        to_take_off = _to_take_off(reader, connection, now)
    rows: list[UnmonitoredRow] = []
    for wearer_id, his in orders.items():
        fitted = sorted(activations.get(wearer_id, []), key=lambda a: a.started_at)
        released = [each.ends_at for each in custodies(exemptions.of(wearer_id))]
        gap = unmonitored(his, fitted, released, None, now, within_s)
        if gap is None:
            continue
        excused = exemptions.out_of_reach(wearer_id, now)
        rows.append(
            UnmonitoredRow(
                wearer=people[wearer_id],
                order=next(each for each in his if each.order_id == gap.order_id),
                gap=gap,
                turn=turn_of(gap, now),
                tag_id=fitted[-1].tag_id if gap.silent is not None else None,
                excused="" if excused is None else excused.cause.value,
            )
        )
    rows.sort(key=lambda row: (bool(row.excused), row.gap.since, row.wearer.wearer_id))
    named = [row.wearer.wearer_id for row in (*rows[:MOST], *to_take_off)]
    reader.consulted("not_monitored", named)
    return NotMonitored(
        at=now,
        within_s=within_s,
        rows=tuple(rows[:MOST]),
        more=len(found) >= MOST * 4,
        to_take_off=to_take_off,
    )


def _to_take_off(reader: Reader, connection: Connection, now: Instant) -> tuple[TagToTakeOff, ...]:
    """Return the tags on wearers within scope whose orders have all ended."""
    worn, wearer, order = schema.activation.c, schema.wearer.c, schema.order.c
    ends = type_coerce(order.body, JSON)["ends_at"].as_integer()
    goes_on = select(order.order_id).where(
        order.wearer_id == worn.wearer_id, or_(ends.is_(None), ends > now)
    )
    last = select(func.max(ends)).where(order.wearer_id == worn.wearer_id).scalar_subquery()
    rows = connection.execute(
        select(worn.body, wearer.body.label("wearer"), last.label("since"))
        .join(schema.wearer, wearer.wearer_id == worn.wearer_id)
        .where(
            reader.scope.condition(),
            worn.started_at <= now,
            or_(worn.ended_at.is_(None), worn.ended_at > now),
            ~goes_on.exists(),
        )
        .order_by(last, worn.wearer_id)
        .limit(MOST)
    )
    return tuple(
        TagToTakeOff(
            wearer=_wearer(row.wearer),
            activation=msgspec.json.decode(row.body, type=Activation),
            since=row.since,
        )
        for row in rows
    )


def _wearer(body: str) -> Wearer:
    return msgspec.json.decode(body, type=Wearer)
