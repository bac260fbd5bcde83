"""A wearer is entered by hand, form by form, and what is wrong is said at the field."""

import json
import re

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from tagwatch.core.geometry import LonLat
from tagwatch.desk.zone import Revealing, area_m2, centre, refuse_revealing
from tests.web.conftest import Enter

Browser = TestClient[Litestar]
BEGINS = {"day": "1", "month": "11", "year": "2026", "time": "09:00"}
SQUARE = {
    "type": "Polygon",
    "coordinates": [
        [[-0.14, 51.53], [-0.13, 51.53], [-0.13, 51.536], [-0.14, 51.536], [-0.14, 51.53]]
    ],
}


@pytest.fixture
def officer(enter: Enter) -> Browser:
    browser = enter("officer")
    state = {"_csrf_token": token(browser.get("/purpose").text), "purpose": "supervision"}
    browser.post("/purpose", data={**state, "next": "/"})
    return browser


def token(page: str) -> str:
    found = re.search(r'name="_csrf_token" value="([^"]+)"', page)
    assert found, page[:500]
    return found[1]


def hidden(page: str) -> dict[str, str]:
    """The hidden fields of the page's form; the last one of a name counts."""
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))


def moment(name: str, **changes: str) -> dict[str, str]:
    return {f"{name}-{part}": value for part, value in {**BEGINS, **changes}.items()}


def send(browser: Browser, path: str, fields: dict[str, object], status: int = 303) -> str:
    page = browser.get(path)
    assert page.status_code == 200, page.text
    answer = browser.post(path, data={**hidden(page.text), **fields}, follow_redirects=False)
    assert answer.status_code == status, re.findall(r'href="#[^<]+<', answer.text)
    return answer.headers["location"] if status == 303 else answer.text


NEW = {
    "name": "Demo Fir",
    "crn": "X777777",
    "programme": "stalking",
    "borough": "Camden",
    "agency": "probation-london",
    "officer": "ac_officer",
    "restriction": "ordinary",
}


def entered(officer: Browser) -> str:
    """A wearer with an order; returns his page."""
    page = send(officer, "/wearers/new", NEW).split("?")[0]
    order = {"reference": "CC/1", "legal_basis": "licence", "programme": "stalking"}
    send(officer, f"{page}/orders/new", {**order, **moment("starts")})
    return page


def test_a_wearer_is_entered_by_hand_from_the_first_form_to_the_last(officer: Browser) -> None:
    page = entered(officer)
    send(officer, f"{page}/persons/new", {"name": "Demo Protected", "relation": "neighbour"})
    tag = {"serial": "TW-9", "model": "phone", "mode": "standard"}
    spans = {"moving": "60", "resting": "300", "report": "300"}
    tag_page = send(officer, "/tags/new", {**tag, **spans}).split("?")[0]
    fit = {"tag": tag_page.rsplit("/", 1)[1], **moment("at")}
    send(officer, f"{page}/fit", fit)
    order = re.search(r"/orders/(o_\w+)", officer.get(page).text)
    assert order
    zone = {
        "order": order[1],
        "label": "Zone A",
        "shape": json.dumps(SQUARE),
        "buffer": "200",
        "knowledge": "told",
        **moment("valid_from"),
        "row-0-from_day": "Mo",
        "row-0-from_time": "8:00",
        "row-0-until_day": "Mo",
        "row-0-until_time": "18:00",
    }
    send(officer, f"{page}/zones/new", zone)
    curfew = {
        "order": order[1],
        "label": "Home",
        "lat": "51.58",
        "lon": "-0.12",
        "radius": "100",
        "demand": "curfew",
        "grace": "5",
        **moment("valid_from"),
        "row-0-from_day": "Sa",
        "row-0-from_time": "19:00",
        "row-0-until_day": "Su",
        "row-0-until_time": "07:00",
    }
    send(officer, f"{page}/curfews/new", curfew)
    shown = officer.get(page).text
    for words in ("Demo Fir", "CC/1", "Zone A", "Home", "TW-9", "Demo Protected", "not told"):
        assert words in shown
    told = re.search(r"/conditions/(c_\w+)/told", shown)
    assert told
    send(officer, told[0], moment("told"))
    assert officer.get(page).text.count("<strong>not told</strong>") == 1


def test_what_is_wrong_is_said_at_its_field_and_nothing_is_recorded(officer: Browser) -> None:
    said = send(officer, "/wearers/new", {**NEW, "name": " ", "date_of_birth": "31/2/1990"}, 422)
    assert "There is a problem" in said
    assert 'href="#name"' in said
    assert "Enter the wearer&#39;s name" in said
    assert "as day, month and year" in said
    refused = send(officer, "/wearers/new", {**NEW, "agency": "probation-kent"}, 422)
    assert "own agency only" in refused
    assert "Demo Fir" not in officer.get("/wearers").text


