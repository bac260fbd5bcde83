"""Enquiries: which answers are owed, what one says, and how long answers took."""

from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Connection, and_, false, func, or_, select, true

from tagwatch.access.role import Verb
from tagwatch.core.enquiry import OVER, Enquiry
from tagwatch.core.ids import AccountId, EnquiryId, WearerId
from tagwatch.core.person import Wearer
from tagwatch.core.units import Instant
from tagwatch.core.withheld import without_persons
from tagwatch.query.reader import Reader
from tagwatch.query.wearer import persons_of
from tagwatch.report.answer_times import AnswerTimes, TimedEnquiry, answer_times
from tagwatch.store import schema
from tagwatch.store.enquiries import enquiry_of
from tagwatch.store.protected import finds, opened

PAGE: Final = 50
MOST_ABOUT: Final = 10
MOST_ORGANISATIONS: Final = 200
_OVER: Final = sorted(state.value for state in OVER)
_DECODER: Final = msgspec.json.Decoder(Enquiry)
_WEARER: Final = msgspec.json.Decoder(Wearer)
_ROW: Final = schema.enquiry.c
_FREE: Final = ("role", "organisation", "reference", "basis", "question", "answer", "disclosed")
"""Words that persons wrote."""


class EnquiryRow(msgspec.Struct, frozen=True, kw_only=True):
    """An enquiry in the list."""

    enquiry: Enquiry
    wearer: Wearer


class EnquiryList(msgspec.Struct, frozen=True, kw_only=True):
    """A page of enquiries within scope: those that wait by when they are due, the settled ones
    with the newest first."""

    at: Instant
    rows: tuple[EnquiryRow, ...]
    waiting: int
    overdue: int
    settled: int
    page: int
    pages: int


class EnquiryStep(msgspec.Struct, frozen=True, kw_only=True):
    """Who did what with an enquiry."""

    at: Instant
    by: AccountId
    kind: str
    """logged, taken, answered or refused."""


class EnquiryView(msgspec.Struct, frozen=True, kw_only=True):
    """All about one enquiry."""

    at: Instant
    enquiry: Enquiry
    wearer: Wearer
    steps: tuple[EnquiryStep, ...]
    together: tuple[EnquiryRow, ...]
    """Those that were asked at once with it, within scope."""


class TimesView(msgspec.Struct, frozen=True, kw_only=True):
    """Answer times of the enquiries received in [begins, ends)."""

    begins: Instant
    ends: Instant
    times: AnswerTimes


