"""Receipts: what carriers say later of messages they accepted, by callback or when asked.

Our own reference goes out with each attempt and comes back in the callback; of what a carrier says
only that and the status are kept, never the address.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from typing import Final, NamedTuple, Protocol

from tagwatch.core.ids import NotificationId
from tagwatch.core.ledger import ReceiptRecorded
from tagwatch.core.person import Channel
from tagwatch.core.recorded_delivery import AttemptResult
from tagwatch.core.units import HOUR, Instant
from tagwatch.notify.channel.carrier import Carrier, Delivered, Receipt, Refused, Tracks, TryAgain
from tagwatch.store.post import PostError

ASKED_FOR: Final = 76 * HOUR
"""GOV.UK Notify says within 72 hours what became of a message; then it is asked no more."""
MOST_AT_ONCE: Final = 50
_REFERENCE: Final = re.compile(r"(no_[0-9a-f]{20})\.([1-9][0-9]{0,3})")
_RESULTS: Final = {
    Delivered: AttemptResult.DELIVERED,
    TryAgain: AttemptResult.RETRY,
    Refused: AttemptResult.FAILED,
}


class Waiting(NamedTuple):
    """An attempt that a carrier accepted."""

    notification_id: NotificationId
    attempt: int
    reference: str
    """The carrier's id of it."""


class Accepting(Protocol):
    """What asking for receipts needs of the store."""

    def accepted(self, channel: Channel, since: Instant, most: int) -> Sequence[Waiting]:
        """Return accepted attempts of a channel without a receipt."""
        ...


Post = Callable[[Sequence[ReceiptRecorded]], Awaitable[object]]


def reference_of(notification_id: NotificationId, attempt: int) -> str:
    """Return what is sent with an attempt and comes back with its receipt."""
    return f"{notification_id}.{attempt}"


def read_reference(text: str) -> tuple[NotificationId, int] | None:
    """Return which attempt a receipt is of, None if the text is none of ours."""
    found = _REFERENCE.fullmatch(text)
    return None if found is None else (NotificationId(found[1]), int(found[2]))


def receipt_event(
    notification_id: NotificationId, attempt: int, receipt: Receipt, at: Instant
) -> ReceiptRecorded:
    """Return what is journaled of a receipt."""
    words = receipt.proof if isinstance(receipt, Delivered) else receipt.words
    return ReceiptRecorded(
        notification_id=notification_id,
        attempt=attempt,
        at=at,
        result=_RESULTS[type(receipt)],
        words=words[:500],
    )


async def ask_for_receipts(
    outbox: Accepting,
    carriers: Mapping[Channel, Carrier],
    post: Post,
    clock: Callable[[], Instant],
    every_s: float = 20.0,
) -> None:
    """Ask carriers what became of what they accepted, until cancelled."""
    while True:
        await asyncio.sleep(every_s)
        for channel, carrier in carriers.items():
            if isinstance(carrier, Tracks):
                await ask_once(outbox, channel, carrier, post, clock)


async def ask_once(
    outbox: Accepting, channel: Channel, carrier: Tracks, post: Post, clock: Callable[[], Instant]
) -> int:
    """Ask once for each message of a channel that waits; returns how many receipts there were."""
    waiting = outbox.accepted(channel, Instant(clock() - ASKED_FOR), MOST_AT_ONCE)
    found: list[ReceiptRecorded] = []
    for one in waiting:
        receipt = await carrier.receipt(one.reference)
        if receipt is not None:
            found.append(receipt_event(one.notification_id, one.attempt, receipt, clock()))
    if found:
        with suppress(PostError):  # the receiver is away: they are asked for again
            await post(found)
    return len(found)
