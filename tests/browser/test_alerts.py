"""Open alerts and the alert page in a real browser: live, accessible, small, by keyboard alone."""

import pytest
from playwright.sync_api import expect

from tagwatch.core.outcome import AlertState
from tests.web.test_stream import happen

WIDTHS = (320, 1200)


@pytest.mark.parametrize("width", WIDTHS)
def test_sign_in_alerts_and_alert_have_no_fault_axe_can_find(visit, clean, width: int) -> None:
    clean(visit("/sign-in", name=None, width=width))
    clean(visit("/purpose", width=width))
    clean(visit("/alerts", width=width))
    page = visit("/alerts/al_w_own", name="officer", width=width)
    page.wait_for_selector("[data-map][data-drawn=yes]")
    clean(page)


def test_a_new_alert_appears_at_once_and_a_closed_one_goes(visit, site) -> None:
    page = visit("/alerts", name="officer")
    expect(page.locator("[data-live]")).to_be_attached()
    page.wait_for_timeout(500)
    expect(page.locator("tr.tw-alert")).to_have_count(3)
    happen(site.config, "w_own", alert_id="al_new")
    row = page.locator("#al_new")
    expect(row).to_be_visible()
    expect(page.locator("[data-count]")).to_have_text("4")
    expect(page.locator("[data-announce]")).to_contain_text("New alert: Exclusion zone entered")
    happen(site.config, "w_own", "closed", alert_id="al_new", state=AlertState.CLOSED)
    expect(row).to_have_count(0)


def test_two_pages_share_one_stream(visit, site) -> None:
    hub = site_hub(site)
    first = visit("/alerts", name="officer")
    second = visit("/alerts", name="officer")
    first.wait_for_timeout(500)
    assert hub.open_streams == 1
    happen(site.config, "w_team")
    for page in (first, second):
        expect(page.locator("#al_w_team")).to_be_visible()
    first.close()
    second.wait_for_timeout(300)
    happen(site.config, "w_own", alert_id="al_later")
    expect(second.locator("#al_later")).to_be_visible()


def site_hub(site):
    return site._server.config.app.state.hub


def test_signing_out_elsewhere_is_said_loudly(visit, site) -> None:
    page = visit("/alerts", name="officer")
    page.wait_for_timeout(500)
    accounts = site._server.config.app.state.foundation.sign_in.accounts
    accounts.end_sessions("ac_officer")
    happen(site.config, "w_own")
    banner = page.locator("[data-stale]")
    expect(banner).to_be_visible()
    expect(banner).to_contain_text("You are signed out.")


def test_silence_of_the_centre_is_said_loudly(visit, site) -> None:
    page = visit("/alerts", name="officer")
    page.wait_for_timeout(300)
    page.clock.install()
    page.reload()
    # No receiver runs here: the first heartbeat says so. The next comes in ten real seconds.
    expect(page.locator("[data-stale]")).to_contain_text("receiver does not answer")
    page.clock.run_for(40_000)
    banner = page.locator("[data-stale]")
    expect(banner).to_be_visible()
    expect(banner).to_contain_text("Nothing heard from the centre")


def test_the_list_and_the_alert_are_whole_without_scripts(visit) -> None:
    page = visit("/alerts", name="officer", scripts=False)
    expect(page.locator("tr.tw-alert")).to_have_count(3)
    expect(page.get_by_role("link", name="Refresh")).to_be_visible()
    page.get_by_role("link", name="Demo Alder").click()
    page.get_by_role("button", name="Acknowledge").click()
    expect(page.locator("body")).to_contain_text("You have taken this alert on.")
    page.get_by_label("Technical cause").check()
    page.get_by_label("The tag reported a fault.").check()
    page.get_by_role("button", name="Close alert").click()
    expect(page.locator("body")).to_contain_text("The alert is closed.")


def test_an_alert_is_found_acknowledged_and_closed_by_keyboard_alone(visit) -> None:
    page = visit("/alerts", name="officer")

    def reach(what: str) -> None:
        for _ in range(60):
            page.keyboard.press("Tab")
            focused = page.evaluate("document.activeElement.textContent.trim()")
            if what in focused[:120]:
                return
        raise AssertionError(f"{what} is not reached by Tab")

    reach("Demo Alder")
    page.keyboard.press("Enter")
    page.wait_for_url("**/alerts/al_w_own")
    reach("Acknowledge")
    page.keyboard.press("Enter")
    expect(page.locator("body")).to_contain_text("You have taken this alert on.")
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.name") == "disposition":
            break
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.type("he was inside for an hour")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("body")).to_contain_text("The alert is closed.")


def test_an_open_page_says_that_its_alert_changed(visit, site) -> None:
    page = visit("/alerts/al_w_own", name="officer")
    page.wait_for_timeout(500)
    happen(site.config, "w_own", "confirmed")
    expect(page.locator("[data-changed]")).to_be_visible()
