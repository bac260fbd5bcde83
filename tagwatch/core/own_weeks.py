"""A wearer's own weeks, made ready to be asked what is unlike them: where he lives and works, which
ways he goes, and for each fix what he was about."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tagwatch.core.looks import Looks, looks
from tagwatch.core.movement_settings import DEFAULT_MOVEMENT
from tagwatch.core.movements import Movements
from tagwatch.core.place import FrequentedPlace, Places, places
from tagwatch.core.plane import Floats, LonLat, Plane
from tagwatch.core.rules.prepare import SettingsHistory
from tagwatch.core.stop import Stop
from tagwatch.core.timetable import london
from tagwatch.core.trail import TrailPart
from tagwatch.core.trip import Trip
from tagwatch.core.units import HOUR, Instant

OWN_STAY_S: Final = 3 * 3600
"""Somebody who stays at a place for so long on average lives or works there. Our choice."""
OWN_DAYS: Final = 4
OWN_NIGHTS: Final = 2
KNOWN_DAYS: Final = 2
"""A place at which he stopped on so many days is one that he goes to."""
DETOUR_M: Final = 300.0
DETOUR_SHARE: Final = 0.3
"""A fix lies on the way where going by it is no longer than this, or this share, than straight."""
Rows = NDArray[np.int64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Halt:
    """A stop of any of the weeks, with its place."""

    stop: Stop
    place: int
    x_m: float
    y_m: float
    is_own: bool


@dataclass(frozen=True, slots=True)
class Journey:
    """A trip of any of the weeks, with the stays it joins, by their rows; -1 where unknown."""

    trip: Trip
    since: int
    until: int


@dataclass(frozen=True, slots=True, eq=False)
class OwnWeeks:
    """All that patterns are looked for in. Metres are of `plane`."""

    start: Instant
    """Of the period asked about; what is before it are his earlier weeks."""
    end: Instant
    weeks: Sequence[Movements]
    places: Places
    own: tuple[FrequentedPlace, ...]
    """Where he lives or works: home, nights, or long stays on several days."""
    seen: Looks
    plane: Plane
    stays: tuple[Halt, ...]
    stay_xy_m: Floats
    """(k, 2)."""
    stay_is_own: Mask
    legs: tuple[Journey, ...]
    leg_ends: Rows
    """Rows of the stays each leg joins, (l, 2), -1 where unknown."""
    stay_of: Rows
    """For each look the row of the stay it lies in, -1 for none, (n,)."""
    leg_of: Rows
    """And of the leg, (n,)."""
    is_direct: Mask
    """Looks on the way between two places he goes to, without a detour, (n,)."""
    gap_s: float
    """Longer without a fix was not observed."""

    @property
    def home(self) -> FrequentedPlace | None:
        """Where he lives, as far as his nights tell."""
        return self.places.home


def own_weeks(
    weeks: Sequence[Movements],
    trail: Sequence[TrailPart],
    start: Instant,
    gap_s: float,
    settings: SettingsHistory,
    guarded: Sequence[tuple[LonLat, float]] = (),
) -> OwnWeeks | None:
    """Return the weeks made ready; None where no fix shows anything.

    `weeks` are in order, the earlier ones too; `start` is where the period begins. Within the
    `guarded` discs a place is his own only as his home, or where he was before the period as well:
    else the presence that is asked about would explain itself.
    """
    seen = looks(trail, settings.at(weeks[-1].end).errors, DEFAULT_MOVEMENT) if weeks else None
    if seen is None or not len(seen):
        return None
    plane = Plane.at(LonLat(lon_deg=float(seen.lon_deg[0]), lat_deg=float(seen.lat_deg[0])))
    found = places(weeks)
    stops = [stop for each in weeks for stop in each.stops]
    own = _own(found, stops, start, plane, guarded)
    numbers = {each.place for each in own}
    stays = tuple(
        Halt(stop, place, *plane.xy(stop.lon_deg, stop.lat_deg), place in numbers)
        for stop, place in zip(stops, found.of_stop, strict=True)
    )
    legs = tuple(_legs(weeks))
    known = {each.place for each in found.places if each.days >= KNOWN_DAYS} | numbers
    stay_of = _rows_of(seen, [(s.stop.first_seen, s.stop.last_seen) for s in stays])
    leg_of = _rows_of(seen, [(leg.trip.started_at, leg.trip.ended_at) for leg in legs])
    leg_of[stay_of >= 0] = -1
    return OwnWeeks(
        start=start,
        end=weeks[-1].end,
        weeks=weeks,
        places=found,
        own=own,
        seen=seen,
        plane=plane,
        stays=stays,
        stay_xy_m=np.array([(s.x_m, s.y_m) for s in stays]).reshape(-1, 2),
        stay_is_own=np.array([s.is_own for s in stays], dtype=np.bool_),
        legs=legs,
        leg_ends=np.array([(g.since, g.until) for g in legs], dtype=np.int64).reshape(-1, 2),
        stay_of=stay_of,
        leg_of=leg_of,
        is_direct=_direct(seen, stays, legs, leg_of, known),
        gap_s=gap_s,
    )


def _own(
    found: Places,
    stops: Sequence[Stop],
    start: Instant,
    plane: Plane,
    guarded: Sequence[tuple[LonLat, float]],
) -> tuple[FrequentedPlace, ...]:
    home = found.home
    before: dict[int, set[date]] = {}
    for stop, number in zip(stops, found.of_stop, strict=True):
        if stop.first_seen < start:
            before.setdefault(number, set()).add(london(stop.first_seen).date())
    discs = [(*plane.xy(c.lon_deg, c.lat_deg), radius_m) for c, radius_m in guarded]
    own: list[FrequentedPlace] = []
    for each in found.places:
        lives = home is not None and each.place == home.place
        mean_s = each.dwell_s_least / max(1, each.visits)
        stays = each.days >= OWN_DAYS and mean_s >= OWN_STAY_S
        x, y = plane.xy(each.lon_deg, each.lat_deg)
        near = any(np.hypot(x - a, y - b) <= r for a, b, r in discs)
        if near:
            stays = stays and len(before.get(each.place, ())) >= KNOWN_DAYS
        elif each.nights >= OWN_NIGHTS:
            stays = True
        if lives or stays:
            own.append(each)
    return tuple(own)


def _legs(weeks: Sequence[Movements]) -> list[Journey]:
    found: list[Journey] = []
    first = 0
    for each in weeks:
        rows = {stop.number: first + k for k, stop in enumerate(each.stops)}
        first += len(each.stops)
        found += [
            Journey(trip, rows.get(trip.from_stop or 0, -1), rows.get(trip.to_stop or 0, -1))
            for trip in each.trips
        ]
    return found


def _rows_of(seen: Looks, spans: Sequence[tuple[Instant, Instant]]) -> Rows:
    found = np.full(len(seen), -1, dtype=np.int64)
    for row, (since, until) in enumerate(spans):
        low = int(np.searchsorted(seen.at, since))
        high = int(np.searchsorted(seen.at, until, side="right"))
        found[low:high] = row
    return found


def _direct(
    seen: Looks, stays: Sequence[Halt], legs: Sequence[Journey], leg_of: Rows, known: set[int]
) -> Mask:
    found = np.zeros(len(seen), dtype=np.bool_)
    for row, leg in enumerate(legs):
        if leg.since < 0 or leg.until < 0:
            continue
        a, b = stays[leg.since], stays[leg.until]
        if a.place == b.place or not {a.place, b.place} <= known:
            continue
        rows = np.flatnonzero(leg_of == row)
        x, y = seen.x_m[rows], seen.y_m[rows]
        straight_m = float(np.hypot(a.x_m - b.x_m, a.y_m - b.y_m))
        by_m = np.hypot(x - a.x_m, y - a.y_m) + np.hypot(x - b.x_m, y - b.y_m)
        found[rows] = by_m - straight_m <= max(DETOUR_M, DETOUR_SHARE * straight_m)
    return found


def day_numbers(at: NDArray[np.int64]) -> Rows:
    """Return for each instant the ordinal of its London date, (n,)."""
    hours, back = np.unique(at // HOUR, return_inverse=True)
    days = [london(Instant(int(hour) * HOUR)).toordinal() for hour in hours.tolist()]
    return np.array(days, dtype=np.int64)[back]


def observed_days(weeks: Sequence[Movements], span: tuple[Instant, Instant]) -> dict[int, float]:
    """Return of each London date within the span, by ordinal, the share that was observed."""
    held: dict[int, list[int]] = {}
    for each in weeks:
        for hour in each.coverage.hours:
            if span[0] <= hour.start < span[1]:
                one = held.setdefault(london(hour.start).toordinal(), [0, 0])
                one[0] += hour.observed_s
                one[1] += hour.observed_s + hour.unobserved_s + hour.off_s
    return {day: seen / max(1, whole) for day, (seen, whole) in sorted(held.items())}
