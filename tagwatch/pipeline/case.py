"""Cases: each act is taken in on the very version it was made on; overdue tasks alarm."""

from tagwatch.core import case as cases
from tagwatch.core import ledger
from tagwatch.core.alert import AlertKind, ServiceFact, alert_id
from tagwatch.core.case import Case, CaseError
from tagwatch.core.ids import WearerId, derived_id
from tagwatch.core.outcome import Phase
from tagwatch.core.recorded_case import CaseAct
from tagwatch.core.units import Instant
from tagwatch.pipeline.step import Step
from tagwatch.store.cases import case_of, put_case
from tagwatch.store.state import LineState


def case(step: Step, state: LineState) -> None:
    """Take in what officers do with cases; at a tick, find the tasks that are overdue."""
    event = step.event
    if isinstance(event, ledger.CaseOpened):
        opened = event.case
        if case_of(state.connection, opened.case_id, step.writes) is None:
            at, by = opened.opened_at, opened.opened_by
            put_case(step.writes, opened, step.seq, at, by, "opened", opened.title)
            _note(opened, state)
    elif isinstance(event, CaseAct):
        _act(step, event, state)
    elif isinstance(event, ledger.Tick):
        _overdue(step, event.at, state)


def _act(step: Step, event: CaseAct, state: LineState) -> None:
    held = case_of(state.connection, event.case_id, step.writes)
    if held is None or held.version != event.seen:
        # Two officers at once, or an erased case: the act is in the journal, and he was told so.
        step.writes.count("case_acts_not_next")
        return
    try:
        after, kind, words = _after(held, event)
    except CaseError:
        step.writes.count("case_acts_refused")
        return
    put_case(step.writes, after, step.seq, event.at, event.by, kind, words)
    _note(after, state)
    if isinstance(event, ledger.TaskDone):
        _ended(step, after.wearer_id, event, state)


def _after(held: Case, event: CaseAct) -> tuple[Case, str, str]:
    match event:
        case ledger.CaseExtended():
            return cases.with_alerts(held, event.alerts), "extended", ""
        case ledger.DecisionMade():
            words = f"{event.decision.kind}: {event.decision.words}"
            return cases.decided(held, event.decision), "decided", words
        case ledger.DecisionSigned():
            signed = cases.countersigned(
                held, event.decision_id, event.agreement, event.words, event.at, event.by
            )
            return signed, "signed", f"{event.agreement}: {event.words}"
        case ledger.TaskSet():
            return cases.with_task(held, event.task), "task", event.task.words
        case ledger.TaskDone():
            done = cases.task_done(held, event.task_id, event.words, event.at, event.by)
            return done, "task_done", event.words
        case ledger.CaseClosed():
            return cases.closed(held, event.words), "closed", event.words
        case ledger.DocumentAttached():
            return cases.with_document(held, event.document), "document", event.document.says
        case ledger.FindingContested():
            return cases.contested(held, event.contest), "contested", event.contest.words
        case ledger.ContestAnswered():
            words = f"{event.outcome.replace('_', ' ')}: {event.words}"
            after = cases.answered(
                held, event.contest_id, event.outcome, event.words, event.at, event.by
            )
            return after, "contest_answered", words
        case ledger.CaseStepRecorded():
            return cases.with_step(held, event.step), "step", event.step.words
        case ledger.CaseStepTakenBack():
            after = cases.step_taken_back(held, event.step_id, event.words)
            return after, "step_taken_back", event.words
        case _:
            raise CaseError("case", f"{type(event).__name__} is no act on a case")


def _note(case: Case, state: LineState) -> None:
    state.cases.note(case)
    state.tasks.plan(case.case_id, state.cases.due_at(case.case_id))


def _overdue(step: Step, now: Instant, state: LineState) -> None:
    for case_id in state.tasks.take_due(now):
        left = state.cases.left(case_id)
        if left is None:
            continue
        for task in left.tasks:
            if task.due_at > now:
                state.tasks.plan(case_id, task.due_at)
            elif state.book.alert(alert_id(AlertKind.TASK_OVERDUE, _cause(task.task_id))) is None:
                fact = _fact(left.wearer_id, task.task_id, task.due_at, Phase.OPEN)
                step.facts.append(fact)


def _ended(step: Step, wearer: WearerId, done: ledger.TaskDone, state: LineState) -> None:
    known = state.book.alert(alert_id(AlertKind.TASK_OVERDUE, _cause(done.task_id)))
    if known is not None and known.phase is Phase.OPEN:
        fact = _fact(wearer, done.task_id, known.happened_at, Phase.ENDED, done.at)
        step.facts.append(fact)


def _cause(task_id: str) -> str:
    return derived_id("fa", "task_overdue", task_id)


def _fact(
    wearer: WearerId, task_id: str, due_at: Instant, phase: Phase, ended_at: Instant | None = None
) -> ServiceFact:
    return ServiceFact(
        cause=_cause(task_id),
        kind=AlertKind.TASK_OVERDUE,
        phase=phase,
        happened_at=due_at,
        ended_at=ended_at,
        wearer_id=wearer,
        detail="" if ended_at is None else "it is done, or will not be",
    )
