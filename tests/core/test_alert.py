"""The life of an alert: every row of the state machine, its clocks, acts, and invariants."""

from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagwatch.core.acts import acknowledge, close, note
from tagwatch.core.alert import (
    TRANSITIONS,
    UNANSWERED,
    Action,
    Alert,
    AlertChange,
    AlertEvent,
    AlertKind,
    Context,
    alert_id,
    has_circumstance,
    move,
    reference,
    row,
)
from tagwatch.core.alert_clock import acknowledge_within_s, attempted, delivered, escalate
from tagwatch.core.ids import (
    AlertId,
)
from tagwatch.core.ledger import AlertAcknowledged, AlertClosed, AlertNoted
from tagwatch.core.outcome import (
    AlertState,
    Disposition,
    Finding,
    Phase,
    Severity,
    Stage,
)
from tagwatch.core.raising import from_episode
from tagwatch.core.recorded_delivery import AttemptResult
from tagwatch.core.units import SECOND, Instant
from tests.core.alert_world import (
    HER,
    OFFICER,
    SETTINGS,
    at,
    context,
    episode,
    in_state,
    raised,
)


def test_silences_and_encounters_have_other_cards() -> None:
    other = {AlertKind.NO_COMMS, AlertKind.NO_LOCATION, AlertKind.ENCOUNTER}
    some = raised()
    assert {
        kind for kind in AlertKind if not has_circumstance(msgspec.structs.replace(some, kind=kind))
    } == other


def test_letters_and_rows_are_unique() -> None:
    assert len({t.letter for t in TRANSITIONS}) == len(TRANSITIONS)
    assert len({(t.before, t.action) for t in TRANSITIONS}) == len(TRANSITIONS)


@pytest.mark.parametrize("transition", TRANSITIONS, ids=lambda t: t.letter)
def test_row(transition) -> None:
    if transition.before is None:
        (change,) = from_episode((), episode(), context())
    else:
        before = in_state(transition.before)
        change = move(before, transition.action, AlertEvent.NOTED, at(1))
        assert change.alert.version == before.version + 1
    assert change.letter == transition.letter
    assert change.alert.state is transition.after


@pytest.mark.parametrize(
    ("state", "action"),
    [(state, action) for state in AlertState for action in Action if row(state, action) is None],
)
def test_what_is_missing_cannot_happen(state: AlertState, action: Action) -> None:
    with pytest.raises(ValueError, match=f"cannot {action}"):
        move(in_state(state), action, AlertEvent.NOTED, at(1))


def test_the_document_is_the_table() -> None:
    text = (Path(__file__).parents[2] / "docs" / "alerts.md").read_text(encoding="utf-8")
    for t in TRANSITIONS:
        before = t.before or "–"
        assert f"| {t.letter} | {before} | {t.action} | {t.after} | {t.meaning} |" in text


def test_reference_names_the_alert_without_look_alikes() -> None:
    code = reference(AlertId("al_1"))
    assert len(code) == 7
    assert code == reference(AlertId("al_1")) != reference(AlertId("al_2"))
    assert not set(code) & set("01ILO")


@pytest.mark.parametrize(
    ("severity", "step", "seconds"),
    [
        (Severity.LIFE, 0, 240),
        (Severity.LIFE, 3, 240),
        (Severity.LIFE, 4, 480),
        (Severity.LIFE, 99, 3600),
        (Severity.URGENT, 0, 900),
        (Severity.ROUTINE, 9, 14400),
    ],
)
def test_time_to_acknowledge(severity: Severity, step: int, seconds: int) -> None:
    assert acknowledge_within_s(severity, step, SETTINGS) == seconds


@pytest.mark.parametrize(("offset_us", "steps"), [(-1, 0), (0, 1), (1, 1)])
def test_escalation_boundary(offset_us: int, steps: int) -> None:
    alert = raised()
    now = Instant(alert.acknowledge_by + offset_us)
    changes = escalate(alert, now, SETTINGS)
    assert len(changes) == steps
    for change in changes:
        assert change.stage is Stage.ESCALATED
        assert change.alert.step == 1
        assert change.alert.acknowledge_by == now + 240 * SECOND


@pytest.mark.parametrize("state", [AlertState.ACKNOWLEDGED, AlertState.CLOSED])
def test_answered_alerts_do_not_escalate(state: AlertState) -> None:
    assert escalate(in_state(state), at(9999), SETTINGS) == ()


def test_without_a_clock_nothing_escalates() -> None:
    assert escalate(raised(acknowledge_by=None), at(9999), SETTINGS) == ()


def test_first_delivery_notifies() -> None:
    change = delivered(raised(), at(1))
    assert (change.letter, change.alert.state) == ("b", AlertState.NOTIFIED)


