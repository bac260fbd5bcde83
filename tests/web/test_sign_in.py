"""Signing in by link and by password with a code; lockout; what strangers are told."""

import re

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from tagwatch.access.enrolment import create_account, demonstration_link
from tagwatch.access.role import Role
from tagwatch.config import Config
from tagwatch.core.ids import AccountId
from tests.web import sample
from tests.web.conftest import HOST, Enter, from_address

Browser = TestClient[Litestar]


def form(browser: Browser, path: str, **fields: str):
    page = browser.get(path).text
    token = re.search(r'name="_csrf_token" value="([^"]+)"', page)
    assert token, page
    data = {"_csrf_token": token[1], **fields}
    return browser.post(path, data=data, follow_redirects=False), page


def test_a_demonstration_link_signs_in_and_shows_the_alerts(enter: Enter) -> None:
    browser = enter("operator")
    page = browser.get("/")
    assert page.status_code == 200
    assert "Open alerts" in page.text
    assert "Demo Alder" in page.text
    assert "Demo Dogwood" not in page.text, "a restricted case keeps its name"
    assert "Restricted case: ring its responsible officer" in page.text


def test_a_link_serves_once_and_from_this_machine_only(
    client: Browser, app: Litestar, config: Config
) -> None:
    link = demonstration_link(config, AccountId("ac_operator"), HOST).removeprefix(HOST)
    stranger = TestClient(from_address(app, "192.0.2.7"), base_url=HOST)
    assert stranger.get(link, follow_redirects=False).status_code == 403
    proxied = client.get(link, headers={"x-forwarded-for": "127.0.0.1"}, follow_redirects=False)
    assert proxied.status_code == 403
    assert client.get(link, follow_redirects=False).status_code == 303
    client.cookies.clear()
    assert client.get(link, follow_redirects=False).status_code == 403


def test_password_then_enrolment_then_code_lead_to_the_page_asked_for(
    client: Browser, config: Config
) -> None:
    create_account(
        config,
        sign_in_name="first",
        full_name="Demo First",
        role=Role.OPERATOR,
        password=sample.PASSWORD,
    )
    asked = client.get("/alerts", follow_redirects=False)
    assert asked.headers["location"] == "/sign-in?next=%2Falerts"
    wrong, _ = form(client, "/sign-in", name="first", password="not this one", next="/alerts")
    assert wrong.status_code == 422
    assert "The name or the password is not right" in wrong.text
    right, _ = form(client, "/sign-in", name="first", password=sample.PASSWORD, next="/alerts")
    assert right.headers["location"] == "/sign-in/code?next=/alerts"
    assert client.get("/alerts", follow_redirects=False).status_code == 303, "not in yet"
    page = client.get("/sign-in/code?next=/alerts").text
    assert "<svg" in page
    key = re.search(r'tw-code">(\w+)<', page)
    assert key
    done, _ = form(client, "/sign-in/code", code=sample.code_of(key[1]), next="/alerts")
    assert done.headers["location"] == "/alerts"
    cookie = next(
        c for c in done.headers.get_list("set-cookie") if c.startswith("tagwatch-session")
    )
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert client.get("/alerts").status_code == 200


def test_signing_out_ends_the_session(enter: Enter, client: Browser) -> None:
    browser = enter("operator")
    kept = dict(browser.cookies)
    token = re.search(r'name="_csrf_token" value="([^"]+)"', browser.get("/alerts").text)
    assert token
    browser.post("/sign-out", data={"_csrf_token": token[1]})
    browser.cookies.update(kept)
    assert browser.get("/alerts", follow_redirects=False).status_code == 303


@pytest.mark.parametrize("away", ["https://evil.example/", "//evil.example/", "/\\evil.example"])
def test_one_is_never_led_elsewhere(client: Browser, away: str) -> None:
    page = client.get("/sign-in", params={"next": away}).text
    assert 'name="next" value="/"' in page
