"""Which places bound a wearer when, each in the version then in force, as far as they are shown."""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
import numpy as np

from tagwatch.core.ids import ConditionId
from tagwatch.core.order import ConditionVersion, Curfew, ExclusionZone, place_of
from tagwatch.core.rules.area import area
from tagwatch.core.stop import Stop
from tagwatch.core.thinning import near_shape
from tagwatch.core.units import Instant
from tagwatch.query.wearer import ConditionView


class ZoneInForce(msgspec.Struct, frozen=True, kw_only=True):
    """One version of a condition, and in what part of the window it was the one in force."""

    condition_id: ConditionId
    version: ConditionVersion
    shape: dict[str, Any]
    """GeoJSON Feature; a disc is a Point with `radius_m`."""
    start: Instant
    end: Instant


def zones_in_force(
    conditions: Iterable[ConditionView], start: Instant, end: Instant
) -> tuple[ZoneInForce, ...]:
    """Return the places of [start, end) that this reader may see, by condition and time. Of one
    whose places are withheld from him nothing is returned."""
    return tuple(zone for condition in conditions for zone in _of_one(condition, start, end))


def _of_one(condition: ConditionView, start: Instant, end: Instant) -> Iterable[ZoneInForce]:
    turns = sorted(at for at in {start, *_turns(condition)} if start <= at < end)
    found: list[ZoneInForce] = []
    for at, until in zip(turns, [*turns[1:], end], strict=True):
        held = condition.shape_at(Instant(at))
        if held is None:
            continue
        version, shape = held
        before = found[-1] if found else None
        if before is not None and before.version == version and before.end == at:
            found[-1] = msgspec.structs.replace(before, end=Instant(until))
            continue
        found.append(
            ZoneInForce(
                condition_id=condition.condition_id,
                version=version,
                shape=shape,
                start=Instant(at),
                end=Instant(until),
            )
        )
    return found


def _turns(condition: ConditionView) -> Iterable[Instant]:
    """Return every instant at which another version may come into force."""
    for version in condition.versions:
        yield version.valid_from
        yield version.recorded_at
        if version.valid_until is not None:
            yield version.valid_until
    for span in condition.holds:
        yield span.start
        yield span.end


def near_stops(stops: Sequence[Stop], zones: Iterable[ZoneInForce]) -> dict[int, tuple[str, ...]]:
    """Return, by number of the stop, the labels of the places in force while he was there that he
    may have been in, or in the approach ring of; stops near none are left out."""
    found: dict[int, set[str]] = {}
    lons = np.array([stop.lon_deg for stop in stops])
    lats = np.array([stop.lat_deg for stop in stops])
    radii_m = np.array([stop.radius_m_95 for stop in stops])
    for zone in zones if stops else ():
        terms = zone.version.terms
        if not isinstance(terms, ExclusionZone | Curfew):
            continue
        shape = area(place_of(terms) if isinstance(terms, Curfew) else terms.shape).shape
        buffer_m = 0.0 if isinstance(terms, Curfew) else terms.buffer_m
        x_m, y_m = shape.plane.xy_arrays(lons, lats)
        for stop, is_near in zip(
            stops, near_shape(shape, x_m, y_m, radii_m + buffer_m), strict=True
        ):
            if is_near and stop.first_seen < zone.end and zone.start <= stop.last_seen:
                found.setdefault(stop.number, set()).add(terms.label)
    return {number: tuple(sorted(labels)) for number, labels in found.items()}
