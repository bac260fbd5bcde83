"""GOV.UK Notify and a plain gateway, each against a local server that speaks its API."""

import asyncio
import time
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest

from tagwatch.config import NotifyConfig, SmsConfig
from tagwatch.core.ids import NotificationId
from tagwatch.core.ledger import ReceiptRecorded
from tagwatch.core.outcome import Severity, Stage
from tagwatch.core.person import Channel
from tagwatch.core.recorded_delivery import AttemptResult
from tagwatch.notify.answer import AnswerLinks
from tagwatch.notify.channel.carrier import Accepted, Delivered, Outcome, Refused, TryAgain
from tagwatch.notify.channel.govuk_notify import GovukNotify
from tagwatch.notify.channel.govuk_notify import receipt_of as notify_receipt
from tagwatch.notify.channel.sms import Sms
from tagwatch.notify.message import Message, compose
from tagwatch.notify.receipt import Waiting, ask_once, read_reference, reference_of
from tests.notify.text_world import (
    API_KEY,
    EMAIL_TEMPLATE,
    SMS_TEMPLATE,
    Answer,
    Gateway,
    Notify,
    error,
    running,
)
from tests.notify.world import START, URL, row

NAME = NotificationId("no_" + "0123456789abcdef0123")
PHONE = "+447700900123"


def message(address: str = PHONE, attempt: int = 1) -> Message:
    one = msgspec.structs.replace(row(NAME, Channel.SMS, address), by_link=True)
    return compose(one, URL, AnswerLinks(b"k" * 32, URL), attempt)


def notify_config(url: str, **more: Any) -> NotifyConfig:
    plain = NotifyConfig(
        api_key=API_KEY, sms_template=SMS_TEMPLATE, email_template=EMAIL_TEMPLATE, base_url=url
    )
    return msgspec.structs.replace(plain, **more)


def by_notify(
    server: Notify, sent: Message, clock=time.time, **more: Any
) -> tuple[Outcome, GovukNotify]:
    async def go() -> tuple[Outcome, GovukNotify]:
        async with running(server):
            carrier = GovukNotify(notify_config(server.url, **more), clock)
            outcome = await carrier.send(sent)
            await carrier.close()
            return outcome, carrier

    return asyncio.run(go())


@pytest.mark.parametrize("address", [PHONE, "night@example.org"])
def test_notify_accepts_a_message_and_that_is_no_delivery(address: str) -> None:
    server = Notify()
    outcome, _ = by_notify(server, message(address))
    assert isinstance(outcome, Accepted)
    assert outcome.reference in server.sent
    assert server.sent[outcome.reference]["reference"] == f"{NAME}.1"
    assert address not in outcome.proof


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (
            error(400, "BadRequestError", "Can't send to this recipient, a team-only key"),
            Refused,
        ),
        (error(400, "ValidationError", f"phone_number {PHONE} is not a valid number"), Refused),
        (error(403, "AuthError", "Invalid token: API key not found"), Refused),
        (error(403, "AuthError", "Error: Your system clock must be accurate"), TryAgain),
        (error(429, "RateLimitError", "Exceeded rate limit for key type LIVE"), TryAgain),
        (error(429, "TooManyRequestsError", "Exceeded send limits (sms: 250000)"), TryAgain),
        (error(500, "Exception", "Internal server error"), TryAgain),
        ((503, None), TryAgain),
        ((201, {"no": "id"}), Refused),
    ],
)
def test_what_notify_refuses_is_tried_again_only_if_it_may_pass(answer: Answer, kind: type) -> None:
    server = Notify()
    server.answers = [answer]
    outcome, _ = by_notify(server, message())
    assert isinstance(outcome, kind)
    assert PHONE not in outcome.words
    assert "900123" not in outcome.words


def test_a_clock_that_is_wrong_is_said_by_notify_and_tried_again() -> None:
    outcome, _ = by_notify(Notify(), message(), clock=lambda: time.time() - 120)
    assert isinstance(outcome, TryAgain)
    assert "clock" in outcome.words


def test_a_key_that_is_none_and_a_template_that_is_missing_are_said() -> None:
    with pytest.raises(ValueError, match=r"no GOV\.UK Notify key"):
        GovukNotify(NotifyConfig(api_key="nonsense"))
    for address, name in ((PHONE, "notify.sms_template"), ("a@b.example", "notify.email_template")):
        config = notify_config("http://127.0.0.1:9", sms_template="", email_template="")
        outcome = asyncio.run(GovukNotify(config).send(message(address)))
        assert isinstance(outcome, Refused)
        assert name in outcome.words
    nobody = asyncio.run(GovukNotify(notify_config("http://127.0.0.1:9")).send(message()))
    assert isinstance(nobody, TryAgain)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("created", None),
        ("sending", None),
        ("pending", None),
        ("sent", None),
        ("", None),
        ("delivered", Delivered),
        ("temporary-failure", TryAgain),
        ("permanent-failure", Refused),
        ("technical-failure", Refused),
    ],
)
def test_each_status_of_notify_means_one_thing(status: str, kind: type | None) -> None:
    found = notify_receipt(status)
    assert found is None if kind is None else isinstance(found, kind)


