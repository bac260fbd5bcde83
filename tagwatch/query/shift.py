"""What happened in a shift, and what is handed over?"""

from collections import Counter
from collections.abc import Mapping
from statistics import median
from typing import Any, Final, NamedTuple, TypeVar

import msgspec
from sqlalchemy import (
    JSON,
    ColumnElement,
    Connection,
    and_,
    func,
    or_,
    select,
    type_coerce,
)

from tagwatch.core.alert import AlertEvent, AlertKind
from tagwatch.core.outcome import Disposition
from tagwatch.core.units import SECOND, Instant
from tagwatch.query.open_alerts import within
from tagwatch.query.reader import Reader
from tagwatch.store import schema
from tagwatch.store.alerts import IS_OPEN

MOST_ANSWERS: Final = 50_000
MOST_HANDOVERS: Final = 20
T = TypeVar("T")
TOLD: Final = (
    AlertEvent.RAISED,
    AlertEvent.ACKNOWLEDGED,
    AlertEvent.CLOSED,
    AlertEvent.CALLED,
    AlertEvent.ESCALATED,
    AlertEvent.WAIT_OVER,
)
"""What a report tells of."""
_ALERT: Final = schema.alert.c
_EVENT: Final = schema.alert_event.c
_IS_DRILL: Final = _ALERT.kind == AlertKind.DRILL.value


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
    """Return what happened in [start, end) to the alerts within the reader's scope. On the audit.

    The database counts; of no alert is the body read but of those open ones whose place in the
    list does not say whether they are answered or put aside.
    """
    with reader.connection() as connection:
        span = _Span(reader, connection, start, end)
        real, drills = _happened(span)
        answers, calls = _answers(span), _calls(span)
        opened, unanswered, aside = _open(reader, connection)
        report = ShiftReport(
            start=start,
            end=end,
            raised=_raised(span),
            waits=_waits(answers, _escalated(span)),
            closed=_closed(span),
            closed_themselves=_closed_themselves(span),
            calls=calls,
            escalated=real[AlertEvent.ESCALATED],
            waits_over=real[AlertEvent.WAIT_OVER],
            drills=drills,
            open_now=opened,
            unanswered_now=unanswered,
            aside_now=aside,
            blind=_blind(connection, start, end),
            handovers=_handovers(connection, start),
            is_cut=len(answers) >= MOST_ANSWERS,
        )
    reader.consulted("shift_report", [], f"{sum(real.values())} events")
    return report


class _Span(NamedTuple):
    """The alerts' events of a span of time, as one reader may see them."""

    reader: Reader
    connection: Connection
    start: Instant
    end: Instant

    def rows(self, *columns: Any, of: tuple[AlertEvent, ...] = TOLD) -> Any:
        """Return the query for columns of these events and of their alerts."""
        return (
            select(*columns)
            .select_from(schema.alert_event.join(schema.alert, _ALERT.alert_id == _EVENT.alert_id))
            .where(_EVENT.at >= self.start, _EVENT.at < self.end, within(self.reader))
            .where(_EVENT.kind.in_([kind.value for kind in of]))
        )


def _happened(span: _Span) -> tuple[Counter[str], int]:
    """Return how often what happened to real alerts, and how many drills were called."""
    query = span.rows(_EVENT.kind, _IS_DRILL.label("drill"), func.count().label("many"))
    real: Counter[str] = Counter()
    drills = 0
    for row in span.connection.execute(query.group_by(_EVENT.kind, _IS_DRILL)):
        if not row.drill:
            real[row.kind] += row.many
        elif row.kind == AlertEvent.RAISED:
            drills += row.many
    return real, drills


def _raised(span: _Span) -> tuple[tuple[AlertKind, int], ...]:
    query = span.rows(_ALERT.kind, func.count().label("many"), of=(AlertEvent.RAISED,))
    rows = span.connection.execute(query.where(~_IS_DRILL).group_by(_ALERT.kind))
    return _ordered({AlertKind(row.kind): row.many for row in rows})


def _answers(span: _Span) -> list[tuple[str, float]]:
    """Return (alert, seconds until somebody answered) of each real alert answered in the span."""
    query = span.rows(_ALERT.alert_id, _EVENT.at, _ALERT.raised_at, of=(AlertEvent.ACKNOWLEDGED,))
    rows = span.connection.execute(query.where(~_IS_DRILL).limit(MOST_ANSWERS))
    return [(row.alert_id, (row.at - row.raised_at) / SECOND) for row in rows]


def _escalated(span: _Span) -> set[str]:
    query = span.rows(_ALERT.alert_id, of=(AlertEvent.ESCALATED,)).distinct()
    return set(span.connection.scalars(query))


def _waits(answers: list[tuple[str, float]], late: set[str]) -> Waits:
    """Of the alerts first answered in the window."""
    took_s = [seconds for _, seconds in answers]
    return Waits(
        answered=len(took_s),
        median_s=median(took_s) if took_s else None,
        longest_s=max(took_s, default=None),
        in_time=sum(name not in late for name, _ in answers),
    )


def _closed(span: _Span) -> tuple[tuple[Disposition, int], ...]:
    said = _of_body("disposition")
    query = span.rows(said.label("said"), func.count().label("many"), of=(AlertEvent.CLOSED,))
    rows = span.connection.execute(query.where(~_IS_DRILL, said.is_not(None)).group_by(said))
    return _ordered({Disposition(row.said): row.many for row in rows})


def _closed_themselves(span: _Span) -> int:
    query = span.rows(func.count(), of=(AlertEvent.CLOSED,))
    return span.connection.scalar(query.where(_of_body("disposition").is_(None))) or 0


def _calls(span: _Span) -> tuple[tuple[str, int], ...]:
    found: Counter[str] = Counter()
    for words in span.connection.scalars(span.rows(_EVENT.words, of=(AlertEvent.CALLED,))):
        found[": ".join(words.split(": ")[:2])] += 1
    return _ordered(found)


def _ordered(counts: Mapping[T, int]) -> tuple[tuple[T, int], ...]:
    return tuple(Counter(counts).most_common())


def _of_body(name: str) -> ColumnElement[Any]:
    return type_coerce(_ALERT.body, JSON)[name].as_string()


def _open(reader: Reader, connection: Connection) -> tuple[int, int, int]:
    """Return how many real alerts are open, unanswered, put aside.

    The first sign of an alert's place says how many of "answered" and "put aside" hold: only
    where one of the two does, its body says which.
    """
    neither, both = _ALERT.place < "1", _ALERT.place >= "2"
    unanswered = or_(neither, and_(~both, _of_body("acknowledged_at").is_(None)))
    aside = or_(both, and_(~neither, _of_body("waiting_until").is_not(None)))
    row = connection.execute(
        select(func.count(), func.count().filter(unanswered), func.count().filter(aside))
        .select_from(schema.alert)
        .where(IS_OPEN, ~_IS_DRILL, within(reader))
    ).one()
    return row[0], row[1], row[2]


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
