"""At home under curfew: how often is an absence recorded that never was?

He is at home every night, 10 m from the middle of the area drawn for it, with a fix a minute from
half an hour before. The areas of all sizes share one trail.
"""

from enum import StrEnum
from typing import Any, Final

import numpy as np
from numpy.random import Generator

from tagwatch.core.fix import Source
from tagwatch.core.outcome import Finding
from tagwatch.core.units import DAY, HOUR, MINUTE
from tagwatch.sim.error import Place
from tagwatch.sim.quality.absence import ByFix, Simpler, at_night, fix_by_fix, missing, spells
from tagwatch.sim.quality.bound import Floats, bootstrap, rate
from tagwatch.sim.quality.experiment import (
    PLACES,
    Experiment,
    Results,
    Setting,
    Task,
    shared_out,
    word,
)
from tagwatch.sim.quality.judge import Zone, absences
from tagwatch.sim.quality.rest import plateaus
from tagwatch.sim.quality.rival import hours, stays
from tagwatch.sim.quality.table import OURS, Row, Target, row
from tagwatch.sim.quality.trace import BEGINS, PLANE, Tells, Trace, lonlats, made, slots, still

NAME: Final = "at home under curfew"
RADII_M: Final = (30, 50, 100)
OFF_M: Final = 10.0
"""From the middle of the area: it is drawn about a house, and he has a room in it."""
FIGURES: Final = (
    (OURS, "possible"),
    (OURS, "confirmed"),
    ("fix by fix", "possible"),
    ("fix by fix", "confirmed"),
    *((str(rule), "alarms") for rule in Simpler),
)
"""Who says what: a column of counts each, and then one of hours each."""
ELSEWHERE_M: Final = (150.0, 1000.0)


class Trouble(StrEnum):
    """What ails his fixes besides the usual errors."""

    NONE = ""
    STICKS = "position sticks daily"
    ELSEWHERE = "only Wi-Fi, known elsewhere"
    """Thick walls, and a router that a register knows 150 to 1,000 m off, another every night."""


CELLS: Final = (
    *(
        (place, tells, trouble)
        for place in PLACES
        for tells in (Tells.MOTION, Tells.NOTHING)
        for trouble in (Trouble.NONE, Trouble.STICKS)
    ),
    (Place.INDOOR, Tells.MOTION, Trouble.ELSEWHERE),
)
ASKED: Final = {Trouble.NONE: 0.05, Trouble.STICKS: 0.1, Trouble.ELSEWHERE: 0.05}
"""Confirmed absences per person-week, at most."""
_EARLY: Final = 30 * MINUTE


def tasks(setting: Setting) -> list[Task]:
    """Return the weeks of each cell, a few a task."""
    return shared_out(NAME, setting, CELLS, setting.sizes.weeks, 5)


def run(task: Task) -> Any:
    """Return counts per week, shape (weeks, radii, 2 * len(FIGURES))."""
    place, tells, trouble = task.cell
    length = round(task.sizes.week_days * DAY)
    areas = [Zone(f"r{r}", OFF_M, 0.0, float(r)) for r in RADII_M]
    counts = np.zeros((task.count, len(areas), 2 * len(FIGURES)))
    for week in range(task.count):
        rng = task.rng(task.first + week)
        stuck = plateaus(rng, length) if trouble is Trouble.STICKS else ()
        times = slots(BEGINS, BEGINS + length, 60.0, rng)
        times = times[at_night(times) | at_night(times + _EARLY)]
        trace = made(still(place, length), times, rng, tells, stuck)
        if trouble is Trouble.ELSEWHERE:
            trace = _elsewhere(trace, rng)
        counts[week] = _counted(trace, areas)
    return counts


def _elsewhere(trace: Trace, rng: Generator) -> Trace:
    """Return the Wi-Fi fixes alone, each night moved to where a register knows the router."""
    kept = trace.part(trace.block["source"] == int(Source.WIFI))
    night = (kept.block["fixed_at"] - BEGINS + DAY // 2) // DAY
    size = rng.uniform(*ELSEWHERE_M, int(night.max(initial=0)) + 1)
    angle = rng.uniform(0, 2 * np.pi, len(size))
    x, y = PLANE.xy_arrays(kept.block["lon_deg"], kept.block["lat_deg"])
    x, y = x + (size * np.cos(angle))[night], y + (size * np.sin(angle))[night]
    kept.block["lon_deg"], kept.block["lat_deg"] = lonlats(x, y)
    return kept


def _counted(trace: Trace, areas: list[Zone]) -> Floats:
    block = trace.block
    times = block["fixed_at"]
    night = at_night(times)
    counts = np.zeros((len(areas), 2 * len(FIGURES)))
    often, long = counts[:, : len(FIGURES)], counts[:, len(FIGURES) :]
    end = int(times[-1]) if len(times) else 0
    for k, area in enumerate(areas):
        found = absences(block, area)
        sure = [e for e in found if e.finding is Finding.CONFIRMED]
        often[k, :2] = len(found), len(sure)
        long[k, 0] = sum((e.left_latest or end) - e.entered_latest for e in found) / HOUR
        long[k, 1] = sum((e.left_latest or end) - (e.confirmed_at or end) for e in sure) / HOUR
        by_fix: ByFix = fix_by_fix(block, area, night)
        for j, flags in enumerate((by_fix.possible, by_fix.confirmed), 2):
            often[k, j], long[k, j] = spells(flags), hours(flags, times)
        for j, rule in enumerate(Simpler, 4):
            alarm = missing(rule, block, area) & night
            often[k, j], long[k, j] = stays(alarm, times), hours(alarm, times)
    return counts


def rows(results: Results, setting: Setting) -> list[Row]:
    """Return for each cell and size of area how often and for how long he was held absent."""
    week = setting.sizes.week_days / 7
    table: list[Row] = []
    for place, tells, trouble in CELLS:
        counts = np.concatenate(results[NAME, place, tells, trouble])
        cell = f"{word(place)}, {'motion flag' if tells else 'no flag'}"
        cell += f", {trouble}" if trouble else ""
        trials = f"{len(counts) * week:g} person-weeks"
        for k, radius_m in enumerate(RADII_M):
            where = f"{cell}, area of {radius_m} m"
            for j, (who, what) in enumerate(FIGURES):
                ours = (who, what) == (OURS, "confirmed")
                target = Target(most=ASKED[trouble]) if ours else None
                often = rate(counts[:, k, j], week)
                table.append(
                    row(NAME, where, f"{what} per person-week", often, trials, target, who)
                )
                spent = np.column_stack(
                    [counts[:, k, len(FIGURES) + j], np.full(len(counts), week)]
                )
                lasting = bootstrap(spent, _per, setting.seed, 500)
                figure = f"hours {what} per person-week"
                table.append(row(NAME, where, figure, lasting, trials, None, who))
    return table


def _per(total: Floats) -> float:
    return float(total[0] / total[1])


EXPERIMENT: Final = Experiment(
    NAME, "At home under curfew: how often is an absence recorded that never was?", tasks, run, rows
)
