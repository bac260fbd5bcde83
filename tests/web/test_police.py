"""The police response page: the life of a link, what the page says, and what it never says."""

import re

import msgspec
import pytest
from litestar import Litestar
from litestar.testing import TestClient

from tagwatch.access.audit import Outcome
from tagwatch.access.enrolment import now
from tagwatch.access.role import Role
from tagwatch.core.ids import AccountId, AlertId
from tagwatch.core.ledger import AlertClosed
from tagwatch.core.order import ZoneKnowledge
from tagwatch.core.outcome import Disposition
from tagwatch.core.recorded_register import ConditionRecorded, OrderRecorded
from tagwatch.core.units import DAY, HOUR
from tests.web import sample
from tests.web.conftest import HOST, Enter, from_address
from tests.web.test_api import bearer
from tests.web.test_plan import hidden, purpose, written
from tests.web.test_routes import audit, token_of

Browser = TestClient[Litestar]
PLANT = "Not to contact Demo Person or enter 14 Planted Road, NW1 0AA"


@pytest.fixture
def phone(client: Browser, app: Litestar) -> Browser:
    """The officer's phone: a browser of its own."""
    # The application is running already, in the desk's client: it is not begun anew here.
    return TestClient(from_address(app, "192.0.2.7"), base_url=HOST)


def made(browser: Browser, alert_id: str = "al_w_own", **more: str) -> tuple[str, str]:
    """Make a link; its path and its code."""
    token = token_of(browser)
    data = {"_csrf_token": token, "officer": "PC 1234 Demo", "force": "MPS", "hours": "4", **more}
    answer = browser.post(f"/alerts/{alert_id}/police-links", data=data)
    assert answer.status_code == 200, answer.text[:500]
    path = re.search(r"<code>[^<]*(/p/enter/[\w-]+)</code>", answer.text)
    code = re.search(r'id="code">([\d ]+)<', answer.text)
    assert path
    assert code
    return path[1], code[1]


def give(phone: Browser, path: str, code: str):
    asked = phone.get(path)
    return phone.post(path, data={**hidden(asked.text), "code": code}, follow_redirects=False)


def other(code: str) -> str:
    return "000000" if code.replace(" ", "") != "000000" else "111111"


def refusals(config, app) -> list[str]:
    return [line.detail for line in audit(config, app) if line.outcome is Outcome.REFUSED]


def test_link_and_code_open_the_page_once_on_one_phone(enter: Enter, phone, app, config) -> None:
    desk = enter("operator")
    path, code = made(desk)
    entered = give(phone, path, code)
    assert entered.status_code == 303
    cookie = entered.headers["set-cookie"].lower()
    for part in ("httponly", "samesite=strict", "path=/p", "tagwatch-police"):
        assert part in cookie
    page = phone.get("/p/alerts/al_w_own")
    assert page.status_code == 200
    assert page.headers["refresh"] == "60; url=/p/alerts/al_w_own"
    assert "refresh" not in phone.get("/p/alerts/al_w_own?refresh=off").headers
    for words in ("Demo Alder", "Possible", "no power of arrest by itself", "Asked by Demo Oper"):
        assert words in page.text
    assert phone.get(path).status_code == 410
    assert phone.post(path, data={**hidden(page.text), "code": code}).status_code == 410
    history = desk.get("/alerts/al_w_own").text
    assert "Police link made" in history
    assert "PC 1234 Demo, MPS (by link)" in history
    seen = [line for line in audit(config, app) if line.question == "police_page"]
    assert seen
    assert seen[-1].by.startswith("pl_")
    kept = config.accounts_file.read_bytes()
    assert code.replace(" ", "").encode() + b" " not in kept
    assert path.rsplit("/", 1)[1].encode() not in kept


def test_five_wrong_codes_lock_a_link_for_good(enter: Enter, phone, app, config) -> None:
    path, code = made(enter("operator"))
    for left in (4, 3, 2, 1):
        wrong = give(phone, path, other(code))
        assert wrong.status_code == 422
        assert f"{left} tr" in wrong.text
    assert give(phone, path, other(code)).status_code == 410
    assert give(phone, path, code).status_code in (403, 410)
    assert phone.get(path).status_code == 410
    assert phone.get("/p/alerts/al_w_own").status_code == 404
    assert any("wrong code" in detail for detail in refusals(config, app))


