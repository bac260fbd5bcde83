"""A fix every ten seconds in the buffer ring against one a minute, on the same true track."""

from dataclasses import dataclass
from math import isfinite
from typing import Final

import numpy as np

from tagwatch.core.units import MINUTE, SECOND
from tagwatch.sim.course import DRIVE_MPS
from tagwatch.sim.error import Place
from tagwatch.sim.quality.bound import Measured, median, share
from tagwatch.sim.quality.entry import Seen, seen, visit
from tagwatch.sim.quality.experiment import (
    PLACES,
    Experiment,
    Results,
    Setting,
    Task,
    shared_out,
    word,
)
from tagwatch.sim.quality.judge import Zone
from tagwatch.sim.quality.table import Row, Target, row
from tagwatch.sim.quality.trace import Tells, made, slots

NAME: Final = "ten seconds in the ring"
ZONE: Final = Zone("z", 0.0, 0.0, 100.0, buffer_m=300.0)
DEPTH_M: Final = 50.0
STAY: Final = 15 * MINUTE
FAST_S: Final = 10
SLOW_S: Final = 60
ASKED_S: Final = {Place.OPEN: 90, Place.URBAN: 90, Place.CANYON: 180, Place.INDOOR: 300}


@dataclass(frozen=True, slots=True)
class Both:
    """One track at the two cadences."""

    fast: Seen
    slow: Seen


def tasks(setting: Setting) -> list[Task]:
    """Return the tracks of each kind of place."""
    cells = [(place,) for place in PLACES]
    return shared_out(NAME, setting, cells, setting.sizes.entries, 25)


def run(task: Task) -> list[Both]:
    """Return what became known of each track at either cadence."""
    (place,) = task.cell
    return [_both(place, task, n) for n in range(task.first, task.first + task.count)]


def _both(place: Place, task: Task, number: int) -> Both:
    rng = task.rng(number)
    visited = visit(place, ZONE, DEPTH_M, DRIVE_MPS, STAY)
    times = slots(visited.course.at[0], visited.course.at[-1], FAST_S, rng)
    trace = made(visited.course, times, rng, Tells.MOTION)
    turn = (trace.block["fixed_at"] - times[0]) // (FAST_S * SECOND)
    slow = turn % (SLOW_S // FAST_S) == 0
    near = trace.depth_m(ZONE.x_m, ZONE.y_m, ZONE.radius_m) > -ZONE.buffer_m
    return Both(
        fast=seen(trace.part(slow | near), visited, ZONE, place),
        slow=seen(trace.part(slow), visited, ZONE, place),
    )


def rows(results: Results, setting: Setting) -> list[Row]:
    """Return shares and delays at both cadences, and the difference on the same tracks."""
    table: list[Row] = []
    for place in PLACES:
        found: list[Both] = [both for part in results[NAME, place] for both in part]
        trials = f"{len(found)} tracks, 50 m deep, 15 min"
        fast = [isfinite(both.fast.confirmed_s) for both in found]
        slow = [isfinite(both.slow.confirmed_s) for both in found]
        for cadence, sure, delays, target in (
            (FAST_S, fast, [b.fast.confirmed_s for b in found], Target(most=ASKED_S[place])),
            (SLOW_S, slow, [b.slow.confirmed_s for b in found], None),
        ):
            cell = f"{word(place)}, every {cadence} s"
            table.append(row(NAME, cell, "confirmed", share(sum(sure), len(sure)), trials))
            delay = median(np.array(delays), setting.seed)
            figure = "seconds from the edge to confirmed, median"
            table.append(row(NAME, cell, figure, delay, trials, target))
        gained = _difference(np.array(fast, float) - np.array(slow, float))
        figure = "share confirmed at 10 s less that at 60 s"
        table.append(row(NAME, word(place), figure, gained, trials, Target(least=0.0)))
    return table


def _difference(gained: np.ndarray) -> Measured:
    """Return the mean of paired differences with normal bounds."""
    mean = float(gained.mean())
    half = 1.96 * float(gained.std(ddof=1)) / len(gained) ** 0.5 if len(gained) > 1 else 1.0
    return Measured(mean, mean - half, mean + half)


EXPERIMENT: Final = Experiment(
    NAME, "A fix every ten seconds in the buffer ring against one a minute.", tasks, run, rows
)
