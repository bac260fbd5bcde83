"""Data requests: the log with its filters, and one request with all that happened to it."""

from collections.abc import Iterator
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Connection, and_, func, not_, or_, select, true

from tagwatch.access.role import Role, Verb, may
from tagwatch.core.data_request import DataRequest, RequestState, RequestUrgency
from tagwatch.core.ids import AccountId, EnquiryId, RequestId, WearerId
from tagwatch.core.person import Restriction, Wearer
from tagwatch.core.request_kinds import RequestKind
from tagwatch.core.request_steps import OWED
from tagwatch.core.units import Instant
from tagwatch.core.withheld import without_persons
from tagwatch.query.enquiry import enquiry_view
from tagwatch.query.reader import NotFound, Reader
from tagwatch.query.wearer import persons_of
from tagwatch.store import schema, schema_request
from tagwatch.store.protected import opened

PAGE: Final = 50
MOST_LOGGED: Final = 5_000
MOST_ABOUT: Final = 10
_OWED: Final = sorted(state.value for state in OWED)
_DECODER: Final = msgspec.json.Decoder(DataRequest)
_WEARER: Final = msgspec.json.Decoder(Wearer)
_ROW: Final = schema.data_request.c


class LogFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which requests of the log; None and empty: all."""

    kind: RequestKind | None = None
    state: RequestState | None = None
    urgency: RequestUrgency | None = None
    agency: str = ""
    """An agency whose account asks, or a kind for those who have none."""
    since: Instant | None = None
    until: Instant | None = None


class RequestRow(msgspec.Struct, frozen=True, kw_only=True):
    """A request in the log."""

    request: DataRequest
    wearer: Wearer


class RequestLog(msgspec.Struct, frozen=True, kw_only=True):
    """A page of the log: those owed, by when they are due; then the others, newest first."""

    at: Instant
    rows: tuple[RequestRow, ...]
    found: int
    owed: int
    overdue: int
    page: int
    pages: int


class RequestStepped(msgspec.Struct, frozen=True, kw_only=True):
    """Who did what with a request; nobody where its time was over."""

    at: Instant
    by: AccountId
    kind: str


class Fetched(msgspec.Struct, frozen=True, kw_only=True):
    """A released file that was fetched, or handed over to somebody."""

    at: Instant
    by: AccountId
    file: str
    sha256: str
    to: str
    receipt: str


class RequestView(msgspec.Struct, frozen=True, kw_only=True):
    """All about one request."""

    at: Instant
    request: DataRequest
    wearer: Wearer
    steps: tuple[RequestStepped, ...]
    fetched: tuple[Fetched, ...]
    together: tuple[RequestRow, ...] = ()
    """The other parts of the same request, as far as they are within scope."""


def request_log(reader: Reader, which: LogFilter, page: int = 1) -> RequestLog:
    """Return a page of the requests within scope. On the audit."""
    now = reader.now()
    shown = and_(_within(reader), *_chosen(which))
    with reader.connection() as connection:
        owed = _ROW.state.in_(_OWED)
        counted = connection.execute(
            select(
                func.count(),
                func.count().filter(owed),
                func.count().filter(and_(owed, _ROW.due_at <= now)),
            )
            .select_from(_joined())
            .where(shown)
        ).one()
        pages = max(1, -(-counted[0] // PAGE))
        number = min(max(1, page), pages)
        query = _rows().where(shown).order_by(*_order()).limit(PAGE).offset((number - 1) * PAGE)
        rows = tuple(_read(reader, connection, query))
    reader.consulted("requests", [row.request.request_id for row in rows])
    return RequestLog(
        at=now,
        rows=rows,
        found=counted[0],
        owed=counted[1],
        overdue=counted[2],
        page=number,
        pages=pages,
    )


def logged(reader: Reader, which: LogFilter) -> tuple[RequestRow, ...]:
    """Return the log to be saved, at most MOST_LOGGED requests; a disclosure on the audit."""
    with reader.connection() as connection:
        query = _rows().where(_within(reader), *_chosen(which)).order_by(_ROW.asked_at.desc())
        rows = tuple(_read(reader, connection, query.limit(MOST_LOGGED)))
    reader.disclosing("request_log", [row.request.request_id for row in rows])
    return rows


def request_view(reader: Reader, request_id: RequestId) -> RequestView:
    """Return one request within scope. Raises NotFound; puts either on the audit."""
    step, fetch = schema_request.data_request_version.c, schema_request.request_fetch.c
    with reader.connection() as connection:
        query = _rows().where(_ROW.request_id == request_id, _within(reader))
        found = tuple(_read(reader, connection, query))
        if not found:
            reader.refuse("request", [request_id[:80]], "outside scope, or unknown")
        (one,) = found
        steps = connection.execute(
            select(step.at, step.by, step.kind)
            .where(step.request_id == request_id)
            .order_by(step.version)
        ).mappings()
        fetched = connection.execute(
            select(fetch.at, fetch.by, fetch.file, fetch.sha256, fetch.to, fetch.receipt)
            .where(fetch.request_id == request_id)
            .order_by(fetch.seq)
        ).mappings()
        view = RequestView(
            at=reader.now(),
            request=one.request,
            wearer=one.wearer,
            steps=tuple(RequestStepped(**each) for each in steps),
            fetched=tuple(Fetched(**each) for each in fetched),
            together=_together(reader, connection, one.request),
        )
    names = [row.wearer.wearer_id for row in view.together]
    reader.consulted("request", [request_id, one.wearer.wearer_id, *names])
    return view


def _together(reader: Reader, connection: Connection, one: DataRequest) -> tuple[RequestRow, ...]:
    if one.joint_id is None:
        return ()
    query = _rows().where(
        _ROW.joint_id == one.joint_id, _ROW.request_id != one.request_id, _within(reader)
    )
    return tuple(_read(reader, connection, query.order_by(_ROW.request_id)))


def requests_about(reader: Reader, wearer_id: WearerId) -> tuple[DataRequest, ...]:
    """Return the requests about a wearer whom the caller has found within scope: those owed first,
    then the newest; at most MOST_ABOUT."""
    if not reader.actor.may(Verb.SEE_REQUESTS):
        return ()
    with reader.connection() as connection:
        query = _rows().where(_ROW.wearer_id == wearer_id, _within(reader)).order_by(*_order())
        rows = tuple(_read(reader, connection, query.limit(MOST_ABOUT)))
    return tuple(row.request for row in rows)


def request_groups(reader: Reader) -> tuple[str, ...]:
    """Return by whom requests within scope were made, to choose in a filter."""
    with reader.connection() as connection:
        query = select(_ROW.counts_for).select_from(_joined()).where(_within(reader)).distinct()
        return tuple(sorted(connection.scalars(query.limit(PAGE))))


def _order() -> tuple[Any, ...]:
    owed = _ROW.state.in_(_OWED)
    due = func.iif(owed, _ROW.due_at, -_ROW.asked_at)
    return (func.iif(owed, 0, 1), due, _ROW.request_id)


def _chosen(which: LogFilter) -> Iterator[ColumnElement[bool]]:
    for column, code in (
        (_ROW.kind, which.kind),
        (_ROW.state, which.state),
        (_ROW.urgency, which.urgency),
    ):
        if code is not None:
            yield column == code.value
    if which.agency:
        yield _ROW.counts_for == which.agency
    if which.since is not None:
        yield _ROW.asked_at >= which.since
    if which.until is not None:
        yield _ROW.asked_at < which.until


def _joined() -> Any:
    return schema.data_request.join(schema.wearer, schema.wearer.c.wearer_id == _ROW.wearer_id)


def _rows() -> Any:
    return select(_ROW.body, schema.wearer.c.body.label("wearer")).select_from(_joined())


def _within(reader: Reader) -> ColumnElement[bool]:
    if reader.actor.role is Role.PARTNER:
        # It reaches no wearer: of what it asked it sees the request, and of him his name.
        ordinary = schema.wearer.c.restriction == Restriction.ORDINARY.value
        return and_(ordinary, own_requests(reader))
    if not reader.actor.may(Verb.NAME_REQUEST):
        return and_(reader.scope.condition(), own_requests(reader))
    # Whom he named he need not reach: what was released about him is his all the same.
    ordinary = schema.wearer.c.restriction == Restriction.ORDINARY.value
    named = and_(func.json_extract(opened(_ROW.body), "$.named_id").is_not(None), ordinary)
    return and_(or_(reader.scope.condition(), named), own_requests(reader))


def own_requests(reader: Reader) -> ColumnElement[bool]:
    """Return the condition for those who only ask: what their own agency asked."""
    actor = reader.actor
    if may(actor.role, Verb.RELEASE_REQUEST):
        return true()
    mine = _account() == actor.account_id
    theirs = or_(mine, _ROW.agency == actor.agency) if actor.agency else mine
    named = func.json_extract(opened(_ROW.body), "$.named_id").is_not(None)
    released = func.json_extract(opened(_ROW.body), "$.release").is_not(None)
    return and_(theirs, or_(not_(named), released))  # till then it would say that he is known here


def _account() -> ColumnElement[str]:
    return func.json_extract(opened(_ROW.body), "$.requester.account_id")


def _read(reader: Reader, connection: Connection, query: Any) -> Iterator[RequestRow]:
    plain = may(reader.actor.role, Verb.RELEASE_REQUEST)
    for row in connection.execute(query):
        request, whose = _DECODER.decode(row.body), _WEARER.decode(row.wearer)
        if not plain:
            names = [person.name for person in persons_of(connection, whose.wearer_id)]
            request = unnamed(request, names)
            whose = _named_alone(whose)
        yield RequestRow(request=request, wearer=whose)


def _named_alone(wearer: Wearer) -> Wearer:
    """Return of a wearer what those who only ask need to know whom the request is about."""
    return Wearer(
        wearer_id=wearer.wearer_id,
        name=wearer.name,
        crn=wearer.crn,
        programme=wearer.programme,
        borough="",
        agency=wearer.agency,
    )


def unnamed(request: DataRequest, names: list[str]) -> DataRequest:
    """Return the request with these persons' names put out of every free word."""

    def clean(text: str) -> str:
        return without_persons(text, names)

    approvals = tuple(
        msgspec.structs.replace(each, words=clean(each.words)) for each in request.approvals
    )
    return msgspec.structs.replace(
        request,
        purpose=clean(request.purpose),
        cited=clean(request.cited),
        words=clean(request.words),
        more=tuple(clean(each) for each in request.more),
        approvals=approvals,
    )


