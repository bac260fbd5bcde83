"""Shifts on the line: who is told as they change, and what a gap does."""

from collections.abc import Iterator
from datetime import time
from pathlib import Path

import pytest

from tagwatch.core import ledger
from tagwatch.core.alert import AlertKind
from tagwatch.core.ids import ContactId, OverrideId, ShiftId
from tagwatch.core.outcome import AlertState, Phase
from tagwatch.core.person import Channel, Contact, Duty
from tagwatch.core.rota import Override, Shift
from tagwatch.core.timetable import CurfewRow, Weekday
from tagwatch.core.units import Instant
from tagwatch.engine.line import Line
from tagwatch.engine.rebuild import rebuild
from tests.walk.content import content
from tests.walk.timeline import BY, HERS, World, at_time, metres_from


def probation(name: str, rank: int = 1) -> ledger.ContactRecorded:
    contact = Contact(
        contact_id=ContactId(name),
        label=name,
        duty=Duty.PROBATION,
        rank=rank,
        channel=Channel.WEBHOOK,
        address=f"https://{name}.invalid/hook",
    )
    return ledger.ContactRecorded(contact=contact, by=BY)


def shift(contact: str, start: str, end: str) -> ledger.ShiftRecorded:
    days = list(Weekday)
    begins, ends = time.fromisoformat(start), time.fromisoformat(end)
    rows = tuple(
        CurfewRow(
            from_day=day,
            from_time=begins,
            until_day=days[(n + (ends <= begins)) % 7],
            until_time=ends,
        )
        for n, day in enumerate(days)
    )
    found = Shift(
        shift_id=ShiftId(f"s_{contact}"),
        contact_id=ContactId(contact),
        rows=rows,
        valid_from=Instant(0),
    )
    return ledger.ShiftRecorded(shift=found, by=BY)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World.on(tmp_path)
    made.record(
        shift("probation", "06:00", "12:30"), probation("late"), shift("late", "12:30", "20:00")
    )
    yield made
    made.close()


def told(world: World, stage: str, kind: AlertKind = AlertKind.ZONE_ENTRY) -> set[str]:
    return {
        str(row["contact_id"])
        for row in world.outbox()
        if row["stage"] == stage and row["body"]["kind"] == kind
    }


def gaps(world: World) -> list[tuple[Instant, Phase, AlertState]]:
    return [(a.raised_at, a.phase, a.state) for a in world.alerts() if a.kind is AlertKind.ROTA_GAP]


def test_only_who_is_on_shift_is_told(world: World) -> None:
    world.at("12:20").fix(metres_from(HERS, 20, 30))
    assert "probation" in told(world, "possible")
    assert "late" not in told(world, "possible")


def test_the_next_shift_is_told_of_what_nobody_has_answered(world: World) -> None:
    world.at("12:28").fix(metres_from(HERS, 20, 30))
    assert told(world, "handed_over") == set()
    world.at("12:31")
    assert told(world, "handed_over") == {"late"}
    found = next(r for r in world.outbox() if r["stage"] == "handed_over")
    assert at_time("12:30") <= found["created_at"] < at_time("12:31")
    assert "licence" in found["body"]["why"]


def test_what_was_answered_is_not_handed_over(world: World) -> None:
    world.at("12:28").fix(metres_from(HERS, 20, 30))
    alert = next(a for a in world.alerts() if a.kind is AlertKind.ZONE_ENTRY)
    world.record(ledger.AlertAcknowledged(alert_id=alert.alert_id, at=world.now, by=BY))
    world.at("12:31")
    assert told(world, "handed_over") == set()


def test_a_gap_raises_an_alarm_at_once_and_closes_it_when_somebody_comes(world: World) -> None:
    world.at("20:00")
    night, day = at_time("00:00"), at_time("20:00")
    first, second = gaps(world)
    assert first[0] - night < 60_000_000
    assert first[1:] == (Phase.ENDED, AlertState.CLOSED)
    assert (second[0], second[1]) == (day, Phase.OPEN)
    assert told(world, "fact", AlertKind.ROTA_GAP) == {"technical", "monitoring"}


def test_in_a_gap_everybody_of_the_duty_is_told(world: World) -> None:
    world.at("21:00").fix(metres_from(HERS, 20, 30))
    assert {"probation", "late"} <= told(world, "possible")
    assert len(gaps(world)) == 2


def test_an_override_is_told_instead(world: World) -> None:
    cover = Override(
        override_id=OverrideId("o"),
        contact_id=ContactId("late"),
        instead_of=ContactId("probation"),
        start=at_time("10:00"),
        end=at_time("11:00"),
        reason="court",
    )
    world.record(ledger.OverrideRecorded(override=cover, by=BY))
    world.at("10:30").fix(metres_from(HERS, 20, 30))
    assert "late" in told(world, "possible")
    assert "probation" not in told(world, "possible")


def test_a_rebuild_and_a_crash_find_the_same_shifts_gaps_and_messages(world: World) -> None:
    world.at("12:28").fix(metres_from(HERS, 20, 30))
    world.crash().at("12:31").at("20:30")
    before = content(world.centre.projections, sent=False)
    head = world.centre.writer.head().seq
    world.centre.line.close()
    rebuild(world.config, world.centre.writer, head)
    world.centre.line = Line.open(world.config, world.centre.writer)
    assert content(world.centre.projections, sent=False) == before
