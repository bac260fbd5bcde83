"""How an order ended, by a person, and on what a recall rested."""

from typing import Final

import msgspec
from sqlalchemy import select

from tagwatch.access.reader import Reader
from tagwatch.access.role import Verb
from tagwatch.core.case import Case, DecisionKind
from tagwatch.core.ending import Ending, LocationBearing, OrderOutcome
from tagwatch.core.ids import CaseId, OrderId
from tagwatch.core.order import Order
from tagwatch.core.outcome import Finding
from tagwatch.core.units import Instant
from tagwatch.desk.clerk import Clerk, Conflict, Done, need, stored, unchanged
from tagwatch.desk.order import record_version
from tagwatch.desk.wearer import in_scope
from tagwatch.store import schema

WORDS_MOST: Final = 8000


class OrderEnd(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a person says of an order's end."""

    ended_at: Instant
    outcome: OrderOutcome
    words: str
    bearing: LocationBearing | None = None
    case_id: CaseId | None = None
    seen: str = ""


def end_order(clerk: Clerk, reader: Reader, order_id: OrderId, end: OrderEnd) -> Done:
    """Record how the order ended; said again, it corrects what was said before.

    Raises NotFound outside the scope, Conflict if it changed or does not hang together.
    """
    need(reader, Verb.RECORD_ORDER)
    current: Order | None = stored(reader, schema.order, order_id, Order)
    if current is None:
        reader.refuse("record_order", [order_id], "unknown")
    in_scope(reader, current.wearer_id, "record_order")
    unchanged(current, end.seen)
    _hangs_together(end)
    if end.ended_at > reader.now():
        raise Conflict("An end that lies ahead is the order's own date: correct the order.")
    finding = None if end.case_id is None else _finding_of(reader, end.case_id, current)
    ending = Ending(
        outcome=end.outcome,
        words=end.words.strip(),
        by=reader.actor.account_id,
        bearing=end.bearing,
        case_id=end.case_id,
        finding=finding,
    )
    ended = msgspec.structs.replace(current, ends_at=end.ended_at, ending=ending)
    return record_version(clerk, reader, ended, current)


def _hangs_together(end: OrderEnd) -> None:
    if not 0 < len(end.words.strip()) <= WORDS_MOST:
        raise Conflict(f"Write in your own words how it ended, {WORDS_MOST} characters at most.")
    recalled = end.outcome is OrderOutcome.RECALLED
    if recalled and end.bearing is None:
        raise Conflict("Say what location data said of the reason for the recall.")
    if not recalled and (end.bearing is not None or end.case_id is not None):
        raise Conflict("Only of a recall it is asked what location data said, and which case.")


def _finding_of(reader: Reader, case_id: CaseId, order: Order) -> Finding | None:
    """Return the strongest finding of the recall decided in a case. Raises Conflict."""
    with reader.connection() as connection:
        body = connection.scalar(
            select(schema.case_record.c.body).where(
                schema.case_record.c.case_id == case_id,
                schema.case_record.c.wearer_id == order.wearer_id,
            )
        )
    case = None if body is None else msgspec.json.decode(body, type=Case)
    recalls = [
        decision
        for decision in (() if case is None else case.decisions)
        if decision.kind is DecisionKind.RECALL_REQUEST and decision.stands
    ]
    if not recalls:
        raise Conflict("That case has no recall request that stands. Choose another, or none.")
    return recalls[-1].strongest
