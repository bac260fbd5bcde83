"""Crimes that come in are matched by batch; the pages show three lists, a map, and take words."""

import asyncio
from collections.abc import Callable, Sequence

import pytest
from sqlalchemy import select

from tagwatch.access.audit import Act, AuditLine, AuditTrail
from tagwatch.access.enrolment import now
from tagwatch.access.role import Role
from tagwatch.config import Config
from tagwatch.core.event import Event
from tagwatch.core.ids import ActivationId, TagId, WearerId
from tagwatch.core.person import Activation, Tag
from tagwatch.core.recorded_match import CrimeMatched
from tagwatch.core.units import DAY, MINUTE, Instant, utc
from tagwatch.engine.batch_audit import Tell, teller, told_first
from tagwatch.engine.centre import InProcessCentre
from tagwatch.engine.matching import Matching
from tagwatch.store import health, schema
from tagwatch.store.database import reading
from tagwatch.store.post import PostRefused, Refusal
from tests.ingest.files.crime_rows import row
from tests.web import sample
from tests.web.conftest import Enter
from tests.web.test_api import bearer
from tests.web.test_crimes import send
from tests.web.test_register import token
from tests.web.test_routes import audit


def stamp(at: Instant) -> str:
    return f"{utc(at):%Y%m%d%H%M%S}"


def crime(reference: str = "A", kind: str = "STK", minutes: int = 20, **cells: str) -> str:
    at = Instant(now() - minutes * MINUTE)
    place = {"latitude": f"{sample.HOME.lat_deg}", "longitude": f"{sample.HOME.lon_deg}"}
    when = {"start": stamp(at), "end": stamp(Instant(at + 5 * MINUTE))}
    return row(**{"reference": reference, "type": kind, **place, **when, **cells})


@pytest.fixture
def batch(centre: InProcessCentre) -> Callable[[], int]:
    """The batch process's look at what waits, once."""

    async def record(events: Sequence[Event]) -> None:
        centre.record(*events, at=now())
        centre.apply()

    return lambda: asyncio.run(Matching(centre.projections, record).step(asyncio.Event()))


def link(page: str, start: str) -> str:
    return start + page.split(f'href="{start}')[1].split('"', maxsplit=1)[0]


def test_a_crime_is_matched_shown_and_qualified(enter: Enter, batch, app, config) -> None:
    operator = enter("operator")
    place = send(operator, crime(), profile="stalking").headers["location"].split("?")[0]
    waiting = operator.get(f"{place}/matches").text
    assert "not matched yet" in waiting
    assert "Not matched yet" in operator.get(link(waiting, "/crime/")).text
    assert batch() == 1
    assert batch() == 0
    lists = operator.get(link(operator.get(f"{place}/matches").text, "/crime/")).text
    assert "Demo Alder" in lists
    assert "A1, A2" in lists
    assert "overlap-50" in lists
    address = link(lists, "/matches/")
    page = operator.get(address).text
    assert "Demo Alder: matched" in page
    assert "TW-0001" in page
    empty = operator.post(address, data={"_csrf_token": token(page), "verdict": "explained"})
    assert empty.status_code == 422
    assert "Say in words why" in empty.text
    said = {"_csrf_token": token(page), "verdict": "explained", "words": "He <lives> there"}
    assert operator.post(address, data=said, follow_redirects=False).status_code == 303
    page = operator.get(address).text
    assert "He &lt;lives&gt; there" in page
    assert "Demo Operator" in page
    assert "/wearers/w_own/trail/export?format=moj-full&amp;from=" in page
    table = operator.get(f"{place}/matches.csv").text.splitlines()
    assert table[0].startswith("POLICE FORCE,BATCH ID,CRIME REF")
    assert "TW-0001,unknown,w_own,Demo Alder" in table[1]
    lines = [(one.act, one.question, one.purpose) for one in audit(config, app)]
    assert (Act.COMBINATION, "match", "crime_matching") in lines
    assert (Act.ALTERATION, "qualify_match", "crime_matching") in lines
    assert (Act.DISCLOSURE, "matches_csv", "crime_matching") in lines


