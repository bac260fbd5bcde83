"""A message to her side that does not arrive raises an alert, until she was told after all."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from tagwatch.config import Config
from tagwatch.core.alert import AUTOMATIC, AlertKind
from tagwatch.core.ids import AccountId, NotificationId
from tagwatch.core.ledger import ContactRecorded, HoldRecorded, NoticeDecided, ReceiptRecorded
from tagwatch.core.notice import Hold, NoticeState, NoticeVerdict
from tagwatch.core.order import LegalBasis, Order, Programme
from tagwatch.core.outcome import AlertState, Phase, Severity
from tagwatch.core.person import Channel
from tagwatch.core.recorded_delivery import AttemptResult
from tagwatch.core.recorded_register import ActivationEnded, OrderRecorded, PersonRecorded
from tagwatch.core.settings import AlertSettings
from tagwatch.core.units import HOUR, MINUTE, Instant
from tagwatch.engine.centre import InProcessCentre
from tagwatch.engine.rebuild import rebuild
from tests.pipeline.side import (
    HER,
    HERS,
    SPEAKER,
    alerts,
    attempted,
    messages,
    notices,
    record,
    tick,
)
from tests.walk.content import content
from tests.walk.timeline import BY, START, contacts, register

KIND = AlertKind.NOTICE_FAILED
OFF = START + HOUR


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[InProcessCentre]:
    with InProcessCentre.open(Config(data=tmp_path / "data")) as found:
        known = [ContactRecorded(contact=each, by=BY) for each in (HERS, SPEAKER)]
        found.record(*contacts(), *known, *register("w1", START), at=START)
        found.record(PersonRecorded(person=HER, by=BY), at=START)
        found.apply()
        yield found


def taken_off(centre: InProcessCentre) -> str:
    """Have her told that the tag was taken off; returns the message's id."""
    worn = content(centre.projections)["activation"][0]["activation_id"]
    ended = ActivationEnded(activation_id=worn, ended_at=Instant(OFF), reason="end", by=BY)
    record(centre, ended, OFF)
    ((row, _),) = messages(centre)
    return row["notification_id"]


def failed(centre: InProcessCentre) -> str:
    name = taken_off(centre)
    attempted(centre, name, 1, AttemptResult.FAILED, OFF + MINUTE)
    return name


def decided(centre: InProcessCentre, verdict: NoticeVerdict, at: int) -> None:
    (made,) = notices(centre)
    event = NoticeDecided(
        notice_id=made.notice_id, person_id="p_her", verdict=verdict, words="rang her at work",
        at=Instant(at), by=AccountId("ac_l"),
    )  # fmt: skip
    record(centre, event, at)


def state(centre: InProcessCentre) -> tuple[AlertState, Phase, str | None]:
    (found,) = alerts(centre, KIND)
    with centre.projections.connect() as connection:
        log = connection.exec_driver_sql(
            "SELECT by FROM alert_event WHERE alert_id = ? ORDER BY rowid DESC", (found.alert_id,)
        ).scalar()
    return found.state, found.phase, log


def test_a_refused_message_alarms_by_role_and_without_her_address(centre: InProcessCentre) -> None:
    failed(centre)
    (raised,) = alerts(centre, KIND)
    assert (raised.severity, raised.wearer_id) == (Severity.URGENT, "w1")
    assert raised.protects == ("p_her",)
    assert "about a tag that was taken off, for herself" in raised.sentence
    rows = [r for r in content(centre.projections)["notification"] if r["stage"] == "fact"]
    told = [row for row in rows if row["alert_id"] == raised.alert_id]
    reasons = {(b["duty"], b["reason"]) for b in (msgspec.json.decode(r["body"]) for r in told)}
    assert {("monitoring", "not_told"), ("probation", "not_told")} <= reasons
    assert ("liaison", "liaison") in reasons
    said = raised.sentence + "".join(row["body"] for row in told)
    for hidden in ("+447700900555", "her safe phone", "Demo Person"):
        assert hidden not in said, hidden
    (made,) = notices(centre)
    assert (made.state, made.alert_id) == (NoticeState.FAILED, raised.alert_id)


