"""Frequented places: stops that lie together, over weeks."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from math import exp, log, sqrt
from typing import Final

import msgspec

from tagwatch.core.geometry import Disc, Plane, mass, planar
from tagwatch.core.looks import R95
from tagwatch.core.movements import Movements
from tagwatch.core.plane import LonLat, distance_m
from tagwatch.core.stay_spans import nights, possibly_s, seconds, surely, unseen
from tagwatch.core.stop import Stop
from tagwatch.core.timetable import difference, intersection, london
from tagwatch.core.units import DAY, HOUR, Instant

SAME_M: Final = 80.0
"""Stops nearer than this are at one place, as `MovementSettings.steady_m`."""
ADDRESS_M: Final = 100.0
"""A curfew address is a disc of this radius unless drawn."""
HOME_NIGHTS: Final = 0.85
"""Share of nights that somebody spends at home. Our choice."""
CURFEW_HOME: Final = 0.9
"""How often a curfew address is where he lives, before anything is seen. Our choice."""
NOWHERE: Final = 0.1
"""How likely it is, before anything is seen, that none of the places is his home. Our choice."""
_SHARED: Final = 0.5
"""So much of the variance of a stop is the same at each visit: walls and masts stay. Our choice."""
_STEP: Final = 20 * HOUR
"""Shorter than a day: none is passed over."""
_SEEN_S: Final = 600.0
"""A visit seen for so long shows the place as surely as not. Our choice."""


class FrequentedPlace(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A place he came back to, or stayed at: what its stops say together."""

    place: int
    """From 1, by the first visit; a number once given stays with its place."""
    lon_deg: float
    lat_deg: float
    radius_m: float
    """The place lies within this of the centre with 95 % probability."""
    visits: int
    """Stops; one that runs on over a gap counts once."""
    days: int
    """London dates on which he was seen there."""
    nights: int
    """Nights (00:00 to 06:00 London) of which he was seen there for at least half."""
    first_at: Instant
    last_at: Instant
    dwell_s_least: int
    dwell_s_most: int
    """All stays together, by the latest arrivals and earliest departures, and the other way."""
    confidence: float
    """That this is one place and his fixes show it rather than another: 0 to 1."""
    home_probability: float
    """That he lives here, by the nights seen, against all other places and none of them."""
    at_curfew_address: float
    """P that the curfew address given lies here; 0 without one."""

    @property
    def centre(self) -> LonLat:
        """The middle of its stops."""
        return LonLat(lon_deg=self.lon_deg, lat_deg=self.lat_deg)


class Places(msgspec.Struct, frozen=True, kw_only=True):
    """The frequented places of some weeks, and which stop belongs to which."""

    places: tuple[FrequentedPlace, ...]
    """By number."""
    of_stop: tuple[int, ...]
    """For each stop given, in its order, the number of its place."""
    nights_seen: int
    """Nights of which at least half was seen, anywhere: what `nights` are out of."""

    def numbered(self, place: int) -> FrequentedPlace | None:
        """Return the place of that number."""
        return next((each for each in self.places if each.place == place), None)

    @property
    def home(self) -> FrequentedPlace | None:
        """The likeliest home, if it is likelier than not."""
        best = max(self.places, key=lambda each: each.home_probability, default=None)
        return best if best is not None and best.home_probability > 0.5 else None


@dataclass(slots=True, eq=False)
class _Held:
    """Stops held to be at one place, while they are collected."""

    lon_deg: float
    lat_deg: float
    weight: float = 0.0
    stops: list[tuple[int, Stop]] = field(default_factory=list[tuple[int, Stop]])
    """With the number of the week."""
    number: int = 0

    @property
    def centre(self) -> LonLat:
        return LonLat(lon_deg=self.lon_deg, lat_deg=self.lat_deg)

    @property
    def radius_m(self) -> float:
        """Of 95 %: what differs from visit to visit averages out, the rest does not."""
        mean2 = len(self.stops) / self.weight
        return R95 * sqrt(mean2 * (_SHARED + (1.0 - _SHARED) / len(self.stops)))

    def take(self, week: int, stop: Stop) -> None:
        """Add a stop: the middle moves by its precision."""
        precision = (R95 / stop.radius_m_95) ** 2
        if self.weight or not self.number:
            self.weight += precision
            share = precision / self.weight
            self.lon_deg += share * (stop.lon_deg - self.lon_deg)
            self.lat_deg += share * (stop.lat_deg - self.lat_deg)
        else:
            self.weight = precision
            self.lon_deg, self.lat_deg = stop.lon_deg, stop.lat_deg
        self.stops.append((week, stop))


