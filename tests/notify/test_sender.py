"""From an outbox row to a real mail server and a real webhook: retries, refusals, crashes."""

import asyncio
import base64
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tagwatch.config import Config, MailTls, SmtpConfig, WebhookConfig
from tagwatch.core.ledger import AttemptRecorded
from tagwatch.core.outcome import Severity
from tagwatch.core.person import Channel
from tagwatch.core.recorded_delivery import AttemptResult
from tagwatch.core.settings import AlertSettings
from tagwatch.core.units import Instant
from tagwatch.notify.carriers import carriers
from tagwatch.notify.channel.carrier import Delivered, NotSetUp, Outcome, Refused, TryAgain
from tagwatch.notify.channel.email import Email
from tagwatch.notify.channel.webhook import Webhook
from tagwatch.notify.message import Message, compose
from tagwatch.notify.retry import NotificationState, settle, wait_s
from tagwatch.notify.sender import Sender
from tagwatch.store.post import PostError
from tests.notify.world import (
    START,
    URL,
    Clock,
    Line,
    Postbox,
    drain,
    row,
    sender_of,
    until,
    unused_port,
)

SECRET = base64.b64encode(b"a secret of the demonstration").decode()


def smtp(port: int, timeout_s: float = 2.0) -> SmtpConfig:
    return SmtpConfig(
        host="127.0.0.1",
        port=port,
        tls=MailTls.NONE,
        sender="Tagwatch <alerts@tagwatch.example.org>",
        timeout_s=timeout_s,
    )


class Scripted:
    """A channel that answers as told; what it carries is counted."""

    most_at_once = 4
    deadline_s = 20.0

    def __init__(self, *outcomes: Outcome | Exception | float) -> None:
        self.outcomes = list(outcomes)
        self.sent: list[Message] = []
        self.at_once = self.most_seen = 0

    async def send(self, message: Message) -> Outcome:
        self.sent.append(message)
        self.at_once += 1
        self.most_seen = max(self.most_seen, self.at_once)
        try:
            outcome = self.outcomes.pop(0) if self.outcomes else Delivered("yes")
            if isinstance(outcome, float):
                await asyncio.sleep(outcome)
                return Delivered("at last")
            if isinstance(outcome, Exception):
                raise outcome
            await asyncio.sleep(0)
            return outcome
        finally:
            self.at_once -= 1

    async def close(self) -> None:
        pass


# --- e-mail ---------------------------------------------------------------------------------


def test_a_mail_arrives_with_the_notifications_id(postbox: tuple[Postbox, int]) -> None:
    box, port = postbox
    line = Line([row()], Clock())
    asyncio.run(drain(sender_of(line, email=Email(smtp(port))), line, 1))
    (mail,) = box.mails
    assert mail["Message-ID"] == "<no_1@tagwatch.example.org>"
    assert mail["To"] == "officer@example.org"
    assert mail["Importance"] == "high"
    assert mail["Subject"].startswith("A LIFE MAY BE AT RISK")
    (event,) = line.journal
    assert event.result is AttemptResult.DELIVERED
    assert "taken on" in event.proof


def test_a_refused_recipient_fails_at_once(postbox: tuple[Postbox, int]) -> None:
    _, port = postbox
    line = Line([row(address="unknown@example.org")], Clock())
    asyncio.run(drain(sender_of(line, email=Email(smtp(port))), line, 1))
    assert line.journal[0].result is AttemptResult.FAILED
    assert "550" in line.journal[0].proof
    assert line.state["no_1"] is NotificationState.FAILED


@pytest.mark.parametrize(
    ("answer", "result"), [("451 later", AttemptResult.RETRY), ("554 never", AttemptResult.FAILED)]
)
def test_the_servers_answer_decides(postbox, answer: str, result: AttemptResult) -> None:
    box, port = postbox
    box.answers = [answer]
    line = Line([row()], Clock())
    asyncio.run(drain(sender_of(line, email=Email(smtp(port))), line, 1))
    assert line.journal[0].result is result