def test_a_link_taken_back_stops_on_the_phone_at_once(enter: Enter, phone) -> None:
    desk = enter("officer")
    path, code = made(desk)
    give(phone, path, code)
    assert phone.get("/p/alerts/al_w_own").status_code == 200
    page = desk.get("/alerts/al_w_own").text
    link = re.search(r'name="link" value="(pl_\w+)"', page)
    assert link
    data = {"_csrf_token": token_of(desk), "link": link[1]}
    assert desk.post("/alerts/al_w_own/police-links/revoke", data=data).status_code == 200
    assert phone.get("/p/alerts/al_w_own").status_code == 404
    assert phone.get(path).status_code == 410
    assert desk.post("/alerts/al_w_own/police-links/revoke", data=data).status_code == 422
    assert "taken back" in desk.get("/alerts/al_w_own").text


def test_a_link_runs_out(enter: Enter, phone, app, monkeypatch: pytest.MonkeyPatch) -> None:
    path, code = made(enter("operator"))
    give(phone, path, code)
    later = now() + 5 * HOUR
    monkeypatch.setattr("tagwatch.web.police.now", lambda: later)
    assert phone.get("/p/alerts/al_w_own").status_code == 404
    assert phone.get(path).status_code == 410


def test_a_closed_alert_ends_the_page(enter: Enter, phone, centre, app, config) -> None:
    path, code = made(enter("operator"))
    give(phone, path, code)
    token = hidden(phone.get("/p/alerts/al_w_own").text)
    close = AlertClosed(
        alert_id=AlertId("al_w_own"),
        at=now(),
        by=AccountId("ac_operator"),
        disposition=Disposition.TECHNICAL,
        words="a fault",
    )
    centre.record(close, at=now())
    centre.apply()
    before = len(refusals(config, app))
    assert phone.get("/p/alerts/al_w_own").status_code == 404
    data = {**token, "sighting": "seen"}
    assert phone.post("/p/alerts/al_w_own/report", data=data).status_code == 404
    assert len(refusals(config, app)) == before + 2


@pytest.mark.parametrize("alert_id", ["al_w_team", "al_w_hidden", "al_none"])
def test_the_cookie_opens_no_other_alert_and_no_other_page(
    enter: Enter, phone, app, config, alert_id: str
) -> None:
    path, code = made(enter("operator"))
    give(phone, path, code)
    token = hidden(phone.get("/p/alerts/al_w_own").text)
    before = len(refusals(config, app))
    assert phone.get(f"/p/alerts/{alert_id}").status_code == 404
    data = {**token, "sighting": "seen"}
    assert phone.post(f"/p/alerts/{alert_id}/report", data=data).status_code == 404
    assert len(refusals(config, app)) == before + 2
    for other_page in ("/alerts/al_w_own", "/wearers/w_own", "/police/al_w_own"):
        answer = phone.get(other_page, follow_redirects=False)
        assert answer.headers["location"].startswith("/sign-in")


def test_another_alert_of_the_same_wearer_is_not_reached(
    enter: Enter, phone, config, centre
) -> None:
    second = sample.alert("w_own", "al_second")
    sample.put(config, (sample.schema.alert, sample.alert_row(second)))
    path, code = made(enter("operator"))
    give(phone, path, code)
    assert phone.get("/p/alerts/al_second").status_code == 404


def test_nobody_without_a_link_and_no_wrong_link(phone, app, config) -> None:
    assert phone.get("/p/alerts/al_w_own").status_code == 404
    assert phone.get("/p/enter/guessed").status_code == 404
    assert len(refusals(config, app)) == 2


@pytest.mark.parametrize("sighting", ["seen", "arrested", "no_trace"])
def test_one_tap_reports_into_the_history(enter: Enter, phone, sighting: str) -> None:
    desk = enter("operator")
    path, code = made(desk)
    give(phone, path, code)
    token = hidden(phone.get("/p/alerts/al_w_own").text)
    data = {**token, "sighting": sighting, "words": "by the canal"}
    answer = phone.post("/p/alerts/al_w_own/report", data=data)
    assert "Your report is recorded" in answer.text
    assert "by the canal" in answer.text
    history = desk.get("/alerts/al_w_own").text
    assert f"Police report: {sighting.replace('_', ' ')}" in history
    assert "by the canal" in history
    assert phone.post("/p/alerts/al_w_own/report", data={**token, "sighting": "x"}).is_success


