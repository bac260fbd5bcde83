"""Reviews of orders, restricted cases and legal holds, as the journal keeps them. See `ledger`."""

from tagwatch.core.event import Event
from tagwatch.core.ids import AccountId, WearerId
from tagwatch.core.review import ReviewOf
from tagwatch.core.units import Instant


class ReviewRecorded(Event, frozen=True, kw_only=True):
    """Somebody looked at it anew: it stays, and is to be looked at again by `next_at`.

    It counts if `since` and `seen` are as it stood: of two who review at once the first does.
    """

    what: ReviewOf
    about: str
    wearer_id: WearerId
    since: Instant
    seen: int
    """How many reviews it had had."""
    next_at: Instant
    found: str
    at: Instant
    by: AccountId
