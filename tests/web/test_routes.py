"""Every route is refused to strangers, the wrong role, and for others' caseloads; on the audit."""

import re

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from tagwatch.access.audit import AuditLine, Outcome, audit_line, open_reader
from tagwatch.access.role import MATRIX, Role, Verb
from tagwatch.config import Config
from tagwatch.web.route import OPEN, VERB
from tests.web import sample
from tests.web.conftest import HOST, Enter

Browser = TestClient[Litestar]
IDS = {
    "alert_id": "al_w_own",
    "wearer_id": "w_own",
    "condition_id": "c_told",
    "order_id": "o_w_own",
    "tag_id": "t_own",
    "activation_id": "act_own",
    "person_id": "p_one",
    "contact_id": "k_liaison",
    "proposal_id": "rp_1",
}


def routes(app: Litestar) -> list[tuple[str, str, Verb | None]]:
    """Every (method, path, verb) that somebody must be signed in for."""
    found: list[tuple[str, str, Verb | None]] = []
    for route in app.routes:
        for handler in getattr(route, "route_handlers", [getattr(route, "route_handler", None)]):
            if handler is None or handler.opt.get(OPEN):
                continue
            methods = getattr(handler, "http_methods", {"GET"}) - {"OPTIONS", "HEAD"}
            for method in methods:
                found.append((method, route.path, handler.opt.get(VERB)))
    return sorted(found, key=str)


def filled(path: str, ids: dict[str, str] = IDS) -> str:
    """The path with its parameters filled in."""
    return re.sub(r"\{(\w+):\w+\}", lambda match: ids.get(match[1], "1"), path)


def audit(config: Config, app: Litestar) -> list[AuditLine]:
    """All lines of the web's audit so far."""
    reader = open_reader(config, "web")
    try:
        lines = [audit_line(record) for record in reader.read(0, 2**40)]
    finally:
        reader.close()
    return [line for line in lines if line is not None]


def call(browser: Browser, method: str, path: str, token: str):
    data = {"_csrf_token": token} if method == "POST" else None
    headers = {"x-purpose": "supervision"}
    if method != "GET":
        headers["x-csrftoken"] = token
    files = (
        {"photo": ("a.jpg", b"no picture")}
        if method == "POST" and path.endswith("/photo")
        else None
    )
    return browser.request(
        method, path, data=data, files=files, headers=headers, follow_redirects=False
    )


def token_of(browser: Browser) -> str:
    found = re.search(r'name="_csrf_token" value="([^"]+)"', browser.get("/sign-in").text)
    assert found
    return found[1]


def test_every_route_names_a_verb_or_says_that_it_is_open(app: Litestar) -> None:
    without = [(method, path) for method, path, verb in routes(app) if not isinstance(verb, Verb)]
    assert not without, f"declare these with page, act, open_page or open_act: {without}"
    assert len(routes(app)) > 8


def test_nobody_gets_anywhere_without_signing_in(app: Litestar, client: Browser, config) -> None:
    token = token_of(client)
    for method, path, _ in routes(app):
        answer = call(client, method, filled(path), token)
        assert answer.status_code in (303, 401), f"{method} {path}: {answer.status_code}"
        if answer.status_code == 303:
            assert answer.headers["location"].startswith("/sign-in"), path
    refused = [line for line in audit(config, app) if line.outcome is Outcome.REFUSED]
    assert len(refused) == len(routes(app))
    assert {line.detail for line in refused} == {"nobody is signed in"}


@pytest.mark.parametrize("name", ["police", "liaison", "evaluator", "administrator"])
def test_the_wrong_role_is_refused_everywhere(
    app: Litestar, enter: Enter, config: Config, name: str
) -> None:
    role: Role = sample.ACCOUNTS[name][0]
    browser = enter(name)
    token = token_of(browser)
    lacking = [one for one in routes(app) if one[2] is not None and one[2] not in MATRIX[role]]
    for method, path, verb in lacking:
        answer = call(browser, method, filled(path), token)
        assert answer.status_code == 403, f"{name} {method} {path} ({verb}): {answer.status_code}"
    refused = [line for line in audit(config, app) if line.outcome is Outcome.REFUSED]
    assert len(refused) == len(lacking)
    assert all(line.by == f"ac_{name}" and line.detail.startswith("lacks") for line in refused)


def test_answers_carry_their_headers_and_pages_are_not_kept(client: Browser) -> None:
    answer = client.get("/sign-in")
    policy = answer.headers["content-security-policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "same-origin"
    assert " style=" not in answer.text
    assert "<script>" not in answer.text


def test_static_files_are_kept_for_good_by_their_version(client: Browser) -> None:
    page = client.get("/sign-in").text
    address = re.search(r'href="(/static/tagwatch.css\?v=\w+)"', page)
    assert address
    found = client.get(address[1])
    assert found.status_code == 200
    assert "immutable" in found.headers["cache-control"]
    assert client.get("/static/tagwatch.css").headers["cache-control"] == "no-cache"
    assert client.get("/static/../app.py").status_code == 404
    assert client.get("/static/%2e%2e/app.py").status_code == 404


def test_other_host_names_are_refused(client: Browser) -> None:
    assert client.get("/sign-in", headers={"host": "evil.example"}).status_code == 421
    assert client.get("/sign-in", headers={"host": "localhost:8080"}).status_code == 200


def test_a_page_that_does_not_exist_says_so(enter: Enter) -> None:
    answer = enter("operator").get("/no-such-page")
    assert answer.status_code == 404
    assert "Page not found" in answer.text
    assert HOST not in answer.text
