"""Data requests as the projections keep them: the current version, and who made each."""

from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Connection, select

from tagwatch.core.data_request import DataRequest, RequestUrgency
from tagwatch.core.ids import AccountId, JointRequestId, NamedRequestId, RequestId, WearerId
from tagwatch.core.named_request import NamedRequest, NamedState
from tagwatch.core.request_steps import OWED
from tagwatch.core.units import Instant
from tagwatch.store import schema, schema_request
from tagwatch.store.deadlines import Deadlines
from tagwatch.store.writes import Writes

_DECODER = msgspec.json.Decoder(DataRequest)
_NAMED = msgspec.json.Decoder(NamedRequest)
_OWED = sorted(state.value for state in OWED)


class OwedRequest(NamedTuple):
    """An answer that is owed."""

    wearer_id: WearerId | None
    """None: of whoever asked, nobody has said yet whom it is about."""
    due_at: Instant
    urgency: RequestUrgency


class RequestBook:
    """For the line: which answers are owed, and when approvals and access end."""

    def __init__(self, connection: Connection) -> None:
        """Load them through `connection`."""
        self._owed: dict[RequestId | NamedRequestId, OwedRequest] = {}
        self._ends: dict[RequestId, Instant] = {}
        self._late = Deadlines[RequestId | NamedRequestId]()
        self._over = Deadlines[RequestId]()
        row = schema.data_request.c
        waits = row.state.in_(_OWED) | row.expires_at.is_not(None)
        for body in connection.scalars(select(row.body).where(waits)):
            self.note(_DECODER.decode(body))
        column = schema_request.named_request.c
        waiting = column.state == NamedState.WAITING.value
        for body in connection.scalars(select(column.body).where(waiting)):
            self.note_named(_NAMED.decode(body))

    def note(self, request: DataRequest) -> None:
        """Take note of the current version of a request."""
        name = request.request_id
        if request.settled_at is None:
            if name not in self._owed:
                self._late.plan(name, request.due_at)
            self._owed[name] = OwedRequest(request.wearer_id, request.due_at, request.urgency)
        else:
            self._owed.pop(name, None)
        if request.expires_at is None:
            self._ends.pop(name, None)
        elif self._ends.get(name) != request.expires_at:
            self._ends[name] = request.expires_at
            self._over.plan(name, request.expires_at)

    def note_named(self, named: NamedRequest) -> None:
        """Take note of the current version of a request about somebody who is named."""
        name, asked = named.named_id, named.asked
        if named.state is NamedState.WAITING:
            if name not in self._owed:
                self._late.plan(name, asked.due_at)
            self._owed[name] = OwedRequest(None, asked.due_at, asked.urgency)
        else:
            self._owed.pop(name, None)

    def take_late(self, now: Instant) -> list[tuple[RequestId | NamedRequestId, OwedRequest]]:
        """Return which answers are late by `now`, each once for as long as it is held here."""
        due = self._late.take_due(now)
        return [(each, self._owed[each]) for each in due if each in self._owed]

    def take_over(self, now: Instant) -> list[RequestId]:
        """Return the requests whose approval or access is over by `now`."""
        over: list[RequestId] = []
        for each in self._over.take_due(now):
            end = self._ends.get(each)
            if end is not None and end <= now:
                over.append(each)
            else:
                self._over.plan(each, end)
        return over


def put_request(
    writes: Writes, request: DataRequest, seq: int, at: Instant, by: AccountId, kind: str
) -> None:
    """Make `request` the current version, made by the journal record `seq`."""
    writes.put(
        schema.data_request,
        {
            "request_id": request.request_id,
            "wearer_id": request.wearer_id,
            "kind": request.kind.value,
            "state": request.state.value,
            "urgency": request.urgency.value,
            "agency": request.requester.agency,
            "counts_for": request.group,
            "asked_at": request.asked_at,
            "due_at": request.due_at,
            "settled_at": request.settled_at,
            "expires_at": request.expires_at,
            "joint_id": request.joint_id,
            "refusal": None if request.refusal is None else request.refusal.value,
            "version": request.version,
            "body": msgspec.json.encode(request).decode(),
        },
    )
    key = {"request_id": request.request_id, "version": request.version}
    writes.put(
        schema_request.data_request_version, key | {"seq": seq, "at": at, "by": by, "kind": kind}
    )


def request_of(
    connection: Connection, request_id: RequestId, writes: Writes | None = None
) -> DataRequest | None:
    """Return a request as it is now, with what `writes` holds of it."""
    if writes is not None:
        for row in writes.put_rows(schema.data_request):
            if row["request_id"] == request_id:
                return _DECODER.decode(row["body"])
    column = schema.data_request.c
    body = connection.scalar(select(column.body).where(column.request_id == request_id))
    return None if body is None else _DECODER.decode(body)


def parts_of(connection: Connection, joint_id: JointRequestId) -> list[DataRequest]:
    """Return the parts of a request about several people, by id."""
    column = schema.data_request.c
    query = select(column.body).where(column.joint_id == joint_id).order_by(column.request_id)
    return [_DECODER.decode(body) for body in connection.scalars(query)]


def request_maker(connection: Connection, request_id: RequestId, version: int) -> int | None:
    """Return the journal record that made a version of a request."""
    column = schema_request.data_request_version.c
    return connection.scalar(
        select(column.seq).where(column.request_id == request_id, column.version == version)
    )


def put_fetch(writes: Writes, seq: int, fetched: dict[str, Any]) -> None:
    """Write that a released file was fetched or handed over."""
    writes.put(schema_request.request_fetch, {"seq": seq, **fetched})
