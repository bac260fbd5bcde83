"""What protected persons' sides are told: each thing once, by the safe channel, or held."""

from collections.abc import Iterator
from datetime import time
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tagwatch.config import Config
from tagwatch.core.exemption import Exemption, ExemptionCause
from tagwatch.core.geometry import LonLat
from tagwatch.core.ids import AccountId
from tagwatch.core.ledger import ContactRecorded, HoldRecorded, NoticeDecided
from tagwatch.core.notice import Hold, NoticeVerdict
from tagwatch.core.order import ConditionVersion, Curfew, LegalBasis, Order, Programme
from tagwatch.core.person import Channel, Contact, Duty
from tagwatch.core.recorded_register import (
    ActivationEnded,
    ConditionRecorded,
    ExemptionRecorded,
    OrderRecorded,
    PersonRecorded,
)
from tagwatch.core.timetable import CurfewRow, Weekday, london
from tagwatch.core.units import DAY, HOUR, MINUTE, Instant
from tagwatch.engine.centre import InProcessCentre
from tagwatch.engine.rebuild import rebuild
from tagwatch.notify.message import compose
from tagwatch.notify.route import Notification
from tests.pipeline.side import HER, HERS, SPEAKER, messages, notices, record, tick
from tests.walk.content import content
from tests.walk.timeline import BY, START, contacts, register


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[InProcessCentre]:
    with InProcessCentre.open(Config(data=tmp_path / "data")) as found:
        known = [ContactRecorded(contact=each, by=BY) for each in (HERS, SPEAKER)]
        found.record(*contacts(), *known, at=START)
        found.record(*register("w1", START), PersonRecorded(person=HER, by=BY), at=START)
        found.apply()
        yield found


def taken_off(centre: InProcessCentre, at: int) -> None:
    worn = content(centre.projections)["activation"][0]["activation_id"]
    record(
        centre,
        ActivationEnded(activation_id=worn, ended_at=Instant(at), reason="end", by=BY),
        at,
    )


def test_she_is_told_by_her_safe_channel_and_no_more_than_she_should_know(
    centre: InProcessCentre,
) -> None:
    taken_off(centre, START + HOUR)
    (made,) = notices(centre)
    assert (made.kind, made.state, made.contact_id) == ("tag_removed", "sent", "k_hers")
    ((row, message),) = messages(centre)
    assert (row["channel"], row["state"], message.address) == ("sms", "pending", "+447700900555")
    assert "the tag was taken off" in message.short
    assert "ring 999" in message.short
    assert (message.link, message.code) == ("", "")
    for hidden in ("Demo", "w1", "http", "zone", "Person"):
        assert hidden not in message.text + message.subject + message.short, hidden


def test_time_ends_orders_and_custody_once(centre: InProcessCentre) -> None:
    order = Order(
        order_id="o_w1_2", wearer_id="w1", reference="R2", legal_basis=LegalBasis.BAIL,
        programme=Programme.OTHER, starts_at=START, ends_at=Instant(START + DAY),
    )  # fmt: skip
    record(centre, OrderRecorded(order=order, by=BY), START + 1)
    custody = Exemption(
        exemption_id="x_1", version=1, wearer_id="w1", cause=ExemptionCause.CUSTODY,
        starts_at=START, ends_at=Instant(START + 2 * DAY),
    )  # fmt: skip
    record(centre, ExemptionRecorded(exemption=custody, by=BY), START + 2)
    tick(centre, START + DAY - 1)
    assert [n.kind for n in notices(centre) if n.kind != "blind"] == []
    tick(centre, START + DAY)
    centre.line.resume(centre.writer.head().seq)
    tick(centre, START + DAY + MINUTE)
    tick(centre, START + 2 * DAY)
    tick(centre, START + 2 * DAY + MINUTE)
    kinds = [n.kind for n in notices(centre) if n.kind != "blind"]
    assert kinds == ["order_ended", "release"]
    varied = msgspec.structs.replace(order, ends_at=None, varied="goes on")
    record(centre, OrderRecorded(order=varied, by=BY), START + 2 * DAY + 2 * MINUTE)
    assert notices(centre)[-1].kind == "order_changed"


