"""Where was this wearer in a window: fixes, stops, trips, gaps, and what bound him meanwhile."""

from dataclasses import dataclass
from enum import Enum
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, select

from tagwatch.access.scope import may_see_zone
from tagwatch.core.alert import Alert
from tagwatch.core.episode import Episode
from tagwatch.core.fix import FixBlock
from tagwatch.core.ids import ActivationId, WearerId
from tagwatch.core.movements import Movements
from tagwatch.core.person import Wearer
from tagwatch.core.units import Instant
from tagwatch.core.unsealing import Unsealing
from tagwatch.query.drawn import drawn_rows
from tagwatch.query.movement import BESIDE, TooMany, known_end, movements_in, read_parts
from tagwatch.query.reader import Reader
from tagwatch.query.seen_trail import Sealed, not_shown
from tagwatch.query.trail import Trail, TrailColumns, columns_of, current_settings
from tagwatch.query.unsealed import names_of, opened_to, spans_of
from tagwatch.query.wearer import ConditionView, TagWord, conditions_of
from tagwatch.query.zones_in_force import ZoneInForce, near_stops, zones_in_force
from tagwatch.store import schema
from tagwatch.store.episodes import episodes_of

__all__ = ["TooMany", "TrailView", "trail", "trail_to_print", "trail_view", "whose"]

MOST_ALERTS: Final = 500
MOST_WORDS: Final = 500
"""Tag events of one window."""


