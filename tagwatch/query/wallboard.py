"""What hangs on the wall of the centre: clocks and counts, and nothing about a person."""

from typing import Final

import msgspec

from tagwatch.core.alert import AlertKind, reference
from tagwatch.core.outcome import Severity
from tagwatch.core.units import Instant
from tagwatch.query.open_alerts import OpenLine, open_lines
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
    at, found = reader.now(), open_lines(reader)
    real = [line for line in found if line.kind is not AlertKind.DRILL]
    waiting = [line for line in real if line.acknowledged_at is None]
    shown = found[:SHOWN]
    reader.consulted("wallboard", [line.alert_id for line in shown], f"{len(found)} alerts")
    return Wallboard(
        at=at,
        unanswered={
            severity: sum(line.severity is severity for line in waiting) for severity in Severity
        },
        answered=len(real) - len(waiting),
        aside=sum(line.waiting_until is not None for line in real),
        overdue=sum(
            line.acknowledge_by is not None and line.acknowledge_by <= at for line in waiting
        ),
        in_hand=len({line.group for line in real if line.is_in_hand(at)}),
        drills=len(found) - len(real),
        oldest_unanswered_at=min((line.happened_at for line in waiting), default=None),
        rows=tuple(_row(line, at) for line in shown),
    )


def _row(line: OpenLine, at: Instant) -> WallRow:
    return WallRow(
        code=reference(line.alert_id),
        kind=line.kind,
        severity=line.severity,
        happened_at=line.happened_at,
        acknowledge_by=line.acknowledge_by,
        waiting_until=line.waiting_until,
        is_in_hand=line.is_in_hand(at),
    )
