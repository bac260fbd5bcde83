"""A question asked in a real browser: the form filled in, the answer read, its map drawn."""

from tagwatch.core.timetable import london
from tagwatch.core.units import MINUTE, Instant
from tests.browser.conftest import state_purpose
from tests.web import sample
from tests.web.test_question import walk


def test_a_question_is_asked_by_its_form_and_answered_on_a_phone(visit, site, clean) -> None:
    hour = walk(site.config, 901, range(-60, 60), 0.0)
    page = visit("/about", "officer", 320)
    state_purpose(page, site.address)
    page.goto(f"{site.address}/wearers/w_own/questions/near")
    page.get_by_label("Latitude").fill(str(sample.HOME.lat_deg))
    page.get_by_label("Longitude").fill(str(sample.HOME.lon_deg))
    for name, at in (("From", hour), ("Until", Instant(hour + 30 * MINUTE))):
        local = london(at)
        group = page.get_by_role("group", name=name)
        group.get_by_label("Day").fill(str(local.day))
        group.get_by_label("Month").fill(str(local.month))
        group.get_by_label("Year").fill(str(local.year))
        group.get_by_label("Time").fill(local.strftime("%H:%M"))
    page.get_by_role("button", name="Ask", exact=True).click()
    page.wait_for_selector("[data-question][data-ready]")
    assert page.locator("[data-answer]").inner_text().startswith("Yes. He was within 200 m")
    assert page.get_by_label("Latitude").input_value() == str(sample.HOME.lat_deg)
    clean(page)
