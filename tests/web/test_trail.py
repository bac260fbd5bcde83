"""The trail page: its windows in London time, what it says without a script, and who may see it."""

import json
import re
from datetime import datetime, timedelta

import msgspec
import pytest

from tagwatch.access.audit import Act, Outcome
from tagwatch.access.enrolment import now
from tagwatch.access.role import Role
from tagwatch.core.ids import AccountId
from tagwatch.core.recorded_register import OrderRecorded
from tagwatch.core.timetable import london
from tagwatch.core.units import DAY, HOUR, Instant, instant, parse_iso
from tagwatch.web.form import Problems
from tagwatch.web.trail_window import Span, TrailWindow, asked_window, day_of, week_of
from tests.web import sample
from tests.web.conftest import Enter
from tests.web.test_api import bearer
from tests.web.test_question import walk
from tests.web.test_rehearsal import purposeful
from tests.web.test_routes import audit

PAGE = "/wearers/w_own/trail"
NOW = parse_iso("2026-11-26T12:00:00Z")


def asked(**query: str) -> tuple[TrailWindow, dict[str, str]]:
    problems = Problems()
    found = asked_window({name.replace("_", "-"): v for name, v in query.items()}, NOW, problems)
    return found, problems.by_field


@pytest.mark.parametrize(
    ("day", "hours", "says"),
    [("2026-03-29", 23, "forward"), ("2026-10-25", 25, "back"), ("2026-11-22", 24, "")],
)
def test_a_day_is_as_long_as_the_clocks_make_it(day: str, hours: int, says: str) -> None:
    found, wrong = asked(span="day", day=day)
    assert not wrong
    assert found.end - found.start == hours * HOUR
    assert says in found.clock_change
    assert bool(found.clock_change) == bool(says)
    assert london(found.start).time() == london(found.end).time() == datetime.min.time()
    assert found.moved(1).start == found.end
    assert found.moved(-1).end == found.start
    assert found.moved(1).moved(-1) == found


def test_a_week_begins_on_monday_and_holds_the_change_of_the_clocks() -> None:
    found, wrong = asked(span="week", day="2026-10-25")
    assert not wrong
    assert london(found.start).strftime("%a %F %H:%M") == "Mon 2026-10-19 00:00"
    assert found.end - found.start == 7 * DAY + HOUR
    assert found.moved(1) == week_of(parse_iso("2026-10-26T12:00:00Z"))
    assert asked(span="week")[0] == week_of(NOW)
    assert asked()[0] == day_of(NOW)


def test_any_time_is_read_as_london_reads_it() -> None:
    typed = {
        "from_day": "25",
        "from_month": "10",
        "from_year": "2026",
        "from_time": "01:30",
        "until_day": "25",
        "until_month": "10",
        "until_year": "2026",
        "until_time": "01:30",
    }
    found, wrong = asked(span="any", **typed)
    assert not wrong
    assert found.end - found.start == HOUR, "01:30 comes twice that night: from one to the other"
    again, wrong = asked(start="2026-10-25T00:30:00Z", end="2026-10-25T02:30:00+01:00")
    assert (again, wrong) == (found, {})
    assert found.moved(1).start == found.end
    assert asked(span="day", **typed)[0] == day_of(found.start)
    kept = dict(part.split("=") for part in found.query.replace("%3A", ":").split("&"))
    assert asked(**kept) == (found, {})


@pytest.mark.parametrize(
    ("query", "where", "says"),
    [
        ({"day": "2026-02-30"}, "from", "year-month-day"),
        ({"day": "9999-12-31"}, "from", "year-month-day"),
        ({"start": "2026-11-22T10:00:00", "end": "x"}, "from", "zone"),
        ({"start": "2026-11-22T10:00:00Z"}, "from", "start and end"),
        ({"start": "2026-11-22T10:00:00Z", "end": "2026-11-22T10:00:00Z"}, "until", "after"),
        ({"start": "2026-01-01T00:00:00Z", "end": "2026-11-22T10:00:00Z"}, "until", "12 weeks"),
        ({"span": "any", "from_day": "1", "from_month": "13", "from_year": "2026"}, "from", "real"),
        (
            {"span": "any", "from_day": "1", "from_month": "1", "from_year": "2026"},
            "until",
            "until",
        ),
    ],
)
def test_a_window_that_cannot_be_shown_says_why(query, where: str, says: str) -> None:
    found, wrong = asked(**query)
    assert says in wrong[where]
    assert found == day_of(NOW)


def test_twelve_weeks_over_the_clocks_can_be_asked_for() -> None:
    first = datetime.fromisoformat("2026-09-01T00:00:00+01:00")
    start = instant(first)
    end = instant(datetime.fromisoformat((first + timedelta(84)).strftime("%FT00:00:00+00:00")))
    problems = Problems()
    stated = TrailWindow(span=Span.ANY, start=start, end=end)
    query = dict(p.split("=") for p in stated.query.replace("%3A", ":").split("&"))
    assert asked_window(query, NOW, problems) == stated
    assert not problems


