"""The monthly sample is drawn once, by a mailed head, and reviewed by others; the files of a
request are destroyed in time; figures; and the API says the same."""

from datetime import datetime
from typing import Any

from litestar import Litestar

from tagwatch.access.audit import Act
from tagwatch.access.enrolment import now
from tagwatch.access.role import MATRIX, Role, Verb
from tagwatch.config import Config
from tagwatch.core.ids import AccountId
from tagwatch.core.timetable import Edge, from_london, london
from tagwatch.core.units import DAY, HOUR, MINUTE, Instant, iso
from tagwatch.engine.centre import InProcessCentre
from tagwatch.engine.request_keeping import destroy_over, month_before, sample_of
from tagwatch.store.database import reading
from tagwatch.store.heads import MailedHead, note_head
from tagwatch.store.request_files import forget_released, keep_released, kept_requests
from tests.web.conftest import Enter
from tests.web.sample import HOME
from tests.web.test_data_request import recorded, released
from tests.web.test_enquiry import send


def at_london(*when: int) -> Instant:
    return from_london(datetime(*when), Edge.FROM)  # noqa: DTZ001  # from_london gives the zone


def next_month() -> Instant:
    """The first of the next month, an hour after midnight in London."""
    today = london(now()).date().replace(day=1)
    return Instant(at_london(today.year + today.month // 12, today.month % 12 + 1, 1) + HOUR)


def test_the_month_before_is_of_london() -> None:
    december = ("2025-12", at_london(2025, 12, 1), at_london(2026, 1, 1))
    assert month_before(at_london(2026, 1, 1, 0, 30)) == december
    assert month_before(Instant(at_london(2026, 7, 1) - 1))[0] == "2026-05"


def test_the_sample_is_drawn_once_and_reviewed_by_somebody_else(
    enter: Enter, config: Config, centre: InProcessCentre
) -> None:
    path = released(enter)
    refused = recorded(enter, wanted=["order"])
    send(enter("officer"), f"{refused}/refuse", seen="1", refusal="too_wide", refusal_words="x")
    at = next_month()
    with reading(centre.projections) as connection:
        assert sample_of(config, connection, at) is None, "no head was mailed since"
        note_head(config, MailedHead(at=Instant(at - DAY), seq=1, digest="a" * 64))
        assert sample_of(config, connection, at) is None, "nor was one that anybody knew before"
        note_head(config, MailedHead(at=at, seq=9, digest="b" * 64))
        drawn = sample_of(config, connection, at)
    assert drawn is not None
    assert (drawn.seed, drawn.counted, len(drawn.drawn)) == ("b" * 64, (("police", 2),), 2)
    assert "No sample was drawn yet" in enter("officer").get("/requests/sample").text
    centre.record(drawn, at=now())
    centre.apply()
    with reading(centre.projections) as connection:
        assert sample_of(config, connection, at) is None, "once"
    request_id = path.rpartition("/")[2]
    address = f"/requests/sample/{drawn.month}/{request_id}"
    mine = send(enter("officer"), address, finding="in_order", words="fine")
    assert (mine.status_code, "You had a part in this request" in mine.text) == (422, True)
    administrator = enter("administrator")
    assert "Reviewed</dt>" in administrator.get("/requests/sample").text
    missing = send(administrator, address, finding="", words="fine")
    assert "Choose what you found" in missing.text
    page = administrator.get("/requests/sample").text
    assert "[a protected person]" in page, "he sees no protected person's name"
    assert "Demo Person" not in page
    done = send(administrator, address, finding="too_much", words="an hour would have done")
    assert "More was released than was needed" in done.text
    again = send(enter("colleague"), address, finding="in_order", words="fine")
    assert (again.status_code, "his finding stands" in again.text) == (422, True)
    assert send(administrator, "/requests/sample/2020-01/x", finding="in_order").status_code == 404


def test_files_are_destroyed_when_access_ends(
    enter: Enter, config: Config, centre: InProcessCentre
) -> None:
    path, told = released(enter), list[Any]()
    with reading(centre.projections) as connection:
        assert destroy_over(config, connection, told.append) == 0
    send(enter("operator"), f"{path}/close", seen="4", close_words="done")
    keep_released(config, "w_own", "dr_half", {"a.csv": b"x"})
    with reading(centre.projections) as connection:
        assert destroy_over(config, connection, told.append) == 1
    ((line,),) = told
    assert (line.act, line.question) == (Act.ERASURE, "released_files_destroyed")
    assert "w_own" in line.ids
    assert kept_requests(config) == [("w_own", "dr_half")], "it may be in the making"
    assert "SHA-256" in enter("operator").get(path).text, "the digests stay"
    assert forget_released(config, "w_own") == 1


def test_the_api_says_the_same(enter: Enter, app: Litestar) -> None:
    browser = enter("officer")
    verbs = tuple(
        verb
        for verb in MATRIX[Role.PRACTITIONER]
        if verb.value.endswith("_request") or "sample" in verb.value
    )
    verbs = (*verbs, Verb.SEE_REQUESTS, Verb.SEE_ANSWER_TIMES)
    sign_in = app.state.foundation.sign_in
    by = {
        name: {
            "authorization": "Bearer "
            + sign_in.issue_token(AccountId(f"ac_{name}"), "test", verbs, Instant(now() + HOUR))
        }
        for name in ("officer", "colleague")
    }

    def post(path: str, name: str = "officer", **body: Any) -> Any:
        return browser.post(f"/api/v1{path}", json=body, headers=by[name])

    at = Instant(now() // MINUTE * MINUTE)
    minimum = {
        "start": at - DAY + HOUR,
        "end": at,
        "wanted": ["presence", "decisions"],
        "area": {
            "type": "disc",
            "centre": [HOME.lon_deg, HOME.lat_deg],
            "radius_m": 150.0,
        },
    }
    ask = {
        "kind": "court",
        "name": "Demo Clerk",
        "role": "clerk",
        "organisation": "Demo Crown Court",
        "purpose": "trial",
        "ground": "court_order",
        "cited": "Demo Crown Court T1 of 1 November",
        "minimum": minimum,
    }
    wrong = post("/requests", wearer_id="w_own", ask=ask | {"ground": "consent"})
    assert (wrong.status_code, "cannot rest on this law" in wrong.text) == (422, True)
    assert post("/requests", wearer_id="w_other", ask=ask).status_code == 404
    made = post("/requests", wearer_id="w_own", ask=ask).json()["made_id"]
    one = f"/requests/{made}"
    assert (
        post(f"{one}/authenticate", how="court_seal", words="seal seen", seen=1).status_code == 200
    )
    given = {"minimum": minimum, "words": "ordered"}
    mine = post(f"{one}/approve", given=given, seen=2)
    assert (mine.status_code, mine.json()["lacks"]) == (409, "second_person"), "he recorded it"
    assert post(f"{one}/approve", "colleague", given=given, seen=2).status_code == 200
    assert post(f"{one}/release", seen=3).status_code == 200
    found = browser.get(f"/api/v1{one}", headers=by["officer"]).json()
    names = [file["name"] for file in found["request"]["release"]["files"]]
    assert names == ["decisions.csv", "release.pdf", "undermining.csv"]
    assert post(f"{one}/fetch", file="release.pdf").status_code == 404, "an account did not ask"
    handed = post(f"{one}/fetch", file="release.pdf", to="Demo Clerk", receipt="signed")
    assert handed.json()["media_type"] == "application/pdf"
    log = browser.get(f"/api/v1/requests?from={iso(at)[:10]}", headers=by["officer"]).json()
    assert log["found"] == 1
    headers = by["officer"] | {"x-purpose": "supervision"}
    times = browser.get("/api/v1/requests/times", headers=headers).json()
    assert times["times"]["by_kind"][-1]["asked"] is None, "one is withheld"
    assert browser.get("/requests/times").status_code == 200
