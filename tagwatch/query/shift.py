"""What happened in a shift, and what is handed over?"""

from collections import Counter
from collections.abc import Iterable
from statistics import median
from typing import Final, TypeVar

import msgspec
from sqlalchemy import Connection, select

from tagwatch.core.alert import Alert, AlertEvent, AlertKind
from tagwatch.core.ids import AlertId
from tagwatch.core.outcome import Disposition
from tagwatch.core.units import SECOND, Instant
from tagwatch.query.open_alerts import within
from tagwatch.query.reader import Reader
from tagwatch.store import schema
from tagwatch.store.alerts import IS_OPEN

MOST_EVENTS: Final = 50_000
MOST_HANDOVERS: Final = 20
T = TypeVar("T")
_ALERT: Final = msgspec.json.Decoder(Alert)


class Handover(msgspec.Struct, frozen=True, kw_only=True):
    """What one person told the next, and who carries on from it."""

    seq: int
    at: Instant
    by: str
    words: str
    taken_at: Instant | None
    taken_by: str | None


class Waits(msgspec.Struct, frozen=True, kw_only=True):
    """How long alerts waited for an answer, in seconds."""

    answered: int
    median_s: float | None
    longest_s: float | None
    in_time: int
    """Answered before the next contact had to be told."""


class ShiftReport(msgspec.Struct, frozen=True, kw_only=True):
    """What happened in [start, end), drills apart; `is_cut`: there was more than can be counted."""

    start: Instant
    end: Instant
    raised: tuple[tuple[AlertKind, int], ...]
    waits: Waits
    closed: tuple[tuple[Disposition, int], ...]
    closed_themselves: int
    calls: tuple[tuple[str, int], ...]
    """`party: outcome` and how often, most often first."""
    escalated: int
    waits_over: int
    drills: int
    open_now: int
    unanswered_now: int
    aside_now: int
    blind: tuple[tuple[Instant, Instant], ...]
    handovers: tuple[Handover, ...]
    is_cut: bool


def shift_report(reader: Reader, start: Instant, end: Instant) -> ShiftReport:
    """Return what happened in [start, end) to the alerts within the reader's scope."""
    with reader.connection() as connection:
        events = _events(reader, connection, start, end)
        kinds = Counter(event.kind for event in events if event.drill is False)
        raised = [event for event in events if event.kind == AlertEvent.RAISED]
        real = [event for event in raised if not event.drill]
        opened = _open(reader, connection)
        report = ShiftReport(
            start=start,
            end=end,
            raised=_counted(event.alert.kind for event in real),
            waits=_waits(events),
            closed=_closed(events),
            closed_themselves=sum(
                event.kind == AlertEvent.CLOSED and event.alert.disposition is None
                for event in events
            ),
            calls=_counted(
                ": ".join(event.words.split(": ")[:2])
                for event in events
                if event.kind == AlertEvent.CALLED
            ),
            escalated=kinds[AlertEvent.ESCALATED],
            waits_over=kinds[AlertEvent.WAIT_OVER],
            drills=len(raised) - len(real),
            open_now=len(opened),
            unanswered_now=sum(alert.acknowledged_at is None for alert in opened),
            aside_now=sum(alert.waiting_until is not None for alert in opened),
            blind=_blind(connection, start, end),
            handovers=_handovers(connection, start),
            is_cut=len(events) >= MOST_EVENTS,
        )
    reader.consulted("shift_report", [], f"{len(events)} events")
    return report


class _Happened(msgspec.Struct, frozen=True):
    kind: str
    at: Instant
    words: str
    alert: Alert

    @property
    def drill(self) -> bool:
        return self.alert.kind is AlertKind.DRILL


def _events(
    reader: Reader, connection: Connection, start: Instant, end: Instant
) -> list[_Happened]:
    event, alert = schema.alert_event.c, schema.alert.c
    told = (
        AlertEvent.RAISED,
        AlertEvent.ACKNOWLEDGED,
        AlertEvent.CLOSED,
        AlertEvent.CALLED,
        AlertEvent.ESCALATED,
        AlertEvent.WAIT_OVER,
    )
    rows = connection.execute(
        select(event.kind, event.at, event.words, alert.alert_id, alert.body)
        .join(schema.alert, alert.alert_id == event.alert_id)
        .where(event.at >= start, event.at < end, within(reader))
        .where(event.kind.in_([kind.value for kind in told]))
        .order_by(event.event_id)
        .limit(MOST_EVENTS)
    )
    alerts: dict[AlertId, Alert] = {}
    found: list[_Happened] = []
    for kind, at, words, name, body in rows:
        if name not in alerts:
            alerts[name] = _ALERT.decode(body)
        found.append(_Happened(kind, Instant(at), words, alerts[name]))
    return found


def _waits(events: list[_Happened]) -> Waits:
    """Of the alerts first answered in the window."""
    took_s: list[float] = []
    late = {e.alert.alert_id for e in events if e.kind == AlertEvent.ESCALATED}
    in_time = 0
    for event in events:
        if event.kind == AlertEvent.ACKNOWLEDGED and not event.drill:
            took_s.append((event.at - event.alert.raised_at) / SECOND)
            in_time += event.alert.alert_id not in late
    return Waits(
        answered=len(took_s),
        median_s=median(took_s) if took_s else None,
        longest_s=max(took_s, default=None),
        in_time=in_time,
    )


def _closed(events: list[_Happened]) -> tuple[tuple[Disposition, int], ...]:
    return _counted(
        event.alert.disposition
        for event in events
        if event.kind == AlertEvent.CLOSED
        and event.alert.disposition is not None
        and not event.drill
    )


def _counted(things: Iterable[T]) -> tuple[tuple[T, int], ...]:
    return tuple(Counter(things).most_common())


def _open(reader: Reader, connection: Connection) -> list[Alert]:
    column = schema.alert.c
    bodies = connection.scalars(
        select(column.body).where(
            IS_OPEN,
            column.kind != AlertKind.DRILL.value,
            within(reader),
        )
    )
    return [_ALERT.decode(body) for body in bodies]


def _blind(
    connection: Connection, start: Instant, end: Instant
) -> tuple[tuple[Instant, Instant], ...]:
    column = schema.blind_interval.c
    rows = connection.execute(
        select(column.from_at, column.to_at)
        .where(column.to_at > start, column.from_at < end)
        .order_by(column.from_at)
    )
    return tuple((Instant(since), Instant(until)) for since, until in rows)


def _handovers(connection: Connection, since: Instant) -> tuple[Handover, ...]:
    """Return those of the window, and whatever nobody has taken on yet; newest first."""
    column = schema.handover.c
    rows = connection.execute(
        select(schema.handover)
        .where((column.at >= since) | column.taken_at.is_(None))
        .order_by(column.seq.desc())
        .limit(MOST_HANDOVERS)
    ).mappings()
    return tuple(Handover(**row) for row in rows)
