"""Alert → who must know, how fast, and why. Pure: the same alert always gives the same rows.

Routing follows the legal basis of the order: a breach of bail is the police's, a breach of a
licence probation's. A wrong route has led to wrongful arrests, so `core.routing` and the tables
below are the whole of it, and every notification carries the reason code and the sentence that
say why *you*.
"""

from typing import Final, TypeAlias

import msgspec

from tagwatch.core.alert import Alert, AlertKind, ServiceFact, reference
from tagwatch.core.ids import AlertId, ContactId, NotificationId, WearerId, derived_id
from tagwatch.core.leave import deputies
from tagwatch.core.order import LegalBasis
from tagwatch.core.outcome import Phase, Severity, Stage
from tagwatch.core.person import (
    THEMSELVES,
    Channel,
    Contact,
    Duty,
    Restriction,
    Wearer,
    reaches,
)
from tagwatch.core.review import ReviewOf
from tagwatch.core.rota import Rota
from tagwatch.core.routing import DEFAULT_ROUTES, Routes
from tagwatch.core.timetable import window_end
from tagwatch.core.units import Instant
from tagwatch.notify.reason import WHY, Reason
from tagwatch.notify.rota import (
    NO_ROTA,
    area_of,
    at_step,
    gap_fact,
    on_call,
    standing,
    up_to_step,
    with_cover,
)

HEALTH: Final = frozenset(
    {
        AlertKind.BATTERY_LOW,
        AlertKind.BATTERY_CRITICAL,
        AlertKind.NO_COMMS,
        AlertKind.NO_LOCATION,
        AlertKind.JAMMING_SIGNS,
        AlertKind.CURFEW_UNSEEN,
    }
)
"""'Could not', perhaps: the monitoring centre first, those who act only where a person is
protected and it is urgent."""

BATTERY: Final = frozenset({AlertKind.BATTERY_LOW, AlertKind.BATTERY_CRITICAL})
"""The wearer himself is told first, where he can be reached."""

INSTALLATION: Final = frozenset(
    {AlertKind.BLIND, AlertKind.MASS_SILENCE, AlertKind.WATCH, AlertKind.ROTA_GAP}
)

_FOR_LIAISONS: Final = frozenset({AlertKind.ZONE_APPROACH, AlertKind.NOTICE_FAILED})
_OFFICE: Final[dict[AlertKind, tuple[tuple[Duty, Reason, bool], ...]]] = {
    AlertKind.ZONE_DRAFT: tuple(
        (duty, Reason.ZONE_DRAFT, True) for duty in (Duty.PROBATION, Duty.MONITORING)
    ),
    AlertKind.PLAN_REVIEW: ((Duty.PROBATION, Reason.PLAN_REVIEW, True),),
    AlertKind.NOT_MONITORED: (
        (Duty.MONITORING, Reason.NOT_MONITORED, True),
        (Duty.PROBATION, Reason.NOT_MONITORED, False),
    ),
    AlertKind.TASK_OVERDUE: ((Duty.PROBATION, Reason.TASK_OVERDUE, True),),
    AlertKind.NOTICE_FAILED: (
        (Duty.MONITORING, Reason.NOT_TOLD, True),
        (Duty.PROBATION, Reason.NOT_TOLD, False),
    ),
    AlertKind.ENQUIRY_OVERDUE: (
        (Duty.PROBATION, Reason.ENQUIRY_OVERDUE, False),
        (Duty.MONITORING, Reason.ENQUIRY_OVERDUE, True),
    ),
    AlertKind.REQUEST_OVERDUE: (
        (Duty.PROBATION, Reason.REQUEST_OVERDUE, False),
        (Duty.MONITORING, Reason.REQUEST_OVERDUE, True),
    ),
}
"""What people owe, not the wearer's doing: who is told, as `_duties` says it."""
_NOT_BY_LINK: Final = frozenset({Reason.FOR_INFORMATION, Reason.LIAISON, Reason.YOUR_TAG})

COVERS: Final = "you cover for an officer on leave; "

Chosen: TypeAlias = tuple[Contact, Reason, bool]
"""Whom to tell, by which reason, and whether in the place of somebody on leave."""


