"""Data requests on the pages and in the API: asked, made sure of, approved, released, fetched."""

import csv
import re
from hashlib import sha256
from io import StringIO
from typing import Any

from litestar import Litestar
from litestar.testing import TestClient

from tagwatch.access.audit import Act
from tagwatch.access.enrolment import now
from tagwatch.core.units import DAY, HOUR, MINUTE, Instant
from tagwatch.store import schema
from tagwatch.web.form import moment_values
from tests.web import sample
from tests.web.conftest import Enter
from tests.web.sample import HOME, put
from tests.web.test_enquiry import logged, send
from tests.web.test_routes import audit
from tests.web.test_share import words_of

Browser = TestClient[Litestar]
NEW = "/wearers/{}/requests/new"


def asked(**fields: Any) -> dict[str, Any]:
    """What an officer types of a request of police about an area of 200 m, the last day."""
    at = Instant(now() // MINUTE * MINUTE)
    return {
        "kind": "police",
        "name": "Demo Sergeant",
        "role": "detective sergeant",
        "organisation": "Demo Police",
        "reference": "CR 7",
        "ground": "law_enforcement",
        "cited": "CR 7",
        "purpose": "to find who was at the yard of Demo Person",
        "wanted": ["fixes", "presence", "alerts", "order"],
        "lat": str(HOME.lat_deg),
        "lon": str(HOME.lon_deg),
        "radius": "200",
        "area_label": "the yard",
        "urgency": "urgent",
        **moment_values("asked", at),
        **moment_values("start", Instant(at - DAY + HOUR)),
        **moment_values("end", at),
        **fields,
    }


def recorded(enter: Enter, wearer: str = "w_own", **fields: Any) -> str:
    answer = send(enter("operator"), NEW.format(wearer), **asked(**fields))
    assert answer.status_code == 200, answer.text
    return answer.url.path


APPROVED = {
    "approved": ["fixes", "presence", "alerts", "order"],
    "approval_words": "needed for this crime; the area is the yard alone",
    "release_days": "7",
    "access_days": "14",
}


def window(path: str, browser: Browser) -> dict[str, str]:
    """The fields of the time, as the page offers them."""
    page = browser.get(path).text
    return dict(re.findall(r'name="((?:start|end)-\w+)" value="([^"]*)"', page))


def approve(browser: Browser, path: str, seen: str = "2", **fields: Any) -> Any:
    return send(
        browser, f"{path}/approve", seen=seen, **{**APPROVED, **window(path, browser), **fields}
    )


def released(enter: Enter, **fields: Any) -> str:
    path = recorded(enter, **fields)
    send(enter("operator"), f"{path}/authenticate", seen="1", how="call_back", seen_words="101")
    done = approve(enter("officer"), path)
    assert done.status_code == 200, done.text
    done = send(enter("operator"), f"{path}/release", seen="3")
    assert done.status_code == 200, done.text
    return path


def handed(browser: Browser, path: str, name: str) -> bytes:
    answer = send(browser, f"{path}/hand-over", file=name, to="Demo Sergeant", receipt="signed")
    assert answer.status_code == 200, answer.text
    assert sha256(answer.content).hexdigest() == answer.headers["x-content-sha256"]
    return answer.content


def rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(content.decode())))


def test_the_approved_minimum_goes_out_with_what_undermines_it(
    enter: Enter, app: Litestar, config
) -> None:
    path = released(enter)
    operator = enter("operator")
    fixes = rows(handed(operator, path, "fixes.csv"))
    assert [row["fix_id"] for row in fixes] == [f"7.{n}" for n in range(5)], "those in the area"
    stretches = rows(handed(operator, path, "stretches.csv"))
    assert [(row["what"].split(",")[0].split(":")[0], row["fixes"]) for row in stretches] == [
        ("no usable fix", "0"),
        ("fixes released", "5"),
        ("fixes outside the area", "15"),
    ]
    against = rows(handed(operator, path, "undermining.csv"))
    kinds = {row["kind"] for row in against}
    assert kinds >= {"contradicting fix", "outside area", "cannot say", "gap", "error rate"}
    planted = next(row for row in against if row["source"] == "7.19")
    assert "outside the zone" in planted["what"], "the fix that says he was not in the zone"
    told = handed(operator, path, "order.csv").decode()
    assert "told zone" in told
    assert "secret zone" not in told
    assert handed(operator, path, "release.pdf").startswith(b"%PDF")
    page = operator.get(path).text
    assert "15 of the same time lie outside the area" in page
    assert "handed to Demo Sergeant by Demo Operator (signed)" in page
    lines = [line for line in audit(config, app) if line.question == "fetch_released"]
    assert {line.act for line in lines} == {Act.DISCLOSURE}
    assert sha256(handed(operator, path, "fixes.csv")).hexdigest() in " ".join(
        line.detail for line in lines
    )
    kept = config.data / "requests" / "w_own"
    assert {each.name for each in next(kept.iterdir()).iterdir()} >= {"fixes.csv", "release.pdf"}


