"""Two officers and one wearer: in hand, put aside, rung, taken over."""

import re

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from tagwatch.core.ids import AlertId
from tagwatch.core.units import MINUTE, Instant
from tests.web import sample
from tests.web.conftest import Enter
from tests.web.test_alert import send

PAGE = "/alerts/al_w_own"
Browser = TestClient[Litestar]


def rang(browser: Browser, **fields: str):
    return send(browser, PAGE, "call", **{"party": "wearer", "outcome": "answered", **fields})


def test_what_one_has_in_hand_another_cannot_touch_until_he_takes_over(enter: Enter) -> None:
    assert "until" in send(enter("officer"), PAGE, "acknowledge").text
    other = enter("operator")
    page = other.get(PAGE).text
    assert "Demo Officer has this wearer in hand." in page
    assert "/close" not in page
    assert "Somebody else has this wearer in hand" in rang(other, said="on the bus").text
    assert "on the bus" not in other.get(PAGE).text.split("What was said")[0]
    refused = send(other, PAGE, "claim", over="ac_officer")
    assert (refused.status_code, "Say why you take over" in refused.text) == (422, True)
    taken = send(other, PAGE, "claim", over="ac_officer", words="he rang me")
    assert "You have this wearer in hand." in taken.text
    listed = " ".join(other.get("/alerts").text.split())
    assert "In hand: Demo Operator, until" in listed
    assert "Demo Operator has this wearer in hand." in enter("officer").get(PAGE).text


def test_the_claim_is_of_the_man_not_of_one_alert(enter: Enter, config) -> None:
    sample.put(config, (sample.schema.alert, sample.alert_row(sample.alert("w_own", "al_strap"))))
    send(enter("officer"), PAGE, "claim")
    refused = send(enter("operator"), "/alerts/al_strap", "acknowledge")
    assert "Somebody else has this wearer in hand" in refused.text
    gone = send(enter("officer"), PAGE, "let-go")
    assert "You have let go" in gone.text
    assert (
        "You have taken this alert on."
        in send(enter("operator"), "/alerts/al_strap", "acknowledge").text
    )


def test_put_aside_until_a_time_and_back_by_itself(enter: Enter, centre) -> None:
    browser = enter("officer")
    early = send(browser, PAGE, "wait", minutes="15", words="he rings back")
    assert "Acknowledge the alert first" in early.text
    send(browser, PAGE, "acknowledge")
    for fields, said in (
        ({"minutes": "15"}, "Say what you wait for"),
        ({"minutes": "0", "words": "x"}, "Wait between 1 minute and 1440 minutes"),
        ({"minutes": "soon", "words": "x"}, "Wait between 1 minute and 1440 minutes"),
    ):
        assert said in send(browser, PAGE, "wait", **fields).text
    send(browser, PAGE, "wait", minutes="15", words="he rings back")
    assert re.search(r"Put aside until .{2,20}: he rings back", browser.get("/alerts").text)
    held = centre.line.state.book.alert(AlertId("al_w_own"))
    assert held is not None
    assert held.waiting_until is not None
    centre.tick(Instant(held.waiting_until - MINUTE))
    centre.apply()
    assert "Put aside until" in browser.get("/alerts").text
    centre.tick(held.waiting_until)
    centre.apply()
    assert "Put aside until" not in browser.get("/alerts").text
    assert "The wait is over, nobody came back" in browser.get(PAGE).text


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"party": "nobody"}, "Choose who was rung"),
        ({"outcome": "perhaps"}, "Choose how the call ended"),
        ({"said": " "}, "Write what was said"),
    ],
)
def test_a_call_that_says_nothing_is_not_taken(enter: Enter, fields, said: str) -> None:
    answer = rang(enter("officer"), **{"view": "calm", **fields})
    assert (answer.status_code, said in answer.text) == (422, True)
    assert ">calm</textarea>" in answer.text, "nothing typed is lost"


def test_his_words_can_be_handed_out_and_hers_cannot(enter: Enter) -> None:
    browser = enter("officer")
    rang(browser, said="I was on the diverted bus", view="sounded calm")
    rang(browser, party="protected_side", said="she is at her sister's")
    page = browser.get(PAGE).text
    assert "Call: the wearer, answered" in page
    assert "Call: the protected person&#39;s side, answered" in page
    handed = browser.get(f"{PAGE}/disclosable").text
    assert "I was on the diverted bus" in handed
    assert "sister" not in handed
    assert "calm" not in handed


def test_the_script_names_whom_to_ring_and_the_language(enter: Enter, config) -> None:
    page = enter("officer").get(PAGE).text
    assert "Whom to ring" in page
    assert page.index("The wearer</strong>") < page.index("The responsible officer</strong>")


def test_closing_in_short_needs_no_words(enter: Enter) -> None:
    browser = enter("officer")
    version = re.search(r'name="version" value="(\d+)"', browser.get(PAGE).text)
    assert version
    fields = {"version": version[1], "disposition": "technical"}
    assert "Say why" in send(browser, PAGE, "close", why="own", **fields).text
    closed = send(browser, PAGE, "close", why="fault", **fields)
    assert "The tag reported a fault." in closed.text
    assert "The alert is closed." in closed.text
