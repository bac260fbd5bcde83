"""From the fix to the phone and back: what a carrier's receipt, a link and quiet hours do."""

from collections.abc import Iterator
from datetime import time
from pathlib import Path

import msgspec
import pytest

from tagwatch.core import ledger
from tagwatch.core.alert import AlertKind
from tagwatch.core.ids import AccountId, ContactId, NotificationId, ProposalId
from tagwatch.core.order import LegalBasis
from tagwatch.core.outcome import AlertState
from tagwatch.core.person import Channel, Contact, Duty
from tagwatch.core.recorded_delivery import AttemptResult
from tagwatch.core.routing import DEFAULT_ROUTES, Route, RouteProposal, Routes, Verdict
from tagwatch.core.timetable import CurfewRow, Weekday
from tagwatch.engine.line import Line
from tagwatch.engine.rebuild import rebuild
from tests.walk.content import content
from tests.walk.timeline import BY, HERS, World, at_time, between, metres_from


def phone(name: str, rank: int, **more: object) -> ledger.ContactRecorded:
    contact = Contact(
        contact_id=ContactId(name),
        label=name,
        duty=Duty.PROBATION,
        rank=rank,
        channel=Channel.SMS,
        address="+447700900123",
    )
    return ledger.ContactRecorded(contact=msgspec.structs.replace(contact, **more), by=BY)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World.on(tmp_path)
    made.record(phone("probation", 1), phone("second", 2), phone("third", 3))
    yield made
    made.close()


def entry(world: World) -> tuple[NotificationId, object]:
    """Let him enter at 12:20; returns the first rank's message and the alert."""
    world.at("12:20").fix(metres_from(HERS, 20, 30))
    window = between("12:20", "12:21")
    row = world.phone.expects(window, AlertKind.ZONE_ENTRY, Duty.PROBATION)
    assert row["contact_id"] == "probation"
    assert row["body"]["by_link"]
    return NotificationId(str(row["notification_id"])), alert_of(world)


def alert_of(world: World):
    return next(a for a in world.alerts() if a.kind is AlertKind.ZONE_ENTRY)


def attempt(world: World, name: NotificationId, number: int = 1) -> None:
    event = ledger.AttemptRecorded(
        notification_id=name,
        attempt=number,
        at=world.now,
        result=AttemptResult.ACCEPTED,
        proof="accepted as r1",
        reference="r1",
    )
    world.record(event)
    world.centre.apply()


def receipt(world: World, name: NotificationId, result: AttemptResult, number: int = 1) -> None:
    event = ledger.ReceiptRecorded(
        notification_id=name, attempt=number, at=world.now, result=result, words=result.value
    )
    world.record(event)
    world.centre.apply()


def told(world: World, contact: str) -> list[str]:
    return [
        str(row["stage"])
        for row in world.outbox()
        if row["contact_id"] == contact and row["body"]["kind"] == AlertKind.ZONE_ENTRY
    ]


def test_accepted_is_not_delivered(world: World) -> None:
    name, _ = entry(world)
    attempt(world, name)
    assert alert_of(world).state is AlertState.RAISED
    receipt(world, name, AttemptResult.DELIVERED)
    assert alert_of(world).state is AlertState.NOTIFIED
    assert told(world, "second") == []


def test_a_permanent_failure_tells_the_next_rank_at_once(world: World) -> None:
    name, _ = entry(world)
    attempt(world, name)
    receipt(world, name, AttemptResult.FAILED)
    assert told(world, "second") == ["escalated"]
    assert told(world, "third") == []
    receipt(world, name, AttemptResult.FAILED)
    assert told(world, "third") == [], "the same word twice tells nobody else"


def test_a_failure_that_may_pass_is_tried_again_and_climbs_by_the_clock(world: World) -> None:
    name, _ = entry(world)
    attempt(world, name)
    receipt(world, name, AttemptResult.RETRY)
    row = next(r for r in world.outbox() if r["notification_id"] == name)
    assert (row["state"], row["attempts"]) == ("pending", 1)
    assert told(world, "second") == []
    attempt(world, name, 2)
    receipt(world, name, AttemptResult.RETRY, 1)
    assert next(r for r in world.outbox() if r["notification_id"] == name)["state"] == "accepted"
    receipt(world, name, AttemptResult.DELIVERED, 1)
    assert next(r for r in world.outbox() if r["notification_id"] == name)["state"] == "delivered"
    world.at("12:25")
    assert told(world, "second") == ["escalated"]


