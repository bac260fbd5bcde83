"""Leave on the pages: a deputy reaches what the officer reaches, for that time only."""

import re
from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from tagwatch.access.audit import audit_line, open_reader
from tagwatch.access.enrolment import now
from tagwatch.access.purpose import Purpose
from tagwatch.access.scope import scope
from tagwatch.config import Config
from tagwatch.core.ids import AccountId, LeaveId
from tagwatch.core.leave import Leave
from tagwatch.core.ledger import LeaveRecorded
from tagwatch.core.units import DAY, MINUTE, Instant
from tagwatch.engine.centre import InProcessCentre
from tagwatch.query.happenings import same_scope, seeing_more
from tagwatch.query.reader import NotFound, Reader
from tagwatch.query.wearer import wearer as ask_wearer
from tagwatch.store.database import reading
from tagwatch.store.leaves import leaves
from tagwatch.web.form import moment_values
from tests.access.test_scope import actor
from tests.web.conftest import Enter

Browser = TestClient[Litestar]


def token(browser: Browser) -> str:
    found = re.search(r'name="_csrf_token" value="([^"]+)"', browser.get("/leave/new").text)
    assert found
    return found[1]


def send(browser: Browser, path: str, **fields: str) -> Any:
    data = {"_csrf_token": token(browser), **fields}
    return browser.post(path, data=data, follow_redirects=True)


def leave_form(start: int, end: int, deputy: str = "ac_colleague") -> dict[str, str]:
    at = now()
    return {
        **moment_values("starts", Instant(at + start)),
        **moment_values("ends", Instant(at + end)),
        "deputy": deputy,
    }


def away(centre: InProcessCentre, start: int, end: int) -> Leave:
    """The officer is on leave from so many microseconds from now."""
    at = now()
    made = Leave(
        leave_id=LeaveId("le_test"),
        officer=AccountId("ac_officer"),
        deputy=AccountId("ac_colleague"),
        starts_at=Instant(at + start),
        ends_at=Instant(at + end),
        recorded_at=Instant(min(at, at + start)),
    )
    centre.record(LeaveRecorded(leave=made), at=at)
    centre.apply()
    return made


def supervise(browser: Browser) -> None:
    data = {"_csrf_token": token(browser), "purpose": "supervision", "next": "/"}
    browser.post("/purpose", data=data)


def test_leave_is_recorded_handed_over_and_ended_early(enter: Enter) -> None:
    browser = enter("officer")
    page = send(browser, "/leave/new", **leave_form(-MINUTE, 2 * DAY)).text
    assert "Hand-over to Demo Colleague" in page
    assert "No message reaches Demo Colleague" in page
    path = re.search(r'action="(/leave/le_[0-9a-f]{20})/end"', page)
    assert path
    assert "Write what the other officer" in send(browser, f"{path[1]}/wearers/w_hidden").text
    noted = send(browser, f"{path[1]}/wearers/w_hidden", words="his mother is ill").text
    assert "his mother is ill" in noted
    deputy = enter("colleague")
    supervise(deputy)
    assert "his mother is ill" in deputy.get(path[1]).text
    wearer = deputy.get("/wearers/w_hidden").text
    assert "his mother is ill" in wearer
    assert "Demo Colleague covers" in wearer
    assert "his mother is ill" not in deputy.get("/wearers/w_own").text
    officer = enter("officer")
    assert "Saved" in send(officer, f"{path[1]}/end").text
    assert send(officer, f"{path[1]}/end").status_code == 422
    deputy = enter("colleague")
    supervise(deputy)
    assert deputy.get("/wearers/w_hidden").status_code == 404
    assert deputy.get(path[1]).status_code == 404
    assert "you have none of it any more" in deputy.get("/leave").text


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        (leave_form(0, DAY, ""), "without a deputy nobody has your caseload"),
        (leave_form(0, DAY, "ac_officer"), "without a deputy nobody has your caseload"),
        (leave_form(DAY, 0), "must end after it starts"),
        (leave_form(0, DAY, "ac_outsider"), "practitioner of your own agency"),
        (leave_form(0, DAY, "ac_operator"), "practitioner of your own agency"),
        (leave_form(0, 3 * DAY), "You have leave on record already"),
    ],
)
def test_what_leaves_nobody_is_refused_with_a_sentence(
    enter: Enter, centre: InProcessCentre, fields: dict[str, str], says: str
) -> None:
    away(centre, 2 * DAY, 4 * DAY)
    answer = send(enter("officer"), "/leave/new", **fields)
    assert (answer.status_code, says in answer.text) == (422, True)


