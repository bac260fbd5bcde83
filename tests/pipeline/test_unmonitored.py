"""Ordered but not monitored: alarmed once, ended by the tag, equal on a rebuild."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from tagwatch.config import Config
from tagwatch.core import ledger
from tagwatch.core.alert import Alert, AlertKind
from tagwatch.core.exemption import Exemption, ExemptionCause
from tagwatch.core.outcome import AlertState, Phase, Severity
from tagwatch.core.units import DAY, HOUR, MINUTE, Instant
from tagwatch.engine.centre import InProcessCentre
from tagwatch.engine.rebuild import rebuild
from tagwatch.store import alerts
from tagwatch.store.database import reading
from tests.walk.content import content
from tests.walk.timeline import BY, HOME, START, contacts, fix, frame, register

DUE = Instant(START + DAY)


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[InProcessCentre]:
    with InProcessCentre.open(Config(data=tmp_path / "data")) as found:
        yield found


def record(centre: InProcessCentre, at: int, *events: ledger.Event) -> None:
    centre.record(*events, at=Instant(at))
    centre.apply()


def tick(centre: InProcessCentre, at: int) -> None:
    record(centre, at, ledger.Tick(at=Instant(at), monotonic_us=at))


def found(centre: InProcessCentre) -> list[Alert]:
    with reading(centre.projections) as connection:
        every = alerts.every_alert(connection)
    return [each for each in every if each.kind is AlertKind.NOT_MONITORED]


def without_tag() -> tuple[list[ledger.Event], ledger.ActivationStarted]:
    events = register("w1", START)
    fitted = next(e for e in events if isinstance(e, ledger.ActivationStarted))
    return [*contacts(), *(e for e in events if e is not fitted)], fitted


def test_an_order_without_a_tag_alarms_once_and_ends_when_the_tag_reports(
    tmp_path: Path, centre: InProcessCentre
) -> None:
    events, fitted = without_tag()
    record(centre, START, *events)
    tick(centre, DUE - 1)
    assert found(centre) == []
    tick(centre, DUE)
    tick(centre, DUE + MINUTE)
    (raised,) = found(centre)
    assert (raised.severity, raised.happened_at) == (Severity.URGENT, START)
    assert "no tag is on him" in raised.sentence
    at = Instant(DUE + HOUR)
    on = msgspec.structs.replace(fitted.activation, started_at=at)
    record(centre, at, ledger.ActivationStarted(activation=on, by=BY))
    tick(centre, at + MINUTE)
    assert found(centre)[0].phase is Phase.OPEN, "a mute tag monitors nobody"
    record(centre, at + 2 * MINUTE, frame([fix(HOME, Instant(at + 2 * MINUTE))]))
    tick(centre, at + 3 * MINUTE)
    (ended,) = found(centre)
    assert ended.phase is Phase.ENDED
    assert ended.state is not AlertState.CLOSED, "a person is protected: somebody must look"
    before = content(centre.projections, sent=False)
    head = centre.writer.head().seq
    centre.line.close()
    rebuild(Config(data=tmp_path / "data"), centre.writer, head)
    centre.line = type(centre.line).open(Config(data=tmp_path / "data"), centre.writer)
    after = content(centre.projections, sent=False)
    for table, rows in before.items():
        assert after[table] == rows, table


def test_a_tag_that_comes_off_starts_the_clock_anew(centre: InProcessCentre) -> None:
    record(centre, START, *contacts(), *register("w1", START))
    record(centre, START + MINUTE, frame([fix(HOME, Instant(START + MINUTE))]))
    off = Instant(START + 2 * DAY)
    tick(centre, off)
    assert found(centre) == []
    ended = ledger.ActivationEnded(activation_id="a_w1", ended_at=off, reason="faulty", by=BY)
    record(centre, off, ended)
    tick(centre, off + DAY - 1)
    assert found(centre) == []
    centre.line.resume(centre.writer.head().seq)
    tick(centre, off + DAY)
    (raised,) = found(centre)
    assert raised.happened_at == off


def test_in_custody_nobody_waits_for_a_tag(centre: InProcessCentre) -> None:
    events, _ = without_tag()
    custody = Exemption(
        exemption_id="x1",
        version=1,
        wearer_id="w1",
        cause=ExemptionCause.CUSTODY,
        starts_at=START,
        ends_at=Instant(DUE + DAY),
        words="remanded",
        approved_by="court",
    )
    record(centre, START, *events, ledger.ExemptionRecorded(exemption=custody, by=BY))
    tick(centre, DUE)
    tick(centre, DUE + HOUR)
    assert found(centre) == []
    tick(centre, DUE + DAY + HOUR)
    tick(centre, DUE + 2 * DAY - 1)
    assert found(centre) == [], "the clock counts from his release"
    tick(centre, DUE + 2 * DAY)
    assert [alert.happened_at for alert in found(centre)] == [DUE + DAY]
