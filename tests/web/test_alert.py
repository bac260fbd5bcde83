"""The alert page, and acting on an alert through it."""

import re

from litestar import Litestar
from litestar.testing import TestClient

from tests.web import sample
from tests.web.conftest import Enter

Browser = TestClient[Litestar]


def token(browser: Browser, path: str) -> str:
    found = re.search(r'name="_csrf_token" value="([^"]+)"', browser.get(path).text)
    assert found
    return found[1]


def send(browser: Browser, page: str, verb: str, **fields: str):
    data = {"_csrf_token": token(browser, page), **fields}
    return browser.post(f"{page}/{verb}", data=data, follow_redirects=True)


def test_it_says_what_how_sure_and_what_is_not_known(enter: Enter) -> None:
    text = enter("officer").get("/alerts/al_w_own").text
    for said in (
        "Exclusion zone entered: Demo Alder",
        "Possible violation, ongoing",
        "41 %: a realistic possibility",
        "One witness can be a single error",
        "Whether it happened at all",
        "nothing about intent",
        "told zone, version 1",
        "REF-w_own, Licence",
    ):
        assert said in text, said
    assert text.count("<tr ") == 21, "a head and each fix of the half hour"


def test_its_clocks_run_until_somebody_was_reached_and_answered(enter: Enter) -> None:
    page = "/alerts/al_w_own"
    clocks = enter("officer").get(page).text.split('id="clocks"')[1].split("</section>")[0]
    assert "no message delivered so far" in clocks
    assert "not yet" in clocks
    text = send(enter("officer"), page, "acknowledge").text
    clocks = text.split('id="clocks"')[1].split("</section>")[0]
    assert "not yet" not in clocks
    assert "after it happened" in clocks


def test_nobody_is_led_where_he_may_not_go(enter: Enter) -> None:
    assert 'href="/alerts/al_w_own"' in enter("officer").get("/alerts").text
    listed = enter("liaison").get("/alerts").text
    assert "Exclusion zone entered: Demo Alder" in listed
    assert 'href="/alerts/al_w_own"' not in listed


def test_its_map_has_the_fixes_with_their_circles_and_the_zone(enter: Enter) -> None:
    found = enter("officer").get("/alerts/al_w_own/map").json()
    assert len(found["fixes"]) == 20
    assert all(fix["radius_m"] > 20 for fix in found["fixes"])
    assert [fix["number"] for fix in found["fixes"] if fix["used"]] == [1, 2]
    assert found["zones"][0]["properties"] == {
        "radius_m": 250.0,
        "label": "told zone",
        "kind": "zone",
        "buffer_m": 0.0,
    }


def test_a_secret_zone_is_neither_drawn_nor_named_for_others(enter: Enter, config) -> None:
    secret = sample.episode(episode_id="ep_secret", condition_id="c_secret")
    raised = sample.alert("w_own", "al_secret", episode_id="ep_secret")
    sample.put(
        config,
        (sample.schema.episode, sample.episode_row(secret)),
        (sample.schema.alert, sample.alert_row(raised)),
    )
    for name, sees in (
        ("officer", True),
        ("zones", True),
        ("operator", False),
        ("colleague", False),
    ):
        browser = enter(name)
        page, drawn = browser.get("/alerts/al_secret"), browser.get("/alerts/al_secret/map")
        assert page.status_code == 200
        assert bool(drawn.json()["zones"]) is sees, name
        assert (">secret zone, version 1" in page.text) is sees
        assert ("shown to named people only" in page.text) is not sees


def test_the_list_says_how_sure_it_is_by_now(enter: Enter, config) -> None:
    for name, by_now in (("same", 0.163), ("later", 0.991)):
        held = sample.episode(episode_id=f"ep_{name}", probability=by_now)
        raised = sample.alert("w_own", f"al_{name}", episode_id=f"ep_{name}", probability=0.163)
        sample.put(
            config,
            (sample.schema.episode, sample.episode_row(held)),
            (sample.schema.alert, sample.alert_row(raised)),
        )
    listed = " ".join(enter("officer").get("/alerts").text.split())
    assert listed.count("now 99.1 % sure") == 1
    assert listed.count(">16 % sure") == 1


def test_acknowledge_note_and_close(enter: Enter) -> None:
    browser = enter("officer")
    page = "/alerts/al_w_own"
    done = send(browser, page, "acknowledge")
    assert done.status_code == 200
    assert "You have taken this alert on." in done.text
    assert "by Demo Officer" in done.text
    again = send(browser, page, "acknowledge")
    assert again.status_code == 422
    assert "acknowledged already" in again.text
    assert "the note is here" in send(browser, page, "note", words="the note is here").text
    version = re.search(r'name="version" value="(\d+)"', browser.get(page).text)
    assert version
    closed = send(
        browser, page, "close", version=version[1], disposition="explained", words="bus diverted"
    )
    assert "The alert is closed." in closed.text
    assert "Demo Alder" not in browser.get("/alerts").text
    assert "bus diverted" in browser.get(page).text


def test_what_is_missing_is_said_beside_the_field_and_nothing_typed_is_lost(enter: Enter) -> None:
    browser = enter("officer")
    page = "/alerts/al_w_own"
    empty = send(browser, page, "note", words="  ")
    assert empty.status_code == 422
    assert "Write the note" in empty.text
    unchosen = send(browser, page, "close", version="1", disposition="", words="kept words")
    assert "Choose how to close the alert" in unchosen.text
    assert "kept words" in unchosen.text


def test_one_closes_what_one_has_seen(enter: Enter) -> None:
    browser = enter("officer")
    old = send(
        browser, "/alerts/al_w_own", "close", version="99", disposition="explained", words="x"
    )
    assert old.status_code == 422
    assert "This alert changed after your page was made" in old.text


def test_a_form_without_its_token_or_from_elsewhere_is_refused(enter: Enter) -> None:
    browser = enter("officer")
    assert browser.post("/alerts/al_w_own/acknowledge").status_code == 403
    forged = browser.post(
        "/alerts/al_w_own/acknowledge",
        data={"_csrf_token": token(browser, "/alerts/al_w_own")},
        headers={"sec-fetch-site": "cross-site"},
    )
    assert forged.status_code == 403
    assert "Acknowledge: I take this on" in browser.get("/alerts/al_w_own").text
