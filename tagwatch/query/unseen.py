"""Of whom can nothing be seen at the moment, since when, and why that may be?"""

from collections.abc import Sequence

import msgspec
from sqlalchemy import Connection, func, select

from tagwatch.core.alert import SILENT, Alert, AlertKind, has_circumstance
from tagwatch.core.circumstance import Circumstance
from tagwatch.core.ids import AlertId, WearerId
from tagwatch.core.outcome import Phase, RuleKind
from tagwatch.core.silence import SilenceCard
from tagwatch.core.units import Instant
from tagwatch.store import schema


class Unseen(msgspec.Struct, frozen=True, kw_only=True):
    """The tag is silent, or without a place. `card` is None until it has been written."""

    since: Instant
    kind: AlertKind
    alert_id: AlertId
    card: SilenceCard | None


def unseen_since(connection: Connection, ids: Sequence[WearerId]) -> dict[str, Instant]:
    """Return since when nothing is seen of those of these wearers of whom that is so, whether or
    not somebody has closed the alert. The caller has checked the scope."""
    column = schema.episode.c
    rows = connection.execute(
        select(column.wearer_id, func.min(column.entered_at))
        .where(
            column.wearer_id.in_(ids),
            column.rule == RuleKind.COMMS.value,
            column.phase == Phase.OPEN.value,
        )
        .group_by(column.wearer_id)
    )
    return {str(wearer_id): Instant(since) for wearer_id, since in rows}


def unseen(connection: Connection, wearer_id: WearerId) -> Unseen | None:
    """Return the silence of this wearer's tag that goes on, None if he can be seen. The caller
    has checked the scope."""
    alert, episode = schema.alert.c, schema.episode.c
    bodies = connection.scalars(
        select(alert.body)
        .join(schema.episode, episode.episode_id == alert.episode_id)
        .where(
            alert.wearer_id == wearer_id,
            alert.kind.in_(SILENT),
            episode.phase == Phase.OPEN.value,
        )
        .order_by(alert.raised_at.desc())
        .limit(1)
    ).all()
    if not bodies:
        return None
    found = msgspec.json.decode(bodies[0], type=Alert)
    return Unseen(
        since=found.happened_at,
        kind=found.kind,
        alert_id=found.alert_id,
        card=silence_card_of(connection, found),
    )


def silence_card_of(connection: Connection, alert: Alert) -> SilenceCard | None:
    """Return the newest card of a silence; None of other alerts, and until it is written."""
    body = card_body(connection, alert.alert_id) if alert.kind in SILENT else None
    return None if body is None else msgspec.json.decode(body, type=SilenceCard)


def circumstance_of(connection: Connection, alert: Alert) -> Circumstance | None:
    """Return the newest card of an alert; None of a silence and of an encounter, and until it is
    written."""
    body = card_body(connection, alert.alert_id) if has_circumstance(alert) else None
    return None if body is None else msgspec.json.decode(body, type=Circumstance)


def card_body(connection: Connection, alert_id: AlertId) -> str | None:
    """Return the newest circumstances of an alert as they are stored."""
    column = schema.circumstance.c
    return connection.scalar(
        select(column.body)
        .where(column.alert_id == alert_id)
        .order_by(column.version.desc())
        .limit(1)
    )
