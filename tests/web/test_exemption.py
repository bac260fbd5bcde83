"""Recording what excuses a wearer: the form, its refusals, versions, and where it is shown."""

import re

import pytest

from tests.web.conftest import Enter
from tests.web.test_alert import token
from tests.web.test_rehearsal import purposeful

NEW = "/wearers/w_own/exemptions/new"
GOOD = {
    "cause": "authorised_absence",
    "starts-day": "25",
    "starts-month": "11",
    "starts-year": "2026",
    "starts-time": "18:00",
    "ends-day": "25",
    "ends-month": "11",
    "ends-year": "2026",
    "ends-time": "22:00",
    "words": "his sister's wedding",
    "approved_by": "Demo Officer, probation",
    "record_id": "x_0123456789abcdef",
    "seen_version": "0",
}


def sent(browser, page: str, **fields: str):
    data = {"_csrf_token": token(browser, page), **GOOD, **fields}
    return browser.post(page, data=data, follow_redirects=True)


def test_it_is_recorded_shown_and_taken_back(enter: Enter) -> None:
    browser = purposeful(enter, "officer")
    assert "every condition binds" in browser.get("/wearers/w_own").text
    page = sent(browser, NEW).text
    assert "wedding" in page
    assert "Allowed by Demo Officer, probation" in page
    link = re.search(r'href="(/wearers/w_own/exemptions/[^"]+)">Change', page)
    assert link
    back = sent(browser, link[1], seen_version="1", withdrawn="yes").text
    assert "taken back" in back
    assert "Version 2." in back
    late = sent(browser, link[1], seen_version="1")
    assert "Somebody changed this absence or state" in late.text


def test_a_state_is_said_first_on_his_page(enter: Enter) -> None:
    browser = purposeful(enter, "officer")
    fields = dict.fromkeys(("ends-day", "ends-month", "ends-year", "ends-time"), "")
    page = sent(browser, NEW, cause="hospital", words="broken leg", **fields)
    assert "<strong>In hospital</strong> since" in page.text


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"cause": ""}, "Choose what it is"),
        ({"cause": "permission"}, "Choose the conditions that the permission lifts"),
        ({"words": " "}, "Write what it is for"),
        ({"approved_by": ""}, "Write who allowed it"),
        ({"ends-time": "17:00"}, "It must end after it begins"),
        ({"ends-year": "2029"}, "366 days at most"),
        (
            dict.fromkeys(("ends-day", "ends-month", "ends-year", "ends-time"), ""),
            "Enter when it ends",
        ),
        ({"starts-day": "41"}, "problem"),
    ],
)
def test_what_is_missing_is_said_and_nothing_typed_is_lost(enter: Enter, fields, said) -> None:
    answer = sent(purposeful(enter, "officer"), NEW, proof="a letter", **fields)
    assert (answer.status_code, said in answer.text) == (422, True)
    assert "a letter" in answer.text


def test_a_secret_zone_is_not_named_to_those_who_may_not_see_it(enter: Enter) -> None:
    assert "secret zone" in purposeful(enter, "officer").get(NEW).text
    text = purposeful(enter, "operator").get(NEW).text
    assert "A secret zone" in text
    assert ">secret zone<" not in text
