"""Claims, waits and calls: one person in hand, nothing put aside for ever, words kept apart."""

from pathlib import Path

import msgspec
import pytest

from tagwatch.core import acts
from tagwatch.core.alert import Alert, AlertEvent, AlertKind
from tagwatch.core.alert_clock import escalate, ran_out
from tagwatch.core.call_script import SCRIPTS, SECRET, script_of, scripts_text
from tagwatch.core.ids import AccountId
from tagwatch.core.ledger import (
    AlertAcknowledged,
    AlertClaimed,
    AlertClosed,
    AlertLetGo,
    AlertNoted,
    AlertWaiting,
    CallRecorded,
)
from tagwatch.core.moves import amended
from tagwatch.core.order import Demand, ZoneKnowledge
from tagwatch.core.outcome import AlertState, Disposition, Finding, Stage
from tagwatch.core.recorded_act import CallOutcome, Party
from tagwatch.core.units import SECOND, Instant
from tests.core.alert_world import HER, OFFICER, SETTINGS, at, context, raised

OTHER = AccountId("other")
ID = raised().alert_id


def taken(minutes: float = 1, by: AccountId = OFFICER) -> Alert:
    act = AlertAcknowledged(alert_id=ID, at=at(minutes), by=by)
    return acts.acknowledge(raised(), act, SETTINGS).alert


def asked(by: AccountId, minutes: float = 2, over: AccountId | None = None) -> AlertClaimed:
    return AlertClaimed(alert_id=ID, at=at(minutes), by=by, over=over, words="he rang me")


@pytest.mark.parametrize(("before_end_us", "holder"), [(1, OFFICER), (0, None), (-1, None)])
def test_a_claim_holds_up_to_its_end(before_end_us: int, holder: AccountId | None) -> None:
    end = Instant(at(1) + SETTINGS.claim_s * SECOND)
    assert taken().claimed_until == end
    assert taken().holder(Instant(end - before_end_us)) == holder


def test_nobody_else_gets_what_is_in_hand_but_by_taking_over_from_that_very_person() -> None:
    mine = taken()
    assert acts.other_holder([mine], OTHER, at(2)) == OFFICER
    assert acts.other_holder([mine], OFFICER, at(2)) is None
    assert acts.other_holder([mine], OTHER, at(99)) is None
    refused = acts.claim(mine, asked(OTHER), OFFICER, SETTINGS)
    assert (refused.event, refused.alert.claimed_by) == (AlertEvent.NOTED, OFFICER)
    wrong = acts.claim(mine, asked(OTHER, over=AccountId("third")), OFFICER, SETTINGS)
    assert wrong.event is AlertEvent.NOTED
    over = acts.claim(mine, asked(OTHER, over=OFFICER), OFFICER, SETTINGS)
    assert (over.event, over.alert.claimed_by) == (AlertEvent.CLAIMED, OTHER)
    assert over.alert.state is AlertState.ACKNOWLEDGED
    freed = acts.taken_over(mine, at(3), OTHER)
    assert (freed.event, freed.alert.claimed_by, freed.by) == (AlertEvent.LET_GO, None, OTHER)


def test_acknowledging_leaves_another_persons_claim_alone() -> None:
    claimed = acts.claim(raised(), asked(OTHER), None, SETTINGS).alert
    act = AlertAcknowledged(alert_id=ID, at=at(3), by=OFFICER)
    assert acts.acknowledge(claimed, act, SETTINGS).alert.claimed_by == OTHER


@pytest.mark.parametrize(("by", "renews"), [(OFFICER, True), (OTHER, False)])
def test_what_its_holder_does_renews_a_claim(by: AccountId, renews: bool) -> None:
    view = AlertNoted(alert_id=ID, at=at(9), by=by, words="rang")
    noted = acts.note(taken(), view, SETTINGS).alert
    expected = at(9) if renews else at(1)
    assert noted.claimed_until == expected + SETTINGS.claim_s * SECOND


def test_letting_go() -> None:
    gone = acts.let_go(taken(), AlertLetGo(alert_id=ID, at=at(2), by=OFFICER))
    assert (gone.event, gone.alert.holder(at(2))) == (AlertEvent.LET_GO, None)
    stranger = acts.let_go(taken(), AlertLetGo(alert_id=ID, at=at(2), by=OTHER))
    assert (stranger.event, stranger.alert.claimed_by) == (AlertEvent.NOTED, OFFICER)


def put_aside(alert: Alert) -> Alert:
    act = AlertWaiting(alert_id=ID, at=at(2), by=OFFICER, until=at(12), words="he rings back")
    return acts.wait(alert, act, SETTINGS).alert