def test_a_part_of_the_area_and_of_the_data_is_approved_and_no_more_goes_out(enter: Enter) -> None:
    path = recorded(enter)
    send(enter("operator"), f"{path}/authenticate", seen="1", how="call_back", seen_words="101")
    officer = enter("officer")
    part = {"lat": str(HOME.lat_deg), "lon": str(HOME.lon_deg), "radius": "110"}
    wide = approve(officer, path, **(part | {"radius": "210"}))
    assert (wide.status_code, "reaches beyond what was asked" in wide.text) == (422, True)
    assert 'value="210"' in wide.text
    broken = approve(officer, path, shape="{}")
    assert (broken.status_code, "This outline cannot be used" in broken.text) == (422, True)
    page = approve(officer, path, approved=["fixes", "presence"], **part).text
    assert "a part of the yard: within 110 m of" in page
    operator = enter("operator")
    send(operator, f"{path}/release", seen="3")
    fixes = rows(handed(operator, path, "fixes.csv"))
    assert [row["fix_id"] for row in fixes] == ["7.1", "7.2", "7.3"], "those in the part"
    assert "17 of the same time lie outside the area" in operator.get(path).text
    missing = send(operator, f"{path}/hand-over", file="alerts.csv", to="Demo", receipt="signed")
    assert missing.status_code == 404
    text = words_of(handed(operator, path, "release.pdf"))
    assert "a part of the yard" in text


def test_whoever_recorded_it_cannot_approve_and_the_second_of_two_is_told(enter: Enter) -> None:
    path = recorded(enter)
    operator = enter("operator")
    missing = send(operator, f"{path}/authenticate", seen="1", how="", seen_words="x")
    assert (missing.status_code, "Choose how you made sure" in missing.text) == (422, True)
    send(operator, f"{path}/authenticate", seen="1", how="call_back", seen_words="101")
    at = now() // MINUTE * MINUTE
    times = moment_values("start", Instant(at - HOUR)) | moment_values("end", Instant(at))
    own = send(operator, f"{path}/approve", seen="2", **APPROVED, **times)
    assert (own.status_code, "somebody else must decide" in own.text) == (422, True)
    officer = enter("officer")
    late = send(officer, f"{path}/refuse", seen="1", refusal="too_wide", refusal_words="x")
    assert (late.status_code, "meanwhile" in late.text) == (422, True)
    more = send(officer, f"{path}/return", seen="2", return_words="which yard?")
    assert "Returned for more" in more.text
    again = send(enter("operator"), f"{path}/amend", seen="3", amend_words="the one in the north")
    assert "which yard?" in again.text
    assert "not yet" in again.text, "it is made sure of again"
    gone = send(enter("operator"), f"{path}/withdraw", seen="4", withdraw_words="found elsewhere")
    assert "Withdrawn" in gone.text


def test_police_ask_for_themselves_and_fetch_what_was_released(enter: Enter) -> None:
    others = recorded(enter, "w_bail")
    police = enter("police")
    assert police.get(others).status_code == 404
    assert police.get(NEW.format("w_own")).status_code == 404
    answer = send(police, NEW.format("w_team"), **asked(kind="court", name="x", wanted=["alerts"]))
    assert (answer.status_code, "on behalf of these" in answer.text) == (422, True)
    answer = send(police, NEW.format("w_team"), **asked(wanted=["alerts", "order"]))
    assert answer.status_code == 200, answer.text
    path = answer.url.path
    assert "Signed in here, with a second factor" in answer.text
    assert approve(police, path).status_code == 403
    colleague = enter("colleague")
    done = approve(colleague, path, approved=["order"])
    assert done.status_code == 200, done.text
    assert send(colleague, f"{path}/release", seen="3").status_code == 200
    refused = send(colleague, f"{path}/fetch", file="order.csv")
    assert refused.status_code == 404, "he did not ask for it"
    police = enter("police")
    fetched = send(police, f"{path}/fetch", file="order.csv")
    assert sha256(fetched.content).hexdigest() == fetched.headers["x-content-sha256"]
    assert send(police, f"{path}/fetch", file="alerts.csv").status_code == 404, "not approved"
    page = police.get(path).text
    assert "fetched by Demo Police" in page
    assert "1 time<" in page
    send(enter("colleague"), f"{path}/close", seen="4", close_words="done")
    over = send(enter("police"), f"{path}/fetch", file="order.csv")
    assert (over.status_code, "Access to this is over" in over.text) == (422, True)


