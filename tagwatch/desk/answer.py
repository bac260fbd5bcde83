"""Somebody without a sign-in takes an alert on by the link in his message. Nothing else."""

from enum import StrEnum

import msgspec
from sqlalchemy import Engine, select

from tagwatch.access.audit import Act, AnswerAudit, AuditLine, AuditTrail, Outcome
from tagwatch.core.alert import Alert, AlertKind, reference
from tagwatch.core.ids import AlertId, NotificationId
from tagwatch.core.ledger import LinkAnswered
from tagwatch.core.outcome import AlertState, Severity, Stage
from tagwatch.core.units import SECOND, Instant
from tagwatch.desk.clerk import Clerk
from tagwatch.notify.answer import AnswerLinks
from tagwatch.store import schema
from tagwatch.store.database import reading
from tagwatch.store.settings import settings_at


class Standing(StrEnum):
    """What a link can still do."""

    OPEN = "open"
    USED = "used"
    EXPIRED = "expired"
    TAKEN = "taken"
    """Somebody has taken the alert on meanwhile, or closed it."""
    UNKNOWN = "unknown"


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What a link shows: a code, an urgency and a kind, as the message had them. No person."""

    standing: Standing
    is_test: bool = False
    code: str = ""
    severity: Severity | None = None
    kind: AlertKind | None = None


class Visit(msgspec.Struct, frozen=True, kw_only=True):
    """One request by link: when, from where, with what."""

    token: str
    at: Instant
    address: str


class _Found(msgspec.Struct, frozen=True, kw_only=True):
    asked: Asked
    notification_id: NotificationId
    alert_id: str = ""
    contact_id: str = ""


def asked(
    projections: Engine, audit: AuditTrail | AnswerAudit, links: AnswerLinks, visit: Visit
) -> Asked:
    """Return what a link stands for and can still do. On the audit."""
    found = _find(projections, links, visit)
    _on_audit(audit, visit, found, Act.CONSULTATION)
    return found.asked


def answer(
    clerk: Clerk,
    projections: Engine,
    audit: AuditTrail | AnswerAudit,
    links: AnswerLinks,
    visit: Visit,
) -> Asked:
    """Take the alert of a link on, if it still can; returns what it could do before. On the audit.

    Raises NotRecorded.
    """
    found = _find(projections, links, visit)
    _on_audit(audit, visit, found, Act.ALTERATION)
    if found.asked.standing is Standing.OPEN:
        clerk.record(LinkAnswered(notification_id=found.notification_id, at=visit.at))
    return found.asked


def _find(projections: Engine, links: AnswerLinks, visit: Visit) -> _Found:
    unknown = _Found(asked=Asked(standing=Standing.UNKNOWN), notification_id=NotificationId(""))
    name = links.read(visit.token)
    if name is None:
        return unknown
    row, alert = schema.notification, schema.alert
    with reading(projections) as connection:
        told = connection.execute(select(row).where(row.c.notification_id == name)).first()
        if told is None:
            return unknown
        body = connection.scalar(select(alert.c.body).where(alert.c.alert_id == told.alert_id))
        rules = settings_at(connection, visit.at)
    expired = visit.at >= told.created_at + rules.alert.answer_link_s * SECOND
    found = None if body is None else msgspec.json.decode(body, type=Alert)
    return _Found(
        asked=Asked(
            standing=_standing(told.answered_at, expired=expired, alert=found),
            is_test=told.stage == Stage.TEST.value,
            code="TEST" if found is None else reference(AlertId(told.alert_id)),
            severity=None if found is None else found.severity,
            kind=None if found is None else found.kind,
        ),
        notification_id=name,
        alert_id=told.alert_id,
        contact_id=told.contact_id,
    )


def _standing(answered_at: int | None, *, expired: bool, alert: Alert | None) -> Standing:
    if answered_at is not None:
        return Standing.USED
    if expired:
        return Standing.EXPIRED
    if alert is not None and alert.state in (AlertState.ACKNOWLEDGED, AlertState.CLOSED):
        return Standing.TAKEN
    return Standing.OPEN


def _on_audit(audit: AuditTrail | AnswerAudit, visit: Visit, found: _Found, act: Act) -> None:
    ids = tuple(each for each in (found.alert_id, found.notification_id) if each)
    works = found.asked.standing is Standing.OPEN
    audit.record(
        AuditLine(
            at=visit.at,
            by=found.contact_id,
            act=act,
            outcome=Outcome.ANSWERED if works else Outcome.REFUSED,
            question="answer_by_link",
            ids=ids,
            detail=found.asked.standing.value,
            address=visit.address,
        )
    )
