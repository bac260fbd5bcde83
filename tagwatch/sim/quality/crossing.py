"""Zones crossed between two fixes: is the interval marked `crossing not excluded`?"""

from typing import Final

import numpy as np

from tagwatch.core.units import DAY, MINUTE
from tagwatch.sim.course import DRIVE_MPS, Course
from tagwatch.sim.error import Place
from tagwatch.sim.quality.bound import Measured, rate, share
from tagwatch.sim.quality.entry import FAR_M, ROADS
from tagwatch.sim.quality.experiment import (
    PLACES,
    Experiment,
    Results,
    Setting,
    Task,
    shared_out,
    word,
)
from tagwatch.sim.quality.judge import Zone, crossings, findings
from tagwatch.sim.quality.table import Row, Target, row
from tagwatch.sim.quality.trace import BEGINS, PLANE, Tells, Trace, made, slots, still

NAME: Final = "crossed without a fix inside"
IDLE: Final = "crossing marks of somebody at home"
ZONE: Final = Zone("z", 0.0, 0.0, 100.0)
HOME: Final = Zone("z", 1500.0, 0.0, 100.0)
"""As seen from a home at the origin, 1,400 m from the edge."""


def tasks(setting: Setting) -> list[Task]:
    """Return the drives of each kind of place."""
    cells = [(place,) for place in PLACES]
    return shared_out(NAME, setting, cells, setting.sizes.crossings, 50)


def run(task: Task) -> list[tuple[bool, bool]]:
    """Return (marked, told as possible) of each drive that left no fix inside."""
    (place,) = task.cell
    found: list[tuple[bool, bool]] = []
    for number in range(task.first, task.first + task.count):
        trace, during = _drive(place, task, number)
        if (trace.depth_m(ZONE.x_m, ZONE.y_m, ZONE.radius_m) > 0).any():
            continue
        marked = any(a < during[1] and b > during[0] for a, b in crossings(trace.block, ZONE))
        found.append((marked, bool(findings(trace.block, [ZONE])[ZONE.name])))
    return found


def _drive(place: Place, task: Task, number: int) -> tuple[Trace, tuple[int, int]]:
    """Return a drive straight through at an offset from the middle, and when he was inside."""
    rng = task.rng(number)
    offset = rng.uniform(-0.8, 0.8) * ZONE.radius_m
    half = float(np.sqrt(ZONE.radius_m**2 - offset**2))
    course = Course(PLANE)
    far = ZONE.radius_m + FAR_M
    course.stay((far, offset), BEGINS, BEGINS + 10 * MINUTE, place)
    left = course.at[-1]
    mps = DRIVE_MPS * rng.uniform(0.8, 1.6)
    arrived = course.travel((-far, offset), mps, ROADS[place])
    course.stay((-far, offset), arrived, arrived + 10 * MINUTE, place)
    share_in = np.array([far - half, far + half]) / (2 * far)
    inside = (left + share_in * (arrived - left)).astype(np.int64)
    times = slots(course.at[0], course.at[-1], 60.0, rng)
    return made(course, times, rng, Tells.MOTION), (int(inside[0]), int(inside[1]))


def rows(results: Results, setting: Setting) -> list[Row]:
    """Return the share marked, which must be all: each of them truly was inside."""
    table: list[Row] = []
    for place in PLACES:
        found: list[tuple[bool, bool]] = [one for part in results[NAME, place] for one in part]
        trials = f"{len(found)} drives of {setting.sizes.crossings}"
        marked = share(sum(m for m, _ in found), len(found))
        possible = share(sum(p for _, p in found), len(found))
        either = share(sum(m or p for m, p in found), len(found))
        target = Target(least=1.0)
        table.append(row(NAME, word(place), "marked, or told as possible", either, trials, target))
        table.append(row(NAME, word(place), "marked", marked, trials))
        table.append(row(NAME, word(place), "told as possible", possible, trials))
    return table


def _idle_tasks(setting: Setting) -> list[Task]:
    cells = [(place,) for place in PLACES]
    return shared_out(IDLE, setting, cells, setting.sizes.weeks, 5)


def _idle_run(task: Task) -> list[int]:
    """Return how many intervals were marked in each day at home."""
    (place,) = task.cell
    counts: list[int] = []
    for number in range(task.first, task.first + task.count):
        rng = task.rng(number)
        times = slots(BEGINS, BEGINS + DAY, 60.0, rng)
        trace = made(still(place, DAY), times, rng, Tells.MOTION)
        counts.append(len(crossings(trace.block, HOME)))
    return counts


def _idle_rows(results: Results, _setting: Setting) -> list[Row]:
    table: list[Row] = []
    for place in PLACES:
        counts = np.array([n for part in results[IDLE, place] for n in part], dtype=float)
        measured: Measured = rate(counts, 1.0)
        trials = f"{len(counts)} days at home, 1,400 m from the edge"
        table.append(row(IDLE, word(place), "marked intervals per day", measured, trials))
    return table


EXPERIMENTS: Final = (
    Experiment(NAME, "Zones crossed between two fixes: is the interval marked?", tasks, run, rows),
    Experiment(IDLE, "Marks where nothing was near, a day.", _idle_tasks, _idle_run, _idle_rows),
)