def places(
    weeks: Sequence[Movements],
    curfew_address: LonLat | None = None,
    known: Sequence[FrequentedPlace] = (),
) -> Places:
    """Return the frequented places of weeks, oldest first, that may but need not adjoin.

    `of_stop` holds the stops of all weeks one after the other. Stops are taken in by time, so
    what later weeks bring leaves earlier numbers as they are; `known` places keep their numbers.
    """
    held = [_Held(each.lon_deg, each.lat_deg, number=each.place) for each in known]
    of_stop: list[_Held] = []
    for week, movements in enumerate(weeks):
        for stop in movements.stops:
            one = _nearest(held, stop)
            if one is None:
                one = _Held(stop.lon_deg, stop.lat_deg)
                held.append(one)
            one.take(week, stop)
            of_stop.append(one)
    new = max((one.number for one in held), default=0)
    for one in held:
        if not one.number:
            new += 1
            one.number = new
    seen = _nights_seen(weeks)
    visited = [one for one in held if one.stops]
    lived = {one.number: _lived(one, weeks) for one in visited}
    slept = {number: len(each.nights) for number, each in lived.items()}
    homes = _homes(visited, slept, seen, curfew_address)
    found = [
        _place(one, lived[one.number], homes[one.number], visited, curfew_address)
        for one in sorted(visited, key=lambda one: one.number)
    ]
    return Places(
        places=tuple(found), of_stop=tuple(one.number for one in of_stop), nights_seen=seen
    )


def _nearest(held: Sequence[_Held], stop: Stop) -> _Held | None:
    best, best_m = None, SAME_M
    for one in held:
        # A degree is 60 km and more: far ones are left out before the distance is worked out.
        if abs(one.lat_deg - stop.lat_deg) > 0.01 or abs(one.lon_deg - stop.lon_deg) > 0.03:
            continue
        away_m = distance_m(one.centre, stop.centre)
        if away_m <= best_m:
            best, best_m = one, away_m
    return best


@dataclass(frozen=True, slots=True)
class _Lived:
    """What he did at a place."""

    visits: int
    days: frozenset[date]
    nights: frozenset[date]
    least_s: int
    most_s: int


def _lived(one: _Held, weeks: Sequence[Movements]) -> _Lived:
    visits, least_s, most_s = 0, 0, 0
    days: set[date] = set()
    by_night: dict[date, int] = {}
    lengths: dict[date, int] = {}
    before: tuple[int, Stop] | None = None
    for week, stop in one.stops:
        if before is None or not _runs_on(before, (week, stop), weeks):
            visits += 1
        before = week, stop
        spans = surely(stop, weeks[week])
        least_s += seconds(spans)
        most_s += max(seconds(spans), possibly_s(stop, weeks[week]))
        days |= {london(at).date() for at in (stop.first_seen, stop.last_seen)}
        for since, until in spans:
            days |= {london(Instant(at)).date() for at in (*range(since, until, _STEP), until - 1)}
        if not spans:
            continue
        for day, night in nights(Instant(spans[0][0] - DAY), Instant(spans[-1][1] + DAY)):
            by_night[day] = by_night.get(day, 0) + seconds(intersection(spans, [night]))
            lengths[day] = seconds([night])
    slept = {day for day, spent in by_night.items() if 2 * spent >= lengths[day]}
    return _Lived(visits, frozenset(days), frozenset(slept), least_s, most_s)


