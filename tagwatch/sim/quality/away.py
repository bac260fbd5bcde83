"""Truly away from a curfew: how surely and how soon is it found, and how soon that he is back?

From home he walks 150 to 400 m off, stays there for 20 to 40 minutes, and walks back; a fix a
minute from half an hour before the curfew. The areas of all sizes share one trail.
"""

from dataclasses import dataclass
from math import inf, isfinite
from typing import Any, Final

import numpy as np
from numpy.random import Generator

from tagwatch.core.units import HOUR, MINUTE, SECOND
from tagwatch.sim.course import WALK_MPS, Course
from tagwatch.sim.error import Place
from tagwatch.sim.quality.absence import Simpler, at_night, fix_by_fix, missing
from tagwatch.sim.quality.bound import median, share
from tagwatch.sim.quality.entry import ROADS
from tagwatch.sim.quality.experiment import (
    PLACES,
    Experiment,
    Results,
    Setting,
    Task,
    shared_out,
    word,
)
from tagwatch.sim.quality.home import FIGURES, OFF_M, RADII_M
from tagwatch.sim.quality.judge import Zone, absence_known
from tagwatch.sim.quality.rival import Bools
from tagwatch.sim.quality.table import OURS, Row, Target, row
from tagwatch.sim.quality.trace import BEGINS, PLANE, Tells, Trace, made, slots

NAME: Final = "away under curfew"
FAR_M: Final = (150.0, 400.0)
STAY_MIN: Final = (20.0, 40.0)
CELLS: Final = tuple((place, tells) for place in PLACES for tells in (Tells.MOTION, Tells.NOTHING))
ASKED: Final = {"possible": 0.98, "confirmed": 0.85}
"""Shares of outings found, at least."""
_SINCE: Final = BEGINS + 18 * HOUR + 30 * MINUTE
_BACK_FOR: Final = HOUR


@dataclass(frozen=True, slots=True)
class Outing:
    """What became known of one; seconds from crossing the edge, inf for never."""

    after_s: tuple[float, ...]
    """Until each of FIGURES of `home` was said, while he was out."""
    over_s: float
    """From his return until no absence was held; inf if one still was an hour later."""


def tasks(setting: Setting) -> list[Task]:
    """Return the outings of each cell, some a task."""
    return shared_out(NAME, setting, CELLS, setting.sizes.entries, 25)


def run(task: Task) -> Any:
    """Return a list of outings for each size of area."""
    place, tells = task.cell
    found: list[list[Outing]] = [[] for _ in RADII_M]
    for number in range(task.first, task.first + task.count):
        rng = task.rng(number)
        course = _course(place, float(rng.uniform(*FAR_M)), rng)
        trace = made(course, slots(_SINCE, course.end(), 60.0, rng), rng, tells)
        for each, radius_m in zip(found, RADII_M, strict=True):
            area = Zone(f"r{radius_m}", 0.0, OFF_M, float(radius_m))
            each.append(_seen(trace, area, course))
    return found


def _course(place: Place, far_m: float, rng: Generator) -> Course:
    course = Course(PLANE)
    leaves = _SINCE + round(rng.uniform(60, 120) * MINUTE)
    course.stay((0.0, 0.0), _SINCE, leaves, place)
    arrives = course.travel((far_m, 0.0), WALK_MPS, ROADS[place])
    goes = arrives + round(rng.uniform(*STAY_MIN) * MINUTE)
    course.stay((far_m, 0.0), arrives, goes, place)
    returns = course.travel((0.0, 0.0), WALK_MPS, ROADS[place])
    course.stay((0.0, 0.0), returns, returns + _BACK_FOR, place)
    return course


def _seen(trace: Trace, area: Zone, course: Course) -> Outing:
    block = trace.block
    times = block["fixed_at"]
    edge = round((area.radius_m**2 - OFF_M**2) ** 0.5 / WALK_MPS * SECOND)
    left_at, back_at = course.at[1] + edge, course.at[5] - edge
    out = (times >= left_at) & (times < back_at)
    known = absence_known(block, area)
    by_fix = fix_by_fix(block, area, at_night(times))
    said = [known.possible, known.confirmed, by_fix.possible, by_fix.confirmed]
    said += [missing(rule, block, area) for rule in Simpler]
    later = times[(times >= back_at) & ~known.possible]
    return Outing(
        tuple(_after_s(flags & out, times, left_at) for flags in said),
        (int(later[0]) - back_at) / SECOND if len(later) else inf,
    )


def _after_s(flags: Bools, times: Any, since: int) -> float:
    at = times[flags]
    return (int(at[0]) - since) / SECOND if len(at) else inf


def rows(results: Results, setting: Setting) -> list[Row]:
    """Return for each cell and size of area what was found, how soon, and when it was over."""
    table: list[Row] = []
    for place, tells in CELLS:
        parts = results[NAME, place, tells]
        for k, radius_m in enumerate(RADII_M):
            found = [outing for part in parts for outing in part[k]]
            cell = f"{word(place)}, {'motion flag' if tells else 'no flag'}, area of {radius_m} m"
            table += _rows(cell, found, setting.seed)
    return table


def _rows(cell: str, found: list[Outing], seed: int) -> list[Row]:
    trials, table = f"{len(found)} outings", list[Row]()
    for j, (who, what) in enumerate(FIGURES):
        after_s = np.array([outing.after_s[j] for outing in found])
        hits = share(int(np.isfinite(after_s).sum()), len(found))
        target = Target(least=ASKED[what]) if who == OURS else None
        table.append(row(NAME, cell, f"{what}, found", hits, trials, target, who))
        soon = median(after_s / 60, seed)
        table.append(row(NAME, cell, f"minutes until {what}, median", soon, trials, None, who))
    over = [outing.over_s for outing in found]
    ends = share(sum(isfinite(one) for one in over), len(over))
    table.append(row(NAME, cell, "over within an hour of his return", ends, trials))
    lasting = median(np.array(over) / 60, seed)
    table.append(row(NAME, cell, "minutes from his return until over, median", lasting, trials))
    return table


EXPERIMENT: Final = Experiment(
    NAME, "Away under curfew: found, how late, and how late that he is back?", tasks, run, rows
)
