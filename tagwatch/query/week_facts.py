"""Reads what a weekly overview is made from, and makes it. The caller has checked the scope, or is
the batch process, which makes everybody's."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import msgspec
from sqlalchemy import Connection, func, or_, select

from tagwatch import __version__
from tagwatch.core.alert import Alert, has_circumstance
from tagwatch.core.circumstance import Circumstance
from tagwatch.core.episode import Episode
from tagwatch.core.exemption import newest
from tagwatch.core.fix import TagEventKind
from tagwatch.core.ids import ActivationId, AlertId, ConditionId, EpisodeId, WearerId
from tagwatch.core.movements import Movements
from tagwatch.core.person import Wearer
from tagwatch.core.railway import NO_RAILWAYS, Railways
from tagwatch.core.rules.prepare import Prepared, SettingsHistory, WearerOrders
from tagwatch.core.timetable import Interval, london
from tagwatch.core.trail import TrailPart
from tagwatch.core.units import DAY, HOUR, Instant
from tagwatch.query.coverage import settings_history, versions_of_wearer, worn_until
from tagwatch.query.seen_trail import whole_trail
from tagwatch.report.week.facts import TagSaid, WeekFacts, week_from
from tagwatch.report.week.making import overview
from tagwatch.report.week.moving import moved, movements_of
from tagwatch.report.week.overview import VERSION, Overview
from tagwatch.store import schema
from tagwatch.store.exemptions import versions_of
from tagwatch.store.orders import order_spans
from tagwatch.store.overviews import Kind, Overviews

PAST_WEEKS: Final = 8
"""So many weeks of his past a week is compared with."""
BESIDE: Final = 6 * HOUR
"""So much of the trail before and after the window is read: a stay may reach into it."""
MOST_ALERTS: Final = 500
MOST_EPISODES: Final = 2_000


class PastWeek(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept of one week for those after it."""

    version: int = VERSION
    movements: Movements


@dataclass(frozen=True, slots=True, eq=False)
class Shared:
    """What serves several overviews of one process."""

    settings: SettingsHistory
    prepared: Prepared
    journal_seq: int
    railways: Railways = NO_RAILWAYS

    @classmethod
    def of(
        cls,
        connection: Connection,
        before: "Shared | None" = None,
        railways: Railways = NO_RAILWAYS,
    ) -> "Shared":
        """Return what serves all overviews that are read through this connection; what was
        prepared `before` is used on."""
        seq = connection.scalar(select(func.max(schema.cursor.c.seq)))
        prepared = Prepared() if before is None else before.prepared
        return cls(settings_history(connection), prepared, int(seq or 0), railways)


def made_of(
    connection: Connection,
    wearer: Wearer,
    window: Interval,
    kept: Overviews,
    made_at: Instant,
    how: str,
    shared: Shared,
) -> Overview:
    """Return a wearer's overview of [start, end), as it is known now.

    Weeks of his past of which nothing is kept are worked out, and kept if they are over.
    """
    reading = _Reading(connection, wearer, shared)
    past = tuple(reading.past(window[0], kept, made_at))
    facts = reading.facts(window, made_at, past)
    found = moved(facts)
    monday = _monday(window)
    if monday is not None and window[1] <= made_at and how == "scheduled":
        _keep(kept, wearer.wearer_id, monday, found.movements)
    return overview(facts, found, how)


def worn_in(connection: Connection, window: Interval) -> list[WearerId]:
    """Return everybody who had a tag on at some time of the window."""
    column = schema.activation.c
    rows = connection.scalars(
        select(column.wearer_id)
        .where(
            column.started_at < window[1],
            or_(column.ended_at.is_(None), column.ended_at > window[0]),
        )
        .distinct()
        .order_by(column.wearer_id)
    )
    return [WearerId(name) for name in rows]


def wearer_of(connection: Connection, wearer_id: WearerId) -> Wearer | None:
    """Return a wearer's record, None if there is none (any more)."""
    column = schema.wearer.c
    body = connection.scalar(select(column.body).where(column.wearer_id == wearer_id))
    return None if body is None else msgspec.json.decode(body, type=Wearer)


def is_worn(connection: Connection, wearer_id: WearerId, window: Interval) -> bool:
    """Return whether a tag was on a wearer at some time of the window, as far as is recorded."""
    column = schema.activation.c
    query = select(column.activation_id).where(
        column.wearer_id == wearer_id,
        column.started_at < window[1],
        or_(column.ended_at.is_(None), column.ended_at > window[0]),
    )
    return connection.execute(query.limit(1)).first() is not None


