"""Who is on call in a real browser: a gap is seen and filled, a route changed, a link answered."""

import re

import pytest
from playwright.sync_api import expect

from tagwatch.access.enrolment import now
from tagwatch.core.ids import AccountId, ContactId
from tagwatch.core.ledger import ContactRecorded
from tagwatch.core.person import Channel, Contact, Duty
from tagwatch.notify.message import compose
from tests.browser.test_alerts import WIDTHS
from tests.web.world_of_messages import notifications, trouble


@pytest.fixture
def desks(centre) -> None:
    """Two desks of the police, and an engineer without a sign-in."""
    for name, label, duty in (
        ("k_day", "Day desk", Duty.POLICE),
        ("k_late", "Night desk", Duty.POLICE),
        ("k_engineer", "Engineer", Duty.TECHNICAL),
    ):
        contact = Contact(
            contact_id=ContactId(name),
            label=label,
            duty=duty,
            channel=Channel.SMS,
            address="+447700900123",
        )
        centre.record(ContactRecorded(contact=contact, by=AccountId("ac_operator")), at=now())
    trouble(centre)


@pytest.mark.parametrize("width", WIDTHS)
def test_a_gap_is_seen_and_filled(visit, clean, desks, width: int) -> None:
    page = visit("/on-call", name="operator", width=width)
    page.get_by_role("button", name="Enter a shift").click()
    page.get_by_label("Who").select_option("k_day")
    page.get_by_label("Hours").fill("daily 07:00-19:00")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Nobody is on shift")).to_be_visible()
    expect(page.locator(".tw-alerting")).to_contain_text("Police")
    clean(page)
    page.get_by_role("button", name="Enter a shift").click()
    page.get_by_label("Who").select_option("k_late")
    page.get_by_label("Hours").fill("daily 19:00")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".govuk-error-summary")).to_contain_text("is no weekly row")
    clean(page)
    page.get_by_label("Hours").fill("daily 19:00-07:00")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Nobody is on shift")).to_have_count(0)
    expect(page.locator("body")).to_contain_text("Night desk")
    clean(page)
    page.get_by_role("rowheader", name="Night desk").get_by_role("link").click()
    expect(page.get_by_label("Hours")).to_have_value(re.compile("Su 19:00-Mo 07:00"))
    clean(page)


@pytest.mark.parametrize(("width", "proposer"), [(320, "administrator"), (1200, "operator")])
def test_a_wrong_route_takes_a_second_person(visit, clean, site, width: int, proposer: str) -> None:
    page = visit("/routing/propose", name=proposer, width=width)
    page.locator('input[name="acts-licence"][value="police"]').check()
    page.get_by_label("Why, and on whose agreement").fill("agreed in the protocol of May")
    page.get_by_role("button", name="Propose").click()
    clean(page)
    expect(page.locator("body")).to_contain_text("agreed in the protocol of May")
    expect(page.get_by_role("button", name="Approve")).to_have_count(0)
    if proposer == "administrator":
        expect(page.locator("body")).to_contain_text("somebody else must approve it")
        form = page.locator("form[action^='/routing/rp_']")
        sent = {
            "verdict": "approved",
            "_csrf_token": form.locator("[name=_csrf_token]").input_value(),
        }
        path = form.get_attribute("action") or ""
        answer = page.request.post(site.address + path, form=sent)
        assert (answer.status, "needs two people" in answer.text()) == (422, True)
        page.goto(f"{site.address}/routing")
        expect(page.locator("h1")).to_contain_text("version 1")
        return
    second = visit("/routing", name="administrator", width=width)
    second.get_by_role("button", name="Approve").click()
    expect(second.locator("h1")).to_contain_text("version 2")
    clean(second)


@pytest.mark.parametrize("width", WIDTHS)
def test_a_link_is_answered_without_a_sign_in(
    visit, clean, site, app, centre, desks, width: int
) -> None:
    (found,) = [one for one in notifications(centre) if one.contact_id == "k_engineer"]
    link = compose(found, site.address, app.state.foundation.links).link
    link = link[link.index("/answer/") :]
    page = visit(link, name="operator", width=width)
    clean(page)
    page.get_by_role("button", name="I take it on").click()
    expect(page.get_by_role("heading", name="You have taken it on")).to_be_visible()
    clean(page)
    page.goto(f"{site.address}/contacts/k_engineer")
    page.get_by_role("button", name="Send a test").click()
    expect(page.locator("#tests").locator("..")).to_contain_text("a test")
    clean(page)
