"""Stops and trips of simulated lives against the truth: found, invented, and when.

Lives are those of `sim.routine`; the tag measures every minute on the move and every five at rest,
as `sim.tag` does. At rest the trail is a week at one place, a fix a minute. How he went is asked of
journeys (`ways.py`).
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.random import Generator

from tagwatch.core.ids import ActivationId
from tagwatch.core.movements import Movements, movements
from tagwatch.core.person import TagMode
from tagwatch.core.rules.prepare import SettingsHistory
from tagwatch.core.settings import Settings
from tagwatch.core.stop import Stop
from tagwatch.core.trail import TrailPart
from tagwatch.core.units import DAY, SECOND, Instant
from tagwatch.sim.course import Course
from tagwatch.sim.error import Place
from tagwatch.sim.quality import ways
from tagwatch.sim.quality.bound import rate, share
from tagwatch.sim.quality.experiment import (
    PLACES,
    Experiment,
    Results,
    Setting,
    Task,
    shared_out,
    word,
)
from tagwatch.sim.quality.rest import plateaus
from tagwatch.sim.quality.table import Row, Target, row
from tagwatch.sim.quality.trace import (
    BEGINS,
    MOVING_MPS,
    PLANE,
    Tells,
    Trace,
    made,
    slots,
    still,
    truth,
)
from tagwatch.sim.quality.ways import Went
from tagwatch.sim.routine import Life, Spot, course
from tagwatch.sim.tag import MOVING_S, RESTING_S

NAME: Final = "movements"
LIFE: Final = "a life"
REST: Final = "at rest"
DAYS: Final = 7
LEAST_S: Final = 300
"""Shorter stays are not asked for."""
_SETTINGS: Final = SettingsHistory.of(Settings())


@dataclass(frozen=True, slots=True)
class Lived:
    """Counts of one week; pairs are (of these, right)."""

    stops: tuple[int, int]
    invented: int
    trips: tuple[int, int]
    trips_found: tuple[int, int]
    edges: tuple[int, int]
    places: tuple[int, int]
    lengths: tuple[int, int]


def tasks(setting: Setting) -> list[Task]:
    """Return weeks of lives, weeks at rest, and journeys of every way."""
    lives = [(LIFE, tells) for tells in (Tells.MOTION, Tells.NOTHING)]
    rests = [(REST, place, sticks) for place in PLACES for sticks in (False, True)]
    weeks = shared_out(NAME, setting, [*lives, *rests], setting.sizes.weeks, 5)
    return weeks + ways.tasks(NAME, setting)


def run(task: Task) -> list[Lived | int] | list[Went]:
    """Return what was found of each week; at rest the number of trips; and of each journey."""
    if task.cell[0] == ways.WAY:
        return ways.run(task)
    return [_week(task, number) for number in range(task.first, task.first + task.count)]


def _week(task: Task, number: int) -> Lived | int:
    rng = task.rng(number)
    if task.cell[0] == LIFE:
        lived = course(life(rng), rng, BEGINS, Instant(BEGINS + DAYS * DAY))
        trace = made(lived, due(lived, BEGINS + DAYS * DAY, rng), rng, task.cell[1])
        return _judged(lived, trace, DAYS * DAY)
    _, place, sticks = task.cell
    length = round(task.sizes.week_days * DAY)
    stuck = plateaus(rng, length) if sticks else ()
    times = slots(BEGINS, BEGINS + length, 60.0, rng)
    trace = made(still(place, length), times, rng, Tells.NOTHING, stuck)
    return len(_found(trace, length).trips)


def life(rng: Generator) -> Life:
    """Return a life with work by car, a shop on foot and a friend farther off."""
    return Life(
        PLANE,
        _spot(rng, 2500, 7000),
        _spot(rng, 250, 900),
        _spot(rng, 800, 3000),
        Place(int(rng.integers(0, 3))),
        (),
    )


def _spot(rng: Generator, least_m: float, most_m: float) -> Spot:
    far, angle = rng.uniform(least_m, most_m), rng.uniform(0, 2 * np.pi)
    return float(far * np.cos(angle)), float(far * np.sin(angle))


def due(lived: Course, until: int, rng: Generator) -> np.ndarray:
    """Return when the tag measures, shape (n,): often on the move, seldom at rest."""
    times: list[int] = []
    at = BEGINS
    while at < until:
        times.append(at)
        moves = lived.standing(at).speed_mps > MOVING_MPS
        at = Instant(at + round(((MOVING_S if moves else RESTING_S) + rng.uniform(-2, 2)) * SECOND))
    return np.array(times, dtype=np.int64)


def _found(trace: Trace, length: int) -> Movements:
    window = (BEGINS, Instant(BEGINS + length))
    part = TrailPart(ActivationId("a"), "simulated", trace.block)
    return movements([part], [window], TagMode(), window, _SETTINGS)


def _judged(lived: Course, trace: Trace, length: int) -> Lived:
    end = BEGINS + length
    found = _found(trace, length)
    stays = [stay for stay in _stays(lived) if stay[0] < end]
    pairs = [(stay, stop) for stay in stays for stop in found.stops if _same(stay, stop)]
    right = edges = near = 0
    for (came, left, x_m, y_m), stop in pairs:
        bounds = [(stop.arrived_earliest, came, stop.arrived_latest)]
        bounds += [(stop.left_earliest, left, stop.left_latest)] if left < end else []
        for low, true, high in bounds:
            if low is not None and high is not None:
                edges += 1
                right += low <= true <= high
        where = PLANE.xy(stop.lon_deg, stop.lat_deg)
        near += bool(np.hypot(where[0] - x_m, where[1] - y_m) <= stop.radius_m_95)
    ways = [(a[1], b[0]) for a, b in pairwise(stays)]
    seen = [(way, trip) for way in ways for trip in found.trips
            if trip.started_at < way[1] and way[0] < trip.ended_at]  # fmt: skip
    lengths = sum(
        trip.distance_m_least <= _length_m(lived, way) <= trip.distance_m_most for way, trip in seen
    )
    return Lived(
        stops=(len(stays), len({stay for stay, _ in pairs})),
        invented=len(found.stops) - len({stop.number for _, stop in pairs}),
        trips=(len(ways), len({way for way, _ in seen})),
        trips_found=(len(found.trips), len({trip.number for _, trip in seen})),
        edges=(edges, right),
        places=(len(pairs), near),
        lengths=(len(seen), lengths),
    )


def _stays(lived: Course) -> list[tuple[int, int, float, float]]:
    """Return when and where he truly stayed."""
    stays: list[tuple[int, int, float, float]] = []
    corners = list(zip(lived.at, lived.x_m, lived.y_m, strict=True))
    for (since, x_m, y_m), (until, to_x_m, to_y_m) in pairwise(corners):
        if (x_m, y_m) != (to_x_m, to_y_m):
            continue
        if stays and stays[-1][1:] == (since, x_m, y_m):
            since = stays.pop()[0]  # noqa: PLW2901  # one stay, told in parts
        stays.append((since, until, x_m, y_m))
    return [stay for stay in stays if stay[1] - stay[0] >= LEAST_S * SECOND]


def _same(stay: tuple[int, int, float, float], stop: Stop) -> bool:
    """Return whether a stop is a true stay: most of either lies in the other."""
    both = min(stay[1], stop.until) - max(stay[0], stop.since)
    until = min(stay[1], BEGINS + DAYS * DAY)
    return 2 * both > max(until - stay[0], stop.until - stop.since)


def _length_m(lived: Course, way: tuple[int, int]) -> float:
    x_m, y_m, _, _ = truth(lived, np.linspace(*way, 400).astype(np.int64))
    return float(np.hypot(np.diff(x_m), np.diff(y_m)).sum())


def rows(results: Results, setting: Setting) -> list[Row]:
    """Return what was found of lives, and trips invented at rest."""
    table: list[Row] = []
    for tells in (Tells.MOTION, Tells.NOTHING):
        weeks: list[Lived] = [w for part in results[NAME, LIFE, tells] for w in part]
        cell = f"{LIFE}, {'motion flag' if tells else 'no flag'}"
        trials = f"{len(weeks)} person-weeks"
        for figure, name, target in (
            ("true stops found", "stops", Target(least=0.95)),
            ("true trips found", "trips", Target(least=0.95)),
            ("trips found that are true", "trips_found", Target(least=0.95)),
            ("arrivals and departures within their bounds", "edges", Target(least=0.95)),
            ("places within their 95 % radius", "places", Target(least=0.95)),
            ("lengths of trips within their bounds", "lengths", Target(least=0.90)),
        ):
            of, right = (sum(getattr(week, name)[k] for week in weeks) for k in (0, 1))
            table.append(row(NAME, cell, figure, share(right, of), trials, target))
        invented = rate(np.array([float(week.invented) for week in weeks]), 1.0)
        table.append(row(NAME, cell, "stops invented per person-week", invented, trials))
    week = setting.sizes.week_days / 7
    for place in PLACES:
        for sticks in (False, True):
            trips = np.array(
                [n for part in results[NAME, REST, place, sticks] for n in part], dtype=np.float64
            )
            cell = f"{REST}, {word(place)}{', position sticks daily' if sticks else ''}"
            trials = f"{len(trips) * week:g} person-weeks"
            figure = "trips invented per person-week"
            table.append(row(NAME, cell, figure, rate(trips, week), trials, Target(most=0.1)))
    return table + ways.rows(NAME, results)


EXPERIMENT: Final = Experiment(
    NAME, "Stops and trips of a week: found, invented, and when?", tasks, run, rows
)
