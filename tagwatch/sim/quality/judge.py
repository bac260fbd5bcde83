"""The engine under test, asked from outside: fixes and orders in, findings and posteriors out.

Nothing else of the laboratory knows how a decision is made: whoever changes the engine's doors
changes this file (and `arrival`, which plays the line that keeps its memory).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import time
from functools import cache
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from tagwatch.core.between import crossings as not_excluded
from tagwatch.core.derive import (
    EMPTY,
    Prepared,
    SettingsHistory,
    TrailPart,
    WearerOrders,
    advance,
    derive_findings,
    derive_of_rule,
    open_episodes,
)
from tagwatch.core.episode import Episode
from tagwatch.core.filter_settings import FilterSettings
from tagwatch.core.fix import FixBlock, fix_id
from tagwatch.core.geometry import Disc, PlanarShape, planar
from tagwatch.core.ids import ActivationId, ConditionId, OrderId, PersonId, WearerId
from tagwatch.core.meeting import Answer
from tagwatch.core.order import ConditionVersion, Curfew, ExclusionZone, Terms
from tagwatch.core.outcome import Finding, RuleKind
from tagwatch.core.person import TagMode
from tagwatch.core.rules.area import Area
from tagwatch.core.rules.fix_error import PlacedFix
from tagwatch.core.rules.presence import answer
from tagwatch.core.settings import Settings, ZoneSettings
from tagwatch.core.timetable import CurfewRow, Weekday
from tagwatch.core.units import DAY, Instant
from tagwatch.core.was_near import was_near
from tagwatch.sim.error import FROZEN, Place
from tagwatch.sim.quality.trace import BEGINS, PLANE, Floats

WEARER: Final = WearerId("lab")
TAG: Final = ActivationId("lab-tag")
ALWAYS: Final = (Instant(BEGINS - 400 * DAY), Instant(BEGINS + 400 * DAY))
SINCE: Final = Instant(BEGINS - 30 * DAY)
PROTECTS: Final = (PersonId("lab-person"),)
"""Every zone of the laboratory protects a person: the orders where an error costs most."""


@dataclass(frozen=True, slots=True)
class Zone:
    """A disc in PLANE, in metres."""

    name: str
    x_m: float
    y_m: float
    radius_m: float
    buffer_m: float = 0.0


@cache
def settings_of(place: Place | None) -> SettingsHistory:
    """Return the published settings for a tag whose surroundings are known, or not (None): then
    the filter's errors are those of the place, with no others beside them, and a witness must show
    a place deeper inside than the largest bias there."""
    plain = FilterSettings()
    levels = {
        None: plain.unknown,
        Place.OPEN: plain.open_sky,
        Place.URBAN: plain.urban,
        Place.CANYON: plain.canyon,
        Place.INDOOR: plain.indoor,
    }[place]
    zone = ZoneSettings() if place is None else ZoneSettings(steady_m=FROZEN[place].bias_m[1])
    told = msgspec.structs.replace(plain, unknown=levels)
    return SettingsHistory.of(Settings(filter=told, zone=zone))


def orders_of(zones: Sequence[Zone]) -> WearerOrders:
    """Return the orders of a wearer under these zones, told long ago."""
    conditions = tuple(_version(zone.name, _exclusion(zone)) for zone in zones)
    return WearerOrders(wearer_id=WEARER, conditions=conditions)


def curfew_of(place: Zone) -> WearerOrders:
    """Return the orders of a wearer who must be in `place` from 19:00 to 07:00 every night."""
    return WearerOrders(wearer_id=WEARER, conditions=(_version(place.name, _curfew(place)),))


def part_of(block: FixBlock) -> TrailPart:
    """Return fixes as those of the laboratory's one tag."""
    return TrailPart(TAG, "", block)


def findings(
    block: FixBlock, zones: Sequence[Zone], place: Place | None = None
) -> dict[str, list[Episode]]:
    """Return the episodes of a whole trail by zone, entries only, approaches left out."""
    found: dict[str, list[Episode]] = {zone.name: [] for zone in zones}
    orders = orders_of(zones)
    for episode in derive_findings(
        [part_of(block)], orders, settings_of(place), ALWAYS, Prepared()
    ):
        if episode.rule is RuleKind.ZONE:
            found[str(episode.condition_id)].append(episode)
    return found


@dataclass(frozen=True, slots=True)
class Known:
    """What the live line knew after each fix, shapes (n,): is an entry open, is it confirmed."""

    possible: NDArray[np.bool_]
    confirmed: NDArray[np.bool_]


def known(block: FixBlock, zone: Zone, place: Place | None = None) -> Known:
    """Return what is known after each fix of a trail in order of time, as the live line has it."""
    return _known(block, orders_of([zone]), RuleKind.ZONE, place)


