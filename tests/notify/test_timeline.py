"""From an alert to phones, on a clock: who is told when, until somebody answers."""

import asyncio

import msgspec

from tagwatch.config import MailTls, SmtpConfig
from tagwatch.core.acts import acknowledge
from tagwatch.core.alert import Alert, AlertChange, AlertKind, Context, ServiceFact
from tagwatch.core.alert_clock import attempted, escalate
from tagwatch.core.ids import AccountId, ContactId, PersonId, WearerId
from tagwatch.core.ledger import AlertAcknowledged
from tagwatch.core.order import LegalBasis
from tagwatch.core.outcome import AlertState, Phase
from tagwatch.core.person import Channel, Contact, Duty
from tagwatch.core.raising import from_service_fact
from tagwatch.core.settings import AlertSettings
from tagwatch.core.units import MINUTE, SECOND, Instant
from tagwatch.notify.channel.email import Email
from tagwatch.notify.retry import settle
from tagwatch.notify.route import Parties, route
from tagwatch.notify.sender import Sender
from tests.notify.world import Line, Postbox, until

SETTINGS = AlertSettings()
START = Instant(1_700_000_000 * SECOND)
STRAP = ServiceFact(
    cause="ep_1",
    kind=AlertKind.STRAP,
    phase=Phase.OPEN,
    happened_at=START,
    wearer_id=WearerId("w1"),
)


def contact(name: str, duty: Duty, rank: int = 1, address: str | None = None) -> Contact:
    return Contact(
        contact_id=ContactId(name),
        label=name,
        duty=duty,
        rank=rank,
        channel=Channel.EMAIL,
        address=address or f"{name}@example.org",
    )


class Phones:
    """The line's part of the work, in small: alert, outbox, sender, mail server, clock."""

    def __init__(self, postbox: tuple[Postbox, int], *contacts: Contact) -> None:
        self.box, port = postbox
        self.now = START
        self.parties = Parties(contacts=contacts, legal_bases=(LegalBasis.BAIL,))
        self.line = Line([], lambda: self.now)
        smtp = SmtpConfig(
            host="127.0.0.1", port=port, tls=MailTls.NONE, sender="a@tagwatch.example.org"
        )
        self.carriers = {Channel.EMAIL: Email(smtp)}
        self.applied = 0
        (change,) = from_service_fact(None, STRAP, Context(now=START, protects=(PersonId("p"),)))
        self.alert: Alert = change.alert
        self.take((change,))

    def take(self, changes: tuple[AlertChange, ...]) -> None:
        for change in changes:
            self.alert = change.alert
            if change.stage is None:
                continue
            for row in route(self.alert, change.stage, self.parties, self.now).notifications:
                fresh = Line([row], lambda: self.now)
                for name in ("rows", "attempts", "next_at", "state"):
                    getattr(self.line, name).update(getattr(fresh, name))

    def at(self, minutes: float) -> set[str]:
        """Go on to this minute, tick, send, and return who got mail since the last call."""
        self.now = Instant(START + round(minutes * MINUTE))
        before = len(self.box.mails)
        self.take(escalate(self.alert, self.now, SETTINGS))
        asyncio.run(self._send())
        return {mail["To"].partition("@")[0] for mail in self.box.mails[before:]}

    async def _send(self) -> None:
        sender = Sender(
            self.line, self.carriers, self.line.post, lambda: self.now, "https://t", 0.01
        )
        task = asyncio.create_task(sender.run())
        await until(self._settled)
        sender.stop()
        await task

    def _settled(self) -> bool:
        for event in self.line.journal[self.applied :]:
            self.applied += 1
            step = self.line.rows[event.notification_id].step
            result = settle(event, SETTINGS).result
            self.take(attempted(self.alert, result, step, self.now, SETTINGS))
        return not self.line.due(self.now, 1, Channel.EMAIL)


def test_nobody_answers_then_somebody_does(postbox: tuple[Postbox, int]) -> None:
    phones = Phones(
        postbox,
        contact("first", Duty.POLICE),
        contact("second", Duty.POLICE, 2),
        contact("centre", Duty.MONITORING),
    )
    assert phones.at(0) == {"first", "centre"}
    assert phones.alert.state is AlertState.NOTIFIED
    assert phones.at(3.99) == set()
    assert phones.at(4) == {"second", "centre"}
    assert phones.at(7.99) == set()
    assert phones.at(8) == {"first", "second", "centre"}  # beyond the last rank: everybody
    act = AlertAcknowledged(alert_id=phones.alert.alert_id, at=phones.now, by=AccountId("officer"))
    phones.take((acknowledge(phones.alert, act, SETTINGS),))
    for minute in (12, 60, 600):
        assert phones.at(minute) == set()


def test_a_refused_first_rank_is_no_lost_time(postbox: tuple[Postbox, int]) -> None:
    phones = Phones(
        postbox,
        contact("first", Duty.POLICE, 1, "unknown@example.org"),
        contact("second", Duty.POLICE, 2),
        contact("centre", Duty.MONITORING),
    )
    assert phones.at(0) >= {"second", "centre"}
    assert phones.alert.step >= 1


def test_when_everybody_is_refused_the_clock_goes_on(postbox: tuple[Postbox, int]) -> None:
    phones = Phones(postbox, contact("first", Duty.POLICE, 1, "unknown@example.org"))
    assert phones.at(0) == set()
    step = phones.alert.step
    assert step == SETTINGS.refused_at_once_most
    assert phones.alert.state is AlertState.RAISED
    assert phones.at(4) == set()
    assert phones.alert.step == step + 1
    phones.parties = msgspec.structs.replace(
        phones.parties, contacts=(contact("found", Duty.POLICE),)
    )
    assert phones.at(60) == {"found"}
