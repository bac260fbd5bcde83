"""The page and API of patterns: scoped, purposed, audited; secret zones for those allowed."""

import re

import numpy as np
import pytest

from tagwatch.access.audit import Outcome
from tagwatch.access.enrolment import now
from tagwatch.core.ids import ActivationId, WearerId
from tagwatch.core.units import HOUR, MINUTE, Instant
from tagwatch.store import schema
from tagwatch.store.trail import block_row, unpack
from tests.web import sample
from tests.web.conftest import Enter
from tests.web.test_question import OWN, PURPOSE, state_purpose
from tests.web.test_routes import audit


@pytest.fixture
def waited(config) -> Instant:
    """Three hours at home far off, then one 400 m east of his zones; returns when that began."""
    began = Instant(now() // HOUR * HOUR - 3 * HOUR)
    block = unpack(sample.trail_row()["rows"])[:1].repeat(120)
    at = began - 3 * HOUR + 2 * MINUTE * np.arange(len(block))
    block["fixed_at"], block["received_at"] = at, at + 1_000_000
    far = at < began
    block["lon_deg"] = sample.HOME.lon_deg + np.where(far, 0.06, 0.0058)
    block["lat_deg"] = sample.HOME.lat_deg
    block["seq"], block["index"], block["accuracy_m"], block["marks"] = 901, np.arange(120), 8.0, 0
    row = block_row(901, WearerId("w_own"), ActivationId("act_own"), block)
    sample.put(config, (schema.trail_block, row))
    return began


def test_the_page_counts_the_stop_and_shows_it(enter: Enter, config, app, waited) -> None:
    browser = enter("officer")
    state_purpose(browser)
    before = len(audit(config, app))
    page = browser.get(f"/wearers/{OWN}/patterns")
    assert page.status_code == 200
    assert page.text.count("data-place=") == 2
    assert "secret zone" in page.text
    assert "cannot say" in page.text
    assert "say nothing of why" in page.text
    again = re.search(r'href="(/wearers/w_own/patterns\?[^"]+)">this answer again', page.text)
    assert again
    assert browser.get(again[1].replace("&amp;", "&")).status_code == 200
    lines = [line for line in audit(config, app)[before:] if line.question == "patterns"]
    assert [line.outcome for line in lines] == [Outcome.ANSWERED] * 2
    assert "c_told@1" in lines[0].detail
    assert lines[0].ids == (OWN,)
    assert lines[0].purpose == "supervision"


def test_the_api_gives_each_visit_with_its_fixes_and_the_same_again(
    enter: Enter, waited: Instant
) -> None:
    officer = enter("officer")
    said = officer.get(f"/api/v1/wearers/{OWN}/patterns?weeks=1", headers=PURPOSE).json()
    told = next(p for p in said["answer"]["places"] if p["condition_id"] == "c_told")
    visits = [each for each in told["around"]["visits"] if each["stopped_s_least"] > 2400]
    assert [each["start"] for each in visits] == [waited]
    assert visits[0]["errand"] == "stopped"
    assert visits[0]["band"] == "in the ring round it"
    row = told["around"]["visits"].index(visits[0])
    assert told["fixes"][row][0] == "901.90"
    assert told["around"]["base"] is None, "no place of his own in three hours"
    again = officer.get(said["link"], headers=PURPOSE).json()
    assert again == said


def test_a_secret_zone_is_there_only_for_those_who_may_see_it(enter: Enter, waited) -> None:
    for who, seen in (("officer", True), ("colleague", False), ("police", None)):
        browser = enter(who)
        found = browser.get(f"/api/v1/wearers/{OWN}/patterns", headers=PURPOSE)
        if seen is None:
            assert found.status_code in (403, 404)
            continue
        names = [p["condition_id"] for p in found.json()["answer"]["places"]]
        assert ("c_secret" in names) is seen
        assert ("c_secret" in found.text) is seen


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ("weeks=14", "weeks"),
        ("weeks=1.5", "weeks"),
        ("ring=9", "ring"),
        ("end=yesterday", "end"),
        ("end=2999-01-01T00:00:00Z", "end"),
        ("as_of=2999-01-01T00:00:00Z", "as_of"),
    ],
)
def test_what_cannot_be_asked_is_said(enter: Enter, asked: str, field: str) -> None:
    browser = enter("officer")
    state_purpose(browser)
    page = browser.get(f"/wearers/{OWN}/patterns?{asked}")
    assert page.status_code == 422
    assert "There is a problem" in page.text
    wrong = browser.get(f"/api/v1/wearers/{OWN}/patterns?{asked}", headers=PURPOSE)
    assert wrong.status_code == 422
    assert f"{field}: " in wrong.text
