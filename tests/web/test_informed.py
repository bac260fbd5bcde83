"""What her side was told, on the page: held, decided, released, and who may see it."""

import re

import pytest

from tagwatch.access.enrolment import now
from tagwatch.core.ids import AccountId
from tagwatch.core.ledger import ActivationEnded, HoldRecorded, PersonRecorded
from tagwatch.core.notice import Hold
from tagwatch.core.person import ProtectedPerson
from tagwatch.core.units import DAY, Instant
from tagwatch.engine.centre import InProcessCentre
from tagwatch.web.form import moment_values
from tests.web.conftest import Enter

BY = AccountId("ac_liaison")


def sent(browser, path: str, **fields):
    csrf = re.search(r'name="_csrf_token" value="([^"]+)"', browser.get("/informed").text)
    assert csrf
    data = {"_csrf_token": csrf[1], **fields}
    return browser.post(path, data=data, follow_redirects=True)


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