@pytest.mark.parametrize(("offset_us", "lapses"), [(-1, False), (0, True), (1, True)])
def test_a_wait_that_ends_makes_the_alert_unanswered_again(offset_us: int, lapses: bool) -> None:
    waiting = put_aside(taken())
    assert (waiting.waiting_until, waiting.waiting_for) == (at(12), "he rings back")
    changes = ran_out(waiting, Instant(at(12) + offset_us), SETTINGS)
    assert bool(changes) is lapses
    for change in changes:
        assert (change.letter, change.event) == ("y", AlertEvent.WAIT_OVER)
        assert change.alert.state is AlertState.NOTIFIED
        assert change.alert.acknowledged_by is change.alert.waiting_until is None
        assert change.words == "waited for: he rings back"
        assert escalate(change.alert, Instant(change.alert.acknowledge_by), SETTINGS)


def test_what_nobody_took_on_cannot_be_put_aside() -> None:
    refused = put_aside(raised())
    assert refused.waiting_until is None
    assert refused.state is AlertState.RAISED


def test_what_must_be_told_ends_a_wait() -> None:
    waiting = put_aside(taken())
    confirmed = msgspec.structs.replace(waiting, finding=Finding.CONFIRMED)
    told = amended(confirmed, AlertEvent.CONFIRMED, context(5), "sure now", Stage.CONFIRMED)
    assert told.alert.waiting_until is None
    quiet = amended(waiting, AlertEvent.ENDED, context(5), "", None)
    assert quiet.alert.waiting_until == at(12)


def test_closing_ends_claim_and_wait() -> None:
    act = AlertClosed(
        alert_id=ID, at=at(5), by=OFFICER, disposition=Disposition.EXPLAINED, words="bus"
    )
    closed = acts.close(put_aside(taken()), act).alert
    assert closed.claimed_by is closed.waiting_until is None


def rang(party: Party, said: str = "", view: str = "") -> list[tuple[AlertEvent, str]]:
    act = CallRecorded(
        alert_id=ID,
        at=at(3),
        by=OFFICER,
        party=party,
        outcome=CallOutcome.ANSWERED,
        said=said,
        view=view,
    )
    return [(change.event, change.words) for change in acts.called(taken(), act, SETTINGS)]


def test_his_words_are_his_account_and_hers_never_are() -> None:
    assert rang(Party.WEARER, "on the bus", "sounded calm") == [
        (AlertEvent.CALLED, "wearer: answered"),
        (AlertEvent.ACCOUNT, "on the bus"),
        (AlertEvent.NOTED, "sounded calm"),
    ]
    assert rang(Party.PROTECTED_SIDE, "she is with her sister") == [
        (AlertEvent.CALLED, "protected_side: answered: she is with her sister"),
    ]


def test_every_kind_has_a_script_and_the_document_is_them() -> None:
    assert set(SCRIPTS) == set(AlertKind)
    text = (Path(__file__).parents[2] / "docs" / "calls.md").read_text(encoding="utf-8")
    assert text.endswith(scripts_text())


@pytest.mark.parametrize("kind", list(AlertKind))
def test_about_a_secret_zone_the_wearer_is_never_rung(kind: AlertKind) -> None:
    script = script_of(kind, ZoneKnowledge.SECRET, HER)
    assert Party.WEARER not in [step.party for step in script.steps]
    assert script.beware[0] == SECRET


def test_who_comes_first() -> None:
    def first(kind: AlertKind, protects: tuple = HER) -> Party:
        return script_of(kind, ZoneKnowledge.TOLD, protects).steps[0].party

    assert first(AlertKind.ZONE_ENTRY) is first(AlertKind.STRAP) is Party.PROTECTED_SIDE
    assert first(AlertKind.ZONE_APPROACH) is first(AlertKind.BATTERY_CRITICAL) is Party.WEARER
    assert first(AlertKind.STRAP, ()) is Party.WEARER


@pytest.mark.parametrize("kind", [AlertKind.CURFEW_ABSENCE, AlertKind.CURFEW_UNSEEN])
@pytest.mark.parametrize("demand", list(Demand))
def test_nobody_is_asked_whether_he_is_at_home_unless_it_is_a_curfew(kind, demand) -> None:
    script = script_of(kind, None, (), demand)
    said = " ".join((script.look, *(ask for step in script.steps for ask in step.asks)))
    assert ("at home" in said) is (demand is Demand.CURFEW)
    assert script.steps[0].party is Party.WEARER
