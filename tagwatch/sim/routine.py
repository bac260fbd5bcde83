"""A wearer's days: home at night, work or errands by day, evenings in as the curfew asks."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias

from numpy.random import Generator

from tagwatch.core.geometry import Plane
from tagwatch.core.timetable import Edge, from_london, london
from tagwatch.core.units import HOUR, Instant
from tagwatch.sim.course import DRIVE_MPS, WALK_MPS, Course
from tagwatch.sim.error import Place

Spot: TypeAlias = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Life:
    """The places of one wearer, metres from his home, and the streets round them."""

    plane: Plane
    work: Spot
    shop: Spot
    friend: Spot
    streets: Place
    away: tuple[tuple[Spot, float], ...]
    """Discs he keeps clear of: centre and radius in metres, buffers included."""


def course(life: Life, rng: Generator, since: Instant, until: Instant) -> Course:
    """Return the truth of an uneventful life over [since, until), and a little beyond."""
    made = Course(life.plane)
    at: int = since
    day = london(since).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    made.stay((0.0, 0.0), at, at, Place.INDOOR)
    while made.end() < until:
        for hour, spot, hours in _plan(day, life, rng):
            start = from_london(day, Edge.FROM) + int(hour * HOUR)
            if start < made.end():
                continue
            _outing(made, life, rng, start, (spot, int(hours * HOUR)))
        day += timedelta(days=1)
        made.stay(
            (0.0, 0.0), made.end(), max(made.end(), from_london(day, Edge.FROM)), Place.INDOOR
        )
    return made


def _plan(day: datetime, life: Life, rng: Generator) -> list[tuple[float, Spot, float]]:
    """Return (hour of leaving, place, hours there) for one day."""
    late = rng.uniform(-0.4, 0.6)
    if day.weekday() < 5:
        outings = [(8.0 + late, life.work, rng.uniform(7.2, 8.4))]
        if rng.random() < 0.4:
            outings.append((17.3 + rng.uniform(0, 0.3), life.shop, rng.uniform(0.2, 0.5)))
        return outings
    return [
        (10.5 + late, life.shop, rng.uniform(0.3, 0.9)),
        (13.5 + late, life.friend, rng.uniform(1.5, 3.5)),
    ]


def _outing(made: Course, life: Life, rng: Generator, start: int, out: tuple[Spot, int]) -> None:
    to, stay = out
    here = (made.x_m[-1], made.y_m[-1])
    made.stay(here, made.end(), start, Place.INDOOR)
    route = path(here, to, life.away)
    far = abs(to[0]) + abs(to[1]) > 1500
    for corner in route:
        made.travel(corner, DRIVE_MPS if far else WALK_MPS * rng.uniform(0.9, 1.2), life.streets)
    made.stay(to, made.end(), made.end() + stay, Place.INDOOR)
    for corner in path(to, (0.0, 0.0), life.away):
        made.travel(corner, DRIVE_MPS if far else WALK_MPS, life.streets)


def path(start: Spot, end: Spot, away: tuple[tuple[Spot, float], ...]) -> list[Spot]:
    """Return corners from `start` to `end` that go round the discs of `away`."""
    for (cx, cy), radius in away:
        if _clearance(start, end, (cx, cy)) > radius:
            continue
        ux, uy = end[0] - start[0], end[1] - start[1]
        length = max(1.0, (ux * ux + uy * uy) ** 0.5)
        nx, ny = -uy / length, ux / length
        side = 1.0 if (start[0] - cx) * nx + (start[1] - cy) * ny >= 0 else -1.0
        wide = radius * 1.6
        return [(cx + side * nx * wide, cy + side * ny * wide), end]
    return [end]


def _clearance(a: Spot, b: Spot, centre: Spot) -> float:
    ux, uy = b[0] - a[0], b[1] - a[1]
    squared = ux * ux + uy * uy
    if squared == 0:
        return float(((a[0] - centre[0]) ** 2 + (a[1] - centre[1]) ** 2) ** 0.5)
    t = min(1.0, max(0.0, ((centre[0] - a[0]) * ux + (centre[1] - a[1]) * uy) / squared))
    x, y = a[0] + t * ux, a[1] + t * uy
    return float(((x - centre[0]) ** 2 + (y - centre[1]) ** 2) ** 0.5)
