"""Officers open cases, decide, sign, set tasks and close."""

import secrets
from collections.abc import Callable
from hashlib import sha256
from typing import Any, Final, NamedTuple

import msgspec
from sqlalchemy import Connection, func, select

from tagwatch.access.reader import Reader
from tagwatch.access.role import Verb
from tagwatch.core import case as cases
from tagwatch.core.alert import JUDGED, Alert
from tagwatch.core.case import (
    Agreement,
    Case,
    CaseError,
    Decision,
    DecisionKind,
    Held,
    Task,
)
from tagwatch.core.ids import AlertId, CaseId, WearerId, derived_id
from tagwatch.core.ledger import (
    CaseClosed,
    CaseExtended,
    CaseOpened,
    DecisionMade,
    DecisionSigned,
    Event,
    TaskDone,
    TaskSet,
)
from tagwatch.core.units import Instant
from tagwatch.desk.clerk import Applied, Clerk, Conflict, Done, need, need_another
from tagwatch.desk.wearer import in_scope
from tagwatch.store import schema
from tagwatch.store.cases import case_of, maker_of

WORDS_MOST: Final = 8000
LINES_MOST: Final = 60
LINE_MOST: Final = 600
ALERTS_MOST: Final = 50


class OnCase(NamedTuple):
    """Who acts on which case, and which version he has read."""

    clerk: Clerk
    reader: Reader
    case_id: CaseId
    seen: int


def open_case(
    clerk: Clerk, reader: Reader, wearer_id: WearerId, alerts: tuple[AlertId, ...], title: str
) -> Done:
    """Open a case about alerts of one wearer; `Done.made_id` names it.

    Raises CaseError, NotFound outside the scope, NotRecorded.
    """
    need(reader, Verb.RECORD_CASE)
    in_scope(reader, wearer_id, "open_case")
    if not title.strip():
        raise CaseError("title", "Write what the case is about")
    _of_wearer(reader, wearer_id, alerts)
    reader.about_to_alter("open_case", [wearer_id, *alerts])
    case = Case(
        case_id=CaseId(derived_id("ca", secrets.token_hex(16))),
        wearer_id=wearer_id,
        title=title.strip()[:LINE_MOST],
        opened_at=reader.now(),
        opened_by=reader.actor.account_id,
        alerts=alerts,
    )
    done = clerk.record(CaseOpened(case=case))
    return msgspec.structs.replace(done, made_id=case.case_id)


def extend(on: OnCase, alerts: tuple[AlertId, ...]) -> Done:
    """Put more alerts of the same wearer into a case. Raises what `decide` raises."""
    held = held_for(on, Verb.RECORD_CASE, "extend_case")
    _of_wearer(on.reader, held.wearer_id, (*held.alerts, *alerts))
    return record_act(
        on,
        held,
        lambda: cases.with_alerts(held, alerts),
        CaseExtended(**act_of(on, held), alerts=alerts),
    )


def decide(
    on: OnCase,
    kind: DecisionKind,
    words: str,
    weighed: tuple[str, ...],
    alternatives: tuple[str, ...],
    dissent: str,
) -> Done:
    """Record a decision by this person, with what was held of each alert at this moment.

    Raises CaseError for reasons that are not whole, Conflict if somebody changed the case since
    version `seen` was read (nothing is overwritten), NotFound outside the scope, NotRecorded.
    """
    held = held_for(on, Verb.DECIDE, "decide")
    with on.reader.connection() as connection:
        frozen = tuple(_frozen(connection, name) for name in held.alerts)
    decision = Decision(
        decision_id=derived_id("de", on.case_id, on.seen),
        kind=kind,
        at=on.reader.now(),
        by=on.reader.actor.account_id,
        words=words.strip()[:WORDS_MOST],
        weighed=tuple(line[:LINE_MOST] for line in weighed[:LINES_MOST]),
        alternatives=tuple(line[:LINE_MOST] for line in alternatives[:LINES_MOST]),
        dissent=dissent.strip()[:WORDS_MOST],
        held=tuple(each for each in frozen if each is not None),
    )
    return record_act(
        on,
        held,
        lambda: cases.decided(held, decision),
        DecisionMade(**act_of(on, held), decision=decision),
    )


def sign(on: OnCase, decision_id: str, agreement: Agreement, words: str) -> Done:
    """Agree to a decision as the second person, or disagree. Raises what `decide` raises."""
    held = held_for(on, Verb.DECIDE, "sign_decision")
    text, by = words.strip()[:WORDS_MOST], on.reader.actor.account_id
    makers = [each.by for each in held.decisions if each.decision_id == decision_id and each.waits]
    need_another(on.reader, Verb.DECIDE, [on.case_id, held.wearer_id], makers)
    event = DecisionSigned(
        **act_of(on, held), decision_id=decision_id, agreement=agreement, words=text
    )
    return record_act(
        on,
        held,
        lambda: cases.countersigned(held, decision_id, agreement, text, on.reader.now(), by),
        event,
    )


