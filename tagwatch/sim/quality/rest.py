"""At rest outside a zone: how often an entry is recorded that never was.

He stays where he is, at home 5 to 80 m from the edge of a 100 m disc, with a fix a minute. All
distances share one trail, so that the curve along them is one of zones and not of luck.
"""

from typing import Any, Final

import numpy as np

from tagwatch.core.outcome import Finding
from tagwatch.core.units import DAY, HOUR, MINUTE
from tagwatch.sim.error import Place
from tagwatch.sim.quality.bound import Floats, Measured, bootstrap, rate, ratio
from tagwatch.sim.quality.experiment import (
    PLACES,
    Experiment,
    Results,
    Setting,
    Task,
    shared_out,
    word,
)
from tagwatch.sim.quality.judge import Zone, findings, shape_of
from tagwatch.sim.quality.rival import Rival, alarms, hours, stays
from tagwatch.sim.quality.table import Row, Target, row
from tagwatch.sim.quality.trace import BEGINS, Plateau, Tells, Trace, made, slots, still

NAME: Final = "at rest outside"
RADIUS_M: Final = 100.0
DISTANCES_M: Final = (5, 10, 20, 30, 50, 80)
ASKED: Final = {5: 0.3, 10: 0.1, 20: 0.05, 30: 0.02, 50: 0.02, 80: 0.02}
"""Confirmed episodes per person-week, at most."""
PLATEAU_ASKED: Final = 0.1
PLATEAU_FROM_M: Final = 20
FEWER_THAN: Final = {Rival.CONTAINED: 50.0, Rival.GAUSSIAN: 10.0}
COLUMNS: Final = ("confirmed", "possible", *Rival)
WIDTH: Final = 2 * len(COLUMNS)
"""Of counts: how often each, and then for how many hours each."""
CELLS: Final = tuple(
    (place, tells, sticks)
    for place in PLACES
    for tells in (Tells.MOTION, Tells.NOTHING)
    for sticks in (False, True)
)


def tasks(setting: Setting) -> list[Task]:
    """Return the weeks of each cell, a few a task."""
    return shared_out(NAME, setting, CELLS, setting.sizes.weeks, 5)


def run(task: Task) -> Any:
    """Return counts per week, shape (weeks, distances, WIDTH)."""
    place, tells, sticks = task.cell
    length = round(task.sizes.week_days * DAY)
    zones = [Zone(f"z{d}", RADIUS_M + d, 0.0, RADIUS_M) for d in DISTANCES_M]
    shapes = [shape_of(zone) for zone in zones]
    counts = np.zeros((task.count, len(zones), WIDTH))
    for week in range(task.count):
        rng = task.rng(task.first + week)
        stuck = plateaus(rng, length) if sticks else ()
        times = slots(BEGINS, BEGINS + length, 60.0, rng)
        trace = made(still(place, length), times, rng, tells, stuck)
        counts[week] = _counted(trace, zones, shapes, place if tells else None)
    return counts


def _counted(trace: Trace, zones: list[Zone], shapes: list[Any], place: Place | None) -> Floats:
    found = findings(trace.block, zones, place)
    times = trace.block["fixed_at"]
    end = int(times[-1])
    counts = np.zeros((len(zones), WIDTH))
    often, long = counts[:, : len(COLUMNS)], counts[:, len(COLUMNS) :]
    for k, (zone, shape) in enumerate(zip(zones, shapes, strict=True)):
        episodes = found[zone.name]
        sure = [e for e in episodes if e.finding is Finding.CONFIRMED]
        often[k, 0], often[k, 1] = len(sure), len(episodes)
        long[k, 0] = sum((e.left_latest or end) - (e.confirmed_at or end) for e in sure) / HOUR
        long[k, 1] = sum((e.left_latest or end) - e.entered_latest for e in episodes) / HOUR
        for j, rival in enumerate(Rival):
            alarm = alarms(rival, trace.block, zone, shape)
            often[k, 2 + j], long[k, 2 + j] = stays(alarm, times), hours(alarm, times)
    return counts


def plateaus(rng: np.random.Generator, length: int) -> tuple[Plateau, ...]:
    """Return one sticking position a day: 5 to 30 minutes, 30 to 80 m off."""
    made_: list[Plateau] = []
    for day in range(max(1, length // DAY)):
        lasting = round(rng.uniform(5, 30) * MINUTE)
        since = BEGINS + day * DAY + round(rng.uniform(0, min(length, DAY) - lasting))
        size, angle = rng.uniform(30, 80), rng.uniform(0, 2 * np.pi)
        offset = (float(size * np.cos(angle)), float(size * np.sin(angle)))
        made_.append(Plateau(since, since + lasting, *offset))
    return tuple(made_)


def rows(results: Results, setting: Setting) -> list[Row]:
    """Return the curve along distance for each cell, and how many fewer than the rivals."""
    week = setting.sizes.week_days / 7
    table: list[Row] = []
    for place, tells, sticks in CELLS:
        counts = np.concatenate(results[NAME, place, tells, sticks])
        cell = f"{word(place)}, {'motion flag' if tells else 'no flag'}"
        cell += ", position sticks daily" if sticks else ""
        trials = f"{len(counts) * week:g} person-weeks"
        for k, distance in enumerate(DISTANCES_M):
            where = f"{cell}, {distance} m outside"
            for j, column in enumerate(COLUMNS):
                target = _target(distance, sticks, tells) if j == 0 else None
                who = str(column) if isinstance(column, Rival) else "tagwatch"
                figure = f"{column if j < 2 else 'alarms'} per person-week"
                measured = rate(counts[:, k, j], week)
                table.append(row(NAME, where, figure, measured, trials, target, who))
                spent = np.column_stack(
                    [counts[:, k, len(COLUMNS) + j], np.full(len(counts), week)]
                )
                lasting = bootstrap(spent, _per, setting.seed, 500)
                figure = f"hours {column if j < 2 else 'of alarm'} per person-week"
                table.append(row(NAME, where, figure, lasting, trials, None, who))
        if not sticks:
            table += _fewer(counts, cell, trials)
    return table


def _per(total: Floats) -> float:
    return float(total[0] / total[1])


def _target(distance: int, sticks: bool, tells: Tells) -> Target | None:
    if not sticks:
        return Target(most=ASKED[distance])
    if tells and distance >= PLATEAU_FROM_M:
        return Target(most=PLATEAU_ASKED)
    return None


def _fewer(counts: Floats, cell: str, trials: str) -> list[Row]:
    """Return how many times fewer than a rival, over all distances; the bound takes the upper
    Poisson bound of ours."""
    ours = rate(counts[:, :, 0].sum(axis=1), 1.0)
    table: list[Row] = []
    for rival, least in FEWER_THAN.items():
        theirs = rate(counts[:, :, 2 + list(Rival).index(rival)].sum(axis=1), 1.0)
        times = Measured(
            ratio(theirs.value, ours.value),
            ratio(theirs.low, ours.high),
            ratio(theirs.high, ours.low),
        )
        figure = f"times fewer confirmed than `{rival}`"
        table.append(row(NAME, cell, figure, times, trials, Target(least=least)))
    return table


EXPERIMENT: Final = Experiment(
    NAME, "At rest outside a zone: how often is an entry recorded that never was?", tasks, run, rows
)