class _Reading:
    """What is read of one wearer."""

    def __init__(self, connection: Connection, wearer: Wearer, shared: Shared) -> None:
        self._connection = connection
        self._wearer = wearer
        self._shared = shared
        his = wearer.wearer_id
        self._orders = WearerOrders(
            wearer_id=his,
            conditions=tuple(versions_of_wearer(connection, his)),
            exemptions=newest(versions_of(connection, his)),
            spans=order_spans(connection, his),
        )

    def past(self, before: Instant, kept: Overviews, made_at: Instant) -> Iterator[Movements]:
        """Yield the weeks before an instant, oldest first, as far as a tag was on him."""
        long = timedelta(days=7)
        last = _day_of(before)
        for number in range(PAST_WEEKS, 0, -1):
            monday = last - number * long
            span = week_from(monday)
            name = monday.isoformat()
            found = _kept(kept, self._wearer.wearer_id, name)
            if found is None:
                if not is_worn(self._connection, self._wearer.wearer_id, span):
                    continue
                found = movements_of(self.facts(span, made_at, ()))
                if monday.weekday() == 0 and span[1] + DAY <= made_at:
                    _keep(kept, self._wearer.wearer_id, name, found)
            yield found

    def facts(self, window: Interval, made_at: Instant, past: Sequence[Movements]) -> WeekFacts:
        """Return what is known of [start, end)."""
        start, end = window
        his = self._wearer.wearer_id
        worn, models, mode = worn_until(self._connection, his, end)
        low, high = Instant(start - BESIDE), Instant(end + BESIDE)
        trail = [
            TrailPart(activation, models.get(activation, ""), block)
            for activation, block in whole_trail(self._connection, his, low, high)
        ]
        long = (end - start) * (len(past) + 1)
        alerts = self._alerts(window)
        return WeekFacts(
            wearer=self._wearer,
            window=window,
            made_at=made_at,
            trail=trail,
            orders=self._orders,
            worn=worn,
            mode=mode,
            activations=tuple(ActivationId(name) for name in sorted(models)),
            settings=self._shared.settings,
            prepared=self._shared.prepared,
            past=past,
            episodes=self._episodes(Instant(end - long), end),
            alerts=alerts,
            condition_of=self._conditions_of([e.episode_id for e in alerts if e.episode_id]),
            cards=self._cards([each.alert_id for each in alerts if has_circumstance(each)]),
            tag_said=self._tag_said(window),
            journal_seq=self._shared.journal_seq,
            code_version=__version__,
            railways=self._shared.railways,
        )

    def _episodes(self, start: Instant, end: Instant) -> list[Episode]:
        column = schema.episode.c
        query = (
            select(column.body)
            .where(
                column.wearer_id == self._wearer.wearer_id,
                column.entered_at < end,
                or_(column.left_at.is_(None), column.left_at >= start),
            )
            .order_by(column.entered_at)
            .limit(MOST_EPISODES)
        )
        found = (
            msgspec.json.decode(body, type=Episode) for body in self._connection.scalars(query)
        )
        return [each for each in found if each.merged_into is None]

    def _alerts(self, window: Interval) -> list[Alert]:
        column = schema.alert.c
        query = (
            select(column.body)
            .where(column.wearer_id == self._wearer.wearer_id, column.raised_at >= window[0])
            .order_by(column.raised_at)
            .limit(MOST_ALERTS)
        )
        found = (msgspec.json.decode(body, type=Alert) for body in self._connection.scalars(query))
        return [each for each in found if window[0] <= each.happened_at < window[1]]

    def _conditions_of(self, names: Sequence[EpisodeId]) -> dict[EpisodeId, ConditionId | None]:
        row = schema.episode.c
        query = select(row.episode_id, row.condition_id).where(row.episode_id.in_(names))
        return {EpisodeId(name): found for name, found in self._connection.execute(query)}

    def _cards(self, alerts: Sequence[AlertId]) -> dict[AlertId, Circumstance]:
        row = schema.circumstance.c
        query = select(row.alert_id, row.body).where(row.alert_id.in_(alerts)).order_by(row.version)
        return {
            AlertId(name): msgspec.json.decode(body, type=Circumstance)
            for name, body in self._connection.execute(query)
        }

    def _tag_said(self, window: Interval) -> list[TagSaid]:
        column = schema.tag_event.c
        query = (
            select(column.happened_at, column.kind)
            .where(
                column.wearer_id == self._wearer.wearer_id,
                column.happened_at >= window[0],
                column.happened_at < window[1],
                column.kind == TagEventKind.CHARGE_ON.value,
            )
            .order_by(column.happened_at)
        )
        rows = self._connection.execute(query)
        return [TagSaid(at=Instant(at), kind=TagEventKind(kind)) for at, kind in rows]


def _kept(kept: Overviews, wearer: WearerId, monday: str) -> Movements | None:
    content = kept.get(wearer, monday, Kind.PAST)
    if content is None:
        return None
    try:
        found = msgspec.msgpack.decode(content, type=PastWeek)
    except msgspec.DecodeError:
        return None  # of another version, or torn by a loss of power: it is worked out anew
    return found.movements if found.version == VERSION else None


def _keep(kept: Overviews, wearer: WearerId, monday: str, movements: Movements) -> None:
    past = PastWeek(movements=movements)
    kept.put(wearer, monday, Kind.PAST, msgspec.msgpack.encode(past))


def _day_of(at: Instant) -> date:
    return london(at).date()


def _monday(window: Interval) -> str | None:
    """Return the Monday of a window that is one whole London week."""
    day = _day_of(window[0])
    return day.isoformat() if day.weekday() == 0 and week_from(day) == window else None
