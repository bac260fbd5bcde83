"""Accounts checked: of the statements that fixes support or contradict, how many are true, by how
large the likelihood ratio is; and how often nothing can be said.

The people, tags, places and windows are those of the questions about the past. Somebody says that
he was there; he was or was not. His routine is taken as three days of thirty: what is measured is
what the fixes of the day say.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from tagwatch.core.account import Bearing, bearing_of
from tagwatch.core.geometry import Disc
from tagwatch.core.likelihood import of_presence
from tagwatch.core.person import TagMode
from tagwatch.core.presence import presence
from tagwatch.core.rules.prepare import Prepared
from tagwatch.core.trail import TrailPart
from tagwatch.core.units import HOUR, MINUTE, SECOND, Instant
from tagwatch.sim.course import Course
from tagwatch.sim.quality.asked import LASTS, RADII_M, of_each_life, spot
from tagwatch.sim.quality.bound import share
from tagwatch.sim.quality.experiment import Experiment, Results, Setting, Task, shared_out
from tagwatch.sim.quality.judge import ALWAYS, TAG, settings_of
from tagwatch.sim.quality.table import Row, Target, row
from tagwatch.sim.quality.trace import PLANE, Trace, truth

NAME: Final = "account checks"
WINDOWS: Final = (20 * MINUTE, HOUR)
EACH: Final = 30
PRIOR: Final = 0.1
BANDS: Final = (
    ("1,000 and more", 1_000.0, float("inf")),
    ("100 to 1,000", 100.0, 1_000.0),
    ("10 to 100", 10.0, 100.0),
    ("2 to 10", 2.0, 10.0),
    ("0.5 to 2", 0.5, 2.0),
    ("0.1 to 0.5", 0.1, 0.5),
    ("0.01 to 0.1", 0.01, 0.1),
    ("less than 0.01", 0.0, 0.01),
)
"""Of the ratio: name, from, below."""
SUPPORTED: Final = Target(least=0.99)
CONTRADICTED: Final = Target(most=0.01)


@dataclass(frozen=True, slots=True)
class Checked:
    """One statement: what was answered, with which ratio and chance, and the truth."""

    bearing: Bearing
    ratio: float
    chance: float | None
    was_there: bool


def tasks(setting: Setting) -> list[Task]:
    """Return the people, five to a task."""
    return shared_out(NAME, setting, [("all",)], setting.sizes.wearers, 5)


def run(task: Task) -> list[Checked]:
    """Return what was answered to each statement about each person."""
    return of_each_life(task, EACH, _checked)


def _checked(lived: Course, trace: Trace, rng: np.random.Generator) -> Checked:
    radius_m = float(rng.choice(RADII_M[:3]))
    length = int(rng.choice(WINDOWS))
    since = int(lived.at[0] + 3 * HOUR + rng.uniform(0, LASTS - 6 * HOUR - length))
    about = np.array([since + int(rng.uniform(-HOUR, length + HOUR))])
    x, y, _, _ = truth(lived, about)
    low, high = (0.0, 2 * radius_m) if rng.random() < 0.5 else (2 * radius_m, 4_000.0)
    dx, dy = spot(rng, low, high)
    centre_x, centre_y = float(x[0]) + dx, float(y[0]) + dy
    times = np.arange(since, since + length, 2 * SECOND)
    xs, ys, _, _ = truth(lived, times)
    place = Disc(centre=PLANE.lonlat(centre_x, centre_y), radius_m=radius_m)
    window = (Instant(since), Instant(since + length))
    near = (trace.block["fixed_at"] >= since - HOUR) & (
        trace.block["fixed_at"] < since + length + HOUR
    )
    trail = [TrailPart(TAG, "", trace.block[near])]
    said = presence(trail, place, window, [ALWAYS], TagMode(), settings_of(None), Prepared())
    held = of_presence(said, PRIOR)
    away_m = np.hypot(xs - centre_x, ys - centre_y)
    return Checked(
        bearing_of(said, held), held.ratio, said.probability, bool((away_m <= radius_m).any())
    )


def rows(results: Results, _setting: Setting) -> list[Row]:
    """Return how many statements of each answer and each band of the ratio are true."""
    every: list[Checked] = [one for part in results[NAME, "all"] for one in part]
    table = [
        _row(name, "supports: true", _true(every, Bearing.SUPPORTS), SUPPORTED)
        for name in ("all answers",)
    ]
    table.append(
        _row("all answers", "contradicts: true", _true(every, Bearing.CONTRADICTS), CONTRADICTED)
    )
    unsaid = [one.bearing is Bearing.CANNOT_SAY for one in every]
    table.append(_row("all answers", "cannot say", unsaid, None))
    large = [one.was_there for one in every if one.ratio >= 100.0]
    table.append(_row("ratio of 100 and more", "true", large, SUPPORTED))
    for name, low, below in BANDS:
        band = [one.was_there for one in every if low <= one.ratio < below]
        table.append(_row(f"ratio {name}", "true", band, None))
    for low in (0.0, 0.2, 0.4, 0.6, 0.8):
        held = [
            one.was_there
            for one in every
            if one.chance is not None and low <= one.chance < low + 0.2 + (low == 0.8)
        ]
        table.append(_row(f"chance {low:g} to {low + 0.2:g}", "true", held, None))
    return table


def _true(every: list[Checked], bearing: Bearing) -> list[bool]:
    return [one.was_there for one in every if one.bearing is bearing]


def _row(cell: str, figure: str, hits: list[bool], target: Target | None) -> Row:
    return row(NAME, cell, figure, share(sum(hits), len(hits)), f"{len(hits)} statements", target)


EXPERIMENT: Final = Experiment(
    NAME, "Statements held against fixes: how often the answer is right.", tasks, run, rows
)