@pytest.mark.parametrize(
    ("result", "state", "step", "alert_step", "event"),
    [
        (AttemptResult.DELIVERED, AlertState.RAISED, 0, 0, AlertEvent.NOTIFIED),
        (AttemptResult.RETRY, AlertState.RAISED, 0, 0, None),
        (AttemptResult.FAILED, AlertState.RAISED, 0, 0, AlertEvent.ESCALATED),
        (AttemptResult.FAILED, AlertState.NOTIFIED, 2, 2, AlertEvent.ESCALATED),
        (AttemptResult.FAILED, AlertState.NOTIFIED, 3, 3, None),  # the clock goes on alone
        (AttemptResult.FAILED, AlertState.RAISED, 0, 1, None),  # the next rank knows already
        (AttemptResult.FAILED, AlertState.ACKNOWLEDGED, 0, 0, None),
    ],
)
def test_attempts(result, state, step, alert_step, event) -> None:
    alert = in_state(state, step=alert_step)
    changes = attempted(alert, result, step, at(1), SETTINGS)
    assert [change.event for change in changes] == ([] if event is None else [event])


def test_acknowledging_stops_the_clock_and_names_the_officer() -> None:
    act = AlertAcknowledged(alert_id=raised().alert_id, at=at(2), by=OFFICER)
    change = acknowledge(raised(), act, SETTINGS)
    assert change.alert.state is AlertState.ACKNOWLEDGED
    assert change.alert.acknowledged_by == change.by == OFFICER
    assert change.alert.acknowledge_by is None
    assert escalate(change.alert, at(9999), SETTINGS) == ()
    late = acknowledge(change.alert, act, SETTINGS)
    assert late.event is AlertEvent.NOTED
    assert late.alert.state is AlertState.ACKNOWLEDGED
    assert "already acknowledged" in late.words


def test_notes_and_closing() -> None:
    view = AlertNoted(alert_id=raised().alert_id, at=at(2), by=OFFICER, words="rang him")
    noted = note(raised(), view, SETTINGS)
    assert (noted.letter, noted.words, noted.alert.state) == ("m", "rang him", AlertState.RAISED)
    act = AlertClosed(
        alert_id=raised().alert_id,
        at=at(3),
        by=OFFICER,
        disposition=Disposition.EXPLAINED,
        words="bus route",
    )
    closed = close(noted.alert, act)
    assert closed.words == "explained: bus route"
    assert closed.alert.closed_at == at(3)
    again = close(closed.alert, act)
    assert (again.event, again.alert.state) == (AlertEvent.NOTED, AlertState.CLOSED)


FINDINGS = st.sampled_from(list(Finding))
STEPS = st.one_of(
    st.tuples(st.just("episode"), FINDINGS, st.sampled_from(list(Phase))),
    st.tuples(st.just("tick"), st.integers(0, 600)),
    st.tuples(st.just("deliver")),
    st.tuples(st.just("fail")),
    st.tuples(st.just("acknowledge")),
    st.tuples(st.just("close")),
)


def _apply(alert: Alert | None, step: tuple, now: Instant) -> tuple[AlertChange, ...]:
    if step[0] == "episode":
        known = () if alert is None else (alert,)
        return from_episode(known, episode(step[1], step[2]), Context(now=now, protects=HER))
    if alert is None:
        return ()
    if step[0] == "tick":
        return escalate(alert, now, SETTINGS)
    if step[0] == "deliver":
        return (delivered(alert, now),)
    if step[0] == "fail":
        return attempted(alert, AttemptResult.FAILED, alert.step, now, SETTINGS)
    if step[0] == "acknowledge":
        act = AlertAcknowledged(alert_id=alert.alert_id, at=now, by=OFFICER)
        return (acknowledge(alert, act, SETTINGS),)
    act = AlertClosed(
        alert_id=alert.alert_id, at=now, by=OFFICER, disposition=Disposition.UNKNOWN, words=""
    )
    return (close(alert, act),)


@given(st.lists(STEPS, max_size=25))
def test_no_alert_is_lost_and_none_unanswered_is_forgotten(steps: list[tuple]) -> None:
    """Whatever happens, one alert a stay; open until a person closes it; its clock runs till
    then; something stronger than was told is always told."""
    alert: Alert | None = None
    now = at(0)
    for step in steps:
        now = Instant(now + (step[1] * SECOND if step[0] == "tick" else SECOND))
        before = alert
        for change in _apply(alert, step, now):
            previous, alert = alert, change.alert
            assert alert.alert_id == alert_id(AlertKind.ZONE_ENTRY, "ep_1")
            if previous is not None:
                assert alert.version == previous.version + 1
            if alert.state is AlertState.CLOSED and previous.state is not AlertState.CLOSED:
                assert change.by == OFFICER
            if change.event is AlertEvent.CONFIRMED:
                assert change.stage is Stage.CONFIRMED
        if alert is not None:
            assert (alert.acknowledge_by is not None) == (alert.state in UNANSWERED)
            if step[0] == "tick" and before.state in UNANSWERED and now >= before.acknowledge_by:
                assert alert.step == before.step + 1
