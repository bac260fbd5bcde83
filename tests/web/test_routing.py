"""A change of routes: proposed by one person, refused without a second, in force with one."""

import re

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from tagwatch.access.audit import Outcome
from tagwatch.access.enrolment import now
from tagwatch.core.ids import AccountId, ProposalId
from tagwatch.core.ledger import RouteDecided
from tagwatch.core.order import LegalBasis
from tagwatch.core.person import Duty
from tagwatch.core.routing import DEFAULT_ROUTES, Verdict
from tests.web.conftest import Enter
from tests.web.test_routes import audit, token_of


def form_of(browser: TestClient) -> dict[str, object]:
    page = browser.get("/routing/propose").text
    form: dict[str, object] = dict(
        re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', page)
    )
    for route in DEFAULT_ROUTES.routes:
        form[f"acts-{route.basis.value}"] = route.acts.value
        form[f"informed-{route.basis.value}"] = [duty.value for duty in route.informed]
    return form | {"_csrf_token": token_of(browser), "reason": "agreed in the protocol of May"}


def propose(browser: TestClient, **changes: object):
    form = form_of(browser) | {"acts-licence": "police", "informed-licence": "probation"} | changes
    return browser.post("/routing/propose", data=form, follow_redirects=False)


def waiting(browser: TestClient) -> str:
    found = re.search(r'action="(/routing/rp_[0-9a-f]+)"', browser.get("/routing").text)
    assert found
    return found[1]


def decide(browser: TestClient, path: str, verdict: str):
    data = {"_csrf_token": token_of(browser), "verdict": verdict, "words": "seen"}
    return browser.post(path, data=data, follow_redirects=False)


def test_the_table_is_shown_to_those_who_act_on_it(enter: Enter) -> None:
    page = enter("police").get("/routing").text
    assert "version 1" in page
    assert "Stalking protection order" in page
    assert "/routing/propose" not in page


def test_one_person_changes_nothing_alone(app: Litestar, enter: Enter, centre, config) -> None:
    browser = enter("administrator")
    assert propose(browser).status_code == 303
    path = waiting(browser)
    assert "somebody else must approve it" in browser.get("/routing").text
    answer = decide(browser, path, "approved")
    assert answer.status_code == 422
    assert "needs two people" in answer.text
    assert centre.line.state.register.routes.current == DEFAULT_ROUTES
    refused = [line for line in audit(config, app) if line.question == "decide_routes"]
    assert [(line.outcome, line.by) for line in refused] == [(Outcome.REFUSED, "ac_administrator")]


def test_a_second_person_puts_it_in_force_and_every_step_is_on_the_audit(
    app: Litestar, enter: Enter, centre, config
) -> None:
    operator = enter("operator")
    assert propose(operator).status_code == 303
    (name,) = centre.line.state.register.routes.proposals
    path = f"/routing/{name}"
    assert decide(operator, path, "approved").status_code == 403
    browser = enter("administrator")
    assert waiting(browser) == path
    assert decide(browser, path, "approved").status_code == 303
    current = centre.line.state.register.routes.current
    assert (current.version, current.of(LegalBasis.LICENCE).acts) == (2, Duty.POLICE)
    page = browser.get("/routing").text
    assert "version 2" in page
    assert "agreed in the protocol of May" in page
    said = [(line.question, line.by) for line in audit(config, app) if "_routes" in line.question]
    assert ("propose_routes", "ac_operator") in said
    assert ("decide_routes", "ac_administrator") in said
    assert decide(browser, path, "approved").status_code == 422


def test_a_refused_proposal_changes_nothing(enter: Enter, centre) -> None:
    assert propose(enter("operator")).status_code == 303
    browser = enter("administrator")
    assert decide(browser, waiting(browser), "refused").status_code == 303
    assert centre.line.state.register.routes.current == DEFAULT_ROUTES
    assert "Refused" in browser.get("/routing").text


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"reason": ""}, "Say why"),
        ({"acts-bail": ""}, "choose who acts"),
        ({"acts-bail": "wearer"}, "who acts is told anyhow"),
        ({"informed-licence": "police"}, "who acts is told anyhow"),
        ({"acts-licence": "probation", "informed-licence": []}, "Nothing would change"),
        ({"seen_version": "7"}, "came into force after your page was made"),
        ({"seen_version": "x"}, "This form is incomplete"),
    ],
)
def test_what_cannot_be_proposed_is_said(
    enter: Enter, changes: dict[str, object], words: str
) -> None:
    answer = propose(enter("operator"), **changes)
    assert answer.status_code == 422
    assert words in answer.text


def test_the_line_takes_no_decision_that_two_people_did_not_make(enter: Enter, centre) -> None:
    propose(enter("operator"))
    (name,) = centre.line.state.register.routes.proposals
    for proposal_id, by in ((name, "ac_operator"), (ProposalId("rp_none"), "ac_administrator")):
        event = RouteDecided(
            proposal_id=proposal_id, verdict=Verdict.APPROVED, at=now(), by=AccountId(by)
        )
        centre.record(event, at=now())
    centre.apply()
    assert centre.line.state.register.routes.current == DEFAULT_ROUTES
