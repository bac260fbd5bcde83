"""Requests about somebody who is named: to whoever asked the answer alone; to whoever decides what
is known of him, beside the wearers within scope whom it may be."""

from collections.abc import Iterator
from typing import Final

import msgspec
from sqlalchemy import ColumnElement, Connection, and_, false, func, or_, select

from tagwatch.access.role import Role, Verb
from tagwatch.core.data_request import DataRequest
from tagwatch.core.ids import NamedRequestId
from tagwatch.core.named_request import (
    REOPENED_WITHIN,
    Named,
    NamedAnswer,
    NamedRequest,
    NamedState,
    answer_of,
)
from tagwatch.core.person import Wearer
from tagwatch.core.units import Instant
from tagwatch.query.reader import Reader
from tagwatch.store import schema
from tagwatch.store.named_requests import named_of
from tagwatch.store.protected import opened

MOST_CANDIDATES: Final = 10
MOST_SHOWN: Final = 200
_NAMED: Final = msgspec.json.Decoder(NamedRequest)
_REQUEST: Final = msgspec.json.Decoder(DataRequest)
_WEARER: Final = msgspec.json.Decoder(Wearer)
_ROW: Final = schema.named_request.c


class NamedRow(msgspec.Struct, frozen=True, kw_only=True):
    """A request as its reader may see it."""

    request: NamedRequest
    """To whoever asked, as it was asked: what became of it is in `answer` alone."""
    answer: NamedAnswer
    candidates: tuple[Wearer, ...] = ()
    """Wearers within scope whom it may be about; empty to whoever asked."""


class NamedList(msgspec.Struct, frozen=True, kw_only=True):
    """The requests this reader has to do with, the newest last of those that wait."""

    at: Instant
    rows: tuple[NamedRow, ...]
    decides: int
    """1: the reader decides them; 0: he asked them."""


def named_list(reader: Reader) -> NamedList:
    """Return the requests of the reader's agency; to an officer those that may be about wearers he
    may see, to the monitoring centre all that wait. On the audit."""
    decides = reader.actor.may(Verb.RELEASE_REQUEST)
    with reader.connection() as connection:
        rows = tuple(_decided(reader, connection) if decides else _own(reader, connection))
    reader.consulted("named_requests", [row.request.named_id for row in rows])
    return NamedList(at=reader.now(), rows=rows, decides=int(decides))


def named_view(reader: Reader, named_id: NamedRequestId) -> NamedRow:
    """Return one of them. Raises NotFound; puts either on the audit."""
    with reader.connection() as connection:
        held = named_of(connection, named_id)
        row = None if held is None else _row(reader, connection, held)
    if row is None:
        reader.refuse("named_request", [named_id[:80]], "another's, or unknown")
    ids = [row.request.named_id, *(each.wearer_id for each in row.candidates)]
    reader.consulted("named_request", ids)
    return row


def _own(reader: Reader, connection: Connection) -> Iterator[NamedRow]:
    actor = reader.actor
    mine = func.json_extract(opened(_ROW.body), "$.asked.requester.account_id") == actor.account_id
    theirs = or_(mine, _ROW.agency == actor.agency) if actor.agency else mine
    query = select(_ROW.body).where(theirs).order_by(_ROW.asked_at.desc()).limit(MOST_SHOWN)
    for body in connection.scalars(query):
        yield _as_asked(connection, _NAMED.decode(body))


def _decided(reader: Reader, connection: Connection) -> Iterator[NamedRow]:
    waits = _ROW.state == NamedState.WAITING.value
    again = and_(
        _ROW.state == NamedState.NOTHING.value,
        func.json_extract(opened(_ROW.body), "$.at") > reader.now() - REOPENED_WITHIN,
    )
    query = select(_ROW.body).where(or_(waits, again)).order_by(_ROW.asked_at).limit(MOST_SHOWN)
    for body in connection.scalars(query):
        row = _row(reader, connection, _NAMED.decode(body))
        if row is not None and (row.candidates or row.request.state is NamedState.WAITING):
            yield row


def _row(reader: Reader, connection: Connection, held: NamedRequest) -> NamedRow | None:
    actor = reader.actor
    if not actor.may(Verb.RELEASE_REQUEST):
        own = held.asked.requester
        same = bool(own.agency) and own.agency == actor.agency
        return _as_asked(connection, held) if same or own.account_id == actor.account_id else None
    found = _candidates(reader, connection, held.named)
    settled = held.wearer_id is not None and not reader.wearers(connection, [held.wearer_id])
    if settled or (actor.role is not Role.OPERATOR and not found):
        return None  # the centre looks at all; an officer at what may be about his wearers
    return NamedRow(request=held, answer=_answer(connection, held), candidates=found)


def _as_asked(connection: Connection, held: NamedRequest) -> NamedRow:
    """Return it with what became of it cut down to the one answer: nothing in it, not even its
    version, differs by whether the person is on the register."""
    answer = _answer(connection, held)
    asked = held.asked
    shown = NamedRequest(
        named_id=held.named_id,
        named=held.named,
        asked=asked,
        at=asked.asked_at,
        by=asked.recorded_by,
    )
    return NamedRow(request=shown, answer=answer)


def _answer(connection: Connection, held: NamedRequest) -> NamedAnswer:
    row = schema.data_request.c
    body = connection.scalar(select(row.body).where(row.request_id == held.asked.request_id))
    return answer_of(held, None if body is None else _REQUEST.decode(body))


def _candidates(reader: Reader, connection: Connection, named: Named) -> tuple[Wearer, ...]:
    row = schema.wearer.c
    query = select(row.body).where(reader.scope.condition(), _may_be(named))
    bodies = connection.scalars(query.order_by(row.wearer_id).limit(MOST_CANDIDATES))
    return tuple(_WEARER.decode(body) for body in bodies)


def _may_be(named: Named) -> ColumnElement[bool]:
    """Return the condition for wearers of this number; or of this day of birth and a part of the
    name."""
    row = schema.wearer.c
    ways: list[ColumnElement[bool]] = [false()]
    if named.number:
        number = named.number.strip().upper()
        ways += [
            func.upper(func.json_extract(opened(row.body), f"$.{name}")) == number
            for name in ("crn", "nomis_id", "pnc_ref")
        ]
    if named.born:
        born = func.json_extract(opened(row.body), "$.date_of_birth") == named.born
        parts = [part for part in named.name.casefold().split() if len(part) > 1][:8]
        says = or_(false(), *(func.instr(func.lower(row.name), part) > 0 for part in parts))
        ways.append(and_(born, says))
    return or_(*ways)
