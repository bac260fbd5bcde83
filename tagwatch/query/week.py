"""A wearer's week for somebody who asks: as it was made on Monday, or as it is known now."""

from datetime import date
from typing import Final

import msgspec
from sqlalchemy import Connection, select

from tagwatch.access.scope import may_see_secrets
from tagwatch.config import Config
from tagwatch.core.ids import ConditionId, WearerId
from tagwatch.core.order import ZoneKnowledge
from tagwatch.core.person import Wearer
from tagwatch.core.timetable import Interval, london
from tagwatch.core.units import DAY, Instant
from tagwatch.query.reader import Reader
from tagwatch.query.week_facts import Shared, is_worn, made_of
from tagwatch.report.week.facts import WEEK, last_week, midnight, monday_of, week_from
from tagwatch.report.week.overview import VERSION, Overview
from tagwatch.report.week.rights import without
from tagwatch.store import schema
from tagwatch.store.overviews import Kind, Overviews

LONGEST: Final = 35 * DAY


class WeekView(msgspec.Struct, frozen=True, kw_only=True):
    """An overview as this reader may see it."""

    wearer: Wearer
    overview: Overview
    is_kept: bool
    """As it was made on its Monday; else as it is known now."""
    is_whole: bool
    """Nothing was left out for this reader."""


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """Which window; None and empty take the last whole London week as it was made, or if no tag
    was on him in it, this week so far."""

    first: date | None = None
    last: date | None = None
    """The last day, whole."""
    anew: str = ""
    """`anew`: as it is known now, whatever was made."""


def window_of(asked: Asked, now: Instant) -> Interval:
    """Return [start, end) in whole London days. Raises ValueError in words for a person."""
    if asked.first is None and asked.last is None:
        return week_from(last_week(now))
    first = asked.first or monday_of(asked.last or date.min)
    start = midnight(first)
    if asked.last is None:
        end = week_from(first)[1]
    else:
        end = midnight(date.fromordinal(asked.last.toordinal() + 1))
    if end <= start:
        raise ValueError("The last day must not lie before the first")
    if end - start > LONGEST + DAY // 24:
        raise ValueError("Ask for five weeks at the most")
    if start > now:
        raise ValueError("That lies ahead: nothing is known of it")
    return start, end


def week(reader: Reader, config: Config, wearer_id: WearerId, asked: Asked) -> WeekView:
    """Return the overview of a wearer within scope. Raises NotFound and ValueError; audits."""
    now = reader.now()
    window = window_of(asked, now)
    kept = Overviews(config.overviews_folder)
    with reader.connection() as connection:
        wearer = reader.wearer(connection, wearer_id, "week")
        if (
            asked.first is None
            and asked.last is None
            and not is_worn(connection, wearer_id, window)
        ):
            # Newly tagged: there is nothing of last week, and something of this one.
            window = week_from(last_week(now) + WEEK)
        hidden = hidden_of(reader, connection, wearer)
        found = None if asked.anew else kept_overview(kept, wearer_id, window)
        is_kept = found is not None
        if found is None:
            shared = Shared.of(connection, railways=reader.railways)
            found = made_of(connection, wearer, window, kept, now, "on demand", shared)
    shown = without(found, hidden)
    reader.consulted("week", [wearer_id], f"[{window[0]}, {window[1]})")
    return WeekView(
        wearer=wearer,
        overview=shown,
        is_kept=is_kept,
        is_whole=shown == found,
    )


def kept_paper(config: Config, view: WeekView) -> bytes | None:
    """Return the PDF that was made with a kept overview of which nothing is left out for this
    reader; None if there is none (any more)."""
    if not view.is_kept or not view.is_whole:
        return None
    made = view.overview
    name = _monday((made.start, made.end))
    return Overviews(config.overviews_folder).get(made.wearer_id, name, Kind.PDF)


def hidden_of(reader: Reader, connection: Connection, wearer: Wearer) -> set[ConditionId]:
    """Return the wearer's conditions about places that this reader may not know: those of which
    any version is, or was, secret."""
    if may_see_secrets(reader.actor, wearer):
        return set()
    column = schema.condition.c
    rows = connection.scalars(
        select(column.condition_id)
        .where(column.wearer_id == wearer.wearer_id, column.knowledge == ZoneKnowledge.SECRET.value)
        .distinct()
    )
    return {ConditionId(name) for name in rows}


def kept_overview(kept: Overviews, wearer_id: WearerId, window: Interval) -> Overview | None:
    """Return what was made of one whole week, None if nothing was that can be read."""
    content = kept.get(wearer_id, _monday(window), Kind.WEEK)
    if content is None:
        return None
    try:
        found = msgspec.json.decode(content, type=Overview)
    except msgspec.DecodeError:
        return None  # of another version: it is made anew from what is known
    same = (found.start, found.end) == window and found.version == VERSION
    return found if same else None


def _monday(window: Interval) -> str:
    return london(window[0]).date().isoformat()
