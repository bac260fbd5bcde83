"""Tasks of a case on the line: overdue ones alarm once, end when done, and rebuild equal."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from tagwatch.config import Config
from tagwatch.core.alert import Alert, AlertKind
from tagwatch.core.case import Case, Task
from tagwatch.core.ids import AlertId, CaseId, WearerId
from tagwatch.core.ledger import CaseOpened, Event, TaskDone, TaskSet, Tick
from tagwatch.core.outcome import AlertState, Phase, Severity
from tagwatch.core.units import DAY, MINUTE, Instant
from tagwatch.engine.centre import InProcessCentre
from tagwatch.engine.rebuild import rebuild
from tagwatch.store import alerts
from tagwatch.store.database import reading
from tests.walk.content import content
from tests.walk.timeline import BY, START, contacts, register

DUE = Instant(START + DAY)
CASE = Case(
    case_id=CaseId("ca_1"),
    wearer_id=WearerId("w1"),
    title="three evenings",
    opened_at=START,
    opened_by=BY,
    alerts=(AlertId("al_1"),),
)


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[InProcessCentre]:
    with InProcessCentre.open(Config(data=tmp_path / "data")) as found:
        found.record(*contacts(), *register("w1", START), at=START)
        found.record(CaseOpened(case=CASE), task(1, "ta_1", DUE), at=START)
        found.record(task(2, "ta_2", Instant(DUE + DAY)), at=START)
        found.apply()
        yield found


def task(seen: int, name: str, due_at: Instant) -> TaskSet:
    return TaskSet(
        case_id=CASE.case_id,
        wearer_id=CASE.wearer_id,
        seen=seen,
        at=START,
        by=BY,
        task=Task(task_id=name, words="send the letter", due_at=due_at, set_by=BY),
    )


def done(seen: int, name: str, at: int) -> TaskDone:
    return TaskDone(
        case_id=CASE.case_id,
        wearer_id=CASE.wearer_id,
        seen=seen,
        at=Instant(at),
        by=BY,
        task_id=name,
        words="sent",
    )


def record(centre: InProcessCentre, event: Event, at: int) -> None:
    centre.record(event, at=Instant(at))
    centre.apply()


def tick(centre: InProcessCentre, at: int) -> None:
    record(centre, Tick(at=Instant(at), monotonic_us=at), at)


def overdue(centre: InProcessCentre) -> list[Alert]:
    with reading(centre.projections) as connection:
        every = alerts.every_alert(connection)
    return [found for found in every if found.kind is AlertKind.TASK_OVERDUE]


def test_an_overdue_task_alarms_once_and_ends_when_it_is_done(centre: InProcessCentre) -> None:
    tick(centre, DUE - 1)
    assert overdue(centre) == []
    tick(centre, DUE)
    centre.line.resume(centre.writer.head().seq)
    tick(centre, DUE + MINUTE)
    (raised,) = overdue(centre)
    assert (raised.severity, raised.wearer_id, raised.happened_at) == (Severity.ROUTINE, "w1", DUE)
    told = [
        msgspec.json.decode(row["body"])
        for row in content(centre.projections)["notification"]
        if row["alert_id"] == raised.alert_id
    ]
    assert {(each["reason"], each["duty"]) for each in told} == {("task_overdue", "probation")}
    record(centre, done(3, "ta_1", DUE + 2 * MINUTE), DUE + 2 * MINUTE)
    (ended,) = overdue(centre)
    assert (ended.state, ended.phase) == (AlertState.CLOSED, Phase.ENDED)
    tick(centre, DUE + DAY)
    assert len(overdue(centre)) == 2, "the other task has a time of its own"


def test_what_was_done_in_time_never_alarms(centre: InProcessCentre) -> None:
    record(centre, done(3, "ta_1", DUE - 2), DUE - 2)
    tick(centre, DUE)
    assert overdue(centre) == []


def test_a_rebuild_gives_the_same(tmp_path: Path, centre: InProcessCentre) -> None:
    tick(centre, DUE)
    record(centre, done(3, "ta_1", DUE + 1), DUE + 1)
    tick(centre, DUE + DAY)
    before = content(centre.projections, sent=False)
    centre.line.close()
    config = Config(data=tmp_path / "data")
    rebuild(config, centre.writer, centre.writer.head().seq)
    centre.line = type(centre.line).open(config, centre.writer)
    assert content(centre.projections, sent=False) == before
