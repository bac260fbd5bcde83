"""Orders in force within scope that no tag watches, the longest first."""

from typing import Final

import msgspec
from sqlalchemy import and_, or_, select

from tagwatch.core.ids import TagId, WearerId
from tagwatch.core.order import Order
from tagwatch.core.person import Activation, Wearer
from tagwatch.core.units import Instant
from tagwatch.core.unmonitored import Turn, Unmonitored, turn_of, unmonitored
from tagwatch.query.reader import Reader
from tagwatch.query.register import settings_at
from tagwatch.store import schema
from tagwatch.store.exemptions import load_exemptions_of

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


class NotMonitored(msgspec.Struct, frozen=True, kw_only=True):
    """What is ordered and not monitored, those waiting longest first."""

    at: Instant
    within_s: int
    """The published setting: by then a tag is to report."""
    rows: tuple[UnmonitoredRow, ...]
    more: bool


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
    rows: list[UnmonitoredRow] = []
    for wearer_id, his in orders.items():
        fitted = sorted(activations.get(wearer_id, []), key=lambda a: a.started_at)
        gap = unmonitored(his, fitted, None, now, within_s)
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
    reader.consulted("not_monitored", [row.wearer.wearer_id for row in rows[:MOST]])
    return NotMonitored(
        at=now, within_s=within_s, rows=tuple(rows[:MOST]), more=len(found) >= MOST * 4
    )


def _wearer(body: str) -> Wearer:
    return msgspec.json.decode(body, type=Wearer)
