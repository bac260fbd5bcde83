"""Enquiries on the pages and in the API: asked, taken on, answered; who sees which."""

import re
from typing import Any

from litestar import Litestar
from litestar.testing import TestClient

from tagwatch.access.audit import Act
from tagwatch.access.enrolment import now
from tagwatch.access.role import Verb
from tagwatch.core.ids import AccountId
from tagwatch.core.units import HOUR, Instant
from tagwatch.web.form import moment_values
from tests.web.conftest import Enter
from tests.web.test_alert import token
from tests.web.test_routes import audit

Browser = TestClient[Litestar]
NEW = "/wearers/{}/enquiries/new"


def send(browser: Browser, path: str, **fields: str) -> Any:
    data = {"_csrf_token": token(browser, "/sign-in"), **fields}
    return browser.post(path, data=data, follow_redirects=True)


def asked(received: int = 0, **fields: str) -> dict[str, str]:
    """What an officer types of somebody's question."""
    return {
        "asker": "court",
        "role": "clerk of the court",
        "organisation": "Demo Crown Court",
        "reference": "T2026",
        "asked_by": "email",
        "asked_for": "court_proceedings",
        "basis": "",
        "question": "Is the tag worn?",
        "others": "",
        "urgency": "urgent",
        "to": "",
        **moment_values("received", Instant(now() - received)),
        **fields,
    }


def logged(enter: Enter, wearer: str = "w_own", **fields: str) -> str:
    answer = send(enter("operator"), NEW.format(wearer), **asked(**fields))
    assert answer.status_code == 200, answer.text
    return answer.url.path


def test_it_is_logged_taken_on_and_answered_with_what_went_out(
    enter: Enter, app: Litestar, config
) -> None:
    path = logged(enter)
    officer = enter("officer")
    page = officer.get(path).text
    assert "clerk of the court, Demo Crown Court" in page
    assert "due in 3 h 59 min" in page
    assert "Is the tag worn?" in officer.get("/enquiries").text
    assert "nobody yet" in officer.get("/enquiries").text
    taken = send(officer, f"{path}/take", seen="1").text
    assert re.search(r"Who answers</dt>\s*<dd[^>]*>Demo Officer", taken)
    missing = send(officer, f"{path}/answer", seen="2", answer="yes")
    assert (missing.status_code, "Say whether data" in missing.text) == (422, True)
    basis = {"disclosed": "yes", "disclosed_words": "worn, 09:00"}
    missing = send(officer, f"{path}/answer", seen="2", answer="yes", **basis)
    assert "Choose on which basis" in missing.text
    done = send(
        officer,
        f"{path}/answer",
        seen="2",
        answer="yes, since the morning",
        disclosure_basis="legal_proceedings",
        **basis,
    ).text
    assert "Schedule 2, paragraph 5" in done
    assert "in time" in done
    lines = [line for line in audit(config, app) if line.question == "answer_enquiry"]
    assert {line.act for line in lines} == {Act.ALTERATION, Act.DISCLOSURE}
    assert "1 settled" in officer.get("/enquiries?show=settled").text
    again = send(officer, f"{path}/refuse", seen="2", refusal="not_held", refusal_words="x")
    assert (again.status_code, "it is settled now" in again.text) == (422, True)


def test_it_is_refused_with_a_reason_and_stands_on_the_wearer(enter: Enter) -> None:
    path = logged(enter)
    operator = enter("operator")
    bare = send(operator, f"{path}/refuse", seen="1", refusal_words="x")
    assert "Choose why" in bare.text
    done = send(operator, f"{path}/refuse", seen="1", refusal="no_basis", refusal_words="told so")
    assert "No legal basis" in done.text
    assert "none" in done.text
    colleague = enter("colleague")
    send(colleague, "/purpose", purpose="supervision", wearer="w_own", words="He is away")
    assert "refused" in colleague.get("/wearers/w_own").text
    assert enter("outsider").get(path).status_code == 404
    assert send(enter("outsider"), f"{path}/take", seen="2").status_code == 404


def test_several_wearers_are_one_enquiry_each(enter: Enter) -> None:
    wrong = send(enter("operator"), NEW.format("w_own"), **asked(others="X999999"))
    assert (wrong.status_code, "No wearer you may see has the CRN" in wrong.text) == (422, True)
    path = logged(enter, others="X000001\nX000002", to="ac_operator")
    page = enter("operator").get(path).text
    assert "Asked at once with it" in page
    assert "Demo Birch" in page
    assert "Demo Cedar" in page
    assert "Demo Cedar" not in enter("officer").get(path).text, "another agency's"
    hidden = send(enter("operator"), NEW.format("w_own"), **asked(others="X000003"))
    assert hidden.status_code == 422, "a restricted case is not found by its CRN either"


