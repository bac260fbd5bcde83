"""A zone, a schedule or a setting tried on past trails: what would have been found, and whose home
lies at the edge. The findings are those of `derive_findings`; nothing is raised or told.
"""

from collections import Counter
from collections.abc import Sequence
from enum import StrEnum
from typing import Final

import msgspec
import numpy as np

from tagwatch.core.derive import (
    Prepared,
    SettingsHistory,
    TrailPart,
    WearerOrders,
    decidable,
    derive_screened,
)
from tagwatch.core.encounters import NOTHING, Trails, advance
from tagwatch.core.episode import Episode
from tagwatch.core.geometry import LonLat, Plane, Shape, distance_to_shape_m
from tagwatch.core.ids import ConditionId, WearerId
from tagwatch.core.order import ConditionVersion, Curfew
from tagwatch.core.outcome import AlertClass, Finding, RuleKind
from tagwatch.core.plane import Floats
from tagwatch.core.rules.area import area
from tagwatch.core.rules.force import FOREVER
from tagwatch.core.settings_trial import RuleCount
from tagwatch.core.timetable import Edge, from_london, london
from tagwatch.core.units import DAY, Instant

EDGE_M: Final = 100.0
"""A home this near to an edge is told: its fixes fall to either side."""
NIGHT_HOURS: Final = (1, 5)
"""London time in which somebody is at home if ever."""
LEAST_FIXES: Final = 3
SAME_PLACE_M: Final = 150.0
"""Nights this near to each other were spent in one place; so were the fixes of one night."""
LEAST_NIGHTS: Final = 2
LEAST_SHARE: Final = 0.2
"""Of the nights that can be placed: what makes a place a home."""
_ALWAYS: Final = Instant(-FOREVER)


class RehearsedAlert(msgspec.Struct, frozen=True, kw_only=True):
    """An alert that would have been raised: one for each episode."""

    wearer_id: WearerId
    condition_id: ConditionId | None
    rule: RuleKind
    kind: AlertClass
    finding: Finding
    """How it would have ended: a possible one can be withdrawn or stay undetermined."""
    at: Instant
    left_at: Instant | None
    probability: float


class HomeOrigin(StrEnum):
    """How a home is known."""

    NIGHTS = "nights"
    CURFEW = "curfew"


class Home(msgspec.Struct, frozen=True, kw_only=True):
    """Where a wearer lives, by his nights or by his curfew."""

    place: LonLat
    origin: HomeOrigin
    nights: int = 0


class NearHome(msgspec.Struct, frozen=True, kw_only=True):
    """A home at most EDGE_M from an edge, or inside."""

    wearer_id: WearerId
    home: Home
    distance_m: float
    """To the edge, negative inside."""


def rehearse(
    trail: Sequence[TrailPart],
    orders: WearerOrders,
    settings: SettingsHistory,
    window: tuple[Instant, Instant],
    prepared: Prepared,
) -> tuple[RehearsedAlert, ...]:
    """Return the alerts that these orders and settings would have raised in [start, end).

    `prepared` must not have served settings of the same version number that differ.
    """
    start, end = window
    found = derive_screened(trail, orders, settings, window, prepared)
    return tuple(_alert(e) for e in found if start <= e.entered_latest < end)


def rehearse_encounters(
    trails: Trails,
    orders: WearerOrders,
    condition_id: ConditionId,
    settings: SettingsHistory,
    window: tuple[Instant, Instant],
    prepared: Prepared,
) -> tuple[RehearsedAlert, ...]:
    """Return the alerts that a condition of no contact among `orders` would have raised in
    [start, end): one for each encounter. `trails` are his and the other's.

    What is said of `prepared` in `rehearse` holds here too.
    """
    start, end = window
    track = prepared.tracks(orders).encounter(condition_id)
    walked = advance(NOTHING, trails, orders.wearer_id, track, settings, prepared)
    met = {e.episode_id: e for e in walked.changed} | {e.episode_id: e for e in walked.progressed}
    return tuple(_alert(e) for e in met.values() if start <= e.entered_latest < end)


def counted(
    before: Sequence[RehearsedAlert], after: Sequence[RehearsedAlert]
) -> tuple[RuleCount, ...]:
    """Return how many alerts there are of each rule and class, of those there are any of."""
    was, then = (Counter((alert.rule, alert.kind) for alert in side) for side in (before, after))
    rules, kinds = list(RuleKind), list(AlertClass)
    named = sorted({*was, *then}, key=lambda one: (rules.index(one[0]), kinds.index(one[1])))
    return tuple(
        RuleCount(rule=rule, kind=kind, before=was[rule, kind], after=then[rule, kind])
        for rule, kind in named
    )


def differ(before: Sequence[RehearsedAlert], after: Sequence[RehearsedAlert]) -> bool:
    """Say whether somebody would have been told of other things, or at other times."""
    was, then = ({(a.condition_id, a.rule, a.kind, a.at) for a in side} for side in (before, after))
    return was != then


