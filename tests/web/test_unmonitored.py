"""The list of orders that no tag watches: within scope, with clocks, and in the API."""

import re

from tagwatch.access.enrolment import now
from tagwatch.access.role import Verb
from tagwatch.core.ids import AccountId
from tagwatch.core.units import HOUR
from tests.web.conftest import Enter
from tests.web.test_plan import purpose


def test_orders_without_a_tag_are_listed_within_scope_with_whose_turn_it_is(enter: Enter) -> None:
    page = purpose(enter("officer"), "supervision").get("/not-monitored")
    assert page.status_code == 200, page.text
    shown = re.sub(r"<[^>]+>", " ", page.text)
    assert "Demo Birch" in shown
    assert "Demo Cedar" not in shown
    assert "Fit a tag" in shown
    assert "REF-w_team" in shown


def test_the_api_gives_the_same_with_clocks(app, enter: Enter) -> None:
    browser = enter("operator")
    sign_in = app.state.foundation.sign_in
    bearer = sign_in.issue_token(AccountId("ac_operator"), "t", (Verb.FIT_TAG,), now() + HOUR)
    answer = browser.get("/api/v1/not-monitored", headers={"authorization": f"Bearer {bearer}"})
    assert answer.status_code == 200, answer.text
    rows = answer.json()["rows"]
    team = next(row for row in rows if row["wearer"]["wearer_id"] == "w_team")
    assert team["gap"]["since"] == team["gap"]["ordered_at"] < team["gap"]["due_at"]
    assert team["turn"] in ("fit", "decide")
