"""A case in a real browser: opened from an alert, refused, decided; nothing axe can find."""

import pytest
from playwright.sync_api import Page, expect


@pytest.mark.parametrize(("width", "scripts"), [(320, True), (1200, False)])
def test_a_case_from_alert_to_decision(visit, clean, width: int, scripts: bool) -> None:
    """Clean where scripts are on, which axe is; whole where they are off."""
    clean = clean if scripts else _fits
    page = visit("/alerts/al_w_own", name="officer", width=width, scripts=scripts)
    page.get_by_text("Open a case about it").click()
    page.get_by_label("What the case is about").fill("the third time this week")
    page.get_by_role("button", name="Open the case").click()
    expect(page.get_by_role("heading", name="the third time this week")).to_be_visible()
    clean(page)
    page.get_by_text("Decide", exact=True).click()
    page.get_by_label("Request recall").check()
    page.get_by_role("button", name="Record the decision").click()
    expect(page.locator(".govuk-error-summary")).to_contain_text("Say whether")
    clean(page)
    page.get_by_label("No action").check()
    page.get_by_label("Nobody disagreed").check()
    page.get_by_label("Why you decide so").fill("talked to him; a diverted bus")
    page.get_by_role("button", name="Record the decision").click()
    expect(page.locator("#d-1")).to_contain_text("No action")
    page.get_by_text("Attach a document").click()
    page.get_by_role("button", name="Attach").click()
    expect(page.locator(".govuk-error-summary")).to_contain_text("Choose a file")
    clean(page)
    letter = {"name": "letter.txt", "mimeType": "text/plain", "buffer": b"seen in the clinic"}
    page.get_by_label("A PDF, JPEG, PNG or plain text").set_input_files(letter)
    page.get_by_label("What it shows").fill("the clinic's letter")
    page.get_by_role("button", name="Attach").click()
    expect(page.get_by_role("link", name="the clinic's letter")).to_be_visible()
    clean(page)
    page.get_by_text("Write down what happened").click()
    page.get_by_label("What happened", exact=True).select_option("Reasonable excuse given")
    page.get_by_role("button", name="Write it down").click()
    expect(page.locator(".govuk-error-summary")).to_contain_text("Enter when it happened")
    clean(page)
    clean(visit("/cases", name="officer", width=width, scripts=scripts))


def _fits(page: Page) -> None:
    wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert wide <= 0