def test_it_alarms_at_the_last_try_and_no_sooner(centre: InProcessCentre) -> None:
    name, most = taken_off(centre), AlertSettings().attempts_most
    for number in range(1, most + 1):
        assert alerts(centre, KIND) == []
        attempted(centre, name, number, AttemptResult.RETRY, OFF + number * MINUTE)
    assert len(alerts(centre, KIND)) == 1


@pytest.mark.parametrize("verdict", [NoticeVerdict.TOLD, NoticeVerdict.DROP])
def test_it_ends_when_a_person_has_told_her_or_decides(
    centre: InProcessCentre, verdict: NoticeVerdict
) -> None:
    failed(centre)
    decided(centre, verdict, OFF + HOUR)
    assert state(centre) == (AlertState.CLOSED, Phase.ENDED, AUTOMATIC)
    (made,) = notices(centre)
    assert made.alert_id is None


def test_sent_anew_it_ends_when_it_arrives_and_is_told_again_when_not(
    centre: InProcessCentre,
) -> None:
    first = failed(centre)
    decided(centre, NoticeVerdict.SEND, OFF + 2 * MINUTE)
    (_, (row, _)) = messages(centre)
    anew = NotificationId(row["notification_id"])
    assert anew != first
    attempted(centre, anew, 1, AttemptResult.FAILED, OFF + 3 * MINUTE)
    assert state(centre)[:2] == (AlertState.RAISED, Phase.OPEN)
    arrived = ReceiptRecorded(
        notification_id=anew, attempt=1, at=Instant(OFF + 4 * MINUTE),
        result=AttemptResult.DELIVERED, words="on the phone",
    )  # fmt: skip
    record(centre, arrived, OFF + 4 * MINUTE)
    assert state(centre)[:2] == (AlertState.CLOSED, Phase.ENDED)
    assert [n.state for n in notices(centre)] == [NoticeState.SENT]


def test_a_later_message_of_the_matter_that_arrives_ends_it(centre: InProcessCentre) -> None:
    order = Order(
        order_id="o_w1_2", wearer_id="w1", reference="R2", legal_basis=LegalBasis.BAIL,
        programme=Programme.OTHER, starts_at=START,
    )  # fmt: skip
    for number, result in ((0, None), (1, AttemptResult.FAILED), (2, AttemptResult.DELIVERED)):
        at = OFF + number * HOUR
        varied = msgspec.structs.replace(order, varied=f"change {number}")
        record(centre, OrderRecorded(order=varied, by=BY), at)
        if result is not None:
            attempted(centre, messages(centre)[-1][0]["notification_id"], 1, result, at + MINUTE)
    assert state(centre)[:2] == (AlertState.CLOSED, Phase.ENDED)
    assert [n.state for n in notices(centre)] == [NoticeState.OVERTAKEN, NoticeState.SENT]


def test_what_fails_to_reach_her_speaker_says_so_and_stays_held(centre: InProcessCentre) -> None:
    hold = Hold(person_id="p_her", words="he reads her phone", at=START, by=AccountId("ac_l"))
    record(centre, HoldRecorded(hold=hold), START)
    name = failed(centre)
    (raised,) = alerts(centre, KIND)
    assert "for whoever speaks with her" in raised.sentence
    assert messages(centre)[0][0]["channel"] == Channel.EMAIL
    late = ReceiptRecorded(
        notification_id=name, attempt=1, at=Instant(OFF + HOUR), result=AttemptResult.DELIVERED,
        words="arrived",
    )  # fmt: skip
    record(centre, late, OFF + HOUR)
    assert state(centre)[1] is Phase.ENDED
    (made,) = notices(centre)
    assert made.state is NoticeState.HELD, "she has not been told yet"


def test_a_rebuild_gives_the_same(tmp_path: Path, centre: InProcessCentre) -> None:
    failed(centre)
    decided(centre, NoticeVerdict.SEND, OFF + 2 * MINUTE)
    tick(centre, OFF + HOUR)
    before = content(centre.projections, sent=False)
    centre.line.close()
    config = Config(data=tmp_path / "data")
    rebuild(config, centre.writer, centre.writer.head().seq)
    centre.line = type(centre.line).open(config, centre.writer)
    assert content(centre.projections, sent=False) == before
