"""What hangs on the wall of the centre: clocks and counts, and nothing about a person."""

from typing import Final

import msgspec

from tagwatch.core.alert import Alert, AlertKind, reference
from tagwatch.core.outcome import Severity
from tagwatch.core.units import Instant
from tagwatch.query.open_alerts import open_lines
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
    at, lines = reader.now(), open_lines(reader)
    found = [line.alert for line in lines]
    real = [alert for alert in found if alert.kind is not AlertKind.DRILL]
    waiting = [alert for alert in real if alert.acknowledged_at is None]
    shown = found[:SHOWN]
    held = {
        line.group
        for line in lines
        if line.alert.kind is not AlertKind.DRILL and line.alert.holder(at)
    }
    reader.consulted("wallboard", [alert.alert_id for alert in shown], f"{len(found)} alerts")
    return Wallboard(
        at=at,
        unanswered={
            severity: sum(alert.severity is severity for alert in waiting) for severity in Severity
        },
        answered=len(real) - len(waiting),
        aside=sum(alert.waiting_until is not None for alert in real),
        overdue=sum(
            alert.acknowledge_by is not None and alert.acknowledge_by <= at for alert in waiting
        ),
        in_hand=len(held),
        drills=len(found) - len(real),
        oldest_unanswered_at=min((alert.happened_at for alert in waiting), default=None),
        rows=tuple(_row(alert, at) for alert in shown),
    )


def _row(alert: Alert, at: Instant) -> WallRow:
    return WallRow(
        code=reference(alert.alert_id),
        kind=alert.kind,
        severity=alert.severity,
        happened_at=alert.happened_at,
        acknowledge_by=alert.acknowledge_by,
        waiting_until=alert.waiting_until,
        is_in_hand=alert.holder(at) is not None,
    )