def test_what_is_missing_is_said_at_its_field(enter: Enter) -> None:
    operator = enter("operator")
    for fields, says in (
        ({"role": ""}, "without a name"),
        ({"organisation": " "}, "Write the organisation"),
        ({"asker": ""}, "Choose who asks"),
        ({"asked_for": "other"}, "on which basis"),
        ({"to": "ac_outsider"}, "Choose somebody who answers"),
        (moment_values("received", Instant(now() + HOUR)), "later than now"),
    ):
        answer = send(operator, NEW.format("w_own"), **asked(**fields))
        assert (answer.status_code, says in answer.text) == (422, True), says


def test_police_ask_for_themselves_and_see_their_own_alone(enter: Enter) -> None:
    theirs = logged(enter, "w_bail", question="Where does Demo Elm work?")
    police = enter("police")
    assert police.get(NEW.format("w_own")).status_code == 404
    own = send(
        police,
        NEW.format("w_team"),
        **asked(question="was he near Demo Person on Tuesday?", asker="court", organisation="x"),
    )
    assert own.status_code == 200
    path = own.url.path
    assert "Enquiry of police" in own.text
    assert "Who answers" in own.text
    assert "Take it on" not in own.text
    assert "Where does Demo Elm" not in police.get("/enquiries").text
    assert police.get(theirs).status_code == 404
    assert send(police, f"{path}/take", seen="1").status_code == 403
    assert police.get("/enquiries/times").status_code == 403
    answered = send(
        enter("colleague"), f"{path}/answer", seen="1", answer="cannot say", disclosed="no"
    )
    assert answered.status_code == 200
    assert "cannot say" in enter("police").get(path).text


def test_a_protected_person_is_not_named_to_those_who_only_ask(enter: Enter) -> None:
    liaison = enter("liaison")
    send(liaison, "/purpose", purpose="victim_safety", next="/")
    assert "Ask about him" in liaison.get("/wearers").text
    own = send(liaison, NEW.format("w_own"), **asked(question="is Demo Person safe?"))
    assert "[a protected person]" in own.text
    assert "Demo Person" not in own.text
    assert "Demo Person" in enter("officer").get(own.url.path).text


def test_the_api_says_the_same(enter: Enter, app: Litestar) -> None:
    browser = enter("officer")
    verbs = (Verb.ASK_ENQUIRY, Verb.ANSWER_ENQUIRY, Verb.SEE_ENQUIRIES, Verb.SEE_ANSWER_TIMES)
    sign_in = app.state.foundation.sign_in
    secret = sign_in.issue_token(AccountId("ac_officer"), "test", verbs, Instant(now() + HOUR))
    headers = {"authorization": f"Bearer {secret}", "x-purpose": "supervision"}

    def post(path: str, **body: object) -> Any:
        return browser.post(f"/api/v1{path}", json=body, headers=headers)

    def get(path: str) -> Any:
        return browser.get(f"/api/v1{path}", headers=headers)

    question = {
        "asker": "probation",
        "role": "duty officer",
        "organisation": "Demo Probation",
        "asked_for": "supervision",
        "question": "worn?",
        "urgency": "immediate",
    }
    made = post("/enquiries", wearers=["w_own"], question=question).json()["made_id"]
    assert (
        post("/enquiries", wearers=["w_own"], question=question | {"role": ""}).status_code == 422
    )
    assert post("/enquiries", wearers=["w_other"], question=question).status_code == 404
    assert post(f"/enquiries/{made}/take", to="ac_colleague", seen=1).status_code == 200
    assert post(f"/enquiries/{made}/answer", words="yes", seen=1).status_code == 409
    assert post(f"/enquiries/{made}/answer", words="yes", seen=2).status_code == 200
    found = get(f"/enquiries/{made}").json()
    assert [step["kind"] for step in found["steps"]] == ["logged", "taken", "answered"]
    assert get("/enquiries").json()["settled"] == 1
    (all_of_them,) = [
        one["total"]
        for one in get("/enquiries/times").json()["times"]["organisations"]
        if one["total"]["name"] == "all"
    ]
    assert all_of_them["received"] is None, "one is withheld"
    assert post(f"/enquiries/{made}/refuse", reason="x", words="y", seen=3).status_code == 422
