"""What every answer tells the browser: over all routes, signed in, signed out and under TLS."""

from collections.abc import Iterator

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from tagwatch.config import Config, WebConfig
from tagwatch.web.app import create_app
from tagwatch.web.headers import ALWAYS
from tests.web.conftest import Enter, from_address
from tests.web.test_routes import filled

NOT_WAITED_FOR = {"/stream"}
"""It goes on for as long as somebody listens."""
SOURCES = {
    "default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'",
    "form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'",
}  # fmt: skip


def every_path(app: Litestar) -> list[str]:
    """Every address that answers GET, open ones too, with its parameters filled in."""
    found = {
        route.path
        for route in app.routes
        for handler in getattr(route, "route_handlers", [])
        if "GET" in getattr(handler, "http_methods", ())
    }
    return sorted(filled(path) for path in found - NOT_WAITED_FOR)


def faults(answer, path: str) -> list[str]:
    """What is wrong with an answer's headers."""
    headers, wrong = answer.headers, []
    policy = headers.get("content-security-policy", "")
    if "unsafe" in policy or not set(policy.split("; ")) >= SOURCES:
        wrong.append(f"policy {policy!r}")
    for name, value in ALWAYS.items():
        if headers.get_list(name) != [value]:
            wrong.append(f"{name} {headers.get_list(name)}")
    keeping = headers.get("cache-control", "")
    kept = path.startswith(("/static", "/assets"))
    if not kept and "no-store" not in keeping:
        wrong.append(f"kept: {keeping!r}")
    if {"server", "x-powered-by"} & set(headers):
        wrong.append("names the server")
    for cookie in headers.get_list("set-cookie"):
        parts = {part.strip().lower() for part in cookie.split(";")}
        if "httponly" not in parts or not {"samesite=lax", "samesite=strict"} & parts:
            wrong.append(f"cookie {cookie.split('=')[0]}")
        if answer.url.scheme == "https" and "secure" not in parts:
            wrong.append(f"cookie without TLS {cookie.split('=')[0]}")
    safe = headers.get("strict-transport-security", "")
    if (answer.url.scheme == "https") != safe.startswith("max-age=31536000"):
        wrong.append(f"transport {safe!r}")
    return wrong


def walked(app: Litestar, browser: TestClient[Litestar]) -> dict[str, list[str]]:
    """What is wrong, by address; every address answers with something."""
    paths = every_path(app)
    assert len(paths) > 100
    found = {}
    for path in paths:
        answer = browser.get(path, follow_redirects=False, headers={"x-purpose": "upkeep"})
        if wrong := faults(answer, path):
            found[path] = wrong
    return found


def test_every_answer_carries_its_headers(app: Litestar, enter: Enter) -> None:
    browser = enter("officer")
    state = {"_csrf_token": browser.get("/purpose").text.split('_token" value="')[1].split('"')[0]}
    browser.post("/purpose", data={**state, "purpose": "supervision"})
    assert walked(app, browser) == {}


def test_what_is_refused_unknown_or_not_signed_in_carries_them_too(
    app: Litestar, client: TestClient[Litestar]
) -> None:
    assert walked(app, client) == {}
    for answer in (
        client.get("/no-such-page"),
        client.post("/sign-in", data={"name": "x"}),
        client.get("/sign-in", headers={"host": "evil.example"}),
        client.delete("/sign-in"),
    ):
        assert answer.status_code >= 400
        assert faults(answer, "/no-such-page") == [], answer.status_code


@pytest.fixture
def behind_tls(config: Config) -> Iterator[TestClient[Litestar]]:
    """The application as it is behind a proxy that ends TLS."""
    web = WebConfig(behind_proxy=True, public_url="https://tagwatch.example.org")
    served = create_app(Config(data=config.data, web=web), routes=_sign_in())
    with TestClient(from_address(served, "192.0.2.7"), base_url="https://127.0.0.1") as found:
        yield found


def _sign_in():
    from tagwatch.web import sign_in, sign_in_passkey

    return (*sign_in.ROUTES, *sign_in_passkey.ROUTES)


def test_under_tls_browsers_are_told_to_stay_there(behind_tls: TestClient[Litestar]) -> None:
    page = behind_tls.get("/sign-in")
    assert faults(page, "/sign-in") == []
    token = {"_csrf_token": page.text.split('_csrf_token" value="')[1].split('"')[0]}
    cookies = page.headers.get_list("set-cookie")
    assert cookies
    assert all(cookie.startswith("__Host-") for cookie in cookies)
    asked = behind_tls.post("/sign-in/passkey/options", data=token)
    assert asked.status_code == 200
    assert asked.json()["rpId"] == "tagwatch.example.org"
    assert faults(asked, "/sign-in/passkey/options") == []