class Opened(Enum):
    """What becomes of a stretch of a sealed trail that is open to the reader."""

    SHOWN = "shown"
    SEALED = "sealed"
    """It stays sealed: what leaves the screen is not for him alone."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class TrailView:
    """All that the page of one window shows."""

    wearer: Wearer
    start: Instant
    end: Instant
    until: Instant
    """The end, or the time of the question if that is sooner."""
    columns: TrailColumns
    drawn: NDArray[np.intp]
    """The rows that the map draws, in order."""
    movements: Movements
    near: dict[int, tuple[str, ...]]
    """By number of a stop: the labels of the places in `zones` at or near which it lies."""
    zones: tuple[ZoneInForce, ...]
    withheld: bool
    """A zone is in force whose place is not for this reader."""
    alerts: tuple[Alert, ...]
    """What happened in the window, in order of that."""
    words: tuple[TagWord, ...]
    """What the tag reported of itself, in order."""
    sealed: Sealed | None = None
    """What is not shown, where he is monitored for zones only."""
    unsealed: tuple[Unsealing, ...] = ()
    """By which approvals anything of a sealed trail is shown to this reader alone."""

    @property
    def is_thinned(self) -> bool:
        """Whether the map draws fewer than have a place."""
        return len(self.drawn) < int((~np.isnan(self.columns.radii_m)).sum())


def whose(reader: Reader, wearer_id: WearerId) -> Wearer:
    """Return a wearer within scope, without a trail. Raises NotFound; puts either on the audit."""
    with reader.connection() as connection:
        found = reader.wearer(connection, wearer_id, "trail")
    reader.consulted("trail", [wearer_id], "no window")
    return found


def trail_view(reader: Reader, wearer_id: WearerId, start: Instant, end: Instant) -> TrailView:
    """Return the window of a wearer within scope. Raises NotFound and TooMany; puts the answer and
    a refusal on the audit."""
    found = _seen(reader, wearer_id, (start, end), Opened.SHOWN)
    reader.consulted("trail", [wearer_id], _said(found))
    return found


def trail_to_print(reader: Reader, wearer_id: WearerId, start: Instant, end: Instant) -> TrailView:
    """Return the same to be handed out on paper, which the audit says: of a sealed trail without
    what is open to the reader alone, on his screen."""
    found = _seen(reader, wearer_id, (start, end), Opened.SEALED)
    reader.disclosing("trail", [wearer_id], f"{_said(found)}, to print")
    return found


def _said(found: TrailView) -> str:
    fixes, drawn, sealed = len(found.columns.block), len(found.drawn), found.sealed
    said = f"[{found.start}, {found.end}) {fixes} fixes, {drawn} drawn"
    said = said if sealed is None else f"{said}, {sealed.fixes} sealed"
    return said + names_of(found.unsealed)


def _seen(
    reader: Reader, wearer_id: WearerId, window: tuple[Instant, Instant], opened: Opened
) -> TrailView:
    start, end = window
    low, high = Instant(start - BESIDE), Instant(end + BESIDE)
    with reader.connection() as connection:
        wearer = reader.wearer(connection, wearer_id, "trail")
        conditions = conditions_of(reader, connection, wearer)
        until = known_end(reader, start, end)
        zones = zones_in_force(conditions, start, until)
        unsealed = ()
        if opened is Opened.SHOWN:
            unsealed = opened_to(reader, connection, wearer_id, low, high)
        parts = read_parts(connection, wearer_id, low, high, spans_of(unsealed))
        moved = movements_in(connection, wearer_id, parts, (start, until), reader.railways)
        columns = columns_of(_cut(parts, start, end), current_settings(connection))
        alerts = _alerts(connection, wearer_id, start, end)
        episodes = _episodes(reader, connection, wearer, conditions, (start, end))
        moments = [at for s in moved.stops for at in (s.first_seen, s.last_seen)]
        moments += [at for gap in moved.gaps for at in (gap.start, gap.end)]
        return TrailView(
            wearer=wearer,
            start=start,
            end=end,
            until=until,
            columns=columns,
            drawn=drawn_rows(columns, zones, episodes, alerts, moments),
            movements=moved,
            near=near_stops(moved.stops, zones),
            zones=zones,
            withheld=any(condition.withheld for condition in conditions),
            alerts=alerts,
            words=_words(connection, wearer_id, start, end),
            sealed=not_shown(connection, wearer_id, columns.block),
            unsealed=tuple(each for each in unsealed if each.start < end and each.end > start),
        )


def trail(reader: Reader, wearer_id: WearerId, start: Instant, end: Instant) -> Trail:
    """Return the trail of a wearer within scope, thinned as a map is. Raises NotFound and TooMany;
    puts the answer and a refusal on the audit."""
    found = trail_view(reader, wearer_id, start, end)
    count = len(found.columns.block)
    rows = found.drawn if found.is_thinned else np.arange(count)
    return Trail(
        wearer_id=wearer_id,
        start=start,
        end=end,
        fixes=tuple(found.columns.fixes(rows)),
        total=count,
        sealed=found.sealed,
        unsealed=tuple(each.unsealing_id for each in found.unsealed),
    )


def _cut(
    parts: list[tuple[ActivationId, FixBlock]], start: Instant, end: Instant
) -> list[tuple[ActivationId, FixBlock]]:
    """Return the fixes of [start, end)."""
    found: list[tuple[ActivationId, FixBlock]] = []
    for activation, block in parts:
        low, high = np.searchsorted(block["fixed_at"], [start, end])
        found.append((activation, block[low:high]))
    return found


def _episodes(
    reader: Reader,
    connection: Connection,
    wearer: Wearer,
    conditions: tuple[ConditionView, ...],
    window: tuple[Instant, Instant],
) -> list[Episode]:
    """Return the episodes of the window, without those of places that this reader must not see."""
    hidden = {
        condition.condition_id
        for condition in conditions
        for version in condition.versions
        if not may_see_zone(reader.actor, wearer, version)
    }
    return [
        one
        for one in episodes_of(connection, wearer.wearer_id, since=window[0])
        if one.entered_earliest < window[1] and one.condition_id not in hidden
    ]


def _alerts(
    connection: Connection, wearer_id: WearerId, start: Instant, end: Instant
) -> tuple[Alert, ...]:
    column = schema.alert.c
    bodies = connection.scalars(
        select(column.body)
        .where(column.wearer_id == wearer_id, column.raised_at >= start)
        .order_by(column.raised_at)
        .limit(MOST_ALERTS)
    )
    every = (msgspec.json.decode(body, type=Alert) for body in bodies)
    inside = [alert for alert in every if start <= alert.happened_at < end]
    return tuple(sorted(inside, key=lambda alert: (alert.happened_at, alert.alert_id)))


def _words(
    connection: Connection, wearer_id: WearerId, start: Instant, end: Instant
) -> tuple[TagWord, ...]:
    column = schema.tag_event.c
    rows = connection.execute(
        select(column.happened_at, column.kind)
        .where(
            column.wearer_id == wearer_id,
            column.happened_at >= start,
            column.happened_at < end,
            column.kind.not_in(("alive", "battery", "other")),
        )
        .order_by(column.happened_at, column.seq, column.index)
        .limit(MOST_WORDS)
    ).mappings()
    return tuple(TagWord(**row) for row in rows)
