"""The zone form tries the zone on the wearer's past trail before it is saved."""

import json

from tagwatch.core.geometry import LonLat
from tagwatch.core.ids import WearerId
from tagwatch.core.outcome import AlertClass
from tagwatch.core.rehearsal import Home, HomeOrigin, NearHome
from tagwatch.core.units import Instant
from tagwatch.query.landmarks import Landmark
from tagwatch.query.rehearsal import Rehearsal
from tagwatch.web.rehearsal import in_words
from tests.query.test_rehearsal import batch
from tests.web import sample
from tests.web.conftest import Enter
from tests.web.test_register import BEGINS, hidden, token

PATH = "/wearers/w_own/zones/new"
ZONE = {
    "order": "o_w_own",
    "label": "Zone A",
    "lat": f"{sample.HOME.lat_deg}",
    "lon": f"{sample.HOME.lon_deg}",
    "radius": "300",
    "buffer": "0",
    "knowledge": "told",
    **{f"valid_from-{part}": value for part, value in BEGINS.items()},
}


def tried(browser, **changes: str) -> tuple[int, str]:
    fields = {**hidden(browser.get(PATH).text), **ZONE, "more": "rehearse", **changes}
    answer = browser.post(PATH, data=fields, follow_redirects=False)
    return answer.status_code, answer.text


def purposeful(enter: Enter, name: str):
    browser = enter(name)
    state = {"_csrf_token": token(browser.get("/purpose").text), "purpose": "supervision"}
    browser.post("/purpose", data={**state, "next": "/"})
    return browser


def test_the_form_shows_what_the_zone_would_have_done_and_saves_nothing(enter, config) -> None:
    browser = purposeful(enter, "officer")
    with batch(config):
        status, page = tried(browser)
    assert status == 200
    assert "On the 20 fixes of the last 28 days" in page
    assert "1 alert (1 confirmed)" in page
    assert 'value="Zone A"' in page, "what was typed is kept"
    assert "Zone A" not in browser.get("/wearers/w_own").text


def test_without_a_purpose_it_is_asked_for_and_the_form_is_kept(enter, config) -> None:
    with batch(config):
        status, page = tried(enter("officer"))
    assert status == 200
    assert "state the purpose" in page
    assert "On the 20 fixes" not in page
    assert 'value="Zone A"' in page


def test_an_administrator_cannot_look_at_trails_this_way(enter, config) -> None:
    with batch(config):
        _, page = tried(enter("administrator"))
    assert "Your role cannot look at past trails" in page


def test_what_is_wrong_with_the_zone_is_said_first(enter) -> None:
    status, page = tried(purposeful(enter, "officer"), radius="many")
    assert status == 422
    assert "The radius in metres must be" in page


def test_without_the_batch_process_the_form_goes_on(enter) -> None:
    status, page = tried(purposeful(enter, "officer"))
    assert status == 200
    assert "the batch process does not answer" in page


def test_words_of_a_rehearsal() -> None:
    home = Home(place=LonLat(lon_deg=0.0, lat_deg=51.0), origin=HomeOrigin.NIGHTS, nights=9)
    empty = Rehearsal(
        wearer_id=WearerId("w"),
        start=Instant(0),
        end=Instant(1),
        fixes=0,
        after=(),
        before=(),
        homes=(NearHome(wearer_id=WearerId("w"), home=home, distance_m=-40.0),),
        landmarks=(Landmark(file="roads", name="A501", length_m=120.0),),
    )
    said = in_words(empty, 28)
    assert said.sentence.startswith("There is no fix of the last 28 days")
    assert said.homes[0].startswith("He spent 9 nights at a place inside the zone, 40 m from")
    assert said.landmarks == (("A501", "120 m"),)
    assert said.days == ()
    assert len(AlertClass) == 3
    assert json.dumps(said.notes) == "[]"
