"""The watcher of the line: it runs in another process than the line and says when that ails.

What it finds is posted as `HeartbeatMissed`, and the line makes alerts of it like of anything
else. Two things do not go through the line, because they are for when it is dead: a request to
an outside address, which alarms when the requests stop, and a mail straight to the technical
contacts. These mails are the one documented exception to the outbox; each is posted as an event.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from typing import Final

import httpx
import msgspec

from tagwatch.config import WatchConfig
from tagwatch.core.alert import AlertKind, reference
from tagwatch.core.ids import AlertId, NotificationId, derived_id
from tagwatch.core.ledger import HeartbeatMissed
from tagwatch.core.outcome import Severity, Stage
from tagwatch.core.recorded_service import PartState
from tagwatch.core.units import MINUTE, SECOND, Instant
from tagwatch.notify.channel.carrier import Carrier, Delivered
from tagwatch.notify.message import Message
from tagwatch.store.post import PostError

LINE: Final = "line"
SENDER: Final = "sender"
DISK: Final = "disk"
CLOCK: Final = "clock"
JOURNAL: Final = "journal"
HEARTBEAT: Final = "heartbeat"


class Observation(msgspec.Struct, frozen=True, kw_only=True):
    """What the watcher reads of the installation at one moment."""

    at: Instant
    monotonic_us: int
    head_seq: int
    applied_seq: int
    applied_at: Instant | None
    """received_at of the last record that the line applied; None before any."""
    pending: int
    """Notifications due and not delivered."""
    oldest_due_at: Instant | None
    disk_free_bytes: int
    starts: Mapping[str, int]
    """Process → how often it started within the last hour."""
    fault: str = ""
    """Why the tables could not be read, if they could not: then the line counts as dead."""


class WatchLimits(msgspec.Struct, frozen=True, kw_only=True):
    """When a part ails. They raise alerts about the installation and alter no decision."""

    lag_s: int = 30
    """The line's last applied record is older than this while newer ones wait."""
    sender_age_s: int = 120
    """A notification is due for longer than this."""
    sender_pending: int = 2000
    starts_per_hour: int = 3
    """A process that started more often than this keeps dying."""
    clock_step_s: int = 2
    disk_free_bytes: int = 2 << 30
    dead_after_s: int = 60
    """The line or the journal ails for this long: the technical contacts are mailed directly."""
    mail_again_s: int = 3600


class Watched(msgspec.Struct, frozen=True, kw_only=True):
    """The watcher's memory."""

    ailing_since: Mapping[str, Instant] = msgspec.field(default_factory=dict[str, Instant])
    known: frozenset[str] = frozenset()
    """Parts whose state has been posted; the first state is always posted."""
    last: Observation | None = None
    mailed_at: Instant | None = None


def judge(
    watched: Watched, seen: Observation, limits: WatchLimits
) -> tuple[Watched, tuple[HeartbeatMissed, ...]]:
    """Return the memory and the events of what `seen` changes. Pure."""
    events: list[HeartbeatMissed] = []
    for part, words in _ailments(watched.last, seen, limits).items():
        watched, changed = note(watched, part, words, seen.at)
        events += changed
    return msgspec.structs.replace(watched, last=seen), tuple(events)


def note(
    watched: Watched, part: str, words: str | None, at: Instant
) -> tuple[Watched, tuple[HeartbeatMissed, ...]]:
    """Return the memory and the event, if any, of one part's state; `words` None is healthy."""
    was = part in watched.ailing_since
    if part in watched.known and was is (words is not None):
        return watched, ()
    since = dict(watched.ailing_since)
    since.pop(part, None)
    if words is not None:
        since[part] = at
    state = PartState.HEALTHY if words is None else PartState.AILING
    event = HeartbeatMissed(part=part, at=at, state=state, words=words or "well")
    known = watched.known | {part}
    return msgspec.structs.replace(watched, ailing_since=since, known=known), (event,)


def dead_since(watched: Watched) -> Instant | None:
    """Return since when the line or the journal ails, so that alerts may reach nobody."""
    since = [at for part, at in watched.ailing_since.items() if part in (LINE, JOURNAL)]
    return min(since) if since else None


def _ailments(
    last: Observation | None, seen: Observation, limits: WatchLimits
) -> dict[str, str | None]:
    found: dict[str, str | None] = {
        LINE: _lag(last, seen, limits),
        SENDER: _backlog(seen, limits),
        DISK: None,
        CLOCK: _clock(last, seen, limits),
    }
    if seen.disk_free_bytes < limits.disk_free_bytes:
        found[DISK] = f"{seen.disk_free_bytes >> 20} MiB are free, fewer than allowed"
    for process, starts in sorted(seen.starts.items()):
        often = starts > limits.starts_per_hour
        found[f"process {process}"] = f"started {starts} times in an hour" if often else None
    return found


def _lag(last: Observation | None, seen: Observation, limits: WatchLimits) -> str | None:
    if seen.fault:
        return f"the tables cannot be read: {seen.fault}"
    behind = seen.head_seq - seen.applied_seq
    if seen.applied_at is not None and behind > 0:
        lag_s = (seen.at - seen.applied_at) // SECOND
        if lag_s > limits.lag_s:
            return f"the line is {lag_s} s and {behind} records behind"
    if last is not None and behind > 0 and seen.applied_at is None and last.applied_at is None:
        return f"the line has applied none of {behind} records"
    return None