@pytest.mark.parametrize("address", ["nobody", "a@example.org\r\nBcc: b@example.org"])
def test_what_is_no_address_is_refused(address: str) -> None:
    message = compose(row(address=address), URL)
    assert isinstance(asyncio.run(Email(smtp(1)).send(message)), Refused)


def test_a_dead_mail_server_is_tried_again_and_a_slow_one_given_up(postbox) -> None:
    dead = Email(smtp(unused_port()))
    assert isinstance(asyncio.run(dead.send(compose(row(), URL))), TryAgain)
    box, port = postbox
    box.wait_s = 1.0
    slow = Email(smtp(port, timeout_s=0.1))
    assert isinstance(asyncio.run(slow.send(compose(row(), URL))), TryAgain)


def test_a_sender_address_is_needed() -> None:
    with pytest.raises(ValueError, match=r"smtp\.sender"):
        Email(SmtpConfig(host="x"))


def test_routine_mail_is_not_marked_important(postbox) -> None:
    box, port = postbox
    message = compose(row(severity=Severity.ROUTINE), URL)
    asyncio.run(Email(smtp(port)).send(message))
    assert box.mails[0]["Importance"] is None


# --- the sender -----------------------------------------------------------------------------


def test_what_is_not_set_up_is_refused_with_the_reason() -> None:
    made = carriers(Config(data=Path()))
    assert set(made) == set(Channel)
    for channel in (Channel.EMAIL, Channel.WEBHOOK, Channel.GOVUK_NOTIFY, Channel.SMS):
        outcome = asyncio.run(made[channel].send(compose(row(), URL)))
        assert isinstance(outcome, Refused)
    assert isinstance(asyncio.run(made[Channel.IN_APP].send(compose(row(), URL))), Delivered)
    whole = carriers(Config(data=Path(), smtp=smtp(1), webhook=WebhookConfig(secret=SECRET)))
    assert isinstance(whole[Channel.EMAIL], Email)
    assert isinstance(whole[Channel.WEBHOOK], Webhook)
    asyncio.run(whole[Channel.WEBHOOK].close())


def test_retries_follow_the_schedule_and_end() -> None:
    clock = Clock()
    line = Line([row()], clock)
    channel = Scripted(*[TryAgain("not now")] * 99)

    async def go() -> None:
        for attempt in range(1, 13):
            await drain(sender_of(line, email=channel), line, attempt)
            early = len(channel.sent)
            clock.now = Instant(line.next_at["no_1"] - 1)
            await drain(sender_of(line, email=channel), line, attempt, within_s=1)
            assert len(channel.sent) == early
            clock.now = line.next_at["no_1"]

    asyncio.run(go())
    assert line.state["no_1"] is NotificationState.FAILED
    assert len({message.message_id for message in channel.sent}) == 1
    assert [event.attempt for event in line.journal] == list(range(1, 13))


@pytest.mark.parametrize(("attempt", "seconds"), [(1, 5), (2, 10), (6, 160), (7, 300), (99, 300)])
def test_schedule(attempt: int, seconds: int) -> None:
    assert wait_s(attempt, AlertSettings()) == seconds


@pytest.mark.parametrize(("attempt", "state"), [(11, "pending"), (12, "failed"), (13, "failed")])
def test_last_attempt_boundary(attempt: int, state: str) -> None:
    event = AttemptRecorded(
        notification_id="no_1", attempt=attempt, at=START, result=AttemptResult.RETRY, proof=""
    )
    assert settle(event, AlertSettings()).state == state


def looks_of(line: Line, count: int) -> Callable[[], bool]:
    """Say whether the sender has looked into the outbox so often from now on."""
    upto = line.looks + count
    return lambda: line.looks >= upto


def test_one_row_is_not_sent_twice_while_the_line_has_not_applied_it() -> None:
    line = Line([row()], Clock())
    line.applies = False
    channel = Scripted()

    async def go() -> None:
        sender = sender_of(line, email=channel)
        task = asyncio.create_task(sender.run())
        await until(lambda: line.journal)
        await until(looks_of(line, 3))
        assert len(channel.sent) == 1
        line.apply()
        sender.wake()
        await until(looks_of(line, 3))
        sender.stop()
        await task

    asyncio.run(go())
    assert len(channel.sent) == len(line.journal) == 1


