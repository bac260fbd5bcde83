"""Cases: whole reasons, a second person, nothing closed with something left to do."""

from collections.abc import Iterator
from contextlib import contextmanager

import msgspec
import pytest

from tagwatch.core import case as cases
from tagwatch.core.case import (
    SERIOUS,
    Agreement,
    Case,
    CaseError,
    CaseState,
    Decision,
    DecisionKind,
    Held,
    Task,
)
from tagwatch.core.case_step import MOST as STEPS_MOST
from tagwatch.core.case_step import CaseStep, Proof, StepKind
from tagwatch.core.ids import AccountId, AlertId, CaseId, WearerId
from tagwatch.core.outcome import Finding, Phase
from tests.core.alert_world import at

ME, OTHER = AccountId("me"), AccountId("other")
HELD = Held(
    alert_id=AlertId("al_1"),
    kind="zone_entry",
    alert_version=3,
    finding=Finding.CONFIRMED,
    phase=Phase.ENDED,
    probability=0.996,
)
OPEN = Case(
    case_id=CaseId("ca_1"),
    wearer_id=WearerId("w1"),
    title="three evenings",
    opened_at=at(0),
    opened_by=ME,
    alerts=(AlertId("al_1"),),
)


def decision(kind: DecisionKind = DecisionKind.RECALL_REQUEST, **changes: object) -> Decision:
    whole = Decision(
        decision_id="de_1",
        kind=kind,
        at=at(1),
        by=ME,
        words="the third time in a week",
        weighed=("Deepest point: 60 m",),
        alternatives=("Diverted bus",),
        held=(HELD,),
    )
    return msgspec.structs.replace(whole, **changes)


@contextmanager
def wrong(field: str) -> Iterator[None]:
    with pytest.raises(CaseError) as found:
        yield
    assert found.value.field == field


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"words": " "}, "decision-words"),
        ({"weighed": ()}, "weighed"),
        ({"alternatives": ()}, "alternatives"),
        ({"held": ()}, "decision"),
    ],
)
@pytest.mark.parametrize("kind", sorted(SERIOUS))
def test_what_may_cost_liberty_needs_whole_reasons(kind, changes, field: str) -> None:
    with wrong(field):
        cases.decided(OPEN, decision(kind, **changes))


def test_a_light_decision_needs_words_alone_and_stands_at_once() -> None:
    plain = decision(DecisionKind.NO_ACTION, weighed=(), alternatives=(), held=())
    after = cases.decided(OPEN, plain)
    assert (after.state, after.version) == (CaseState.DECIDED, 2)
    with wrong("decision-words"):
        cases.decided(OPEN, msgspec.structs.replace(plain, words=""))


@pytest.mark.parametrize(
    ("agreement", "state"),
    [(Agreement.AGREES, CaseState.DECIDED), (Agreement.DISAGREES, CaseState.OPEN)],
)
def test_a_second_person_makes_a_serious_decision_stand(agreement, state) -> None:
    waiting = cases.decided(OPEN, decision())
    assert (waiting.state, waiting.decisions[0].stands) == (CaseState.OPEN, False)
    with wrong("decision"):
        cases.decided(waiting, decision(decision_id="de_2"))
    with wrong("sign"):
        cases.countersigned(waiting, "de_1", agreement, "yes", at(2), ME)
    with wrong("sign"):
        cases.countersigned(waiting, "de_9", agreement, "yes", at(2), OTHER)
    with wrong("sign-words"):
        cases.countersigned(waiting, "de_1", agreement, " ", at(2), OTHER)
    after = cases.countersigned(waiting, "de_1", agreement, "as I read it", at(2), OTHER)
    (signed,) = after.decisions
    assert (after.state, signed.stands) == (state, agreement is Agreement.AGREES)
    assert (signed.by, signed.countersigned_by) == (ME, OTHER)
    with wrong("sign"):
        cases.countersigned(after, "de_1", agreement, "again", at(3), OTHER)