def test_only_wearers_whose_order_allows_it_are_looked_at(enter: Enter, batch, config) -> None:
    operator = enter("operator")
    tag = Tag(tag_id=TagId("t_hidden"), serial="TW-0009")
    worn = Activation(
        activation_id=ActivationId("act_hidden"),
        tag_id=tag.tag_id,
        wearer_id=WearerId("w_hidden"),
        started_at=Instant(now() - DAY),
    )
    ids = {"tag_id": worn.tag_id, "wearer_id": worn.wearer_id, "started_at": worn.started_at}
    sample.put(
        config,
        (schema.tag, {"tag_id": tag.tag_id, "serial": tag.serial, "body": sample.body(tag)}),
        (
            schema.activation,
            {"activation_id": worn.activation_id, **ids, "body": sample.body(worn)},
        ),
    )
    place = send(operator, crime(kind="RB")).headers["location"].split("?")[0]
    assert batch() == 1
    lists = operator.get(link(operator.get(f"{place}/matches").text, "/crime/")).text
    assert "1 wearers with a tag on were not looked at" in lists, "the restricted one uncounted"
    assert "Demo Alder" not in lists
    assert "That is a result" in lists


def test_a_new_run_leaves_the_old_one_and_shows_what_differs(enter: Enter, batch, config) -> None:
    operator = enter("operator")
    before = crime(minutes=90)
    place = send(operator, before, profile="stalking").headers["location"].split("?")[0]
    batch()
    address = link(operator.get(f"{place}/matches").text, "/crime/")
    assert "Demo Alder" in operator.get(address).text.split("Could not be excluded</h2>")[1]
    late = sample.trail_row(ago=90 * MINUTE, seq=8)
    sample.put(config, (schema.trail_block, late))
    page = operator.get(f"{place}/matches").text
    again = {"_csrf_token": token(page), "rule": "overlap-50"}
    answer = operator.post(f"{place}/matches", data=again, follow_redirects=False)
    assert answer.status_code == 303
    assert "a new run was asked for" in operator.get(f"{place}/matches").text
    assert batch() == 1
    lists = operator.get(address).text
    assert "What differs from the run" in lists
    assert "Demo Alder: could not be excluded before, matched now" in lists
    assert "All runs" in lists
    assert operator.get(f"{address}?run=mr_none").status_code == 404


def test_whoever_is_outside_of_scope_is_counted_and_not_named(enter: Enter, batch) -> None:
    police = enter("police")
    other = send(police, crime(kind="RB")).headers["location"].split("?")[0]
    batch()
    lists = police.get(link(police.get(f"{other}/matches").text, "/crime/")).text
    assert "Wearers whose orders do not allow this matching were not looked at" in lists
    place = send(police, crime(), profile="stalking").headers["location"].split("?")[0]
    batch()
    lists = police.get(link(police.get(f"{place}/matches").text, "/crime/")).text
    assert "Demo Alder" not in lists
    assert "1 people on these lists are outside your scope" in lists
    assert len(police.get(f"{place}/matches.csv").text.splitlines()) == 1


def test_programs_ask_the_same(enter: Enter, batch, client, app) -> None:
    place = send(enter("operator"), crime(), profile="stalking").headers["location"].split("?")[0]
    batch()
    client.cookies.clear()
    headers = bearer(app, "operator", Role.OPERATOR) | {"x-purpose": "crime_matching"}
    found = client.get(f"/api/v1{place}/matches", headers=headers).json()
    (one,) = found["crimes"]
    assert one["run"]["matched"] == 1
    lists = client.get(f"/api/v1/crime/{one['crime_id']}/matches", headers=headers).json()
    match_id = lists["matched"][0]["match_id"]
    seen = client.get(f"/api/v1/matches/{match_id}", headers=headers).json()
    assert "A1" in [fix["label"] for fix in seen["person"]["fixes"]]
    said = {"verdict": "cannot_say", "words": "Too few fixes"}
    done = client.post(f"/api/v1/matches/{match_id}/words", json=said, headers=headers)
    assert done.json()["applied"] == "applied", done.text
    again = client.post(
        f"/api/v1/crime/{one['crime_id']}/matches", json={"rule": "probability"}, headers=headers
    )
    assert again.json()["applied"] == "applied"
    assert batch() == 1
    lists = client.get(f"/api/v1/crime/{one['crime_id']}/matches", headers=headers).json()
    assert lists["run"]["settings"]["rule"] == "probability"
    assert lists["run"]["trigger"] == "manual"
    assert lists["matched"][0]["match"]["probability"] > 0.9


