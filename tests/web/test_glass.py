"""Break-glass: one record for an hour to who knows its number; its owner is told and answers."""

import re
from typing import Any

import msgspec
import pytest
from litestar import Litestar
from litestar.testing import TestClient
from sqlalchemy import select

from tagwatch.access.actor import actor_of
from tagwatch.access.audit import Outcome
from tagwatch.access.enrolment import now
from tagwatch.config import Config
from tagwatch.core.glass import Glass
from tagwatch.core.ids import AccountId, ContactId, GlassId, WearerId
from tagwatch.core.ledger import ContactRecorded
from tagwatch.core.person import Channel, Contact, Duty
from tagwatch.core.recorded_glass import GlassBroken
from tagwatch.core.units import HOUR, MINUTE, Instant
from tagwatch.engine.centre import InProcessCentre
from tagwatch.query.happenings import same_scope, seeing_more
from tagwatch.store import schema
from tests.browser.test_every_page import RECORDS, records
from tests.web.conftest import Enter
from tests.web.test_routes import IDS, audit, filled, routes, token_of

Browser = TestClient[Litestar]
JSON = "application/json"
PURPOSES = {
    "officer": "supervision",
    "outsider": "supervision",
    "operator": "alert_response",
    "zones": "alert_response",
}
WHY = "He was seen at her door a minute ago"


def send(browser: Browser, path: str, **fields: Any) -> Any:
    found = re.search(r'name="_csrf_token" value="([^"]+)"', browser.get("/about").text)
    assert found
    return browser.post(path, data={"_csrf_token": found[1], **fields}, follow_redirects=True)


def come(enter: Enter, name: str) -> Browser:
    browser = enter(name)
    send(browser, "/purpose", purpose=PURPOSES[name], next="/about")
    return browser


@pytest.fixture
def told(centre: InProcessCentre) -> InProcessCentre:
    """The responsible officer of the hidden case can be told in the in-app list."""
    contact = Contact(
        contact_id=ContactId("k_officer"),
        label="Officer",
        duty=Duty.PROBATION,
        channel=Channel.IN_APP,
        account_id=AccountId("ac_officer"),
    )
    centre.record(ContactRecorded(contact=contact, by=AccountId("ac_administrator")), at=now())
    centre.apply()
    return centre


def messages(centre: InProcessCentre) -> list[dict[str, Any]]:
    with centre.projections.connect() as connection:
        bodies = connection.scalars(select(schema.notification.c.body)).all()
    found = [msgspec.json.decode(body) for body in bodies]
    return [each for each in found if each["reason"].startswith("glass")]


def test_a_hidden_record_is_opened_told_judged_and_closed(
    enter: Enter, told: InProcessCentre, app: Litestar, config: Config
) -> None:
    browser = come(enter, "operator")
    assert browser.get("/wearers/w_hidden").status_code == 404
    page = send(browser, "/break-glass", number="x000003", reason=WHY)
    assert "Demo Dogwood" in page.text
    assert "Opened by break-glass" in page.text
    assert "Opened by break-glass" in browser.get("/alerts/al_w_hidden").text
    assert "Opened by break-glass" not in browser.get("/wearers/w_own").text
    assert "Demo Dogwood" in browser.get("/wearers").text
    (message,) = messages(told)
    assert message["severity"] == "urgent"
    assert message["contact_id"] == "k_officer"
    assert not re.search("Dogwood|X000003|door", message["sentence"])
    opener = come(enter, "zones")
    assert opener.get("/wearers/w_hidden").status_code == 404
    assert "Dogwood" not in opener.get("/break-glass").text

    browser = come(enter, "officer")
    assert "opened by break-glass" in browser.get("/monday").text
    assert "opened by break-glass" in browser.get("/alerts").text
    page = browser.get("/break-glass").text
    assert WHY in page
    name = re.findall(r"/break-glass/(gb_\w+)/answer", page)[0]
    at = f"/break-glass/{name}"
    assert "Write what you ask" in send(browser, f"{at}/answer", step="asked").text
    send(browser, f"{at}/answer", step="asked", words="Which door?")
    assert "opened by break-glass" not in browser.get("/monday").text
    browser = come(enter, "operator")
    assert "Which door?" in browser.get("/break-glass").text
    assert send(browser, f"{at}/answer", step="justified").status_code == 403
    send(browser, f"{at}/explain", words="The one in the plan")
    send(browser, f"{at}/end")
    assert browser.get("/wearers/w_hidden").status_code == 404
    browser = come(enter, "officer")
    page = send(browser, f"{at}/answer", step="justified").text
    assert "Justified" in page
    assert "answered this already" in send(browser, f"{at}/answer", step="justified").text
    assert len(messages(told)) == 2
    everybody = enter("administrator").get("/audit/break-glass").text
    assert "A record outside your scope" in everybody
    assert "Dogwood" not in everybody
    line = next(line for line in audit(config, app) if line.question == "break_glass")
    assert "w_hidden" in line.ids
    seen = [x for x in audit(config, app) if x.question == "wearer" and "w_hidden" in x.ids]
    assert any(f"break-glass {name}" in line.detail for line in seen)


