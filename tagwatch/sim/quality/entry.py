"""True entries: how soon they are told as possible, and how often and how soon as confirmed."""

from dataclasses import dataclass
from math import inf
from typing import Any, Final

import numpy as np
from numpy.random import Generator

from tagwatch.core.units import MINUTE, SECOND
from tagwatch.sim.course import DRIVE_MPS, WALK_MPS, Course
from tagwatch.sim.error import Place
from tagwatch.sim.quality.judge import Zone, known, shape_of
from tagwatch.sim.quality.rival import Rival, alarms
from tagwatch.sim.quality.trace import BEGINS, PLANE, Trace

FAR_M: Final = 700.0
"""From the edge: where he comes from and goes to."""
BEFORE: Final = 20 * MINUTE
AFTER: Final = 10 * MINUTE
ROADS: Final = {place: Place.URBAN if place is Place.INDOOR else place for place in Place}
"""What surrounds him on the way: nobody walks indoors for half a kilometre."""


@dataclass(frozen=True, slots=True)
class Visit:
    """The truth of one entry into a disc about the origin."""

    course: Course
    entered_at: int
    """When he crossed the edge."""
    left_at: int


def visit(place: Place, zone: Zone, depth_m: float, mps: float, lasting: int) -> Visit:
    """Return the course of somebody who comes from far, stays at a depth, and goes back."""
    course = Course(PLANE)
    far, inside = (zone.radius_m + FAR_M, 0.0), (zone.radius_m - depth_m, 0.0)
    course.stay(far, BEGINS, BEGINS + BEFORE, place)
    course.travel(inside, mps, ROADS[place])
    arrived = course.at[-1]
    course.stay(inside, arrived, arrived + lasting, place)
    gone = course.at[-1]
    course.travel(far, mps, ROADS[place])
    course.stay(far, course.at[-1], course.at[-1] + AFTER, place)
    edge = round(depth_m / mps * SECOND)
    return Visit(course, arrived - edge, gone + edge)


def on_foot_or_by_car(rng: Generator) -> float:
    """Return a speed in m/s, half walking and half driving."""
    return WALK_MPS if rng.random() < 0.5 else DRIVE_MPS


@dataclass(frozen=True, slots=True)
class Seen:
    """What became known of one entry. Counts are of delivered fixes truly inside; inf is never."""

    inside: int
    """Delivered fixes truly inside."""
    possible_first: bool
    """Told as possible by the first of them."""
    possible_after: float
    confirmed_after: float
    confirmed_s: float
    """From crossing the edge to confirmation."""
    rivals: tuple[bool, ...]
    """Whether each rival raised an alarm while he was inside."""


def seen(trace: Trace, visited: Visit, zone: Zone, place: Place | None) -> Seen:
    """Return what the live line and the rivals made of an entry."""
    times = trace.block["fixed_at"]
    inside = trace.depth_m(zone.x_m, zone.y_m, zone.radius_m) > 0
    count = int(np.count_nonzero(inside))
    if not count:
        return Seen(0, False, inf, inf, inf, (False,) * len(Rival))
    said = known(trace.block, zone, place)
    first, last = np.flatnonzero(inside)[[0, -1]]
    possible = _after(said.possible & (np.arange(len(times)) <= last), inside, int(first))
    when = _since(said.confirmed, int(first))
    rivals = [
        bool((alarms(rival, trace.block, zone, shape_of(zone)) & inside).any()) for rival in Rival
    ]
    return Seen(
        inside=count,
        possible_first=bool(said.possible[first]),
        possible_after=possible,
        confirmed_after=inf if when is None else max(1, int(inside[: when + 1].sum())),
        confirmed_s=inf if when is None else (int(times[when]) - visited.entered_at) / SECOND,
        rivals=tuple(rivals),
    )


def _since(flags: Any, first: int) -> int | None:
    later = np.flatnonzero(flags[first:])
    return int(later[0]) + first if len(later) else None


def _after(flags: Any, inside: Any, first: int) -> float:
    when = _since(flags, first)
    return inf if when is None else int(inside[: when + 1].sum())
