"""A case in a real browser: opened from an alert, refused, decided; nothing axe can find."""

import pytest
from playwright.sync_api import expect

from tests.browser.test_alerts import WIDTHS


@pytest.mark.parametrize("width", WIDTHS)
def test_a_case_from_alert_to_decision_is_clean(visit, clean, width: int) -> None:
    page = visit("/alerts/al_w_own", name="officer", width=width)
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
    clean(visit("/cases", name="officer", width=width))