def as_always(condition: ConditionVersion) -> ConditionVersion:
    """Return the version as if it had always applied and he had always been told."""
    return msgspec.structs.replace(
        condition, valid_from=_ALWAYS, valid_until=None, told_at=_ALWAYS, version=1
    )


def _alert(episode: Episode) -> RehearsedAlert:
    kind = AlertClass.POSSIBLE
    if episode.rule is RuleKind.APPROACH:
        kind = AlertClass.APPROACH
    elif episode.confirmed_at is not None:
        kind = AlertClass.CONFIRMED
    return RehearsedAlert(
        wearer_id=episode.wearer_id,
        condition_id=episode.condition_id,
        rule=episode.rule,
        kind=kind,
        finding=episode.finding,
        at=episode.entered_latest,
        left_at=episode.left_latest,
        probability=episode.probability,
    )


def homes(
    trail: Sequence[TrailPart],
    conditions: Sequence[ConditionVersion],
    window: tuple[Instant, Instant],
) -> tuple[Home, ...]:
    """Return the curfew addresses of `conditions`, and where he spent his nights in the window."""
    addresses = {c.terms.address for c in conditions if isinstance(c.terms, Curfew)}
    ordered = sorted(addresses, key=lambda place: (place.lon_deg, place.lat_deg))
    curfews = [Home(place=place, origin=HomeOrigin.CURFEW) for place in ordered]
    return (*curfews, *_nights(trail, window))


def near_homes(wearer_id: WearerId, found: Sequence[Home], shape: Shape) -> tuple[NearHome, ...]:
    """Return the homes inside the shape or at most EDGE_M from its edge, the deepest first."""
    ready = area(shape).shape
    near: list[NearHome] = []
    for home in found:
        x_m, y_m = ready.plane.xy(home.place.lon_deg, home.place.lat_deg)
        distance_m = distance_to_shape_m(ready, x_m, y_m)
        if distance_m <= EDGE_M:
            near.append(NearHome(wearer_id=wearer_id, home=home, distance_m=round(distance_m, 1)))
    return tuple(sorted(near, key=lambda each: each.distance_m))


def _nights(trail: Sequence[TrailPart], window: tuple[Instant, Instant]) -> list[Home]:
    blocks = [part.block[decidable(part.block)] for part in trail]
    if not sum(map(len, blocks)):
        return []
    every = np.concatenate(blocks)
    every = every[np.argsort(every["fixed_at"], kind="stable")]
    places = [
        place
        for low, high in _night_spans(window)
        if (place := _night_place(every, low, high)) is not None
    ]
    clusters: list[list[LonLat]] = []
    for place in places:
        for cluster in clusters:
            if _between_m(cluster[0], place) <= SAME_PLACE_M:
                cluster.append(place)
                break
        else:
            clusters.append([place])
    least = max(LEAST_NIGHTS, LEAST_SHARE * len(places))
    kept = sorted((c for c in clusters if len(c) >= least), key=len, reverse=True)
    return [
        Home(place=_middle(cluster), origin=HomeOrigin.NIGHTS, nights=len(cluster))
        for cluster in kept
    ]


def _night_spans(window: tuple[Instant, Instant]) -> list[tuple[Instant, Instant]]:
    start, end = window
    day = london(start).replace(tzinfo=None, minute=0, second=0, microsecond=0)
    spans: list[tuple[Instant, Instant]] = []
    first, last = NIGHT_HOURS
    count = (end - start) // DAY + 2
    for number in range(count):
        noon = london(Instant(from_london(day.replace(hour=12), Edge.FROM) + number * DAY))
        date = noon.replace(tzinfo=None)
        low = from_london(date.replace(hour=first), Edge.FROM)
        high = from_london(date.replace(hour=last), Edge.UNTIL)
        if low >= start and high <= end:
            spans.append((low, high))
    return spans


def _night_place(every: np.ndarray, low: Instant, high: Instant) -> LonLat | None:
    """Return where one night was spent: where most fixes agree; None if they do not."""
    first, last = np.searchsorted(every["fixed_at"], [low, high])
    if last - first < LEAST_FIXES:
        return None
    fixes = every[first:last]
    middle = LonLat(
        lon_deg=float(np.median(fixes["lon_deg"])), lat_deg=float(np.median(fixes["lat_deg"]))
    )
    x_m, y_m = Plane.at(middle).xy_arrays(fixes["lon_deg"], fixes["lat_deg"])
    away_m: Floats = np.hypot(x_m, y_m)
    return middle if float(np.median(away_m)) <= SAME_PLACE_M else None


def _between_m(one: LonLat, other: LonLat) -> float:
    x_m, y_m = Plane.at(one).xy(other.lon_deg, other.lat_deg)
    return float(np.hypot(x_m, y_m))


def _middle(cluster: Sequence[LonLat]) -> LonLat:
    return LonLat(
        lon_deg=float(np.median([place.lon_deg for place in cluster])),
        lat_deg=float(np.median([place.lat_deg for place in cluster])),
    )
