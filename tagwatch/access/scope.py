"""The only way to a wearer: who may see whom, as a condition on the wearer's row.

Practitioner: the own caseload, and for the time of somebody's leave the caseload that is covered,
restricted cases too; and the ordinary cases of the agency, or, who is in a team, of the team and
those of the agency that nobody answers for. Operator: everybody monitored. Police: where the
order's legal basis gives police a part, or the wearer lives in one of the account's boroughs.
Liaison: wearers of the protected persons the account speaks with. Administrator: the register, no
movements (the role has no such verb). Evaluator: nobody. Partner: nobody by itself, but what is
shared with the agency. An account limited to programmes has beside the own caseload only wearers of
those. A restricted case is seen by its responsible officer, while he is away by his deputy, and by
nobody else.
Break-glass opens one wearer more to an officer, for an hour, whoever he is.
A link to the police response page reaches one wearer, while its alert is open.
"""

from collections.abc import Callable
from typing import Any, Final

import msgspec
from sqlalchemy import (
    JSON,
    ColumnElement,
    and_,
    false,
    func,
    literal,
    or_,
    select,
    true,
    type_coerce,
)

from tagwatch.access.actor import Actor
from tagwatch.access.enrolment import now
from tagwatch.access.purpose import ALLOWED, Purpose
from tagwatch.access.refusal import Refused, purpose_not_of_role
from tagwatch.access.role import Duty, Role, Verb, may
from tagwatch.core.ids import AlertId, ShareId, WearerId
from tagwatch.core.order import ConditionVersion, ExclusionZone, LegalBasis, ZoneKnowledge
from tagwatch.core.outcome import AlertState
from tagwatch.core.person import Restriction, Wearer
from tagwatch.core.units import Instant
from tagwatch.store import schema
from tagwatch.store.schema_sharing import case_share

POLICE_BASES: Final = (
    LegalBasis.BAIL,
    LegalBasis.RESTRAINING_ORDER,
    LegalBasis.STALKING_PROTECTION_ORDER,
    LegalBasis.DAPO,
)
"""Legal bases under which police act on a breach."""


class Scope(msgspec.Struct, frozen=True, kw_only=True):
    """One actor looking for one purpose. Made by `scope`, and by nothing else."""

    actor: Actor
    purpose: Purpose
    wearer_id: WearerId | None = None
    """Not None: a link to one alert reaches this wearer, while that alert is open, and nobody."""
    alert_id: AlertId | None = None
    share_id: ShareId | None = None
    """Not None: this share of a case reaches its wearer, while it is open to the actor."""
    clock: Callable[[], Instant] = now
    """By which cover for somebody on leave begins and ends."""

    def condition(self) -> ColumnElement[bool]:
        """Return the condition on `schema.wearer` that holds for the wearers within scope."""
        if self.share_id is not None:
            open_to_him = shared_with(self.actor, self.clock()) & (
                case_share.c.share_id == self.share_id
            )
            return schema.wearer.c.wearer_id.in_(select(case_share.c.wearer_id).where(open_to_him))
        if self.wearer_id is not None:
            opened = schema.alert.c
            found = select(opened.wearer_id).where(
                opened.alert_id == self.alert_id, opened.state != AlertState.CLOSED.value
            )
            row = schema.wearer.c.wearer_id
            return and_(row == self.wearer_id, row.in_(found))
        if not may(self.actor.role, Verb.BREAK_GLASS):
            return self.ordinary()
        opened = _opened(self.actor, self.clock())
        return or_(self.ordinary(), schema.wearer.c.wearer_id.in_(opened))

    def ordinary(self) -> ColumnElement[bool]:
        """Return the condition for those whom the actor reaches without break-glass or a link."""
        return _REACH[self.actor.role](self.actor, self.clock())

    def wearer_ids(self) -> Any:
        """Return a sub-select of the ids within scope, for `column.in_(…)`."""
        return select(schema.wearer.c.wearer_id).where(self.condition())

    def tags(self) -> ColumnElement[bool]:
        """Return the condition on `schema.tag` that leaves out what is on somebody outside scope:
        that a tag is worn tells that its wearer is there."""
        worn = schema.activation.alias()
        elsewhere = select(worn.c.tag_id).where(
            worn.c.tag_id == schema.tag.c.tag_id,
            worn.c.ended_at.is_(None),
            worn.c.wearer_id.not_in(self.wearer_ids()),
        )
        return ~elsewhere.correlate(schema.tag).exists()

    def reaches_alert(self, alert_id: AlertId) -> bool:
        """Say whether this alert may be asked for at all; whose it is, `condition` says."""
        return self.wearer_id is None or alert_id == self.alert_id

    @property
    def sees_installation(self) -> bool:
        """Say whether alerts about the installation itself are this role's business."""
        return self.actor.role in (Role.OPERATOR, Role.ADMINISTRATOR)


def scope(actor: Actor, purpose: Purpose) -> Scope:
    """Return what `actor` may see for `purpose`. Raises Refused if the role cannot state it."""
    if purpose not in ALLOWED[actor.role]:
        raise Refused(purpose_not_of_role(actor.role, purpose))
    return Scope(actor=actor, purpose=purpose)


def link_scope(actor: Actor, wearer_id: WearerId, alert_id: AlertId) -> Scope:
    """Return what the holder of a link to one alert may see: that, while it is open."""
    return Scope(
        actor=actor, purpose=Purpose.POLICE_RESPONSE, wearer_id=wearer_id, alert_id=alert_id
    )


