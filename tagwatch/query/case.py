"""Cases: which are open, what one is about, and on which findings recalls were asked for."""

from collections.abc import Iterator
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Connection, func, select

from tagwatch.access.role import Verb
from tagwatch.core.alert import Alert, AlertEvent
from tagwatch.core.case import Case, CaseState, DecisionKind
from tagwatch.core.ids import AlertId, CaseId, WearerId
from tagwatch.core.outcome import Finding
from tagwatch.core.person import Wearer
from tagwatch.core.units import Instant
from tagwatch.query.account_case import AccountOnCase, accounts_on, tally_words
from tagwatch.query.reader import Reader
from tagwatch.store import schema
from tagwatch.store.cases import case_of

PAGE: Final = 50
MOST: Final = 200
MOST_EVENTS: Final = 2000
STEP: Final = "step"
"""What the line calls it when a step is written down; it is told of at the time it happened."""
CLOSED: Final = "closed_case"
"""That the case was closed; `closed` is an alert's."""
ACCOUNT_ATTACHED: Final = "account_attached"
ACCOUNT_AGAIN: Final = "account_again"
"""A check that stands on the case was made again."""
ACCOUNT_SAID: Final = "account_said"
ACCOUNT_TAKEN_BACK: Final = "account_taken_back"
_CASE: Final = msgspec.json.Decoder(Case)
_ALERT: Final = msgspec.json.Decoder(Alert)


class CaseRow(msgspec.Struct, frozen=True, kw_only=True):
    """A case in the list."""

    case: Case
    wearer: Wearer


class Recalls(msgspec.Struct, frozen=True, kw_only=True):
    """Recall requests that stand, by the strongest finding they rested on."""

    by_finding: tuple[tuple[Finding | None, int], ...]
    """None: on no finding about a place."""


class CaseList(msgspec.Struct, frozen=True, kw_only=True):
    """A page of the cases within scope that are not closed, the earliest open task first."""

    rows: tuple[CaseRow, ...]
    recalls: Recalls
    total: int
    page: int
    pages: int


