"""Whoever is refused reads what is missing, who may help and how to ask; in page and API alike."""

import re

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from tagwatch.access.purpose import ALLOWED
from tagwatch.access.refusal import Lack
from tagwatch.access.role import MATRIX, Role, Verb
from tests.web import sample
from tests.web.conftest import Enter
from tests.web.test_api import bearer

Browser = TestClient[Litestar]

NONE_OF_HIS = ("/wearers/{}", "/alerts/al_{}", "/wearers/{}/trail", "/wearers/{}/plan")


def stating(enter: Enter, name: str) -> Browser:
    browser = enter(name)
    purpose = ALLOWED[sample.ACCOUNTS[name][0]][0]
    token = re.search(r'name="_csrf_token" value="([^"]+)"', browser.get("/purpose").text)
    assert token
    browser.post("/purpose", data={"_csrf_token": token[1], "purpose": purpose.value, "next": "/"})
    return browser


@pytest.mark.parametrize("name", ["colleague", "operator", "police"])
def test_what_is_hidden_is_answered_in_the_words_of_what_does_not_exist(
    enter: Enter, app: Litestar, client: Browser, name: str
) -> None:
    browser = stating(enter, name)
    for path in NONE_OF_HIS:
        hidden, missing = (browser.get(path.format(w)) for w in ("w_hidden", "w_nobody"))
        assert (hidden.status_code, missing.status_code) == (404, 404), path
        assert main_of(hidden.text) == main_of(missing.text), path
    assert "Who may help" in hidden.text
    for way in re.findall(r'<li><a class="govuk-link" href="([^"]+)">', main_of(hidden.text)):
        assert browser.get(way).status_code == 200, way
    headers = bearer(app, name, sample.ACCOUNTS[name][0])
    headers["x-purpose"] = ALLOWED[sample.ACCOUNTS[name][0]][0].value
    client.cookies.clear()
    said = [
        client.get(f"/api/v1{path}", headers=headers).json()
        for path in ("/wearers/w_hidden", "/wearers/w_nobody")
    ]
    assert said[0] == said[1]
    assert said[0]["lacks"] == Lack.SCOPE
    assert said[0]["who_may_help"]


def test_a_page_beyond_the_role_names_the_permission_and_the_way_to_ask(
    enter: Enter, app: Litestar, client: Browser
) -> None:
    page = enter("liaison").get("/wearers/w_own/trail")
    assert page.status_code == 403
    assert "See where a wearer has been" in page.text
    assert "Probation practitioners, operators of the monitoring centre and police" in page.text
    assert 'href="/requests"' in main_of(page.text)
    client.cookies.clear()
    headers = bearer(app, "liaison", Role.LIAISON)
    answer = client.get("/api/v1/wearers/w_own/trail", headers=headers).json()
    assert (answer["lacks"], answer["how_to_ask"][0]["path"]) == (Lack.VERB, "/requests")


def test_a_token_and_a_purpose_that_are_missing_are_told_apart(
    app: Litestar, client: Browser
) -> None:
    some = bearer(app, "officer", Role.PRACTITIONER, (Verb.SEE_WEARERS,))
    assert client.get("/api/v1/alerts", headers=some).json()["lacks"] == Lack.TOKEN
    every = bearer(app, "officer", Role.PRACTITIONER, tuple(MATRIX[Role.PRACTITIONER]))
    every.pop("x-purpose")
    answer = client.get("/api/v1/wearers/w_own/trail", headers=every).json()
    assert (answer["lacks"], "supervision" in answer["who_may_help"]) == (Lack.PURPOSE, True)
    every["x-purpose"] = "crime_matching"
    answer = client.get("/api/v1/wearers/w_own/trail", headers=every).json()
    assert (answer["lacks"], "police" in answer["who_may_help"].lower()) == (Lack.PURPOSE, True)


def main_of(text: str) -> str:
    return text[text.index("<main") : text.index("</main>")]
