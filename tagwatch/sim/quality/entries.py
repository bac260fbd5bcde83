"""The experiments on true entries: shallow, as deep as twice the R95, and at every depth."""

from collections.abc import Sequence
from math import isfinite
from typing import Any, Final

import numpy as np

from tagwatch.core.units import MINUTE
from tagwatch.sim.course import DRIVE_MPS
from tagwatch.sim.error import Place
from tagwatch.sim.quality.bound import median, share
from tagwatch.sim.quality.entry import Seen, on_foot_or_by_car, seen, visit
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
from tagwatch.sim.quality.rival import Rival
from tagwatch.sim.quality.table import Row, Target, row
from tagwatch.sim.quality.trace import Tells, made, slots

ENTRY: Final = "true entries"
DEEP: Final = "entries twice the R95 deep"
CURVE: Final = "confirmed against depth and delay"
SMALL: Final = Zone("z", 0.0, 0.0, 100.0)
LARGE: Final = Zone("z", 0.0, 0.0, 300.0)
SHALLOW_M: Final = (30.0, 60.0)
DEEP_M: Final = {Place.OPEN: 18.0, Place.URBAN: 56.0, Place.CANYON: 120.0, Place.INDOOR: 132.0}
"""Twice the calibrated R95 of the frozen error table."""
DEPTHS_M: Final = (10, 20, 30, 50, 80)
DELAYS_MIN: Final = (1, 2, 3, 5, 10, 15)
TOLD: Final = (Tells.MOTION, Tells.NOTHING)
FIRST_ASKED: Final = {Place.INDOOR: 0.90}
STAY: Final = 5 * MINUTE
LONG_STAY: Final = 15 * MINUTE


def told(tells: Tells) -> str:
    """Return what the tag tells, for the table."""
    return "regime and motion flag" if tells else "no flag"


def _known_place(place: Place, tells: Tells) -> Place | None:
    return place if tells else None


# --- at least 30 m deep, five minutes -------------------------------------------------------


def _entry_tasks(setting: Setting) -> list[Task]:
    cells = [(place, tells) for place in PLACES for tells in TOLD]
    return shared_out(ENTRY, setting, cells, setting.sizes.entries, 50)


def _entry_run(task: Task) -> list[Seen]:
    place, tells = task.cell
    found: list[Seen] = []
    for number in range(task.first, task.first + task.count):
        rng = task.rng(number)
        depth = rng.uniform(*SHALLOW_M)
        found.append(_once(place, tells, SMALL, depth, on_foot_or_by_car(rng), STAY, rng))
    return found


def _once(
    place: Place, tells: Tells, zone: Zone, depth_m: float, mps: float, stay: int, rng: Any
) -> Seen:
    visited = visit(place, zone, depth_m, mps, stay)
    times = slots(visited.course.at[0], visited.course.at[-1], 60.0, rng)
    trace = made(visited.course, times, rng, tells)
    return seen(trace, visited, zone, _known_place(place, tells))


def _entry_rows(results: Results, _setting: Setting) -> list[Row]:
    table: list[Row] = []
    for place in PLACES:
        for tells in TOLD:
            with_fix = _at_least(results[ENTRY, place, tells], 1)
            cell, n = f"{word(place)}, {told(tells)}", len(with_fix)
            trials = f"{n} entries with a fix inside"
            first = Target(least=FIRST_ASKED.get(place, 0.95))
            ever = sum(isfinite(s.possible_after) for s in with_fix)
            at_first = sum(s.possible_first for s in with_fix)
            sure = sum(isfinite(s.confirmed_after) for s in with_fix)
            for figure, hits, target in (
                ("possible", ever, Target(least=0.995)),
                ("possible at the first fix inside", at_first, first),
                ("confirmed", sure, None),
            ):
                table.append(row(ENTRY, cell, figure, share(hits, n), trials, target))
            table += _rivals(ENTRY, cell, with_fix, trials)
    return table


def _at_least(parts: Sequence[list[Seen]], inside: int) -> list[Seen]:
    return [one for part in parts for one in part if one.inside >= inside]


def _rivals(name: str, cell: str, found: list[Seen], trials: str) -> list[Row]:
    return [
        row(
            name,
            cell,
            "alarm",
            share(sum(s.rivals[j] for s in found), len(found)),
            trials,
            None,
            str(rival),
        )
        for j, rival in enumerate(Rival)
    ]


# --- twice the R95 deep ---------------------------------------------------------------------


def _deep_tasks(setting: Setting) -> list[Task]:
    cells = [(place, tells) for place in PLACES for tells in TOLD]
    return shared_out(DEEP, setting, cells, setting.sizes.entries, 50)


def _deep_run(task: Task) -> list[Seen]:
    place, tells = task.cell
    return [
        _once(place, tells, LARGE, DEEP_M[place], DRIVE_MPS, STAY, task.rng(number))
        for number in range(task.first, task.first + task.count)
    ]


def _deep_rows(results: Results, setting: Setting) -> list[Row]:
    table: list[Row] = []
    for place in PLACES:
        for tells in TOLD:
            found = _at_least(results[DEEP, place, tells], 2)
            cell = f"{word(place)}, {DEEP_M[place]:g} m deep, {told(tells)}"
            trials = f"{len(found)} entries with two fixes inside"
            asked = bool(tells)
            possible = median(np.array([s.possible_after for s in found]), setting.seed)
            after = median(np.array([s.confirmed_after for s in found]), setting.seed)
            sure = share(sum(isfinite(s.confirmed_after) for s in found), len(found))
            for figure, measured, target in (
                ("fixes inside until possible, median", possible, Target(most=1)),
                ("confirmed", sure, Target(least=0.85) if asked else None),
                ("fixes inside until confirmed, median", after, Target(most=3) if asked else None),
            ):
                table.append(row(DEEP, cell, figure, measured, trials, target))
            table += _rivals(DEEP, cell, found, trials)
    return table


# --- the curve ------------------------------------------------------------------------------


def _curve_tasks(setting: Setting) -> list[Task]:
    cells = [(place, depth) for place in PLACES for depth in DEPTHS_M]
    return shared_out(CURVE, setting, cells, max(1, setting.sizes.entries // 4), 50)


def _curve_run(task: Task) -> list[Seen]:
    place, depth = task.cell
    return [
        _once(place, Tells.MOTION, SMALL, depth, DRIVE_MPS, LONG_STAY, task.rng(number))
        for number in range(task.first, task.first + task.count)
    ]


def _curve_rows(results: Results, _setting: Setting) -> list[Row]:
    table: list[Row] = []
    for place in PLACES:
        for depth in DEPTHS_M:
            found = _at_least(results[CURVE, place, depth], 0)
            cell, trials = f"{word(place)}, {depth} m deep, 15 min", f"{len(found)} entries"
            for delay in DELAYS_MIN:
                hits = sum(s.confirmed_s <= delay * 60 for s in found)
                figure = f"confirmed within {delay} min"
                table.append(row(CURVE, cell, figure, share(hits, len(found)), trials))
    return table


EXPERIMENTS: Final = (
    Experiment(
        ENTRY,
        "Entries 30 to 60 m deep for five minutes: told at once?",
        _entry_tasks,
        _entry_run,
        _entry_rows,
    ),
    Experiment(
        DEEP,
        "Entries twice the calibrated R95 deep: confirmed soon?",
        _deep_tasks,
        _deep_run,
        _deep_rows,
    ),
    Experiment(
        CURVE,
        "Share confirmed against depth and time since entering.",
        _curve_tasks,
        _curve_run,
        _curve_rows,
    ),
)