def enquiry_list(reader: Reader, settled: str = "", page: int = 1) -> EnquiryList:
    """Return a page of the enquiries that wait within scope; with `settled` ("yes") of those that
    were answered or refused. On the audit."""
    over, now = _ROW.state.in_(_OVER), reader.now()
    shown = over if settled else ~over
    order = (_ROW.settled_at.desc(), _ROW.enquiry_id) if settled else (_ROW.due_at, _ROW.enquiry_id)
    with reader.connection() as connection:
        counted = connection.execute(
            select(
                func.count().filter(~over),
                func.count().filter(and_(~over, _ROW.due_at <= now)),
                func.count().filter(over),
            )
            .select_from(_joined())
            .where(_within(reader))
        ).one()
        total = counted[2] if settled else counted[0]
        pages = max(1, -(-total // PAGE))
        number = min(max(1, page), pages)
        query = _rows().where(_within(reader), shown).order_by(*order)
        rows = _read(reader, connection, query.limit(PAGE).offset((number - 1) * PAGE))
    reader.consulted("enquiries", [row.enquiry.enquiry_id for row in rows])
    return EnquiryList(
        at=now,
        rows=rows,
        waiting=counted[0],
        overdue=counted[1],
        settled=counted[2],
        page=number,
        pages=pages,
    )


def enquiry_view(reader: Reader, enquiry_id: EnquiryId) -> EnquiryView:
    """Return one enquiry within scope. Raises NotFound; puts either on the audit."""
    step = schema.enquiry_version.c
    with reader.connection() as connection:
        found = _read(
            reader, connection, _rows().where(_ROW.enquiry_id == enquiry_id, _within(reader))
        )
        if not found:
            known = enquiry_of(connection, enquiry_id)
            ids = [enquiry_id] if known is None else [enquiry_id, known.wearer_id]
            reader.refuse("enquiry", ids, "outside scope, or unknown")
        (one,) = found
        steps = connection.execute(
            select(step.at, step.by, step.kind)
            .where(step.enquiry_id == enquiry_id)
            .order_by(step.version)
        ).mappings()
        view = EnquiryView(
            at=reader.now(),
            enquiry=one.enquiry,
            wearer=one.wearer,
            steps=tuple(EnquiryStep(**each) for each in steps),
            together=_together(reader, connection, one.enquiry),
        )
    reader.consulted("enquiry", [enquiry_id, one.wearer.wearer_id])
    return view


def enquiries_about(reader: Reader, wearer_id: WearerId) -> tuple[Enquiry, ...]:
    """Return the enquiries about a wearer whom the caller has found within scope: those that wait
    first, then the newest; at most MOST_ABOUT."""
    if not reader.actor.may(Verb.SEE_ENQUIRIES):
        return ()
    with reader.connection() as connection:
        query = (
            _rows()
            .where(_ROW.wearer_id == wearer_id, _within(reader))
            .order_by(_ROW.settled_at.is_not(None), _ROW.due_at.desc())
            .limit(MOST_ABOUT)
        )
        return tuple(row.enquiry for row in _read(reader, connection, query))


def about_whom(reader: Reader, wearer_id: WearerId) -> Wearer:
    """Return the wearer somebody asks about. Raises NotFound; puts either on the audit."""
    with reader.connection() as connection:
        found = reader.wearer(connection, wearer_id, "ask_enquiry")
    reader.consulted("ask_enquiry", [wearer_id])
    return found


def named_by_crn(reader: Reader, crns: list[str]) -> dict[str, WearerId]:
    """Return, by CRN, the wearers within scope that have one of these. The act that follows is on
    the audit with each."""
    row = schema.wearer.c
    known = or_(false(), *(finds(row.crn, crn) for crn in crns))
    crn = func.json_extract(opened(row.body), "$.crn").label("crn")
    query = select(crn, row.wearer_id).where(known, reader.scope.condition())
    with reader.connection() as connection:
        return {each.crn: WearerId(each.wearer_id) for each in connection.execute(query)}


def organisations(reader: Reader) -> tuple[str, ...]:
    """Return the organisations that have asked, to be chosen again; they name no person."""
    with reader.connection() as connection:
        query = select(_ROW.organisation).distinct().order_by(_ROW.organisation)
        return tuple(connection.scalars(query.limit(MOST_ORGANISATIONS)))


def enquiry_times(reader: Reader, begins: Instant, ends: Instant) -> TimesView:
    """Return how long answers took to all that was received in [begins, ends), whoever sees it:
    figures that tell of nobody. On the audit. Raises ValueError if the period is empty."""
    if ends <= begins:
        raise ValueError("The period must end after it begins")
    query = select(
        _ROW.organisation, _ROW.received_at, _ROW.due_at, _ROW.settled_at, _ROW.state
    ).where(_ROW.received_at >= begins, _ROW.received_at < ends)
    with reader.connection() as connection:
        found = [TimedEnquiry(**row) for row in connection.execute(query).mappings()]
    reader.consulted("enquiry_times", [], f"{len(found)} enquiries")
    times = answer_times(found, reader.now())
    return TimesView(begins=begins, ends=ends, times=times)


def _joined() -> Any:
    return schema.enquiry.join(schema.wearer, schema.wearer.c.wearer_id == _ROW.wearer_id)


def _rows() -> Any:
    return select(_ROW.body, schema.wearer.c.body.label("wearer")).select_from(_joined())


def _within(reader: Reader) -> ColumnElement[bool]:
    return and_(reader.scope.condition(), _own(reader))


def _own(reader: Reader) -> ColumnElement[bool]:
    """Return the condition for those who only ask: what their own agency asked."""
    actor = reader.actor
    if actor.may(Verb.ANSWER_ENQUIRY):
        return true()
    mine = _ROW.recorded_by == actor.account_id
    return or_(mine, _ROW.agency == actor.agency) if actor.agency else mine


def _read(reader: Reader, connection: Connection, query: Any) -> tuple[EnquiryRow, ...]:
    return tuple(
        EnquiryRow(enquiry=_shown(reader, connection, row.body), wearer=_WEARER.decode(row.wearer))
        for row in connection.execute(query)
    )


def _shown(reader: Reader, connection: Connection, body: str) -> Enquiry:
    """Return an enquiry as this reader may read it: who only asks is told of no protected person,
    whatever was written."""
    found = _DECODER.decode(body)
    if reader.actor.may(Verb.ANSWER_ENQUIRY):
        return found
    names = [one.name for one in persons_of(connection, found.wearer_id)]
    clean = {name: without_persons(getattr(found, name), names) for name in _FREE}
    return msgspec.structs.replace(found, **clean)


def _together(reader: Reader, connection: Connection, enquiry: Enquiry) -> tuple[EnquiryRow, ...]:
    if not enquiry.together:
        return ()
    # Asked at once, so received at the same time: by that they are found.
    query = _rows().where(_ROW.received_at == enquiry.received_at, _within(reader))
    return tuple(
        row
        for row in _read(reader, connection, query)
        if row.enquiry.together == enquiry.together and row.enquiry.enquiry_id != enquiry.enquiry_id
    )
