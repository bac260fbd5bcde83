"""A risk management plan is written, read and reviewed in a browser."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit, state_purpose


def write(page: Page) -> None:
    page.get_by_label("Or in words, row 2").fill("any future partner")
    page.get_by_label("Contingency").fill(
        "If he comes near at night, ring the night desk\nThen her"
    )
    page.get_by_label("Warnings").fill("may carry a knife")
    page.get_by_label("Contacts").fill("Night desk, 020 7946 0000")
    page.get_by_label("Triggers").fill("the court date")
    page.get_by_role("button", name="Save the plan").last.click()


@pytest.mark.parametrize(("width", "scripts"), [(1200, True), (320, False)])
def test_a_plan_from_the_wearer_to_the_alert(visit: Visit, site, clean, width, scripts) -> None:
    page = visit("/about", "officer", width, scripts)
    state_purpose(page, site.address)
    page.goto(f"{site.address}/wearers/w_own")
    expect(page.get_by_text("nobody has written down what to do")).to_be_visible()
    page.get_by_role("link", name="Write the plan").click()
    if scripts:
        clean(page)
    write(page)
    expect(page.get_by_role("heading", name="Risk management plan")).to_be_visible()
    if scripts:
        clean(page)
    page.get_by_label("How you see the risk today").fill("calmer this week")
    page.get_by_role("button", name="Save note").click()
    expect(page.get_by_text("calmer this week")).to_be_visible()
    page.goto(f"{site.address}/alerts/al_w_own")
    expect(page.get_by_text("If he comes near at night")).to_be_visible()
    wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert wide <= 0
    if scripts:
        clean(page)


def test_narrow_pages_are_clean_and_errors_lead_to_their_fields(visit: Visit, site, clean) -> None:
    page = visit("/about", "officer", 320)
    state_purpose(page, site.address)
    page.goto(f"{site.address}/wearers/w_own/plan/change")
    clean(page)
    page.get_by_label("Review by").fill("soon")
    write(page)
    summary = page.locator(".govuk-error-summary")
    expect(summary).to_contain_text("Enter a day as day, month and year")
    clean(page)
    summary.get_by_role("link").first.click()
    expect(page.get_by_label("Review by")).to_be_focused()