def _known(block: FixBlock, orders: WearerOrders, rule: RuleKind, place: Place | None) -> Known:
    prepared, settings = Prepared(), settings_of(place)
    possible = np.zeros(len(block), dtype=np.bool_)
    confirmed = np.zeros(len(block), dtype=np.bool_)
    memory = EMPTY
    for k in range(len(block)):
        memory = advance(memory, part_of(block[k : k + 1]), orders, settings, prepared).memory
        for episode in open_episodes(memory):
            if episode.rule is rule:
                possible[k] = True
                confirmed[k] = confirmed[k] or episode.finding is Finding.CONFIRMED
    return Known(possible, confirmed)


def posteriors(
    block: FixBlock,
    shapes: Sequence[PlanarShape],
    wanted: NDArray[np.bool_],
    place: Place | None = None,
) -> Floats:
    """Return P(inside) of each shape at each fix, given the fixes up to it; shape (n, k).

    `wanted`, shape (n, k), says which are asked; the others are NaN. All shapes lie in one plane.
    """
    settings = settings_of(place).versions[0][1]
    prepared, areas = Prepared(), [Area(shape) for shape in shapes]
    follower, kept = prepared.follower(settings), None
    found = np.full((len(block), len(shapes)), np.nan)
    for k in range(len(block)):
        kept, where = follower.follow(kept, _placed(block, k, prepared, settings))
        for j in np.flatnonzero(wanted[k]).tolist():
            found[k, j] = where.inside(areas[j])
    return found


def _placed(block: FixBlock, k: int, prepared: Prepared, settings: Settings) -> PlacedFix:
    row = block[k]
    error = prepared.fix_error(
        float(row["accuracy_m"]), float(row["confidence"]), float(row["hdop"]),
        int(row["satellites"]), int(row["source"]), "", settings,
    )  # fmt: skip
    return PlacedFix(
        int(row["fixed_at"]), float(row["lon_deg"]), float(row["lat_deg"]), fix_id(1, k),
        error, int(row["source"]), int(row["motion"]),
    )  # fmt: skip


def crossings(block: FixBlock, zone: Zone) -> list[tuple[int, int]]:
    """Return the intervals between fixes, in microseconds, marked `crossing_not_excluded`."""
    marks = not_excluded([part_of(block)], orders_of([zone]), ALWAYS, settings_of(None), Prepared())
    return [(int(mark.start), int(mark.end)) for mark in marks]


def absences(block: FixBlock, place: Zone) -> list[Episode]:
    """Return the absences from `place`, where he must be at night, of a whole trail."""
    return list(
        derive_of_rule(
            RuleKind.CURFEW,
            [part_of(block)],
            curfew_of(place),
            settings_of(None),
            ALWAYS,
            Prepared(),
        )
    )


def absence_known(block: FixBlock, place: Zone) -> Known:
    """Return what is known after each fix of a trail in order of time, as the live line has it."""
    return _known(block, curfew_of(place), RuleKind.CURFEW, None)


def alone(block: FixBlock, place: Zone) -> tuple[Floats, Floats]:
    """Return what each fix says by itself: P(inside) and P(outside) of `place`, shapes (n,)."""
    settings, prepared = settings_of(None).versions[0][1], Prepared()
    piece = prepared.tracks(curfew_of(place)).curfews[0].pieces[0]
    inside, outside = np.zeros(len(block)), np.zeros(len(block))
    for k in range(len(block)):
        inside[k], outside[k], _ = answer(piece, _placed(block, k, prepared, settings), settings)
    return inside, outside


def _version(name: str, terms: Terms) -> ConditionVersion:
    return ConditionVersion(
        condition_id=ConditionId(name),
        version=1,
        order_id=OrderId("lab-order"),
        wearer_id=WEARER,
        terms=terms,
        valid_from=SINCE,
        recorded_at=SINCE,
        told_at=SINCE,
    )


def _exclusion(zone: Zone) -> ExclusionZone:
    return ExclusionZone(
        label=zone.name,
        shape=Disc(centre=PLANE.lonlat(zone.x_m, zone.y_m), radius_m=zone.radius_m),
        buffer_m=zone.buffer_m,
        protects=PROTECTS,
    )


def _curfew(place: Zone) -> Curfew:
    days = tuple(Weekday)
    nights = tuple(
        CurfewRow(from_day=day, from_time=time(19), until_day=after, until_time=time(7))
        for day, after in zip(days, days[1:] + days[:1], strict=True)
    )
    return Curfew(
        label=place.name,
        address=PLANE.lonlat(place.x_m, place.y_m),
        rows=nights,
        radius_m=place.radius_m,
    )


def shape_of(zone: Zone) -> PlanarShape:
    """Return the zone's disc in PLANE."""
    return planar(Disc(centre=PLANE.lonlat(zone.x_m, zone.y_m), radius_m=zone.radius_m), PLANE)


def near_in(block: FixBlock, zone: Zone, window: tuple[Instant, Instant]) -> tuple[Answer, bool]:
    """Return what is answered to whether he was in the zone at some time in the window, and
    whether all of the window was seen."""
    place = Disc(centre=PLANE.lonlat(zone.x_m, zone.y_m), radius_m=zone.radius_m)
    trail = [TrailPart(TAG, "", block)]
    found = was_near(trail, place, window, [ALWAYS], TagMode(), settings_of(None), Prepared())
    return found.answer, not found.unobserved_s
