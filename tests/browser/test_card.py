"""The circumstances card and what may be handed to the wearer, in a real browser."""

import os

import msgspec
import pytest
from playwright.sync_api import expect

from tagwatch.store import schema
from tests.core.test_circumstance import full_card
from tests.web import sample


@pytest.fixture
def carded(config):
    body = msgspec.json.encode(full_card()).decode()
    sample.put(config, (schema.circumstance, {"alert_id": "al_w_own", "version": 1, "body": body}))
    return config


@pytest.mark.parametrize("width", [320, 1200])
def test_the_most_telling_items_come_first_and_no_fault_is_found(
    carded, visit, clean, width: int
) -> None:
    page = visit("/alerts/al_w_own", name="officer", width=width)
    page.wait_for_selector("[data-map][data-drawn=yes]")
    section = page.locator("section[aria-labelledby=circumstances]")
    labels = section.locator("dl").first.locator("dt").all_inner_texts()
    assert labels[:4] == [
        "Why the finding is so",
        "What the fixes show",
        "Passing or staying",
        "How he moved",
    ]
    expect(section).to_contain_text("Others at this place")
    expect(section).to_contain_text("Many tags erring at once")
    top = section.bounding_box()
    drawn = page.locator("[data-map]").bounding_box()
    assert top
    assert drawn
    assert top["y"] < drawn["y"]
    clean(page)
    if folder := os.environ.get("SHOTS"):
        page.screenshot(path=f"{folder}/card-{width}.png", full_page=True)


def test_account_and_view_are_apart_and_the_view_is_not_handed_out(carded, visit, clean) -> None:
    page = visit("/alerts/al_w_own", name="officer")
    page.get_by_text("Write down the wearer's account").click()
    page.locator("#account").fill("I fell asleep on the bus.")
    page.get_by_role("button", name="Save account").click()
    expect(page.locator("body")).to_contain_text("The wearer's account is recorded.")
    page.get_by_text("Add your view").click()
    page.locator("#note").fill("The depot confirms the diversion.")
    page.get_by_role("button", name="Save view").click()
    boxes = page.locator(".tw-said > div")
    expect(boxes.nth(0)).to_contain_text("asleep on the bus")
    expect(boxes.nth(0)).not_to_contain_text("depot")
    expect(boxes.nth(1)).to_contain_text("depot confirms")
    page.get_by_role("link", name="What may be handed to the wearer").click()
    expect(page.locator("main")).to_contain_text("asleep on the bus")
    expect(page.locator("main")).not_to_contain_text("depot")
    clean(page)
    if folder := os.environ.get("SHOTS"):
        page.screenshot(path=f"{folder}/disclosable.png", full_page=True)
