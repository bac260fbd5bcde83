"""Authorised absence, hospital, custody: what is excused raises nothing, and is on record."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from tagwatch.core.alert import Alert, AlertKind
from tagwatch.core.circumstance import Circumstance
from tagwatch.core.disclosure import disclosable
from tagwatch.core.exemption import Exemption, ExemptionCause
from tagwatch.core.ids import ExemptionId, WearerId
from tagwatch.core.order import ZoneKnowledge
from tagwatch.core.outcome import Finding, Severity
from tagwatch.core.recorded_register import ExemptionRecorded
from tagwatch.core.settings import AlertSettings
from tagwatch.core.units import SECOND
from tests.walk.timeline import BY, HERS, HOME, World, at_time, between, metres_from


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World.on(tmp_path)
    yield made
    made.close()


def excused(cause: ExemptionCause, start: str, end: str | None, version: int = 1, **more: object):
    exemption = Exemption(
        exemption_id=ExemptionId("x1"),
        version=version,
        wearer_id=WearerId("w1"),
        cause=cause,
        starts_at=at_time(start),
        ends_at=None if end is None else at_time(end),
        words="a wedding",
        approved_by="Demo Officer",
        **more,  # type: ignore[arg-type]  # whether it was taken back
    )
    return ExemptionRecorded(exemption=exemption, by=BY)


def in_a_secret_zone(card: Circumstance) -> Circumstance:
    return msgspec.structs.replace(card, knowledge=ZoneKnowledge.SECRET)


def away(world: World, start: str, end: str) -> None:
    hour, minute = map(int, start.split(":"))
    clock = start
    while clock < end:
        world.at(clock).fix(metres_from(HOME, 2000, 0))
        minute += 5
        clock = f"{hour + minute // 60:02}:{minute % 60:02}"


def absences(world: World):
    return [alert for alert in world.alerts() if alert.kind is AlertKind.CURFEW_ABSENCE]


def test_an_authorised_absence_raises_nothing_until_it_ends(world: World) -> None:
    world.at("12:00").fix(HOME)
    world.record(excused(ExemptionCause.AUTHORISED_ABSENCE, "18:00", "21:00"))
    away(world, "18:50", "21:00")
    assert absences(world) == []
    away(world, "21:00", "21:20")
    (alert,) = absences(world)
    assert alert.happened_at >= at_time("21:00")
    world.at("21:21")
    card = world.cards(alert.alert_id)[-1]
    assert [(one.words, one.ends_at) for one in card.exemptions] == [
        ("a wedding", at_time("21:00"))
    ]
    assert disclosable(in_a_secret_zone(card)).exemptions == ()
    world.phone.silent(between("18:00", "21:00"), AlertKind.CURFEW_ABSENCE)


def test_one_that_is_recorded_afterwards_withdraws_what_was_found(world: World) -> None:
    world.at("12:00").fix(HOME)
    away(world, "18:50", "19:30")
    assert [alert.finding for alert in absences(world)] != [Finding.WITHDRAWN]
    world.record(excused(ExemptionCause.AUTHORISED_ABSENCE, "18:00", "23:00"))
    world.at("19:31")
    (alert,) = absences(world)
    assert alert.finding is Finding.WITHDRAWN
    world.record(excused(ExemptionCause.AUTHORISED_ABSENCE, "18:00", "23:00", 2, withdrawn=True))
    world.at("19:32")
    (alert,) = absences(world)
    assert alert.finding is not Finding.WITHDRAWN, "taken back: he was absent after all"


def test_hospital_lifts_his_curfew_and_never_her_zone(world: World) -> None:
    world.record(excused(ExemptionCause.HOSPITAL, "12:00", None))
    world.at("19:30").fix(metres_from(HERS, 20, 30))
    kinds = {alert.kind for alert in world.alerts()}
    assert AlertKind.ZONE_ENTRY in kinds
    away(world, "19:40", "20:30")
    assert absences(world) == []


def test_in_custody_nothing_binds_and_silence_is_told_to_nobody(
    world: World,
) -> None:
    world.at("12:00").fix(HOME)
    world.record(excused(ExemptionCause.CUSTODY, "12:05", None))
    world.at("12:30").fix(metres_from(HERS, 20, 30))
    world.at("20:00")
    found = {a.kind: a for a in world.alerts() if a.happened_at >= at_time("12:00")}
    assert AlertKind.ZONE_ENTRY not in found
    assert AlertKind.CURFEW_UNSEEN not in found
    silence = found[AlertKind.NO_COMMS]
    assert silence.severity is Severity.ROUTINE
    assert "On record: custody." in silence.sentence
    assert [row for row in world.outbox() if row["alert_id"] == silence.alert_id] == []


def silence(world: World) -> Alert:
    """The silence after the last fix, of 08:00."""
    (found,) = [
        alert
        for alert in world.alerts()
        if alert.kind is AlertKind.NO_COMMS and alert.happened_at >= at_time("08:00")
    ]
    return found


def test_an_excused_silence_is_told_when_its_record_ends_and_waits_where_it_was_extended(
    world: World,
) -> None:
    world.at("08:00").fix(HOME)
    world.record(excused(ExemptionCause.CUSTODY, "08:05", "12:00"))
    world.at("11:00")
    assert silence(world).waiting_until == at_time("12:00")
    world.record(excused(ExemptionCause.CUSTODY, "08:05", "13:00", 2))
    world.at("12:30").crash()
    assert silence(world).waiting_until == at_time("13:00")
    assert [row for row in world.outbox() if row["alert_id"] == silence(world).alert_id] == []
    world.at("13:01")
    told = silence(world)
    assert (told.waiting_until, told.severity) == (None, Severity.URGENT)
    assert told.acknowledge_by is not None
    assert [row for row in world.outbox() if row["alert_id"] == told.alert_id]


def test_a_record_taken_back_excuses_nothing_any_more(world: World) -> None:
    world.at("08:00").fix(HOME)
    world.record(excused(ExemptionCause.CUSTODY, "08:05", None))
    world.at("11:00")
    waits = silence(world)
    week = AlertSettings().excused_look_s
    assert waits.waiting_until == waits.raised_at + week * SECOND
    world.record(excused(ExemptionCause.CUSTODY, "08:05", None, 2, withdrawn=True))
    world.at("11:01")
    told = silence(world)
    assert told.waiting_until is None
    assert [row for row in world.outbox() if row["alert_id"] == told.alert_id]


def test_in_custody_a_cut_strap_is_told_all_the_same(world: World) -> None:
    world.at("12:00").fix(HOME)
    world.record(excused(ExemptionCause.CUSTODY, "12:05", None))
    world.at("12:30").says(kind="strap_cut")
    strap = next(alert for alert in world.alerts() if alert.kind is AlertKind.STRAP)
    assert "On record" not in strap.sentence
    assert [row for row in world.outbox() if row["alert_id"] == strap.alert_id]


def test_a_rebuild_knows_what_was_excused(world: World) -> None:
    world.at("12:00").fix(HOME)
    world.record(excused(ExemptionCause.AUTHORISED_ABSENCE, "18:00", "21:00"))
    world.at("12:01").crash()
    away(world, "18:50", "20:50")
    assert absences(world) == []
