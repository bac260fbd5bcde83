"""What is recorded of the register besides whole records: told, moved."""

from tagwatch.core.event import Event
from tagwatch.core.geometry_need import GeometryNeed
from tagwatch.core.ids import AccountId, ConditionId, OrderId, TagId, WearerId
from tagwatch.core.inventory import TagState
from tagwatch.core.units import Instant


class OrderTold(Event, frozen=True, kw_only=True):
    """The wearer was told of this version of an order at `told_at`."""

    order_id: OrderId
    version: int
    told_at: Instant
    by: AccountId


class TagMoved(Event, frozen=True, kw_only=True):
    """Somebody said where a tag is from `at` on."""

    tag_id: TagId
    state: TagState
    at: Instant
    by: AccountId
    words: str = ""


class GeometryNeeded(Event, frozen=True, kw_only=True):
    """An order names a place in words: it is to be drawn."""

    need: GeometryNeed
    at: Instant
    by: AccountId


class GeometrySettled(Event, frozen=True, kw_only=True):
    """It was drawn, or need not be; the words say which."""

    need_id: str
    wearer_id: WearerId
    words: str
    at: Instant
    by: AccountId
    condition_id: ConditionId | None = None
    """The condition it became. One that was not put in force settles nothing."""