def test_one_request_about_several_is_decided_and_released_for_each(enter: Enter) -> None:
    path = recorded(enter, others="X000002")
    page = enter("operator").get(path).text
    assert "2 people in one request" in page
    other = re.findall(r'href="(/requests/dr_\w+)">Demo Cedar', page)[0]
    send(enter("operator"), f"{path}/authenticate", seen="1", how="call_back", seen_words="101")
    for each in (path, other):
        assert "Rung back" in enter("operator").get(each).text, "whoever asks is made sure of once"
    assert approve(enter("officer"), path).status_code == 200
    said = {"seen": "2", "refusal": "not_needed", "refusal_words": "he was in custody"}
    assert send(enter("outsider"), f"{other}/refuse", **said).status_code == 200
    assert send(enter("operator"), f"{path}/release", seen="3").status_code == 200
    page = enter("operator").get(path).text
    assert "What was released" in page
    assert "Refused" in page
    assert "What was released" not in enter("operator").get(other).text
    page = enter("officer").get(path).text
    assert "Demo Cedar" not in page
    assert "who are not within your scope are not shown" in page
    logged_now = rows(enter("operator").get("/requests/log.csv").content)
    joint = [row for row in logged_now if row["joint_request"]]
    assert len({row["joint_request"] for row in joint}) == 1
    assert [row["people_asked_about"] for row in joint] == ["2", "2"]
    assert sorted(row["state"] for row in joint) == ["refused", "released"]
    refused = []
    for number in ("X000003", "X999999"):
        answer = send(enter("operator"), NEW.format("w_own"), **asked(others=number))
        assert answer.status_code == 422
        refused += re.findall(r"Nobody within your scope has this number: \w+", answer.text)
    assert {each.replace("X000003", "X999999") for each in refused} == {refused[-1]}


def test_the_log_has_filters_and_is_saved_without_a_name(enter: Enter) -> None:
    recorded(enter)
    operator = enter("operator")
    assert "to find who was at the yard" in operator.get("/requests").text
    assert "No request matches" in operator.get("/requests?kind=court").text
    assert operator.get("/requests?kind=x").status_code == 422
    assert operator.get("/requests?from=yesterday").status_code == 422
    saved = operator.get("/requests/log.csv?state=asked")
    (row,) = rows(saved.content)
    assert (row["kind"], row["state"], row["fetches"]) == ("police", "asked", "0")
    assert "Demo Sergeant" not in saved.text
    assert "Demo Alder" not in saved.text


def test_an_enquiry_is_turned_into_a_request(enter: Enter) -> None:
    enquiry = logged(enter, question="may we have his fixes?")
    page = enter("operator").get(enquiry).text
    link = re.search(r'href="(/wearers/w_own/requests/new[^"]*)"', page)
    assert link
    form = enter("operator").get(link[1]).text
    assert "may we have his fixes?" in form
    made = send(enter("operator"), NEW.format("w_own"), **asked(enquiry=enquiry.rpartition("/")[2]))
    assert f'href="{enquiry}"' in made.text


def test_a_partner_sees_and_fetches_what_was_recorded_in_its_name(enter: Enter) -> None:
    none = enter("partner").get("/requests")
    assert "Nobody has asked" in none.text
    wrong = send(enter("operator"), NEW.format("w_own"), **asked(account="ac_officer"))
    assert (wrong.status_code, "can ask for data" in wrong.text) == (422, True)
    stac = {"kind": "stac", "ground": "safeguarding", "wanted": ["alerts"], "account": "ac_partner"}
    path = recorded(enter, **stac)
    send(enter("operator"), f"{path}/authenticate", seen="1", how="call_back", seen_words="rang")
    assert approve(enter("officer"), path, approved=["alerts"]).status_code == 200
    assert send(enter("operator"), f"{path}/release", seen="3").status_code == 200
    partner = enter("partner")
    assert "Demo Alder" in partner.get("/requests").text
    page = partner.get(path).text
    assert "[a protected person]" in page
    assert "Demo Person" not in page
    assert "X000000" not in page, "of him it sees his name alone"
    assert send(partner, f"{path}/fetch", file="alerts.csv").status_code == 200
    assert send(partner, f"{path}/fetch", file="fixes.csv").status_code == 404
    other = recorded(enter)
    assert enter("partner").get(other).status_code == 404


def test_nothing_of_a_secret_place_or_of_her_goes_to_the_defence(enter: Enter, config) -> None:
    put(
        config,
        (schema.alert, sample.alert_row(sample.alert("w_own", "al_secret", episode_id="ep_s"))),
    )
    episode = sample.episode(episode_id="ep_s", condition_id="c_secret", fixes=("7.5",))
    put(config, (schema.episode, sample.episode_row(episode)))
    stated = {
        "kind": "defence",
        "ground": "criminal_disclosure",
        "wanted": ["fixes", "alerts", "order"],
    }
    path = recorded(enter, **stated)
    send(enter("operator"), f"{path}/authenticate", seen="1", how="call_back", seen_words="rang")
    expert = approve(enter("colleague"), path, approved=["alerts"], form="expert")
    assert (expert.status_code, "whose duty secret places are" in expert.text) == (422, True)
    assert approve(enter("officer"), path, approved=stated["wanted"]).status_code == 200
    operator = enter("operator")
    send(operator, f"{path}/release", seen="3")
    everything = b"".join(
        handed(operator, path, name)
        for name in ("alerts.csv", "order.csv", "stretches.csv", "undermining.csv")
    ).decode()
    assert everything.count("ep_own") >= 1
    for planted in ("ep_s", "secret", "Demo Person", "p_one"):
        assert planted not in everything, planted
    assert len(rows(handed(operator, path, "alerts.csv"))) == 1
