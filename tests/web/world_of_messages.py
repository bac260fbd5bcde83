"""Trouble in the sample installation, and the messages about it."""

import msgspec
from sqlalchemy import select

from tagwatch.access.enrolment import now
from tagwatch.core.ledger import HeartbeatMissed
from tagwatch.core.recorded_service import PartState
from tagwatch.engine.centre import InProcessCentre
from tagwatch.notify.route import Notification
from tagwatch.store import schema
from tagwatch.store.database import reading


def trouble(centre: InProcessCentre) -> None:
    """Let a part of the installation ail: the technical contacts are told."""
    words = "the disk is nearly full"
    event = HeartbeatMissed(part="disk", at=now(), state=PartState.AILING, words=words)
    centre.record(event, at=now())
    centre.apply()


def notifications(centre: InProcessCentre) -> list[Notification]:
    """Return every message of the outbox."""
    with reading(centre.projections) as connection:
        bodies = list(connection.scalars(select(schema.notification.c.body)))
    return [msgspec.json.decode(body, type=Notification) for body in bodies if body]
