"""Every address that can be read, as every role that may not see the place: nothing of it."""

import pytest
from litestar import Litestar

from tagwatch.access.enrolment import now
from tagwatch.access.purpose import ALLOWED
from tagwatch.access.role import MATRIX, Verb
from tagwatch.core.ids import AccountId
from tagwatch.core.units import HOUR
from tests.browser.test_every_page import CONDITIONS, RECORDS
from tests.secret import world
from tests.secret.conftest import Browser, Enter
from tests.secret.plants import found_in
from tests.web import sample
from tests.web.test_routes import IDS, filled, routes, token_of

MAY_NOT = ("colleague", "operator", "police", "liaison", "partner", "evaluator", "administrator")
LEFT_OUT = {"/stream": "a stream", "/api/openapi.json": "the same for all"}
OF_THE_OFFICER = "/wearers/w_own/looks"
"""Who looked at a wearer is shown to whoever answers for him: refused to others, with a reason."""
OF_CONTACTS = ("/contacts", "/api/v1/contacts")
"""Where whoever records how people are reached sees how."""


def readable(app: Litestar, name: str) -> list[str]:
    """Return every address that a role may read."""
    may = MATRIX[sample.ACCOUNTS[name][0]]
    return [
        path
        for method, path, verb in routes(app)
        if method == "GET" and path not in LEFT_OUT and (verb is None or verb in may)
    ]


def addresses(app: Litestar, name: str, alert_id: str) -> list[str]:
    """Return them filled in with what is about the planted place, where there is such."""
    found: list[str] = []
    for path in readable(app, name):
        begin = next((begin for begin in CONDITIONS if path.startswith(begin)), "")
        ids = {
            **IDS,
            **RECORDS,
            "alert_id": alert_id,
            "case_id": world.CASE,
            "person_id": "p_planted",
            "condition_id": CONDITIONS.get(begin, world.CONDITION),
        }
        found.append(filled(path, ids))
    return found


def entered(app: Litestar, enter: Enter, name: str) -> tuple[Browser, dict[str, str]]:
    """Return a browser in which an account is signed in with a purpose, and its token's header."""
    browser = enter(name)
    purpose = next(iter(ALLOWED[sample.ACCOUNTS[name][0]]), None)
    if purpose is not None:
        state = {"_csrf_token": token_of(browser), "purpose": purpose.value, "next": "/"}
        state["words"] = "His officer is away"
        for wearer in ("", "w_own"):
            said = {**state, "wearer": wearer}
            assert browser.post("/purpose", data=said, follow_redirects=False).status_code == 303
    verbs: tuple[Verb, ...] = tuple(MATRIX[sample.ACCOUNTS[name][0]])
    sign_in = app.state.foundation.sign_in
    token = sign_in.issue_token(AccountId(f"ac_{name}"), "test", verbs, now() + HOUR)
    return browser, {
        "authorization": f"Bearer {token}",
        "x-purpose": "" if purpose is None else purpose.value,
        "x-task": "his officer is away",
    }


def told(browser: Browser, path: str, header: dict[str, str]) -> tuple[int, list[str]]:
    """Return the status of an answer and what of the plants is in its body or its headers."""
    headers = header if path.startswith("/api/v1") else {}
    answer = browser.get(path, headers=headers, follow_redirects=False)
    heads = "\n".join(f"{key}: {value}" for key, value in answer.headers.items())
    found = {*found_in(answer.content), *found_in(heads.encode())}
    if path.startswith(OF_CONTACTS):
        found.discard(world.SAFE_TELEPHONE)
    return answer.status_code, sorted(found)


@pytest.mark.parametrize("name", MAY_NOT)
def test_no_address_gives_the_place_away(
    app: Litestar, enter: Enter, about: str, name: str
) -> None:
    browser, header = entered(app, enter, name)
    said = {path: told(browser, path, header) for path in addresses(app, name, about)}
    leaks = {path: words for path, (_, words) in said.items() if words}
    assert not leaks, leaks
    away = [path for path, (status, _) in said.items() if status not in (200, 404, 422)]
    assert set(away) <= {"/", OF_THE_OFFICER}, "asked for a purpose, or not let in"
    assert said.get(OF_THE_OFFICER, (403, []))[0] in (403, 404)
    answered = [path for path, (status, _) in said.items() if status == 200]
    assert len(answered) > 0.7 * len(said), said


def test_whom_it_is_shown_to_finds_it(app: Litestar, enter: Enter, about: str) -> None:
    for name in ("officer", "zones"):
        browser, header = entered(app, enter, name)
        status, words = told(browser, f"/alerts/{about}/map", header)
        assert status == 200
        assert "-0.2376" in words or "-0.23756" in words, words
