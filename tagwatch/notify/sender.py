"""Drain the outbox: carry what is due, once at a time a row, and record each attempt.

The line's tables say what is due; the sender writes none of them. It posts `AttemptRecorded` to
the journal, and the line, reading it, settles the row (`notify.retry`). Until it has, the sender
remembers what it did. A crash between sending and recording sends again, with the same id.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from typing import Final, Protocol

import msgspec

from tagwatch.core.ids import NotificationId
from tagwatch.core.ledger import AttemptRecorded
from tagwatch.core.outcome import Severity
from tagwatch.core.person import Channel
from tagwatch.core.recorded_delivery import AttemptResult
from tagwatch.core.units import Instant
from tagwatch.notify.answer import AnswerLinks
from tagwatch.notify.channel.carrier import (
    Accepted,
    Carrier,
    Delivered,
    Outcome,
    Refused,
    TryAgain,
)
from tagwatch.notify.message import compose
from tagwatch.notify.route import Notification
from tagwatch.store.post import PostError

MOST_PROOF: Final = 500
_ORDER: Final = {Severity.LIFE: 0, Severity.URGENT: 1, Severity.ROUTINE: 2}
_RESULT: Final = {
    Delivered: AttemptResult.DELIVERED,
    Accepted: AttemptResult.ACCEPTED,
    TryAgain: AttemptResult.RETRY,
    Refused: AttemptResult.FAILED,
}


class Due(msgspec.Struct, frozen=True, kw_only=True):
    """One outbox row whose time has come."""

    notification: Notification
    attempts: int
    """Attempts that the line has applied."""


class Outbox(Protocol):
    """What the sender needs of the store."""

    def due(self, now: Instant, most: int, channel: Channel) -> Sequence[Due]:
        """Return at most `most` pending rows of `channel` with next_attempt_at <= now, most
        severe first, then oldest; none that a replay or a restore wrote.
        """
        ...


class Sender:
    """The third loop. `wake` after each transaction with outbox rows; it also looks by itself."""

    def __init__(
        self,
        outbox: Outbox,
        carriers: Mapping[Channel, Carrier],
        post: Callable[[Sequence[AttemptRecorded]], Awaitable[object]],
        clock: Callable[[], Instant],
        public_url: str,
        poll_s: float = 1.0,
        links: AnswerLinks | None = None,
    ) -> None:
        """`post` returns when the events are durable in the journal; it may raise PostError."""
        self._outbox = outbox
        self._carriers = carriers
        self._post = post
        self._clock = clock
        self._public_url = public_url
        self._poll_s = poll_s
        self._links = links
        self._wake = asyncio.Event()
        self._stopping = False
        self._under_way: dict[NotificationId, Channel] = {}
        self._attempted: dict[Channel, dict[NotificationId, int]] = {}
        """Recorded, and not yet applied by the line; at most the rows that are due."""

    def wake(self) -> None:
        """Look for due rows now."""
        self._wake.set()

    def stop(self) -> None:
        """Begin no more attempts; `run` returns when those under way have ended."""
        self._stopping = True
        self._wake.set()

    @property
    def under_way(self) -> int:
        """Attempts begun and not yet recorded."""
        return len(self._under_way)

    async def run(self) -> None:
        """Send until `stop`. Raises what the outbox or the journal raise for good."""
        async with asyncio.TaskGroup() as tasks:
            while not self._stopping:
                self._wake.clear()
                for row in self._next():
                    tasks.create_task(self._attempt(row))
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._poll_s):
                        await self._wake.wait()
        for carrier in self._carriers.values():
            await carrier.close()

    def _next(self) -> list[Due]:
        """Return rows to begin now, and note them as under way. A slow channel delays no other."""
        now = self._clock()
        busy = Counter(self._under_way.values())
        begun: list[Due] = []
        for channel, carrier in self._carriers.items():
            free = carrier.most_at_once - busy[channel]
            if free <= 0:
                continue
            attempted = self._attempted.setdefault(channel, {})
            most = free + busy[channel] + len(attempted)
            due = self._outbox.due(now, most, channel)
            _forget_applied(attempted, due, complete=len(due) < most)
            rows = [row for row in due if self._may(row, attempted)]
            rows.sort(key=lambda row: _ORDER[row.notification.severity])
            for row in rows[:free]:
                self._under_way[row.notification.notification_id] = channel
                begun.append(row)
        return begun

    def _may(self, row: Due, attempted: dict[NotificationId, int]) -> bool:
        """Return whether the row's next attempt neither runs nor has been made."""
        name = row.notification.notification_id
        return name not in self._under_way and name not in attempted

    async def _attempt(self, row: Due) -> None:
        notification = row.notification
        name = notification.notification_id
        attempt = row.attempts + 1
        try:
            outcome = await self._carry(notification, attempt)
            told = isinstance(outcome, Delivered | Accepted)
            words = outcome.proof if told else outcome.words
            recorded = await self._record(
                AttemptRecorded(
                    notification_id=name,
                    attempt=attempt,
                    at=self._clock(),
                    result=_RESULT[type(outcome)],
                    proof=words[:MOST_PROOF],
                    reference=outcome.reference if isinstance(outcome, Accepted) else "",
                )
            )
            if recorded:
                self._attempted[notification.channel][name] = attempt
        finally:
            del self._under_way[name]
            self._wake.set()

    async def _carry(self, notification: Notification, attempt: int) -> Outcome:
        carrier = self._carriers[notification.channel]
        message = compose(notification, self._public_url, self._links, attempt)
        try:
            async with asyncio.timeout(carrier.deadline_s):
                return await carrier.send(message)
        except TimeoutError:
            return TryAgain(f"no answer within {carrier.deadline_s:g} s")
        except Exception as error:  # noqa: BLE001  # one channel's fault must not stop the others
            return TryAgain(f"the channel failed: {type(error).__name__}: {error}")

    async def _record(self, event: AttemptRecorded) -> bool:
        """Journal the attempt; try until it is durable, or give it up (and send again) at stop."""
        while True:
            try:
                await self._post((event,))
            except PostError:
                if self._stopping:
                    return False
                await asyncio.sleep(self._poll_s)
            else:
                return True


def _forget_applied(
    attempted: dict[NotificationId, int], due: Sequence[Due], *, complete: bool
) -> None:
    """Drop from `attempted` what the line has applied: its count rose, or it is due no more."""
    counts = {row.notification.notification_id: row.attempts for row in due}
    for name, made in list(attempted.items()):
        if counts[name] >= made if name in counts else complete:
            del attempted[name]
