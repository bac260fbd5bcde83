"""A real mail server, a real webhook endpoint, and an outbox that the line would keep."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from email import message_from_bytes
from email.message import Message as Mail

from aiosmtpd.smtp import SMTP, Envelope, Session

from tagwatch.core.alert import AlertKind
from tagwatch.core.ids import AlertId, ContactId, NotificationId
from tagwatch.core.ledger import AttemptRecorded
from tagwatch.core.outcome import Severity, Stage
from tagwatch.core.person import Channel, Duty
from tagwatch.core.settings import AlertSettings
from tagwatch.core.units import SECOND, Instant
from tagwatch.notify.reason import Reason
from tagwatch.notify.retry import NotificationState, settle
from tagwatch.notify.route import Notification
from tagwatch.notify.sender import Due, Sender


def unused_port() -> int:
    """Return a port of this machine that nobody listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


async def until(true: Callable[[], object], within_s: float = 60.0) -> None:
    """Wait for something that other code brings about."""
    async with asyncio.timeout(within_s):
        while not true():  # noqa: ASYNC110  # what is waited for sets no event
            await asyncio.sleep(0.002)


URL = "https://tagwatch.example.org"
START = Instant(1_700_000_000 * SECOND)


class Postbox:
    """What arrived at the mail server, and how it behaves."""

    def __init__(self) -> None:
        self.mails: list[Mail] = []
        self.answers: list[str] = []
        self.wait_s = 0.0

    async def handle_RCPT(  # noqa: N802  # the library's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address.startswith("unknown"):
            return "550 no such person here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802  # the library's name
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        await asyncio.sleep(self.wait_s)
        if self.answers:
            return self.answers.pop(0)
        self.mails.append(message_from_bytes(envelope.content))
        return "250 taken on"


class Hook:
    """A webhook endpoint: what it got, and what it answers."""

    def __init__(self) -> None:
        self.requests: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[bytes] = []
        self.wait_s = 0.0
        self.url = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in head[1:] if ": " in line)
        exact = dict(line.split(": ", 1) for line in head[1:] if ": " in line)
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        self.requests.append(({k.lower(): v for k, v in exact.items()}, body))
        await asyncio.sleep(self.wait_s)
        status = self.answers.pop(0) if self.answers else b"200 OK"
        writer.write(
            b"HTTP/1.1 " + status + b"\r\ncontent-length: 5\r\nconnection: close\r\n\r\nthere"
        )
        await writer.drain()
        writer.close()


@asynccontextmanager
async def hook() -> AsyncIterator[Hook]:
    end = Hook()
    server = await asyncio.start_server(end.serve, "127.0.0.1", 0)
    end.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/alerts"
    try:
        yield end
    finally:
        server.close()
        await server.wait_closed()


class Line:
    """The outbox rows and the journal of attempts, settled as the line settles them."""

    def __init__(self, rows: Sequence[Notification], clock: Callable[[], Instant]) -> None:
        self.rows = {row.notification_id: row for row in rows}
        self.attempts = {row.notification_id: 0 for row in rows}
        self.next_at = {row.notification_id: row.created_at for row in rows}
        self.state = {row.notification_id: NotificationState.PENDING for row in rows}
        self.journal: list[AttemptRecorded] = []
        self.clock = clock
        self.applies = True
        self.settings = AlertSettings()
        self.looks = 0

    def due(self, now: Instant, most: int, channel: Channel) -> list[Due]:
        self.looks += 1
        return [
            Due(notification=row, attempts=self.attempts[name])
            for name, row in self.rows.items()
            if row.channel is channel
            and self.state[name] is NotificationState.PENDING
            and self.next_at[name] <= now
        ][:most]

    async def post(self, events: Sequence[AttemptRecorded]) -> None:
        self.journal += events
        if self.applies:
            self.apply()

    def apply(self) -> None:
        for event in self.journal:
            if event.attempt != self.attempts[event.notification_id] + 1:
                continue
            settled = settle(event, self.settings)
            self.attempts[event.notification_id] = event.attempt
            self.state[event.notification_id] = settled.state
            self.next_at[event.notification_id] = settled.next_attempt_at


def row(
    name: str = "no_1",
    channel: Channel = Channel.EMAIL,
    address: str = "officer@example.org",
    severity: Severity = Severity.LIFE,
) -> Notification:
    return Notification(
        notification_id=NotificationId(name),
        alert_id=AlertId("al_1"),
        wearer_id=None,
        stage=Stage.POSSIBLE,
        step=0,
        contact_id=ContactId("c1"),
        duty=Duty.POLICE,
        channel=channel,
        address=address,
        severity=severity,
        kind=AlertKind.ZONE_ENTRY,
        reason=Reason.BAIL,
        why="the wearer is on bail",
        sentence="The wearer is possibly inside an exclusion zone.",
        created_at=Instant(1_700_000_000 * SECOND),
    )


class Clock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> Instant:
        return self.now


def sender_of(line: Line, **by: object) -> Sender:
    channels = {Channel(name): carrier for name, carrier in by.items()}
    return Sender(line, channels, line.post, line.clock, URL, poll_s=0.01)


async def drain(sender: Sender, line: Line, attempts: int, within_s: float = 60.0) -> None:
    """Run the sender until the journal holds this many attempts, then stop it cleanly."""
    task = asyncio.create_task(sender.run())
    await until(lambda: len(line.journal) >= attempts or task.done(), within_s)
    sender.stop()
    await task
    assert sender.under_way == 0
