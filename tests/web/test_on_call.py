"""The page of who is on call, and its forms, as an operator uses them."""

import re

import pytest
from litestar.testing import TestClient

from tagwatch.access.enrolment import now
from tagwatch.core.ids import AccountId, ContactId
from tagwatch.core.ledger import ContactRecorded
from tagwatch.core.person import Channel, Contact, Duty
from tests.web.conftest import Enter
from tests.web.test_routes import token_of


@pytest.fixture
def people(centre) -> None:
    for name, duty in (("k_one", Duty.POLICE), ("k_two", Duty.POLICE), ("k_desk", Duty.MONITORING)):
        contact = Contact(
            contact_id=ContactId(name), label=f"Desk {name}", duty=duty, channel=Channel.IN_APP
        )
        centre.record(ContactRecorded(contact=contact, by=AccountId("ac_operator")), at=now())
    centre.apply()


def form_of(browser: TestClient, path: str) -> dict[str, str]:
    page = browser.get(path).text
    hidden = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', page))
    return hidden | {"_csrf_token": token_of(browser)}


SHIFT = {
    "contact": "k_one",
    "hours": "daily 07:00-19:00",
    "holidays": "as_usual",
    "valid_from-day": "1",
    "valid_from-month": "1",
    "valid_from-year": "2026",
    "valid_from-time": "00:00",
}


def enter_shift(browser: TestClient, **changes: str):
    form = form_of(browser, "/on-call/shifts/new") | SHIFT | changes
    return browser.post("/on-call/shifts/new", data=form, follow_redirects=False)


def test_without_shifts_everybody_is_always_on_call(enter: Enter, people) -> None:
    page = enter("operator").get("/on-call").text
    assert "always: no shifts are entered" in page
    assert "every contact in use is always on call" in page
    assert "No contact stands for" in page


def test_a_shift_leaves_its_gaps_in_plain_sight_and_a_stand_in_fills_them(
    enter: Enter, people
) -> None:
    browser = enter("operator")
    assert enter_shift(browser).status_code == 303
    page = browser.get("/on-call").text
    assert "Nobody is on shift" in page
    assert "Desk k_one" in page
    assert enter_shift(browser, contact="k_two", hours="daily 19:00-07:00").status_code == 303
    assert "Nobody is on shift" not in browser.get("/on-call").text


def test_a_shift_is_changed_by_a_new_version_and_withdrawn_for_good(enter: Enter, people) -> None:
    browser = enter("operator")
    enter_shift(browser)
    path = re.search(r'href="(/on-call/shifts/s_[0-9a-f]+)"', browser.get("/on-call").text)
    assert path
    form = form_of(browser, path[1])
    assert form["seen_version"] == "1"
    changed = form | SHIFT | {"hours": "Mo-Fr 07:00-19:00\nSa 10:00-12:00"}
    assert browser.post(path[1], data=changed, follow_redirects=False).status_code == 303
    assert "Sa 10:00-Sa 12:00" in browser.get("/on-call").text
    late = browser.post(path[1], data=changed, follow_redirects=False)
    assert late.status_code == 422
    assert "Version 2 of this shift was recorded after your page was made" in late.text
    gone = form_of(browser, path[1]) | SHIFT | {"withdraw": "withdrawn"}
    assert browser.post(path[1], data=gone, follow_redirects=False).status_code == 303
    assert "every contact in use is always on call" in browser.get("/on-call").text


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"hours": "whenever"}, "is no weekly row"),
        ({"hours": ""}, "Enter the hours"),
        ({"contact": ""}, "Choose a contact"),
        ({"contact": "k_nobody"}, "There is no such contact"),
        ({"holidays": "x"}, "Choose what holidays change"),
        ({"valid_from-day": "31", "valid_from-month": "2"}, "Enter a real date"),
        (
            {"valid_until-day": "1", "valid_until-month": "1", "valid_until-year": "2025"},
            "ends before it starts",
        ),
    ],
)
def test_what_cannot_be_a_shift_is_said_at_its_field(
    enter: Enter, people, changes: dict[str, str], words: str
) -> None:
    answer = enter_shift(enter("operator"), **changes)
    assert answer.status_code == 422
    assert words in answer.text


def moments(name: str, day: str, clock: str) -> dict[str, str]:
    year, month, date = day.split("-")
    values = {"year": year, "month": month, "day": date, "time": clock}
    return {f"{name}-{part}": value for part, value in values.items()}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, ""),
        ({"instead_of": "k_one"}, "Nobody stands in for himself"),
        ({"instead_of": "k_desk"}, "within the same duty only"),
        ({"reason": ""}, "Say why"),
        (moments("end", "2029-01-01", "10:00"), "The end must be after the start"),
        (moments("end", "2031-01-01", "10:00"), "at most 92 days"),
        (moments("start", "2026-01-01", "10:00") | moments("end", "2026-01-02", "10:00"), "over"),
    ],
)
def test_a_stand_in_is_within_one_duty_and_ahead(
    enter: Enter, people, changes: dict[str, str], words: str
) -> None:
    browser = enter("operator")
    form = form_of(browser, "/on-call/overrides/new")
    form |= {"contact": "k_one", "instead_of": "k_two", "reason": "leave"}
    form |= moments("start", "2030-01-01", "10:00") | moments("end", "2030-01-02", "10:00")
    answer = browser.post("/on-call/overrides/new", data=form | changes, follow_redirects=False)
    assert answer.status_code == (422 if words else 303)
    assert words in answer.text
    if not words:
        page = browser.get("/on-call").text
        assert "leave" in page
        path = re.search(r'href="(/on-call/overrides/v_[0-9a-f]+)"', page)
        assert path
        withdrawn = form | form_of(browser, path[1]) | {"withdraw": "withdrawn"}
        assert browser.post(path[1], data=withdrawn, follow_redirects=False).status_code == 303
        assert "Nobody stands in." in browser.get("/on-call").text


def test_colleagues_see_who_is_on_call_and_no_address(enter: Enter, centre, people) -> None:
    contact = Contact(
        contact_id=ContactId("k_mail"),
        label="Night desk",
        duty=Duty.PROBATION,
        channel=Channel.EMAIL,
        address="night@example.org",
    )
    centre.record(ContactRecorded(contact=contact, by=AccountId("ac_operator")), at=now())
    centre.apply()
    page = enter("police").get("/on-call")
    assert page.status_code == 200
    assert "Night desk" in page.text
    assert "night@example.org" not in page.text
    assert "/on-call/shifts" not in page.text
