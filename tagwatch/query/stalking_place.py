"""What was counted around one protected place: the zone as the reader may see it, its visits with
their fixes, and the episodes on record."""

from typing import Final, TypeAlias

import numpy as np
from sqlalchemy import Connection, or_, select

from tagwatch.access.scope import may_see_zone
from tagwatch.core.around import Around, around
from tagwatch.core.contour import planar
from tagwatch.core.controls import NearArea
from tagwatch.core.fix import fix_id
from tagwatch.core.geometry import to_geojson
from tagwatch.core.ids import ConditionId, EpisodeId, FixId
from tagwatch.core.order import ConditionVersion, ExclusionZone, ZoneKnowledge
from tagwatch.core.own_weeks import OwnWeeks
from tagwatch.core.person import Wearer
from tagwatch.core.stalking import PlacePattern, Unasked
from tagwatch.query.coverage import versions_of_wearer
from tagwatch.query.question import Known, Window
from tagwatch.query.reader import Reader
from tagwatch.store import schema

Zone: TypeAlias = tuple[ConditionVersion, ExclusionZone]
MOST_ACROSS_M: Final = 4_000.0
"""Around a wider area nothing is counted."""
MOST_EPISODES: Final = 500


def zones_of(reader: Reader, connection: Connection, wearer: Wearer, window: Window) -> list[Zone]:
    """Return the newest known version of each exclusion zone that held at some time of the period
    and that the reader may see, by label."""
    newest: dict[ConditionId, ConditionVersion] = {}
    for version in versions_of_wearer(connection, wearer.wearer_id):
        held = newest.get(version.condition_id)
        later = held is None or version.version > held.version
        if version.recorded_at <= window.known_at and later:
            newest[version.condition_id] = version
    found = [
        (each, each.terms)
        for each in newest.values()
        if isinstance(each.terms, ExclusionZone)
        and each.valid_from < window.end
        and (each.valid_until is None or each.valid_until > window.start)
        and may_see_zone(reader.actor, wearer, each)
    ]
    return sorted(found, key=lambda each: (each[1].label, each[0].condition_id))


def place_pattern(
    connection: Connection,
    zone: Zone,
    his: OwnWeeks | None,
    of_him: Known,
    window: Window,
    ring_m: float,
) -> PlacePattern:
    """Return what was counted around one zone."""
    version, terms = zone
    found: Around | None = None
    unasked: Unasked | None = Unasked.NO_FIX
    if his is not None:
        shape = planar(terms.shape, his.plane)
        unasked = Unasked.TOO_WIDE if 2 * shape.bound_radius_m > MOST_ACROSS_M else None
        if unasked is None:
            fastest_mps = of_him.settings.at(window.start).motion.vehicle.top_mps
            near = NearArea(shape, terms.buffer_m + ring_m)
            found = around(his, near, terms.buffer_m, fastest_mps)
    return PlacePattern(
        condition_id=version.condition_id,
        version=version.version,
        label=terms.label,
        protects=terms.protects,
        place=to_geojson(terms.shape),
        is_secret=terms.knowledge is ZoneKnowledge.SECRET,
        buffer_m=terms.buffer_m,
        ring_m=ring_m,
        around=found,
        unasked=unasked,
        fixes=() if found is None else _fixes(of_him, found),
        episodes=_episodes(connection, version, window),
    )


def _fixes(of_him: Known, found: Around) -> tuple[tuple[FixId, ...], ...]:
    """Return for each visit the ids of its first, best and last fix."""
    wanted = {at for each in found.visits for at in (each.start, each.best_at, each.end)}
    times = np.array(sorted(wanted), dtype=np.int64)
    ids: dict[int, FixId] = {}
    for part in of_him.trail:
        block = part.block
        for row in np.flatnonzero(np.isin(block["fixed_at"], times)).tolist():
            at = int(block["fixed_at"][row])
            ids.setdefault(at, fix_id(int(block["seq"][row]), int(block["index"][row])))
    return tuple(
        tuple(dict.fromkeys(ids[at] for at in (each.start, each.best_at, each.end) if at in ids))
        for each in found.visits
    )


def _episodes(
    connection: Connection, version: ConditionVersion, window: Window
) -> tuple[EpisodeId, ...]:
    row = schema.episode.c
    found = connection.scalars(
        select(row.episode_id)
        .where(
            row.wearer_id == version.wearer_id,
            row.condition_id == version.condition_id,
            row.entered_at < window.end,
            or_(row.left_at.is_(None), row.left_at >= window.start),
        )
        .order_by(row.entered_at)
        .limit(MOST_EPISODES)
    )
    return tuple(EpisodeId(each) for each in found)
