"""Ordered but not monitored: an order is in force and no tag on the wearer has ever reported."""

from collections.abc import Sequence
from enum import StrEnum

import msgspec

from tagwatch.core.ids import ActivationId, OrderId
from tagwatch.core.order import Order
from tagwatch.core.person import Activation
from tagwatch.core.units import SECOND, Instant


class Turn(StrEnum):
    """Whose turn it is, and to do what."""

    FIT = "fit"
    """The monitoring centre's: fit a tag."""
    HEAR = "hear"
    """The monitoring centre's: a tag is on him and was never heard of."""
    DECIDE = "decide"
    """The responsible officer's too: it has lasted longer than the settings allow."""


class Unmonitored(msgspec.Struct, frozen=True, kw_only=True):
    """An order that nobody can watch, and since when."""

    order_id: OrderId
    """The order in force that began first."""
    ordered_at: Instant
    since: Instant
    """The latest of these: the order began, he was released, the last tag came off."""
    silent: ActivationId | None = None
    """A tag is on him and was never heard of."""
    due_at: Instant
    """By then a tag had to be on him and heard of."""


def unmonitored(
    orders: Sequence[Order],
    activations: Sequence[Activation],
    released: Sequence[Instant | None],
    heard_at: Instant | None,
    now: Instant,
    within_s: int,
) -> Unmonitored | None:
    """Return what is ordered and not monitored at `now`; None: nothing is, or a tag reports.

    `orders` are those in force, `released` when his times in custody end, as far as that is known,
    `heard_at` is when the tag that is on was last heard of.
    """
    if not orders:
        return None
    first = min(orders, key=lambda order: (order.starts_at, order.order_id))
    on = [
        a for a in activations if a.started_at <= now and (a.ended_at is None or now < a.ended_at)
    ]
    if on and heard_at is not None and heard_at > on[-1].started_at:
        return None
    later = [at for at in (*released, *(a.ended_at for a in activations)) if at is not None]
    since = max([first.starts_at, *(at for at in later if at <= now)])
    return Unmonitored(
        order_id=first.order_id,
        ordered_at=first.starts_at,
        since=since,
        silent=on[-1].activation_id if on else None,
        due_at=Instant(since + within_s * SECOND),
    )


def turn_of(found: Unmonitored, now: Instant) -> Turn:
    """Return whose turn it is at `now`."""
    if now >= found.due_at:
        return Turn.DECIDE
    return Turn.FIT if found.silent is None else Turn.HEAR
