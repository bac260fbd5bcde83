"""What became of the orders of a period: of all of them, as counts that tell of nobody."""

from typing import Final

import msgspec
from sqlalchemy import select

from tagwatch.core.order import Order
from tagwatch.core.person import Wearer
from tagwatch.core.units import DAY, Instant
from tagwatch.query.reader import Reader
from tagwatch.report.programme_sheet import OrderFate, ProgrammeSheet, programme_sheet
from tagwatch.store import schema

YEAR: Final = 365 * DAY
_ORDER: Final = msgspec.json.Decoder(Order)
_WEARER: Final = msgspec.json.Decoder(Wearer)


class SheetView(msgspec.Struct, frozen=True, kw_only=True):
    """The sheet of the orders that began in [begins, ends)."""

    begins: Instant
    ends: Instant
    sheet: ProgrammeSheet


def programme(reader: Reader, begins: Instant, ends: Instant) -> SheetView:
    """Return the sheet of all orders that began in [begins, ends), whoever sees the wearers: it
    holds counts alone. On the audit. Raises ValueError if the period is empty."""
    if ends <= begins:
        raise ValueError("The period must end after it begins")
    now = reader.now()
    query = select(schema.order.c.body, schema.wearer.c.body).join(
        schema.wearer, schema.wearer.c.wearer_id == schema.order.c.wearer_id
    )
    with reader.connection() as connection:
        rows = connection.execute(query).all()
    fates = [
        _fate(order, _WEARER.decode(wearer), now)
        for body, wearer in rows
        if begins <= (order := _ORDER.decode(body)).starts_at < ends
    ]
    reader.consulted("programme", [], f"{len(fates)} orders")
    return SheetView(begins=begins, ends=ends, sheet=programme_sheet(fates))


def _fate(order: Order, wearer: Wearer, now: Instant) -> OrderFate:
    """Return what became of an order: without an end on record it runs, whatever its dates say."""
    ended = order.ending if order.ends_at is None or order.ends_at <= now else None
    return OrderFate(
        wearer_id=order.wearer_id,
        programme=order.programme,
        borough=wearer.borough,
        outcome=None if ended is None else ended.outcome,
        bearing=None if ended is None else ended.bearing,
        finding=None if ended is None else ended.finding,
    )
