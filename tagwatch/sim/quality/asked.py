"""Questions about the past: of the answers "he was near" how many are true, of the answers "he was
not" how many are false, and how often nothing can be said; against the nearest fix.

People live as `sim.routine` says, their tags send a fix a minute on the move and one in five
minutes at rest, and fall silent some times a day. Places are drawn about where somebody truly was
some time near the window: half of them within twice the radius, half up to eight kilometres off.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeVar

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from tagwatch.core.meeting import Answer
from tagwatch.core.units import DAY, HOUR, MINUTE, SECOND, Instant
from tagwatch.sim.course import Course
from tagwatch.sim.error import Place
from tagwatch.sim.quality.bound import share
from tagwatch.sim.quality.experiment import Experiment, Results, Setting, Task, shared_out
from tagwatch.sim.quality.judge import Zone, near_in
from tagwatch.sim.quality.table import Row, Target, row
from tagwatch.sim.quality.trace import (
    BEGINS,
    MOVING_MPS,
    PLANE,
    Floats,
    Tells,
    Trace,
    made,
    truth,
)
from tagwatch.sim.routine import Life, Spot, course

Answered = TypeVar("Answered")
NAME: Final = "questions about the past"
RADII_M: Final = (50.0, 100.0, 250.0, 1000.0)
WINDOWS: Final = (10 * MINUTE, HOUR, 6 * HOUR)
EACH: Final = 40
"""Questions about one person."""
LASTS: Final = 2 * DAY
SILENT_A_DAY: Final = 4
SILENT_MIN: Final = (10.0, 180.0)
RIVAL: Final = "nearest fix"
YES_TRUE: Final = Target(least=0.99)
NO_FALSE: Final = Target(most=0.01)


@dataclass(frozen=True, slots=True)
class Said:
    """One question: what was answered, what the nearest fix says, and the truth."""

    radius_m: float
    seen: bool
    """Fixes came as expected throughout the window."""
    answer: Answer
    nearest_fix: bool
    was_near: bool


def tasks(setting: Setting) -> list[Task]:
    """Return the people, five to a task."""
    return shared_out(NAME, setting, [("all",)], setting.sizes.wearers, 5)


def run(task: Task) -> list[Said]:
    """Return what was said of each question about each person."""
    return of_each_life(task, EACH, _asked)


def of_each_life(
    task: Task, each: int, ask: Callable[[Course, Trace, Generator], Answered]
) -> list[Answered]:
    """Return what `ask` returns of each person of a task, asked so many times."""
    found: list[Answered] = []
    for number in range(task.first, task.first + task.count):
        rng = task.rng(number)
        lived = lived_by(rng)
        trace = heard(lived, rng)
        found += [ask(lived, trace, rng) for _ in range(each)]
    return found


def lived_by(rng: Generator) -> Course:
    """Return two days of somebody's life."""
    streets = Place(rng.choice([int(Place.URBAN), int(Place.CANYON)]))
    life = Life(PLANE, spot(rng, 2500, 7000), spot(rng, 300, 900), spot(rng, 800, 3000),
                streets, ())  # fmt: skip
    begins = Instant(BEGINS + int(rng.integers(0, 6)) * DAY)
    return course(life, rng, begins, Instant(begins + LASTS))


def spot(rng: Generator, least: float, most: float) -> Spot:
    """Return a place so far off in some direction."""
    angle, far = rng.uniform(0, 2 * np.pi), rng.uniform(least, most)
    return float(far * np.cos(angle)), float(far * np.sin(angle))