def _runs_on(before: tuple[int, Stop], after: tuple[int, Stop], weeks: Sequence[Movements]) -> bool:
    """Return whether a stop is the one before it, cut by a week's end or by a gap."""
    (week, one), (later, other) = before, after
    if later == week:
        return other.number == one.number + 1 and not any(
            trip.from_stop == one.number for trip in weeks[week].trips
        )
    adjoins = later == week + 1 and weeks[week].end == weeks[later].start
    return adjoins and one.left_latest is None and other.arrived_earliest is None


def _nights_seen(weeks: Sequence[Movements]) -> int:
    seen = 0
    for movements in weeks:
        gaps = unseen(movements)
        for _, night in nights(movements.start, movements.end):
            seen += 2 * seconds(difference([night], gaps)) >= seconds([night])
    return seen


def _homes(
    held: Sequence[_Held], slept: dict[int, int], seen: int, address: LonLat | None
) -> dict[int, float]:
    """Return P(home) by the number of the place: by Bayes, of all places and of none of them."""
    at_address = {one.number: _at_address(one, address) for one in held}
    near = min(1.0, sum(at_address.values()))
    left = (1.0 - CURFEW_HOME * near) * (1.0 - NOWHERE)
    seen = max(seen, sum(slept.values()))
    elsewhere = (1.0 - HOME_NIGHTS) / max(1, len([n for n in slept.values() if n]))
    logs: dict[int, float] = {}
    for one in held:
        prior = left / len(held)
        if near > 0.0:
            prior += CURFEW_HOME * near * at_address[one.number] / sum(at_address.values())
        there = slept[one.number]
        logs[one.number] = log(prior) + there * log(HOME_NIGHTS) + (seen - there) * log(elsewhere)
    nowhere = (1.0 - CURFEW_HOME * near) * NOWHERE
    logs[0] = log(max(nowhere, 1e-9)) + seen * log(1.0 / (1.0 + len(held)))
    best = max(logs.values())
    total = sum(exp(each - best) for each in logs.values())
    return {number: exp(each - best) / total for number, each in logs.items()}


def _at_address(one: _Held, address: LonLat | None) -> float:
    if address is None or abs(one.lat_deg - address.lat_deg) > 0.1:
        return 0.0
    plane = Plane.at(address)
    x_m, y_m = plane.xy(one.lon_deg, one.lat_deg)
    disc = planar(Disc(centre=address, radius_m=ADDRESS_M), plane)
    return float(mass(disc, x_m, y_m, one.radius_m / R95))


def _place(
    one: _Held, lived: _Lived, home: float, held: Sequence[_Held], address: LonLat | None
) -> FrequentedPlace:
    return FrequentedPlace(
        place=one.number,
        lon_deg=round(one.lon_deg, 7),
        lat_deg=round(one.lat_deg, 7),
        radius_m=round(one.radius_m, 1),
        visits=lived.visits,
        days=len(lived.days),
        nights=len(lived.nights),
        first_at=min(stop.first_seen for _, stop in one.stops),
        last_at=max(stop.last_seen for _, stop in one.stops),
        dwell_s_least=lived.least_s,
        dwell_s_most=lived.most_s,
        confidence=round(_confidence(one, held), 2),
        home_probability=round(home, 3),
        at_curfew_address=round(_at_address(one, address), 3),
    )


def _confidence(one: _Held, held: Sequence[_Held]) -> float:
    """Return how sure it is that this is a place of its own: shown by its visits, and not the
    nearest other one."""
    missed = 1.0
    for _, stop in one.stops:
        missed *= _SEEN_S / (_SEEN_S + stop.seen_s)
    apart = 1.0
    for other in held:
        if other is not one and abs(other.lat_deg - one.lat_deg) < 0.01:
            spread2 = (one.radius_m**2 + other.radius_m**2) / R95**2
            away_m = distance_m(one.centre, other.centre)
            apart = min(apart, 1.0 - exp(-0.5 * away_m**2 / spread2))
    return (1.0 - missed) * apart
