"""Links in messages, carriers' receipts and tests of a contact, as strangers use them."""

import re

import msgspec
import pytest
from litestar import Litestar
from litestar.testing import TestClient

from tagwatch.access.audit import Outcome
from tagwatch.access.enrolment import now
from tagwatch.config import Config, NotifyConfig, SmsConfig
from tagwatch.core.ids import AccountId, ContactId, NotificationId
from tagwatch.core.ledger import AttemptRecorded, ContactRecorded
from tagwatch.core.person import Channel, Contact, Duty
from tagwatch.core.recorded_delivery import AttemptResult
from tagwatch.core.units import HOUR
from tagwatch.notify.message import compose
from tagwatch.notify.route import Notification
from tests.web.conftest import HOST, Enter, from_address
from tests.web.test_routes import audit, token_of
from tests.web.world_of_messages import notifications, trouble

PHONE = "+447700900123"


@pytest.fixture
def config(config: Config) -> Config:
    return msgspec.structs.replace(
        config,
        notify=NotifyConfig(receipt_token="notify-token"),
        sms=SmsConfig(receipt_token="sms-token", status_field="state.now"),
    )


@pytest.fixture
def night_desk(centre) -> Notification:
    """A contact without a sign-in, and what he is told of trouble."""
    contact = Contact(
        contact_id=ContactId("k_night"),
        label="Night desk",
        duty=Duty.TECHNICAL,
        channel=Channel.SMS,
        address=PHONE,
    )
    centre.record(ContactRecorded(contact=contact, by=AccountId("ac_operator")), at=now())
    trouble(centre)
    (found,) = [one for one in notifications(centre) if one.contact_id == "k_night"]
    return found


def path_of(app: Litestar, found: Notification) -> str:
    message = compose(found, HOST, app.state.foundation.links)
    link = re.search(r"/answer/\S+", message.short)
    assert link
    return link[0]


def press(browser: TestClient, path: str):
    return browser.post(path, data={"_csrf_token": token_of(browser)}, follow_redirects=False)


def test_a_link_takes_the_alert_on_once_and_shows_nobody(
    app: Litestar, client: TestClient, centre, config, night_desk: Notification
) -> None:
    path = path_of(app, night_desk)
    page = client.get(path)
    assert page.status_code == 200
    assert "Do you take it on?" in page.text
    assert "Night desk" not in page.text
    assert PHONE not in page.text
    assert page.headers["cache-control"] == "no-store"
    assert "You have taken it on" in press(client, path).text
    alert = centre.line.state.book.alert(night_desk.alert_id)
    assert (alert.state, alert.acknowledged_by) == ("acknowledged", "k_night")
    again = press(client, path)
    assert "Used already" in again.text
    lines = [line for line in audit(config, app) if line.question == "answer_by_link"]
    assert [line.outcome for line in lines] == [Outcome.ANSWERED, Outcome.ANSWERED, Outcome.REFUSED]
    assert {line.by for line in lines} == {"k_night"}


def test_what_is_taken_or_too_old_or_made_up_takes_nothing_on(
    app: Litestar, client: TestClient, enter: Enter, centre, night_desk: Notification, monkeypatch
) -> None:
    path = path_of(app, night_desk)
    made_up = client.get(f"{path[:-2]}xx")
    assert made_up.status_code == 404
    assert "No such link" in made_up.text
    later = now() + 13 * HOUR
    with monkeypatch.context() as context:
        context.setattr("tagwatch.web.answer.now", lambda: later)
        old = press(client, path)
    assert old.status_code == 410
    assert centre.line.state.book.alert(night_desk.alert_id).acknowledged_at is None
    operator = enter("operator")
    press(operator, f"/alerts/{night_desk.alert_id}/acknowledge")
    assert centre.line.state.book.alert(night_desk.alert_id).acknowledged_by == "ac_operator"
    assert "Taken on already" in press(client, path).text


def test_visits_by_link_are_limited(client: TestClient) -> None:
    # They are counted in whole minutes: of 41 visits 21 are in one of two, whenever it begins.
    answers = [client.get("/answer/x").status_code for _ in range(41)]
    assert answers[:20] == [404] * 20
    assert set(answers[20:]) >= {429}


def test_an_officer_sees_who_answered_by_link(
    app: Litestar, client: TestClient, enter: Enter, night_desk: Notification
) -> None:
    press(client, path_of(app, night_desk))
    page = enter("operator").get(f"/alerts/{night_desk.alert_id}").text
    assert "answered by the link" in page
    assert "Night desk" in page


