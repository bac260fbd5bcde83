"""Which places of orders are still in words only, within scope, and which were settled lately?"""

from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Row, select

from tagwatch.core.geometry_need import GeometryNeed, NeedState, due_at, need_state
from tagwatch.core.ids import AccountId, ConditionId, WearerId
from tagwatch.core.order import Order
from tagwatch.core.person import Wearer
from tagwatch.core.units import Instant
from tagwatch.query.reader import Reader
from tagwatch.store import schema
from tagwatch.store.geometry_needs import need_of

MOST: Final = 500
READ_MOST: Final = 5_000
"""Places that are read, so that the overdue ones among them come first."""
LATELY: Final = 20
_PRESSING: Final = tuple(NeedState)


class NeedRow(msgspec.Struct, frozen=True, kw_only=True):
    """One place that waits to be drawn."""

    need: GeometryNeed
    wearer: Wearer
    order: Order
    at: Instant
    """When it was recorded."""
    due_at: Instant
    """From then it applies."""
    state: NeedState


class SettledNeed(msgspec.Struct, frozen=True, kw_only=True):
    """One place that was drawn, or need not be."""

    need: GeometryNeed
    wearer: Wearer
    at: Instant
    by: AccountId
    words: str
    """Why it need not be drawn, or what it became; empty where `condition_id` says it."""
    condition_id: ConditionId | None = None


class PlacesToDraw(msgspec.Struct, frozen=True, kw_only=True):
    """The places within scope that are in words only, the overdue ones first, the longest first."""

    at: Instant
    rows: tuple[NeedRow, ...]
    more: bool
    """There are others besides the MOST that are shown."""
    lately: tuple[SettledNeed, ...]
    """The last LATELY that were settled, the newest first."""


def places_to_draw(reader: Reader) -> PlacesToDraw:
    """Return them; on the audit."""
    need, now = schema.geometry_need.c, reader.now()
    settled = (
        select(schema.geometry_need, schema.wearer.c.body.label("wearer"))
        .join(schema.wearer, schema.wearer.c.wearer_id == need.wearer_id)
        .where(reader.scope.condition(), need.settled_at.is_not(None))
        .order_by(need.settled_at.desc(), need.need_id)
        .limit(LATELY)
    )
    with reader.connection() as connection:
        rows = _waiting(reader, connection, now)
        lately = tuple(_settled(row) for row in connection.execute(settled))
    rows.sort(key=lambda row: (_PRESSING.index(row.state), row.due_at, row.need.need_id))
    shown = tuple(rows[:MOST])
    reader.consulted(
        "places_to_draw", dict.fromkeys(row.wearer.wearer_id for row in (*shown, *lately))
    )
    return PlacesToDraw(at=now, rows=shown, more=len(rows) > MOST, lately=lately)


def waiting_counts(reader: Reader) -> tuple[int, int]:
    """Return how many places within scope wait to be drawn, and how many of those are overdue.

    Counts that tell of nobody: the caller puts its own question on the audit.
    """
    with reader.connection() as connection:
        rows = _waiting(reader, connection, reader.now())
    return len(rows), sum(row.state is NeedState.OVERDUE for row in rows)


def _waiting(reader: Reader, connection: Connection, now: Instant) -> list[NeedRow]:
    need, order = schema.geometry_need.c, schema.order.c
    query = (
        select(need.body, need.at, schema.wearer.c.body.label("wearer"))
        .join(schema.wearer, schema.wearer.c.wearer_id == need.wearer_id)
        .where(reader.scope.condition(), need.settled_at.is_(None))
        .order_by(need.at, need.need_id)
        .limit(READ_MOST)
    )
    found = [
        (
            msgspec.json.decode(row.body, type=GeometryNeed),
            msgspec.json.decode(row.wearer, type=Wearer),
            Instant(row.at),
        )
        for row in connection.execute(query)
    ]
    wanted = sorted({one.order_id for one, _, _ in found})
    bodies = connection.scalars(select(order.body).where(order.order_id.in_(wanted)))
    orders = {o.order_id: o for o in (msgspec.json.decode(b, type=Order) for b in bodies)}
    return [
        NeedRow(
            need=one,
            wearer=wearer,
            order=orders[one.order_id],
            at=at,
            due_at=due_at(one, orders[one.order_id]),
            state=need_state(one, orders[one.order_id], now),
        )
        for one, wearer, at in found
        if one.order_id in orders
    ]


def _settled(row: Row[Any]) -> SettledNeed:
    return SettledNeed(
        need=msgspec.json.decode(row.body, type=GeometryNeed),
        wearer=msgspec.json.decode(row.wearer, type=Wearer),
        at=Instant(row.settled_at),
        by=row.settled_by,
        words=row.words,
        condition_id=row.condition_id,
    )


def place_to_draw(reader: Reader, wearer_id: WearerId, need_id: str) -> GeometryNeed | None:
    """Return one place of a wearer whom the caller has found within scope; None if settled."""
    with reader.connection() as connection:
        found = need_of(connection, need_id)
    if found is None or found[0].wearer_id != wearer_id:
        reader.refuse("place_to_draw", [wearer_id, need_id], "unknown")
    return None if found[1] else found[0]
