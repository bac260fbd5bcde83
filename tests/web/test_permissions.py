"""The permission matrix: complete, printed in the document, and what the application answers."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from litestar import Litestar

from tagwatch.access.audit import Outcome
from tagwatch.access.enrolment import now
from tagwatch.access.permission import (
    STANDINGS,
    About,
    Answer,
    Route,
    Row,
    permissions,
    purpose_table,
    table,
)
from tagwatch.access.purpose import ALLOWED, Purpose
from tagwatch.access.role import MATRIX, Verb
from tagwatch.config import Config
from tagwatch.core.ids import AccountId
from tagwatch.core.units import HOUR, Instant
from tagwatch.engine.centre import InProcessCentre
from tagwatch.web.permissions import declared, purposes
from tests.browser.test_every_page import CONDITIONS, RECORDS, world
from tests.web import sample
from tests.web import standing as people
from tests.web.conftest import Enter
from tests.web.test_routes import IDS, audit, filled, routes

__all__ = ["world"]
LATER = Instant(now() + HOUR)
UNKNOWN = ("{document_id:", "{photo_id:", "/no-contact/{condition_id:")
"""A part that the world has none of, or that needs reach to two wearers: asked
only of those from whom the case is hidden."""
ASKED = "asked for a purpose"
PART = 9
"""Of what is allowed each standing asks one part in so many; the others
are asked by `make soak`, so that it asks every cell of what is read."""
BEGIN, END = "<!-- purposes -->\n", "<!-- /purposes -->"


def test_the_document_holds_the_matrix(repository: Path) -> None:
    kept = (repository / "docs" / "permissions.csv").read_text(encoding="utf-8")
    assert kept == table(declared(), purposes()), (
        "python -m tagwatch.web.permissions > docs/permissions.csv"
    )
    text = (repository / "docs" / "access.md").read_text(encoding="utf-8")
    assert text.split(BEGIN)[1].split(END)[0].strip() == purpose_table()


def test_every_route_of_the_application_is_in_it(app: Litestar) -> None:
    guarded = [route for route in declared() if route.verb is not None]
    assert sorted(guarded, key=str) == sorted((Route(*each) for each in routes(app)), key=str)


def address(row: Row) -> str:
    begin = next((begin for begin in CONDITIONS if row.route.path.startswith(begin)), "")
    ids = {**IDS, **RECORDS, "name": "w_own", "condition_id": CONDITIONS.get(begin, "c_told")}
    asks = "?format=csv&run=1" if row.route.path.endswith("/trail/export") else ""
    return filled(row.route.path, ids) + asks


def answered(found: Any) -> str:
    if found.status_code == 303 and found.headers["location"].startswith("/purpose"):
        return ASKED
    if found.status_code in (400, 422) and found.request.method == "POST":
        return "not read"
    known = {403: Answer.REFUSED, 404: Answer.NOT_FOUND}
    return known.get(found.status_code, Answer.ALLOWED if found.status_code < 500 else "broken")


def asked(row: Row, number: int, place: int, part: int) -> bool:
    """Whether this standing asks this route: all that is hidden or refused to his standing (by his
    role alone another test asks), every other act, and a part of what he may."""
    who, expected = STANDINGS[number], row.answers[number]
    if row.route.verb not in MATRIX[who.role]:
        return False
    if row.route.method == "POST":
        hidden = expected is Answer.NOT_FOUND and (place + number) % 2 == part
        return hidden or (part == 0 and expected is Answer.REFUSED and not who.opened)
    if expected is Answer.NOT_FOUND:
        return part == 0
    known = not any(each in row.route.path for each in UNKNOWN)
    if expected is Answer.REFUSED:
        return known and part == 0
    return known and (place + number) % PART == part


def deviations(person: people.Person, number: int, rows: list[Row], part: int) -> list[str]:
    wrong = []
    for place, row in enumerate(rows):
        if not asked(row, number, place, part):
            continue
        found, expected = person.asks(row.route.method, address(row)), row.answers[number]
        fitting = {expected, "not read"} if row.route.method == "POST" else {expected}
        if answered(found) not in fitting:
            wrong.append(f"{row.route.method} {row.route.path}: {expected}, {answered(found)}")
        if expected is Answer.NOT_FOUND and "Alder" in found.text:
            wrong.append(f"{row.route.method} {row.route.path}: names him")
    return wrong


@pytest.mark.parametrize(
    "part", [0, *(pytest.param(n, marks=pytest.mark.soak) for n in range(1, PART))]
)
@pytest.mark.parametrize("restricted", [False, True], ids=["ordinary", "restricted"])
def test_the_application_answers_as_the_matrix_says(
    app: Litestar,
    client: Any,
    config: Config,
    centre: InProcessCentre,
    world: None,
    restricted: bool,
    part: int,
) -> None:
    people.enrol(config)
    centre.record(*people.events(now()), at=now())
    if restricted:
        centre.record(people.restriction(), at=now())
    centre.apply()
    rows = [row for row in permissions(declared()) if row.about in (About.WEARER, About.SHARE)]
    wrong = {}
    for number, who in enumerate(STANDINGS):
        if people.restricted(who) is restricted and who.how != "legal basis":
            person = people.Person(app, client, config, who)
            if found := deviations(person, number, rows, part):
                wrong[people.key(who)] = found
    assert wrong == {}
    refused = Counter(line.by for line in audit(config, app) if line.outcome is Outcome.REFUSED)
    assert part or refused[people.account(STANDINGS[5 if not restricted else 9])] > 50


def test_a_purpose_that_the_role_cannot_state_opens_nothing(app: Litestar, client: Any) -> None:
    """Each address of the API that is read, by one after the other of the roles that may."""
    sign_in = app.state.foundation.sign_in
    headers = {}
    for name in ("officer", "operator", "police", "liaison", "partner", "administrator"):
        role = sample.ACCOUNTS[name][0]
        verbs = tuple(MATRIX[role])
        token = sign_in.issue_token(AccountId(f"ac_{name}"), "test", verbs, now() + HOUR)
        never = next(each for each in Purpose if each not in ALLOWED[role])
        headers[role] = {"authorization": f"Bearer {token}", "x-purpose": never, "x-task": "x"}
    asked = 0
    for place, row in enumerate(permissions(declared())):
        route = row.route
        able = [role for role in headers if route.verb in MATRIX[role]]
        if route.method == "GET" and route.path.startswith("/api/v1/") and able:
            role = able[place % len(able)]
            found = client.get(address(row), headers=headers[role])
            assert (found.status_code, found.json().get("lacks")) == (403, "purpose"), route.path
            asked += 1
    assert asked > 70


def test_an_endpoint_asks_for_a_purpose_where_the_matrix_says_so(
    app: Litestar, client: Any
) -> None:
    """Each address of the API that is read, by somebody who may, without saying why."""
    sign_in, headers = app.state.foundation.sign_in, {}
    for name in ("officer", "operator", "police", "liaison", "partner", "administrator"):
        role = sample.ACCOUNTS[name][0]
        token = sign_in.issue_token(AccountId(f"ac_{name}"), "test", tuple(MATRIX[role]), LATER)
        headers[role] = {"authorization": f"Bearer {token}"}
    said = purposes()
    wrong, asked = [], Counter[str]()
    for row in permissions(declared()):
        route, expected = row.route, said[row.route]
        able = [role for role in headers if route.verb in MATRIX[role]]
        own = expected.removesuffix(" unless another is sent")
        stated = own in list(Purpose)
        able = [role for role in able if not stated or Purpose(own) in ALLOWED[role]]
        if route.method != "GET" or not route.path.startswith("/api/v1/") or not able:
            continue
        found = client.get(address(row), headers=headers[able[0]])
        lacks = found.status_code == 403 and found.json().get("lacks") == "purpose"
        asked[expected if not stated else "own"] += 1
        if lacks is stated:
            wrong.append((route.path, expected, found.status_code))
    assert wrong == []
    assert min(asked.values()) > 5, asked


def test_movements_of_one_wearer_are_shown_for_a_stated_purpose_alone(enter: Enter) -> None:
    browser = enter("colleague")
    pages = [
        row
        for row in permissions(declared())
        if row.route.verb is Verb.SEE_TRAIL
        and "{wearer_id:" in row.route.path
        and row.route.method == "GET"
        and not row.route.path.startswith("/api/")
    ]
    assert len(pages) > 8
    for row in pages:
        assert answered(browser.get(address(row), follow_redirects=False)) == ASKED, row.route.path
