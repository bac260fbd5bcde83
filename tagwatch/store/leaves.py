"""Officers' leave as the line holds it and as the tables keep it; and what was handed over."""

import msgspec
from sqlalchemy import Connection, select

from tagwatch.core.ids import AccountId, LeaveId
from tagwatch.core.leave import Leave, fault_of
from tagwatch.core.recorded_leave import LeaveEnded, LeaveNoted
from tagwatch.core.units import Instant
from tagwatch.store import schema
from tagwatch.store.writes import Writes

_DECODER = msgspec.json.Decoder(Leave)


class LeaveBook:
    """Every leave on record, as it stands."""

    def __init__(self) -> None:
        """Begin with none."""
        self._held: dict[LeaveId, Leave] = {}

    def hold(self, leave: Leave) -> None:
        """Keep a leave in memory."""
        self._held[leave.leave_id] = leave

    def one(self, leave_id: LeaveId) -> Leave | None:
        """Return a leave as it stands, None if there is none."""
        return self._held.get(leave_id)

    def all(self) -> tuple[Leave, ...]:
        """Return every leave, by id."""
        return tuple(leave for _, leave in sorted(self._held.items()))

    def recorded(self, leave: Leave, writes: Writes) -> bool:
        """Take a leave in; False, and nothing is taken in, where it cannot stand."""
        if leave.leave_id in self._held or fault_of(leave, self._held.values()) is not None:
            return False
        self._put(leave, writes)
        return True

    def ended(self, event: LeaveEnded, writes: Writes) -> bool:
        """End a leave early; False if there is none, or it is over."""
        leave = self._held.get(event.leave_id)
        if leave is None or leave.is_over(event.at):
            return False
        self._put(msgspec.structs.replace(leave, ended_at=event.at), writes)
        return True

    def _put(self, leave: Leave, writes: Writes) -> None:
        self.hold(leave)
        writes.put(
            schema.officer_leave,
            {
                "leave_id": leave.leave_id,
                "officer": leave.officer,
                "deputy": leave.deputy,
                "starts_at": leave.starts_at,
                "until": leave.until,
                "body": msgspec.json.encode(leave).decode(),
            },
        )


def put_note(writes: Writes, event: LeaveNoted, seq: int) -> None:
    """Write what was handed over about one wearer."""
    row = {name: getattr(event, name) for name in ("leave_id", "wearer_id", "words", "at", "by")}
    writes.put(schema.leave_note, {"seq": seq, **row})


def load_leaves(connection: Connection) -> LeaveBook:
    """Return every leave as the projections hold it."""
    book = LeaveBook()
    for leave in leaves(connection):
        book.hold(leave)
    return book


def leaves(connection: Connection) -> list[Leave]:
    """Return every leave on record, first begun first."""
    column = schema.officer_leave.c
    query = select(column.body).order_by(column.starts_at, column.leave_id)
    return [_DECODER.decode(body) for body in connection.scalars(query)]


def covered_by(connection: Connection, deputy: AccountId, at: Instant) -> frozenset[AccountId]:
    """Return the officers whose caseloads `deputy` has at `at`."""
    column = schema.officer_leave.c
    query = select(column.officer).where(
        column.deputy == deputy, column.starts_at <= at, column.until > at
    )
    return frozenset(AccountId(name) for name in connection.scalars(query))


def leave_of(connection: Connection, leave_id: LeaveId) -> Leave | None:
    """Return one leave as it stands, None if there is none."""
    column = schema.officer_leave.c
    body = connection.scalar(select(column.body).where(column.leave_id == leave_id))
    return None if body is None else _DECODER.decode(body)
