"""What an overview is made from, as it was read; and the days and nights of its window."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

import msgspec

from tagwatch.core.alert import Alert
from tagwatch.core.circumstance import Circumstance
from tagwatch.core.episode import Episode
from tagwatch.core.fix import TagEventKind
from tagwatch.core.ids import ActivationId, AlertId, ConditionId, EpisodeId
from tagwatch.core.movements import Movements
from tagwatch.core.person import TagMode, Wearer
from tagwatch.core.railway import NO_RAILWAYS, Railways
from tagwatch.core.rules.prepare import Prepared, SettingsHistory, Track, WearerOrders
from tagwatch.core.timetable import Edge, Interval, from_london, london
from tagwatch.core.trail import TrailPart
from tagwatch.core.units import Instant

WEEK = timedelta(days=7)


class TagSaid(msgspec.Struct, frozen=True, kw_only=True):
    """Something the tag reported of itself."""

    at: Instant
    kind: TagEventKind


@dataclass(frozen=True, slots=True, eq=False)
class WeekFacts:
    """All that was read of one wearer for [start, end)."""

    wearer: Wearer
    window: Interval
    made_at: Instant
    trail: Sequence[TrailPart]
    """From some hours before the window to some hours after it."""
    orders: WearerOrders
    worn: Sequence[Interval]
    mode: TagMode
    activations: tuple[ActivationId, ...]
    settings: SettingsHistory
    prepared: Prepared
    past: Sequence[Movements]
    """Of the weeks before, oldest first."""
    episodes: Sequence[Episode]
    """Of the window and the weeks before; merged ones left out."""
    alerts: Sequence[Alert]
    """Of the window."""
    condition_of: dict[EpisodeId, ConditionId | None]
    """Of every episode an alert is about, merged ones too."""
    cards: dict[AlertId, Circumstance] = field(default_factory=dict[AlertId, Circumstance])
    tag_said: Sequence[TagSaid] = ()
    journal_seq: int = 0
    code_version: str = ""
    railways: Railways = NO_RAILWAYS


def monday_of(day: date) -> date:
    """Return the Monday of the week that holds the day."""
    return day - timedelta(days=day.weekday())


def week_from(monday: date) -> Interval:
    """Return [start, end) of the London week that begins on a Monday: 167, 168 or 169 hours."""
    return midnight(monday), midnight(monday + WEEK)


def midnight(day: date) -> Instant:
    """Return the instant at which a London day begins."""
    return from_london(datetime.combine(day, time()), Edge.FROM)


def last_week(now: Instant) -> date:
    """Return the Monday of the last London week that is over."""
    return monday_of(london(now).date()) - WEEK


def days_of(window: Interval) -> Iterator[tuple[date, Interval]]:
    """Yield each London day that reaches into the window, with its part of it."""
    start, end = window
    day = london(start).date()
    while midnight(day) < end:
        following = day + timedelta(days=1)
        yield day, (max(start, midnight(day)), min(end, midnight(following)))
        day = following


def applied(track: Track, window: Interval) -> list[Interval]:
    """Return when a condition applied within the window, in order."""
    start, end = window
    spans: list[Interval] = []
    at = int(start)
    while at < end:
        found = track.next_interval(at)
        if found is None or found[0] >= end:
            break
        spans.append((Instant(max(found[0], start)), Instant(min(found[1], end))))
        at = found[1]
    return spans
