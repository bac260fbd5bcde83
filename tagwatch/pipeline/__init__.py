"""THE LINE: the ordered stages by which journal records become decisions.

`run_batch` takes records of one lane in the order of the journal and returns what to write; the
engine commits that in one transaction, with the outbox rows and the cursor. Nothing here reads a
clock or writes anything: time is in the records, and reads go through the state.

The first stages look at a whole span of records at once, where arrays pay; the others take one
record after the other, so that a deadline sees exactly what was journaled before its tick.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from tagwatch.core import ledger
from tagwatch.core.alert import AlertKind, ServiceFact
from tagwatch.core.ids import derived_id
from tagwatch.core.ledger import Applied
from tagwatch.core.outcome import Phase
from tagwatch.pipeline.account import account
from tagwatch.pipeline.alert import alert
from tagwatch.pipeline.archive import archive
from tagwatch.pipeline.bundle import bundle
from tagwatch.pipeline.case import case
from tagwatch.pipeline.circumstances import circumstances
from tagwatch.pipeline.crime import crime
from tagwatch.pipeline.data_request import data_request
from tagwatch.pipeline.decide import decide
from tagwatch.pipeline.encounter import encounter
from tagwatch.pipeline.enquiry import enquiry
from tagwatch.pipeline.forget import KINDS as FORGETTING
from tagwatch.pipeline.forget import forget
from tagwatch.pipeline.frames import decode, mark, screen
from tagwatch.pipeline.glass import glass
from tagwatch.pipeline.inform import inform
from tagwatch.pipeline.leave import leave
from tagwatch.pipeline.match import match
from tagwatch.pipeline.plan import plan
from tagwatch.pipeline.register import register
from tagwatch.pipeline.remind import remind
from tagwatch.pipeline.review import review
from tagwatch.pipeline.route import route
from tagwatch.pipeline.serve import serve
from tagwatch.pipeline.settings_proposal import settings_proposal
from tagwatch.pipeline.share import share
from tagwatch.pipeline.step import Span, Step
from tagwatch.pipeline.unmonitored import watch_orders
from tagwatch.pipeline.unsealing import unsealing
from tagwatch.pipeline.week import week
from tagwatch.pipeline.zones_only import zones_only
from tagwatch.store import schema
from tagwatch.store.journal.record import Lane, Record
from tagwatch.store.register import REGISTER_EVENTS
from tagwatch.store.state import LineState
from tagwatch.store.writes import Writes

SPAN_STAGES: Final = (decode, register, mark, screen)
"""Take a whole span: bytes → events, the register, marks, and what certainly decides nothing."""

STEP_STAGES: Final = (
    decide,
    archive,
    zones_only,
    encounter,
    serve,
    watch_orders,
    plan,
    review,
    case,
    enquiry,
    data_request,
    crime,
    match,
    leave,
    settings_proposal,
    week,
    bundle,
    account,
    glass,
    unsealing,
    forget,
    share,
    inform,
    remind,
    alert,
    route,
    circumstances,
)
"""Take one record: findings of one wearer, what becomes of the archive and what waited for it,
what stays under zones-only orders, findings of two, service facts and deadlines, orders that
nobody can watch, risk plans, reviews, cases, enquiries, data requests, police's crimes and their
matches, officers' leave, settings that are only proposed, that overviews were made, accounts that
were checked, openings by break-glass and of sealed trails, shares of cases, who is forgotten, what
her side and he himself are told, alerts, who must know, the card."""

STAGES: Final = (*SPAN_STAGES, *STEP_STAGES)
"""The line, in order."""

ALONE: Final = FORGETTING
"""Kinds of record that are a batch of their own: the line loads everything anew after them."""

BOOKKEEPING: Final = frozenset({ledger.kind_of(Applied(lane=0, from_seq=0, to_seq=0))})
"""Kinds of record that the line itself writes to say what it did: they decide nothing."""

_REGISTER_KINDS: Final = frozenset(
    number for number, event in ledger.KINDS.items() if event in REGISTER_EVENTS
)


def run_batch(lane: Lane, records: Sequence[Record], state: LineState) -> Writes:
    """Return what `records` of one lane, in order of seq, make of the projections.

    `state` is changed with it: if the writes are not committed, load it anew. Where the fresh
    lane is cut into batches makes no difference; a slice of the back-fill lane is one coalesced
    whole, and its borders are journaled.
    """
    writes = Writes()
    for part in _spans(records):
        span = Span(lane=lane, records=part, writes=writes)
        for stage in SPAN_STAGES:
            stage(span, state)
        for step in span.steps:
            for stage in STEP_STAGES:
                stage(step, state)
    return writes


def set_aside(record: Record, error: Exception, state: LineState) -> Writes:
    """Return the writes that pass over a record the line cannot take in, and say so to a person."""
    writes = Writes()
    reason = f"{type(error).__name__}: {error}"
    row = {"seq": record.seq, "received_at": record.received_at, "kind": record.kind}
    writes.put(schema.set_aside, row | {"tag_id": None, "reason": reason[:2000]})
    writes.count("set_aside")
    step = Step(seq=record.seq, received_at=record.received_at, writes=writes)
    step.facts.append(
        ServiceFact(
            cause=derived_id("fa", "set_aside", record.seq),
            kind=AlertKind.WATCH,
            phase=Phase.OPEN,
            happened_at=record.received_at,
            detail=(
                f"journal record {record.seq} (kind {record.kind}) was set aside because the "
                f"line failed on it ({type(error).__name__}); nothing after it waits"
            ),
        )
    )
    alert(step, state)
    route(step, state)
    return writes


def _spans(records: Sequence[Record]) -> Iterator[Sequence[Record]]:
    """Cut where the register changes: a span is changes of it alone, or all but changes."""
    start = 0
    for at in range(1, len(records)):
        now, before = records[at].kind in _REGISTER_KINDS, records[at - 1].kind in _REGISTER_KINDS
        if now is not before:
            yield records[start:at]
            start = at
    if start < len(records):
        yield records[start:]
