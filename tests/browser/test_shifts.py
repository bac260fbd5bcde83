"""Whole stretches of a shift, from the fix to the decision, in a real browser."""

from hashlib import sha256
from urllib.parse import urlsplit

import msgspec
from playwright.sync_api import Page, expect
from sqlalchemy import select

from tagwatch.access.enrolment import now
from tagwatch.core.alert import Alert
from tagwatch.core.geometry import LonLat
from tagwatch.core.recorded_frame import FrameReceived
from tagwatch.core.units import MINUTE, SECOND, Instant
from tagwatch.store import schema
from tagwatch.store.alerts import every_alert
from tagwatch.store.database import reading
from tagwatch.web.form import moment_values
from tests.browser.conftest import Visit, state_purpose
from tests.walk.timeline import fix, metres_from
from tests.web import sample

PHONE_WIDTH = 390


def heard(centre, place: LonLat, at: Instant) -> None:
    """Let the tag of `w_own` report a fix, and a tick pass."""
    body = msgspec.json.encode({"fixes": [fix(place, at)], "events": []})
    frame = FrameReceived(
        protocol="tagwatch",
        body=body,
        content_type="application/json",
        tag_id="t_own",
        activation_id="act_own",
        wearer_id="w_own",
        frame_sha256=sha256(body).digest(),
    )
    centre.record(frame, at=Instant(at + SECOND))
    centre.apply()
    centre.tick(Instant(at + 2 * SECOND))
    centre.apply()


def of_the_told_zone(centre) -> Alert:
    """The alert about the zone he was told of."""
    with reading(centre.projections) as connection:
        held = schema.episode.c
        told = set(connection.scalars(select(held.episode_id).where(held.condition_id == "c_told")))
        found = [one for one in every_alert(connection) if one.episode_id in told - {"ep_own"}]
    assert len(found) == 1, found
    return found[0]


def rang(page: Page, party: str, outcome: str, said: str = "") -> None:
    page.get_by_text("Write down a call").click()
    page.get_by_label(party, exact=True).check()
    page.get_by_label(outcome, exact=True).check()
    page.get_by_label("What was said").fill(said)
    page.get_by_role("button", name="Save call").click()
    expect(page.locator("body")).to_contain_text("The call is recorded.")


def sent_to_police(desk: Page, visit: Visit) -> Page:
    """Make a link and have an officer in the street report; returns the page on his phone."""
    desk.get_by_label("Officer's name or number").fill("PC 1234 Demo")
    desk.get_by_label("Force").fill("MPS")
    desk.get_by_role("button", name="Make a link").click()
    link, code = desk.locator("#link code").inner_text(), desk.locator("#code").inner_text()
    phone = visit(urlsplit(link).path, name=None, width=PHONE_WIDTH)
    phone.get_by_label("The six digits").fill(code)
    phone.get_by_role("button", name="Open").click()
    expect(phone.locator("main")).to_contain_text("Confirmed")
    phone.get_by_role("button", name="Seen").click()
    expect(phone.get_by_role("status")).to_have_text("Your report is recorded.")
    return phone


def wrote_down(page: Page) -> None:
    """Write down that the breach pack went out just now."""
    page.get_by_text("Write down what happened").click()
    page.get_by_label("What happened", exact=True).select_option("Breach pack sent")
    for name, value in moment_values("happened", now()).items():
        page.locator(f"[name={name}]").fill(value)
    page.get_by_label("In your words").fill("to the court, by secure mail")
    page.get_by_role("button", name="Write it down").click()


