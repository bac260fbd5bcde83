"""Release day, as an officer works it: the order comes in, its places are drawn and rehearsed, the
tag is fitted, and the first night at home raises nothing."""

import json
from datetime import datetime, timedelta
from hashlib import sha256

import msgspec
from playwright.sync_api import Page, expect

from tagwatch.access.enrolment import now
from tagwatch.core.geometry import LonLat
from tagwatch.core.person import Activation
from tagwatch.core.recorded_frame import FrameReceived
from tagwatch.core.timetable import Edge, Weekday, from_london, london
from tagwatch.core.units import HOUR, MINUTE, SECOND, Instant
from tests.browser.test_register import draw_outline
from tests.query.test_rehearsal import batch
from tests.walk.timeline import fix, metres_from

WEARERS = "ref,name,programme,borough,agency,crn,officer\n"
ROWAN = "N-7,Demo Rowan,stalking,Camden,probation-london,X700007,officer\n"
DOOR = LonLat(lon_deg=-0.1950, lat_deg=51.6030)


def order(from_london_time: datetime) -> bytes:
    """Tonight's order in the Ministry's form: a curfew of ten hours, a place to keep away from."""
    until = from_london_time + timedelta(hours=10)
    day = list(Weekday)[from_london_time.weekday()]
    hours = {"day": day, "start": f"{from_london_time:%H:%M:%S}", "end": f"{until:%H:%M:%S}"}
    said = {
        "case_id": "CEMO-7",
        "condition_type": "License Condition of a Custodial Order",
        "order_start": f"{london(now()) - timedelta(hours=1):%Y-%m-%d %H:%M:%S}",
        "curfew_duration": [{"location": "primary", "schedule": [hours]}],
        "exclusion_zones": [{"description": "Her street and the park", "duration": "always"}],
    }
    person = {"delius_id": "X700007", "address_1": "1 Demo Road", "address_post_code": "ZZ1 1ZZ"}
    return json.dumps({"device_wearer": person, "monitoring_order": said}).encode()


def bring_in(page: Page, site, name: str, content: bytes, shows: str) -> None:
    page.goto(f"{site.address}/import")
    page.set_input_files("#file", {"name": name, "mimeType": "text/plain", "buffer": content})
    page.get_by_role("button", name="Show what it would record").click()
    expect(page.locator("main")).to_contain_text(shows)
    page.get_by_role("button", name="Record all of it").click()
    expect(page.locator("main")).to_contain_text("Saved.")


def told_now(page: Page) -> None:
    at = london(now())
    for part, value in (("day", at.day), ("month", at.month), ("year", at.year)):
        page.locator(f"#told-{part}").fill(str(value))
    page.locator("#told-time").fill(f"{at:%H:%M}")


def draw(page: Page, site, words: str) -> None:
    page.goto(f"{site.address}/to-draw")
    row = page.get_by_role("listitem").filter(has_text=words)
    row.get_by_role("link", name="Draw it").click()
    expect(page.locator("#need-words")).to_contain_text(words)


def heard(centre, worn: Activation, place: LonLat, at: Instant) -> None:
    """Let his tag report a fix, and a tick pass."""
    body = msgspec.json.encode({"fixes": [fix(place, at)], "events": []})
    frame = FrameReceived(
        protocol="tagwatch",
        body=body,
        content_type="application/json",
        tag_id=worn.tag_id,
        activation_id=worn.activation_id,
        wearer_id=worn.wearer_id,
        frame_sha256=sha256(body).digest(),
    )
    centre.record(frame, at=Instant(at + SECOND))
    centre.apply()
    centre.tick(Instant(at + 2 * SECOND))
    centre.apply()


def test_release_day_from_the_order_to_a_quiet_first_night(
    visit, clean, site, centre, config
) -> None:
    evening = (london(Instant(now() + HOUR)) + timedelta(minutes=30)).replace(
        minute=0, second=0, microsecond=0, tzinfo=None
    )
    curfew = from_london(evening, Edge.FROM)
    page = visit("/purpose?next=/about", name="officer")
    page.locator(".govuk-radios__label").first.click()
    page.get_by_role("button", name="Continue").click()

    bring_in(page, site, "released.csv", (WEARERS + ROWAN).encode(), "Demo Rowan")
    bring_in(page, site, "order.json", order(evening), "2 places in words only")

    draw(page, site, "1 Demo Road")
    page.get_by_label("What the place is called").fill("Home")
    page.get_by_label("Latitude", exact=True).fill(str(DOOR.lat_deg))
    page.get_by_label("Longitude", exact=True).fill(str(DOOR.lon_deg))
    told_now(page)
    page.get_by_role("button", name="Save the curfew").click()
    expect(page.get_by_role("heading", name="Home")).to_be_visible()

    draw(page, site, "Her street and the park")
    draw_outline(page)
    page.get_by_label("What the zone is called").fill("Zone of release day")
    page.get_by_label("Told: he knows it").check()
    told_now(page)
    with batch(config):
        page.get_by_role("button", name="Rehearse").click()
        expect(page.locator("main")).to_contain_text("There is no fix of the last 28 days")
    expect(page.locator("#need-words")).to_be_visible()
    clean(page)
    page.get_by_role("button", name="Save the zone").click()
    expect(page.get_by_role("heading", name="Zone of release day")).to_be_visible()
    wearer = page.url.split("?")[0]
    page.goto(f"{site.address}/to-draw")
    expect(page.locator("main")).to_contain_text("Every place of every order in your scope")
    expect(page.locator("main")).to_contain_text("drawn, ")

    page.goto(f"{site.address}/tags/new")
    page.get_by_label("Serial number").fill("TW-7007")
    page.get_by_label("Model").fill("phone")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="TW-7007")).to_be_visible()
    tag = page.url.split("?")[0].rsplit("/", 1)[1]
    page.goto(f"{wearer}/fit")
    page.get_by_label("Tag", exact=True).select_option(tag)
    page.get_by_role("button", name="Record that it is fitted").click()
    expect(page.locator("main")).to_contain_text("TW-7007")

    (worn,) = centre.line.state.register.activations_of(wearer.rsplit("/", 1)[1])
    for at in range(now() + MINUTE, curfew - 6 * MINUTE, 5 * MINUTE):
        heard(centre, worn, metres_from(DOOR, 900, 0), Instant(at))
    for minutes in (-5, -1, 1, 6, 11, 16):
        inside = metres_from(DOOR, 12, -9)
        heard(centre, worn, inside, Instant(curfew + minutes * MINUTE))
    desk = visit("/alerts")
    expect(desk.locator("tr.tw-alert", has_text="Demo Alder").first).to_be_visible()
    expect(desk.locator("tr.tw-alert", has_text="Demo Rowan")).to_have_count(0)

    for minutes in (20, 22, 24, 26, 28, 30):
        away = metres_from(DOOR, 2_000, 2_000)
        heard(centre, worn, away, Instant(curfew + minutes * MINUTE))
    expect(desk.locator("tr.tw-alert", has_text="Demo Rowan").first).to_be_visible()
