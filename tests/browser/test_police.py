"""The police response page on a phone: 320 px, with and without scripts, light in bytes."""

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Visit

MOST_BYTES = 60_000


@pytest.mark.parametrize("scripts", [True, False])
def test_from_the_alert_to_a_report_on_the_phone(
    visit: Visit, site, clean, chromium: Browser, scripts: bool
) -> None:
    desk = visit("/alerts/al_w_own", "officer", 1200, scripts)
    desk.get_by_label("Officer's name or number").fill("PC 1234 Demo")
    desk.get_by_label("Force").fill("MPS")
    desk.get_by_role("button", name="Make a link").click()
    expect(desk.get_by_role("heading", name="Code, by telephone")).to_be_visible()
    if scripts:
        clean(desk)
    link, code = desk.locator("#link code").inner_text(), desk.locator("#code").inner_text()
    context = chromium.new_context(
        viewport={"width": 320, "height": 640}, java_script_enabled=scripts
    )
    page = context.new_page()
    loaded: list[int] = []
    page.on("response", lambda answer: loaded.append(len(answer.body())))
    page.goto(f"{site.address}/p/enter/{link.rsplit('/', 1)[1]}")
    if scripts:
        clean(page)
    page.get_by_label("The six digits").fill("000 000" if code != "000 000" else "111 111")
    page.get_by_role("button", name="Open").click()
    expect(page.get_by_role("alert")).to_contain_text("4 tries left")
    if scripts:
        clean(page)
    page.get_by_label("The six digits").fill(code)
    loaded.clear()
    page.get_by_role("button", name="Open").click()
    expect(page.get_by_role("heading", name="Exclusion zone entered")).to_be_visible()
    _fits(page)
    assert page.locator("script").count() == 0
    page.reload()
    assert sum(loaded) < MOST_BYTES
    if scripts:
        clean(page)
    page.get_by_text("Stop that").click()
    for name in ("Seen", "Arrested", "No trace"):
        box = page.get_by_role("button", name=name).bounding_box()
        assert box
        assert box["height"] >= 44
        assert box["y"] + box["height"] <= 640
    page.get_by_role("button", name="Seen").click()
    expect(page.get_by_role("status")).to_have_text("Your report is recorded.")
    expect(page.get_by_text("PC 1234 Demo, MPS (by link)")).to_be_visible()
    if scripts:
        clean(page)
    context.close()
    desk.goto(f"{site.address}/alerts/al_w_own")
    expect(desk.get_by_text("Police report: seen")).to_be_visible()
    if scripts:
        clean(desk)
    desk.get_by_role("button", name="Take back").click()
    expect(desk.get_by_text("the page on that phone has stopped")).to_be_visible()


def _fits(page: Page) -> None:
    wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert wide <= 0
