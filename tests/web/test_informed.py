"""What her side was told, on the page: held, decided, released, and who may see it."""

import re

import pytest
from litestar import Litestar
from sqlalchemy import select

from tagwatch.access.enrolment import now
from tagwatch.access.role import Verb
from tagwatch.config import Config
from tagwatch.core.ids import AccountId
from tagwatch.core.ledger import AttemptRecorded, ContactRecorded, HoldRecorded
from tagwatch.core.notice import Hold
from tagwatch.core.person import Channel, Contact, Duty, ProtectedPerson
from tagwatch.core.recorded_delivery import AttemptResult
from tagwatch.core.recorded_register import ActivationEnded, PersonRecorded
from tagwatch.core.reminder import Ahead
from tagwatch.core.units import DAY, HOUR, Instant
from tagwatch.engine.centre import InProcessCentre
from tagwatch.notify.notice import reminder
from tagwatch.store import schema
from tagwatch.store.book import notification_row
from tagwatch.web.form import moment_values
from tests.web import sample
from tests.web.conftest import Enter

BY = AccountId("ac_liaison")


def sent(browser, path: str, **fields):
    csrf = re.search(r'name="_csrf_token" value="([^"]+)"', browser.get("/informed").text)
    assert csrf
    data = {"_csrf_token": csrf[1], **fields}
    return browser.post(path, data=data, follow_redirects=True)


def seen(browser, path: str) -> str:
    """Return a page that asks for a purpose first."""
    csrf = re.search(r'name="_csrf_token" value="([^"]+)"', browser.get("/purpose").text)
    assert csrf
    data = {"_csrf_token": csrf[1], "purpose": "supervision", "next": path}
    return browser.post("/purpose", data=data, follow_redirects=True).text


def taken_off(centre: InProcessCentre) -> None:
    ended = ActivationEnded(activation_id="act_own", ended_at=now(), reason="end", by=BY)
    centre.record(ended, at=now())
    centre.apply()


def test_a_held_message_waits_until_she_was_told(enter: Enter, centre: InProcessCentre) -> None:
    browser = enter("liaison")
    assert "Write why sending is unsafe" in sent(browser, "/persons/p_one/hold", words="").text
    held = sent(browser, "/persons/p_one/hold", words="he reads her phone").text
    assert "messages held" in held
    taken_off(centre)
    page = browser.get("/informed").text
    for said in ("Held: sending is unsafe", "the tag was taken off", "Liaison desk was asked"):
        assert said in page, said
    notice = re.search(r"/informed/(nt_[0-9a-f]{20})/decide", page)
    assert notice
    path = f"/informed/{notice[1]}/decide"
    assert "Write how she was told" in sent(browser, path, verdict="told", words="").text
    told = sent(browser, path, verdict="told", words="rang her at work").text
    assert "Nothing waits" in told
    assert "rang her at work" in told
    again = sent(browser, path, verdict="send", words="")
    assert (again.status_code, "decided about this message already" in again.text) == (422, True)
    assert "messages held" not in sent(browser, "/persons/p_one/lift", words="").text


def test_a_release_is_told(enter: Enter) -> None:
    browser = enter("liaison")
    at = moment_values("release", Instant(now() + DAY))
    told = sent(browser, "/persons/p_one/release", wearer="w_own", **at).text
    assert "he is released from" in told
    assert "Sent to Liaison desk, pending" in told
    other = sent(browser, "/persons/p_one/release", wearer="w_other", **at)
    assert other.status_code == 404


@pytest.mark.parametrize(
    ("name", "sees"), [("officer", 200), ("operator", 200), ("police", 403), ("evaluator", 403)]
)
def test_who_may_see_it(enter: Enter, name: str, sees: int) -> None:
    assert enter(name).get("/informed").status_code == sees


def test_a_liaison_acts_for_those_he_speaks_with_alone(
    enter: Enter, centre: InProcessCentre
) -> None:
    other = ProtectedPerson(person_id="p_two", name="Demo Second", wearers=("w_own",))
    hold = Hold(person_id="p_two", words="x", at=now(), by=BY)
    centre.record(PersonRecorded(person=other, by=BY), HoldRecorded(hold=hold), at=now())
    taken_off(centre)
    browser = enter("liaison")
    assert "Demo Second" not in browser.get("/informed").text
    assert sent(browser, "/persons/p_two/hold", words="x").status_code == 404
    seen = enter("officer").get("/informed").text
    assert "Demo Second" in seen
    assert "Nobody is on record" in seen


def test_who_was_told_what_is_shown_by_role_and_without_an_address(
    enter: Enter, centre: InProcessCentre, config: Config
) -> None:
    his = Contact(
        contact_id="k_his", label="his own phone", duty=Duty.WEARER, channel=Channel.SMS,
        address="+447700900666", wearers=("w_own",),
    )  # fmt: skip
    centre.record(ContactRecorded(contact=his, by=BY), at=now())
    taken_off(centre)
    begins = Ahead("c_home", Instant(now() + DAY))
    row = notification_row(reminder("w_own", his, begins, now()), "notice", 1, "failed", now())
    sample.put(config, (schema.notification, row))
    with centre.projections.connect() as connection:
        column = schema.notification.c
        query = select(column.notification_id).where(column.stage == "notice")
        names = connection.scalars(query.where(column.contact_id != "k_his")).all()
    at = Instant(now() + 1)
    for name in names:
        attempt = AttemptRecorded(
            notification_id=name, attempt=1, at=at, result=AttemptResult.DELIVERED, proof="250 OK"
        )
        centre.record(attempt, at=at)
    centre.apply()
    page = seen(enter("officer"), "/wearers/w_own")
    told = page[page.index('id="who-told"') : page.index('id="closed"')]
    for said in ("Tag taken off", "Who speaks with her", "Delivered", "Reminder of a curfew",
                 "The wearer himself", "Did not arrive"):  # fmt: skip
        assert said in told, said
    for hidden in ("+4477", "his own phone", "example"):
        assert hidden not in told, hidden
    browser = enter("liaison")
    side = browser.get("/persons/p_one/told").text
    assert "Tag taken off" in side
    assert "Reminder of a curfew" not in side
    assert browser.get("/persons/p_none/told").status_code == 404
    assert "who-told" not in seen(enter("police"), "/wearers/w_own")


def test_the_api_says_who_was_told_what(
    app: Litestar, enter: Enter, centre: InProcessCentre
) -> None:
    taken_off(centre)
    verbs = (Verb.SEE_INFORMED,)
    bearer = app.state.foundation.sign_in.issue_token(
        AccountId("ac_liaison"), "test", verbs, now() + HOUR
    )
    browser = enter("liaison")
    for path in ("/api/v1/wearers/w_own/told", "/api/v1/persons/p_one/told"):
        answer = browser.get(path, headers={"authorization": f"Bearer {bearer}"})
        assert answer.status_code == 200, answer.text
        lines = {(line["notice"], line["role"]) for line in answer.json()["lines"]}
        assert ("tag_removed", "her_speaker") in lines
        assert "address" not in answer.text