def test_blindness_is_told_from_to(centre: InProcessCentre) -> None:
    tick(centre, START + MINUTE)
    tick(centre, START + 3 * HOUR)
    blind = [n for n in notices(centre) if n.kind == "blind" and n.until is not None]
    assert [(n.happened_at, n.until) for n in blind] == [
        (Instant(START + MINUTE), Instant(START + 3 * HOUR))
    ]
    assert any("no tag could be seen from" in message.text for _, message in messages(centre))


def test_held_messages_go_to_the_speaker_until_a_person_decides(centre: InProcessCentre) -> None:
    hold = Hold(person_id="p_her", words="he reads her phone", at=START, by=AccountId("ac_l"))
    record(centre, HoldRecorded(hold=hold), START)
    taken_off(centre, START + HOUR)
    (made,) = notices(centre)
    assert (made.state, made.contact_id) == ("held", "k_speaker")
    ((row, message),) = messages(centre)
    assert row["channel"] == "email"
    assert "sending is unsafe" in message.text
    assert "https://c.example/informed" in message.text
    for hidden in ("Demo", "+4477"):
        assert hidden not in message.text
    sent = NoticeDecided(
        notice_id=made.notice_id, person_id="p_her", verdict=NoticeVerdict.SEND, words="safe now",
        at=Instant(START + 2 * HOUR), by=AccountId("ac_l"),
    )  # fmt: skip
    record(centre, sent, START + 2 * HOUR)
    record(centre, msgspec.structs.replace(sent, words="again"), START + 2 * HOUR + 1)
    (after,) = notices(centre)
    assert (after.state, after.contact_id, after.words) == ("sent", "k_hers", "safe now")
    assert [row["channel"] for row, _ in messages(centre)] == ["email", "sms"]


def test_a_rebuild_gives_the_same(tmp_path: Path, centre: InProcessCentre) -> None:
    tick(centre, START + MINUTE)
    tick(centre, START + 3 * HOUR)
    taken_off(centre, START + 4 * HOUR)
    before = content(centre.projections, sent=False)
    centre.line.close()
    config = Config(data=tmp_path / "data")
    rebuild(config, centre.writer, centre.writer.head().seq)
    centre.line = type(centre.line).open(config, centre.writer)
    assert content(centre.projections, sent=False) == before


def test_he_is_reminded_of_his_curfew_once_and_of_no_place(centre: InProcessCentre) -> None:
    begins = Instant(START + 4 * HOUR)
    his = Contact(
        contact_id="k_his", label="his phone", duty=Duty.WEARER, channel=Channel.SMS,
        address="+447700900666", wearers=("w1",),
    )  # fmt: skip
    at = london(begins)
    rows = tuple(
        CurfewRow(from_day=day, from_time=at.time(), until_day=day, until_time=time(23, 59))
        for day in Weekday
    )
    curfew = ConditionVersion(
        condition_id="c_home", version=1, order_id="o_w1", wearer_id="w1",
        terms=Curfew(label="home", address=LonLat(lon_deg=-0.1, lat_deg=51.5), rows=rows),
        valid_from=START, recorded_at=START, told_at=START,
    )  # fmt: skip
    record(centre, ContactRecorded(contact=his, by=BY), START)
    record(centre, ConditionRecorded(condition=curfew, by=BY), START)
    tick(centre, begins - HOUR - MINUTE)
    assert sent_to(centre, "k_his") == []
    tick(centre, begins - HOUR)
    centre.line.resume(centre.writer.head().seq)
    tick(centre, begins - HOUR + MINUTE)
    tick(centre, begins + MINUTE)
    (message,) = sent_to(centre, "k_his")
    assert f"begins at {at.strftime('%H:%M')}" in message.short
    assert message.subject == "Your curfew"
    for hidden in ("home", "Demo", "http", "51."):
        assert hidden not in message.text, hidden


def sent_to(centre: InProcessCentre, contact: str) -> list[Any]:
    rows = [r for r in content(centre.projections)["notification"] if r["contact_id"] == contact]
    bodies = [msgspec.json.decode(row["body"], type=Notification) for row in rows]
    return [compose(body, "https://c.example") for body in bodies if body.kind is None]
