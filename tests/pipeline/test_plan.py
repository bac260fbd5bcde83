"""Risk plans on the line: the next version only, reviews that alarm once, and equal rebuilds."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from tagwatch.config import Config
from tagwatch.core.alert import AlertKind
from tagwatch.core.ledger import (
    AlertClosed,
    AppearanceRecorded,
    Event,
    PlanRecorded,
    PlanReviewed,
    RiskNoted,
    Tick,
)
from tagwatch.core.outcome import AlertState, Disposition, Severity
from tagwatch.core.risk_plan import AtRisk, RiskPlan
from tagwatch.core.units import DAY, MINUTE, Instant
from tagwatch.engine.centre import InProcessCentre
from tagwatch.engine.rebuild import rebuild
from tagwatch.store import alerts
from tagwatch.store.database import reading
from tests.walk.content import content
from tests.walk.timeline import BY, START, contacts, register

REVIEW = Instant(START + DAY)
PLAN = RiskPlan(
    wearer_id="w1",
    version=1,
    review_at=REVIEW,
    at_risk=(AtRisk(person_id="p1"), AtRisk(who="any future partner")),
    contingency=("If he comes near at night, ring the night desk",),
)


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[InProcessCentre]:
    with InProcessCentre.open(Config(data=tmp_path / "data")) as found:
        found.record(*contacts(), *register("w1", START), at=START)
        found.apply()
        yield found


def record(centre: InProcessCentre, event: Event, at: int) -> None:
    centre.record(event, at=Instant(at))
    centre.apply()


def recorded(plan: RiskPlan, at: int) -> PlanRecorded:
    return PlanRecorded(plan=plan, at=Instant(at), by=BY)


def tick(centre: InProcessCentre, at: int) -> None:
    record(centre, Tick(at=Instant(at), monotonic_us=at), at)


def reviews(centre: InProcessCentre) -> list[alerts.Alert]:
    with reading(centre.projections) as connection:
        every = alerts.every_alert(connection)
    return [found for found in every if found.kind is AlertKind.PLAN_REVIEW]


def versions(centre: InProcessCentre) -> list[int]:
    return [row["version"] for row in content(centre.projections)["risk_plan_version"]]


def test_only_the_next_version_is_taken_in(centre: InProcessCentre) -> None:
    record(centre, recorded(PLAN, START), START)
    second = msgspec.structs.replace(PLAN, version=2, triggers=("anniversaries",))
    record(centre, recorded(second, START + 1), START + 1)
    rival = msgspec.structs.replace(PLAN, version=2, triggers=("something else",))
    record(centre, recorded(rival, START + 2), START + 2)
    assert versions(centre) == [1, 2]
    (now,) = content(centre.projections)["risk_plan"]
    assert msgspec.json.decode(now["body"], type=RiskPlan) == second


def test_an_overdue_review_alarms_once_and_ends_with_the_review(centre: InProcessCentre) -> None:
    record(centre, recorded(PLAN, START), START)
    tick(centre, REVIEW - 1)
    assert reviews(centre) == []
    tick(centre, REVIEW)
    tick(centre, REVIEW + MINUTE)
    (raised,) = reviews(centre)
    assert (raised.severity, raised.wearer_id) == (Severity.ROUTINE, "w1")
    told = [
        row
        for row in content(centre.projections)["notification"]
        if row["alert_id"] == raised.alert_id
    ]
    assert {msgspec.json.decode(row["body"])["reason"] for row in told} == {"plan_review"}
    later = Instant(REVIEW + DAY)
    done = PlanReviewed(
        wearer_id="w1", version=2, review_at=later, at=Instant(REVIEW + 2), by=BY, words="as it was"
    )
    record(centre, done, REVIEW + 2 * MINUTE)
    (ended,) = reviews(centre)
    assert ended.state is AlertState.CLOSED
    assert versions(centre) == [1, 2]
    tick(centre, later)
    assert len(reviews(centre)) == 2


def test_closed_by_a_person_it_does_not_come_back_for_the_same_date(
    centre: InProcessCentre,
) -> None:
    record(centre, recorded(PLAN, START), START)
    tick(centre, REVIEW)
    (raised,) = reviews(centre)
    closed = AlertClosed(
        alert_id=raised.alert_id,
        at=Instant(REVIEW + 1),
        by=BY,
        disposition=Disposition.EXPLAINED,
        words="on Monday",
    )
    record(centre, closed, REVIEW + 1)
    centre.line.resume(centre.writer.head().seq)
    tick(centre, REVIEW + MINUTE)
    (same,) = reviews(centre)
    assert same.state is AlertState.CLOSED


def test_a_rebuild_gives_the_same(tmp_path: Path, centre: InProcessCentre) -> None:
    record(centre, recorded(PLAN, START), START)
    noted = RiskNoted(wearer_id="w1", at=START, by=BY, words="calmer this week")
    record(centre, noted, START)
    looks = AppearanceRecorded(wearer_id="w1", description="red coat", at=START, by=BY)
    record(centre, looks, START)
    tick(centre, REVIEW)
    record(centre, recorded(msgspec.structs.replace(PLAN, version=3), REVIEW), REVIEW + 1)
    before = content(centre.projections, sent=False)
    head = centre.writer.head().seq
    config = Config(data=tmp_path / "data")
    centre.line.close()
    rebuild(config, centre.writer, head)
    centre.line = type(centre.line).open(config, centre.writer)
    after = content(centre.projections, sent=False)
    for table, rows in before.items():
        assert after[table] == rows, table
