"""Reviews on the pages and in the API: who sees what is due, who records, and of two the first."""

import re
from typing import Any

import msgspec
from litestar import Litestar
from litestar.testing import TestClient

from tagwatch.access.enrolment import now
from tagwatch.access.role import Role
from tagwatch.core.ledger import (
    LegalHoldSet,
    OrderRecorded,
    SettingsPublished,
    Tick,
    WearerRecorded,
)
from tagwatch.core.person import Restriction
from tagwatch.core.settings import DEFAULT_SETTINGS
from tagwatch.core.timetable import london
from tagwatch.core.units import DAY, Instant
from tagwatch.engine.centre import InProcessCentre
from tests.web import sample
from tests.web.conftest import Enter
from tests.web.test_api import bearer
from tests.web.test_hold import send

Browser = TestClient[Litestar]
ORDER = "/orders/o_w_own/review"


def told(browser: Browser, path: str) -> dict[str, str]:
    """What a form says it was made from, and a next date in a month."""
    page = browser.get(path).text
    fields = dict(re.findall(r'name="(since|done)" value="([^"]*)"', page))
    day = london(Instant(now() + 30 * DAY))
    date = {"next-day": str(day.day), "next-month": str(day.month), "next-year": str(day.year)}
    return {**fields, **date, "next-time": "12:00"}


def due(centre: InProcessCentre, name: str) -> None:
    """An order whose authors wanted it reviewed by now, and the alarm that it was not."""
    own = msgspec.structs.replace(sample.order(name), review_at=Instant(now() - DAY // 2))
    centre.record(OrderRecorded(order=own, by=sample.BY), at=now())
    centre.record(Tick(at=now(), monotonic_us=1), at=now())
    centre.apply()


def test_an_overdue_order_is_listed_reviewed_once_and_its_alert_ends(
    enter: Enter, centre: InProcessCentre
) -> None:
    due(centre, "w_own")
    browser = enter("officer")
    assert "Review overdue" in browser.get("/alerts").text
    assert "its review is overdue" in browser.get("/monday").text
    listed = browser.get("/reviews").text
    assert "Order REF-w_own" in listed
    assert "<strong>Overdue</strong>" in listed
    form = told(browser, ORDER)
    assert "what you found" in send(browser, ORDER, found=" ", **form).text
    late = {**form, "next-year": str(int(form["next-year"]) + 2)}
    assert "within a year" in send(browser, ORDER, found="It protects her still", **late).text
    assert "Saved." in send(browser, ORDER, found="It protects her still", **form).text
    assert "Somebody reviewed it" in send(browser, ORDER, found="mine", **form).text
    page = browser.get(ORDER).text
    assert "It protects her still" in page
    assert "mine" not in page
    assert "Review overdue" not in browser.get("/alerts").text
    assert "its review is overdue" not in browser.get("/monday").text


def test_police_review_the_orders_under_which_they_act(
    enter: Enter, centre: InProcessCentre
) -> None:
    due(centre, "w_bail")
    browser = enter("police")
    form = told(browser, "/orders/o_w_bail/review")
    page = send(browser, "/orders/o_w_bail/review", found="Bail goes on", **form).text
    assert "Saved." in page
    enter("operator")
    assert "Others review it" in browser.get(ORDER).text
    assert send(browser, ORDER, found="x", **form).status_code == 403
    enter("liaison")
    assert browser.get("/reviews").status_code == 403


def test_of_a_restricted_case_nobody_but_its_officer_learns_that_it_is_to_be_reviewed(
    enter: Enter, centre: InProcessCentre
) -> None:
    hidden = msgspec.structs.replace(
        sample.wearer("w_own"), restriction=Restriction.RESTRICTED, restricted_why="His threats"
    )
    ago = Instant(now() - 100 * DAY)
    centre.record(WearerRecorded(wearer=hidden, by=sample.BY), at=ago)
    hold = LegalHoldSet(wearer_id="w_own", at=ago, why="An inquest", by=sample.BY)
    centre.record(hold, at=ago)
    due(centre, "w_own")
    browser = enter("officer")
    path = "/wearers/w_own/restriction/review"
    page = browser.get(path).text
    assert "His threats" in page
    assert "Opened by break-glass" in page
    assert "An inquest" in browser.get("/wearers/w_own/hold/review").text
    form = told(browser, path)
    for name in ("operator", "police", "administrator"):
        enter(name)
        assert "w_own" not in browser.get("/reviews").text
        assert browser.get(path).status_code == 404, name
    enter("officer")
    assert "Saved." in send(browser, path, found="He still writes to her", **form).text
    assert "He still writes to her" in browser.get(path).text


def test_a_program_reviews_as_a_person_does(
    app: Litestar, client: Browser, centre: InProcessCentre
) -> None:
    due(centre, "w_own")
    days = msgspec.structs.replace(DEFAULT_SETTINGS.review, order_days=20)
    rules = msgspec.structs.replace(DEFAULT_SETTINGS, version=2, review=days)
    event = SettingsPublished(settings=rules, effective_from=now(), by=sample.BY)
    centre.record(event, at=now())
    centre.apply()
    headers = bearer(app, "officer", Role.PRACTITIONER)
    (row,) = client.get("/api/v1/reviews", headers=headers).json()["rows"]
    stands = row["stands"]
    assert (stands["what"], stands["about"], stands["done"]) == ("order", "o_w_own", 0)
    body = {"since": stands["since"], "done": 0, "next_at": now(), "found": "It stays"}
    path = f"/api/v1{ORDER}"
    assert client.post(path, json=body, headers=headers).status_code == 422
    body["next_at"] = now() + 30 * DAY
    assert client.post(path, json=body, headers=headers).status_code == 200
    assert client.post(path, json=body, headers=headers).status_code == 409
    view = client.get(path, headers=headers).json()
    (review,) = view["reviews"]
    assert review["found"] == "It stays"
    # As the rules in force have it.
    assert 19 * DAY < view["next_at"] - now() <= 20 * DAY
    hold = client.get("/api/v1/wearers/w_own/hold/review", headers=headers).json()
    assert hold["row"] is None


def test_a_restriction_by_hand_says_why(enter: Enter) -> None:
    browser = enter("officer")
    page = browser.get("/wearers/w_own/change").text
    fields: dict[str, Any] = dict(re.findall(r'name="(seen|record_id)" value="([^"]*)"', page))
    fields |= {"programme": "stalking", "officer": "ac_officer", "restriction": "restricted"}
    fields |= {"name": "Demo Alder", "borough": "Camden", "agency": "probation-london"}
    at = "/wearers/w_own/change"
    assert "Enter why the case is restricted" in send(browser, at, **fields).text
    send(browser, at, restricted_why="Threats to staff", **fields)
    page = browser.get("/wearers/w_own/restriction/review").text
    assert "Threats to staff" in page
    assert "Demo Officer" in page or "Restricted since" in page
