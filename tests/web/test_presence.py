"""Forms for what an order demands: either of two addresses, an area, an appointment."""

import re

import msgspec
import pytest

from tagwatch.access.enrolment import now
from tagwatch.core.geometry import LonLat
from tagwatch.core.ids import WearerId
from tagwatch.core.order import Curfew, Demand, Thresholds, ZoneKnowledge
from tagwatch.core.recorded_register import ConditionRecorded
from tagwatch.core.timetable import OneOff
from tagwatch.core.units import DAY, HOUR, Instant
from tagwatch.query.coverage import versions_of_wearer
from tagwatch.store.database import reading
from tagwatch.web.form import moment_values
from tests.web import sample
from tests.web.conftest import Enter
from tests.web.test_alert import token
from tests.web.test_rehearsal import purposeful

NEW = "/wearers/w_own/curfews/new"
SQUARE = (
    '{"type": "Polygon", "coordinates": [[[-0.14, 51.53], [-0.13, 51.53], [-0.13, 51.54], '
    "[-0.14, 51.54], [-0.14, 51.53]]]}"
)
ROW = {
    "row-0-from_day": "Mo",
    "row-0-from_time": "19:00",
    "row-0-until_day": "Tu",
    "row-0-until_time": "07:00",
}


def sent(enter: Enter, **fields: str):
    browser = purposeful(enter, "officer")
    data = {
        "_csrf_token": token(browser, NEW),
        "order": "o_w_own",
        "demand": "curfew",
        "label": "Home",
        "lat": "51.5390",
        "lon": "-0.1416",
        "radius": "100",
        "grace": "5",
        "record_id": "c_0123456789abcdef",
        "seen_version": "0",
        **moment_values("valid_from", Instant(now() - 9 * DAY)),
        **fields,
    }
    return browser.post(NEW, data=data, follow_redirects=True)


def visit(start: Instant) -> dict[str, str]:
    end = Instant(start + HOUR)
    return {**moment_values("visit_start", start), **moment_values("visit_end", end)}


def test_either_of_two_addresses(enter: Enter) -> None:
    page = sent(enter, lat2="51.52", lon2="-0.12", **ROW).text
    assert "Curfew: to be at either of the addresses in 1 weekly periods" in page


def test_an_area_not_to_leave_needs_no_hours(enter: Enter) -> None:
    page = sent(enter, demand="restriction_zone", shape=SQUARE).text
    assert "Restriction zone: to be in the area always" in page


def test_an_appointment_and_what_became_of_it(enter: Enter) -> None:
    page = sent(enter, demand="attendance", **visit(Instant(now() - 2 * DAY))).text
    assert "Attendance: to be at the address for 1 appointment," in page
    assert "Appointments, as far as fixes say" in page
    assert "<strong>Cannot say</strong>: Home" in page


WEEKLY = {
    "row-0-from_day": "Mo",
    "row-0-from_time": "10:00",
    "row-0-until_day": "Mo",
    "row-0-until_time": "11:00",
}


def test_weekly_appointments_are_answered_and_what_he_was_not_told_is_not_held(enter) -> None:
    page = sent(enter, demand="attendance", **WEEKLY, **moment_values("told", now())).text
    assert page.count("<strong>Cannot say</strong>: Home") in (1, 2)  # Mondays of nine days
    assert "He had not been told of it: nothing of it is held against him." in page


def form_of(browser, path: str) -> dict[str, object]:
    """What a browser sends when nothing is changed in a form."""
    text = browser.get(path).text
    found: dict[str, object] = {}
    for tag in re.findall(r"<input[^>]*>", text.split("<form", 2)[-1]):
        said = dict(re.findall(r'(\w+)="([^"]*)"', tag))
        ticked = said.get("type") not in ("radio", "checkbox") or " checked" in tag
        if "name" in said and ticked and said.get("type") != "submit":
            found.setdefault(said["name"], [])
            found[said["name"]].append(said.get("value", ""))
    for name, options in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', text, re.S):
        chosen = re.search(r'value="([^"]*)"[^>]* selected', options)
        found[name] = chosen[1] if chosen else ""
    return found


def test_a_form_keeps_what_it_does_not_show(enter: Enter, centre) -> None:
    """Past and coming appointments, further addresses, thresholds of its own."""
    begins = [Instant(now() + days * DAY) for days in (-7, -2, 3, 5)]
    places = tuple(LonLat(lon_deg=-0.1 - n / 100, lat_deg=51.5) for n in range(4))
    terms = Curfew(
        label="Clinic",
        address=places[0],
        rows=(),
        demand=Demand.ATTENDANCE,
        also=places[1:],
        appointments=tuple(OneOff(start=at, end=Instant(at + HOUR)) for at in begins),
    )
    made = msgspec.structs.replace(
        sample.zone("c_visits", ZoneKnowledge.TOLD, 100.0),
        terms=terms,
        valid_from=Instant(now() - 9 * DAY),
        thresholds=Thresholds(protect=0.7, accuse=0.95),
    )
    centre.record(ConditionRecorded(condition=made, by=sample.BY), at=now())
    centre.apply()
    browser = purposeful(enter, "officer")
    form = form_of(browser, "/curfews/c_visits")
    assert len(form["kept"]) == 2
    assert "2 more addresses" in browser.get("/curfews/c_visits").text
    form |= {"kept": [str(begins[3])], **visit(Instant(now() + 8 * DAY))}
    form |= moment_values("valid_until", None)
    answer = browser.post("/curfews/c_visits", data=form, follow_redirects=True)
    assert "There is a problem" not in answer.text, answer.text
    with reading(centre.projections) as connection:
        (newest,) = [
            each
            for each in versions_of_wearer(connection, WearerId("w_own"))
            if (each.condition_id, each.version) == ("c_visits", 2)
        ]
    assert newest.thresholds == made.thresholds
    assert isinstance(newest.terms, Curfew)
    assert newest.terms.also == terms.also
    kept = [one.start for one in newest.terms.appointments]
    assert kept[:3] == [begins[0], begins[1], begins[3]]
    assert len(kept) == 4
    assert answer.text.count("<strong>Cannot say</strong>: Clinic") == 2


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, "Enter at least one weekly row, or an appointment"),
        ({**ROW, "demand": "house_arrest"}, "Choose what the order calls it"),
        ({**ROW, "lat2": "51.52"}, "The longitude"),
        ({**ROW, "shape": "nonsense"}, "This outline cannot be used"),
        (
            {**ROW, "shape": SQUARE, "lat2": "51.52", "lon2": "-0.12"},
            "Give a second address or an outline, not both",
        ),
        (
            moment_values("visit_start", Instant(1_800_000_000_000_000)),
            "Enter both ends of the appointment, or neither",
        ),
    ],
)
def test_what_is_wrong_is_said(enter: Enter, fields: dict[str, str], said: str) -> None:
    answer = sent(enter, **fields)
    assert (answer.status_code, said in answer.text) == (422, True)
