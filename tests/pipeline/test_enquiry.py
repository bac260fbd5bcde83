"""Enquiries on the line: a late answer alarms once, ends when it is given, and rebuilds equal."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from tagwatch.config import Config
from tagwatch.core.alert import Alert, AlertKind
from tagwatch.core.enquiry import AskedUrgency, Enquiry
from tagwatch.core.ids import AccountId, EnquiryId, WearerId
from tagwatch.core.ledger import (
    EnquiryAnswered,
    EnquiryLogged,
    EnquiryTaken,
    Event,
    PhotoRecorded,
    Tick,
)
from tagwatch.core.outcome import AlertState, Phase, Severity
from tagwatch.core.units import HOUR, MINUTE, Instant
from tagwatch.engine.centre import InProcessCentre
from tagwatch.engine.rebuild import rebuild
from tagwatch.store import alerts
from tagwatch.store.database import reading
from tests.core.test_enquiry import ASKED
from tests.walk.content import content
from tests.walk.timeline import BY, START, contacts, register

DUE = Instant(START + HOUR)
ONE = msgspec.structs.replace(
    ASKED,
    received_at=START,
    recorded_at=START,
    due_at=DUE,
    wearer_id=WearerId("w1"),
    urgency=AskedUrgency.IMMEDIATE,
)


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[InProcessCentre]:
    with InProcessCentre.open(Config(data=tmp_path / "data")) as found:
        found.record(*contacts(), *register("w1", START), at=START)
        found.record(EnquiryLogged(enquiry=ONE), EnquiryLogged(enquiry=other()), at=START)
        found.apply()
        yield found


def other() -> Enquiry:
    return msgspec.structs.replace(
        ONE, enquiry_id=EnquiryId("en_2"), urgency=AskedUrgency.ROUTINE, due_at=Instant(DUE + HOUR)
    )


def acted(kind: type[Event], seen: int, at: int, **more: object) -> Event:
    return kind(
        enquiry_id=ONE.enquiry_id, wearer_id=ONE.wearer_id, seen=seen, at=Instant(at), by=BY, **more
    )


def record(centre: InProcessCentre, event: Event, at: int) -> None:
    centre.record(event, at=Instant(at))
    centre.apply()


def tick(centre: InProcessCentre, at: int) -> None:
    record(centre, Tick(at=Instant(at), monotonic_us=at), at)


def late(centre: InProcessCentre) -> list[Alert]:
    with reading(centre.projections) as connection:
        every = alerts.every_alert(connection)
    return [found for found in every if found.kind is AlertKind.ENQUIRY_OVERDUE]


def test_a_late_answer_alarms_once_and_ends_when_it_is_given(centre: InProcessCentre) -> None:
    tick(centre, DUE - 1)
    assert late(centre) == []
    tick(centre, DUE)
    centre.line.resume(centre.writer.head().seq)
    tick(centre, DUE + MINUTE)
    (raised,) = late(centre)
    assert (raised.severity, raised.wearer_id, raised.happened_at) == (Severity.URGENT, "w1", DUE)
    told = [
        msgspec.json.decode(row["body"])
        for row in content(centre.projections)["notification"]
        if row["alert_id"] == raised.alert_id
    ]
    assert {each["reason"] for each in told} == {"enquiry_overdue"}
    assert {each["duty"] for each in told} >= {"probation"}
    at = DUE + 2 * MINUTE
    record(centre, acted(EnquiryTaken, 1, at, to=AccountId("ac_me")), at)
    assert late(centre)[0].phase is Phase.OPEN, "to take it on is no answer"
    record(centre, acted(EnquiryAnswered, 2, at, words="he was not seen near it"), at)
    (ended,) = late(centre)
    assert (ended.state, ended.phase) == (AlertState.CLOSED, Phase.ENDED)
    tick(centre, DUE + HOUR)
    assert [each.severity for each in late(centre)].count(Severity.ROUTINE) == 1


def test_of_two_at_once_the_second_overwrites_nothing_and_a_rebuild_gives_the_same(
    tmp_path: Path, centre: InProcessCentre
) -> None:
    at = START + MINUTE
    record(centre, acted(EnquiryAnswered, 1, at, words="no"), at)
    record(centre, acted(EnquiryAnswered, 1, at + 1, words="yes"), at + 1)
    record(centre, acted(EnquiryTaken, 2, at + 2, to=AccountId("ac_me")), at + 2)
    photo = PhotoRecorded(
        wearer_id="w1", photo_id="ph_1", content=b"\xff\xd8", taken_on="2026-11-02", at=START, by=BY
    )
    record(centre, photo, at + 3)
    tick(centre, DUE)
    assert late(centre) == [], "answered in time"
    tick(centre, DUE + HOUR)
    before = content(centre.projections, sent=False)
    (row,) = [each for each in before["enquiry"] if each["enquiry_id"] == "en_1"]
    assert msgspec.json.decode(row["body"])["answer"] == "no"
    assert [(each["photo_id"], each["size_bytes"]) for each in before["photo"]] == [("ph_1", 2)]
    centre.line.close()
    config = Config(data=tmp_path / "data")
    rebuild(config, centre.writer, centre.writer.head().seq)
    centre.line = type(centre.line).open(config, centre.writer)
    assert content(centre.projections, sent=False) == before
