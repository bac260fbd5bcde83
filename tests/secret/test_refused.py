"""What is refused, missing or wrong: no error, no log line and no redirect names the place."""

import pytest
from litestar import Litestar
from structlog.testing import capture_logs

from tagwatch.access.role import MATRIX
from tests.browser.test_every_page import CONDITIONS, RECORDS
from tests.secret import world
from tests.secret.conftest import Enter
from tests.secret.plants import found_in
from tests.secret.test_walk import entered
from tests.web import sample
from tests.web.test_routes import IDS, filled, routes, token_of

ENDS = ("/sign-out", "/purpose", "/your-sign-in")
"""They would end the walk, or say nothing of a wearer."""
WRONG = {
    "label": "Another place",
    "lat": "51.7",
    "lon": "x",
    "radius_m": "-1",
    "shape": '{"type":"Point"}',
    "words": "x",
    "reason": "x",
    "wearer": "w_own",
    "condition": str(world.CONDITION),
}


@pytest.mark.parametrize("name", ["colleague", "administrator"])
def test_no_refusal_names_it(app: Litestar, enter: Enter, about: str, name: str) -> None:
    browser, header = entered(app, enter, name)
    token, may = token_of(browser), MATRIX[sample.ACCOUNTS[name][0]]
    leaks: dict[str, list[str]] = {}
    statuses: set[int] = set()
    with capture_logs() as logged:
        for method, path, verb in routes(app):
            if method == "GET" or path.startswith(ENDS) or (verb is not None and verb not in may):
                continue
            begin = next((begin for begin in CONDITIONS if path.startswith(begin)), "")
            ids = {"alert_id": about, "case_id": world.CASE, "person_id": "p_planted"}
            ids["account_id"] = "ac_outsider"  # who does not walk
            ids["condition_id"] = CONDITIONS.get(begin, world.CONDITION)
            where = filled(path, {**IDS, **RECORDS, **ids})
            if path.startswith("/api/"):
                answer = browser.request(method, where, json=WRONG, headers=header)
            else:
                data = {**WRONG, "_csrf_token": token}
                answer = browser.request(method, where, data=data, follow_redirects=False)
            heads = "\n".join(f"{key}: {value}" for key, value in answer.headers.items())
            statuses.add(answer.status_code)
            if words := {*found_in(answer.content), *found_in(heads.encode())}:
                leaks[f"{method} {where}"] = sorted(words)
    assert not leaks
    assert statuses >= {404, 422}
    assert not found_in(repr(logged).encode())