def test_the_page_asks_for_a_purpose_and_comes_back_to_the_same_window(enter: Enter) -> None:
    answer = enter("officer").get(f"{PAGE}?span=week", follow_redirects=False)
    assert answer.status_code == 303
    back = "/purpose?next=%2Fwearers%2Fw_own%2Ftrail%3Fspan%3Dweek"
    assert answer.headers["location"] == f"{back}&wearer=w_own"


def test_the_tables_say_all_without_a_script(enter: Enter, app, config) -> None:
    browser = purposeful(enter, "officer")
    found = browser.get(f"{PAGE}?start=2020-01-01T00:00:00Z&end=2020-01-02T00:00:00Z")
    assert "No fix in this time." in found.text
    now = Instant(instant(datetime.now().astimezone()))
    window = TrailWindow(span=Span.ANY, start=Instant(now - HOUR), end=Instant(now + HOUR))
    page = browser.get(f"{PAGE}?{window.query}")
    assert page.status_code == 200
    assert "All 20 fixes that have a place are drawn." in page.text
    assert page.text.count('id="fix-') == 20
    assert "Alert: Exclusion zone entered" in page.text
    assert re.search(r"told zone, version 1: in force", page.text)
    drawn = json.loads(re.search(r'id="trail-data"[^>]*>(.*?)</script>', page.text)[1])
    assert drawn["numbers"] == list(range(1, 21))
    assert {len(drawn[name]) for name in ("at", "lon", "lat", "radius")} == {20}
    assert {zone["properties"]["kind"] for zone in drawn["zones"]} == {"zone"}
    assert 'aria-current="true"' in browser.get(f"{PAGE}?{window.query}&fix=7").text
    assert "/wearers/w_own/trail/export?from=" in page.text
    assert f"{PAGE}" in browser.get("/wearers/w_own").text, "the wearer's page leads here"
    line = [one for one in audit(config, app) if one.question == "trail"][1]
    assert (line.act, line.purpose, line.ids) == (Act.CONSULTATION, "supervision", ("w_own",))
    assert "20 fixes, 20 drawn" in line.detail


def test_what_is_printed_says_who_when_why_and_is_a_disclosure(enter: Enter, app, config) -> None:
    browser = purposeful(enter, "officer")
    page = browser.get(f"{PAGE}?span=week&print=yes").text
    assert re.search(r"Printed by Demo Officer, practitioner, .* London time", page)
    assert "Purpose: To supervise the wearer" in page
    assert "neither is the actual route" in page
    assert "95 % probability" in page
    line = [one for one in audit(config, app) if one.question == "trail"][-1]
    assert line.act is Act.DISCLOSURE
    assert line.detail.endswith("to print")


def test_anothers_wearer_is_not_found_however_wrong_the_window(enter: Enter, app, config) -> None:
    browser = purposeful(enter, "officer")
    for query in ("", "?span=week", "?start=1&end=2", "?print=yes"):
        answer = browser.get(f"/wearers/w_other/trail{query}")
        assert answer.status_code == 404, query
        assert "Cedar" not in answer.text
        line = audit(config, app)[-1]
        assert (line.outcome, line.ids) == (Outcome.REFUSED, ("w_other",))
    wrong = browser.get(f"{PAGE}?start=2026-01-01T00:00:00Z&end=2026-11-22T10:00:00Z")
    assert wrong.status_code == 422
    assert "At most 12 weeks" in wrong.text
    assert "Demo Alder" in wrong.text


def test_the_api_gives_the_movements_of_a_window(app, client, config) -> None:
    headers = bearer(app, "officer", Role.PRACTITIONER)
    found = client.get("/api/v1/wearers/w_own/movements", headers=headers)
    assert found.status_code == 200, found.text
    assert set(found.json()) >= {"stops", "trips", "gaps"}
    assert audit(config, app)[-1].question == "movements"
    for what in ("movements", "trail"):
        path = f"/api/v1/wearers/w_own/{what}"
        window = {"start": "2026-03-02T00:00:00Z", "end": "2026-05-25T00:00:00Z"}
        assert client.get(path, headers=headers, params=window).status_code == 200
        longer = client.get(path, headers=headers, params=window | {"end": "2026-05-26T00:00:00Z"})
        assert longer.status_code == 422
        assert "at most 84 days" in longer.text
    refused = client.get("/api/v1/wearers/w_other/movements", headers=headers)
    assert refused.status_code == 404


def test_under_a_zones_only_order_what_is_far_is_sealed(enter: Enter, centre, config) -> None:
    hour = walk(config, 901, range(-60, 90), 0.5)
    varied = msgspec.structs.replace(sample.order("w_own"), version=2, days_kept=7)
    centre.record(OrderRecorded(order=varied, by=AccountId("ac_officer")), at=now())
    centre.apply()
    browser = purposeful(enter, "officer")
    window = TrailWindow(span=Span.ANY, start=hour, end=Instant(hour + HOUR))
    page = browser.get(f"{PAGE}?{window.query}")
    assert re.search(r"Sealed: [0-9]+ fixes of 1 day not shown", page.text)
    assert "/wearers/w_own/requests/new" in page.text
    assert "Zones only" in browser.get("/wearers/w_own").text