def test_nothing_of_a_protected_person_is_on_the_page(enter: Enter, phone, centre) -> None:
    order = msgspec.structs.replace(sample.order("w_own"), wording=PLANT)
    zone = sample.zone("c_told", ZoneKnowledge.TOLD, 250.0)
    terms = msgspec.structs.replace(zone.terms, label="Home of Demo Person, 14 Planted Road")
    zone = msgspec.structs.replace(zone, terms=terms)
    by = AccountId("ac_officer")
    centre.record(OrderRecorded(order=order, by=by), at=now())
    centre.record(ConditionRecorded(condition=zone, by=by), at=now())
    centre.apply()
    desk = purpose(enter("officer"), "supervision")
    plan = {
        "warnings": "Demo Person says he has a knife\nwatch the dog",
        "contingency": "Ring DEMO PERSON's advocate\nAsk at 14 Planted Road",
    }
    assert written(desk, **plan).status_code == 303
    looks = {**hidden(desk.get("/wearers/w_own/appearance").text)}
    looks["description"] = "1.80 m, red coat, lives with Demo Person near NW1 0AA"
    assert desk.post("/wearers/w_own/appearance", data=looks).status_code == 200
    path, code = made(desk)
    give(phone, path, code)
    token = hidden(phone.get("/p/alerts/al_w_own").text)
    data = {**token, "sighting": "seen", "words": "with Demo Person"}
    page = phone.post("/p/alerts/al_w_own/report", data=data).text
    for kept in ("has a knife", "watch the dog", "red coat", "Not to contact", "REF-w_own"):
        assert kept in page
    for plant in ("Demo Person", "DEMO PERSON", "Planted", "NW1 0AA"):
        assert plant not in page


def test_a_told_zone_is_drawn_and_a_secret_one_is_not(enter: Enter, phone, config) -> None:
    path, code = made(enter("officer"))
    give(phone, path, code)
    assert 'class="zone"' in phone.get("/p/alerts/al_w_own").text
    hidden_one = sample.episode(episode_id="ep_secret", condition_id="c_secret")
    about = sample.alert("w_own", "al_secret", episode_id="ep_secret")
    sample.put(
        config,
        (sample.schema.episode, sample.episode_row(hidden_one)),
        (sample.schema.alert, sample.alert_row(about)),
    )
    desk = enter("officer")
    path, code = made(desk, "al_secret")
    phone.cookies.clear()
    give(phone, path, code)
    page = phone.get("/p/alerts/al_secret").text
    assert "not shown here" in page
    assert "secret zone" not in page
    assert 'class="zone"' not in page


def test_police_in_scope_see_it_signed_in_and_others_do_not(enter: Enter) -> None:
    browser = enter("police")
    assert "may be arrested without warrant" in browser.get("/police/al_w_bail").text
    assert browser.get("/police/al_w_own").status_code == 404
    token = hidden(browser.get("/police/al_w_bail").text)
    answer = browser.post("/police/al_w_bail/report", data={**token, "sighting": "no_trace"})
    assert "Demo Police" in answer.text
    data = {**token, "officer": "x", "force": "y", "hours": "2"}
    assert browser.post("/alerts/al_w_bail/police-links", data=data).status_code == 403


@pytest.mark.parametrize(
    ("more", "words"),
    [({"officer": ""}, "Write the officer"), ({"hours": "13"}, "from 1 to 12 hours")],
)
def test_a_link_needs_a_name_a_force_and_a_time(enter: Enter, more, words: str) -> None:
    desk = enter("operator")
    data = {"_csrf_token": token_of(desk), "officer": "PC", "force": "MPS", "hours": "2", **more}
    answer = desk.post("/alerts/al_w_own/police-links", data=data)
    assert answer.status_code == 422
    assert words in answer.text