class Notification(msgspec.Struct, frozen=True, kw_only=True):
    """One message to one contact: the body of an outbox row. No name, no address of anybody."""

    notification_id: NotificationId
    """Derived: found twice it is the same row, sent twice it is the same message."""
    alert_id: AlertId
    wearer_id: WearerId | None
    """For the scope of the in-app stream; in no message."""
    stage: Stage
    step: int
    contact_id: ContactId
    duty: Duty
    channel: Channel
    address: str
    severity: Severity
    kind: AlertKind | None
    """None: it is about no alert (what a protected person's side is told)."""
    reason: Reason
    why: str
    """Why you were told."""
    sentence: str
    created_at: Instant
    by_link: bool = False
    """The contact has no sign-in: the message holds a link that takes the alert on."""
    not_before: Instant | None = None
    """Quiet hours of the contact: it waits for their end."""


class Parties(msgspec.Struct, frozen=True, kw_only=True):
    """Who stands round an alert, as recorded when it is routed."""

    contacts: tuple[Contact, ...]
    wearer: Wearer | None = None
    legal_bases: tuple[LegalBasis, ...] = ()
    """Of the order whose condition it is; for reports of the tag, of all orders in force."""
    liaisons: tuple[ContactId, ...] = ()
    """Contacts who speak with the persons whom the alert protects."""
    rota: Rota = NO_ROTA
    routes: Routes = DEFAULT_ROUTES
    review: ReviewOf | None = None
    """Of what an overdue review is."""
    since: Instant | None = None
    """For a hand-over: the time before which somebody else was on shift."""


class Routing(msgspec.Struct, frozen=True, kw_only=True):
    """The rows to write, and a fact to raise if somebody who must act is not recorded."""

    notifications: tuple[Notification, ...]
    facts: tuple[ServiceFact, ...] = ()


def route(alert: Alert, stage: Stage, parties: Parties, at: Instant) -> Routing:
    """Return whom to tell that `alert` reached `stage`, and why.

    A new alert asks each duty's first rank, an escalation the next; later stages go to everybody
    asked so far. In the place of an officer on leave his deputy is told. Where nobody is found for
    a duty that must act, every monitoring contact (else technical, else every active contact) is
    told that, and a fact raises an alert about it. A hand-over is told to those only who came on
    shift since `parties.since`.
    """
    if _for_officer_alone(alert, parties):
        return _to_officer(alert, stage, parties, at)
    chosen: dict[ContactId, Chosen] = {}
    missing: list[Duty] = []
    gaps: list[ServiceFact] = []
    for duty, reason, must_act in _duties(alert, stage, parties):
        stand = standing(parties.contacts, duty, parties.wearer)
        found, gap_since = on_call(stand, at, parties.rota)
        if not found and must_act:
            missing.append(duty)
        if gap_since is not None:
            area = area_of(parties.contacts, duty, parties.wearer)
            gaps.append(gap_fact(duty, area, gap_since, at, Phase.OPEN))
        if stage is Stage.HANDED_OVER and parties.since is not None:
            before = on_call(stand, parties.since, parties.rota).contacts
            found = tuple(contact for contact in found if contact not in before)
        for contact in _asked(found, stage, alert.step):
            for each, stands_in in with_cover(contact, parties.contacts, parties.rota, at):
                chosen.setdefault(each.contact_id, (each, reason, stands_in))
    if stage is Stage.HANDED_OVER and parties.since is not None:
        return _routing(alert, stage, chosen, tuple(gaps), at, parties.routes)
    for contact in _liaisons(alert, stage, parties):
        chosen.setdefault(contact.contact_id, (contact, Reason.LIAISON, False))
    if missing or not chosen:
        for contact in _anybody(parties.contacts):
            chosen[contact.contact_id] = (contact, Reason.NOBODY_TO_TELL, False)
    lacks = (missing or not chosen) and alert.kind is not AlertKind.WATCH
    facts = (_nobody(alert, missing),) if lacks else ()
    return _routing(alert, stage, chosen, (*facts, *gaps), at, parties.routes)


def _routing(
    alert: Alert,
    stage: Stage,
    chosen: dict[ContactId, Chosen],
    facts: tuple[ServiceFact, ...],
    at: Instant,
    routes: Routes,
) -> Routing:
    notifications = tuple(
        _notification(
            alert, stage, contact, (reason, (COVERS if covers else "") + why(reason, routes)), at
        )
        for contact, reason, covers in chosen.values()
    )
    return Routing(notifications=notifications, facts=facts)


