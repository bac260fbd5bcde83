"""The trail page as it is used: played by the keyboard, rows and map marking each other."""

import numpy as np
from playwright.sync_api import Page, expect

from tagwatch.access.enrolment import now
from tagwatch.core.units import HOUR, MINUTE, Instant, iso
from tagwatch.store import schema
from tagwatch.store.trail import block_row, unpack
from tests.browser.conftest import Site, Visit, state_purpose
from tests.web import sample


def walked(site: Site) -> str:
    """Six hours with a gap of two in them; returns the address of the page."""
    block = np.repeat(unpack(sample.trail_row()["rows"])[:1], 240)
    minutes = np.arange(240)
    end = Instant(now() - HOUR)
    block["fixed_at"] = end - 360 * MINUTE + (minutes + np.where(minutes < 120, 0, 120)) * MINUTE
    block["received_at"] = block["fixed_at"] + MINUTE
    block["seq"], block["index"] = 8, minutes
    block["lon_deg"] += 0.0002 * np.maximum(0, minutes - 30)  # half an hour at rest, then a walk
    sample.put(site.config, (schema.trail_block, block_row(8, "w_own", "act_own", block)))
    start = Instant(end - 7 * HOUR)
    return f"/wearers/w_own/trail?start={iso(start)}&end={iso(end)}"


def marked(page: Page, number: int) -> None:
    """The map says so, and the row of the table if it is on this page of it."""
    expect(page.locator("[data-trail-page]")).to_have_attribute("data-fix", str(number))


def test_it_is_played_by_the_keyboard_and_rows_and_map_mark_each_other(
    visit: Visit, site: Site, clean
) -> None:
    path = walked(site)
    page = visit("/about", name="officer", width=1200)
    state_purpose(page, site.address)
    page.emulate_media(reduced_motion="reduce")
    page.goto(site.address + path)
    expect(page.locator("[data-trail-page][data-ready=yes]")).to_be_attached()
    expect(page.get_by_text("All 240 fixes that have a place are drawn.")).to_be_visible()
    clean(page)
    # The numbers of a rest lie on one place: they are said once.
    sheet = page.locator("[data-trail-page]")
    assert (sheet.get_attribute("data-gathered") or "").startswith("1–3")

    slider = page.get_by_role("slider", name="Time shown on the map")
    slider.focus()
    page.keyboard.press("Home")
    assert "no fix yet in this time" in (slider.get_attribute("aria-valuetext") or "")
    before = slider.input_value()
    page.keyboard.press("ArrowRight")
    assert int(slider.input_value()) > int(before)
    page.get_by_role("button", name="Next fix").press("Enter")
    marked(page, 1)
    page.get_by_role("button", name="Next fix").press("Enter")
    marked(page, 2)
    expect(page.locator("#fix-2")).to_have_attribute("aria-current", "true")

    page.locator("#fix-100").get_by_role("button").click()
    marked(page, 100)
    expect(page.locator("[data-said]")).to_contain_text("fix 100 of")
    page.locator(".tw-line--gap", has_text="for 2 h").get_by_role("button").click()
    marked(page, 120)
    expect(page.locator("[data-said]")).to_contain_text("In a gap: where he was is not known.")
    link = page.get_by_role("link", name="Fix 120 in the table")
    link.click()
    expect(page.locator("#fix-120")).to_have_attribute("aria-current", "true")
    expect(page.locator("[data-trail-page][data-ready=yes]")).to_be_attached()
    marked(page, 120)

    play = page.get_by_role("button", name="Play")
    play.press("Enter")
    was = slider.input_value()
    page.wait_for_function("was => document.querySelector('#play-at').value !== was", arg=was)
    page.get_by_role("button", name="Pause").press("Enter")
    expect(play).to_be_visible()
