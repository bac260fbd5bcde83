"""Reviews on the line: an overdue one alarms once for each date, and ends; rebuilds are equal."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from tagwatch.config import Config
from tagwatch.core.alert import AlertKind
from tagwatch.core.ids import AccountId, LeaveId
from tagwatch.core.leave import Leave
from tagwatch.core.ledger import (
    AlertClosed,
    ContactRecorded,
    Event,
    LeaveRecorded,
    LegalHoldEnded,
    LegalHoldSet,
    OrderRecorded,
    ReviewRecorded,
    Tick,
    WearerRecorded,
)
from tagwatch.core.outcome import AlertState, Disposition, Severity
from tagwatch.core.person import Channel, Contact, Duty, Restriction
from tagwatch.core.review import ReviewOf
from tagwatch.core.units import DAY, MINUTE, Instant
from tagwatch.engine.centre import InProcessCentre
from tagwatch.engine.rebuild import rebuild
from tagwatch.store import alerts
from tagwatch.store.database import reading
from tests.walk.content import content
from tests.walk.timeline import BY, START, contacts, register

OWN = Instant(START + DAY)
"""The first date that the order's authors entered."""


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[InProcessCentre]:
    with InProcessCentre.open(Config(data=tmp_path / "data")) as found:
        found.record(*contacts(), *register("w1", START), at=START)
        found.apply()
        yield found


def record(centre: InProcessCentre, event: Event, at: int) -> None:
    centre.record(event, at=Instant(at))
    centre.apply()


def tick(centre: InProcessCentre, at: int) -> None:
    record(centre, Tick(at=Instant(at), monotonic_us=at), at)


def told(centre: InProcessCentre) -> list[alerts.Alert]:
    with reading(centre.projections) as connection:
        every = alerts.every_alert(connection)
    return [found for found in every if found.kind is AlertKind.REVIEW_DUE]


def whom(centre: InProcessCentre) -> set[str]:
    (alert,) = told(centre)
    rows = content(centre.projections)["notification"]
    return {row["contact_id"] for row in rows if row["alert_id"] == alert.alert_id}


def own_date(centre: InProcessCentre, at: int = START, **changes: object) -> None:
    (order,) = centre.line.state.register.orders_of("w1")
    own = msgspec.structs.replace(order, review_at=OWN, recorded_at=None, **changes)
    record(centre, OrderRecorded(order=own, by=BY), at)


def reviewed(what: ReviewOf, about: str, since: int, next_at: int, **more: object) -> Event:
    fields: dict[str, object] = {"seen": 0, "at": Instant(next_at - DAY), "by": BY, **more}
    return ReviewRecorded(
        what=what, about=about, wearer_id="w1", since=Instant(since), next_at=Instant(next_at),
        found="it is still needed", **fields,
    )  # fmt: skip


def test_an_order_is_told_to_be_overdue_once_and_again_at_the_next_date(
    centre: InProcessCentre,
) -> None:
    own_date(centre)
    (order,) = centre.line.state.register.orders_of("w1")
    tick(centre, OWN - 1)
    assert told(centre) == []
    tick(centre, OWN)
    tick(centre, OWN + MINUTE)
    (raised,) = told(centre)
    assert (raised.severity, raised.wearer_id) == (Severity.ROUTINE, "w1")
    assert raised.sentence == "A review was to be done by now: of an order."
    done = reviewed(ReviewOf.ORDER, order.order_id, START, OWN + 9 * DAY)
    record(centre, done, OWN + 2 * MINUTE)
    assert told(centre)[0].state is AlertState.CLOSED
    # A second officer, who saw the same page, changes nothing; nor does his date count.
    second = reviewed(ReviewOf.ORDER, order.order_id, START, OWN + 2 * DAY)
    record(centre, second, OWN + 3 * MINUTE)
    tick(centre, OWN + 2 * DAY)
    assert len(told(centre)) == 1
    assert [row["number"] for row in content(centre.projections)["review"]] == [1]
    tick(centre, OWN + 9 * DAY)
    assert len(told(centre)) == 2


def test_an_order_without_a_date_takes_the_settings(centre: InProcessCentre) -> None:
    tick(centre, START + 182 * DAY - 1)
    assert told(centre) == []
    tick(centre, START + 182 * DAY)
    assert len(told(centre)) == 1


def test_what_ended_needs_no_review_and_an_end_taken_back_does(centre: InProcessCentre) -> None:
    own_date(centre)
    tick(centre, OWN)
    assert [each.state for each in told(centre)] != [AlertState.CLOSED]
    # A variation that takes effect later, with an end.
    own_date(centre, OWN + 1, ends_at=Instant(OWN + DAY), valid_from=Instant(OWN + 2))
    tick(centre, OWN + DAY - 1)
    assert [each.state for each in told(centre)] != [AlertState.CLOSED]
    tick(centre, OWN + DAY)
    assert [each.state for each in told(centre)] == [AlertState.CLOSED]
    own_date(centre, OWN + DAY + 1, ends_at=None, valid_from=None)
    tick(centre, OWN + DAY + MINUTE)
    assert [each.state for each in told(centre)] != [AlertState.CLOSED]


