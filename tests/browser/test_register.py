"""A wearer entered by hand and a phone connected, used as officers do; then he walks in."""

import base64
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import unquote

import pytest
from playwright.sync_api import Browser, Page, expect

from tagwatch.access.enrolment import demonstration_link
from tagwatch.core.ids import AccountId
from tests.browser.conftest import Site, state_purpose
from tests.browser.phone import (
    Spot,
    send_as_osmand,
    send_as_owntracks,
    send_as_traccar_client,
)

WIDE = (
    ("officer", "/wearers"),
    ("officer", "/wearers/w_own?hours=72"),
    ("officer", "/wearers/new"),
    ("officer", "/wearers/w_own/orders/new"),
    ("officer", "/wearers/w_own/persons/new"),
    ("officer", "/wearers/w_own/zones/new"),
    ("officer", "/wearers/w_own/curfews/new"),
    ("officer", "/wearers/w_own/no-contact/new"),
    ("officer", "/zone-drafts"),
    ("officer", "/import"),
    ("officer", "/to-draw"),
    ("administrator", "/settings"),
    ("administrator", "/audit?check=1"),
    ("administrator", "/health"),
)
"""Pages whose layout differs where there is room; test_every_page.py looks at all narrow."""


@pytest.fixture(scope="module")
def page(real: Site, chromium: Browser) -> Iterator[Page]:
    """A browser in which the officer is signed in and has said why."""
    context = chromium.new_context(viewport={"width": 1200, "height": 1000})
    context.set_default_timeout(20_000)
    found = context.new_page()
    found.goto(demonstration_link(real.config, AccountId("ac_officer"), real.address))
    state_purpose(found, real.address)
    yield found
    context.close()


@pytest.mark.parametrize("name", ["officer", "administrator"])
def test_no_wide_page_has_a_fault_axe_can_find(real, chromium, clean, name: str) -> None:
    context = chromium.new_context(viewport={"width": 1200, "height": 900})
    found = context.new_page()
    found.goto(demonstration_link(real.config, AccountId(f"ac_{name}"), real.address))
    state_purpose(found, real.address)
    for who, path in WIDE:
        if who == name:
            answer = found.goto(real.address + path)
            assert answer is not None
            assert answer.status == 200, path
            clean(found)
    context.close()


def test_a_wearer_is_entered_a_phone_connected_and_the_alert_appears(page: Page, real) -> None:
    page.goto(f"{real.address}/wearers/new")
    page.get_by_label("Full name").fill("Demo Hazel")
    page.get_by_label("Stalking").check()
    page.get_by_label("Borough he lives in").fill("Camden")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Demo Hazel")).to_be_visible()
    wearer = page.url.split("?")[0]

    page.get_by_role("link", name="Enter an order").click()
    page.get_by_label("Reference of the court").fill("CC/2026/1")
    page.get_by_label("Licence", exact=True).check()
    page.get_by_role("button", name="Save").click()

    page.get_by_role("link", name="Enter an exclusion zone").click()
    corners = draw_outline(page)
    page.get_by_label("What the zone is called").fill("Zone by hand")
    page.get_by_label("Told: he knows it").check()
    page.get_by_role("button", name="Save the zone").click()
    expect(page.get_by_role("heading", name="Zone by hand")).to_be_visible()

    serial = "PHONE-1"
    page.goto(f"{real.address}/tags/new")
    page.get_by_label("Serial number").fill(serial)
    page.get_by_label("Model").fill("phone")
    page.get_by_role("button", name="Save").click()
    tag = page.url.split("?")[0]
    page.goto(f"{wearer}/fit")
    page.get_by_label("Tag", exact=True).select_option(tag.rsplit("/", 1)[1])
    page.get_by_role("button", name="Record that it is fitted").click()

    page.goto(tag)
    secret = phone_code(page, "Traccar Client", r"id=([0-9a-f]{32})")

    page.goto(f"{real.address}/alerts")
    page.wait_for_timeout(500)
    lon = sum(x for x, _ in corners) / len(corners)
    lat = sum(y for _, y in corners) / len(corners)
    at = datetime.now(UTC)
    for seconds in (80, 40, 0):
        send_as_traccar_client(real, secret, Spot(lon, lat, at - timedelta(seconds=seconds)))
    row = page.locator("tr.tw-alert", has_text="Exclusion zone entered: Demo Hazel")
    expect(row).to_be_visible(timeout=30_000)
    page.goto(tag)
    expect(page.get_by_text("First fix received")).to_be_visible()
    page.goto(wearer)
    expect(page.locator("[data-trail][data-ready=yes]")).to_be_attached()
    expect(page.get_by_role("cell", name="1", exact=True).first).to_be_visible()


