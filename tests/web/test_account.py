"""An account checked on the pages and by the API: recorded, made again, on paper, in scope only."""

import json
import re

import pytest

from tagwatch.access.audit import Act
from tagwatch.access.enrolment import now
from tagwatch.core.units import HOUR, MINUTE, Instant, iso
from tagwatch.web.account_track import read_track
from tagwatch.web.form import moment_values
from tests.web import sample
from tests.web.conftest import Enter
from tests.web.test_enquiry import send
from tests.web.test_question import OWN, PURPOSE, state_purpose, walk
from tests.web.test_routes import audit

NEW = f"/wearers/{OWN}/account-checks/new"


def typed(hour: Instant, **more: str) -> dict[str, str]:
    return {
        "do": "check",
        "claim": "was there",
        "words": "he stood at the gate <b>",
        "place": "the gate",
        "lat": str(sample.HOME.lat_deg),
        "lon": str(sample.HOME.lon_deg),
        "radius": "100",
        "vague": "50",
        "spread": "0",
        "within": "100",
        **moment_values("start", hour),
        **moment_values("end", Instant(hour + 30 * MINUTE)),
        **more,
    }


def checked(enter: Enter, config, away_deg: float, **more: str):
    hour = walk(config, 901, range(-60, 90), away_deg)
    browser = enter("officer")
    state_purpose(browser)
    return browser, send(browser, NEW, **typed(hour, **more)), hour


def test_what_is_said_is_answered_recorded_and_on_the_audit(enter: Enter, config, app) -> None:
    browser, answer, _ = checked(enter, config, 0.0)
    assert answer.status_code == 200
    page = answer.text
    assert re.search(r"govuk-tag--blue\">supports<", page)
    assert "He was at the gate at some time in the window described." in page
    assert "&lt;b&gt;" in page
    assert "If one thing were otherwise" in page
    path = answer.url.path
    assert path in browser.get(f"/wearers/{OWN}/account-checks").text
    found = [line for line in audit(config, app) if line.question == "record_account_check"]
    assert [line.act for line in found] == [Act.ALTERATION]
    paper = browser.get(f"{path}/paper")
    assert paper.content.startswith(b"%PDF")
    assert browser.get(f"{path}/answer").content.startswith(b"%PDF")
    given = [line.detail for line in audit(config, app) if line.act is Act.DISCLOSURE]
    assert any("court" in each for each in given)
    assert any("gave the account" in each for each in given)


def test_statements_are_given_one_by_one_and_taken_out(enter: Enter, config) -> None:
    browser, page, hour = checked(enter, config, 0.0, do="add")
    assert "between" in page.text
    kept = re.search(r'name="kept" value="([^"]*)"', page.text)
    assert kept
    held = kept[1].replace("&#34;", '"').replace("&quot;", '"')
    assert len(json.loads(held)) == 1
    out = send(browser, NEW, **{**typed(hour, do="remove-0"), "kept": held})
    assert "None yet" in out.text
    second = {"do": "check", "spread": "0", "vague": "0", "within": "100", "kept": held}
    assert "supports" in send(browser, NEW, **second).text


def test_far_off_contradicts_and_a_later_fix_is_told_when_it_is_made_again(
    enter: Enter, config
) -> None:
    browser, answer, hour = checked(enter, config, 0.1)
    assert re.search(r"govuk-tag--blue\">contradicts<", answer.text)
    walk(config, 902, range(5, 20), 0.0)
    again = send(browser, f"{answer.url.path}/again")
    assert "Since the version before" in again.text
    assert "Statement 1: 30 fixes were known in its time, now 45" in again.text
    assert "version 2 of 2" in again.text
    first = browser.get(f"{answer.url.path}?version=1").text
    assert re.search(r"govuk-tag--blue\">contradicts<", first)
    assert hour


def test_nothing_seen_is_cannot_say(enter: Enter, config) -> None:
    browser = enter("officer")
    state_purpose(browser)
    hour = walk(config, 901, range(1), 0.1)
    later = Instant(hour + 2 * HOUR)
    said = typed(later) | moment_values("end", Instant(later + 30 * MINUTE))
    page = send(browser, NEW, **said).text
    assert re.search(r"govuk-tag--grey\">cannot say<", page)
    assert "silence is no answer" in page


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"claim": ""}, "Choose what is said"),
        ({"lat": "", "lon": ""}, "Draw the place on the map"),
        ({"place": ""}, "Say in words what the place is"),
        ({"start-day": "32"}, "Enter a real date"),
        ({"claim": "waited there"}, "For how long he waited must be a number"),
        ({"claim": "followed me", "track": "time,lat,lon\n"}, "track needs 2 to"),
        ({"vague": "9000"}, "must be a number from 0 to 2,000"),
        ({"kept": "[1"}, "cannot be read"),
        ({"shape": '{"type": "LineString"}'}, "needs coordinates"),
    ],
)
def test_what_is_typed_wrongly_is_said(
    enter: Enter, config, fields: dict[str, str], message: str
) -> None:
    _, answer, _ = checked(enter, config, 0.0, **fields)
    assert answer.status_code == 422
    assert message.replace(",", "") in answer.text.replace(",", "")