def heard(lived: Course, rng: Generator) -> Trace:
    """Return what his tag sent: a fix a minute on the move, one in five at rest, none while it is
    silent."""
    begins = lived.at[0]
    every = np.arange(begins + int(rng.integers(0, MINUTE)), begins + LASTS, MINUTE)
    _, _, _, speeds = truth(lived, every)
    moving = speeds > MOVING_MPS
    due = moving | (np.arange(len(every)) % 5 == 0)
    for _ in range(SILENT_A_DAY * LASTS // DAY):
        since = begins + rng.uniform(0, LASTS)
        due &= ~((every >= since) & (every < since + rng.uniform(*SILENT_MIN) * MINUTE))
    return made(lived, every[due], rng, Tells.MOTION)


def _asked(lived: Course, trace: Trace, rng: Generator) -> Said:
    radius_m = float(rng.choice(RADII_M))
    length = int(rng.choice(WINDOWS))
    since = int(lived.at[0] + 3 * HOUR + rng.uniform(0, LASTS - 6 * HOUR - length))
    about = np.array([since + int(rng.uniform(-2 * HOUR, length + 2 * HOUR))])
    x, y, _, _ = truth(lived, about)
    low, high = (0.0, 2 * radius_m) if rng.random() < 0.5 else (2 * radius_m, 8_000.0)
    dx, dy = spot(rng, low, high)
    zone = Zone("asked", float(x[0]) + dx, float(y[0]) + dy, radius_m)
    times = np.arange(since, since + length, 2 * SECOND)
    xs, ys, _, _ = truth(lived, times)
    window = (Instant(since), Instant(since + length))
    answer, seen = near_in(trace.block, zone, window)
    return Said(
        radius_m=radius_m,
        seen=seen,
        answer=answer,
        nearest_fix=_nearest_fix(trace, zone, window),
        was_near=bool((_away_m(xs, ys, zone) <= radius_m).any()),
    )


def _away_m(x_m: Floats, y_m: Floats, zone: Zone) -> Floats:
    return np.hypot(x_m - zone.x_m, y_m - zone.y_m)


def _nearest_fix(trace: Trace, zone: Zone, window: tuple[Instant, Instant]) -> bool:
    """Return what others answer: whether some fix of the window lies within the radius."""
    times: NDArray[np.int64] = trace.block["fixed_at"]
    rows = (times >= window[0]) & (times < window[1])
    x, y = PLANE.xy_arrays(trace.block["lon_deg"][rows], trace.block["lat_deg"][rows])
    return bool((_away_m(x, y, zone) <= zone.radius_m).any())


def rows(results: Results, _setting: Setting) -> list[Row]:
    """Return how often answers are true: by radius, by whether all was seen, and together."""
    every: list[Said] = [one for part in results[NAME, "all"] for one in part]
    table: list[Row] = []
    for radius in RADII_M:
        table += _cell(f"within {radius:g} m", [o for o in every if o.radius_m == radius])
    table += _cell("seen throughout", [o for o in every if o.seen])
    table += _cell("silent for some of it", [o for o in every if not o.seen])
    return table + _cell("all", every)


def _cell(cell: str, said: list[Said]) -> list[Row]:
    yes = [o.was_near for o in said if o.answer is Answer.YES]
    no = [o.was_near for o in said if o.answer is Answer.NO]
    unsaid = [o.answer is Answer.CANNOT_SAY for o in said]
    told = [o.answer is Answer.YES for o in said if o.was_near]
    away = [o.answer is Answer.NO for o in said if not o.was_near]
    return [
        _row(cell, "yes: truly was near", yes, "answers yes", YES_TRUE),
        _row(cell, "no: truly was near", no, "answers no", NO_FALSE),
        _row(cell, "cannot say", unsaid, "questions", None),
        _row(cell, "truly near: told yes", told, "times near", None),
        _row(cell, "truly not near: told no", away, "times not near", None),
        _rival(cell, "yes: truly was near", [o.was_near for o in said if o.nearest_fix], "yes"),
        _rival(cell, "no: truly was near", [o.was_near for o in said if not o.nearest_fix], "no"),
    ]


def _row(cell: str, figure: str, hits: list[bool], what: str, target: Target | None) -> Row:
    return row(NAME, cell, figure, share(sum(hits), len(hits)), f"{len(hits)} {what}", target)


def _rival(cell: str, figure: str, hits: list[bool], answer: str) -> Row:
    measured = share(sum(hits), len(hits))
    return row(NAME, cell, figure, measured, f"{len(hits)} answers {answer}", None, RIVAL)


EXPERIMENT: Final = Experiment(
    NAME, "Was he near a place in a window: how often the answer is right.", tasks, run, rows
)