def test_a_crash_between_sending_and_recording_sends_again_with_the_same_id(postbox) -> None:
    box, port = postbox
    line = Line([row()], Clock())

    class Crash(RuntimeError):
        pass

    async def lost(events: Sequence[AttemptRecorded]) -> None:
        raise Crash

    async def go() -> None:
        dying = Sender(line, {Channel.EMAIL: Email(smtp(port))}, lost, line.clock, URL, 0.01)
        with pytest.raises(ExceptionGroup) as caught:
            await dying.run()
        assert caught.group_contains(Crash)
        await drain(sender_of(line, email=Email(smtp(port))), line, 1)

    asyncio.run(go())
    assert [mail["Message-ID"] for mail in box.mails] == ["<no_1@tagwatch.example.org>"] * 2


def test_while_the_journal_is_away_the_attempt_is_kept_and_not_repeated() -> None:
    line = Line([row()], Clock())
    channel = Scripted()
    away = 3

    async def post(events: Sequence[AttemptRecorded]) -> None:
        nonlocal away
        if away:
            away -= 1
            raise PostError("the receiver is not there")
        await line.post(events)

    async def go() -> None:
        sender = Sender(line, {Channel.EMAIL: channel}, post, line.clock, URL, 0.01)
        await drain(sender, line, 1)

    asyncio.run(go())
    assert len(channel.sent) == len(line.journal) == 1


def test_stopping_while_the_journal_is_away_ends_and_the_next_start_sends_again() -> None:
    line = Line([row()], Clock())
    channel = Scripted()

    async def never(events: Sequence[AttemptRecorded]) -> None:
        raise PostError("the receiver is not there")

    async def go() -> None:
        sender = Sender(line, {Channel.EMAIL: channel}, never, line.clock, URL, 0.01)
        task = asyncio.create_task(sender.run())
        await until(lambda: channel.sent)
        sender.stop()
        await asyncio.wait_for(task, 30)
        await drain(sender_of(line, email=channel), line, 1)

    asyncio.run(go())
    assert [message.message_id for message in channel.sent] == ["no_1", "no_1"]


def test_a_hanging_or_broken_channel_is_tried_again_and_delays_no_other() -> None:
    rows = [row(f"no_{n}") for n in range(20)]
    rows += [row(f"in_{n}", Channel.IN_APP) for n in range(30)]
    line = Line(rows, Clock())
    hanging = Scripted(*[9.0] * 2, RuntimeError("bug"), *[9.0] * 17)
    hanging.deadline_s = 0.2
    other = Scripted()

    async def go() -> None:
        sender = sender_of(line, email=hanging, in_app=other)
        task = asyncio.create_task(sender.run())
        await until(lambda: len(other.sent) >= 30)
        assert len(hanging.sent) <= 8  # all others were carried meanwhile
        await until(lambda: len(line.journal) >= 50)
        sender.stop()
        await task

    asyncio.run(go())
    assert hanging.most_seen == hanging.most_at_once
    late = [event for event in line.journal if event.result is AttemptResult.RETRY]
    assert len(late) == 20
    assert {event.proof for event in late} == {
        "no answer within 0.2 s",
        "the channel failed: RuntimeError: bug",
    }


def test_lives_first() -> None:
    rows = [row(f"no_{n}", severity=Severity.ROUTINE) for n in range(3)] + [row("no_life")]
    line = Line(rows, Clock())
    channel = Scripted()
    asyncio.run(drain(sender_of(line, email=channel), line, 4))
    assert channel.sent[0].message_id == "no_life"


def test_a_refusal_says_what_to_set() -> None:
    line = Line([row()], Clock())
    asyncio.run(drain(sender_of(line, email=NotSetUp("set smtp.host")), line, 1))
    assert line.journal[0].proof == "set smtp.host"
