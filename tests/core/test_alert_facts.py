"""What service facts do to their alerts: silence, explanations, what clears itself."""

import msgspec
import pytest

from tagwatch.core.alert import (
    AUTOMATIC,
    AlertEvent,
    AlertKind,
)
from tagwatch.core.ids import (
    AlertId,
    WearerId,
)
from tagwatch.core.moves import clears_itself, inhibit, release, severity_of
from tagwatch.core.outcome import (
    AlertState,
    Phase,
    Severity,
    Stage,
)
from tagwatch.core.raising import from_service_fact
from tests.core.alert_world import HER, SETTINGS, at, context, fact


def test_severity_of_facts() -> None:
    assert severity_of(AlertKind.STRAP, HER) is Severity.LIFE
    assert severity_of(AlertKind.STRAP, ()) is Severity.URGENT


@pytest.mark.parametrize(
    ("kind", "severity", "clears"),
    [
        (AlertKind.STRAP, Severity.LIFE, False),
        (AlertKind.STRAP, Severity.ROUTINE, False),
        (AlertKind.CASE, Severity.URGENT, False),
        (AlertKind.POWER_OFF, Severity.URGENT, False),
        (AlertKind.ZONE_ENTRY, Severity.ROUTINE, False),
        (AlertKind.NO_COMMS, Severity.ROUTINE, True),
        (AlertKind.NO_COMMS, Severity.URGENT, False),
        (AlertKind.MASS_SILENCE, Severity.URGENT, True),
        (AlertKind.WATCH, Severity.URGENT, True),
        (AlertKind.BLIND, Severity.URGENT, False),
    ],
)
def test_what_clears_itself(kind: AlertKind, severity: Severity, clears: bool) -> None:
    assert clears_itself(kind, severity) is clears


def test_silence_raised_and_cleared_as_a_stored_decision() -> None:
    (change,) = from_service_fact(None, fact(), context(protects=()))
    assert (change.stage, change.alert.severity) == (Stage.FACT, Severity.ROUTINE)
    assert from_service_fact(change.alert, fact(), context(1)) == ()
    ended, cleared = from_service_fact(change.alert, fact(Phase.ENDED), context(2, protects=()))
    assert (ended.event, ended.stage) == (AlertEvent.ENDED, None)
    assert (cleared.event, cleared.by) == (AlertEvent.CLOSED, AUTOMATIC)
    assert cleared.alert.state is AlertState.CLOSED
    assert cleared.alert.sentence.endswith("It has ended.")
    assert from_service_fact(cleared.alert, fact(Phase.ENDED), context(3)) == ()


def test_silence_where_a_person_is_protected_waits_for_a_person() -> None:
    (change,) = from_service_fact(None, fact(), context())
    (ended,) = from_service_fact(change.alert, fact(Phase.ENDED), context(2))
    assert (ended.stage, ended.alert.state) == (Stage.ENDED, AlertState.RAISED)


def test_a_flat_battery_explains_silence_yet_it_stays_in_the_list() -> None:
    flat = AlertId("al_flat")
    (quiet,) = from_service_fact(None, fact(explained_by=flat), context(protects=()))
    assert (quiet.stage, quiet.alert.explained_by) == (None, flat)
    assert quiet.alert.state is AlertState.RAISED
    assert quiet.alert.acknowledge_by is not None
    (told,) = from_service_fact(None, fact(explained_by=flat), context())
    assert (told.stage, told.alert.severity) == (Stage.FACT, Severity.ROUTINE)
    (plain,) = from_service_fact(None, fact(), context())
    (later,) = from_service_fact(plain.alert, fact(explained_by=flat), context(1))
    assert (later.event, later.alert.severity) == (AlertEvent.EXPLAINED, Severity.ROUTINE)


def test_reported_again() -> None:
    strap = fact(kind=AlertKind.STRAP)
    (change,) = from_service_fact(None, strap, context())
    again = msgspec.structs.replace(strap, again=True)
    (seen,) = from_service_fact(change.alert, again, context(1))
    assert (seen.event, seen.stage) == (AlertEvent.REPORTED_AGAIN, None)
    closed = msgspec.structs.replace(change.alert, state=AlertState.CLOSED)
    (anew,) = from_service_fact(closed, again, context(1))
    assert (anew.letter, anew.stage, anew.alert.round) == ("x", Stage.FACT, 1)
    ended = msgspec.structs.replace(closed, phase=Phase.ENDED)
    (anew,) = from_service_fact(ended, strap, context(1))
    assert anew.letter == "x"


def test_an_outage_that_grows_is_amended() -> None:
    mass = fact(kind=AlertKind.MASS_SILENCE, detail="20 tags", affected=(WearerId("w1"),))
    (change,) = from_service_fact(None, mass, context())
    more = msgspec.structs.replace(mass, detail="21 tags")
    (grown,) = from_service_fact(change.alert, more, context(1))
    assert (grown.event, grown.stage) == (AlertEvent.AMENDED, None)
    wider = msgspec.structs.replace(mass, affected=(WearerId("w1"), WearerId("w2")))
    (grown,) = from_service_fact(change.alert, wider, context(1))
    assert grown.alert.affected == wider.affected


def test_inhibit_and_release() -> None:
    (change,) = from_service_fact(None, fact(), context())
    by = AlertId("al_mass")
    (quiet,) = inhibit(change.alert, by, at(1), SETTINGS, "one outage")
    assert (quiet.alert.severity, quiet.alert.state) == (Severity.ROUTINE, AlertState.RAISED)
    assert inhibit(quiet.alert, by, at(2), SETTINGS, "one outage") == ()
    closed = msgspec.structs.replace(change.alert, state=AlertState.CLOSED)
    assert inhibit(closed, by, at(2), SETTINGS, "one outage") == ()
    (second,) = inhibit(quiet.alert, AlertId("al_x"), at(2), SETTINGS, "another")
    assert second.alert.severity is Severity.ROUTINE
    (back,) = release(quiet.alert, at(3), SETTINGS)
    assert (back.event, back.stage) == (AlertEvent.RELEASED, Stage.FACT)
    assert (back.alert.severity, back.alert.explained_by) == (Severity.URGENT, None)
    assert release(change.alert, at(3), SETTINGS) == ()
    ended = msgspec.structs.replace(quiet.alert, phase=Phase.ENDED)
    assert release(ended, at(3), SETTINGS) == ()
    done = msgspec.structs.replace(quiet.alert, state=AlertState.CLOSED)
    assert release(done, at(3), SETTINGS) == ()
    taken = msgspec.structs.replace(change.alert, state=AlertState.ACKNOWLEDGED)
    (calm,) = inhibit(taken, by, at(1), SETTINGS, "one outage")
    assert calm.alert.acknowledge_by is None
    (told,) = release(calm.alert, at(3), SETTINGS)
    assert (told.letter, told.alert.acknowledge_by) == ("w", None)