def test_closed_by_a_person_it_does_not_come_back_for_the_same_date(
    centre: InProcessCentre,
) -> None:
    own_date(centre)
    tick(centre, OWN)
    (raised,) = told(centre)
    closed = AlertClosed(
        alert_id=raised.alert_id, at=Instant(OWN + 1), by=BY, words="on Monday",
        disposition=Disposition.EXPLAINED,
    )  # fmt: skip
    record(centre, closed, OWN + 1)
    centre.line.resume(centre.writer.head().seq)
    tick(centre, OWN + MINUTE)
    assert [each.state for each in told(centre)] == [AlertState.CLOSED]


def restrict(centre: InProcessCentre, at: int, restriction: Restriction) -> None:
    wearer = centre.line.state.register.wearers["w1"]
    changed = msgspec.structs.replace(
        wearer, restriction=restriction, officer=AccountId("ac_her"), restricted_why="a threat"
    )
    record(centre, WearerRecorded(wearer=changed, by=BY), at)


def test_of_a_restricted_case_its_officer_or_his_deputy_is_told_and_nobody_else(
    centre: InProcessCentre,
) -> None:
    restrict(centre, START + 1, Restriction.RESTRICTED)
    restrict(centre, START + DAY, Restriction.RESTRICTED)
    held = centre.line.state.register.wearers["w1"]
    assert (held.restricted_at, held.restricted_by) == (START + 1, BY)
    due = START + 1 + 91 * DAY
    tick(centre, due)
    assert whom(centre) == set(), "neither can be reached, and nobody stands in for them"
    with reading(centre.projections) as connection:
        (watch,) = [a for a in alerts.every_alert(connection) if a.kind is AlertKind.WATCH]
    assert "restricted" not in watch.sentence
    assert watch.wearer_id is None
    done = reviewed(ReviewOf.RESTRICTION, "w1", START + 1, due + DAY)
    record(centre, done, due + 1)
    for name in ("her", "him"):
        contact = Contact(
            contact_id=f"k_{name}", label=name, duty=Duty.PROBATION, channel=Channel.IN_APP,
            account_id=AccountId(f"ac_{name}"), wearers=("w_other",),
        )  # fmt: skip
        record(centre, ContactRecorded(contact=contact, by=BY), due + 2)
    tick(centre, due + DAY)
    leave = Leave(
        leave_id=LeaveId("le_1"), officer=AccountId("ac_her"), deputy=AccountId("ac_him"),
        starts_at=Instant(due + 2 * DAY), ends_at=Instant(due + 9 * DAY), recorded_at=START,
    )  # fmt: skip
    record(centre, LeaveRecorded(leave=leave), due + DAY + 1)
    first, second = told(centre)
    rows = content(centre.projections)["notification"]
    assert first.state is AlertState.CLOSED
    assert {r["contact_id"] for r in rows if r["alert_id"] == second.alert_id} == {"k_her"}
    tick(centre, due + 3 * DAY)
    rows = content(centre.projections)["notification"]
    assert {r["contact_id"] for r in rows if r["alert_id"] == second.alert_id} == {
        "k_her",
        "k_him",
    }
    restrict(centre, due + 3 * DAY + 1, Restriction.ORDINARY)
    assert {each.state for each in told(centre)} == {AlertState.CLOSED}
    assert centre.line.state.register.wearers["w1"].restricted_why == ""


def test_of_a_hold_they_are_told_who_may_set_one_and_a_rebuild_gives_the_same(
    tmp_path: Path, centre: InProcessCentre
) -> None:
    restrict(centre, START + 2, Restriction.RESTRICTED)
    restrict(centre, START + 3, Restriction.ORDINARY)
    hold = LegalHoldSet(wearer_id="w1", at=Instant(START + 1), why="an inquest", by=BY)
    record(centre, hold, START + 1)
    tick(centre, START + 1 + 182 * DAY)
    causes = {each.sentence for each in told(centre)}
    assert causes == {
        "A review was to be done by now: of an order.",
        "A review was to be done by now: of a legal hold.",
    }
    (of_hold,) = [each for each in told(centre) if "hold" in each.sentence]
    rows = content(centre.projections)["notification"]
    duties = {
        msgspec.json.decode(r["body"])["duty"] for r in rows if r["alert_id"] == of_hold.alert_id
    }
    assert duties <= {"probation", "technical"}
    assert "probation" in duties
    lifted = LegalHoldEnded(wearer_id="w1", at=Instant(START + 183 * DAY), why="over", by=BY)
    record(centre, lifted, START + 183 * DAY)
    tick(centre, START + 184 * DAY)
    before = content(centre.projections, sent=False)
    head = centre.writer.head().seq
    config = Config(data=tmp_path / "data")
    centre.line.close()
    rebuild(config, centre.writer, head)
    centre.line = type(centre.line).open(config, centre.writer)
    after = content(centre.projections, sent=False)
    for table, rows in before.items():
        assert after[table] == rows, table
    assert [row["is_open"] for row in before["review_alarm"]].count(1) == 1
