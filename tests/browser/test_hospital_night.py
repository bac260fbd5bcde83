"""Hospital night, as a shift works it: he is missed at home, rung, found in hospital; that is put
on record and lifts his curfew until he is discharged, and nothing else."""

from datetime import timedelta
from hashlib import sha256
from typing import Any

import msgspec
from playwright.sync_api import Page, expect

from tagwatch.access.enrolment import now
from tagwatch.core.alert import Alert, AlertKind
from tagwatch.core.geometry import LonLat
from tagwatch.core.ids import AccountId, ActivationId, ConditionId, OrderId, TagId, WearerId
from tagwatch.core.ledger import Event
from tagwatch.core.order import ConditionVersion, Curfew, CurfewRow, ExclusionZone
from tagwatch.core.person import Activation, Tag
from tagwatch.core.recorded_frame import FrameReceived
from tagwatch.core.recorded_register import ActivationStarted, ConditionRecorded, TagRecorded
from tagwatch.core.shape import Disc
from tagwatch.core.timetable import Weekday, london
from tagwatch.core.units import DAY, HOUR, MINUTE, SECOND, Instant
from tagwatch.store.alerts import every_alert
from tagwatch.store.database import reading
from tagwatch.web.form import moment_values
from tagwatch.web.words import word
from tests.browser.conftest import state_purpose
from tests.browser.test_shifts import rang
from tests.walk.timeline import fix, metres_from
from tests.web import sample

WEARER = WearerId("w_team")
HOME = metres_from(sample.HOME, 6_000, 0)
WARD = metres_from(sample.HOME, 6_000, 2_500)
HERS = sample.HOME
SOON = 45_000
"""Milliseconds within which a page has heard of what the line decided."""


def register(began: Instant) -> list[Event]:
    """Demo Birch has a tag on; he must be at home every night, since two hours ago for nine hours,
    and keep away from her street."""
    since, by = Instant(began - DAY), AccountId("ac_officer")
    start, end = london(Instant(began - 2 * HOUR)), london(Instant(began + 7 * HOUR))
    next_day = (start + timedelta(hours=9)).date() > start.date()
    rows = tuple(
        CurfewRow(
            from_day=day,
            from_time=start.time().replace(second=0, microsecond=0),
            until_day=list(Weekday)[(number + next_day) % 7],
            until_time=end.time().replace(second=0, microsecond=0),
        )
        for number, day in enumerate(Weekday)
    )
    worn = Activation(
        activation_id=ActivationId("act_night"),
        tag_id=TagId("t_night"),
        wearer_id=WEARER,
        started_at=since,
    )
    street = ExclusionZone(label="Her street", shape=Disc(centre=HERS, radius_m=250.0))
    home = Curfew(label="Home", address=HOME, rows=rows)
    return [
        TagRecorded(tag=Tag(tag_id=TagId("t_night"), serial="TW-0002"), by=by),
        ActivationStarted(activation=worn, by=by),
        *(
            ConditionRecorded(
                condition=ConditionVersion(
                    condition_id=ConditionId(name),
                    version=1,
                    order_id=OrderId("o_w_team"),
                    wearer_id=WEARER,
                    terms=terms,
                    valid_from=since,
                    recorded_at=since,
                    told_at=since,
                ),
                by=by,
            )
            for name, terms in (("c_night", home), ("c_street", street))
        ),
    ]


def heard(centre, at: int, place: LonLat | None = None, says: str = "") -> None:
    """Let his tag report a fix, or something of itself, and a tick pass."""
    fixes = [] if place is None else [fix(place, Instant(at))]
    events = [{"time": at / SECOND, "kind": says}] if says else []
    body = msgspec.json.encode({"fixes": fixes, "events": events})
    frame = FrameReceived(
        protocol="tagwatch",
        body=body,
        content_type="application/json",
        tag_id=TagId("t_night"),
        activation_id=ActivationId("act_night"),
        wearer_id=WEARER,
        frame_sha256=sha256(body).digest(),
    )
    centre.record(frame, at=Instant(at + SECOND))
    centre.apply()
    centre.tick(Instant(at + 2 * SECOND))
    centre.apply()


def stays(centre, place: LonLat, since: int, until: int, every: int) -> None:
    """Let his tag report this place again and again in [since, until)."""
    for at in range(since, until, every):
        heard(centre, at, place)


def raised(centre, since: int) -> list[Alert]:
    """The alerts about him that were raised from a moment on."""
    with reading(centre.projections) as connection:
        every = every_alert(connection)
    return [one for one in every if one.wearer_id == WEARER and one.raised_at >= since]


def fill_moment(page: Page, name: str, at: int) -> None:
    for field, value in moment_values(name, Instant(at)).items():
        page.locator(f"[name={field}]").fill(value)