def set_task(on: OnCase, words: str, due_at: Instant) -> Done:
    """Set something to be done by a time. Raises what `decide` raises."""
    held = held_for(on, Verb.RECORD_CASE, "set_task")
    task = Task(
        task_id=derived_id("ta", on.case_id, on.seen),
        words=words.strip()[:LINE_MOST],
        due_at=due_at,
        set_by=on.reader.actor.account_id,
    )
    return record_act(
        on,
        held,
        lambda: cases.with_task(held, task),
        TaskSet(**act_of(on, held), task=task),
    )


def finish_task(on: OnCase, task_id: str, words: str) -> Done:
    """Record that a task was done. Raises what `decide` raises."""
    held = held_for(on, Verb.RECORD_CASE, "finish_task")
    text, by = words.strip()[:LINE_MOST], on.reader.actor.account_id
    return record_act(
        on,
        held,
        lambda: cases.task_done(held, task_id, text, on.reader.now(), by),
        TaskDone(**act_of(on, held), task_id=task_id, words=text),
    )


def close_case(on: OnCase, words: str) -> Done:
    """Close a case. Raises what `decide` raises."""
    held = held_for(on, Verb.DECIDE, "close_case")
    text = words.strip()[:WORDS_MOST]
    return record_act(
        on,
        held,
        lambda: cases.closed(held, text),
        CaseClosed(**act_of(on, held), words=text),
    )


def held_for(on: OnCase, verb: Verb, name: str) -> Case:
    """Return the case for an act on it, put on the audit.

    Raises Conflict unless it is the version that was seen, NotFound outside the scope.
    """
    reader = on.reader
    need(reader, verb)
    with reader.connection() as connection:
        found = case_of(connection, on.case_id)
    if found is None:
        reader.refuse(name, [on.case_id], "unknown")
    in_scope(reader, found.wearer_id, name)
    if found.version != on.seen:
        raise _changed()
    reader.about_to_alter(name, [on.case_id, found.wearer_id])
    return found


def _changed() -> Conflict:
    return Conflict(
        "Somebody changed this case after your page was made, and nothing of yours was recorded. "
        "Read what is new, then do it again."
    )


def act_of(on: OnCase, held: Case) -> dict[str, Any]:
    """Return what every act on a case says: on which version, when, by whom."""
    return {
        "case_id": held.case_id,
        "wearer_id": held.wearer_id,
        "seen": held.version,
        "at": on.reader.now(),
        "by": on.reader.actor.account_id,
    }


def record_act(on: OnCase, held: Case, tried: Callable[[], Case], event: Event) -> Done:
    """Record `event` if `tried` takes it; Conflict if another's act came in between."""
    tried()
    done = on.clerk.record(event)
    if done.applied is Applied.APPLIED:
        with on.reader.connection() as connection:
            if maker_of(connection, held.case_id, held.version + 1) != done.seq:
                raise _changed()
    return done


def _of_wearer(reader: Reader, wearer_id: WearerId, alerts: tuple[AlertId, ...]) -> None:
    if not alerts or len(alerts) > ALERTS_MOST:
        raise CaseError("alerts", f"Choose from 1 to {ALERTS_MOST} alerts")
    column = schema.alert.c
    query = select(func.count()).where(column.alert_id.in_(alerts), column.wearer_id == wearer_id)
    with reader.connection() as connection:
        if connection.scalar(query) != len(set(alerts)):
            raise CaseError("alerts", "A case is about alerts of one wearer")


def _frozen(connection: Connection, alert_id: AlertId) -> Held | None:
    """Return what is held of an alert at this moment; None if it was erased."""
    column = schema.alert.c
    body = connection.scalar(select(column.body).where(column.alert_id == alert_id))
    if body is None:
        return None
    alert = msgspec.json.decode(body, type=Alert)
    table = schema.circumstance.c
    card = connection.execute(
        select(table.version, table.body)
        .where(table.alert_id == alert_id)
        .order_by(table.version.desc())
        .limit(1)
    ).first()
    return Held(
        alert_id=alert_id,
        kind=alert.kind.value,
        alert_version=alert.version,
        finding=alert.finding,
        phase=alert.phase,
        probability=alert.probability,
        is_judged=alert.kind in JUDGED,
        card_version=None if card is None else card.version,
        card_sha256="" if card is None else sha256(card.body.encode()).hexdigest(),
    )
