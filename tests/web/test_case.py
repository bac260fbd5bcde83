"""A case from the alert to its end: opened, weighed, decided, disagreed with, signed, closed."""

import re

import msgspec
import pytest

from tagwatch.access.enrolment import now
from tagwatch.access.role import Role
from tagwatch.core.case import Case, Task
from tagwatch.core.ids import AccountId, AlertId, CaseId, WearerId
from tagwatch.core.ledger import CaseOpened
from tagwatch.core.units import DAY, Instant
from tagwatch.query.case import PAGE
from tagwatch.web.form import moment_values
from tests.web.conftest import Enter
from tests.web.test_alert import token
from tests.web.test_api import bearer

ALERT = "/alerts/al_w_own"


def opened(enter: Enter, alert: str = "al_w_own") -> str:
    browser = enter("officer")
    data = {"_csrf_token": token(browser, ALERT), "alert": alert, "title": "the third time"}
    answer = browser.post("/wearers/w_own/cases", data=data, follow_redirects=False)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def sent(browser, page: str, verb: str, **fields):
    text = browser.get(page).text
    seen = re.search(r'name="seen" value="(\d+)"', text)
    csrf = re.search(r'name="_csrf_token" value="([^"]+)"', text)
    assert csrf
    data = {"_csrf_token": csrf[1], "seen": seen[1] if seen else "1", **fields}
    return browser.post(f"{page}/{verb}", data=data, follow_redirects=True)


WHOLE = {
    "kind": "recall_request",
    "weighed": ["Deepest point: 60 m"],
    "other": "a diverted bus: the road was closed, he was on it before",
    "agreed": "no",
    "dissent": "the police officer thought him lost",
    "words": "third entry in a week, each longer",
}


def test_a_recall_with_dissent_is_signed_by_a_second_person(enter: Enter) -> None:
    page = opened(enter)
    browser = enter("officer")
    assert "the third time" in browser.get(ALERT).text
    recorded = sent(browser, page, "decide", **WHOLE).text
    for said in (
        "waits for a second person",
        "the police officer thought him lost",
        "a diverted bus",
        "Held then of alert",
        "Possible, ongoing, 41 %",
    ):
        assert said in recorded, said
    assert f'action="{page}/sign"' not in recorded, "not his own to sign"
    assert "Request recall" not in browser.get("/cases").text.split("Recall requests")[1]
    other = enter("colleague")
    decision = decision_in(other.get(page).text)
    signed = sent(
        other, page, "sign", decision=decision, agreement="agrees", words="as I read it"
    ).text
    assert "Demo Colleague agrees" in signed
    listed = enter("officer").get("/cases").text
    assert re.search(r"Possible</dt><dd[^>]*>1<", listed)


def test_what_no_card_shows_can_be_weighed_in_words(enter: Enter) -> None:
    page = opened(enter)
    fields = {**WHOLE, "weighed": [], "weighed_other": "he rang us himself\n\nthe bus stood"}
    recorded = sent(enter("officer"), page, "decide", **fields).text
    assert "he rang us himself; the bus stood" in recorded


def decision_in(text: str) -> str:
    found = re.search(r"de_[0-9a-f]{20}", text)
    assert found, "no decision waits for this person"
    return found[0]


def test_a_disagreement_leaves_it_open(enter: Enter) -> None:
    page = opened(enter)
    sent(enter("officer"), page, "decide", **WHOLE)
    other = enter("colleague")
    decision = decision_in(other.get(page).text)
    answer = sent(
        other, page, "sign", decision=decision, agreement="disagrees", words="lost, I think"
    )
    assert "does not stand" in answer.text
    assert "Close the case" not in answer.text


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"kind": ""}, "Choose what you decide"),
        ({"weighed": []}, "Choose the circumstances you weighed"),
        ({"other": ""}, "Say which other explanations you considered"),
        ({"agreed": ""}, "Say whether somebody disagreed"),
        ({"dissent": ""}, "Write who disagreed, and why"),
        ({"words": ""}, "Write why you decide so"),
    ],
)
def test_reasons_must_be_whole_and_nothing_typed_is_lost(enter: Enter, changes, said) -> None:
    page = opened(enter)
    answer = sent(enter("officer"), page, "decide", **{**WHOLE, **changes})
    assert (answer.status_code, said in answer.text) == (422, True)
    if "words" not in changes:
        assert "third entry in a week" in answer.text


def test_two_officers_at_once_the_second_overwrites_nothing(enter: Enter) -> None:
    page = opened(enter)
    browser = enter("officer")
    first = sent(browser, page, "decide", kind="no_action", words="talked to him")
    assert "talked to him" in first.text
    late = sent(browser, page, "decide", kind="warning", words="letter", seen="1")
    assert (late.status_code, "Somebody changed this case" in late.text) == (422, True)
    assert ">Warning <" not in late.text


def test_tasks_and_closing(enter: Enter) -> None:
    page = opened(enter)
    browser = enter("officer")
    due = moment_values("due", Instant(now() + DAY))
    assert "Enter when it is due" in sent(browser, page, "tasks", words="letter").text
    tasked = sent(browser, page, "tasks", words="send the letter", **due).text
    sent(browser, page, "decide", kind="warning", words="first time")
    assert "A task is still open" in sent(browser, page, "close", words="done").text
    task = re.search(r"ta_[0-9a-f]{20}", tasked)
    assert task
    sent(browser, page, f"tasks/{task[0]}/done", words="sent by post")
    shut = sent(browser, page, "close", words="warned, no more since")
    assert "warned, no more since" in shut.text
    assert "Case closed" in shut.text
    assert "No case is open" in browser.get("/cases").text


