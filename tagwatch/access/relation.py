"""How somebody stands to a wearer whom he reaches, and which purposes fit that."""

from typing import Final

import msgspec
from sqlalchemy import Connection, func, literal, select

from tagwatch.access.actor import Actor
from tagwatch.access.purpose import SAYS, Purpose
from tagwatch.access.reader import Reader
from tagwatch.access.role import Verb
from tagwatch.core.ids import WearerId
from tagwatch.core.outcome import AlertState
from tagwatch.core.units import DAY, Instant
from tagwatch.store import schema
from tagwatch.store.schema_match import crime_match

ANSWERED_DAYS: Final = 7
"""So long after it was raised is a closed alert a reason to look."""


class Relation(msgspec.Struct, frozen=True, kw_only=True):
    """How an actor stands to one wearer within his scope."""

    own: bool
    """Own caseload, that of an officer whom he covers, or of a member of his team."""
    opened: bool
    """Reached by break-glass alone: why was said then."""
    alert_open: bool
    alert_lately: bool
    protects: bool
    """Somebody is protected from this wearer."""
    matched: bool
    """He is on a list of who was at a crime."""


def relation_of(reader: Reader, wearer_id: WearerId, at: Instant) -> Relation | None:
    """Return how the actor stands to a wearer; None outside his scope, and for an unknown one."""
    actor = reader.actor
    with reader.connection() as connection:
        row = schema.wearer.c
        his = row.wearer_id == wearer_id
        found = connection.execute(
            select(row.officer).where(his, reader.scope.condition())
        ).one_or_none()
        if found is None:
            return None
        officer = found.officer
        ordinary = connection.scalar(select(row.wearer_id).where(his, reader.scope.ordinary()))
        lately = _alerts(connection, wearer_id, at)
        return Relation(
            own=officer is not None and officer in {actor.account_id, *actor.covers, *actor.mates},
            opened=ordinary is None,
            alert_open=any(state != AlertState.CLOSED.value for state, _ in lately),
            alert_lately=bool(lately),
            protects=_protects(connection, wearer_id),
            matched=bool(
                connection.scalar(
                    select(crime_match.c.match_id)
                    .where(crime_match.c.wearer_id == wearer_id)
                    .limit(1)
                )
            ),
        )


def _protects(connection: Connection, wearer_id: WearerId) -> bool:
    person = schema.protected_person
    each = func.json_each(person.c.wearers).table_valued("value")
    joined = person.join(each, literal(1) == literal(1))
    query = select(person.c.person_id).select_from(joined).where(each.c.value == wearer_id)
    return connection.scalar(query.limit(1)) is not None


def _alerts(connection: Connection, wearer_id: WearerId, at: Instant) -> list[tuple[str, Instant]]:
    row = schema.alert.c
    query = select(row.state, row.raised_at).where(
        row.wearer_id == wearer_id,
        (row.state != AlertState.CLOSED.value) | (row.raised_at > at - ANSWERED_DAYS * DAY),
    )
    return [(state, raised_at) for state, raised_at in connection.execute(query.limit(100))]


def why_not(actor: Actor, purpose: Purpose, relation: Relation) -> str:
    """Return why a purpose does not fit how this actor stands to a wearer; empty if it does."""
    if relation.opened or not actor.may(Verb.SEE_TRAIL):
        return ""
    match purpose:
        case Purpose.CRIME_MATCHING if relation.own:
            why = "he is of your own caseload; matching is for those who do not supervise him"
        case Purpose.CRIME_MATCHING if not relation.matched:
            why = "no crime that was sent has found him; ask about the crime, not about him"
        case Purpose.ALERT_RESPONSE if not relation.alert_lately:
            why = f"none of his alerts is open or was raised in the last {ANSWERED_DAYS} days"
        case Purpose.VICTIM_SAFETY if not relation.protects:
            why = "nobody is recorded as protected from him"
        case Purpose.UPKEEP:
            why = "records are entered and corrected on pages of their own, without his movements"
        case Purpose.EVALUATION:
            why = "the programme is judged by counts, which are on a page of their own"
        case Purpose.DATA_REQUEST:
            why = "what a request may release is on the request's own page"
        case _:
            return ""
    return f"“{SAYS[purpose]}” does not fit here: {why}."
