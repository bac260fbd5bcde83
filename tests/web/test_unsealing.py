"""A stretch of a sealed trail is opened on screen to one officer, by two people, for a time."""

import re
from typing import Any

import msgspec
import pytest
from litestar import Litestar
from litestar.testing import TestClient

from tagwatch.access.enrolment import now
from tagwatch.access.role import Role
from tagwatch.config import Config
from tagwatch.core.glass import Glass
from tagwatch.core.ids import AccountId, GlassId, UnsealingId, WearerId
from tagwatch.core.recorded_glass import GlassBroken
from tagwatch.core.recorded_register import OrderRecorded
from tagwatch.core.recorded_unsealing import UnsealingAsked, UnsealingDecided
from tagwatch.core.routing import Verdict
from tagwatch.core.units import HOUR, MINUTE, Instant, iso
from tagwatch.engine.centre import InProcessCentre
from tagwatch.store.unsealings import unsealing_of
from tagwatch.web.form import moment_values
from tests.web import sample
from tests.web.conftest import Enter
from tests.web.test_api import bearer
from tests.web.test_question import walk
from tests.web.test_rehearsal import purposeful
from tests.web.test_routes import audit

Browser = TestClient[Litestar]
AT = "/wearers/w_own/unsealings"
WHY = "A neighbour says he waits outside of her work"
SEALED = re.compile(r"Sealed: ([0-9]+) fix")


@pytest.fixture
def hour(config: Config, centre: InProcessCentre) -> Instant:
    """Half a degree away from his zones for two and a half hours, under a zones-only order."""
    found = walk(config, 901, range(-60, 90), 0.5)
    varied = msgspec.structs.replace(sample.order("w_own"), version=2, days_kept=7)
    centre.record(OrderRecorded(order=varied, by=AccountId("ac_officer")), at=now())
    centre.apply()
    return found


def send(browser: Browser, path: str, **fields: str) -> Any:
    found = re.search(r'name="_csrf_token" value="([^"]+)"', browser.get("/about").text)
    assert found
    return browser.post(path, data={"_csrf_token": found[1], **fields}, follow_redirects=True)


def stretch(hour: Instant, **more: str) -> dict[str, str]:
    return {
        **moment_values("start", hour),
        **moment_values("end", Instant(hour + HOUR)),
        "ground": "vital_interests",
        "cited": "A protected person",
        "reason": WHY,
        **more,
    }


def window(hour: Instant, more: str = "") -> str:
    start, end = iso(Instant(hour - 30 * MINUTE)), iso(Instant(hour + HOUR))
    return f"/wearers/w_own/trail?start={start}&end={end}{more}"


def sealed(page: str) -> int:
    found = SEALED.search(page)
    return int(found[1]) if found else 0


def ask(browser: Browser, hour: Instant) -> str:
    """Ask for an hour, and return the name of the asking."""
    before = browser.get("/unsealings").text
    send(browser, AT, **stretch(hour))
    new = set(re.findall(r"us_[0-9a-f]{20}", browser.get("/unsealings").text))
    (name,) = new - set(re.findall(r"us_[0-9a-f]{20}", before))
    return name


def decide(browser: Browser, name: str, verdict: str = "approved", words: str = "It is") -> Any:
    return send(browser, f"/unsealings/{name}/decide", verdict=verdict, words=words)


def test_what_cannot_be_asked_says_why_and_opens_nothing(enter: Enter, hour: Instant) -> None:
    browser = purposeful(enter, "officer")
    page = browser.get(window(hour)).text
    assert "ask to open a stretch" in page
    assert "sealed</strong>" in browser.get(f"{AT}?start={iso(hour)}&end={iso(now())}").text
    long_ago = moment_values("start", Instant(hour - 20 * HOUR))
    for wrong, says in (
        ({"reason": "to look"}, "20 characters or more"),
        ({"ground": ""}, "Choose on which law"),
        ({"ground": "consent"}, "cannot look on that ground"),
        ({"cited": " "}, "whose life is at risk"),
        ({"start-year": "2024"}, "At most 7 days"),
        (moment_values("end", Instant(now() + HOUR)), "still to come"),
        (long_ago | moment_values("end", Instant(hour - 19 * HOUR)), "Nothing of this stretch"),
    ):
        answer = send(browser, AT, **stretch(hour, **wrong))
        assert answer.status_code == 422
        assert says in answer.text
    assert "us_" not in browser.get("/unsealings").text


