"""What is recorded of the register besides whole records: told, moved."""

from tagwatch.core.event import Event
from tagwatch.core.ids import AccountId, OrderId, TagId
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
