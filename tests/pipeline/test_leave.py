"""While an officer is away, what names him goes to his deputy; a rebuild gives the same."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from tagwatch.config import Config
from tagwatch.core.alert import AlertKind
from tagwatch.core.ids import AccountId, LeaveId
from tagwatch.core.leave import Leave
from tagwatch.core.ledger import ContactRecorded, Event, LeaveEnded, LeaveNoted, LeaveRecorded, Tick
from tagwatch.core.outcome import Stage
from tagwatch.core.person import Channel, Contact, Duty
from tagwatch.core.recorded_register import WearerRecorded
from tagwatch.core.units import DAY, HOUR, MINUTE, Instant
from tagwatch.engine.centre import InProcessCentre
from tagwatch.engine.rebuild import rebuild
from tagwatch.notify.message import Message, compose
from tagwatch.notify.reason import Reason
from tagwatch.notify.rota import with_cover
from tagwatch.notify.route import Notification, Parties, route
from tests.walk.content import content
from tests.walk.timeline import BY, START, register
from tests.web import sample

LEAVE = Leave(
    leave_id=LeaveId("le_1"), officer=AccountId("ac_her"), deputy=AccountId("ac_him"),
    starts_at=Instant(START + DAY), ends_at=Instant(START + 2 * DAY), recorded_at=START,
)  # fmt: skip


def contact(name: str, duty: Duty = Duty.PROBATION) -> Contact:
    return Contact(
        contact_id=f"k_{name}", label=f"Officer {name}", duty=duty, channel=Channel.IN_APP,
        account_id=AccountId(f"ac_{name}"),
    )  # fmt: skip


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[InProcessCentre]:
    with InProcessCentre.open(Config(data=tmp_path / "data")) as found:
        # The deputy is told of nothing by himself: he stands for another duty.
        for each in (contact("her"), contact("him", Duty.TECHNICAL), contact("desk", Duty.LIAISON)):
            record(found, ContactRecorded(contact=each, by=BY), START)
        found.record(*register("w1", START), at=START)
        found.apply()
        yield found


def record(centre: InProcessCentre, event: Event, at: int) -> None:
    centre.record(event, at=Instant(at))
    centre.apply()


def tick(centre: InProcessCentre, at: int) -> None:
    record(centre, Tick(at=Instant(at), monotonic_us=at), at)


@pytest.mark.parametrize(
    ("at", "told"),
    [(DAY - 1, "k_her"), (DAY, "k_him"), (2 * DAY - 1, "k_him"), (2 * DAY, "k_her")],
)
def test_who_is_told_at_the_border(centre: InProcessCentre, at: int, told: str) -> None:
    record(centre, LeaveRecorded(leave=LEAVE), START)
    state = centre.line.state
    parties = Parties(
        contacts=tuple(state.register.contacts.values()),
        wearer=state.register.wearers["w1"],
        rota=state.rota_at(START),
    )
    alert = sample.alert("w1", kind=AlertKind.PLAN_REVIEW)
    found = route(alert, Stage.FACT, parties, Instant(START + at)).notifications
    assert [each.contact_id for each in found] == [told]
    assert found[0].why.startswith("you cover for an officer on leave; ") == (told == "k_him")
    assert "Officer" not in found[0].why


def test_a_deputy_who_cannot_be_reached_leaves_the_officer_told(centre: InProcessCentre) -> None:
    record(centre, LeaveRecorded(leave=LEAVE), START)
    gone = msgspec.structs.replace(contact("him", Duty.TECHNICAL), active=False)
    record(centre, ContactRecorded(contact=gone, by=BY), START)
    state, her = centre.line.state, contact("her")
    known = state.register.contacts.values()
    found = with_cover(her, known, state.rota_at(START), Instant(START + DAY))
    assert [(each.contact_id, stands_in) for each, stands_in in found] == [("k_her", False)]


def told_of_cover(centre: InProcessCentre) -> list[tuple[str, Message]]:
    rows = content(centre.projections)["notification"]
    found = [msgspec.json.decode(row["body"], type=Notification) for row in rows]
    return [
        (each.contact_id, compose(each, "https://c.example"))
        for each in found
        if each.reason is Reason.COVER_BEGINS
    ]


def test_the_deputy_is_told_once_what_is_open_when_cover_begins(centre: InProcessCentre) -> None:
    mine = msgspec.structs.replace(
        centre.line.state.register.wearers["w1"], officer=AccountId("ac_her")
    )
    record(centre, WearerRecorded(wearer=mine, by=BY), START)
    tick(centre, START)
    tick(centre, START + 25 * HOUR)
    opened = [alert.wearer_id for alert in centre.line.state.book.open()].count("w1")
    assert opened
    later = msgspec.structs.replace(LEAVE, starts_at=Instant(START + 26 * HOUR))
    record(centre, LeaveRecorded(leave=later), START + 25 * HOUR)
    tick(centre, later.starts_at - 1)
    assert told_of_cover(centre) == []
    centre.line.resume(centre.writer.head().seq)
    tick(centre, later.starts_at)
    tick(centre, later.starts_at + MINUTE)
    ((contact_id, message),) = told_of_cover(centre)
    assert contact_id == "k_him"
    assert message.link == "https://c.example/alerts"
    assert f"open already: {opened}; nobody has taken on: {opened}" in message.text
    assert "Demo" not in message.text + message.subject


def test_who_falls_ill_is_covered_at_once(centre: InProcessCentre) -> None:
    mine = msgspec.structs.replace(
        centre.line.state.register.wearers["w1"], officer=AccountId("ac_her")
    )
    record(centre, WearerRecorded(wearer=mine, by=BY), START)
    tick(centre, START)
    tick(centre, START + DAY + HOUR)
    record(centre, LeaveRecorded(leave=LEAVE), START + DAY + HOUR)
    assert [contact for contact, _ in told_of_cover(centre)] == ["k_him"]


def test_what_cannot_stand_is_not_taken_in_and_a_rebuild_gives_the_same(
    tmp_path: Path, centre: InProcessCentre
) -> None:
    record(centre, LeaveRecorded(leave=LEAVE), START)
    other = msgspec.structs.replace(LEAVE, leave_id=LeaveId("le_2"), deputy=AccountId("ac_desk"))
    record(centre, LeaveRecorded(leave=other), START + 1)
    note = LeaveNoted(
        leave_id=LEAVE.leave_id, wearer_id="w1", words="rings on Mondays", at=START, by=BY
    )
    record(centre, note, START + 2)
    ended = LeaveEnded(leave_id=LEAVE.leave_id, at=Instant(START + DAY + HOUR), by=BY)
    record(centre, ended, START + DAY + HOUR)
    record(centre, msgspec.structs.replace(ended, at=Instant(START + 3 * DAY)), START + 3 * DAY)
    before = content(centre.projections, sent=False)
    assert [(row["leave_id"], row["until"]) for row in before["officer_leave"]] == [
        ("le_1", START + DAY + HOUR)
    ]
    assert [row["words"] for row in before["leave_note"]] == ["rings on Mondays"]
    record(centre, LeaveRecorded(leave=msgspec.structs.replace(
        other, starts_at=Instant(START + DAY + HOUR))), START + 3 * DAY)  # fmt: skip
    before = content(centre.projections, sent=False)
    assert len(before["officer_leave"]) == 2, "the first was ended before this one begins"
    centre.line.close()
    rebuild(Config(data=tmp_path / "data"), centre.writer, centre.writer.head().seq)
    centre.line = type(centre.line).open(Config(data=tmp_path / "data"), centre.writer)
    assert content(centre.projections, sent=False) == before