def test_who_covers_cannot_go_himself(enter: Enter, centre: InProcessCentre) -> None:
    away(centre, 2 * DAY, 4 * DAY)
    page = send(enter("colleague"), "/leave/new", **leave_form(3 * DAY, 5 * DAY, "ac_officer"))
    assert "Demo Officer is on leave from" in page.text


def test_alerts_pages_and_the_api_follow_for_that_time_only(
    enter: Enter, centre: InProcessCentre, app: Litestar, config: Config
) -> None:
    base = app.state.foundation
    made = away(centre, DAY, 2 * DAY)
    borders = {
        made.starts_at - 1: False,
        made.starts_at: True,
        made.ends_at - 1: True,
        made.ends_at: False,
    }
    for at, reaches in borders.items():
        seen = Reader(
            base.projections,
            scope(actor("colleague"), Purpose.SUPERVISION),
            base.audit,
            lambda at=at: Instant(at),
        )
        if not reaches:
            with pytest.raises(NotFound):
                ask_wearer(seen, "w_hidden")
            own = ask_wearer(seen, "w_own")
        else:
            assert ask_wearer(seen, "w_hidden").handed_over[0][0] == made
            own = ask_wearer(seen, "w_own")
        secret = [each.withheld for each in own.conditions if each.condition_id == "c_secret"]
        assert secret == [not reaches], at
    log = open_reader(config, "web")
    lines = [audit_line(record) for record in log.read(0, 2**40)]
    log.close()
    details = [line.detail for line in lines if line is not None and "w_hidden" in line.ids]
    assert details.count("covers ac_officer") == 2


def test_the_list_and_the_stream_follow(enter: Enter, centre: InProcessCentre, app) -> None:
    assert "Demo Dogwood" not in enter("colleague").get("/alerts").text
    away(centre, 0, DAY)
    browser = enter("colleague")
    assert "Demo Dogwood" in browser.get("/alerts").text
    listed = browser.get("/api/v1/alerts")
    assert listed.status_code == 200
    assert "Demo Dogwood" in listed.text
    found = browser.get("/api/v1/leave").json()
    assert [each["officer"] for each in found["covers"]] == ["ac_officer"]
    rows = browser.get("/api/v1/leave/le_test").json()["rows"]
    assert {row["wearer"]["wearer_id"] for row in rows} == {"w_own", "w_hidden"}
    deputies = seeing_more(app.state.foundation.projections, {"ac_officer", None}, now())
    assert deputies == {"ac_colleague"}
    groups = same_scope([actor("colleague"), actor("outsider")], deputies | {"ac_officer"})
    assert any("ac_colleague" in key for key in groups)
    assert enter("outsider").get("/leave/le_test").status_code == 404


def test_leave_is_recorded_for_an_officer_who_is_ill(
    app: Litestar, enter: Enter, centre: InProcessCentre
) -> None:
    admin = enter("administrator")
    who = {"officer": "ac_officer", "words": "in hospital since Tuesday"}
    asked = {**leave_form(0, DAY), **who, **moment_values("starts", None)}

    def sent(path: str, **fields: str) -> Any:
        csrf = re.search(r'name="_csrf_token" value="([^"]+)"', admin.get("/leave-for/new").text)
        assert csrf
        data = {"_csrf_token": csrf[1], **fields}
        return admin.post(path, data=data, follow_redirects=True)

    for field, said in (("words", "Write why"), ("officer", "Choose an officer")):
        assert said in sent("/leave-for/new", **{**asked, field: ""}).text
    other = sent("/leave-for/new", **{**asked, "deputy": "ac_officer"}).text
    assert "not the officer himself" in other
    page = sent("/leave-for/new", **asked).text
    assert "in hospital since Tuesday" in page
    (leave,) = [each for each in leaves_of(centre) if each.officer == "ac_officer"]
    assert (leave.by, leave.deputy) == ("ac_administrator", "ac_colleague")
    reader = open_reader(app.state.foundation.config, "web")
    lines = [audit_line(record) for record in reader.read(0, 2**40)]
    reader.close()
    assert any(line and line.question == "record_leave" and leave.officer in line.ids
               for line in lines)  # fmt: skip
    assert "Recorded by" in enter("colleague").get(f"/leave/{leave.leave_id}").text
    admin = enter("administrator")
    assert admin.get(f"/leave/{leave.leave_id}").status_code == 403, "nothing of it is his"
    assert "ended early" in sent(f"/leave-for/{leave.leave_id}/end").text


def leaves_of(centre: InProcessCentre) -> list[Leave]:
    with reading(centre.projections) as connection:
        return leaves(connection)