class Book:
    """What waits for a receipt."""

    def __init__(self, *waiting: Waiting) -> None:
        self.waiting = waiting
        self.posted: list[ReceiptRecorded] = []

    def accepted(self, channel: Channel, since: int, most: int) -> Sequence[Waiting]:
        return self.waiting[:most]

    async def post(self, events: Sequence[ReceiptRecorded]) -> None:
        self.posted += events


def test_receipts_are_asked_for_and_journaled_once_they_are_final() -> None:
    server = Notify()

    async def go() -> tuple[list[int], list[ReceiptRecorded]]:
        async with running(server):
            carrier = GovukNotify(notify_config(server.url))
            outcome = await carrier.send(message())
            assert isinstance(outcome, Accepted)
            book = Book(Waiting(NAME, 1, outcome.reference), Waiting(NAME, 2, "unknown"))
            counts = []
            for status in ("sending", "permanent-failure"):
                server.status(f"{NAME}.1", status)
                counts.append(
                    await ask_once(book, Channel.GOVUK_NOTIFY, carrier, book.post, lambda: START)
                )
            await carrier.close()
            return counts, book.posted

    counts, posted = asyncio.run(go())
    assert counts == [0, 1]
    assert [(r.attempt, r.result) for r in posted] == [(1, AttemptResult.FAILED)]
    assert "permanent-failure" in posted[0].words


GATEWAY = SmsConfig(
    url="x",
    token="gateway-secret",
    id_field="messages.0.id",
    sender_field="from",
    sender="TAGWATCH",
    status_field="state.now",
)


@pytest.mark.parametrize("form", [False, True])
def test_a_plain_gateway_takes_json_or_a_form_and_is_asked_for_receipts(form: bool) -> None:
    server = Gateway()

    async def go() -> list[object]:
        async with running(server):
            config = msgspec.structs.replace(
                GATEWAY,
                url=f"{server.url}/send",
                status_url=f"{server.url}/status/{{id}}",
                form=form,
            )
            carrier = Sms(config)
            outcome = await carrier.send(message())
            found: list[object] = [outcome]
            for status in ("queued", "delivered", "undeliverable"):
                server.statuses["g1"] = status
                found.append(await carrier.receipt("g1"))
            await carrier.close()
            return found

    outcome, queued, delivered, failed = asyncio.run(go())
    assert isinstance(outcome, Accepted)
    assert outcome.reference == "g1"
    (taken,) = server.taken
    assert (taken["to"], taken["from"]) == (PHONE, "TAGWATCH")
    assert taken["reference"] == f"{NAME}.1"
    assert queued is None
    assert isinstance(delivered, Delivered)
    assert isinstance(failed, Refused)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [((400, {}), Refused), ((401, {}), TryAgain), ((429, {}), TryAgain), ((502, None), TryAgain)],
)
def test_a_gateway_that_refuses(answer: Answer, kind: type) -> None:
    server = Gateway()
    server.answers = [answer]

    async def go() -> Outcome:
        async with running(server):
            carrier = Sms(msgspec.structs.replace(GATEWAY, url=server.url))
            try:
                return await carrier.send(message())
            finally:
                await carrier.close()

    assert isinstance(asyncio.run(go()), kind)


def test_a_gateway_is_reached_over_https_only() -> None:
    with pytest.raises(ValueError, match="not https"):
        Sms(SmsConfig(url="http://gateway.example/send"))
    gone = asyncio.run(Sms(SmsConfig(url="http://127.0.0.1:9")).send(message()))
    assert isinstance(gone, TryAgain)


def test_references_come_back_as_they_went() -> None:
    assert read_reference(reference_of(NAME, 12)) == (NAME, 12)
    for text in ("", "no_1.1", f"{NAME}.0", f"{NAME}.1 ", "x" * 500):
        assert read_reference(text) is None


def test_a_text_message_says_code_urgency_and_a_link_and_no_more() -> None:
    sent = message()
    assert sent.short.startswith("A LIFE MAY BE AT RISK. Alert ")
    assert f"{URL}/answer/" in sent.short
    assert len(sent.short) < 306
    assert "/alerts/" not in sent.short


def test_a_test_says_first_that_it_is_one() -> None:
    one = msgspec.structs.replace(row(NAME), stage=Stage.TEST, severity=Severity.ROUTINE)
    sent = compose(one, URL)
    assert sent.subject == "TEST: nothing has happened"
    assert sent.text.startswith("THIS IS A TEST.")
    assert sent.short.startswith("TEST ")


def test_a_link_names_one_message_and_cannot_be_made_up() -> None:
    links = AnswerLinks(b"k" * 32, f"{URL}/")
    token = links.token(NAME)
    assert links.link(NAME) == f"{URL}/answer/{token}"
    assert len(token) == 32
    assert links.read(token) == NAME
    assert AnswerLinks(b"j" * 32, URL).read(token) is None
    for wrong in ("", "x", token[:-1], token + "A", "Z" + token[1:], "é" * 32, "*" * 32):
        assert links.read(wrong) is None, wrong