def test_a_link_is_for_whoever_may_see_the_alert(enter: Enter) -> None:
    desk = enter("outsider")
    data = {"_csrf_token": token_of(desk), "officer": "PC", "force": "MPS", "hours": "2"}
    assert desk.post("/alerts/al_w_own/police-links", data=data).status_code == 404


def test_no_position_and_several_orders_are_said_plainly(enter: Enter, phone, centre) -> None:
    second = msgspec.structs.replace(sample.order("w_team"), order_id="o_two", reference="REF-2")
    centre.record(OrderRecorded(order=second, by=AccountId("ac_officer")), at=now())
    past = msgspec.structs.replace(
        sample.order("w_team"), order_id="o_past", reference="REF-3", ends_at=now() - DAY // 2
    )
    centre.record(OrderRecorded(order=past, by=AccountId("ac_officer")), at=now())
    centre.apply()
    path, code = made(enter("operator"), "al_w_team")
    give(phone, path, code)
    page = phone.get("/p/alerts/al_w_team").text
    assert "No position in the last day" in page
    assert "Which order this falls under is not known" in page
    assert "REF-2" in page
    assert "REF-3" not in page


def test_the_api_makes_a_link_and_takes_it_back(enter: Enter, phone, app) -> None:
    browser = enter("operator")
    headers = bearer(app, "operator", Role.OPERATOR) | {"x-purpose": "alert_response"}
    links = "/api/v1/alerts/al_w_own/police-links"
    asked = {"officer": "PC 7 Demo", "force": "MPS", "hours": 2}
    issued = browser.post(links, json=asked, headers=headers).json()
    assert give(phone, issued["path"], issued["code"]).status_code == 303
    assert phone.get("/p/alerts/al_w_own").status_code == 200
    (listed,) = browser.get(links, headers=headers).json()
    assert listed["officer"] == "PC 7 Demo"
    assert listed["used_at"] is not None
    assert not {"key", "code", "key_hash", "code_hash"} & set(listed)
    revoke = f"{links}/{listed['link_id']}/revoke"
    assert browser.post(revoke, json={}, headers=headers).status_code == 200
    assert phone.get("/p/alerts/al_w_own").status_code == 404
    assert browser.post(revoke, json={}, headers=headers).status_code == 409
    assert browser.post(links, json=asked | {"hours": 13}, headers=headers).status_code == 422
    page = browser.get("/api/v1/alerts/al_w_own/police", headers=headers).json()
    assert page["wearer"]["name"] == "Demo Alder"
    report = "/api/v1/alerts/al_w_own/police/report"
    seen = {"sighting": "seen", "words": "by the canal"}
    assert browser.post(report, json=seen, headers=headers).status_code == 200
    assert "by the canal" in browser.get("/alerts/al_w_own").text


def test_the_api_sends_a_test_and_says_who_is_on_call(enter: Enter, app) -> None:
    browser = enter("operator")
    headers = bearer(app, "operator", Role.OPERATOR) | {"x-purpose": "upkeep"}
    (contact,) = browser.get("/api/v1/contacts", headers=headers).json()
    test = f"/api/v1/contacts/{contact['contact_id']}/test"
    assert browser.post(test, json={}, headers=headers).status_code == 200
    assert browser.post(test, json={}, headers=headers).status_code == 409, "one a minute"
    assert browser.post("/api/v1/contacts/none/test", json={}, headers=headers).status_code == 404
    assert browser.get("/api/v1/on-call", headers=headers).json()["areas"] is not None


def test_what_somebody_wrote_meanwhile_is_shown_and_not_overwritten(enter) -> None:
    desk = purpose(enter("officer"), "supervision")
    path = "/wearers/w_own/appearance"
    shown = hidden(desk.get(path).text)
    first = desk.post(path, data={**shown, "description": "1.80 m,\r\nred coat"})
    assert first.url.path == "/wearers/w_own"
    second = desk.post(path, data={**shown, "description": "grey hair"})
    assert second.status_code == 422
    assert "red coat. Load the page again" in second.text
    assert "grey hair" in second.text
    again = hidden(desk.get(path).text)
    assert desk.post(path, data={**again, "description": "grey hair"}).url.path == "/wearers/w_own"