def accepted(centre, name: NotificationId) -> None:
    event = AttemptRecorded(
        notification_id=name,
        attempt=1,
        at=now(),
        result=AttemptResult.ACCEPTED,
        proof="accepted",
        reference="r1",
    )
    centre.record(event, at=now())
    centre.apply()


@pytest.mark.parametrize(
    ("carrier", "body", "state"),
    [
        ("govuk-notify", {"status": "sending"}, "accepted"),
        ("govuk-notify", {"status": "delivered", "to": PHONE}, "delivered"),
        ("govuk-notify", {"status": "permanent-failure", "to": PHONE}, "failed"),
        ("govuk-notify", {"status": "temporary-failure"}, "pending"),
        ("sms", {"state": {"now": "delivered"}}, "delivered"),
        ("sms", {"state": {"now": "undeliverable"}}, "failed"),
    ],
)
def test_a_receipt_by_callback_settles_the_message_and_keeps_no_number(
    client: TestClient, centre, night_desk: Notification, carrier: str, body: dict, state: str
) -> None:
    accepted(centre, night_desk.notification_id)
    token = {"sms": "sms-token", "govuk-notify": "notify-token"}[carrier]
    body |= {"reference": f"{night_desk.notification_id}.1"}
    answer = client.post(
        f"/receipts/{carrier}", json=body, headers={"authorization": f"Bearer {token}"}
    )
    assert answer.status_code == 200
    row = centre.line.state.outbox.row(night_desk.notification_id)
    assert row["state"] == state
    step = centre.line.state.book.alert(night_desk.alert_id).step
    assert step == (1 if state == "failed" else 0)


def test_receipts_need_their_token_and_are_bounded(
    app: Litestar, client: TestClient, config: Config
) -> None:
    with_token = {"authorization": "Bearer notify-token"}
    for path, headers, status in (
        ("/receipts/govuk-notify", {}, 401),
        ("/receipts/govuk-notify", {"authorization": "Bearer sms-token"}, 401),
        ("/receipts/other", with_token, 404),
    ):
        assert client.post(path, json={}, headers=headers).status_code == status
    refused = [line for line in audit(config, app) if line.question == "receipt"]
    assert len(refused) == 3
    post = "/receipts/govuk-notify"
    assert client.post(post, content=b"no json", headers=with_token).status_code == 422
    assert client.post(post, content=b"x" * 20_000, headers=with_token).status_code == 413
    for body in ([], {"reference": "x"}, {"reference": "no_" + "0" * 20 + ".1"}):
        answer = client.post(post, json=body, headers=with_token)
        assert answer.json()["detail"] == "nothing final, or not ours"


def test_a_test_is_sent_shown_with_its_proof_and_answered_by_its_link(
    app: Litestar, client: TestClient, enter: Enter, centre, night_desk: Notification
) -> None:
    browser = enter("operator")
    assert "No test was sent yet" in browser.get("/contacts/k_night").text
    assert press(browser, "/contacts/k_night/test").status_code == 303
    soon = press(browser, "/contacts/k_night/test")
    assert soon.status_code == 422
    assert "less than a minute ago" in soon.text
    (test,) = [one for one in notifications(centre) if one.stage == "test"]
    accepted(centre, test.notification_id)
    page = browser.get("/contacts/k_night").text
    assert "a test: accepted" in page
    path = path_of(app, test)
    assert "Nothing has happened" in client.get(path).text
    assert "the test arrived" in press(client, path).text
    assert "answered by the link" in browser.get("/contacts/k_night").text


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"channel": "sms", "address": "07700 900123"}, "with its country"),
        ({"channel": "sms", "address": "+44 7700 900123"}, ""),
        ({"channel": "govuk_notify", "address": "x"}, "Enter an e-mail address, or a number"),
        ({"channel": "govuk_notify", "address": "a@b.example"}, ""),
        ({"quiet": "at night"}, "is no weekly row"),
        ({"quiet": "daily 22:00-07:00"}, ""),
    ],
)
def test_numbers_and_quiet_hours_are_read_strictly(
    enter: Enter, changes: dict[str, str], words: str
) -> None:
    browser = enter("operator")
    page = browser.get("/contacts/new").text
    form = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', page))
    form |= {"_csrf_token": token_of(browser), "label": "Desk", "duty": "police", "rank": "1"}
    form |= {"channel": "in_app", "use": "active"} | changes
    answer = browser.post("/contacts/new", data=form, follow_redirects=False)
    assert answer.status_code == (422 if words else 303)
    assert words in answer.text


def test_the_stranger_is_at_another_address(app: Litestar) -> None:
    with TestClient(from_address(app, "192.0.2.7"), base_url=HOST) as stranger:
        assert stranger.get("/answer/x").status_code == 404
