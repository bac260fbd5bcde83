"""Leave: one's own and what one covers; the caseload that is handed over, wearer by wearer."""

from collections import defaultdict
from typing import Final

import msgspec
from sqlalchemy import Connection, func, select

from tagwatch.core.case import Case, CaseState
from tagwatch.core.ids import AccountId, LeaveId, WearerId
from tagwatch.core.leave import Leave
from tagwatch.core.outcome import AlertState
from tagwatch.core.person import Contact, Wearer, reaches
from tagwatch.core.units import Instant
from tagwatch.query.reader import Reader
from tagwatch.store import schema
from tagwatch.store.leaves import leave_of, leaves

MOST: Final = 500
MOST_PAST: Final = 20


class LeaveNote(msgspec.Struct, frozen=True, kw_only=True):
    """What one officer handed over to the other about one wearer."""

    leave_id: LeaveId
    at: Instant
    by: AccountId
    words: str


class LeaveList(msgspec.Struct, frozen=True, kw_only=True):
    """The reader's leave and whom he covers; what is over comes last."""

    own: tuple[Leave, ...]
    covers: tuple[Leave, ...]


class HandedOver(msgspec.Struct, frozen=True, kw_only=True):
    """One wearer of the caseload that is handed over."""

    wearer: Wearer
    notes: tuple[LeaveNote, ...]
    """Newest first."""
    open_alerts: int
    task_due_at: Instant | None
    """Of his open cases, when the next task is due."""


class Handover(msgspec.Struct, frozen=True, kw_only=True):
    """A caseload handed over, as far as it is within scope now."""

    leave: Leave
    rows: tuple[HandedOver, ...]
    more: bool
    is_deputy_reached: bool
    """False: the deputy has no contact, so alerts go to the officer on leave still."""


def leave_list(reader: Reader) -> LeaveList:
    """Return the reader's own leave and what he covers. On the audit."""
    me, now = reader.actor.account_id, reader.now()
    with reader.connection() as connection:
        known = leaves(connection)
    found = LeaveList(
        own=_ordered([leave for leave in known if leave.officer == me], now),
        covers=_ordered([leave for leave in known if leave.deputy == me], now),
    )
    reader.consulted("leave", [leave.leave_id for leave in (*found.own, *found.covers)])
    return found


def every_leave(reader: Reader) -> tuple[Leave, ...]:
    """Return every officer's leave that is on or to come, and what ended last. On the audit."""
    now = reader.now()
    with reader.connection() as connection:
        known = leaves(connection)
    found = _ordered(known, now)
    reader.consulted("every_leave", [leave.leave_id for leave in found])
    return found


def handover(reader: Reader, leave_id: LeaveId) -> Handover:
    """Return the caseload of a leave for its officer, or for its deputy until cover is over.

    Raises NotFound for anybody else; puts either on the audit.
    """
    me = reader.actor.account_id
    with reader.connection() as connection:
        leave = leave_of(connection, leave_id)
        if leave is None or me not in (leave.officer, leave.deputy):
            reader.refuse("handover", [leave_id], "unknown, or of others")
        if me == leave.deputy and leave.is_over(reader.now()):
            reader.refuse("handover", [leave_id], "cover is over")
        column = schema.wearer.c
        bodies = connection.scalars(
            select(column.body)
            .where(column.officer == leave.officer, reader.scope.condition())
            .order_by(column.name)
            .limit(MOST + 1)
        ).all()
        wearers = [msgspec.json.decode(body, type=Wearer) for body in bodies[:MOST]]
        found = Handover(
            leave=leave,
            rows=_rows(connection, leave, wearers),
            more=len(bodies) > MOST,
            is_deputy_reached=_is_reached(connection, leave.deputy),
        )
    reader.consulted("handover", [leave_id, *(wearer.wearer_id for wearer in wearers)])
    return found


def notes_for(
    reader: Reader, connection: Connection, wearer: Wearer
) -> tuple[tuple[Leave, tuple[LeaveNote, ...]], ...]:
    """Return what is handed over about a wearer within scope, for his officer and the deputy of a
    leave that is not over; nothing for anybody else."""
    me, now = reader.actor.account_id, reader.now()
    found = [
        leave
        for leave in leaves(connection)
        if leave.officer == wearer.officer
        and me in (leave.officer, leave.deputy)
        and not leave.is_over(now)
    ]
    return tuple(
        (leave, _notes(connection, leave.leave_id).get(wearer.wearer_id, ())) for leave in found
    )


def _ordered(found: list[Leave], now: Instant) -> tuple[Leave, ...]:
    current = [leave for leave in found if not leave.is_over(now)]
    past = [leave for leave in found if leave.is_over(now)]
    return (*current, *past[::-1][:MOST_PAST])


def _rows(connection: Connection, leave: Leave, wearers: list[Wearer]) -> tuple[HandedOver, ...]:
    ids = [wearer.wearer_id for wearer in wearers]
    notes = _notes(connection, leave.leave_id)
    alert, case = schema.alert.c, schema.case_record.c
    counted = connection.execute(
        select(alert.wearer_id, func.count().label("many"))
        .where(alert.wearer_id.in_(ids), alert.state != AlertState.CLOSED.value)
        .group_by(alert.wearer_id)
    )
    alerts = {row.wearer_id: row.many for row in counted}
    due: dict[str, list[Instant]] = defaultdict(list)
    for body in connection.scalars(
        select(case.body).where(case.wearer_id.in_(ids), case.state != CaseState.CLOSED.value)
    ):
        each = msgspec.json.decode(body, type=Case)
        if (at := each.next_due_at) is not None:
            due[each.wearer_id].append(at)
    return tuple(
        HandedOver(
            wearer=wearer,
            notes=notes.get(wearer.wearer_id, ()),
            open_alerts=alerts.get(wearer.wearer_id, 0),
            task_due_at=min(due[wearer.wearer_id], default=None),
        )
        for wearer in wearers
    )


def _notes(connection: Connection, leave_id: LeaveId) -> dict[WearerId, tuple[LeaveNote, ...]]:
    column = schema.leave_note.c
    query = select(column.wearer_id, column.at, column.by, column.words)
    found: dict[WearerId, tuple[LeaveNote, ...]] = {}
    for row in connection.execute(
        query.where(column.leave_id == leave_id).order_by(column.seq.desc())
    ):
        made = LeaveNote(leave_id=leave_id, at=row.at, by=row.by, words=row.words)
        name = WearerId(row.wearer_id)
        found[name] = (*found.get(name, ()), made)
    return found


def _is_reached(connection: Connection, deputy: AccountId) -> bool:
    bodies = connection.scalars(select(schema.contact.c.body))
    return any(reaches(msgspec.json.decode(body, type=Contact), {deputy}) for body in bodies)
