"""Why somebody looks: asked per wearer, bounded, and refused where it does not fit."""

import re
from typing import Any

import msgspec
from litestar import Litestar
from litestar.testing import TestClient
from sqlalchemy import update

from tagwatch.access.enrolment import now
from tagwatch.access.purpose import REMEMBERED_FOR, VIEWS_MOST
from tagwatch.access.role import Role
from tagwatch.config import Config
from tagwatch.core.ids import AccountId
from tagwatch.core.recorded_register import OrderRecorded
from tagwatch.engine.centre import InProcessCentre
from tagwatch.store import schema
from tagwatch.store.accounts_schema import task
from tagwatch.store.database import Access, open_tables
from tests.web import sample
from tests.web.conftest import Enter
from tests.web.test_api import bearer
from tests.web.test_routes import audit

TRAIL = "/wearers/w_own/trail"
Browser = TestClient[Litestar]


def say(
    browser: Browser, purpose: str, wearer: str = "w_own", words: str = "", about: str = ""
) -> Any:
    found = re.search(r'name="_csrf_token" value="([^"]+)"', browser.get("/purpose").text)
    assert found
    data = {"_csrf_token": found[1], "purpose": purpose, "next": TRAIL, "wearer": wearer}
    return browser.post(
        "/purpose", data=data | {"words": words, "about": about}, follow_redirects=False
    )


def status(browser: Browser, path: str = TRAIL) -> int:
    return browser.get(path, follow_redirects=False).status_code


def test_a_trail_is_asked_for_wearer_by_wearer_and_the_audit_has_the_task(
    app: Litestar, enter: Enter, config: Config
) -> None:
    browser = enter("officer")
    asked = browser.get(TRAIL, follow_redirects=False)
    assert asked.headers["location"].endswith("&wearer=w_own")
    assert say(browser, "enforcement").status_code == 422  # what for?
    said = say(browser, "enforcement", words="Court on Monday", about="ca_1")
    assert (said.status_code, said.headers["location"]) == (303, TRAIL)
    assert status(browser) == 200
    assert audit(config, app)[-1].purpose_words == "[ca_1] Court on Monday"
    assert audit(config, app)[-1].purpose == "enforcement"


def test_views_and_minutes_are_bounded(app: Litestar, enter: Enter) -> None:
    browser = enter("officer")
    say(browser, "enforcement", words="Court on Monday")
    assert status(browser) == 200
    with app.state.foundation.sign_in.accounts.change() as connection:
        left = connection.execute(update(task).values(views_left=1).returning(task.c.until))
        until = left.scalar_one()
    assert VIEWS_MOST > 1
    assert status(browser) == 200
    assert status(browser) == 303
    say(browser, "enforcement", words="Court on Monday")
    with app.state.foundation.sign_in.accounts.change() as connection:
        connection.execute(update(task).values(until=until - REMEMBERED_FOR))
    assert status(browser) == 303


def test_supervision_of_the_own_caseload_is_said_once(enter: Enter) -> None:
    browser = enter("officer")
    assert say(browser, "supervision", wearer="").status_code == 303
    assert status(browser) == 200
    say(browser, "disclosure", wearer="")  # what others ask is asked for each wearer
    assert status(browser) == 303


def test_what_does_not_fit_is_refused_with_the_reason(
    app: Litestar, enter: Enter, config: Config
) -> None:
    browser = enter("operator")
    answer = say(browser, "crime_matching", words="Burglary in Hackney")
    assert answer.status_code == 422
    assert "no crime that was sent has found him" in answer.text
    assert "found him" in audit(config, app)[-1].detail
    officer = enter("officer")
    assert "cannot look for crime_matching" in say(officer, "crime_matching", words="x").text
    assert "pages of their own" in say(officer, "upkeep", words="His address").text


def test_an_open_alert_is_the_reason_by_itself(app: Litestar, enter: Enter, config: Config) -> None:
    browser = enter("operator")
    assert status(browser) == 303
    assert status(browser, "/alerts/al_w_own") == 200
    assert status(browser) == 200
    assert audit(config, app)[-1].purpose_words == "[alert:al_w_own]"


