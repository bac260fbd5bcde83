"""Whether a probability means what it says: on real files with truth, and at rest under errors
that are known."""

from collections.abc import Sequence
from functools import lru_cache
from math import ceil
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.random import Generator

from tagwatch.core.fix import FixBlock
from tagwatch.core.geometry import PlanarShape, Plane, Polygon, distance_to_shape_m, planar
from tagwatch.core.units import HOUR
from tagwatch.sim.error import Place
from tagwatch.sim.quality.bound import Floats, bootstrap
from tagwatch.sim.quality.experiment import (
    PLACES,
    Experiment,
    Results,
    Setting,
    Task,
    shared_out,
    word,
)
from tagwatch.sim.quality.judge import posteriors
from tagwatch.sim.quality.rival import circles, gaussian
from tagwatch.sim.quality.score import FORECASTS, WIDTH, figure, sums
from tagwatch.sim.quality.street import Kind, TrueTrail, read, thinned
from tagwatch.sim.quality.table import Row, Target, row
from tagwatch.sim.quality.trace import BEGINS, PLANE, Tells, made, slots, still

STREET: Final = "fixes with truth"
REST: Final = "posteriors at rest"
RADIUS_M: Final = 100.0
CORNERS: Final = 128
WITHIN_M: Final = 80.0
BLOCK_S: Final = 30.0
PHASES: Final = {1: 5, 10: 10, 60: 20}
"""Trails thinned to a cadence in seconds, each from another start."""
REST_LENGTH: Final = 6 * HOUR


def discs(plane: Plane, x_m: Floats, y_m: Floats, count: int, rng: Generator) -> list[PlanarShape]:
    """Return discs of 100 m with 128 corners whose edge lies -80 to 80 m from a true place drawn
    at random, in a direction drawn at random."""
    turns = np.linspace(0, 2 * np.pi, CORNERS, endpoint=False)
    found: list[PlanarShape] = []
    for _ in range(count):
        at, angle = int(rng.integers(0, len(x_m))), rng.uniform(0, 2 * np.pi)
        away = RADIUS_M - rng.uniform(-WITHIN_M, WITHIN_M)
        cx, cy = float(x_m[at] + away * np.cos(angle)), float(y_m[at] + away * np.sin(angle))
        ring = [
            plane.lonlat(cx + RADIUS_M * float(np.cos(t)), cy + RADIUS_M * float(np.sin(t)))
            for t in turns
        ]
        found.append(planar(Polygon(rings=(tuple(ring),)), plane))
    return found


def scored(
    block: FixBlock,
    truth: tuple[Floats, Floats],
    shapes: Sequence[PlanarShape],
    block_of: Any,
    blocks: int,
    place: Place | None,
) -> Floats:
    """Return the sums per block of ours and the rivals' forecasts on the same zones."""
    x, y = truth
    depth = np.array(
        [[-distance_to_shape_m(shape, a, b) for shape in shapes] for a, b in zip(x, y, strict=True)]
    )
    wanted = np.abs(depth) <= WITHIN_M
    point, touches, contained = circles(block, shapes, wanted)
    plain = gaussian(block, shapes, wanted)
    ours = posteriors(block, shapes, wanted, place)
    return sums((ours, plain, point, touches, contained), depth >= 0, wanted, block_of, blocks)


# --- files ----------------------------------------------------------------------------------


@lru_cache(maxsize=32)
def _read(path: Path) -> tuple[TrueTrail, ...]:
    return tuple(read(path))


def _street_tasks(setting: Setting) -> list[Task]:
    """Return every phase of every cadence of every trail."""
    return [
        Task(STREET, (trail.name, cadence), phase, 1, setting.seed, setting.sizes, (path,))
        for path in setting.files
        for trail in _read(path)
        for cadence, phases in PHASES.items()
        for phase in range(phases)
    ]


