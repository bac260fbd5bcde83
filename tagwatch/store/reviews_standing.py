"""What stands and must be reviewed, as the tables have it: of many wearers, or one thing alone."""

from collections.abc import Iterator

import msgspec
from sqlalchemy import ColumnElement, Connection, and_, select

from tagwatch.core.ids import WearerId
from tagwatch.core.order import Order
from tagwatch.core.person import Restriction, Wearer
from tagwatch.core.review import (
    ReviewOf,
    ToReview,
    hold_to_review,
    order_to_review,
    recorded_at,
    restriction_to_review,
)
from tagwatch.core.units import Instant
from tagwatch.store import holds, schema
from tagwatch.store.reviews import last_reviews
from tagwatch.store.settings import settings_history

_ORDER = msgspec.json.Decoder(Order)
_WEARER = msgspec.json.Decoder(Wearer)


def standing(connection: Connection, reach: ColumnElement[bool], now: Instant) -> list[ToReview]:
    """Return what must be reviewed of wearers for whom `reach`, a condition on `schema.wearer`,
    holds; the earliest date first."""
    settings = settings_history(connection)
    wearer, version = schema.wearer.c, schema.order_version.c
    his = select(wearer.wearer_id).where(reach)
    last = last_reviews(connection, his)
    found: list[ToReview | None] = [
        order_to_review(
            versions,
            last.get((ReviewOf.ORDER, versions[0].order_id)),
            settings.at(recorded_at(versions)).review,
            now,
        )
        for versions in _orders(connection, version.wearer_id.in_(his))
    ]
    hidden = wearer.restriction == Restriction.RESTRICTED.value
    for body in connection.scalars(select(wearer.body).where(reach, hidden)):
        one = _WEARER.decode(body)
        days = settings.at(one.restricted_at or Instant(0)).review
        found.append(
            restriction_to_review(one, last.get((ReviewOf.RESTRICTION, one.wearer_id)), days)
        )
    held = holds.held_since(connection)
    theirs = select(wearer.wearer_id).where(wearer.wearer_id.in_(sorted(held)), reach)
    for name in connection.scalars(theirs) if held else ():
        who = WearerId(name)
        days = settings.at(held[who]).review
        found.append(hold_to_review(who, held[who], last.get((ReviewOf.HOLD, who)), days))
    kept = [one for one in found if one is not None]
    return sorted(kept, key=lambda one: (one.due_at, one.what, one.about))


def wearer_of(connection: Connection, what: ReviewOf, about: str) -> WearerId | None:
    """Return whose it is, None for an order that is not known. Whether the reader may know of him
    the caller asks."""
    if what is not ReviewOf.ORDER:
        return WearerId(about)
    order = schema.order.c
    found = connection.scalar(select(order.wearer_id).where(order.order_id == about))
    return None if found is None else WearerId(found)


def standing_one(
    connection: Connection, what: ReviewOf, about: str, reach: ColumnElement[bool], now: Instant
) -> ToReview | None:
    """Return by when this one must be reviewed; None: it need not be, or is not in `reach`."""
    wearer_id = wearer_of(connection, what, about)
    his = schema.wearer.c.wearer_id == wearer_id
    every = standing(connection, and_(his, reach), now)
    return next((one for one in every if (one.what, one.about) == (what, about)), None)


def _orders(connection: Connection, his: ColumnElement[bool]) -> Iterator[list[Order]]:
    """Yield the versions of each order, by number."""
    version = schema.order_version.c
    query = select(version.body).where(his).order_by(version.order_id, version.version)
    versions: list[Order] = []
    for body in connection.scalars(query):
        order = _ORDER.decode(body)
        if versions and versions[0].order_id != order.order_id:
            yield versions
            versions = []
        versions.append(order)
    if versions:
        yield versions