def about_whom(reader: Reader, wearer_id: WearerId) -> Wearer:
    """Return the wearer somebody asks about. Raises NotFound; puts either on the audit."""
    with reader.connection() as connection:
        found = reader.wearer(connection, wearer_id, "ask_request")
    reader.consulted("ask_request", [wearer_id])
    return found


def asked_before(reader: Reader, wearer_id: WearerId, enquiry_id: EnquiryId) -> dict[str, str]:
    """Return the fields of a request that an enquiry within scope fills in; empty: there is none
    about this wearer that this reader may see."""
    try:
        enquiry = enquiry_view(reader, enquiry_id).enquiry
    except NotFound:
        return {}
    if enquiry.wearer_id != wearer_id:
        return {}
    return {
        "enquiry": enquiry.enquiry_id,
        "role": enquiry.role,
        "organisation": enquiry.organisation,
        "reference": enquiry.reference,
        "purpose": enquiry.question,
        "cited": enquiry.basis,
    }


def fetch_counts(reader: Reader, ids: list[RequestId]) -> dict[str, int]:
    """Return how often files of these requests, which the caller may see, were fetched."""
    row = schema_request.request_fetch.c
    query = select(row.request_id, func.count()).where(row.request_id.in_(ids))
    with reader.connection() as connection:
        found = connection.execute(query.group_by(row.request_id)).all()
    return {name: int(count) for name, count in found}