def test_a_wearer_outside_scope_answers_as_an_unknown_one(enter: Enter) -> None:
    browser = enter("colleague")
    say(browser, "supervision", wearer="")
    for wearer in ("w_hidden", "w_nobody"):
        assert say(browser, "disclosure", wearer, "Asked by the court").status_code == 303
        assert status(browser, f"/wearers/{wearer}/trail") == 404


def test_the_api_asks_for_a_task(app: Litestar, client: Browser) -> None:
    path = "/api/v1/wearers/w_own/trail"
    headers = bearer(app, "officer", Role.PRACTITIONER)
    assert client.get(path, headers=headers | {"x-purpose": "supervision"}).status_code != 403
    without = client.get(path, headers=headers | {"x-purpose": "enforcement"})
    assert (without.status_code, "X-Task" in without.text) == (403, True)
    said = {"x-purpose": "enforcement", "x-task": "ca_1"}
    assert client.get(path, headers=headers | said).status_code != 403
    unfit = client.get(path, headers=headers | {"x-purpose": "upkeep", "x-task": "ca_1"})
    assert (unfit.status_code, "does not fit" in unfit.text) == (403, True)


def test_the_api_remembers_a_task_as_a_session_does(
    app: Litestar, client: Browser, config: Config
) -> None:
    path = "/api/v1/wearers/w_own/trail"
    headers = bearer(app, "officer", Role.PRACTITIONER)
    del headers["x-purpose"]
    stated = headers | {"x-purpose": "enforcement", "x-task": "ca_1"}
    assert client.get(path, headers=headers).status_code == 403
    assert client.get(path, headers=stated).status_code == 200
    assert client.get(path, headers=headers).status_code == 200, "why was said a moment ago"
    line = audit(config, app)[-1]
    assert (line.purpose, "ca_1" in line.purpose_words) == ("enforcement", True)
    other = client.get(path, headers=headers | {"x-purpose": "disclosure"})
    assert other.status_code == 403, "another purpose has another reason"
    again = bearer(app, "officer", Role.PRACTITIONER)
    assert client.get(path, headers=again | {"x-purpose": "enforcement"}).status_code == 403
    accounts = app.state.foundation.sign_in.accounts
    with accounts.change() as connection:
        connection.execute(update(task).values(views_left=0))
    assert client.get(path, headers=headers).status_code == 403, "it serves so many views"


def test_where_he_is_is_told_only_for_a_purpose_that_stands(
    app: Litestar, client: Browser, centre: InProcessCentre, config: Config
) -> None:
    row = dict.fromkeys(column.name for column in schema.last_seen.columns)
    at = {"fixed_at": now(), "received_at": now(), "lon_deg": -0.14, "lat_deg": 51.5}
    row |= at | {"wearer_id": "w_own", "activation_id": "act_own"}
    sample.put(config, (schema.last_seen, row))
    headers = bearer(app, "officer", Role.PRACTITIONER)

    def place(**more: str) -> float | None:
        found = client.get("/api/v1/wearers/w_own", headers=headers | more)
        assert found.status_code == 200
        assert found.json()["last"]["received_at"]
        return found.json()["last"]["lon_deg"]

    assert place() is not None, "supervision of the own caseload"
    assert place(**{"x-purpose": "enforcement"}) is None
    assert place(**{"x-purpose": "upkeep", "x-task": "his address"}) is None
    assert place(**{"x-purpose": "enforcement", "x-task": "ca_1"}) is not None
    assert place(**{"x-purpose": "enforcement"}) is not None
    varied = msgspec.structs.replace(sample.order("w_own"), version=2, days_kept=7)
    centre.record(OrderRecorded(order=varied, by=AccountId("ac_officer")), at=now())
    centre.apply()
    assert place() is not None, "an alert of his is open"
    engine = open_tables(config, Access.WRITE)
    with engine.begin() as connection:
        connection.execute(update(schema.alert).values(state="closed"))
    engine.dispose()
    assert place() is None, "he is monitored for zones only"
