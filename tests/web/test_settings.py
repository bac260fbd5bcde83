"""Rule settings: proposed on a page, tried on past trails in the background, then published."""

import asyncio
import re

import msgspec

from tagwatch.access.enrolment import now
from tagwatch.access.role import Role
from tagwatch.core.settings import DEFAULT_SETTINGS
from tagwatch.engine.settings_trials import SettingsTrials
from tagwatch.store.settings_proposals import proposals
from tests.web.conftest import Enter
from tests.web.test_api import bearer
from tests.web.test_register import hidden

WHEN = {
    "effective-day": "1", "effective-month": "1", "effective-year": "2100",
    "effective-time": "09:00",
}  # fmt: skip


def proposed(browser, **changes: str) -> str:
    form = browser.get("/settings/propose").text
    values = {**hidden(form), **inputs(form), **changes}
    answer = browser.post("/settings/propose", data=values, follow_redirects=False)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"].split("?")[0]


def posted(browser, page: str, act: str, **fields: str) -> str:
    """Send one of the forms of a proposal's page."""
    state = hidden(browser.get(page).text)
    answer = browser.post(f"{page}/{act}", data={**state, **fields}, follow_redirects=False)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def inputs(page: str) -> dict[str, str]:
    """The numbers in the fields of the form."""
    found = re.findall(r'name="([a-z]+\.[a-z_.]+)" type="text"[^>]*?value="([^"]*)"', page)
    assert len(found) > 40
    return dict(found)


def tried(centre) -> None:
    """The batch process's work, until nothing waits for it."""

    async def work() -> None:
        stop = asyncio.Event()

        async def record(events) -> None:
            centre.record(*events, at=now())
            centre.apply()
            stop.set()

        await SettingsTrials(centre.projections, record, asyncio.Lock(), 60).run(stop)

    asyncio.run(asyncio.wait_for(work(), 60))


def test_proposed_tried_and_published(enter: Enter, centre, config) -> None:
    boss = enter("administrator")
    page = proposed(boss, **{"zone.confirm_fixes": "99"})
    shown = boss.get(page).text
    assert "Exclusion zones: Witnesses that confirm" in shown
    assert "tried on the trails of 7 days of everybody within your reach (1 wearer)" in shown
    assert "not rehearsed yet" in boss.get("/settings").text
    refused = boss.post(f"{page}/publish", data={**hidden(shown), **WHEN, "words": ""})
    assert refused.status_code == 422
    assert "say in your own words why" in refused.text
    tried(centre)
    shown = boss.get(page).text
    assert "20 fixes of 1 wearer, in" in shown
    assert "zone entered, confirmed: 1 → 0; zone entered, only possible: 1 → 2" in shown
    assert "Demo Alder" in shown
    assert posted(boss, page, "publish", **WHEN) == "/settings?done=saved"
    (_, settings) = centre.line.state.register.settings[-1]
    assert (settings.version, settings.zone.confirm_fixes) == (1, 99)
    again = boss.post(f"{page}/publish", data={**hidden(shown), **WHEN})
    assert (again.status_code, "became version 1 already" in again.text) == (422, True)
    assert "Published as version 1" in boss.get(page).text


def test_without_a_rehearsal_it_takes_words_and_they_stay_with_the_version(enter, centre) -> None:
    boss = enter("administrator")
    page = proposed(boss, **{"battery.low_pct": "30"})
    assert "alters nothing that is found of a place" in boss.get(page).text
    posted(boss, page, "publish", **WHEN, words="Court asked for it")
    assert "without a rehearsal: Court asked for it" in boss.get(page).text
    second = proposed(boss, **{"battery.low_pct": "35"})
    posted(boss, second, "withdraw", words="No")
    assert "Withdrawn" in boss.get(second).text
    with centre.projections.connect() as connection:
        before = proposals(connection, 9)
    assert [kept.version for kept in before] == [0, 1]


def test_what_cannot_be_proposed_is_said(enter: Enter) -> None:
    boss = enter("administrator")
    form = boss.get("/settings/propose").text
    state = {**hidden(form), **inputs(form)}
    same = boss.post("/settings/propose", data=state)
    assert (same.status_code, "Nothing is other" in same.text) == (422, True)
    for name, value, says in (
        ("zone.floor", "many", "No zone&#39;s own warning below must be a number"),
        ("zone.floor", "0.5", "Exclusion zones: zone floor 0.5 must be above 0"),
        ("curfew.thresholds.protect", "0.995", "to accuse needs at least what to protect needs"),
    ):
        wrong = boss.post("/settings/propose", data={**state, name: value})
        assert (wrong.status_code, says in wrong.text) == (422, True), name
    assert enter("operator").get("/settings/propose").status_code == 403


def test_the_api_proposes_reads_publishes_and_withdraws(app, client, centre) -> None:
    headers = bearer(app, "administrator", Role.ADMINISTRATOR) | {"x-purpose": "upkeep"}
    path = "/api/v1/settings/proposals"
    settings = msgspec.to_builtins(DEFAULT_SETTINGS)
    settings["zone"]["thresholds"]["protect"] = 0.4
    body = {"settings": settings, "seen_version": 0}
    made = client.post(path, json=body, headers=headers)
    assert made.status_code == 200, made.text
    one = f"{path}/{made.json()['made_id']}"
    at = {"effective_from": 4_000_000_000_000_000}
    assert client.post(f"{one}/publish", json=at, headers=headers).status_code == 409
    tried(centre)
    found = client.get(one, headers=headers).json()
    assert found["kept"]["trial"]["tried"] == 1
    assert client.post(f"{one}/publish", json=at, headers=headers).status_code == 200
    assert client.post(f"{one}/withdraw", json={}, headers=headers).status_code == 409
    stale = client.post(path, json=body, headers=headers)
    assert (stale.status_code, "Version 1 was published" in stale.text) == (409, True)
    listed = client.get(path, headers=headers).json()["proposals"]
    assert [kept["version"] for kept in listed] == [1]