def test_nothing_is_closed_undecided_or_with_a_task_left() -> None:
    with wrong("close"):
        cases.closed(OPEN, "done")
    done = cases.decided(OPEN, decision(DecisionKind.WARNING))
    task = Task(task_id="ta_1", words="send the letter", due_at=at(9), set_by=ME)
    busy = cases.with_task(done, task)
    with wrong("close"):
        cases.closed(busy, "done")
    with wrong("tasks"):
        cases.task_done(busy, "ta_2", "sent", at(3), ME)
    free = cases.task_done(busy, "ta_1", "sent", at(3), ME)
    with wrong("tasks"):
        cases.task_done(free, "ta_1", "sent", at(3), ME)
    with wrong("close-words"):
        cases.closed(free, "")
    shut = cases.closed(free, "warned")
    assert shut.state is CaseState.CLOSED
    for act in (
        lambda: cases.with_alerts(shut, (AlertId("al_2"),)),
        lambda: cases.decided(shut, decision()),
        lambda: cases.with_task(shut, task),
        lambda: cases.closed(shut, "again"),
        lambda: cases.with_step(shut, step()),
        lambda: cases.step_taken_back(shut, "st_1", "wrong"),
    ):
        with wrong("case"):
            act()


def test_more_alerts_open_it_again_each_once() -> None:
    decided = cases.decided(OPEN, decision(DecisionKind.WARNING))
    more = cases.with_alerts(decided, (AlertId("al_2"), AlertId("al_1")))
    assert (more.alerts, more.state) == (("al_1", "al_2"), CaseState.OPEN)
    with wrong("task-words"):
        cases.with_task(OPEN, Task(task_id="t", words=" ", due_at=at(1), set_by=ME))


@pytest.mark.parametrize(
    ("findings", "strongest"),
    [
        ((), None),
        ((Finding.WITHDRAWN, Finding.UNDETERMINED), Finding.UNDETERMINED),
        ((Finding.POSSIBLE, Finding.CONFIRMED), Finding.CONFIRMED),
    ],
)
def test_the_strongest_finding_it_rested_on(findings, strongest) -> None:
    held = tuple(msgspec.structs.replace(HELD, finding=finding) for finding in findings)
    assert decision(held=held).strongest is strongest


def test_a_report_of_the_tag_is_no_finding_about_a_place() -> None:
    strap = msgspec.structs.replace(HELD, kind="strap", is_judged=False)
    assert decision(held=(strap,)).strongest is None
    weaker = msgspec.structs.replace(HELD, finding=Finding.POSSIBLE)
    assert decision(held=(strap, weaker)).strongest is Finding.POSSIBLE


def step(kind: StepKind = StepKind.WARNING_LETTER, **changes: object) -> CaseStep:
    whole = CaseStep(
        step_id="st_1", kind=kind, happened_at=at(5), words="first class post", at=at(9), by=ME
    )
    return msgspec.structs.replace(whole, **changes)


def test_what_happened_is_added_and_taken_back_and_stays() -> None:
    written = cases.with_step(OPEN, step())
    with wrong("steps"):
        cases.step_taken_back(written, "st_1", " ")
    after = cases.step_taken_back(written, "st_1", "another man's letter")
    assert [one.taken_back for one in after.steps] == ["another man's letter"]
    assert after.version == OPEN.version + 2
    for name in ("st_1", "st_2"):
        with wrong("steps"):
            cases.step_taken_back(after, name, "again")


@pytest.mark.parametrize(("happened", "taken"), [(8, True), (9, True), (10, False)])
def test_what_lies_ahead_has_not_happened_but_a_hearing_may_be_set(
    happened: int, taken: bool
) -> None:
    ahead = cases.with_step(OPEN, step(StepKind.HEARING, happened_at=at(happened)))
    assert ahead.steps[0].kind is StepKind.HEARING
    letter = step(happened_at=at(happened))
    if taken:
        assert cases.with_step(OPEN, letter).steps == (letter,)
        return
    with wrong("step-at"):
        cases.with_step(OPEN, letter)


def test_an_excuse_says_what_was_shown_and_nothing_else_does() -> None:
    excuse = step(StepKind.EXCUSE_GIVEN, proof=Proof.MEDICAL_LETTER)
    assert cases.with_step(OPEN, excuse).steps[0].proof is Proof.MEDICAL_LETTER
    for bad in (step(StepKind.EXCUSE_GIVEN), step(proof=Proof.OTHER)):
        with wrong("step-proof"):
            cases.with_step(OPEN, bad)
    with wrong("step-words"):
        cases.with_step(OPEN, step(words=" "))


def test_a_case_holds_so_many_steps() -> None:
    full = msgspec.structs.replace(OPEN, steps=(step(),) * STEPS_MOST)
    with wrong("step"):
        cases.with_step(full, step())
    one_less = msgspec.structs.replace(OPEN, steps=(step(),) * (STEPS_MOST - 1))
    assert len(cases.with_step(one_less, step()).steps) == STEPS_MOST