def test_two_people_open_a_stretch_to_one_for_a_time(
    enter: Enter, hour: Instant, app: Litestar, client: Browser, config: Config
) -> None:
    browser = purposeful(enter, "officer")
    every = sealed(browser.get(window(hour)).text)
    assert every > 60
    name = ask(browser, hour)
    assert "Waits for a second person" in browser.get(AT).text
    assert sealed(browser.get(window(hour)).text) == every
    own = decide(browser, name)
    assert own.status_code == 409
    assert "somebody else must decide" in own.text
    headers = bearer(app, "officer", Role.PRACTITIONER) | {"x-purpose": "data_request"}
    at = f"/api/v1/unsealings/{name}"
    said = {"verdict": "approved", "words": "By his token"}
    own = client.post(f"{at}/decide", json=said, headers=headers)
    assert (own.status_code, own.json()["lacks"]) == (409, "second_person")

    browser = enter("operator")
    assert "to see a sealed trail" in browser.get("/alerts").text
    assert WHY in browser.get("/unsealings").text
    assert "Write why you approve" in decide(browser, name, words=" ").text
    decide(browser, name)
    assert "to see a sealed trail" not in browser.get("/alerts").text
    assert decide(browser, name).status_code == 409

    browser = purposeful(enter, "colleague")
    send(browser, "/purpose", purpose="supervision", wearer="w_own", words="Cover", next="/about")
    assert sealed(browser.get(window(hour)).text) == every, "to him alone"
    browser = purposeful(enter, "officer")
    page = browser.get(window(hour)).text
    assert sealed(page) == every - 60, "the stretch, and no fix beside it"
    assert "Opened to you alone" in page
    assert sealed(browser.get(window(hour, "&print=yes")).text) == every, "paper stays sealed"
    saved = f"/wearers/w_own/trail/export?format=csv&run=1&from={iso(hour)}&to={iso(now())}"
    assert f"{sample.HOME.lon_deg + 0.5:.2f}" not in browser.get(saved).text
    headers |= {"x-purpose": "supervision"}
    found = client.get(f"/api/v1{window(hour)}", headers=headers).json()
    assert (found["sealed"]["fixes"], found["unsealed"]) == (every - 60, [name])
    lines = [line for line in audit(config, app) if f"unsealed by {name}" in line.detail]
    assert {(line.by, line.question) for line in lines} == {("ac_officer", "trail")}
    assert len(lines) == 2

    assert "Write why you take it back" in revoke(enter, name, "").text
    revoke(enter, name, "The court has decided")
    browser = purposeful(enter, "officer")
    assert sealed(browser.get(window(hour)).text) == every
    assert "revoked by" in browser.get("/unsealings").text


def revoke(enter: Enter, name: str, words: str) -> Any:
    return send(enter("operator"), f"/unsealings/{name}/end", words=words)


def test_it_is_given_back_refused_or_over_by_itself(
    enter: Enter, hour: Instant, centre: InProcessCentre
) -> None:
    browser = purposeful(enter, "officer")
    every, name = sealed(browser.get(window(hour)).text), ask(browser, hour)
    refused = ask(browser, hour)
    browser = enter("operator")
    decide(browser, name)
    decide(browser, refused, "refused", "A call would do")
    browser = purposeful(enter, "officer")
    assert sealed(browser.get(window(hour)).text) < every
    assert "A call would do" in browser.get("/unsealings").text
    send(browser, f"/unsealings/{name}/end")
    assert sealed(browser.get(window(hour)).text) == every
    assert "given back" in browser.get("/unsealings").text

    name = ask(browser, hour)
    with centre.projections.connect() as connection:
        held = unsealing_of(connection, UnsealingId(name))
    assert held is not None
    old = msgspec.structs.replace(held, unsealing_id=UnsealingId("us_old"), at=hour, lasts_s=3600)
    event = UnsealingDecided(
        unsealing_id=old.unsealing_id,
        wearer_id=old.wearer_id,
        verdict=Verdict.APPROVED,
        at=Instant(hour + MINUTE),
        by=AccountId("ac_operator"),
        words="It is",
    )
    centre.record(UnsealingAsked(unsealing=old), event, at=now())
    centre.apply()
    assert "its time was over" in browser.get("/unsealings").text
    assert sealed(browser.get(window(hour)).text) == every


def test_nobody_asks_or_decides_about_whom_he_reaches_by_break_glass(
    enter: Enter, hour: Instant, centre: InProcessCentre
) -> None:
    name = ask(purposeful(enter, "officer"), hour)
    glass = Glass(
        glass_id=GlassId("gb_outsider"),
        wearer_id=WearerId("w_own"),
        by=AccountId("ac_outsider"),
        role="practitioner",
        agency="probation-kent",
        at=now(),
        until=Instant(now() + HOUR),
        reason=WHY,
    )
    browser = purposeful(enter, "outsider")
    assert decide(browser, name).status_code == 404
    centre.record(GlassBroken(glass=glass), at=now())
    centre.apply()
    assert browser.get("/wearers/w_own").status_code == 200
    assert decide(browser, name).status_code == 403
    assert send(browser, AT, **stretch(hour)).status_code == 403
    assert WHY not in browser.get("/unsealings").text