def draw_outline(page: Page) -> list[list[float]]:
    """Draw a four-cornered zone with the pointer; returns its corners."""
    expect(page.locator("[data-draw][data-ready=yes]")).to_be_visible()
    page.get_by_role("button", name="Draw an outline").click()
    page.locator(".tw-map").scroll_into_view_if_needed()
    box = page.locator(".tw-map").bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    for dx, dy in ((-30, -30), (30, -30), (30, 30)):
        page.mouse.click(x + dx, y + dy)
        page.wait_for_timeout(320)
    page.mouse.dblclick(x - 30, y + 30)
    expect(page.locator("[data-status]")).to_contain_text("Outline drawn")
    outline = json.loads(page.locator("#shape").input_value())
    assert outline["type"] == "Polygon"
    return outline["coordinates"][0][:-1]


def click_round(page: Page, at: tuple[float, float], half: float) -> None:
    """Draw a square about a place of the map with the tool in hand."""
    box = page.locator(".tw-map").bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2 + at[0], box["y"] + box["height"] / 2 + at[1]
    for dx, dy in ((-half, -half), (half, -half), (half, half)):
        page.mouse.click(x + dx, y + dy)
        page.wait_for_timeout(320)  # two clicks at once would end the outline
    page.mouse.dblclick(x - half, y + half)


def test_holes_are_cut_parts_added_and_corners_moved_on_the_map(page: Page, real) -> None:
    page.goto(f"{real.address}/wearers/w_own/zones/new")
    draw_outline(page)
    status = page.locator("[data-status]")
    page.get_by_role("button", name="Cut out a hole").click()
    click_round(page, (90, 0), 10)
    expect(status).to_contain_text("must lie within one part")
    page.get_by_role("button", name="Cut out a hole").click()
    click_round(page, (0, 0), 10)
    expect(status).to_contain_text("holes: 1")
    page.get_by_role("button", name="Add a part").click()
    click_round(page, (90, 0), 20)
    expect(status).to_contain_text("2 parts, holes: 1")
    before = page.locator("#shape").input_value()
    assert [len(rings) for rings in json.loads(before)["coordinates"]] == [2, 1]
    page.get_by_role("button", name="Move corners").click()
    box = page.locator(".tw-map").bounding_box()
    assert box
    corner = (box["x"] + box["width"] / 2 + 110, box["y"] + box["height"] / 2 - 20)
    page.mouse.move(*corner)
    page.mouse.down()
    page.mouse.move(corner[0] + 15, corner[1] - 15, steps=5)
    page.mouse.up()
    expect(page.locator("#shape")).not_to_have_value(before)
    page.get_by_label("What the zone is called").fill("With a hole and two parts")
    page.get_by_label("Told: he knows it").check()
    page.get_by_role("button", name="Save the zone").click()
    expect(page.get_by_role("heading", name="With a hole and two parts")).to_be_visible()
    page.goto(f"{real.address}/wearers/w_own/curfews/new")
    expect(page.locator("[data-draw][data-ready=yes]")).to_be_visible()
    page.get_by_role("button", name="Draw an area").click()
    page.locator(".tw-map").scroll_into_view_if_needed()
    click_round(page, (0, 0), 40)
    expect(page.locator("[data-status]")).to_contain_text("Outline drawn")
    expect(page.locator("#lat")).to_have_value(re.compile(r"51\.\d+"))
    assert json.loads(page.locator("#shape").input_value())["type"] == "Polygon"


OUTLINE = {
    "type": "Polygon",
    "coordinates": [
        [[-0.2, 51.6], [-0.19, 51.6], [-0.19, 51.606], [-0.2, 51.606], [-0.2, 51.6]],
    ],
}


