"""The risk management plan of one wearer, as much of it as the asker's role needs."""

from itertools import pairwise
from typing import Final

import msgspec
from sqlalchemy import Connection, select

from tagwatch.access.role import Role, Verb
from tagwatch.core.ids import AccountId, PersonId, WearerId
from tagwatch.core.person import ProtectedPerson, Wearer
from tagwatch.core.risk_plan import AtRisk, RiskPlan, changes, is_overdue
from tagwatch.core.units import Instant
from tagwatch.query.reader import Reader
from tagwatch.query.wearer import persons_of
from tagwatch.store import schema

MOST_NOTES: Final = 100
MOST_VERSIONS: Final = 100
WHOLE: Final = frozenset({Role.PRACTITIONER})
"""Who sees notes and versions of former times."""
SHORT: Final = frozenset({Role.OPERATOR})
"""Who sees what he needs to ring and no more: no triggers, no notes."""
_MOST: Final = {Role.PRACTITIONER: MOST_NOTES, Role.POLICE: 1}
"""How many notes a role sees."""


class Endangered(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody at risk, with the name where she is recorded. Never an address."""

    name: str
    relation: str
    valid_from: Instant | None
    valid_until: Instant | None
    is_now: bool


class RiskNote(msgspec.Struct, frozen=True, kw_only=True):
    """An officer's words about the risk."""

    at: Instant
    by: AccountId
    words: str


class PlanVersion(msgspec.Struct, frozen=True, kw_only=True):
    """Who made a version of the plan, when, and what it changed."""

    version: int
    at: Instant
    by: AccountId
    words: str
    changed: tuple[str, ...]


class PlanView(msgspec.Struct, frozen=True, kw_only=True):
    """A wearer's plan for one reader."""

    wearer: Wearer
    plan: RiskPlan | None
    """For an operator without triggers."""
    at_risk: tuple[Endangered, ...]
    notes: tuple[RiskNote, ...]
    """Newest first: all for a practitioner, the last one for police, none for an operator."""
    versions: tuple[PlanVersion, ...]
    """Newest first: all for a practitioner, the current one for others."""
    persons: tuple[ProtectedPerson, ...]
    is_overdue: bool

    @property
    def is_missing(self) -> bool:
        """Whether persons are protected from him and nobody has written a plan."""
        return self.plan is None and bool(self.persons)


def risk_plan(reader: Reader, wearer_id: WearerId) -> PlanView:
    """Return the plan of a wearer within scope. Raises NotFound; puts either on the audit."""
    if not reader.actor.may(Verb.SEE_PLAN):
        reader.refuse("risk_plan", [wearer_id], "lacks the verb")
    with reader.connection() as connection:
        wearer = reader.wearer(connection, wearer_id, "risk_plan")
        view = plan_view(reader, connection, wearer)
    reader.consulted("risk_plan", [wearer_id])
    return view


def plan_view(reader: Reader, connection: Connection, wearer: Wearer) -> PlanView:
    """Return the plan of a wearer. The caller has checked scope and verb, and audits."""
    role = reader.actor.role
    persons = persons_of(connection, wearer.wearer_id)
    versions, plan = _versions(connection, wearer.wearer_id, whole=role in WHOLE)
    notes = _notes(connection, wearer.wearer_id, _MOST[role]) if role in _MOST else ()
    names = {one.person_id: one for one in persons}
    at_risk = () if plan is None else plan.at_risk
    if plan is not None and role in SHORT:
        plan = msgspec.structs.replace(plan, triggers=())
    return PlanView(
        wearer=wearer,
        plan=plan,
        at_risk=tuple(_endangered(one, names, reader.now()) for one in at_risk),
        notes=notes,
        versions=versions,
        persons=persons,
        is_overdue=plan is not None and is_overdue(plan, reader.now()),
    )


def _endangered(one: AtRisk, names: dict[PersonId, ProtectedPerson], now: Instant) -> Endangered:
    person = None if one.person_id is None else names.get(one.person_id)
    name = one.who if person is None else person.name
    return Endangered(
        name=name or "a person who is recorded no longer",
        relation=one.relation or ("" if person is None else person.relation),
        valid_from=one.valid_from,
        valid_until=one.valid_until,
        is_now=one.is_valid(now),
    )


def _notes(connection: Connection, wearer_id: WearerId, most: int) -> tuple[RiskNote, ...]:
    row = schema.risk_note.c
    rows = connection.execute(
        select(row.at, row.by, row.words)
        .where(row.wearer_id == wearer_id)
        .order_by(row.seq.desc())
        .limit(most)
    ).mappings()
    return tuple(RiskNote(**each) for each in rows)


def _versions(
    connection: Connection, wearer_id: WearerId, *, whole: bool
) -> tuple[tuple[PlanVersion, ...], RiskPlan | None]:
    row = schema.risk_plan_version.c
    rows = list(
        connection.execute(
            select(row.version, row.at, row.by, row.words, row.body)
            .where(row.wearer_id == wearer_id)
            .order_by(row.version.desc())
            .limit(MOST_VERSIONS + 1 if whole else 1)
        )
    )
    plans = [msgspec.json.decode(each.body, type=RiskPlan) for each in rows]
    if not plans:
        return (), None
    said = [changes(before, after) for after, before in pairwise(plans)]
    said += [()] * (len(rows) - len(said))
    found = [
        PlanVersion(version=r.version, at=r.at, by=r.by, words=r.words, changed=what)
        for r, what in zip(rows, said, strict=True)
    ]
    return tuple(found[:MOST_VERSIONS]), plans[0]