def notification_id(
    alert: AlertId, stage: Stage, contact: ContactId, step: int, round_: int
) -> NotificationId:
    """Return the id of the message of this stage to this contact at this step."""
    return NotificationId(derived_id("no", alert, stage, contact, step, round_))


def _duties(alert: Alert, stage: Stage, parties: Parties) -> list[tuple[Duty, Reason, bool]]:
    """Return (duty, reason, must be filled) in order: the first reason found for a contact wins."""
    if alert.kind is AlertKind.DRILL:
        return [(Duty.MONITORING, Reason.DRILL, False)]
    if alert.kind in INSTALLATION:
        duties = [(Duty.TECHNICAL, Reason.INSTALLATION, True)]
        if alert.kind is not AlertKind.WATCH or stage is Stage.ESCALATED:
            duties.append((Duty.MONITORING, Reason.MONITORING, alert.kind is not AlertKind.WATCH))
        return duties
    if alert.kind is AlertKind.REVIEW_DUE:
        return _reviewers(parties)
    if alert.kind in _OFFICE:
        return list(_OFFICE[alert.kind])
    health = alert.kind in HEALTH
    urgent = bool(alert.protects) and alert.severity is not Severity.ROUTINE
    duties: list[tuple[Duty, Reason, bool]] = []
    if not health or urgent:
        duties += _acting(parties.legal_bases, parties.routes)
    if alert.kind in BATTERY:
        if stage is Stage.FACT:
            duties.append((Duty.WEARER, Reason.YOUR_TAG, False))
        duties.append((Duty.PROBATION, Reason.WARN_WEARER, False))
    duties.append((Duty.MONITORING, Reason.TAG_HEALTH if health else Reason.MONITORING, health))
    return duties


def _reviewers(parties: Parties) -> list[tuple[Duty, Reason, bool]]:
    """Return who reviews: an order, who acts under it; a hold, who may set and lift one."""
    if parties.review is ReviewOf.ORDER:
        acting = [parties.routes.of(basis).acts for basis in parties.legal_bases]
        return [(duty, Reason.REVIEW_DUE, True) for duty in acting or [Duty.MONITORING]]
    return [(Duty.PROBATION, Reason.REVIEW_DUE, True), (Duty.TECHNICAL, Reason.REVIEW_DUE, False)]


def _for_officer_alone(alert: Alert, parties: Parties) -> bool:
    """Say whether nobody but the responsible officer and his deputy may learn of the alert."""
    wearer = parties.wearer
    hidden = wearer is not None and wearer.restriction is Restriction.RESTRICTED
    return alert.kind is AlertKind.REVIEW_DUE and (
        hidden or parties.review not in (ReviewOf.ORDER, ReviewOf.HOLD)
    )


def _to_officer(alert: Alert, stage: Stage, parties: Parties, at: Instant) -> Routing:
    """Return messages to the responsible officer, or his deputy; nobody stands in for them."""
    officer = None if parties.wearer is None else parties.wearer.officer
    own = [c for c in parties.contacts if officer and reaches(c, [officer])]
    chosen: dict[ContactId, Chosen] = {}
    for contact in sorted(own, key=lambda c: (c.rank, c.contact_id)):
        for each, stands_in in with_cover(contact, parties.contacts, parties.rota, at):
            chosen.setdefault(each.contact_id, (each, Reason.REVIEW_DUE, stands_in))
    if not chosen and officer and parties.rota.leaves:
        names = deputies(parties.rota.leaves, officer, at)
        theirs = sorted((c for c in parties.contacts if reaches(c, names)), key=lambda c: c.rank)
        chosen = {c.contact_id: (c, Reason.REVIEW_DUE, True) for c in theirs}
    facts = () if chosen else (_nobody(alert, []),)
    return _routing(alert, stage, chosen, facts, at, parties.routes)