def test_a_wrong_number_is_answered_like_a_right_one_without_a_reason(
    enter: Enter, told: InProcessCentre, app: Litestar, config: Config
) -> None:
    browser = enter("police")
    short = [
        send(browser, "/break-glass", number=n, reason="quick").text for n in ("X000003", "X9")
    ]
    strip = [re.sub(r'value="[^"]*"|As of .*', "", each) for each in short]
    assert strip[0] == strip[1]
    assert "20 characters or more" in short[0]
    for number in ("Demo Dogwood", "w_hidden", "X00000", "%", "X000003'"):
        page = send(browser, "/break-glass", number=number, reason=WHY)
        assert page.status_code == 422
        assert "Nothing was opened" in page.text
    page = send(browser, "/break-glass", number="X000003", reason=WHY)
    assert "numbers in an hour" in page.text
    assert messages(told) == []
    refused = [x for x in audit(config, app) if x.question == "break_glass"]
    assert [line.outcome for line in refused] == [Outcome.REFUSED] * 6
    assert all(line.ids == () for line in refused)


def test_a_record_that_is_open_is_read_and_not_changed(enter: Enter, told: InProcessCentre) -> None:
    browser = come(enter, "outsider")
    assert "Demo Dogwood" in send(browser, "/break-glass", number="X000003", reason=WHY).text
    assert send(browser, "/wearers/w_hidden/hold", why="mine now").status_code == 403
    handed = browser.get("/wearers/w_hidden/trail/export?format=gpx")
    assert handed.status_code == 403, handed.text
    assert "not handed out" in handed.text
    done = send(browser, "/alerts/al_w_hidden/acknowledge", version="1")
    assert done.status_code == 200
    # Whom one may see anyway is not opened, and nobody is told.
    assert "Demo Cedar" in send(browser, "/break-glass", number="X000002", reason=WHY).text
    assert len(messages(told)) == 1


FORMS = {"format": "gpx", "print": "yes", "form": "pdf", "reason": "Needed at once, for the court"}
"""Whatever makes a route hand something out."""


def handed_out(app: Litestar, browser: Browser, *methods: str) -> dict[str, str]:
    """Every way in which something about one record goes out as a file or for paper; with those
    that say that this is not done."""
    token, ids = token_of(browser), {**IDS, **RECORDS, "condition_id": "c_told"}
    asked = "&".join(f"{name}={value}" for name, value in FORMS.items())
    found: dict[str, str] = {}
    for method, path, _ in routes(app):
        if method not in methods or "{" not in path or path.startswith("/api"):
            continue
        at = filled(path, ids)
        if method == "POST":
            answer = browser.post(at, data={"_csrf_token": token, **FORMS}, follow_redirects=False)
        else:
            answer = browser.get(f"{at}?{asked}", follow_redirects=False)
        if answer.status_code == 200 and is_handed_out(answer):
            found[f"{method} {path}"] = "handed out"
        elif "not handed out" in answer.text:
            found[f"{method} {path}"] = "refused"
    return found


def is_handed_out(answer: Any) -> bool:
    kind = answer.headers.get("content-type", "").split(";")[0]
    saved = "attachment" in answer.headers.get("content-disposition", "")
    paper = "tw-map--paper" in answer.text if kind == "text/html" else False
    return saved or paper or kind not in ("text/html", JSON, "image/jpeg", "text/event-stream")


def test_no_way_hands_out_what_break_glass_alone_reaches(
    enter: Enter, told: InProcessCentre, app: Litestar
) -> None:
    told.record(*records(now()), at=now())
    told.apply()
    his = handed_out(app, come(enter, "officer"), "GET")
    assert len(his) > 4, his
    assert {*his.values()} == {"handed out"}
    assert "GET /wearers/{wearer_id:str}/trail" in his, "on paper"
    browser = come(enter, "outsider")
    send(browser, "/break-glass", number="X000001", reason=WHY)
    assert browser.get("/wearers/w_own").status_code == 200
    opened = handed_out(app, browser, "GET", "POST")
    assert {way for way, said in opened.items() if said == "handed out"} == set()
    assert {*his} - {*opened} == set(), "each says why"


def test_colleagues_of_whoever_opened_it_are_told_no_more_than_before(
    told: InProcessCentre, app: Litestar
) -> None:
    at = now()
    glass = Glass(
        glass_id=GlassId("gb_1"),
        wearer_id=WearerId("w_hidden"),
        by=AccountId("ac_operator"),
        role="operator",
        agency="monitoring",
        at=Instant(at - MINUTE),
        until=Instant(at + HOUR),
        reason=WHY,
    )
    told.record(GlassBroken(glass=glass), at=at)
    told.apply()
    engine = app.state.foundation.projections
    more = seeing_more(engine, set(), at)
    assert more == {"ac_operator"}
    assert seeing_more(engine, set(), Instant(at + HOUR)) == set()
    sign_in = app.state.foundation.sign_in
    actors = [
        actor_of(sign_in.accounts.get(AccountId(name)), sign_in.accounts)
        for name in ("ac_operator", "ac_zones")
    ]
    assert len(same_scope(actors, more)) == 2
    assert len(same_scope(actors, set())) == 1
