"""What is asked with words, times and places of one's own: files, questions, searches, links."""

import re
from urllib.parse import urlencode

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from tagwatch.access.audit import audit_line, open_reader
from tagwatch.access.enrolment import now
from tagwatch.access.role import MATRIX, Role, Verb
from tagwatch.core.ids import AccountId
from tagwatch.core.units import HOUR, Instant, iso
from tagwatch.engine.centre import InProcessCentre
from tagwatch.report.trail_file import TrailFormat
from tests.secret import world
from tests.secret.conftest import Enter
from tests.secret.plants import found_in
from tests.secret.test_walk import addresses, entered, told
from tests.walk.timeline import metres_from
from tests.web.conftest import HOST, from_address
from tests.web.test_plan import hidden
from tests.web.test_routes import token_of

WHERE_HE_STOOD = metres_from(world.PLACE, world.INSIDE_M, world.INSIDE_M)


def questions() -> list[str]:
    """Return the questions about the time and the place of his stay, and about the zone by id."""
    at = now()
    when = {"start": iso(Instant(at - 4 * HOUR)), "end": iso(Instant(at - HOUR))}
    place = {"lat": f"{WHERE_HE_STOOD.lat_deg:.3f}", "lon": f"{WHERE_HE_STOOD.lon_deg:.3f}"}
    drawn = urlencode({**when, **place, "radius": "400"})
    named = urlencode({**when, "condition": world.CONDITION, "radius": "400"})
    found = [f"{kind}/w_own?{asked}" for kind in ("near", "visits") for asked in (drawn, named)]
    found += [f"worn/w_own?{urlencode(when)}", f"area?{drawn}", f"area?{named}"]
    return [f"/api/v1/questions/{one}" for one in found]


def test_no_file_of_the_trail_and_no_answer_tells_it(app: Litestar, enter: Enter) -> None:
    browser, header = entered(app, enter, "colleague")
    begun = iso(Instant(now() - 5 * HOUR))
    for kind in TrailFormat:
        path = f"/wearers/w_own/trail/export?{urlencode({'format': kind.value, 'from': begun})}"
        assert told(browser, path, header) == (200, [])
    said = {path: told(browser, path, header) for path in questions()}
    assert not {path: words for path, (_, words) in said.items() if words}
    assert {status for path, (status, _) in said.items() if "radius=400&" not in path} >= {200}
    named = [status for path, (status, _) in said.items() if world.CONDITION in path]
    assert set(named) == {422}


@pytest.mark.parametrize("name", ["colleague", "operator", "administrator"])
def test_a_search_for_the_address_finds_what_a_search_for_nothing_finds(
    app: Litestar, enter: Enter, name: str
) -> None:
    browser, header = entered(app, enter, name)
    paths = ["/api/v1/wearers"]
    if Verb.REGISTER_TAG in MATRIX[Role(header_role(name))]:
        paths.append("/api/v1/tags")
    for path in paths:
        for word in ("Wrenfield", "Quillstone", "ZQ9 7XW", f"{world.PLACE.lat_deg:.4f}"):
            found, nothing = (
                browser.get(f"{path}?{urlencode({'q': asked})}", headers=header).json()
                for asked in (word, "Nobody At All")
            )
            found.pop("at", None)
            nothing.pop("at", None)
            assert found == nothing
    for page in ("/wearers", "/questions", "/tags"):
        answer = browser.get(f"{page}?q=Mews", follow_redirects=False)
        assert not found_in(answer.content)


def header_role(name: str) -> str:
    """Return the role of an account of the sample."""
    return {"colleague": "practitioner"}.get(name, name)


def test_a_police_link_shows_nothing_of_it(app: Litestar, enter: Enter, about: str) -> None:
    desk, _ = entered(app, enter, "operator")
    data = {"_csrf_token": token_of(desk), "officer": "PC 1234 Demo", "force": "MPS", "hours": "4"}
    made = desk.post(f"/alerts/{about}/police-links", data=data)
    path = re.search(r"<code>[^<]*(/p/enter/[\w-]+)</code>", made.text)
    code = re.search(r'id="code">([\d ]+)<', made.text)
    assert path
    assert code
    phone = TestClient(from_address(app, "192.0.2.7"), base_url=HOST)
    asked = phone.get(path[1])
    given = phone.post(
        path[1], data={**hidden(asked.text), "code": code[1]}, follow_redirects=False
    )
    page = phone.get(f"/p/alerts/{about}")
    assert (given.status_code, page.status_code) == (303, 200)
    for answer in (made, asked, given, page):
        assert not found_in(answer.content)


def test_an_officers_token_with_one_verb_reaches_nothing_of_it(
    app: Litestar, enter: Enter, about: str
) -> None:
    browser, header = entered(app, enter, "officer")
    sign_in = app.state.foundation.sign_in
    verbs = (Verb.SEE_ALERTS,)
    token = sign_in.issue_token(AccountId("ac_officer"), "narrow", verbs, now() + HOUR)
    header |= {"authorization": f"Bearer {token}"}
    paths = [path for path in addresses(app, "officer", about) if path.startswith("/api/v1")]
    said = {path: told(browser, path, header) for path in paths}
    assert not {path: words for path, (_, words) in said.items() if words}
    let_in = {path for path, (status, _) in said.items() if status == 200}
    assert let_in == {"/api/v1/alerts", "/api/v1/wallboard"}


@pytest.mark.parametrize("path", ["/alerts/{}/disclosable", "/cases/{}/breach-pack"])
def test_what_the_wearer_and_his_lawyer_are_handed_has_nothing_of_it_whoever_makes_it(
    app: Litestar, enter: Enter, about: str, path: str
) -> None:
    where = path.format(about if "alerts" in path else world.CASE)
    for name in ("officer", "zones"):
        browser, header = entered(app, enter, name)
        for begin in ("", "/api/v1"):
            assert told(browser, begin + where, header) == (200, []), (name, begin)


def test_strangers_are_told_nothing(client: TestClient[Litestar]) -> None:
    client.cookies.clear()
    for path in ("/alive", "/healthz", "/metrics", "/sign-in", "/p/alerts/al_w_own"):
        answer = client.get(path, headers={"authorization": ""})
        assert not found_in(answer.content), path


def test_the_audit_holds_nothing_of_it(
    app: Litestar, enter: Enter, centre: InProcessCentre, about: str
) -> None:
    browser, _ = entered(app, enter, "officer")
    assert browser.get(f"/alerts/{about}/map").status_code == 200
    reader = open_reader(centre.config, "web")
    try:
        lines = [audit_line(record) for record in reader.read(0, 2**40)]
    finally:
        reader.close()
    assert len(lines) > 10
    assert not found_in(repr(lines).encode())
