"""Data requests: each act is taken in on the very version it was made on; late answers alarm, and
approvals and access end by themselves."""

from tagwatch.core import ledger
from tagwatch.core import request_steps as steps
from tagwatch.core.alert import AlertKind, ServiceFact, alert_id
from tagwatch.core.data_request import DataRequest, RequestError, RequestUrgency
from tagwatch.core.ids import AccountId, NamedRequestId, RequestId, WearerId, derived_id
from tagwatch.core.named_request import NamedRequest, NamedState, next_named
from tagwatch.core.outcome import Phase, Severity
from tagwatch.core.recorded_request import RequestEvent
from tagwatch.core.units import Instant
from tagwatch.pipeline.step import Step
from tagwatch.store.data_requests import put_fetch, put_request, request_of
from tagwatch.store.named_requests import named_of, put_named
from tagwatch.store.request_samples import put_draw, put_review
from tagwatch.store.state import LineState

_NOBODY = AccountId("")


def data_request(step: Step, state: LineState) -> None:
    """Take in what persons do with data requests; at a tick, find what is late and what is over."""
    match step.event:
        case ledger.RequestAsked(request=asked):
            if request_of(state.connection, asked.request_id, step.writes) is None:
                _put(step, asked, (asked.recorded_at, asked.recorded_by, "asked"), state)
        case ledger.RequestNamed(request=named):
            _named(step, named, state)
        case RequestEvent():
            _act(step, step.event, state)
        case ledger.SampleDrawn():
            put_draw(step.writes, step.event, step.seq)
        case ledger.SampleReviewed():
            put_review(state.connection, step.writes, step.event)
        case ledger.Tick(at=at):
            _late(step, at, state)
            _over(step, at, state)
        case _:
            pass


def _act(step: Step, event: RequestEvent, state: LineState) -> None:
    held = request_of(state.connection, event.request_id, step.writes)
    if held is None:
        step.writes.count("request_acts_not_next")
        return
    if isinstance(event, ledger.RequestFetched):
        put_fetch(
            step.writes,
            step.seq,
            {
                "request_id": event.request_id,
                "wearer_id": event.wearer_id,
                "at": event.at,
                "by": event.by,
                "file": event.file,
                "sha256": event.sha256,
                "to": event.to,
                "receipt": event.receipt,
            },
        )
        return
    if held.version != event.seen:
        # Two officers at once: the act is in the journal, and the second was told so.
        step.writes.count("request_acts_not_next")
        return
    try:
        after, kind = _after(held, event)
    except RequestError:
        step.writes.count("request_acts_refused")
        return
    _put(step, after, (event.at, event.by, kind), state)
    if after.settled_at is not None and held.settled_at is None:
        _ended(step, (after.request_id, after.wearer_id), event.at, state)


def _named(step: Step, named: NamedRequest, state: LineState) -> None:
    held = named_of(state.connection, named.named_id, step.writes)
    if not next_named(held, named):
        # Two at once: what the second did is in the journal, and he was told so.
        step.writes.count("request_acts_not_next")
        return
    put_named(step.writes, named)
    state.requests.note_named(named)
    if named.state is not NamedState.WAITING:
        _ended(step, (named.named_id, None), named.at, state)


def _after(held: DataRequest, event: RequestEvent) -> tuple[DataRequest, str]:
    match event:
        case ledger.RequestAuthenticated():
            return steps.authenticated(held, event.identified), "authenticated"
        case ledger.RequestApproved():
            return steps.approved(held, event.approval), "approved"
        case ledger.RequestReleased():
            return steps.released(held, event.release), "released"
        case ledger.RequestTurned():
            return steps.turned(held, event.turn, event.by, event.at), event.turn.act.value
        case _:
            raise RequestError("request", f"{type(event).__name__} is no act on a request")


def _put(
    step: Step, found: DataRequest, made: tuple[Instant, AccountId, str], state: LineState
) -> None:
    put_request(step.writes, found, step.seq, *made)
    state.requests.note(found)


def _late(step: Step, now: Instant, state: LineState) -> None:
    for request_id, owed in state.requests.take_late(now):
        if state.book.alert(alert_id(AlertKind.REQUEST_OVERDUE, _cause(request_id))) is None:
            pressing = owed.urgency is RequestUrgency.LIFE
            step.facts.append(
                ServiceFact(
                    cause=_cause(request_id),
                    kind=AlertKind.REQUEST_OVERDUE,
                    phase=Phase.OPEN,
                    happened_at=owed.due_at,
                    wearer_id=owed.wearer_id,
                    severity=Severity.LIFE if pressing else None,
                )
            )


def _over(step: Step, now: Instant, state: LineState) -> None:
    for request_id in state.requests.take_over(now):
        held = request_of(state.connection, request_id, step.writes)
        if held is None or held.expires_at is None or held.expires_at > now:
            continue
        after = steps.expired(held, now)
        _put(step, after, (now, _NOBODY, "expired"), state)
        if held.settled_at is None:
            _ended(step, (after.request_id, after.wearer_id), now, state)


def _ended(
    step: Step,
    settled: tuple[RequestId | NamedRequestId, WearerId | None],
    at: Instant,
    state: LineState,
) -> None:
    cause = _cause(settled[0])
    known = state.book.alert(alert_id(AlertKind.REQUEST_OVERDUE, cause))
    # After a long gap between ticks it may be late and over at the same one.
    just = [fact.happened_at for fact in step.facts if fact.cause == cause]
    since = known.happened_at if known is not None and known.phase is Phase.OPEN else None
    for happened_at in just or ([] if since is None else [since]):
        step.facts.append(
            ServiceFact(
                cause=cause,
                kind=AlertKind.REQUEST_OVERDUE,
                phase=Phase.ENDED,
                happened_at=happened_at,
                ended_at=at,
                wearer_id=settled[1],
                detail="it was answered, or is over",
            )
        )


def _cause(request_id: RequestId | NamedRequestId) -> str:
    return derived_id("fa", "request_overdue", request_id)
