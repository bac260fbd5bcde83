"""What became of messages: attempts, carriers' receipts, answers by link, what a restore held."""

from typing import Any, Final

import msgspec

from tagwatch.core import acts, ledger
from tagwatch.core.alert import AlertChange
from tagwatch.core.alert_clock import attempted
from tagwatch.core.ids import AccountId, NotificationId
from tagwatch.core.ledger import Event
from tagwatch.core.outcome import Stage
from tagwatch.core.recorded_act import Release
from tagwatch.core.recorded_delivery import AttemptResult
from tagwatch.core.units import Instant
from tagwatch.notify.retry import NotificationState, Settled, settle, settle_receipt
from tagwatch.pipeline.not_told import notice_settled
from tagwatch.pipeline.step import Step
from tagwatch.store import schema
from tagwatch.store.state import LineState

_ABOUT_NO_ALERT: Final = frozenset({Stage.TEST, Stage.NOTICE})
_OVER: Final = frozenset({NotificationState.DELIVERED, NotificationState.DROPPED})


def delivery(step: Step, event: Event, state: LineState) -> tuple[AlertChange, ...]:
    """Settle the outbox after `event`; returns what that does to the alert."""
    if isinstance(event, ledger.AttemptRecorded):
        return _attempt(step, event, state)
    if isinstance(event, ledger.ReceiptRecorded):
        return _receipt(step, event, state)
    if isinstance(event, ledger.LinkAnswered):
        return _answered(step, event, state)
    if isinstance(event, ledger.OutboxReleased):
        _release_outbox(step, event, state)
    return ()


def _attempt(
    step: Step, event: ledger.AttemptRecorded, state: LineState
) -> tuple[AlertChange, ...]:
    row = state.outbox.row(event.notification_id)
    if row is None:
        step.writes.count("attempts_on_erased")
        return ()
    settled = settle(event, state.settings_at(step.received_at).alert)
    step.writes.put(
        schema.attempt,
        {
            "notification_id": event.notification_id,
            "attempt": event.attempt,
            "at": event.at,
            "result": event.result.value,
            "proof": event.proof,
            "reference": event.reference,
        },
    )
    row = row | {"attempts": max(row["attempts"], event.attempt)}
    return _settled(step, row, settled, event.at, state)


def _receipt(
    step: Step, event: ledger.ReceiptRecorded, state: LineState
) -> tuple[AlertChange, ...]:
    """Take a carrier's word for its newest attempt; of an older one it is kept and changes nothing.

    The same word twice (a callback and a look) changes nothing either.
    """
    row = state.outbox.row(event.notification_id)
    if row is None:
        step.writes.count("receipts_on_erased")
        return ()
    step.writes.put(
        schema.receipt,
        {
            "seq": step.seq,
            "notification_id": event.notification_id,
            "attempt": event.attempt,
            "at": event.at,
            "result": event.result.value,
            "words": event.words,
        },
    )
    late_success = event.result is AttemptResult.DELIVERED and row["state"] not in _OVER
    waits = row["state"] == NotificationState.ACCEPTED and event.attempt == row["attempts"]
    if not waits and not late_success:
        return ()
    settled = settle_receipt(event, state.settings_at(step.received_at).alert)
    return _settled(step, row, settled, event.at, state)


def _settled(
    step: Step, row: dict[str, Any], settled: Settled, at: Instant, state: LineState
) -> tuple[AlertChange, ...]:
    before = row["state"]
    if before not in _OVER:
        row = row | {"state": settled.state.value, "next_attempt_at": settled.next_attempt_at}
    if settled.state is NotificationState.PENDING and step.seq <= state.installation.held_upto:
        row |= {"state": NotificationState.HELD.value}
    state.outbox.put(row, step.writes)
    if row["stage"] == Stage.NOTICE and row["state"] != before:
        notice_settled(step, row, state)
    if row["stage"] in _ABOUT_NO_ALERT:
        return ()
    stored = state.book.alert(row["alert_id"])
    if stored is None:
        name: NotificationId = row["notification_id"]
        raise ValueError(f"notification {name} is of no alert that was raised")
    asked_step = int(msgspec.json.decode(row["body"])["step"])
    settings = state.settings_at(step.received_at).alert
    return attempted(stored, settled.result, asked_step, at, settings)


def _answered(step: Step, event: ledger.LinkAnswered, state: LineState) -> tuple[AlertChange, ...]:
    """Take the alert on for the contact; a link that was used once does nothing more."""
    row = state.outbox.row(event.notification_id)
    if row is None or row["answered_at"] is not None:
        step.writes.count("links_used_again")
        return ()
    state.outbox.put(row | {"answered_at": event.at}, step.writes)
    stored = state.book.alert(row["alert_id"])
    if stored is None or row["stage"] in _ABOUT_NO_ALERT:
        return ()
    by = AccountId(row["contact_id"])
    act = ledger.AlertAcknowledged(alert_id=stored.alert_id, at=event.at, by=by)
    return (acts.acknowledge(stored, act, state.settings_at(event.at).alert),)


def _release_outbox(step: Step, event: ledger.OutboxReleased, state: LineState) -> None:
    """Let go out, or drop, what a rebuild or a restore held back; its own replay drops only."""
    sends = event.release is Release.SEND
    if sends and step.seq <= state.installation.held_upto:
        return
    after = NotificationState.PENDING if sends else NotificationState.DROPPED
    for row in state.outbox.held():
        state.outbox.put(row | {"state": after.value, "next_attempt_at": event.at}, step.writes)