def row(desk: Page, alert: Alert) -> Any:
    return desk.locator(f"#{alert.alert_id}")


def test_a_hospital_night_from_the_empty_home_to_the_discharge(visit, clean, site, centre) -> None:
    began = now()
    centre.record(*register(began), at=began)
    centre.apply()
    desk = visit("/alerts")
    stays(centre, HOME, began - 100 * MINUTE, began - 40 * MINUTE, 10 * MINUTE)
    stays(centre, WARD, began - 20 * MINUTE, began - 8 * MINUTE, 2 * MINUTE)
    (missed,) = [one for one in raised(centre, began - 3 * HOUR) if one.rule == "curfew"]
    assert missed.kind is AlertKind.CURFEW_ABSENCE
    expect(row(desk, missed)).to_contain_text(word(AlertKind.CURFEW_ABSENCE), timeout=SOON)

    # The operator takes him in hand and rings: him first, then where he may be.
    page = visit(f"/alerts/{missed.alert_id}")
    state_purpose(page, site.address)
    page.goto(f"{site.address}/alerts/{missed.alert_id}")
    page.get_by_role("button", name="Acknowledge").click()
    expect(page.locator("body")).to_contain_text("You have this wearer in hand")
    rang(page, "The wearer", "No answer")
    rang(page, "Somebody else", "Answered", "the ward sister: admitted at half past, a broken leg")

    # It is put on record as his state, with what was shown and who says so.
    page.goto(f"{site.address}/wearers/{WEARER}/exemptions/new")
    page.get_by_label("In hospital").check()
    fill_moment(page, "starts", began - 30 * MINUTE)
    page.get_by_label("What for").fill("broken leg, ward 7")
    page.get_by_label("Proof (optional)").fill("admission letter by e-mail")
    page.get_by_label("Who allowed it, or says that it is so").fill("Demo Sister, ward 7")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".govuk-inset-text").first).to_contain_text("In hospital since")

    # The finding is withdrawn, the record says why, and a person closes it with a coded reason.
    page.goto(f"{site.address}/alerts/{missed.alert_id}")
    expect(page.locator("body")).to_contain_text("Withdrawn", timeout=SOON)
    excused = page.locator("#excused ~ ul")
    expect(excused).to_contain_text("In hospital: broken leg, ward 7")
    expect(excused).to_contain_text("Demo Sister, ward 7; shown: admission letter by e-mail")
    page.get_by_label("Authorised absence", exact=True).check()
    page.get_by_label("He was allowed to.").check()
    page.get_by_role("button", name="Close alert").click()
    expect(page.locator("body")).to_contain_text("The alert is closed.")
    expect(page.locator("body")).to_contain_text("as authorised absence")
    clean(page)
    expect(row(desk, missed)).to_have_count(0, timeout=SOON)

    # All night in the ward: nothing of it. But a cut strap, and her zone, are told at once.
    stays(centre, WARD, began + MINUTE, began + 4 * HOUR, 10 * MINUTE)
    assert raised(centre, began) == []
    heard(centre, began + 4 * HOUR, says="strap_cut")
    heard(centre, began + 4 * HOUR + 10 * MINUTE, metres_from(HERS, 20, 20))
    told = {one.kind: one for one in raised(centre, began)}
    assert AlertKind.STRAP in told
    assert AlertKind.ZONE_ENTRY in told
    for kind in (AlertKind.STRAP, AlertKind.ZONE_ENTRY):
        expect(row(desk, told[kind])).to_be_visible(timeout=SOON)
    stays(centre, WARD, began + 4 * HOUR + 20 * MINUTE, began + 8 * HOUR, 10 * MINUTE)
    assert AlertKind.CURFEW_ABSENCE not in {one.kind for one in raised(centre, began)}

    # Next morning he is discharged: the state ends, and the next night binds him again.
    page.goto(f"{site.address}/wearers/{WEARER}")
    page.get_by_role("link", name="Change in hospital").click()
    fill_moment(page, "ends", began + 8 * HOUR)
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".govuk-inset-text").first).to_contain_text("until")
    stays(centre, HOME, began + 9 * HOUR, began + 23 * HOUR, 15 * MINUTE)
    assert AlertKind.CURFEW_ABSENCE not in {one.kind for one in raised(centre, began)}
    stays(centre, WARD, began + 23 * HOUR, began + 23 * HOUR + 14 * MINUTE, 2 * MINUTE)
    (again,) = [one for one in raised(centre, began) if one.kind is AlertKind.CURFEW_ABSENCE]
    expect(row(desk, again)).to_contain_text(word(AlertKind.CURFEW_ABSENCE), timeout=SOON)
