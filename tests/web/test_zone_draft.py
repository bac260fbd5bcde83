"""A secret zone is drawn by one person and protects when a second one has published it."""

import re

import pytest

from tagwatch.access.enrolment import now
from tagwatch.access.role import Role
from tagwatch.core.alert import AlertKind
from tagwatch.core.ids import ConditionId, OrderId, WearerId
from tagwatch.core.ledger import Tick
from tagwatch.core.outcome import AlertState
from tagwatch.core.routing import Verdict
from tagwatch.core.units import MINUTE, Instant
from tagwatch.core.zone_draft import ZoneDraft, decide_draft, needs_two
from tagwatch.store import alerts
from tagwatch.store.database import reading
from tests.web import sample
from tests.web.conftest import Enter
from tests.web.test_api import bearer
from tests.web.test_register import hidden, moment, send, token
from tests.web.test_rehearsal import purposeful

NEW = "/wearers/w_own/zones/new"
ZONE = {
    "order": "o_w_own",
    "label": "Refuge",
    "lat": "51.55",
    "lon": "-0.12",
    "radius": "400",
    "buffer": "200",
    "knowledge": "secret",
    **moment("valid_from"),
}


def entering(enter: Enter, name: str):
    browser = enter(name)
    state = {"_csrf_token": token(browser.get("/purpose").text), "purpose": "alert_response"}
    browser.post("/purpose", data={**state, "next": "/"})
    return browser


def decide(browser, draft: str, verdict: str):
    state = hidden(browser.get("/zone-drafts").text)
    fields = {"_csrf_token": state["_csrf_token"], "verdict": verdict}
    return browser.post(f"/zone-drafts/{draft}", data=fields, follow_redirects=False)


def refuges(centre) -> list[ConditionId]:
    versions = centre.line.state.register.conditions_of(WearerId("w_own"))
    return [v.condition_id for v in versions if v.terms.label == "Refuge"]


def drawn(officer) -> str:
    assert send(officer, NEW, ZONE).startswith("/zone-drafts?done=saved")
    found = re.search(r'action="/zone-drafts/(zd_\w+)"', officer.get("/zone-drafts").text)
    assert found
    return found[1]


def overdue(centre) -> list[AlertState]:
    with reading(centre.projections) as connection:
        found = alerts.every_alert(connection)
    return [one.state for one in found if one.kind is AlertKind.ZONE_DRAFT]


def test_it_is_not_in_force_and_says_so_until_a_second_person_publishes_it(
    enter: Enter, centre
) -> None:
    officer = purposeful(enter, "officer")
    draft = drawn(officer)
    assert not refuges(centre)
    assert "A secret zone does not protect yet" in officer.get("/wearers/w_own").text
    page = officer.get("/zone-drafts").text
    assert "You drew this: somebody else must publish it" in page
    assert "51.55000, -0.12000" in page
    assert "Publish: it protects" not in page
    refused = decide(officer, draft, "approved")
    assert (refused.status_code, "somebody else must publish it" in refused.text) == (422, True)
    twice = send(officer, NEW, {**ZONE, "record_id": "c_0123456789abcdef"})
    assert twice.startswith("/zone-drafts"), "another zone may be drawn meanwhile"
    colleague = purposeful(enter, "colleague")
    hidden_page = colleague.get("/zone-drafts").text
    assert "Demo Alder: a secret zone" in hidden_page
    assert "51.55" not in hidden_page
    assert "Refuge" not in hidden_page + colleague.get("/wearers/w_own").text
    assert decide(colleague, draft, "approved").status_code == 404
    named = entering(enter, "zones")
    assert decide(named, draft, "approved").status_code == 303
    assert len(refuges(centre)) == 1
    again = decide(named, draft, "refused")
    assert (again.status_code, "it was approved already" in again.text) == (422, True)


def test_one_that_waits_too_long_raises_an_alarm_that_ends_with_the_decision(
    enter: Enter, centre
) -> None:
    officer = purposeful(enter, "officer")
    draft, at = drawn(officer), now()

    def tick(later: int) -> None:
        when = Instant(at + later)
        centre.record(Tick(at=when, monotonic_us=when), at=when)
        centre.apply()

    tick(14 * MINUTE)
    assert overdue(centre) == []
    tick(16 * MINUTE)
    tick(17 * MINUTE)
    (state,) = overdue(centre)
    assert state is not AlertState.CLOSED
    assert decide(officer, draft, "refused").status_code == 303
    assert overdue(centre) == [AlertState.CLOSED]
    assert not refuges(centre)
    assert "does not protect yet" not in officer.get("/wearers/w_own").text


def test_the_second_of_two_officers_is_told_what_is_other(enter: Enter) -> None:
    officer = purposeful(enter, "officer")
    path = "/zones/c_told"
    fields = {**ZONE, "knowledge": "told", "label": "told zone", "radius": "300"}
    form = officer.get(path).text
    send(officer, path, fields)
    late = officer.post(path, data={**hidden(form), **fields, "radius": "500"})
    assert late.status_code == 422
    assert "after your page was made, and its " in late.text
    assert "shape" in late.text
    assert "Nothing of yours was recorded" in late.text


def test_a_zone_that_becomes_known_needs_two_as_well() -> None:
    told, secret = (sample.zone("c", knowledge, 100.0) for knowledge in sample.ZoneKnowledge)
    assert [needs_two(told.terms, None), needs_two(told.terms, secret.terms)] == [False, True]


def test_what_is_published_must_follow_on_what_is_in_force() -> None:
    version = sample.zone("c", sample.ZoneKnowledge.SECRET, 100.0)
    draft = ZoneDraft(draft_id="zd_1", condition=version, reason="", by="ac_a", at=now())
    assert decide_draft(draft, Verdict.APPROVED, "ac_b", now(), 0).decided_by == "ac_b"
    with pytest.raises(ValueError, match="version 1 was recorded since"):
        decide_draft(draft, Verdict.APPROVED, "ac_b", now(), 1)
    assert version.order_id == OrderId("o_w_own")


def test_the_api_lists_what_waits_and_refuses_its_author(app, client, enter: Enter) -> None:
    draft = drawn(purposeful(enter, "officer"))
    headers = bearer(app, "officer", Role.PRACTITIONER)
    (found,) = client.get("/api/v1/zone-drafts", headers=headers).json()["drafts"]
    assert (found["draft_id"], found["is_new"], found["may_publish"]) == (draft, True, False)
    path = f"/api/v1/zone-drafts/{draft}/decide"
    refused = client.post(path, json={"verdict": "approved"}, headers=headers)
    assert (refused.status_code, refused.json()["lacks"]) == (409, "second_person")
    assert client.post(path, json={"verdict": "refused"}, headers=headers).status_code == 200
