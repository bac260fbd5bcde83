"""What an attempt's result makes of an outbox row: delivered, failed, or when to try again.

Pure, so that the line can say it from the journal alone: the sender records what happened, and
the published settings decide what follows.
"""

from enum import StrEnum

import msgspec

from tagwatch.core.ledger import AttemptRecorded, ReceiptRecorded
from tagwatch.core.recorded_delivery import AttemptResult
from tagwatch.core.settings import AlertSettings
from tagwatch.core.units import SECOND, Instant


class NotificationState(StrEnum):
    """State of an outbox row."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    """A carrier has it; its receipt says what becomes of it."""
    DELIVERED = "delivered"
    FAILED = "failed"
    HELD = "held"
    """Restored from a backup: a person must release it."""
    DROPPED = "dropped"


class Settled(msgspec.Struct, frozen=True, kw_only=True):
    """The row after an attempt. Pass `result` on to core.alert.attempted."""

    state: NotificationState
    result: AttemptResult
    next_attempt_at: Instant


def wait_s(attempt: int, settings: AlertSettings) -> int:
    """Return seconds from failed attempt number `attempt` (from 1) to the next one."""
    doubled_s = settings.retry_first_s * 2 ** min(attempt - 1, 20)
    return min(doubled_s, settings.retry_most_s)


def settle_receipt(event: ReceiptRecorded, settings: AlertSettings) -> Settled:
    """Return what a receipt makes of its row: as if the attempt had ended so only now."""
    attempt = AttemptRecorded(
        notification_id=event.notification_id,
        attempt=event.attempt,
        at=event.at,
        result=event.result,
        proof=event.words,
    )
    return settle(attempt, settings)


def settle(event: AttemptRecorded, settings: AlertSettings) -> Settled:
    """Return what `event` makes of its row; the last allowed attempt fails for good."""
    at = event.at
    if event.result is AttemptResult.DELIVERED:
        return Settled(state=NotificationState.DELIVERED, result=event.result, next_attempt_at=at)
    if event.result is AttemptResult.ACCEPTED:
        return Settled(state=NotificationState.ACCEPTED, result=event.result, next_attempt_at=at)
    if event.result is AttemptResult.FAILED or event.attempt >= settings.attempts_most:
        failed = AttemptResult.FAILED
        return Settled(state=NotificationState.FAILED, result=failed, next_attempt_at=at)
    again_at = Instant(at + wait_s(event.attempt, settings) * SECOND)
    return Settled(state=NotificationState.PENDING, result=event.result, next_attempt_at=again_at)
