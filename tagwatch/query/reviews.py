"""What is to be reviewed by when, within scope; and one thing with what a review must know."""

from collections.abc import Sequence
from typing import Final

import msgspec
from sqlalchemy import ColumnElement, Connection, and_, select

from tagwatch.access.review import may_record_review, may_see_review
from tagwatch.core.glass import Glass
from tagwatch.core.ids import WearerId
from tagwatch.core.order import Order
from tagwatch.core.person import Wearer
from tagwatch.core.review import Review, ReviewOf, ToReview
from tagwatch.core.routing import Routes
from tagwatch.core.units import DAY, Instant
from tagwatch.query.reader import Reader
from tagwatch.store import holds, schema
from tagwatch.store.glasses import glasses
from tagwatch.store.holds import HoldAct
from tagwatch.store.orders import order_versions
from tagwatch.store.reviews import reviews_of
from tagwatch.store.reviews_standing import standing, standing_one, wearer_of
from tagwatch.store.routes import load_routes
from tagwatch.store.settings import settings_at

SOON: Final = 30 * DAY
"""What is due within this time is listed."""
MOST: Final = 200


class ReviewRow(msgspec.Struct, frozen=True, kw_only=True):
    """Something that must be reviewed."""

    stands: ToReview
    wearer: Wearer
    order: Order | None
    """Its newest version, where it is an order."""
    may_record: bool
    """This reader may record the review."""

    def is_overdue(self, at: Instant) -> bool:
        """Say whether the date has come and nobody has reviewed it."""
        return at >= self.stands.due_at


class ReviewList(msgspec.Struct, frozen=True, kw_only=True):
    """What is overdue, and due within SOON, the earliest date first: MOST at the most."""

    at: Instant
    rows: tuple[ReviewRow, ...]
    total: int
    later: int
    """How many more have a later date."""


class ReviewView(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to be reviewed, with the facts and the reviews before."""

    wearer: Wearer
    row: ReviewRow | None
    """None: nothing is to be reviewed, or not by this reader."""
    next_at: Instant | None = None
    """When the settings in force would have it reviewed next, if it is reviewed now."""
    order_versions: tuple[Order, ...] = ()
    """The newest first."""
    hold: HoldAct | None = None
    """By what he is on hold."""
    glasses: tuple[Glass, ...] = ()
    """Openings by break-glass since the case is restricted, the newest first."""
    reviews: tuple[Review, ...] = ()
    """The latest first; of a hold or a restriction also those of earlier ones."""


def review_list(reader: Reader) -> ReviewList:
    """Return what is overdue or due soon within scope. On the audit."""
    now = reader.now()
    with reader.connection() as connection:
        every = _seen(reader, standing(connection, _reach(reader), now))
        due = [one for one in every if one.due_at <= now + SOON]
        rows = _rows(reader, connection, due[:MOST])
    reader.consulted("reviews", sorted({row.wearer.wearer_id for row in rows}))
    return ReviewList(at=now, rows=rows, total=len(due), later=len(every) - len(due))


def reviews_about(reader: Reader, wearer_id: WearerId) -> tuple[ReviewRow, ...]:
    """Return what is to be reviewed about a wearer, however late; empty outside the scope."""
    with reader.connection() as connection:
        reach = and_(_reach(reader), schema.wearer.c.wearer_id == wearer_id)
        rows = _rows(reader, connection, _seen(reader, standing(connection, reach, reader.now())))
    reader.consulted("reviews", [wearer_id])
    return rows


def review_view(reader: Reader, what: ReviewOf, about: str) -> ReviewView:
    """Return one thing to be reviewed, with the facts. Raises NotFound; on the audit either way."""
    with reader.connection() as connection:
        wearer_id = wearer_of(connection, what, about)
        if wearer_id is None:
            reader.refuse("review", [about], "outside scope, or unknown")
        wearer = reader.wearer(connection, wearer_id, "review")
        stands = None
        if may_see_review(reader.actor, what):
            stands = standing_one(connection, what, about, _reach(reader), reader.now())
        view = ReviewView(wearer=wearer, row=None)
        if stands is not None:
            (row,) = _rows(reader, connection, [stands])
            view = ReviewView(
                wearer=wearer,
                row=row,
                next_at=Instant(reader.now() + _days(connection, what, reader.now()) * DAY),
                order_versions=_versions(connection, row.order),
                hold=_hold(connection, stands),
                glasses=_glasses(connection, stands),
                reviews=reviews_of(connection, what, about),
            )
    reader.consulted("review", [wearer_id, about])
    return view


def overdue_about(reader: Reader, connection: Connection, wearers: Sequence[str]) -> list[ToReview]:
    """Return what is overdue of these wearers, as far as the reader may know. Not on the audit."""
    reach = and_(_reach(reader), schema.wearer.c.wearer_id.in_(wearers))
    now = reader.now()
    found = _seen(reader, standing(connection, reach, now))
    return [one for one in found if one.due_at <= now]


def _reach(reader: Reader) -> ColumnElement[bool]:
    """Whom the reader reaches without break-glass: that is no ground to review."""
    return and_(reader.scope.condition(), reader.scope.ordinary())


def _seen(reader: Reader, found: Sequence[ToReview]) -> list[ToReview]:
    return [one for one in found if may_see_review(reader.actor, one.what)]


def _rows(
    reader: Reader, connection: Connection, found: Sequence[ToReview]
) -> tuple[ReviewRow, ...]:
    wearers = reader.wearers(connection, {one.wearer_id for one in found})
    orders = _newest(connection, [one.about for one in found if one.what is ReviewOf.ORDER])
    routes = load_routes(connection).current
    return tuple(
        _row(reader, one, wearers[one.wearer_id], orders.get(one.about), routes) for one in found
    )


def _row(
    reader: Reader, stands: ToReview, wearer: Wearer, order: Order | None, routes: Routes
) -> ReviewRow:
    basis = None if order is None else order.legal_basis
    return ReviewRow(
        stands=stands,
        wearer=wearer,
        order=order,
        may_record=may_record_review(reader.actor, stands.what, basis, routes),
    )


def _newest(connection: Connection, names: Sequence[str]) -> dict[str, Order]:
    order = schema.order.c
    bodies = connection.scalars(select(order.body).where(order.order_id.in_(names)))
    found = (msgspec.json.decode(body, type=Order) for body in bodies)
    return {str(one.order_id): one for one in found}


def _versions(connection: Connection, order: Order | None) -> tuple[Order, ...]:
    if order is None:
        return ()
    return order_versions(connection, order.wearer_id)[order.order_id]


def _days(connection: Connection, what: ReviewOf, now: Instant) -> int:
    days = settings_at(connection, now).review
    match what:
        case ReviewOf.ORDER:
            return days.order_days
        case ReviewOf.RESTRICTION:
            return days.restriction_days
        case ReviewOf.HOLD:
            return days.hold_days


def _hold(connection: Connection, stands: ToReview) -> HoldAct | None:
    if stands.what is not ReviewOf.HOLD:
        return None
    return holds.standing(holds.acts(connection, stands.wearer_id))[0]


def _glasses(connection: Connection, stands: ToReview) -> tuple[Glass, ...]:
    if stands.what is not ReviewOf.RESTRICTION:
        return ()
    row = schema.glass.c
    query = select(row.body).where(row.wearer_id == stands.wearer_id, row.at >= stands.since)
    return tuple(glasses(connection.scalars(query.order_by(row.at.desc()).limit(MOST)).all()))