def _acting(bases: tuple[LegalBasis, ...], routes: Routes) -> list[tuple[Duty, Reason, bool]]:
    found = [routes.of(basis) for basis in bases]
    acting = [(route.acts, Reason(route.basis.value), True) for route in found]
    informed = [(duty, Reason.FOR_INFORMATION, False) for route in found for duty in route.informed]
    return acting + informed or [(Duty.MONITORING, Reason.NO_ORDER, True)]


def why(reason: Reason, routes: Routes) -> str:
    """Return why this contact was told; where two people changed the route, it says so."""
    changed = {
        route.basis.value: route
        for route in routes.routes
        if route != DEFAULT_ROUTES.of(route.basis)
    }
    if reason.value in changed:
        route = changed[reason.value]
        basis = WHY[reason].partition(":")[0]
        return f"{basis}: by version {routes.version} of the routes {route.acts} acts"
    if reason is Reason.FOR_INFORMATION and changed:
        return "for your information: others have been asked to act"
    return WHY[reason]


def _asked(found: tuple[Contact, ...], stage: Stage, step: int) -> tuple[Contact, ...]:
    if stage is Stage.ESCALATED:
        return at_step(found, step)
    return up_to_step(found, step)


def _liaisons(alert: Alert, stage: Stage, parties: Parties) -> tuple[Contact, ...]:
    """Return who speaks with the protected persons: told of danger, and of what did not reach
    her, once a stage."""
    told = alert.severity is Severity.LIFE or alert.kind in _FOR_LIAISONS
    if not alert.protects or not told or stage is Stage.ESCALATED:
        return ()
    return tuple(
        contact
        for contact in parties.contacts
        if contact.active and contact.contact_id in parties.liaisons
    )


def _anybody(contacts: tuple[Contact, ...]) -> tuple[Contact, ...]:
    active = tuple(c for c in contacts if c.active and c.duty not in THEMSELVES)
    for duty in (Duty.MONITORING, Duty.TECHNICAL):
        if found := tuple(contact for contact in active if contact.duty is duty):
            return found
    return active


def _nobody(alert: Alert, missing: list[Duty]) -> ServiceFact:
    duties = " or ".join(sorted(set(missing))) or "anybody"
    return ServiceFact(
        cause=derived_id("fa", "nobody_to_tell", alert.wearer_id or "", duties),
        kind=AlertKind.WATCH,
        phase=Phase.OPEN,
        happened_at=alert.raised_at,
        detail=f"nobody to tell: no contact of duty {duties} for alert {reference(alert.alert_id)}",
    )


def _notification(
    alert: Alert, stage: Stage, contact: Contact, told: tuple[Reason, str], at: Instant
) -> Notification:
    reason, words = told
    return Notification(
        notification_id=notification_id(
            alert.alert_id, stage, contact.contact_id, alert.step, alert.round
        ),
        alert_id=alert.alert_id,
        wearer_id=alert.wearer_id,
        stage=stage,
        step=alert.step,
        contact_id=contact.contact_id,
        duty=contact.duty,
        channel=contact.channel,
        address=contact.address,
        severity=alert.severity,
        kind=alert.kind,
        reason=reason,
        why=words,
        sentence=alert.sentence,
        created_at=at,
        by_link=answers_by_link(contact, reason),
        not_before=quiet_until(contact, alert, stage, at),
    )


def answers_by_link(contact: Contact, reason: Reason) -> bool:
    """Return whether a message lets this contact take the alert on without a sign-in.

    Who is told for information, speaks with a protected person or wears the tag does not: his
    answer would stop the clock of those who must act.
    """
    reached = contact.channel in (Channel.EMAIL, Channel.SMS, Channel.GOVUK_NOTIFY)
    return reached and contact.account_id is None and reason not in _NOT_BY_LINK


def quiet_until(contact: Contact, alert: Alert, stage: Stage, at: Instant) -> Instant | None:
    """Return when a message may go out that the contact's quiet hours hold back; None: at once.

    They hold back what is routine, and what is urgent, protects nobody and has not been escalated;
    never what protects a person, and nothing about the installation itself.
    """
    urgent = alert.severity is Severity.URGENT
    protects = alert.severity is not Severity.ROUTINE and bool(alert.protects)
    never = alert.severity is Severity.LIFE or protects or alert.kind in INSTALLATION
    if never or (urgent and stage is Stage.ESCALATED):
        return None
    return window_end(contact.quiet, at)