class Moment(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a case's timeline: an alert's event, an act on the case, or what happened."""

    at: Instant
    """Of a step, when it happened."""
    kind: str
    """Of AlertEvent, of StepKind, or of the case: opened, decided, signed …"""
    by: str | None
    words: str
    alert_id: AlertId | None = None
    check_id: str | None = None
    """Of an account check, with its version."""
    check_version: int = 0


class CaseView(msgspec.Struct, frozen=True, kw_only=True):
    """All about one case."""

    case: Case
    wearer: Wearer
    alerts: tuple[Alert, ...]
    others: tuple[Alert, ...]
    """The wearer's other recent alerts, which could be added."""
    timeline: tuple[Moment, ...]
    accounts: tuple[AccountOnCase, ...] = ()
    """Checks of accounts that were ever put on it; none for who may not read such checks."""


def case_list(reader: Reader, page: int = 1) -> CaseList:
    """Return a page of the cases that are not closed, within the reader's scope. On the audit."""
    column = schema.case_record.c
    shown = (column.state != CaseState.CLOSED.value, _within(reader, column.wearer_id))
    with reader.connection() as connection:
        total = connection.scalar(select(func.count()).where(*shown)) or 0
        pages = max(1, -(-total // PAGE))
        number = min(max(1, page), pages)
        bodies = connection.scalars(
            select(column.body)
            .where(*shown)
            .order_by(column.due_at.is_(None), column.due_at, column.opened_at.desc())
            .limit(PAGE)
            .offset((number - 1) * PAGE)
        ).all()
        cases = [_CASE.decode(body) for body in bodies]
        wearers = reader.wearers(connection, (case.wearer_id for case in cases))
        recalls = _recalls(reader, connection)
    rows = tuple(
        CaseRow(case=case, wearer=wearers[case.wearer_id])
        for case in cases
        if case.wearer_id in wearers
    )
    reader.consulted("cases", [row.case.case_id for row in rows])
    return CaseList(rows=rows, recalls=recalls, total=total, page=number, pages=pages)


def _within(reader: Reader, wearer_id: Any) -> ColumnElement[bool]:
    return wearer_id.in_(reader.scope.wearer_ids())


def case_view(reader: Reader, case_id: CaseId) -> CaseView:
    """Return one case within scope. Raises NotFound; puts either on the audit."""
    with reader.connection() as connection:
        found = case_of(connection, case_id)
        if found is None:
            reader.refuse("case", [case_id], "unknown")
        wearer = reader.wearer(connection, found.wearer_id, "case")
        accounts = accounts_on(connection, case_id) if _reads_accounts(reader) else ()
        view = CaseView(
            case=found,
            wearer=wearer,
            alerts=_alerts(connection, found),
            others=_others(connection, found),
            timeline=_timeline(connection, found, accounts),
            accounts=accounts,
        )
    checks = [one.check_id for one in accounts]
    reader.consulted("case", [case_id, found.wearer_id, *found.alerts, *checks])
    return view


def cases_about(connection: Connection, wearer_id: WearerId) -> tuple[Case, ...]:
    """Return a wearer's cases that are not closed. The caller has checked the scope."""
    column = schema.case_record.c
    bodies = connection.scalars(
        select(column.body)
        .where(column.wearer_id == wearer_id, column.state != CaseState.CLOSED.value)
        .order_by(column.opened_at.desc())
        .limit(20)
    )
    return tuple(_CASE.decode(body) for body in bodies)


def recall_cases(reader: Reader, wearer_id: WearerId) -> tuple[Case, ...]:
    """Return a wearer's cases in which a recall request stands, newest first. Raises NotFound."""
    column = schema.case_record.c
    with reader.connection() as connection:
        reader.wearer(connection, wearer_id, "cases")
        bodies = connection.scalars(
            select(column.body)
            .where(column.wearer_id == wearer_id)
            .order_by(column.opened_at.desc())
            .limit(MOST)
        ).all()
    found = tuple(
        case
        for case in map(_CASE.decode, bodies)
        if any(
            decision.kind is DecisionKind.RECALL_REQUEST and decision.stands
            for decision in case.decisions
        )
    )
    reader.consulted("cases", [wearer_id, *(case.case_id for case in found)])
    return found


def _alerts(connection: Connection, case: Case) -> tuple[Alert, ...]:
    column = schema.alert.c
    bodies = connection.scalars(
        select(column.body).where(column.alert_id.in_(case.alerts)).order_by(column.raised_at)
    )
    return tuple(_ALERT.decode(body) for body in bodies)


def _others(connection: Connection, case: Case) -> tuple[Alert, ...]:
    column = schema.alert.c
    bodies = connection.scalars(
        select(column.body)
        .where(column.wearer_id == case.wearer_id, column.alert_id.not_in(case.alerts))
        .order_by(column.raised_at.desc())
        .limit(10)
    )
    return tuple(_ALERT.decode(body) for body in bodies)


def _reads_accounts(reader: Reader) -> bool:
    return reader.actor.may(Verb.CHECK_ACCOUNT)


def account_moments(accounts: tuple[AccountOnCase, ...]) -> Iterator[Moment]:
    """Yield what happened to the checks on a case since they were put there."""
    for one in accounts:
        first = next(v.check for v in one.versions if v.check.version >= one.attached_version)
        said = tally_words(first)
        yield Moment(
            at=one.attached_at, kind=ACCOUNT_ATTACHED, by=one.attached_by, words=said,
            check_id=one.check_id, check_version=first.version,
        )  # fmt: skip
        for version in one.versions:
            check = version.check
            if check.version > first.version:
                changed = " ".join(version.differences) or "It says the same as before."
                yield Moment(
                    at=check.made_at, kind=ACCOUNT_AGAIN, by=check.made_by,
                    words=f"{tally_words(check)}. {changed}",
                    check_id=one.check_id, check_version=check.version,
                )  # fmt: skip
        for word in one.words:
            yield Moment(
                at=word.at, kind=ACCOUNT_SAID, by=word.by, words=word.words,
                check_id=one.check_id, check_version=word.version,
            )  # fmt: skip
        if one.taken_back_at is not None:
            yield Moment(
                at=one.taken_back_at, kind=ACCOUNT_TAKEN_BACK, by=one.taken_back_by,
                words=one.taken_back, check_id=one.check_id, check_version=one.newest.version,
            )  # fmt: skip


def _timeline(
    connection: Connection, case: Case, accounts: tuple[AccountOnCase, ...]
) -> tuple[Moment, ...]:
    event, act = schema.alert_event.c, schema.case_version.c
    told = connection.execute(
        select(event.at, event.kind, event.by, event.words, event.alert_id)
        .where(
            event.alert_id.in_(case.alerts),
            event.kind != AlertEvent.CIRCUMSTANCES.value,
        )
        .order_by(event.event_id)
        .limit(MOST_EVENTS)
    ).mappings()
    acts = connection.execute(
        select(act.at, act.kind, act.by, act.words)
        .where(act.case_id == case.case_id, act.kind != STEP)
        .order_by(act.version)
    ).mappings()
    found = [Moment(**row) for row in told]
    for act_row in acts:
        moment = Moment(**act_row)
        is_close = moment.kind == AlertEvent.CLOSED.value
        found.append(msgspec.structs.replace(moment, kind=CLOSED) if is_close else moment)
    found += [
        Moment(at=step.happened_at, kind=step.kind.value, by=step.by, words=step.words)
        for step in case.steps
        if not step.taken_back
    ]
    found += account_moments(accounts)
    return tuple(sorted(found, key=lambda moment: moment.at))


def _recalls(reader: Reader, connection: Connection) -> Recalls:
    column = schema.recall_request.c
    count = func.count().label("many")
    query = (
        select(column.finding, count)
        .where(column.stands == 1, _within(reader, column.wearer_id))
        .group_by(column.finding)
        .order_by(count.desc(), column.finding)
    )
    return Recalls(
        by_finding=tuple(
            (None if row.finding is None else Finding(row.finding), row.many)
            for row in connection.execute(query)
        )
    )
