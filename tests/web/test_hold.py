"""Legal holds on the pages and in the API: one sets, one asks for the lift, another decides."""

import re
from typing import Any

from litestar import Litestar
from litestar.testing import TestClient

from tests.web.conftest import Enter

Browser = TestClient[Litestar]
AT = "/wearers/w_own/hold"


def send(browser: Browser, path: str, **fields: str) -> Any:
    found = re.search(r'name="_csrf_token" value="([^"]+)"', browser.get("/about").text)
    assert found
    return browser.post(path, data={"_csrf_token": found[1], **fields}, follow_redirects=True)


def test_a_hold_is_set_by_one_and_lifted_by_two(enter: Enter) -> None:
    browser = enter("officer")
    assert "Not on hold" in browser.get(AT).text
    assert "Enter the law or the decision" in send(browser, AT, why=" ").text
    page = send(browser, AT, why="Inquest of 3 March").text
    assert "On hold" in page
    assert "Inquest of 3 March" in page
    assert "on hold already" in send(browser, AT, why="again").text
    page = send(browser, f"{AT}/ask-lift", why="The inquest is over").text
    assert "Another person, an administrator, decides" in page
    assert send(browser, f"{AT}/decide", decision="lift", why="x").status_code == 403
    enter("administrator")
    assert "<strong>asked for</strong>" in browser.get("/holds").text
    page = send(browser, f"{AT}/decide", decision="keep", why="An appeal may come").text
    assert "Lift refused" in page
    assert "Nobody asks" in send(browser, f"{AT}/decide", decision="lift", why="x").text
    send(browser, f"{AT}/ask-lift", why="No appeal came")
    page = send(browser, f"{AT}/decide", decision="lift", why="No appeal came").text
    assert "somebody else must decide" in page
    assert "On hold" in page
    assert "Lift refused" in send(browser, f"{AT}/decide", decision="keep", why="mine").text
    enter("officer")
    send(browser, f"{AT}/ask-lift", why="No appeal came")
    enter("administrator")
    page = send(browser, f"{AT}/decide", decision="lift", why="So it is").text
    assert "Not on hold" in page
    assert "No longer on hold" in browser.get("/holds").text


def test_a_hold_outside_the_scope_is_nobodys_business(enter: Enter) -> None:
    browser = enter("officer")
    assert browser.get("/wearers/w_other/hold").status_code == 404
    assert send(browser, "/wearers/w_other/hold", why="curious").status_code == 404
    enter("police")
    assert browser.get(AT).status_code == 403