def test_a_street_is_a_place(enter: Enter, config) -> None:
    lon, lat = sample.HOME.lon_deg, sample.HOME.lat_deg
    line = {"type": "LineString", "coordinates": [[lon - 0.002, lat], [lon + 0.002, lat]]}
    _, answer, _ = checked(enter, config, 0.0, lat="", lon="", shape=json.dumps(line))
    assert re.search(r"govuk-tag--blue\">supports<", answer.text)


def test_the_api_checks_reads_and_checks_again(enter: Enter, config) -> None:
    browser, answer, hour = checked(enter, config, 0.0)
    found = browser.get(f"/api/v1{answer.url.path}", headers=PURPOSE).json()
    assert found["check"]["judgements"][0]["verdict"] == "supports"
    assert found["check"]["version"] == 1
    listed = browser.get(f"/api/v1/wearers/{OWN}/account-checks", headers=PURPOSE).json()
    assert len(listed["checks"]) == 1
    assert iso(hour)


@pytest.mark.parametrize(
    "text",
    [
        "time,lat,lon\n2026-03-02T10:00:00Z,51.5,-0.1\n2026-03-02T10:01:00Z,51.5,-0.101\n",
        (
            '<gpx xmlns="http://www.topografix.com/GPX/1/1" version="1.1" creator="x"><trk><trkseg>'
            '<trkpt lat="51.5" lon="-0.1"><time>2026-03-02T10:00:00Z</time></trkpt>'
            '<trkpt lat="51.5" lon="-0.101"><time>2026-03-02T10:01:00Z</time></trkpt>'
            "</trkseg></trk></gpx>"
        ),
        json.dumps(
            {
                "type": "FeatureCollection",
                "features": [
                    {
                        "type": "Feature",
                        "geometry": {"type": "Point", "coordinates": [lon, 51.5]},
                        "properties": {"time": at},
                    }
                    for lon, at in (
                        (-0.1, "2026-03-02T10:00:00Z"),
                        (-0.101, "2026-03-02T10:01:00Z"),
                    )
                ],
            }
        ),
    ],
)
def test_her_track_is_read_in_any_of_three_forms(text: str) -> None:
    found = read_track(text, now())
    assert [(each.lon_deg, each.accuracy_m) for each in found] == [(-0.1, 50.0), (-0.101, 50.0)]


@pytest.mark.parametrize("text", ["", "time,lat\n1,2\n", "<gpx>", "{", "time,lat,lon\nx,y,z\n"])
def test_a_track_that_cannot_be_read_says_so(text: str) -> None:
    with pytest.raises(ValueError, match="track"):
        read_track(text, Instant(0))


def test_the_answer_for_her_says_nothing_of_him(enter: Enter, config) -> None:
    browser, answer, _ = checked(enter, config, 0.0)
    text = words_of(browser.get(f"{answer.url.path}/answer").content)
    assert "support what you said" in text
    for word in ("Demo", "routine", "ratio", "radius", "fix", "nearest", "chance"):
        assert word not in text, word


def words_of(content: bytes) -> str:
    from pypdfium2 import PdfDocument  # only these tests read papers

    document = PdfDocument(content)
    text = " ".join(page.get_textpage().get_text_range() for page in document)
    document.close()
    return " ".join(text.split())


def test_the_report_for_a_court_has_a_map_and_withholds_a_place_he_was_not_told_of(
    enter: Enter, config
) -> None:
    officer, answer, _ = checked(enter, config, 0.02)
    path = f"{answer.url.path}/paper"
    withheld = words_of(officer.get(path).content)
    assert "Its place touches one of which the wearer was not told" in withheld
    for word in ("the gate", "Map of", "From the place", "Latitude", "routine"):
        assert word not in withheld, word
    colleague = enter("colleague")
    state_purpose(colleague)
    drawn = words_of(colleague.get(path).content)
    assert "Map of statement 1. Blue, dashed: the place with its vagueness" in drawn
    assert "nearer than which he cannot have come" in drawn
    assert "latitude, longitude" in drawn
    assert "not told" not in drawn, "who may not see such places is not told that there is one"
