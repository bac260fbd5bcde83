"""The night desk in a real browser: from alert to close in a few keys, claims, groups, outages."""

import pytest
from playwright.sync_api import expect

from tagwatch.core.alert import AlertKind
from tagwatch.core.outcome import AlertState, Severity
from tests.browser.test_alerts import WIDTHS
from tests.web import sample
from tests.web.test_stream import happen


def test_from_the_list_to_a_closed_alert_in_under_ten_keys(visit) -> None:
    page = visit("/alerts", name="officer")
    page.get_by_label("Single keys on this computer").check()
    page.evaluate("document.activeElement.blur()")
    pressed = 0

    def press(key: str) -> None:
        nonlocal pressed
        pressed += 1
        page.wait_for_selector("[data-keys-ready=yes]")  # a script of each page
        page.keyboard.press(key)

    press("j")
    press("Enter")
    page.wait_for_url("**/alerts/al_w_own")
    press("a")
    expect(page.locator("body")).to_contain_text("You have taken this alert on.")
    press("x")
    press("3")  # a technical cause
    press("2")  # the tag reported a fault
    press("Enter")
    expect(page.locator("body")).to_contain_text("The alert is closed.")
    expect(page.locator("body")).to_contain_text("The tag reported a fault.")
    assert pressed < 10


def test_single_keys_do_nothing_until_they_are_switched_on_nor_while_typing(visit) -> None:
    page = visit("/alerts/al_w_own", name="officer")
    page.keyboard.press("a")
    expect(page.get_by_role("button", name="Acknowledge")).to_be_visible()
    page.evaluate("localStorage.setItem('tagwatch-keys', 'on')")
    page.reload()
    page.get_by_text("Add your view").click()
    page.get_by_label("Your view: what you found out").press_sequentially("axe")
    expect(page.get_by_role("button", name="Acknowledge")).to_be_visible()


@pytest.mark.parametrize("width", WIDTHS)
def test_what_is_in_hand_put_aside_or_a_drill_is_clean(visit, clean, site, width: int) -> None:
    drill = sample.alert(
        None, "al_drill", kind=AlertKind.DRILL, sentence="DRILL, nothing happened."
    )
    sample.put(site.config, (sample.schema.alert, sample.alert_row(drill)))
    mine = visit("/alerts/al_w_own", name="officer", width=width)
    mine.get_by_role("button", name="Acknowledge").click()
    expect(mine.locator("[data-hold]")).to_contain_text("You have this wearer in hand until")
    clean(mine)
    mine.get_by_text("Put aside until").click()
    mine.get_by_label("What you wait for").fill("he rings back")
    clean(mine)
    mine.get_by_role("button", name="Put aside").click()
    mine.get_by_text("Write down a call").click()
    mine.get_by_role("button", name="Save call").click()
    expect(mine.locator(".govuk-error-summary")).to_contain_text("Choose who was rung")
    clean(mine)
    other = visit("/alerts/al_w_own", name="operator", width=width)
    expect(other.locator("body")).to_contain_text("Demo Officer has this wearer in hand.")
    clean(other)
    clean(visit("/alerts/al_drill", width=width))
    listed = visit("/alerts", width=width)
    expect(listed.locator("#al_w_own")).to_contain_text("In hand: Demo Officer")
    expect(listed.locator("#al_w_own")).to_contain_text("he rings back")
    clean(listed)


def test_his_alerts_stand_together_and_what_comes_joins_them(visit, site) -> None:
    page = visit("/alerts", name="operator")
    page.wait_for_timeout(500)
    happen(site.config, "w_team", alert_id="al_flat", severity=Severity.ROUTINE)
    row = page.locator("#al_flat")
    expect(row).to_be_visible()
    expect(row).to_have_class(
        "govuk-table__row tw-alert tw-alert--routine tw-alert--follows tw-alert--new"
    )
    before = row.locator("xpath=preceding-sibling::tr[1]")
    expect(before).to_have_id("al_w_team")
    happen(site.config, "w_team", "closed", state=AlertState.CLOSED)
    expect(page.locator("#al_w_team")).to_have_count(0)
    expect(row).not_to_contain_class("tw-alert--follows")


def test_what_an_outage_explains_is_folded_beneath_it_and_counted(visit, clean, site) -> None:
    names = ("w_own", "w_team", "w_other", "w_bail", "w_own", "w_team")
    silent = [
        sample.alert(name, f"al_s{n}", kind=AlertKind.NO_COMMS, explained_by="al_mass")
        for n, name in enumerate(names)
    ]
    mass = sample.alert(None, "al_mass", kind=AlertKind.MASS_SILENCE, affected=names[:4])
    sample.put(
        site.config, *((sample.schema.alert, sample.alert_row(one)) for one in (mass, *silent))
    )
    page = visit("/alerts")
    expect(page.locator("tr.tw-alert[data-group=al_mass]:visible")).to_have_count(4)
    expect(page.locator("[data-folded]")).to_contain_text("3 more are folded")
    expect(page.locator(".tw-outage")).to_contain_text("4 wearers concerned")
    clean(page)
    page.get_by_role("link", name="Show them all").click()
    expect(page.locator("tr.tw-alert[data-group=al_mass]:visible")).to_have_count(7)
    page.get_by_role("link", name="Whom to ring").click()
    expect(page.locator("#affected")).to_be_visible()
    expect(page.locator("tbody tr", has_text="Demo Alder").first).to_contain_text("his own alert")
    clean(page)


@pytest.mark.parametrize("width", WIDTHS)
def test_the_shift_and_the_wall_are_clean(visit, clean, site, width: int) -> None:
    page = visit("/shift", width=width)
    clean(page)
    page.get_by_text("Hand over", exact=True).first.click()
    page.get_by_label("What the next shift must know").fill("K7Q-2MX waits")
    page.get_by_role("button", name="Hand over").click()
    expect(page.get_by_role("button", name="I have read this")).to_be_visible()
    page.get_by_text("Call a drill").click()
    page.get_by_role("button", name="Call the drill").click()
    expect(page.locator(".govuk-error-summary")).to_contain_text("Choose how urgent")
    clean(page)
    wall = visit("/wallboard", width=width)
    clean(wall)
    clean(visit("/settings", width=width))


def test_the_wall_says_when_it_stands_still(visit, site) -> None:
    page = visit("/wallboard")
    page.route("**/wallboard", lambda route: route.abort())
    expect(page.locator(".tw-wall__head")).to_contain_text(
        "the centre does not answer", timeout=15_000
    )
    expect(page.locator(".tw-wall--stale")).to_be_visible()
