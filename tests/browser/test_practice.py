"""The practitioner's work in a real browser: leave handed over, also without scripts."""

import pytest
from playwright.sync_api import Page, expect

from tagwatch.access.enrolment import now
from tagwatch.core.units import DAY, MINUTE, Instant
from tagwatch.web.form import moment_values
from tests.browser.conftest import state_purpose


def fill_moment(page: Page, name: str, at: int) -> None:
    for field, value in moment_values(name, Instant(at)).items():
        page.locator(f"[name={field}]").fill(value)


@pytest.mark.parametrize(("width", "scripts"), [(1200, True), (320, False)])
def test_leave_is_handed_over_and_ends(visit, site, clean, width: int, scripts: bool) -> None:
    officer = visit("/leave/new", "officer", width, scripts)
    fill_moment(officer, "starts", now() - MINUTE)
    fill_moment(officer, "ends", now() + 7 * DAY)
    officer.get_by_role("button", name="Record and hand over").click()
    expect(officer.locator(".govuk-error-summary")).to_contain_text("without a deputy nobody")
    officer.get_by_label("Who covers").select_option("Demo Colleague")
    officer.get_by_role("button", name="Record and hand over").click()
    expect(officer.get_by_role("heading", name="Hand-over to Demo Colleague")).to_be_visible()
    dogwood = officer.get_by_role("article", name="Demo Dogwood")
    dogwood.get_by_text("Write a note").click()
    dogwood.get_by_label("What Demo Colleague must know").fill("ring his sponsor on Thursdays")
    dogwood.get_by_role("button", name="Hand over").click()
    expect(officer.locator(".tw-quote")).to_contain_text("Thursdays")

    deputy = visit("/about", "colleague", width, scripts)
    state_purpose(deputy, site.address)
    deputy.goto(f"{site.address}/leave")
    deputy.locator("#covers ~ ul a").first.click()
    expect(deputy.get_by_role("heading", name="Hand-over from Demo Officer")).to_be_visible()
    deputy.get_by_role("link", name="Demo Dogwood").click()
    expect(deputy.locator(".tw-quote")).to_contain_text("Thursdays")
    if scripts:
        clean(officer)
        clean(deputy)

    officer.get_by_role("button", name="End it now").click()
    expect(officer.locator("#own ~ ul")).to_contain_text("ended early")
    deputy.goto(f"{site.address}/leave")
    expect(deputy.locator("#covers ~ ul")).to_contain_text("you have none of it any more")
