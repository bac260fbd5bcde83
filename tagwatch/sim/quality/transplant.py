"""Real error sequences, cut out of files with truth and laid on simulated wearers.

A sequence is turned by a random angle, perhaps mirrored, begun at a random moment and run forth
and back, a fix every ten seconds. They are errors of receivers on the move: nothing here says how
a tag at rest errs.
"""

from functools import lru_cache
from math import isfinite
from pathlib import Path
from typing import Final

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from tagwatch.core.outcome import Finding
from tagwatch.core.units import HOUR, MINUTE, SECOND
from tagwatch.sim.course import WALK_MPS, Course
from tagwatch.sim.error import Place
from tagwatch.sim.quality.bound import rate, share
from tagwatch.sim.quality.entry import Seen, on_foot_or_by_car, seen, visit
from tagwatch.sim.quality.experiment import Experiment, Results, Setting, Task, shared_out
from tagwatch.sim.quality.judge import Zone, findings
from tagwatch.sim.quality.rival import Rival
from tagwatch.sim.quality.street import TrueTrail, read
from tagwatch.sim.quality.table import Row, Target, row
from tagwatch.sim.quality.trace import BEGINS, PLANE, Floats, Trace, fixes, slots, truth

PAST: Final = "real errors, past the zone"
INTO: Final = "real errors, true entries"
ZONE: Final = Zone("z", 0.0, 0.0, 100.0)
CLEARANCES_M: Final = (5, 10, 20, 30)
CADENCE_S: Final = 10.0
LENGTH: Final = 1 * HOUR
REACH_M: Final = 150.0
"""He walks to and fro this far to either side of the nearest point."""
SHORTEST_S: Final = 120.0
STAY: Final = 5 * MINUTE
SHALLOW_M: Final = (30.0, 60.0)


@lru_cache(maxsize=32)
def _trails(path: Path) -> tuple[TrueTrail, ...]:
    return tuple(trail for trail in read(path) if trail.seconds[-1] >= SHORTEST_S)


def laid(trail: TrueTrail, course: Course, times: NDArray[np.int64], rng: Generator) -> Trace:
    """Return what would have been reported along a course with the trail's errors and claims."""
    x, y, _, _ = truth(course, times)
    seconds = trail.seconds
    longest = float(seconds[-1])
    turned: Floats = (times - times[0]) / SECOND + float(rng.uniform(0, 2 * longest))
    folded: Floats = longest - np.abs(np.mod(turned, 2 * longest) - longest)
    rows: NDArray[np.intp] = np.clip(np.searchsorted(seconds, folded), 0, len(seconds) - 1)
    seen_x, seen_y = trail.plane.xy_arrays(trail.block["lon_deg"], trail.block["lat_deg"])
    east, north = (seen_x - trail.x_m)[rows], (seen_y - trail.y_m)[rows]
    angle, mirror = rng.uniform(0, 2 * np.pi), 1.0 if rng.random() < 0.5 else -1.0
    dx = east * np.cos(angle) - mirror * north * np.sin(angle)
    dy = east * np.sin(angle) + mirror * north * np.cos(angle)
    block = fixes(times, x + dx, y + dy, trail.block["accuracy_m"][rows])
    for name in ("confidence", "hdop", "satellites", "source"):
        block[name] = trail.block[name][rows]
    return Trace(block, x, y)


def _past_tasks(setting: Setting) -> list[Task]:
    cells = [
        (trail.name, path, clearance)
        for path in setting.files
        for trail in _trails(path)
        for clearance in CLEARANCES_M
    ]
    return shared_out(PAST, setting, cells, max(2, setting.sizes.entries // 10), 10)


def _trail_of(name: str, path: Path) -> TrueTrail:
    return next(trail for trail in _trails(path) if trail.name == name)


def _past_run(task: Task) -> list[tuple[int, int]]:
    """Return (confirmed, all) episodes of each hour past the zone."""
    name, path, clearance = task.cell
    found: list[tuple[int, int]] = []
    for number in range(task.first, task.first + task.count):
        rng = task.rng(number)
        course, line = Course(PLANE), ZONE.radius_m + clearance
        course.stay((-REACH_M, line), BEGINS, BEGINS, Place.URBAN)
        end = REACH_M
        while course.at[-1] < BEGINS + LENGTH:
            course.travel((end, line), WALK_MPS, Place.URBAN)
            end = -end
        times = slots(BEGINS, BEGINS + LENGTH, CADENCE_S, rng)
        episodes = findings(laid(_trail_of(name, path), course, times, rng).block, [ZONE])["z"]
        sure = sum(episode.finding is Finding.CONFIRMED for episode in episodes)
        found.append((sure, len(episodes)))
    return found


def _past_rows(results: Results, _setting: Setting) -> list[Row]:
    table: list[Row] = []
    for (_, name, _path, clearance), parts in results.items():
        counts = np.array([one for part in parts for one in part], dtype=float)
        cell, trials = f"{name}, {clearance} m outside", f"{len(counts)} hours to and fro"
        for j, column in enumerate(("confirmed", "possible")):
            measured = rate(counts[:, j], 1.0)
            table.append(row(PAST, cell, f"{column} per hour", measured, trials))
    return table


def _into_tasks(setting: Setting) -> list[Task]:
    cells = [(trail.name, path) for path in setting.files for trail in _trails(path)]
    return shared_out(INTO, setting, cells, max(2, setting.sizes.entries // 4), 25)


def _into_run(task: Task) -> list[Seen]:
    name, path = task.cell
    found: list[Seen] = []
    for number in range(task.first, task.first + task.count):
        rng = task.rng(number)
        visited = visit(Place.URBAN, ZONE, rng.uniform(*SHALLOW_M), on_foot_or_by_car(rng), STAY)
        times = slots(visited.course.at[0], visited.course.at[-1], CADENCE_S, rng)
        trace = laid(_trail_of(name, path), visited.course, times, rng)
        found.append(seen(trace, visited, ZONE, None))
    return found


def _into_rows(results: Results, _setting: Setting) -> list[Row]:
    table: list[Row] = []
    for (_, name, _path), parts in results.items():
        found = [one for part in parts for one in part if one.inside]
        trials = f"{len(found)} entries 30 to 60 m deep, every 10 s"
        ever = share(sum(isfinite(s.possible_after) for s in found), len(found))
        first = share(sum(s.possible_first for s in found), len(found))
        sure = share(sum(isfinite(s.confirmed_after) for s in found), len(found))
        table.append(row(INTO, name, "possible", ever, trials, Target(least=0.995)))
        table.append(row(INTO, name, "possible at the first fix inside", first, trials))
        table.append(row(INTO, name, "confirmed", sure, trials))
        for j, rival in enumerate(Rival):
            alarm = share(sum(s.rivals[j] for s in found), len(found))
            table.append(row(INTO, name, "alarm", alarm, trials, None, str(rival)))
    return table


EXPERIMENTS: Final = (
    Experiment(
        PAST, "Real errors on somebody who walks past outside.", _past_tasks, _past_run, _past_rows
    ),
    Experiment(INTO, "Real errors on somebody who goes in.", _into_tasks, _into_run, _into_rows),
)
