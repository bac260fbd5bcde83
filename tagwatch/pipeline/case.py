"""Cases: each act is taken in on the very version it was made on, and on no other."""

from tagwatch.core import case as cases
from tagwatch.core import ledger
from tagwatch.core.case import Case, CaseError
from tagwatch.core.recorded_case import CaseAct
from tagwatch.pipeline.step import Step
from tagwatch.store.cases import case_of, put_case
from tagwatch.store.state import LineState


def case(step: Step, state: LineState) -> None:
    """Take in what officers do with cases."""
    event = step.event
    if isinstance(event, ledger.CaseOpened):
        opened = event.case
        if case_of(state.connection, opened.case_id, step.writes) is None:
            at, by = opened.opened_at, opened.opened_by
            put_case(step.writes, opened, step.seq, at, by, "opened", opened.title)
    elif isinstance(event, CaseAct):
        _act(step, event, state)


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
        case _:
            raise CaseError("case", f"{type(event).__name__} is no act on a case")