def test_a_zone_pasted_by_keyboard_is_walked_into_with_owntracks(page: Page, real) -> None:
    """The zone without a pointer; then two apps of one phone, first outside, then inside."""
    page.goto(f"{real.address}/wearers/w_own/zones/new")
    expect(page.locator("[data-draw][data-ready=yes]")).to_be_visible()
    keys = page.keyboard
    page.get_by_label("What the zone is called").focus()
    keys.type("Zone by keyboard")
    page.locator("[data-typed] summary").focus()
    keys.press("Enter")
    page.get_by_label("Outline as GeoJSON").focus()
    keys.insert_text(json.dumps(OUTLINE))
    page.get_by_label("Told: he knows it").focus()
    keys.press("Space")
    page.get_by_label("Why it is entered or changed").focus()
    keys.press("Enter")
    expect(page.get_by_role("heading", name="Zone by keyboard")).to_be_visible()
    tag = page.get_by_role("link", name=re.compile("^[A-Z0-9-]+$")).first
    tag.click()
    old = phone_code(page, "Traccar Client", r"id=([0-9a-f]{32})")
    page.get_by_role("link", name="Done").click()
    configuration = json.loads(
        base64.b64decode(unquote(phone_code(page, "OwnTracks", "inline=(.*)")))
    )

    page.goto(f"{real.address}/alerts")
    expect(page.locator("[data-live]")).to_be_visible()
    at = datetime.now(UTC)
    send_as_osmand(real, old, Spot(-0.21, 51.603, at - timedelta(seconds=90)))
    user, password = configuration["username"], configuration["password"]
    send_as_owntracks(real, user, password, Spot(-0.195, 51.603, at))
    row = page.locator("tr.tw-alert", has_text="Exclusion zone entered: Demo Alder")
    row = row.filter(has_text="had not been told")
    expect(row).to_be_visible(timeout=20_000)
    expect(row).to_contain_text("Possible")
    row.get_by_role("link").click()
    expect(page.locator("[data-map][data-drawn=yes]")).to_be_attached()
    expect(page.get_by_text("is not held against him").first).to_be_visible()


def phone_code(page: Page, app: str, pattern: str) -> str:
    """Issue a code for `app` on the tag's page; returns what `pattern` finds in its link."""
    page.get_by_label(app).check()
    page.get_by_role("button", name="Issue a code").click()
    expect(page.get_by_alt_text("Code with the settings")).to_be_visible()
    found = re.search(pattern, page.locator("[data-link]").text_content() or "")
    assert found
    return found[1]


def test_a_curfew_is_entered_by_keyboard_alone(page: Page, real, clean) -> None:
    page.goto(f"{real.address}/wearers/w_own/curfews/new")
    page.get_by_label("What the place is called").focus()
    keys = page.keyboard
    keys.type("Home by keyboard")
    page.get_by_label("Latitude", exact=True).focus()
    keys.type("51.55")
    keys.press("Tab")
    keys.type("-0.12")
    page.locator("#row-0-from_day").focus()
    for text in ("Fri", "19:00", "Sat", "07:00"):
        keys.type(text)
        keys.press("Tab")
    page.get_by_label("Grace in minutes").focus()
    keys.press("Enter")
    expect(page.get_by_role("heading", name="Home by keyboard")).to_be_visible()
    page.locator("a[href^='/curfews/']").first.click()
    page.get_by_role("button", name="Show the next 14 nights").click()
    expect(page.get_by_text("The next 14 days")).to_be_visible()
    clean(page)


def test_the_wearer_page_and_forms_are_whole_without_scripts(real, chromium) -> None:
    context = chromium.new_context(java_script_enabled=False)
    found = context.new_page()
    found.goto(demonstration_link(real.config, AccountId("ac_officer"), real.address))
    state_purpose(found, real.address)
    found.goto(f"{real.address}/wearers/w_own/zones/new")
    found.get_by_label("What the zone is called").fill("Without scripts")
    found.get_by_label("Centre, latitude").fill("51.5")
    found.get_by_label("Centre, longitude").fill("-0.1")
    found.get_by_label("Radius in metres").fill("300")
    found.get_by_role("button", name="Check the size").click()
    expect(found.get_by_text("This zone: 0.283 km²")).to_be_visible()
    found.get_by_label("Secret: named people").check()
    found.get_by_role("button", name="Save the zone").click()
    expect(found.get_by_role("heading", name="Without scripts")).to_be_visible()
    context.close()
