"""Eight weeks of lives for the measuring of patterns: ordinary ones with errands and days indoors,
and such with something planted in the last four weeks.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.random import Generator

from tagwatch.core.timetable import london
from tagwatch.core.units import DAY, HOUR, MINUTE, SECOND, Instant
from tagwatch.sim.course import DRIVE_MPS, WALK_MPS, Course
from tagwatch.sim.error import Place
from tagwatch.sim.quality.trace import BEGINS, MOVING_MPS, PLANE, Tells, Trace, made, truth
from tagwatch.sim.routine import Spot, path

WEEKS: Final = 8
EARLIER: Final = 4
START: Final = Instant(BEGINS + EARLIER * 7 * DAY)
END: Final = Instant(BEGINS + WEEKS * 7 * DAY)
INDOORS: Final = 0.04
"""Share of days on which an ordinary wearer does not go out: ill, or for no reason."""
PLANTED_DAYS: Final = 8
HER_M: Final = (700.0, 6_000.0)
"""From his home to hers."""
ZONE_M: Final = 200.0
CHANGED: Final = 7
"""Day of the period from which somebody else wears the tag."""
RESTS: Final = 3 * MINUTE


class Planted(StrEnum):
    """What is planted in a life."""

    NOTHING = "ordinary weeks"
    WATCHER = "watches near her home"
    WAITER = "waits near her way"
    LEFT = "leaves the tag at home"
    ANOTHER = "somebody else wears the tag"


@dataclass(frozen=True, slots=True)
class LifeSeen:
    """What the tag sent, and the truth."""

    trace: Trace
    her: Spot
    route: tuple[Spot, ...]
    planted: frozenset[date]
    """Days of the period on which something planted happened."""
    indoors: frozenset[date]
    """Days on which he truly did not go out, with the tag on him."""


@dataclass(frozen=True, slots=True)
class _Habits:
    home: Spot
    work: Spot
    shop: Spot
    friend: Spot
    errands: tuple[Spot, ...]
    streets: Place


def spot(rng: Generator, least: float, most: float, about: Spot = (0.0, 0.0)) -> Spot:
    """Return a place so far off in some direction."""
    angle, far = rng.uniform(0, 2 * np.pi), rng.uniform(least, most)
    return float(about[0] + far * np.cos(angle)), float(about[1] + far * np.sin(angle))


def _habits(rng: Generator, home: Spot = (0.0, 0.0)) -> _Habits:
    return _Habits(
        home=home,
        work=spot(rng, 2500, 7000, home),
        shop=spot(rng, 300, 900, home),
        friend=spot(rng, 800, 3000, home),
        errands=tuple(spot(rng, 300, 4000, home) for _ in range(5)),
        streets=Place(int(rng.choice([int(Place.URBAN), int(Place.CANYON)]))),
    )


def her_way(rng: Generator, her: Spot) -> tuple[Spot, ...]:
    """Return a way of hers of some 1.2 km, from 450 m off her home."""
    angle = rng.uniform(0, 2 * np.pi)
    turn = angle + rng.uniform(-0.8, 0.8)
    first = her[0] + 450 * np.cos(angle), her[1] + 450 * np.sin(angle)
    corner = first[0] + 500 * np.cos(angle), first[1] + 500 * np.sin(angle)
    last = corner[0] + 700 * np.cos(turn), corner[1] + 700 * np.sin(turn)
    return tuple((float(x), float(y)) for x, y in (first, corner, last))


def live(rng: Generator, planted: Planted) -> LifeSeen:
    """Return eight weeks of a life."""
    his, other = _habits(rng), _habits(rng, spot(rng, 2000, 8000))
    her = spot(rng, *HER_M)
    route = her_way(rng, her)
    days = [d for d in range(28) if planted is not Planted.WAITER or d % 7 < 5]
    drawn: list[int] = rng.choice(days, PLANTED_DAYS, replace=False).tolist()
    chosen: set[int] = {d + 28 for d in drawn}
    if planted is Planted.NOTHING:
        chosen.clear()
    if planted is Planted.ANOTHER:
        chosen = set(range(28 + CHANGED, 56))
    walked = Course(PLANE)
    walked.stay(his.home, BEGINS, BEGINS, Place.INDOOR)
    indoors: set[int] = set()
    for day in range(WEEKS * 7):
        start = BEGINS + day * DAY
        lives = other if planted is Planted.ANOTHER and day in chosen else his
        if lives.home != (walked.x_m[-1], walked.y_m[-1]):
            _go(walked, lives, start + 5 * HOUR, lives.home, 0)
        outings = _plan(rng, day, lives)
        if not outings:
            indoors.add(day)
        if day in chosen:
            outings = _with(rng, planted, outings, her, route)
        for hour, to, hours in sorted(outings):
            waits = to not in (lives.work, lives.shop, lives.friend, *lives.errands)
            where = lives.streets if waits else Place.INDOOR
            _go(walked, lives, start + int(hour * HOUR), to, int(hours * HOUR), where)
            _go(walked, lives, walked.end(), lives.home, 0)
    walked.stay((walked.x_m[-1], walked.y_m[-1]), walked.end(), END, Place.INDOOR)
    first = london(BEGINS).date().toordinal()
    return LifeSeen(
        trace=_heard(walked, rng),
        her=her,
        route=route,
        planted=frozenset(date.fromordinal(first + d) for d in chosen),
        indoors=frozenset(date.fromordinal(first + d) for d in indoors - chosen),
    )


def _plan(rng: Generator, day: int, his: _Habits) -> list[tuple[float, Spot, float]]:
    """Return (hour of leaving, place, hours there) of one day."""
    if rng.random() < INDOORS:
        return []
    late = rng.uniform(-0.4, 0.6)
    errand = his.errands[int(rng.integers(len(his.errands)))]
    if day % 7 < 5:
        outings = [(8.0 + late, his.work, rng.uniform(7.0, 8.4))]
        if rng.random() < 0.4:
            outings.append((17.6 + rng.uniform(0, 0.3), his.shop, rng.uniform(0.2, 0.5)))
        if rng.random() < 0.3:
            outings.append((18.9 + rng.uniform(0, 0.5), errand, rng.uniform(0.2, 0.9)))
        return outings
    outings = [(10.5 + late, his.shop, rng.uniform(0.3, 0.9))]
    if rng.random() < 0.7:
        outings.append((13.5 + late, his.friend, rng.uniform(1.0, 3.0)))
    if rng.random() < 0.5:
        outings.append((18.5 + late, errand, rng.uniform(0.3, 1.5)))
    return outings


def _with(
    rng: Generator,
    planted: Planted,
    outings: list[tuple[float, Spot, float]],
    her: Spot,
    route: tuple[Spot, ...],
) -> list[tuple[float, Spot, float]]:
    """Return the outings of a day with what is planted in it."""
    if planted is Planted.LEFT:
        return []
    if planted is Planted.WATCHER:
        waits = rng.random() < 0.7
        stays = rng.uniform(0.15, 0.7) if waits else 0.01
        return [*outings, (20.8 + rng.uniform(0, 0.6), spot(rng, 230, 370, her), stays)]
    if planted is Planted.WAITER:
        a, b = route[0], route[1]
        share = rng.uniform(0.1, 0.9)
        near = a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1])
        waits = (7.2 + rng.uniform(0, 0.1), spot(rng, 10, 60, near), rng.uniform(0.9, 1.1))
        return [waits, *((9.3, to, hours) for _, to, hours in outings[:1])]
    return outings


def _go(
    walked: Course,
    his: _Habits,
    start: int,
    to: Spot,
    stays: int,
    where: Place = Place.INDOOR,
) -> None:
    here = (walked.x_m[-1], walked.y_m[-1])
    if start > walked.end():
        walked.stay(here, walked.end(), start, Place.INDOOR)
    far = abs(to[0] - here[0]) + abs(to[1] - here[1]) > 1500
    for corner in path(here, to, ()):
        walked.travel(corner, DRIVE_MPS if far else WALK_MPS, his.streets)
    walked.stay(to, walked.end(), walked.end() + stays, where)


def _heard(walked: Course, rng: Generator) -> Trace:
    """Return what the tag sent: a fix a minute on the move, tries every three minutes at rest."""
    every = np.arange(BEGINS + int(rng.integers(0, MINUTE)), END, MINUTE, dtype=np.int64)
    _, _, _, speeds = truth(walked, every)
    due = (speeds > MOVING_MPS) | (np.arange(len(every)) % (RESTS // MINUTE) == 0)
    return made(walked, every[due] // SECOND * SECOND, rng, Tells.MOTION)