HAPPENED = {"kind": "excuse_given", "proof": "medical_letter", "words": "in the clinic all night"}


def test_what_happened_stands_in_the_timeline_when_it_happened(enter: Enter) -> None:
    page = opened(enter)
    browser = enter("officer")
    yesterday = moment_values("happened", Instant(now() - DAY))
    text = sent(browser, page, "steps", **HAPPENED, **yesterday).text
    assert "Letter of a doctor or hospital".lower() in text
    timeline = text.split('id="timeline"')[1]
    first = timeline.index("Reasonable excuse given")
    assert first < timeline.index("Breach identified") < timeline.index("Case opened")
    hearing = moment_values("happened", Instant(now() + DAY))
    text = sent(browser, page, "steps", kind="hearing", words="court 3, list B", **hearing).text
    assert "court 3, list B" in text.split('id="timeline"')[1]
    found = re.search(r"steps/(st_[0-9a-f]{20})/take-back", text)
    assert found
    text = sent(browser, page, f"steps/{found[1]}/take-back", words="another man's").text
    assert "Why it does not hold: another man&#39;s" in text
    assert "Reasonable excuse given" not in text.split('id="timeline"')[1]
    assert "A step was taken back" in text.split('id="timeline"')[1]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"kind": ""}, "Choose what happened"),
        ({"words": ""}, "Write what happened, and with whom"),
        ({"proof": ""}, "Choose what was shown for it"),
        (moment_values("happened", None), "Enter when it happened"),
        ({"happened-year": "2090"}, "This lies ahead"),
    ],
)
def test_of_what_happened_nothing_may_be_missing_and_nothing_typed_is_lost(
    enter: Enter, changes, said
) -> None:
    page = opened(enter)
    fields = HAPPENED | moment_values("happened", Instant(now() - DAY)) | changes
    answer = sent(enter("officer"), page, "steps", **fields)
    assert (answer.status_code, said in answer.text) == (422, True)
    for name in ("words", "happened-time"):
        assert fields[name] in answer.text


def test_what_happened_is_written_down_by_the_api(app, client, enter: Enter) -> None:
    case = opened(enter).rsplit("/", 1)[1]
    client.cookies.clear()
    browser, headers = client, bearer(app, "officer", Role.PRACTITIONER)
    body = {"seen": 1, "kind": "pack_sent", "happened_at": now() - DAY, "words": "to the court"}
    answer = browser.post(f"/api/v1/cases/{case}/steps", json=body, headers=headers)
    assert answer.status_code == 200, answer.text
    (step,) = browser.get(f"/api/v1/cases/{case}", headers=headers).json()["case"]["steps"]
    path = f"/api/v1/cases/{case}/steps/{step['step_id']}/take-back"
    wrong = browser.post(path, json={"seen": 2, "words": ""}, headers=headers)
    assert (wrong.status_code, "Write why" in wrong.text) == (422, True)
    assert browser.post(path, json={"seen": 2, "words": "x"}, headers=headers).status_code == 200


def test_a_case_is_about_one_wearer(enter: Enter) -> None:
    browser = enter("officer")
    data = {"_csrf_token": token(browser, ALERT), "alert": "al_w_team", "title": "mixed up"}
    answer = browser.post("/wearers/w_own/cases", data=data)
    assert (answer.status_code, "alerts of one wearer" in answer.text) == (422, True)


@pytest.mark.parametrize(
    ("name", "sees"), [("operator", 200), ("police", 404), ("liaison", 403), ("evaluator", 403)]
)
def test_who_may_see_it_and_that_they_do_not_decide(enter: Enter, name: str, sees: int) -> None:
    page = opened(enter)
    browser = enter(name)
    found = browser.get(page)
    assert found.status_code == sees
    assert "Record the decision" not in found.text


def test_the_list_stands_on_pages_the_earliest_task_first(enter: Enter, centre) -> None:
    at = now()
    for number in range(PAGE + 2):
        case = Case(
            case_id=CaseId(f"ca_{number:03d}"),
            wearer_id=WearerId("w_own"),
            title=f"the {number:03d}th",
            opened_at=Instant(at + number),
            opened_by=AccountId("ac_officer"),
            alerts=(AlertId("al_w_own"),),
        )
        if number == 7:
            task = Task(task_id="ta", words="x", due_at=at, set_by=case.opened_by)
            case = msgspec.structs.replace(case, tasks=(task,))
        centre.record(CaseOpened(case=case), at=at)
    centre.apply()
    browser = enter("officer")
    first = browser.get("/cases").text
    assert (
        first.index("the 007th") < first.index(f"the {PAGE + 1:03d}th") < first.index("the 020th")
    )
    assert "the 000th" not in first
    assert f'tw-count">{PAGE + 2}<' in first
    second = browser.get("/cases?page=2").text
    assert "the 000th" in second
    assert "the 020th" not in second
    assert browser.get("/cases?page=x").status_code == 200
    found = browser.get("/api/v1/cases?page=2").json()
    assert (len(found["rows"]), found["pages"], found["total"]) == (2, 2, PAGE + 2)
