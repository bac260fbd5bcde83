"""Forms for what an order demands: either of two addresses, an area, an appointment."""

import pytest

from tagwatch.access.enrolment import now
from tagwatch.core.units import DAY, HOUR, Instant
from tagwatch.web.form import moment_values
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
