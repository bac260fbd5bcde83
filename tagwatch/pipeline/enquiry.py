"""Enquiries: each act is taken in on the very version it was made on; late answers alarm."""

from tagwatch.core import enquiry as enquiries
from tagwatch.core import ledger
from tagwatch.core.alert import AlertKind, ServiceFact, alert_id
from tagwatch.core.enquiry import OVER, AskedUrgency, Enquiry, EnquiryError
from tagwatch.core.ids import EnquiryId, derived_id
from tagwatch.core.outcome import Phase, Severity
from tagwatch.core.recorded_enquiry import EnquiryAct
from tagwatch.core.units import Instant
from tagwatch.pipeline.step import Step
from tagwatch.store.enquiries import enquiry_of, put_enquiry
from tagwatch.store.state import LineState


def enquiry(step: Step, state: LineState) -> None:
    """Take in what officers do with enquiries; at a tick, find the answers that are late."""
    event = step.event
    if isinstance(event, ledger.EnquiryLogged):
        logged = event.enquiry
        if enquiry_of(state.connection, logged.enquiry_id, step.writes) is None:
            _put(step, logged, (logged.recorded_at, "logged"), state)
    elif isinstance(event, EnquiryAct):
        _act(step, event, state)
    elif isinstance(event, ledger.Tick):
        _late(step, event.at, state)


def _act(step: Step, event: EnquiryAct, state: LineState) -> None:
    held = enquiry_of(state.connection, event.enquiry_id, step.writes)
    if held is None or held.version != event.seen:
        # Two officers at once, or it was erased: the act is in the journal, and he was told so.
        step.writes.count("enquiry_acts_not_next")
        return
    try:
        after = _after(held, event)
    except EnquiryError:
        step.writes.count("enquiry_acts_refused")
        return
    _put(step, after, (event.at, after.state.value), state, event)
    if after.state in OVER:
        _ended(step, after, event.at, state)


def _after(held: Enquiry, event: EnquiryAct) -> Enquiry:
    match event:
        case ledger.EnquiryTaken():
            return enquiries.taken(held, event.to, event.at)
        case ledger.EnquiryAnswered():
            return enquiries.answered(
                held, event.words, event.disclosed, event.basis, event.by, event.at
            )
        case ledger.EnquiryRefused():
            return enquiries.refused(held, event.reason, event.words, event.by, event.at)
        case _:
            raise EnquiryError("enquiry", f"{type(event).__name__} is no act on an enquiry")


def _put(
    step: Step,
    found: Enquiry,
    made: tuple[Instant, str],
    state: LineState,
    act: EnquiryAct | None = None,
) -> None:
    at, kind = made
    by = found.recorded_by if act is None else act.by
    put_enquiry(step.writes, found, step.seq, at, by, kind)
    state.enquiries.note(found)


def _late(step: Step, now: Instant, state: LineState) -> None:
    for enquiry_id, owed in state.enquiries.take_due(now):
        if state.book.alert(alert_id(AlertKind.ENQUIRY_OVERDUE, _cause(enquiry_id))) is None:
            pressing = owed.urgency is AskedUrgency.IMMEDIATE
            fact = ServiceFact(
                cause=_cause(enquiry_id),
                kind=AlertKind.ENQUIRY_OVERDUE,
                phase=Phase.OPEN,
                happened_at=owed.due_at,
                wearer_id=owed.wearer_id,
                severity=Severity.URGENT if pressing else None,
            )
            step.facts.append(fact)


def _ended(step: Step, settled: Enquiry, at: Instant, state: LineState) -> None:
    cause = _cause(settled.enquiry_id)
    known = state.book.alert(alert_id(AlertKind.ENQUIRY_OVERDUE, cause))
    if known is not None and known.phase is Phase.OPEN:
        fact = ServiceFact(
            cause=cause,
            kind=AlertKind.ENQUIRY_OVERDUE,
            phase=Phase.ENDED,
            happened_at=known.happened_at,
            ended_at=at,
            wearer_id=settled.wearer_id,
            detail="it is answered, or refused",
        )
        step.facts.append(fact)


def _cause(enquiry_id: EnquiryId) -> str:
    return derived_id("fa", "enquiry_overdue", enquiry_id)