def runs(centre: InProcessCentre) -> list[str]:
    with reading(centre.projections) as connection:
        return sorted(connection.scalars(select(schema.crime_match_run.c.crime_id)))


def parts(centre: InProcessCentre) -> dict[str, str]:
    with reading(centre.projections) as connection:
        return {row["part"]: str(row["state"]) for row in health.parts(connection)}


def test_stopped_in_the_middle_no_crime_is_matched_twice_and_none_is_lost(enter, centre) -> None:
    rows = "\n".join(crime(reference=f"R{n}", minutes=20 + n) for n in range(6))
    send(enter("operator"), rows, profile="stalking")
    stop = asyncio.Event()

    class Killed(Exception):
        pass

    left = [5]

    async def dying(events: Sequence[Event]) -> None:
        if not left[0]:
            raise Killed  # between the people of a run and the run itself
        left[0] -= 1
        centre.record(*events, at=now())
        centre.apply()
        if len(runs(centre)) == 4:
            stop.set()

    with pytest.raises(Killed):
        asyncio.run(Matching(centre.projections, dying).step(asyncio.Event()))
    assert len(runs(centre)) == 2
    left[0] = 1000
    assert asyncio.run(Matching(centre.projections, dying).step(stop)) == 2
    assert len(runs(centre)) == 4
    assert asyncio.run(Matching(centre.projections, dying).step(asyncio.Event())) == 2
    assert len(set(runs(centre))) == len(runs(centre)) == 6
    assert asyncio.run(Matching(centre.projections, dying).step(asyncio.Event())) == 0


def test_whom_a_run_found_is_on_the_audit_before_the_journal(
    enter: Enter, centre: InProcessCentre, config: Config
) -> None:
    send(enter("operator"), crime(), profile="stalking")
    told: list[AuditLine] = []

    async def record(events: Sequence[Event]) -> None:
        if any(isinstance(event, CrimeMatched) for event in events):
            assert told, "the audit has it first"
        centre.record(*events, at=now())
        centre.apply()

    def matched(tell: Tell) -> int:
        matching = Matching(centre.projections, told_first(record, tell))
        return asyncio.run(matching.step(asyncio.Event()))

    audit = AuditTrail.open(config, "closed")
    audit.close()
    assert matched(teller(audit)) == 0, "without the audit nothing is matched"
    assert runs(centre) == []
    assert matched(told.extend) == 1
    people, run = told
    assert {(line.act, line.question) for line in told} == {(Act.COMBINATION, "crime_matched")}
    assert "w_own" in people.ids
    assert set(runs(centre)) & set(run.ids), "the crime"
    assert people.ids[0] in run.ids, "one run"


def test_a_run_that_cannot_be_recorded_is_put_off_and_shown_on_health(enter, centre) -> None:
    send(enter("operator"), "\n".join([crime("A"), crime("B", minutes=30)]), profile="stalking")
    clock, tries, refuses = [0.0], [0], [True]

    async def record(events: Sequence[Event]) -> None:
        if refuses[0] and any(isinstance(event, CrimeMatched) for event in events):
            tries[0] += 1
            raise PostRefused(Refusal.BAD, "a record of 9 MB is more than 8 MB")
        centre.record(*events, at=now())
        centre.apply()

    matching = Matching(centre.projections, record, lambda: clock[0])

    def step() -> int:
        return asyncio.run(matching.step(asyncio.Event()))

    assert step() == 0
    assert tries[0] == 2, "the second crime does not wait for the first"
    assert parts(centre)["crime matching"] == "ailing"
    assert "9 MB" in enter("administrator").get("/health").text
    clock[0] = 4.9
    assert step() == 0
    assert tries[0] == 2
    clock[0] = 5.0
    step()
    assert tries[0] == 4
    clock[0] = 14.9
    step()
    assert tries[0] == 4, "the second wait is twice as long"
    clock[0], refuses[0] = 15.0, False
    assert step() == 2
    assert parts(centre)["crime matching"] == "healthy"
    assert len(runs(centre)) == 2