def _backlog(seen: Observation, limits: WatchLimits) -> str | None:
    if seen.pending > limits.sender_pending:
        return f"{seen.pending} notifications wait"
    if seen.oldest_due_at is None:
        return None
    age_s = (seen.at - seen.oldest_due_at) // SECOND
    return f"a notification waits for {age_s} s" if age_s > limits.sender_age_s else None


def _clock(last: Observation | None, seen: Observation, limits: WatchLimits) -> str | None:
    if last is None or seen.monotonic_us < last.monotonic_us:
        return None
    stepped_us = (seen.at - last.at) - (seen.monotonic_us - last.monotonic_us)
    if abs(stepped_us) <= limits.clock_step_s * SECOND:
        return None
    return f"the clock stepped by {stepped_us / SECOND:+.0f} s"


class Watcher:
    """The loop: observe, judge, post, beat outwards, and mail directly when the line is dead."""

    def __init__(
        self,
        observe: Callable[[], Observation],
        post: Callable[[Sequence[HeartbeatMissed]], Awaitable[object]],
        config: WatchConfig,
        mail: Carrier | None = None,
        technical: Sequence[str] = (),
        limits: WatchLimits | None = None,
        every_s: float = 10.0,
    ) -> None:
        """`observe` raises nothing: what it cannot read is its `fault`.

        `technical` are e-mail addresses for when the line is dead; `mail` carries to them.
        """
        self._observe = observe
        self._post = post
        self._config = config
        self._mail = mail
        self._technical = tuple(technical)
        self._limits = limits or WatchLimits(disk_free_bytes=config.disk_free_bytes)
        self._every_s = every_s
        self._stopping = asyncio.Event()
        self._unposted: tuple[HeartbeatMissed, ...] = ()
        self._beat_us: int | None = None
        self.watched = Watched()

    def stop(self) -> None:
        """Let `run` return."""
        self._stopping.set()

    async def run(self) -> None:
        """Watch until `stop`."""
        timeout_s = min(10.0, self._every_s)
        async with httpx.AsyncClient(timeout=timeout_s, follow_redirects=False) as client:
            while not self._stopping.is_set():
                await self.look(client)
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._every_s):
                        await self._stopping.wait()

    async def look(self, client: httpx.AsyncClient) -> None:
        """Do one round."""
        seen = self._observe()
        self.watched, events = judge(self.watched, seen, self._limits)
        self._unposted = (*self._unposted, *events)[-100:]
        await self._beat(client, seen)
        await self._tell(seen.at)
        await self._mail_technical(seen.at)

    async def _tell(self, at: Instant) -> None:
        """Post what is unposted. A journal that does not take it is itself an ailing part."""
        words = None
        try:
            if self._unposted:
                await self._post(self._unposted)
        except PostError as error:
            words = f"the journal takes nothing: {error}"
        else:
            self._unposted = ()
        self.watched, events = note(self.watched, JOURNAL, words, at)
        self._unposted = (*self._unposted, *events)[-100:]

    async def _beat(self, client: httpx.AsyncClient, seen: Observation) -> None:
        """Ask the outside address, only while line and journal are well: its silence alarms."""
        url = self._config.heartbeat_url
        due_us = seen.monotonic_us - self._config.heartbeat_s * SECOND
        waits = self._beat_us is not None and due_us < self._beat_us
        if not url or waits or dead_since(self.watched) is not None:
            return
        words = None
        try:
            answer = await client.get(url)
            if not answer.is_success:
                words = f"the outside watcher answers {answer.status_code}"
        except httpx.HTTPError as error:
            words = f"the outside watcher is not reached: {type(error).__name__}"
        self._beat_us = seen.monotonic_us
        self.watched, events = note(self.watched, HEARTBEAT, words, seen.at)
        self._unposted = (*self._unposted, *events)[-100:]

    async def _mail_technical(self, at: Instant) -> None:
        since = dead_since(self.watched)
        if since is None or self._mail is None or at - since < self._limits.dead_after_s * SECOND:
            return
        mailed = self.watched.mailed_at
        if mailed is not None and since <= mailed > at - self._limits.mail_again_s * SECOND:
            return
        outcomes = [await self._mail.send(_words(to, since, at)) for to in self._technical]
        told = sum(isinstance(outcome, Delivered) for outcome in outcomes)
        if not told:
            return  # tried again in the next round
        self.watched = msgspec.structs.replace(self.watched, mailed_at=at)
        words = f"the line is dead; {told} of {len(outcomes)} technical contacts mailed directly"
        event = HeartbeatMissed(part=LINE, at=at, state=PartState.AILING, words=words)
        self._unposted = (*self._unposted, event)[-100:]


def _words(address: str, since: Instant, at: Instant) -> Message:
    code = reference(AlertId(derived_id("al", "line", since)))
    minutes = (at - since) // MINUTE
    return Message(
        message_id=NotificationId(derived_id("no", "watch", since, at, address)),
        address=address,
        subject=f"A LIFE MAY BE AT RISK: {code}, the line stands still",
        text=(
            f"The monitoring installation has decided nothing for {minutes} min: alerts reach "
            "nobody until it runs again.\n\nLook at the machine and at `tagwatch status` now, and "
            "tell the monitoring centre to watch by other means.\n\n"
            "Why you were told: the installation is in your charge (installation).\n"
        ),
        code=code,
        link="",
        severity=Severity.LIFE,
        stage=Stage.FACT,
        kind=AlertKind.WATCH,
        why="the installation is in your charge",
        short=f"A LIFE MAY BE AT RISK: {code}, the line stands still. Look at the machine now.",
    )
