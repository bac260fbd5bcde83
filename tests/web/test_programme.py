"""The programme in figures, and how an order's end gets onto it."""

import pytest

from tagwatch.access.enrolment import now
from tagwatch.core.timetable import london
from tests.web.conftest import Enter
from tests.web.test_alert import token
from tests.web.test_case import WHOLE, decision_in, opened
from tests.web.test_case import sent as on_case
from tests.web.test_rehearsal import purposeful

PAGE = "/orders/o_w_own/end"


def good(**fields: str) -> dict[str, str]:
    at = london(now())
    return {
        "ended-day": str(at.day),
        "ended-month": str(at.month),
        "ended-year": str(at.year),
        "ended-time": f"{at:%H:%M}",
        "outcome": "recalled",
        "bearing": "contradicted",
        "case_id": "",
        "words": "recalled on an allegation; the trail lay elsewhere",
        **fields,
    }


def sent(browser, **fields: str):
    data = {"_csrf_token": token(browser, PAGE), **good(), **fields}
    if "seen" not in data:
        text = browser.get(PAGE).text
        data["seen"] = text.split('name="seen" value="')[1].split('"')[0]
    return browser.post(PAGE, data=data, follow_redirects=True)


def test_an_end_is_recorded_shown_and_counted(enter: Enter) -> None:
    browser = purposeful(enter, "officer")
    page = sent(browser).text
    assert "Recalled; location data: contradicted it" in page
    assert "the trail lay elsewhere" in page
    told = enter("evaluator").get("/api/v1/programme").json()["sheet"]["by_bearing"]
    assert told[-1]["recalls"] is None, "one recall is withheld"
    browser = purposeful(enter, "officer")
    corrected = sent(browser, outcome="completed", bearing="").text
    assert "Completed" in corrected
    assert "location data:" not in corrected


def test_the_finding_of_the_case_comes_with_it(enter: Enter) -> None:
    case = opened(enter)
    assert sent(purposeful(enter, "officer"), case_id=case.split("/")[-1]).status_code == 422
    on_case(enter("officer"), case, "decide", **WHOLE)
    other = enter("colleague")
    decision = decision_in(other.get(case).text)
    on_case(other, case, "sign", decision=decision, agreement="agrees", words="as I read it")
    browser = purposeful(enter, "officer")
    assert sent(browser, case_id=case.split("/")[-1]).status_code == 200
    text = browser.get(PAGE).text
    assert f'value="{case.split("/")[-1]}" selected' in text


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"outcome": ""}, "Choose what became of it"),
        ({"bearing": ""}, "Say what location data said"),
        ({"outcome": "completed"}, "Only of a recall"),
        ({"words": " "}, "in your own words"),
        ({"ended-year": "2099"}, "lies ahead"),
        ({"ended-year": "2001"}, "ends before it starts"),
        ({"ended-day": "41"}, "problem"),
        ({"case_id": "ca_none"}, "no recall request"),
        ({"seen": "0" * 64}, "changed"),
    ],
)
def test_what_does_not_hang_together_is_said_and_nothing_typed_is_lost(
    enter: Enter, fields, said
) -> None:
    answer = sent(purposeful(enter, "officer"), **fields)
    assert (answer.status_code, said in answer.text) == (422, True)
    assert "an allegation" in answer.text or not fields.get("words", "x").strip()


def test_a_correction_of_the_order_keeps_how_it_ended(enter: Enter) -> None:
    browser = purposeful(enter, "officer")
    sent(browser)
    data = {"_csrf_token": token(browser, "/orders/o_w_own")}
    text = browser.get("/orders/o_w_own").text
    for name in ("seen", "record_id"):
        data[name] = text.split(f'name="{name}" value="')[1].split('"')[0]
    at = london(now())
    data |= {"reference": "REF-2", "legal_basis": "licence", "programme": "stalking"}
    data |= {
        "wording": "",
        "varied": "mistyped",
        "starts-day": "1",
        "starts-month": "1",
        "starts-year": str(at.year - 1),
    }
    data["starts-time"] = "12:00"
    answer = browser.post("/orders/o_w_own", data=data, follow_redirects=True)
    assert "REF-2" in answer.text
    assert "the trail lay elsewhere" in answer.text


def test_the_sheet_is_for_a_period_and_says_what_is_no_day(enter: Enter) -> None:
    browser = enter("evaluator")
    assert "By programme" in browser.get("/programme").text
    assert "No finding about a place" in browser.get("/programme?from=2020-01-01").text
    for query, said in (
        ("from=yesterday", "is no day"),
        ("from=1800-01-01", "between 1990 and 2199"),
        ("from=2026-02-02&until=2026-01-01", "must end after it begins"),
    ):
        answer = browser.get(f"/programme?{query}")
        assert (answer.status_code, said in answer.text) == (422, True)
        assert browser.get(f"/api/v1/programme?{query}").status_code == 422


def test_it_names_nobody(enter: Enter) -> None:
    text = enter("evaluator").get("/programme").text
    assert "w_own" not in text
    assert "REF-" not in text