def test_a_form_sent_twice_or_after_a_change_is_refused(officer: Browser) -> None:
    path = "/wearers/w_own/change"
    former = hidden(officer.get(path).text)
    fields = {**NEW, "name": "Demo Alder", "crn": "X000000", "notes": "first"}
    first = officer.post(path, data={**former, **fields}, follow_redirects=False)
    assert first.status_code == 303
    again = officer.post(path, data={**former, **fields, "notes": "second"})
    assert again.status_code == 422
    assert "Somebody changed this record" in again.text


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "Draw the zone on the map"),
        ({"shape": "{"}, "This outline cannot be used"),
        ({"shape": "[" * 5000}, "This outline cannot be used"),
        ({"shape": '{"type":"Point","coordinates":[0,51]}'}, "is not an area"),
        (
            {"shape": '{"type":"Polygon","coordinates":[[[51,0],[52,0],[52,1],[51,0]]]}'},
            "outside the United Kingdom",
        ),
        ({"lat": "51.5", "lon": "-0.1", "radius": "many"}, "The radius in metres must be"),
        ({"lat": "91", "lon": "-0.1", "radius": "100"}, "latitude"),
        (
            {"lat": "51.5", "lon": "-0.1", "radius": "300", "knowledge": "secret",
             "address_lat": "51.5002", "address_lon": "-0.1"},
            "m from the address it is to hide",
        ),
        ({"lat": "51.5", "lon": "-0.1", "radius": "300", "row-0-from_day": "Mo"}, "Row 1"),
    ],
)  # fmt: skip
def test_a_zone_that_cannot_be_used_is_refused(
    officer: Browser, fields: dict[str, str], words: str
) -> None:
    zone = {"order": "o_w_own", "label": "Z", "buffer": "0", "knowledge": "told"}
    said = send(
        officer, "/wearers/w_own/zones/new", {**zone, **moment("valid_from"), **fields}, 422
    )
    assert words in said


def test_rows_are_added_and_nights_shown_without_scripts(officer: Browser) -> None:
    path = "/wearers/w_own/curfews/new"
    row = {
        "row-0-from_day": "Sa",
        "row-0-from_time": "19:00",
        "row-0-until_day": "Su",
        "row-0-until_time": "07:00",
    }
    page = hidden(officer.get(path).text)
    more = officer.post(path, data={**page, **row, "more": "row"}).text
    assert 'name="row-2-from_day"' in more
    check = officer.post(path, data={**page, **row, "more": "check"}).text
    assert "The next 14 days" in check
    assert check.count('<td class="govuk-table__cell">12 h') in (2, 3)


def test_a_secret_zone_of_others_is_neither_shown_nor_changed(enter: Enter) -> None:
    browser = enter("operator")
    state = {"_csrf_token": token(browser.get("/purpose").text), "purpose": "alert_response"}
    browser.post("/purpose", data={**state, "next": "/"})
    shown = browser.get("/wearers/w_own").text
    assert "A secret zone" in shown
    assert "secret zone, version" not in shown
    assert "/zones/c_secret" not in shown
    assert browser.get("/zones/c_secret").status_code == 404
    assert browser.get("/conditions/c_secret/told").status_code == 404


def test_the_middle_of_a_shape_gives_an_address_away() -> None:
    from tagwatch.core.geometry import from_geojson

    shape = from_geojson(SQUARE)
    middle = centre(shape)
    assert abs(middle.lon_deg + 0.135) < 1e-4
    assert abs(area_m2(shape) / (0.01 * 111_320 * 0.622 * 0.006 * 111_260) - 1) < 0.01
    with pytest.raises(Revealing):
        refuse_revealing(shape, middle)
    refuse_revealing(shape, LonLat(lon_deg=-0.139, lat_deg=51.531))


def test_a_zone_begins_with_a_borough_without_scripts(officer: Browser) -> None:
    path = "/wearers/w_own/zones/new"
    form = officer.get(path).text
    assert '<option value="Boroughs: Camden">' in form
    fields = {**hidden(form), "label": "Out of Camden", "more": "place", "template_buffer": "100"}
    shown = officer.post(path, data={**fields, "template": "Boroughs: Camden"})
    assert shown.status_code == 200, shown.text
    assert "This zone: 2" in shown.text
    assert "MultiPolygon" in shown.text or "Polygon" in shown.text
    assert 'value="Out of Camden"' in shown.text
    wrong = officer.post(path, data={**fields, "template": "Boroughs: Atlantis"})
    assert (wrong.status_code, "Choose a place of the list" in wrong.text) == (422, True)


def test_an_order_is_varied_on_its_page(officer: Browser) -> None:
    page = officer.get("/orders/o_w_own").text
    assert 'value="licence"' in page
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))
    data = {
        **hidden,
        "reference": "CC/2",
        "legal_basis": "licence",
        "programme": "stalking",
        "kind": "police_bail",
        "mappa_level": "2",
        "mappa_category": "1",
        "unit": "Camden and Islington",
        "order_borough": "Brent",
        "varied": "reference",
        **moment("starts"),
    }
    wrong = officer.post("/orders/o_w_own", data=data)
    assert wrong.status_code == 422
    assert "does not go with the legal basis" in wrong.text
    data |= {"kind": "life"}
    wrong = officer.post("/orders/o_w_own", data=data)
    assert "does not cover Brent" in wrong.text
    data |= {"order_borough": "Camden"}
    assert officer.post("/orders/o_w_own", data=data, follow_redirects=False).status_code == 303
    shown = officer.get("/wearers/w_own").text
    for words in ("version 2", "Life sentence", "MAPPA category 1, level 2", "Camden and Isl"):
        assert words in shown
    send(officer, "/orders/o_w_own/told", moment("told"))
    assert "/orders/o_w_own/told" not in officer.get("/wearers/w_own").text


def test_the_week_of_a_zone_is_shown_before_it_is_drawn(officer: Browser) -> None:
    path = "/wearers/w_own/zones/new"
    row = {"from_day": "Mo", "from_time": "8:00", "until_day": "Mo", "until_time": "18:00"}
    rows = {f"row-0-{part}": value for part, value in row.items()}
    shown = officer.post(path, data={**hidden(officer.get(path).text), **rows, "more": "week"})
    assert shown.status_code == 200
    assert "08:00 to 18:00" in shown.text
    assert shown.text.count("10 h") == 2
