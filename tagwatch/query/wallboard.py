"""What hangs on the wall of the centre: clocks and counts, and nothing about a person."""

from typing import Final

import msgspec

from tagwatch.core.alert import AlertKind, reference
from tagwatch.core.outcome import Severity
from tagwatch.core.units import Instant
from tagwatch.query.open_alerts import OpenAlert, open_alerts
from tagwatch.query.reader import Reader

SHOWN: Final = 12


class WallRow(msgspec.Struct, frozen=True, kw_only=True):
    """One alert by its code. No name, place or sentence."""

    code: str
    kind: AlertKind
    severity: Severity
    happened_at: Instant
    acknowledge_by: Instant | None
    waiting_until: Instant | None
    is_in_hand: bool


class Wallboard(msgspec.Struct, frozen=True, kw_only=True):
    """The open alerts in numbers, drills apart, and the first of them by code."""

    at: Instant
    unanswered: dict[Severity, int]
    answered: int
    aside: int
    overdue: int
    in_hand: int
    drills: int
    oldest_unanswered_at: Instant | None
    rows: tuple[WallRow, ...]


def wallboard(reader: Reader) -> Wallboard:
    """Return what the wall shows, of the alerts within the reader's scope."""
    found = open_alerts(reader)
    real = [row for row in found.rows if row.alert.kind is not AlertKind.DRILL]
    alerts = [row.alert for row in real]
    waiting = [alert for alert in alerts if alert.acknowledged_at is None]
    return Wallboard(
        at=found.at,
        unanswered={
            severity: sum(alert.severity is severity for alert in waiting) for severity in Severity
        },
        answered=len(alerts) - len(waiting),
        aside=sum(alert.waiting_until is not None for alert in alerts),
        overdue=sum(
            alert.acknowledge_by is not None and alert.acknowledge_by <= found.at
            for alert in waiting
        ),
        in_hand=len({row.group for row in real if row.alert.holder(found.at)}),
        drills=len(found.rows) - len(real),
        oldest_unanswered_at=min((alert.happened_at for alert in waiting), default=None),
        rows=tuple(_row(row, found.at) for row in found.rows[:SHOWN]),
    )


def _row(row: OpenAlert, at: Instant) -> WallRow:
    alert = row.alert
    return WallRow(
        code=reference(alert.alert_id),
        kind=alert.kind,
        severity=alert.severity,
        happened_at=alert.happened_at,
        acknowledge_by=alert.acknowledge_by,
        waiting_until=alert.waiting_until,
        is_in_hand=alert.holder(at) is not None,
    )
