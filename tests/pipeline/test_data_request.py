"""Data requests on the line: a late answer alarms once, approvals and access end by themselves, of
two at once the second changes nothing, and all of it rebuilds equal."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from tagwatch.config import Config
from tagwatch.core.alert import Alert, AlertKind
from tagwatch.core.data_request import DataRequest, RequestState, RequestUrgency
from tagwatch.core.dip_sample import SampledRequest, SampleFinding
from tagwatch.core.ids import NamedRequestId, RequestId, WearerId
from tagwatch.core.ledger import (
    Event,
    RequestApproved,
    RequestAsked,
    RequestAuthenticated,
    RequestFetched,
    RequestNamed,
    RequestReleased,
    SampleDrawn,
    SampleReviewed,
    Tick,
)
from tagwatch.core.named_request import Named, NamedRequest, NamedState
from tagwatch.core.outcome import Phase, Severity
from tagwatch.core.units import DAY, HOUR, Instant
from tagwatch.engine.centre import InProcessCentre
from tagwatch.engine.rebuild import rebuild
from tagwatch.store import alerts
from tagwatch.store.data_requests import request_of
from tagwatch.store.database import reading
from tagwatch.store.named_requests import named_of
from tests.core.test_data_request import ASKED, ONE, TWO, approval, identified, release
from tests.walk.content import content
from tests.walk.timeline import START, contacts, register

DUE = Instant(START + HOUR)
ASK = msgspec.structs.replace(
    ASKED,
    wearer_id=WearerId("w1"),
    urgency=RequestUrgency.LIFE,
    asked_at=START,
    recorded_at=START,
    due_at=DUE,
    minimum=msgspec.structs.replace(ASKED.minimum, start=START - DAY, end=START),
)


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[InProcessCentre]:
    with InProcessCentre.open(Config(data=tmp_path / "data")) as found:
        found.record(*contacts(), *register("w1", START), at=START)
        found.record(RequestAsked(request=ASK), at=START)
        found.apply()
        yield found


def acted(kind: type[Event], seen: int, at: int, **more: object) -> Event:
    return kind(request_id="dr_1", wearer_id="w1", seen=seen, at=Instant(at), by=ONE, **more)


def given(at: int) -> Event:
    until = Instant(at + DAY)
    said = approval(
        minimum=ASK.minimum, at=Instant(at), release_until=until, access_until=Instant(at + 2 * DAY)
    )
    return acted(RequestApproved, 2, at, approval=said)


def record(centre: InProcessCentre, at: int, *events: Event) -> None:
    centre.record(*events, at=Instant(at))
    centre.apply()


def tick(centre: InProcessCentre, at: int) -> None:
    record(centre, at, Tick(at=Instant(at), monotonic_us=at))


def late(centre: InProcessCentre) -> list[Alert]:
    with reading(centre.projections) as connection:
        every = alerts.every_alert(connection)
    return [found for found in every if found.kind is AlertKind.REQUEST_OVERDUE]


def now(centre: InProcessCentre) -> DataRequest:
    with reading(centre.projections) as connection:
        found = request_of(connection, RequestId("dr_1"))
    assert found is not None
    return found


def test_a_late_answer_alarms_and_access_ends_by_itself(
    centre: InProcessCentre, tmp_path: Path
) -> None:
    tick(centre, DUE - 1)
    assert late(centre) == []
    tick(centre, DUE)
    tick(centre, DUE + 1)
    (raised,) = late(centre)
    assert (raised.severity, raised.wearer_id, raised.happened_at) == (Severity.LIFE, "w1", DUE)
    at = DUE + HOUR
    record(centre, at, acted(RequestAuthenticated, 1, at, identified=identified()))
    record(centre, at, acted(RequestAuthenticated, 1, at, identified=identified()))
    assert now(centre).version == 2, "of two at once the second changes nothing"
    record(centre, at, given(at))
    assert late(centre)[0].phase is Phase.OPEN, "to approve is no answer"
    record(centre, at, acted(RequestReleased, 3, at, release=release(at)))
    (ended,) = late(centre)
    assert ended.phase is Phase.ENDED
    fetched = {"file": "fixes.csv", "sha256": "0" * 64}
    record(
        centre, at, acted(RequestFetched, 4, at, **fetched), acted(RequestFetched, 4, at, **fetched)
    )
    tick(centre, at + DAY)
    centre.line.resume(centre.writer.head().seq)
    assert now(centre).state is RequestState.RELEASED, "the approval was used"
    tick(centre, at + 2 * DAY)
    assert now(centre).state is RequestState.EXPIRED
    sample = SampledRequest("police", RequestId("dr_1"))
    record(
        centre,
        at + 2 * DAY,
        SampleDrawn(
            month="2026-10",
            seed="0" * 64,
            head_seq=1,
            drawn=(sample,),
            counted=(("police", 1),),
            at=Instant(at),
            due_at=Instant(at + DAY),
        ),
        *(
            SampleReviewed(
                month="2026-10",
                request_id=RequestId("dr_1"),
                wearer_id=WearerId("w1"),
                finding=finding,
                words="looked",
                at=Instant(at),
                by=TWO,
            )
            for finding in (SampleFinding.IN_ORDER, SampleFinding.TOO_MUCH)
        ),
    )
    before = content(centre.projections, sent=False)
    (row,) = before["request_sample"]
    assert row["finding"] == "in_order", "the first review stands"
    assert len(before["request_fetch"]) == 2
    centre.line.close()
    config = Config(data=tmp_path / "data")
    rebuild(config, centre.writer, centre.writer.head().seq)
    centre.line = type(centre.line).open(config, centre.writer)
    assert content(centre.projections, sent=False) == before


def test_an_approval_that_nobody_uses_runs_out(centre: InProcessCentre) -> None:
    record(
        centre, START, acted(RequestAuthenticated, 1, START, identified=identified()), given(START)
    )
    tick(centre, DUE)
    tick(centre, START + DAY - 1)
    tick(centre, START + DAY)
    assert (now(centre).state, now(centre).settled_at) == (RequestState.EXPIRED, START + DAY)
    assert late(centre)[0].phase is Phase.ENDED


def test_what_is_late_and_over_at_one_tick_is_raised_and_ended(centre: InProcessCentre) -> None:
    record(
        centre, START, acted(RequestAuthenticated, 1, START, identified=identified()), given(START)
    )
    tick(centre, START + 2 * DAY)
    assert now(centre).state is RequestState.EXPIRED
    (alert,) = late(centre)
    assert (alert.happened_at, alert.phase) == (DUE, Phase.ENDED)


def a_name(state: NamedState = NamedState.WAITING, version: int = 1, at: int = START) -> Event:
    asked = msgspec.structs.replace(ASK, request_id=RequestId("dr_2"), wearer_id=WearerId(""))
    return RequestNamed(
        request=NamedRequest(
            named_id=NamedRequestId("nr_1"),
            named=Named(name="Demo Nobody", born="1989-04-27"),
            asked=asked,
            version=version,
            state=state,
            at=Instant(at),
            by=ONE,
        )
    )


def test_a_request_about_a_named_person_alarms_of_no_wearer_until_it_is_settled(
    centre: InProcessCentre,
) -> None:
    record(centre, START, a_name())
    tick(centre, DUE + HOUR)
    (alarm,) = [each for each in late(centre) if each.wearer_id is None]
    assert (alarm.phase, alarm.severity) == (Phase.OPEN, Severity.LIFE)
    settled = a_name(NamedState.NOTHING, 2, DUE + 2 * HOUR)
    record(centre, DUE + 2 * HOUR, settled, a_name(NamedState.WITHDRAWN, 2, DUE + 2 * HOUR))
    (alarm,) = [each for each in late(centre) if each.wearer_id is None]
    assert alarm.phase is Phase.ENDED
    with reading(centre.projections) as connection:
        held = named_of(connection, NamedRequestId("nr_1"))
    assert held is not None
    assert held.state is NamedState.NOTHING, "of two at once the second changes nothing"