def test_a_link_answers_for_the_contact_and_works_once(world: World) -> None:
    name, before = entry(world)
    world.record(ledger.LinkAnswered(notification_id=name, at=world.now))
    world.at("12:40")
    after = alert_of(world)
    assert (after.state, after.acknowledged_by) == (AlertState.ACKNOWLEDGED, "probation")
    assert after.step == before.step
    assert told(world, "second") == []
    version = after.version
    world.record(ledger.LinkAnswered(notification_id=name, at=world.now))
    world.centre.apply()
    assert alert_of(world).version == version


QUIET = tuple(
    CurfewRow(from_day=day, from_time=time(12), until_day=day, until_time=time(13))
    for day in Weekday
)


def test_quiet_hours_never_hold_back_what_protects_a_person(world: World) -> None:
    world.record(phone("probation", 1, quiet=QUIET))
    name, _ = entry(world)
    row = next(r for r in world.outbox() if r["notification_id"] == name)
    assert row["next_attempt_at"] == row["created_at"]


@pytest.mark.parametrize(
    ("clock", "held"), [("11:59", False), ("12:00", True), ("12:59", True), ("13:00", False)]
)
def test_quiet_hours_hold_back_what_is_routine_until_they_end(
    world: World, clock: str, held: bool
) -> None:
    world.record(phone("probation", 1, quiet=QUIET))
    world.at(clock).says(kind="battery", battery_pct=15)
    row = next(
        r
        for r in world.outbox()
        if r["contact_id"] == "probation" and r["body"]["kind"] == AlertKind.BATTERY_LOW
    )
    assert (row["next_attempt_at"] == at_time("13:00")) is (held or clock == "13:00")
    assert (row["next_attempt_at"] > row["created_at"]) is held


def test_a_test_is_about_no_alert_and_its_failure_tells_nobody(world: World) -> None:
    count = len(world.alerts())
    world.record(ledger.TestAsked(contact_id=ContactId("probation"), at=world.now, by=BY))
    world.record(ledger.TestAsked(contact_id=ContactId("nobody"), at=world.now, by=BY))
    world.centre.apply()
    (row,) = [r for r in world.outbox() if r["stage"] == "test"]
    name = NotificationId(str(row["notification_id"]))
    attempt(world, name)
    receipt(world, name, AttemptResult.FAILED)
    world.record(ledger.LinkAnswered(notification_id=name, at=world.now))
    world.centre.apply()
    (row,) = [r for r in world.outbox() if r["stage"] == "test"]
    assert (row["state"], row["answered_at"]) == ("failed", world.now)
    assert len(world.alerts()) == count


def test_a_rebuild_finds_the_same_receipts_answers_and_tests(world: World) -> None:
    name, _ = entry(world)
    attempt(world, name)
    receipt(world, name, AttemptResult.FAILED)
    world.record(
        ledger.LinkAnswered(notification_id=name, at=world.now),
        ledger.TestAsked(contact_id=ContactId("second"), at=world.now, by=BY),
    )
    world.at("12:45")
    before = content(world.centre.projections, sent=False)
    head = world.centre.writer.head().seq
    world.centre.line.close()
    rebuild(world.config, world.centre.writer, head)
    world.centre.line = Line.open(world.config, world.centre.writer)
    assert content(world.centre.projections, sent=False) == before


def test_a_route_that_two_people_changed_is_followed_and_said(world: World) -> None:
    routes = tuple(
        Route(basis=route.basis, acts=Duty.POLICE, informed=(Duty.PROBATION,))
        if route.basis is LegalBasis.LICENCE
        else route
        for route in DEFAULT_ROUTES.routes
    )
    proposal = RouteProposal(
        proposal_id=ProposalId("rp_1"),
        routes=Routes(routes=routes),
        reason="protocol",
        by=BY,
        at=world.now,
    )
    other = AccountId("ac_other")
    world.record(
        ledger.RouteProposed(proposal=proposal),
        ledger.RouteDecided(
            proposal_id=ProposalId("rp_1"), verdict=Verdict.APPROVED, at=world.now, by=other
        ),
    )
    world.at("12:20").fix(metres_from(HERS, 20, 30))
    window = between("12:20", "12:21")
    police = world.phone.expects(window, AlertKind.ZONE_ENTRY, Duty.POLICE)
    assert police["body"]["why"] == (
        "the wearer is on licence: by version 2 of the routes police acts"
    )
    probation = world.phone.expects(window, AlertKind.ZONE_ENTRY, Duty.PROBATION)
    assert probation["body"]["why"] == "for your information: others have been asked to act"
    assert not probation["body"]["by_link"]
