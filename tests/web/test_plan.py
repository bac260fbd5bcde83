"""The pages of a risk management plan."""

import re

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from tests.web.conftest import Enter

Browser = TestClient[Litestar]
PLAN = {
    "risk-0-person": "p_one",
    "risk-0-relation": "former partner",
    "risk-1-who": "any future partner",
    "risk-1-from": "1/2/2026",
    "contingency": "If he comes near at night, ring the night desk\nThen her advocate",
    "warnings": "may carry a knife",
    "triggers": "the court date",
}


def hidden(page: str) -> dict[str, str]:
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))


def purpose(browser: Browser, stated: str) -> Browser:
    page = browser.get("/purpose").text
    data = {**hidden(page), "purpose": stated, "next": "/"}
    assert browser.post("/purpose", data=data, follow_redirects=False).status_code == 303
    return browser


def written(browser: Browser, **more: str):
    page = browser.get("/wearers/w_own/plan/change").text
    review = re.search(r'name="review"[^>]*?value="([^"]+)"', page)
    assert review
    fields = {**hidden(page), "review": review[1], **PLAN, **more}
    return browser.post("/wearers/w_own/plan/change", data=fields, follow_redirects=False)


@pytest.fixture
def officer(enter: Enter) -> Browser:
    return purpose(enter("officer"), "supervision")


def test_a_plan_is_written_shown_and_shortened_on_the_alert(enter: Enter) -> None:
    browser = purpose(enter("officer"), "supervision")
    assert "No plan" in browser.get("/wearers/w_own").text
    assert written(browser).status_code == 303
    page = browser.get("/wearers/w_own/plan").text
    for words in ("any future partner", "from 1 February 2026", "the court date", "Version 1"):
        assert words in page
    alert = browser.get("/alerts/al_w_own").text
    card = alert[alert.index('id="risk"') : alert.index('id="unknown"')]
    assert card.index("ring the night desk") < card.index("Demo Person")
    assert "the court date" not in card
    handed = browser.get("/alerts/al_w_own/disclosable").text
    for words in ("night desk", "future partner", "knife"):
        assert words not in handed
    operator = enter("operator")
    seen = operator.get("/wearers/w_own/plan").text
    assert "ring the night desk" in seen
    assert "the court date" not in seen
    assert "Risk notes" not in seen
    assert "ring the night desk" in operator.get("/alerts/al_w_own").text


def test_a_wearer_without_a_plan_is_listed_as_such(officer: Browser) -> None:
    listed = officer.get("/wearers").text
    assert listed.count("No risk plan") == 1
    missing = officer.get("/wearers?plan=none").text
    assert "Demo Alder" in missing
    assert "Demo Birch" not in missing
    written(officer)
    assert "No risk plan" not in officer.get("/wearers").text


def test_what_is_wrong_is_said_and_nothing_typed_is_lost(officer: Browser) -> None:
    said = written(officer, review="31/2/2027", safety="at N1 9GU she has a button")
    assert said.status_code == 422
    assert "Enter a day as day, month and year" in said.text
    said = written(officer, safety="at N1 9GU she has a button")
    assert "Leave out postcodes" in said.text
    assert "at N1 9GU she has a button" in said.text
    more = written(officer, more="row").text
    assert 'name="risk-5-who"' in more
    empty = officer.post(
        "/wearers/w_own/risk-notes", data=hidden(officer.get("/wearers/w_own/plan").text)
    )
    assert empty.status_code == 422
    assert "Write the risk note" in empty.text


def test_notes_and_reviews_are_dated_and_kept(officer: Browser) -> None:
    written(officer)
    page = hidden(officer.get("/wearers/w_own/plan").text)
    for words in ("calmer", "agitated after the hearing"):
        data = {**page, "risk_note": words}
        assert officer.post("/wearers/w_own/risk-notes", data=data).status_code == 200
    shown = officer.get("/wearers/w_own/plan").text
    assert shown.index("agitated after the hearing") < shown.index("calmer")
    fields = re.search(
        r'name="review"[^>]*?value="([^"]+)"', officer.get("/wearers/w_own/plan/change").text
    )
    assert fields
    data = {**page, "seen": "1", "review": fields[1], "review_words": "seen with her advocate"}
    assert "seen with her advocate" in officer.post("/wearers/w_own/plan/review", data=data).text
    stale = officer.post("/wearers/w_own/plan/review", data=data)
    assert stale.status_code == 422
    assert "reviewed and left as it is" in stale.text


def test_who_keeps_no_plan_finds_none(enter: Enter) -> None:
    assert enter("evaluator").get("/wearers/w_own/plan").status_code == 403
    assert enter("liaison").get("/wearers/w_own/plan").status_code == 403
    assert enter("outsider").get("/wearers/w_own/plan").status_code == 404
    assert enter("operator").get("/wearers/w_own/plan/change").status_code == 403
