"""From the fix to the phone, on real files and SQLite."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tagwatch.core.alert import AlertKind
from tagwatch.core.ledger import AlertAcknowledged
from tagwatch.core.outcome import AlertState, Finding, Phase
from tagwatch.core.person import Duty
from tests.walk.timeline import BY, HERS, HOME, World, at_time, between, metres_from


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World.on(tmp_path)
    yield made
    made.close()


def test_an_entry_tells_probation_and_the_liaison_within_the_minute(world: World) -> None:
    world.at("12:00").fix(HOME)
    world.at("12:10").fix(metres_from(HERS, 0, 2000))
    world.phone.silent(between("00:00", "12:20"), AlertKind.ZONE_ENTRY)
    world.at("12:20").fix(metres_from(HERS, 20, 30))
    world.phone.expects(between("12:20", "12:21"), AlertKind.ZONE_ENTRY, Duty.PROBATION)
    world.phone.expects(between("12:20", "12:21"), AlertKind.ZONE_ENTRY, Duty.LIAISON)
    world.at("12:21").fix(metres_from(HERS, 40, 30))
    found = [alert for alert in world.alerts() if alert.kind is AlertKind.ZONE_ENTRY]
    assert [alert.finding for alert in found] == [Finding.CONFIRMED]


def test_an_unacknowledged_alert_goes_to_the_next(world: World) -> None:
    world.at("12:20").fix(metres_from(HERS, 20, 30))
    world.at("12:26")
    stages = [row["stage"] for row in world.outbox() if row["body"]["kind"] == "zone_entry"]
    assert "escalated" in stages
    alert = next(a for a in world.alerts() if a.kind is AlertKind.ZONE_ENTRY)
    world.record(AlertAcknowledged(alert_id=alert.alert_id, at=world.now, by=BY))
    world.at("13:30")
    after = next(a for a in world.alerts() if a.alert_id == alert.alert_id)
    assert after.state is AlertState.ACKNOWLEDGED
    assert after.step == alert.step


def test_leaving_ends_the_stay(world: World) -> None:
    world.at("12:20").fix(metres_from(HERS, 20, 30))
    world.at("12:21").fix(metres_from(HERS, 40, 30))
    for minute in range(22, 40, 2):
        world.at(f"12:{minute}").fix(metres_from(HERS, 3000, 30))
    alert = next(a for a in world.alerts() if a.kind is AlertKind.ZONE_ENTRY)
    assert alert.phase is Phase.ENDED
    assert alert.finding is Finding.CONFIRMED


def test_a_curfew_that_begins_without_him_fires_from_ticks(world: World) -> None:
    world.at("18:50").fix(metres_from(HOME, 2000, 0))
    for minute in range(0, 40, 5):
        world.at(f"19:{minute:02}").fix(metres_from(HOME, 2000, 0))
    world.phone.expects(between("19:05", "19:20"), AlertKind.CURFEW_ABSENCE, Duty.PROBATION)


def test_a_curfew_in_which_nobody_can_see_him_is_said_and_is_no_breach(world: World) -> None:
    world.at("18:50").fix(HOME)
    world.at("20:00")
    found = [a for a in world.alerts() if a.kind is AlertKind.CURFEW_UNSEEN]
    assert {alert.finding for alert in found} == {Finding.UNDETERMINED}
    assert [alert.raised_at for alert in found] == [at_time("00:30"), at_time("19:30")]


def test_a_cut_strap_is_told_at_once(world: World) -> None:
    world.at("12:00").says(kind="strap_cut")
    world.phone.expects(between("12:00", "12:01"), AlertKind.STRAP, Duty.PROBATION)


def test_a_silent_tag_is_found_by_the_tick(world: World) -> None:
    world.at("12:00").fix(HOME)
    world.at("13:00")
    found = [a for a in world.alerts() if a.kind is AlertKind.NO_COMMS]
    assert [alert.raised_at for alert in found] == [at_time("00:20"), at_time("12:20")]


def test_a_late_fix_raises_an_alert_that_says_so(world: World) -> None:
    world.at("12:00").fix(HOME)
    world.at("12:10").fix(HOME)
    world.at("14:00").fix(HOME)
    world.late_fix(metres_from(HERS, 10, 10), at_time("12:04"))
    world.late_fix(metres_from(HERS, 30, 10), at_time("12:05"))
    found = [a for a in world.alerts() if a.kind is AlertKind.ZONE_ENTRY]
    assert len(found) == 1
    assert found[0].late_by_s == 115 * 60


def test_everything_is_there_after_a_crash(world: World) -> None:
    world.at("12:20").fix(metres_from(HERS, 20, 30))
    before = world.alerts(), world.outbox()
    world.crash()
    assert (world.alerts(), world.outbox()) == before
    world.at("12:21").fix(metres_from(HERS, 40, 30))
    found = [alert for alert in world.alerts() if alert.kind is AlertKind.ZONE_ENTRY]
    assert [alert.finding for alert in found] == [Finding.CONFIRMED]


def test_the_circumstances_follow_the_alert_within_a_tick(world: World) -> None:
    world.at("12:10").fix(metres_from(HERS, 0, 2000))
    world.at("12:20").fix(metres_from(HERS, 20, 30))
    alert = next(a for a in world.alerts() if a.kind is AlertKind.ZONE_ENTRY)
    assert world.cards(alert.alert_id) == []
    world.at("12:21")
    (card,) = world.cards(alert.alert_id)
    assert card.fixes == (card.deepest_fix,)
    assert card.distance_m_least == 0.0
    after = next(a for a in world.alerts() if a.alert_id == alert.alert_id)
    assert after.version > alert.version
    assert [a.kind for a in world.alerts() if a.kind is AlertKind.WATCH] == []
