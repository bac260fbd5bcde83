"""The page and API of patterns: scoped, purposed, audited; secret zones for those allowed."""

import re
from datetime import timedelta
from urllib.parse import parse_qsl, urlencode

import msgspec
import numpy as np
import pytest

from tagwatch.access.audit import Outcome
from tagwatch.access.enrolment import now
from tagwatch.core.ids import ActivationId, TagId, WearerId
from tagwatch.core.order import NoContact
from tagwatch.core.person import Activation, Tag
from tagwatch.core.recorded_register import ActivationStarted, ConditionRecorded, TagRecorded
from tagwatch.core.timetable import london
from tagwatch.core.units import HOUR, MINUTE, Instant
from tagwatch.query.question import QuestionError
from tagwatch.store import schema
from tagwatch.store.trail import block_row, unpack
from tagwatch.web.stalking_input import asked_of
from tests.web import sample
from tests.web.conftest import Enter
from tests.web.test_question import OWN, PURPOSE, state_purpose
from tests.web.test_routes import audit

TASK = PURPOSE | {"x-task": "his officer is away"}


@pytest.fixture
def waited(config) -> Instant:
    """Three hours at home far off, then one 400 m east of his zones; returns when that began."""
    began = Instant(now() // HOUR * HOUR - 9 * HOUR)
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
        found = browser.get(f"/api/v1/wearers/{OWN}/patterns", headers=TASK)
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


def test_a_route_is_asked_in_the_address_and_the_audit_holds_no_place(
    enter: Enter, config, app, waited: Instant
) -> None:
    lon, lat = sample.HOME.lon_deg + 0.0058, sample.HOME.lat_deg
    hour = london(waited).strftime("%H:%M")
    later = (london(waited) + timedelta(minutes=30)).strftime("%H:%M")
    asked = {"route": f"{lat - 0.003}, {lon}\n{lat + 0.003}, {lon}", "weeks": "1"}
    if hour < later:
        asked |= {"pass_from": hour, "pass_until": later}
    browser = enter("officer")
    before = len(audit(config, app))
    said = browser.get(f"/api/v1/wearers/{OWN}/patterns?{urlencode(asked)}", headers=PURPOSE)
    found = said.json()["answer"]["route"]
    stops = [each for each in found["waits"] if each["stopped_s_least"] > 2400]
    assert len(stops) == 1
    assert 0 <= stops[0]["first_seen"] - waited <= 4 * MINUTE
    assert stops[0]["off_m"] < 40
    assert stops[0]["when"] in ("while she would pass", "no time of passing was given")
    assert browser.get(said.json()["link"], headers=PURPOSE).json() == said.json()
    lines = [line for line in audit(config, app)[before:] if line.question == "patterns"]
    assert "route #" in lines[0].detail
    assert str(round(lat, 3)) not in lines[0].detail
    state_purpose(browser)
    page = browser.get(f"/wearers/{OWN}/patterns?{urlencode(asked)}")
    assert "Stops near the route" in page.text
    assert 'data-question="route-data"' in page.text


def test_a_person_who_carries_a_device_is_asked_about_within_scope(
    enter: Enter, config, centre, waited: Instant
) -> None:
    apart = msgspec.structs.replace(
        sample.zone("c_apart", sample.ZoneKnowledge.TOLD, 100.0),
        terms=NoContact(label="apart", other=WearerId("w_team")),
    )
    hers = unpack(sample.trail_row()["rows"])[:1].repeat(30)
    hers["fixed_at"] = waited + 2 * MINUTE * np.arange(30)
    hers["received_at"] = hers["fixed_at"] + 1_000_000
    hers["lon_deg"], hers["lat_deg"] = sample.HOME.lon_deg + 0.0062, sample.HOME.lat_deg
    hers["seq"], hers["index"], hers["accuracy_m"], hers["marks"] = 903, np.arange(30), 8.0, 0
    activation = Activation(
        activation_id=ActivationId("act_team"),
        tag_id=TagId("t_team"),
        wearer_id=WearerId("w_team"),
        started_at=Instant(waited - 6 * HOUR),
    )
    centre.record(
        ConditionRecorded(condition=apart, by=sample.BY),
        TagRecorded(tag=Tag(tag_id=TagId("t_team"), serial="TW-0903"), by=sample.BY),
        ActivationStarted(activation=activation, by=sample.BY),
        at=now(),
    )
    centre.apply()
    row = block_row(903, WearerId("w_team"), ActivationId("act_team"), hers)
    sample.put(config, (schema.trail_block, row))
    found = enter("officer").get(f"/api/v1/wearers/{OWN}/patterns?weeks=1", headers=PURPOSE)
    (one,) = found.json()["answer"]["people"]
    assert one["other"] == "w_team"
    assert one["days"] >= 1
    assert one["meetings"][0]["answer"] == "yes"
    assert one["moved"] in ([], [0, 0, 0, 0])


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"route": "51.5, -0.1"}, "route"),
        ({"route": "here\nthere"}, "route"),
        ({"route": "[1]"}, "route"),
        ({"route": "48.0, 2.0\n48.1, 2.0"}, "route"),
        ({"route": "51.5, -0.1\n" * 101}, "route"),
        ({"route": "x" * 8_001}, "route"),
        ({"route": "51.5, -0.1\n51.6, -0.1", "within": "5"}, "within"),
        ({"route": "51.5, -0.1\n51.6, -0.1", "pass_from": "soon"}, "pass_from"),
        ({"route": "51.5, -0.1\n51.6, -0.1", "pass_from": "9:00"}, "pass_from"),
        (
            {"route": "51.5, -0.1\n51.6, -0.1", "pass_from": "09:00", "pass_until": "08:00"},
            "pass_until",
        ),
        ({"route": "51.5, -0.1\n51.6, -0.1", "pass_from": "08:00", "pass_until": "09:00",
          "pass_days": "Mon"}, "pass_days"),
    ],
)  # fmt: skip
def test_a_route_that_cannot_be_read_says_how_to_mend_it(asked, field: str) -> None:
    with pytest.raises(QuestionError) as wrong:
        asked_of(asked, now())
    assert wrong.value.field == field


def test_a_line_and_its_hours_come_back_from_the_link() -> None:
    at = now()
    given = {
        "route": '{"type": "LineString", "coordinates": [[-0.1, 51.5], [-0.11, 51.51]]}',
        "pass_from": "08:10", "pass_until": "08:35", "pass_days": "FrMo", "weeks": "13",
    }  # fmt: skip
    asked = asked_of(given, at)
    assert asked.route is not None
    assert asked.route.corners == ((-0.1, 51.5), (-0.11, 51.51))
    assert [each.value for each in asked.route.days] == ["Mo", "Fr"]
    assert len(asked.route.times(asked.window)) == 26
    assert asked_of(dict(parse_qsl(asked.query)), at) == asked