def share_scope(actor: Actor, purpose: Purpose, share_id: ShareId) -> Scope:
    """Return what a partner may see through one share. Raises Refused as `scope`."""
    return msgspec.structs.replace(scope(actor, purpose), share_id=share_id)


def shared_with(actor: Actor, at: Instant) -> ColumnElement[bool]:
    """Return the condition on `case_share` for what is open to this partner at `at`."""
    row = case_share.c
    if actor.role is not Role.PARTNER or not actor.agency:
        return false()
    named = or_(row.account_id.is_(None), row.account_id == actor.account_id)
    return and_(row.agency == actor.agency, named, row.made_at <= at, row.over_at > at)


def may_see_zone(actor: Actor, wearer: Wearer, condition: ConditionVersion) -> bool:
    """Say whether this actor, who may see the wearer, may see where this condition's place lies.

    A zone of which the wearer was told is seen by everybody within scope. A secret zone is seen
    by the responsible officer, by his deputy while he is on leave, and by operators and
    administrators who hold that duty by name.
    """
    terms = condition.terms
    if not isinstance(terms, ExclusionZone) or terms.knowledge is ZoneKnowledge.TOLD:
        return True
    return may_see_secrets(actor, wearer)


def may_see_secrets(actor: Actor, wearer: Wearer) -> bool:
    """Say whether this actor, who may see the wearer, may see places the wearer was not told of."""
    if wearer.officer == actor.account_id or wearer.officer in actor.covers:
        return True
    named = Duty.SECRET_ZONES in actor.duties
    return named and actor.role in (Role.OPERATOR, Role.ADMINISTRATOR)


def _ordinary() -> ColumnElement[bool]:
    return schema.wearer.c.restriction == Restriction.ORDINARY.value


def caseload(actor: Actor, at: Instant) -> ColumnElement[bool]:
    """Return the condition on `schema.wearer` that holds for an officer's own caseload and for
    those he covers at `at`."""
    officer, leave = schema.wearer.c.officer, schema.officer_leave.c
    away = select(leave.officer).where(
        leave.deputy == actor.account_id, leave.starts_at <= at, leave.until > at
    )
    return or_(officer == actor.account_id, officer.in_(away))


def _practitioner(actor: Actor, at: Instant) -> ColumnElement[bool]:
    row, own = schema.wearer.c, caseload(actor, at)
    reach = [] if not actor.agency else [row.agency == actor.agency]
    if actor.team:
        unheld = [and_(*reach, row.officer.is_(None))] if reach else []
        reach = [row.officer.in_(sorted(actor.mates)), *unheld]
    return or_(own, and_(or_(false(), *reach), _ordinary(), _within_programmes(actor)))


def _within_programmes(actor: Actor) -> ColumnElement[bool]:
    """Return the condition that holds for wearers of the programmes an account is limited to: by
    their record, or by one of their orders."""
    if not actor.programmes:
        return true()
    names = [programme.value for programme in actor.programmes]
    ordered = type_coerce(schema.order.c.body, JSON)["programme"].as_string()
    of_order = select(schema.order.c.wearer_id).where(ordered.in_(names))
    row = schema.wearer.c
    return or_(row.programme.in_(names), row.wearer_id.in_(of_order))


def _everybody(_actor: Actor, _at: Instant) -> ColumnElement[bool]:
    return _ordinary()


def _police(actor: Actor, _at: Instant) -> ColumnElement[bool]:
    basis = type_coerce(schema.order.c.body, JSON)["legal_basis"].as_string()
    part = schema.wearer.c.wearer_id.in_(
        select(schema.order.c.wearer_id).where(basis.in_([b.value for b in POLICE_BASES]))
    )
    reach = part
    if actor.boroughs:
        reach = or_(part, schema.wearer.c.borough.in_(actor.boroughs))
    return and_(_ordinary(), reach, _within_programmes(actor))


def _liaison(actor: Actor, _at: Instant) -> ColumnElement[bool]:
    contact = schema.contact.c
    contacts = select(contact.contact_id).where(contact.account_id == actor.account_id)
    person = schema.protected_person
    # The wearers a person is protected from are a list in her record; SQLite unrolls it so.
    each = func.json_each(person.c.wearers).table_valued("value")
    wearers = select(each.c.value).select_from(person.join(each, literal(1) == literal(1)))
    theirs = wearers.where(person.c.liaison.in_(contacts))
    return and_(_ordinary(), schema.wearer.c.wearer_id.in_(theirs))


def _opened(actor: Actor, at: Instant) -> Any:
    """Return a sub-select of the wearers open to this actor by break-glass at `at`."""
    glass = schema.glass.c
    return select(glass.wearer_id).where(
        glass.by == actor.account_id, glass.at <= at, glass.until > at
    )


def _nobody(_actor: Actor, _at: Instant) -> ColumnElement[bool]:
    return false()


_REACH: Final = {
    Role.PRACTITIONER: _practitioner,
    Role.OPERATOR: _everybody,
    Role.POLICE: _police,
    Role.LIAISON: _liaison,
    Role.PARTNER: _nobody,
    Role.EVALUATOR: _nobody,
    Role.ADMINISTRATOR: _everybody,
}