def _street_run(task: Task) -> Floats:
    name, cadence = task.cell
    (trail,) = [t for t in _read(task.files[0]) if t.name == name]
    rng = task.rng(task.first)
    kept = thinned(trail, cadence, cadence * task.first / PHASES[cadence])
    blocks = 1 + int(trail.seconds[-1] // BLOCK_S)
    if not len(kept):
        return np.zeros((blocks, WIDTH))
    shapes = discs(trail.plane, trail.x_m, trail.y_m, task.sizes.discs, rng)
    block_of = (trail.seconds[kept] // BLOCK_S).astype(np.int64)
    truth = trail.x_m[kept], trail.y_m[kept]
    return scored(trail.block[kept], truth, shapes, block_of, blocks, None)


def _street_rows(results: Results, setting: Setting) -> list[Row]:
    table: list[Row] = []
    pooled: dict[int, list[Floats]] = {}
    trails = [trail for path in setting.files for trail in _read(path)]
    for trail in trails:
        whole: list[Floats] = []
        for cadence in PHASES:
            found = np.sum(results[STREET, trail.name, cadence], axis=0)
            whole.append(found)
            table += _scores(f"{trail.name}, every {cadence} s", found, {}, setting)
            if trail.kind is Kind.STREET:
                pooled.setdefault(cadence, []).append(found)
        asked = _FILE_ASKED.get(trail.kind, {})
        table += _scores(f"{trail.name} ({trail.kind})", np.sum(whole, axis=0), asked, setting)
    for cadence, found in pooled.items():
        cell = f"street files pooled, every {cadence} s"
        table += _scores(cell, np.concatenate(found), {}, setting)
    if pooled:
        by_place = [np.sum(parts, axis=0) for parts in zip(*pooled.values(), strict=True)]
        table += _scores("street files pooled", np.concatenate(by_place), _POOL_ASKED, setting)
    return table


_FILE_ASKED: Final[dict[Kind, dict[str, Target]]] = {
    Kind.STREET: {
        "sure and right": Target(least=0.97),
        "clear but inside": Target(most=0.03),
        "log score against plain Gaussian": Target(most=1.0),
    },
    Kind.CLEAN: {"Brier": Target(most=0.04)},
}
_POOL_ASKED: Final = {
    "sure and right": Target(least=0.98),
    "clear but inside": Target(most=0.02),
    "log score against plain Gaussian": Target(most=0.6),
    "Brier against plain Gaussian": Target(most=0.95),
    "share sure": Target(least=0.04),
    "share clear": Target(least=0.20),
}
_OURS: Final = (
    "sure and right", "clear but inside", "share sure", "share clear", "Brier", "log score",
    "Brier against plain Gaussian", "log score against plain Gaussian",
)  # fmt: skip
_THEIRS: Final = ("sure and right", "clear but inside", "Brier")


def _scores(
    cell: str, found: Floats, asked: dict[str, Target], setting: Setting, name: str = STREET
) -> list[Row]:
    found = found[found[:, 0] > 0]
    total = found.sum(axis=0) if len(found) else np.zeros(WIDTH)
    trials = f"{int(total[0])} fix-zone pairs in {len(found)} blocks"
    table: list[Row] = []
    for title in _OURS:
        measured = bootstrap(found, figure(title), setting.seed, setting.sizes.resamples)
        table.append(row(name, cell, title, measured, trials, asked.get(title)))
    for k, who in enumerate(FORECASTS[1:], start=1):
        for title in _THEIRS:
            measured = bootstrap(found, figure(title, k), setting.seed, 200)
            table.append(row(name, cell, title, measured, trials, None, who))
    return table


# --- at rest --------------------------------------------------------------------------------


def _rest_tasks(setting: Setting) -> list[Task]:
    cells = [(place, tells) for place in PLACES for tells in (Tells.MOTION, Tells.NOTHING)]
    people = max(2, ceil(setting.sizes.entries / 5))
    return shared_out(REST, setting, cells, people, 10)


def _rest_run(task: Task) -> Floats:
    """Return the sums of each person, shape (people, WIDTH)."""
    place, tells = task.cell
    found = np.zeros((task.count, WIDTH))
    for k in range(task.count):
        rng = task.rng(task.first + k)
        times = slots(BEGINS, BEGINS + REST_LENGTH, 60.0, rng)
        trace = made(still(place, REST_LENGTH), times, rng, tells)
        shapes = discs(PLANE, trace.x_m, trace.y_m, max(2, task.sizes.discs // 4), rng)
        whole = np.zeros(len(trace), dtype=np.int64)
        known = place if tells else None
        found[k] = scored(trace.block, (trace.x_m, trace.y_m), shapes, whole, 1, known)[0]
    return found


def _rest_rows(results: Results, setting: Setting) -> list[Row]:
    asked = {"share sure": Target(least=0.35), "share clear": Target(least=0.35)}
    table: list[Row] = []
    for place in PLACES:
        for tells in (Tells.MOTION, Tells.NOTHING):
            found = np.concatenate(results[REST, place, tells])
            cell = f"{word(place)}, {'motion flag' if tells else 'no flag'}"
            wants = asked if place is Place.OPEN and tells else {}
            table += _scores(cell, found, wants, setting, REST)
    return table


EXPERIMENTS: Final = (
    Experiment(
        STREET,
        "Real fixes with truth: is 0.99 right 99 times of 100?",
        _street_tasks,
        _street_run,
        _street_rows,
    ),
    Experiment(
        REST,
        "The same of somebody at rest, a person being a block.",
        _rest_tasks,
        _rest_run,
        _rest_rows,
    ),
)
