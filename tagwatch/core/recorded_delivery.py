"""What became of messages, as the journal keeps it. See `ledger`."""

from enum import StrEnum

from tagwatch.core.event import Event
from tagwatch.core.ids import NotificationId
from tagwatch.core.units import Instant


class AttemptResult(StrEnum):
    """How one attempt to deliver ended."""

    DELIVERED = "delivered"
    ACCEPTED = "accepted"
    """A carrier took it on and will say later what became of it: that is no delivery."""
    RETRY = "retry"
    FAILED = "failed"


class AttemptRecorded(Event, frozen=True, kw_only=True):
    """One attempt to deliver a notification, with the other side's words as proof."""

    notification_id: NotificationId
    attempt: int
    at: Instant
    result: AttemptResult
    proof: str
    reference: str = ""
    """The carrier's own id of an accepted message."""


class ReceiptRecorded(Event, frozen=True, kw_only=True):
    """A carrier said what became of a message that it had accepted."""

    notification_id: NotificationId
    attempt: int
    at: Instant
    result: AttemptResult
    words: str


class LinkAnswered(Event, frozen=True, kw_only=True):
    """Somebody without a sign-in took the alert on by the link in his message."""

    notification_id: NotificationId
    at: Instant
