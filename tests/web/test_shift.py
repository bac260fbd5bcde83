"""The shift: report, hand-over, drill, wallboard; and what dispositions say of the rules."""

import re

import pytest

from tagwatch.access.enrolment import now
from tagwatch.core.outcome import AlertState, Disposition
from tests.web import sample
from tests.web.conftest import Enter
from tests.web.test_alert import send
from tests.web.test_rehearsal import purposeful

PAGE = "/alerts/al_w_own"


def test_one_hands_over_and_one_carries_on(enter: Enter) -> None:
    browser = enter("operator")
    assert "Nothing is handed over." in browser.get("/shift").text
    empty = send(browser, "/shift", "hand-over", words=" ")
    assert (empty.status_code, "Write what the next shift" in empty.text) == (422, True)
    send(browser, "/shift", "hand-over", words="K7Q-2MX waits for the landlord")
    other = enter("zones")
    page = other.get("/shift").text
    assert "K7Q-2MX waits for the landlord" in page
    seq = re.search(r"/shift/(\d+)/take-over", page)
    assert seq
    assert "Demo Zones carries on" in send(other, "/shift", f"{seq[1]}/take-over").text
    again = send(enter("operator"), "/shift", f"{seq[1]}/take-over")
    assert (again.status_code, "taken on already" in again.text) == (422, True)
    gone = send(enter("operator"), "/shift", "999999/take-over")
    assert "There is no such hand-over" in gone.text


def test_the_report_counts_what_was_done(enter: Enter) -> None:
    browser = enter("operator")
    send(browser, PAGE, "acknowledge")
    send(browser, PAGE, "call", party="wearer", outcome="no_answer")
    version = re.search(r'name="version" value="(\d+)"', browser.get(PAGE).text)
    assert version
    fields = {"version": version[1], "disposition": "technical", "why": "fault"}
    send(browser, PAGE, "close", **fields)
    text = " ".join(re.sub(r"<[^>]+>", " ", browser.get("/shift?hours=8").text).split())
    for said in ("Answered 1", "The wearer: no answer 1", "Technical cause 1", "Drills 0"):
        assert said in text, said
    assert "Report of the last 12 hours" in browser.get("/shift?hours=x").text


def test_a_drill_is_in_the_list_and_in_no_count(enter: Enter) -> None:
    browser = enter("operator")
    assert "Choose how urgent" in send(browser, "/shift", "drill", words="outage").text
    assert "Write what is to be" in send(browser, "/shift", "drill", severity="life").text
    send(browser, "/shift", "drill", severity="life", words="outage")
    listed = browser.get("/alerts").text
    assert "DRILL, nothing happened: outage." in listed
    name = re.search(r'id="(al_\w+)"[^>]*data-order="\S+" data-group="\S+"[^>]*"Drill', listed)
    assert name
    page = browser.get(f"/alerts/{name[1]}").text
    assert "This is a drill. Nothing happened." in page
    text = " ".join(re.sub(r"<[^>]+>", " ", browser.get("/shift").text).split())
    assert "Drills 1" in text
    assert "Drill, not real" not in text
    assert "1 drill is in the list." in browser.get("/wallboard").text


def test_the_wall_names_nobody(enter: Enter) -> None:
    for name in ("operator", "officer"):
        text = enter(name).get("/wallboard").text.split("</header>")[1]
        assert "Exclusion zone entered" in text
        for secret in ("Demo Alder", "Camden", "w_own", "X000000"):
            assert secret not in text, secret


@pytest.mark.parametrize("name", ["officer", "police", "liaison", "evaluator"])
def test_the_shift_is_the_operators(enter: Enter, name: str) -> None:
    assert enter(name).get("/shift").status_code == 403


def test_rules_show_how_often_they_were_right(enter: Enter, config) -> None:
    closed = [
        sample.alert(
            "w_own",
            f"al_closed_{n}",
            state=AlertState.CLOSED,
            closed_at=now(),
            disposition=disposition,
        )
        for n, disposition in enumerate(
            [Disposition.TRUE_BREACH] * 8
            + [Disposition.TECHNICAL] * 4
            + [Disposition.UNKNOWN, Disposition.DUPLICATE]
        )
    ]
    browser = enter("operator")
    assert "No alert was closed by a person yet." in browser.get("/settings").text
    sample.put(config, *((sample.schema.alert, sample.alert_row(one)) for one in closed))
    text = " ".join(re.sub(r"<[^>]+>", " ", browser.get("/settings").text).split())
    assert "Exclusion zone entered 14 8 of 12 67 % (39 % to 86 %)" in text
    assert "How often alerts were right" not in enter("evaluator").get("/settings").text
    form = purposeful(enter, "administrator").get("/settings/propose").text
    assert "14 8 of 12 67 %" in " ".join(re.sub(r"<[^>]+>", " ", form).split())


def test_the_form_of_a_condition_shows_how_often_its_alerts_were_right(
    enter: Enter, config
) -> None:
    closed = {"state": AlertState.CLOSED, "disposition": Disposition.TECHNICAL}
    alert = sample.alert("w_own", "al_shut", episode_id="ep_own", **closed)
    sample.put(config, (sample.schema.alert, sample.alert_row(alert)))
    browser = purposeful(enter, "officer")
    assert "1 alert of the last 90 days was closed" in browser.get("/zones/c_told").text


def test_what_is_open_is_counted_without_being_read(enter: Enter, config) -> None:
    browser, at = enter("operator"), now()

    def report() -> dict[str, int]:
        found = browser.get("/api/v1/shift", headers={"x-purpose": "alert_response"}).json()
        return {name: found[f"{name}_now"] for name in ("open", "unanswered", "aside")}

    before = report()
    taken = {"acknowledged_at": at, "state": AlertState.ACKNOWLEDGED}
    aside = {"waiting_until": at + 60_000_000}
    for name, changes in {
        "plain": {},
        "taken": taken,
        "aside": aside,
        "both": taken | aside,
    }.items():
        found = sample.alert("w_own", f"al_{name}", **changes)
        sample.put(config, (sample.schema.alert, sample.alert_row(found)))
    after = report()
    assert {name: after[name] - before[name] for name in after} == {
        "open": 4,
        "unanswered": 2,
        "aside": 2,
    }