def test_a_breach_at_night_from_possible_to_a_signed_decision(visit, clean, site, centre) -> None:
    began = now()
    heard(centre, metres_from(sample.HOME, 0, 3000), Instant(began - 20 * MINUTE))
    desk = visit("/alerts")
    desk.wait_for_timeout(500)
    heard(centre, metres_from(sample.HOME, 20, 20), Instant(began - 3 * MINUTE))
    alert = of_the_told_zone(centre)
    expect(desk.locator(f"#{alert.alert_id}")).to_contain_text("Possible")

    desk.goto(f"{site.address}/alerts/{alert.alert_id}")
    steps = desk.locator("#calls ~ ol > li > strong")
    expect(steps.first).to_have_text("The protected person's side")
    desk.get_by_role("button", name="Acknowledge").click()
    rang(desk, "The protected person's side", "Answered", "she is with friends, and safe")
    rang(desk, "The wearer", "No answer")

    officer = visit(f"/alerts/{alert.alert_id}", name="officer", width=PHONE_WIDTH)
    expect(officer.locator("body")).to_contain_text("Demo Operator has this wearer in hand.")

    heard(centre, metres_from(sample.HOME, 25, 10), Instant(began - 2 * MINUTE))
    heard(centre, metres_from(sample.HOME, 15, 30), Instant(began - 1 * MINUTE))
    expect(desk.locator("[data-changed]")).to_be_visible()
    desk.reload()
    expect(desk.locator("h2#sure ~ dl")).to_contain_text("Violation, ongoing")
    clean(sent_to_police(desk, visit))
    desk.goto(f"{site.address}/alerts/{alert.alert_id}")
    expect(desk.get_by_text("Police report: seen")).to_be_visible()
    desk.get_by_role("button", name="Let go").click()

    officer.reload()
    officer.get_by_text("Open a case about it").click()
    officer.get_by_label("What the case is about").fill("inside at night, third time")
    officer.get_by_role("button", name="Open the case").click()
    officer.get_by_text("Decide", exact=True).click()
    officer.get_by_label("Request recall").check()
    officer.locator("input[name=weighed]").first.check()
    officer.locator("input[name=alternative]").first.check()
    officer.get_by_label("Somebody disagreed").check()
    officer.get_by_label("Who disagreed, and why").fill("the duty sergeant thinks he was lost")
    officer.get_by_label("Why you decide so").fill("three nights in a row, each nearer")
    officer.get_by_role("button", name="Record the decision").click()
    expect(officer.locator("#d-1")).to_contain_text("waits for a second person")
    expect(officer.locator("article")).to_contain_text("Confirmed, ongoing")
    clean(officer)

    case = urlsplit(officer.url).path
    second = visit(case, name="colleague")
    second.get_by_label("I agree: it is to be carried out").check()
    second.get_by_label("Why", exact=True).fill("as I read it")
    second.get_by_role("button", name="Sign", exact=True).click()
    expect(second.locator("article")).to_contain_text("Demo Colleague agrees")
    wrote_down(second)
    clean(second)
    timeline = second.locator("#timeline ~ ol")
    for said in (
        "Breach pack sent",
        "Police report",
        "Breach identified",
        "Call",
        "Case opened",
        "Decision",
        "Second person",
    ):
        expect(timeline).to_contain_text(said)


def test_a_false_alarm_is_explained_and_closed_and_counts_as_such(visit, site) -> None:
    page = visit("/alerts/al_w_own")
    page.get_by_role("button", name="Acknowledge").click()
    rang(page, "The wearer", "Answered", "on the diverted bus, the driver will say so")
    page.get_by_label("Explained by the wearer").check()
    page.get_by_label("He was allowed to.").check()
    page.get_by_role("button", name="Close alert").click()
    expect(page.locator("body")).to_contain_text("The alert is closed.")
    page.goto(f"{site.address}/settings")
    expect(page.get_by_role("region", name="By rule")).to_contain_text("explained by the wearer 1")


def test_hand_over_from_one_shift_to_the_next(visit) -> None:
    leaving = visit("/shift", width=PHONE_WIDTH)
    leaving.get_by_text("Hand over", exact=True).first.click()
    leaving.get_by_label("What the next shift must know").fill("K7Q-2MX: ring the landlord at 7")
    leaving.get_by_role("button", name="Hand over").click()
    coming = visit("/shift", name="zones")
    expect(coming.locator(".tw-card--new")).to_contain_text("ring the landlord at 7")
    coming.get_by_role("button", name="I have read this").click()
    expect(coming.locator("#handovers ~ article")).to_contain_text("Demo Zones carries on")


def test_a_stay_in_hospital_is_recorded_and_said_first_without_scripts(visit, site) -> None:
    page = visit("/about", name="officer", scripts=False)
    state_purpose(page, site.address)
    page.goto(f"{site.address}/wearers/w_own")
    page.get_by_role("link", name="Record an absence, a permission or his state").click()
    page.get_by_label("In hospital").check()
    page.get_by_label("What for").fill("broken leg")
    page.get_by_label("Who allowed it, or says that it is so").fill("the ward sister")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".govuk-inset-text").first).to_contain_text("In hospital since")
