"""What an experiment is: tasks that any process can run, and what rows their results make."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from zlib import crc32

import numpy as np
from numpy.random import Generator

from tagwatch.sim.error import Place
from tagwatch.sim.quality.table import Row

PLACES: Final = tuple(Place)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """How much of everything is tried."""

    weeks: int
    """Person-weeks at rest a cell."""
    week_days: float
    """Days of such a week: fewer only where nothing is to be shown but that it runs."""
    entries: int
    """Entries a cell."""
    discs: int
    """Discs laid along each street trail."""
    resamples: int
    wearers: int
    days: int
    """Days of the simulated London, besides the one in which it settles."""
    crossings: int
    arrivals: int


QUICK: Final = Sizes(
    weeks=1, week_days=0.5, entries=8, discs=4, resamples=200, wearers=6, days=1, crossings=20,
    arrivals=3,
)  # fmt: skip
DEFAULT: Final = Sizes(
    weeks=10, week_days=7, entries=100, discs=20, resamples=1000, wearers=60, days=2,
    crossings=200, arrivals=40,
)  # fmt: skip
FULL: Final = Sizes(
    weeks=200, week_days=7, entries=1000, discs=60, resamples=2000, wearers=400, days=5,
    crossings=1000, arrivals=300,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Task:
    """A share of one cell of one experiment; small enough to be sent to another process."""

    experiment: str
    cell: tuple[Any, ...]
    first: int
    count: int
    seed: int
    sizes: Sizes
    files: tuple[Path, ...] = field(default=())

    def rng(self, number: int) -> Generator:
        """Return the random numbers of trial `number`: the same however the work is shared out."""
        return np.random.default_rng([self.seed, crc32(repr(self.key).encode()), number])

    @property
    def key(self) -> tuple[Any, ...]:
        """Return what names the cell."""
        return (self.experiment, *self.cell)


@dataclass(frozen=True, slots=True)
class Setting:
    """What a run of the laboratory was asked for."""

    sizes: Sizes
    seed: int
    files: tuple[Path, ...] = ()
    """Street files with truth."""


Results = dict[tuple[Any, ...], list[Any]]
"""What the tasks of each cell yielded, in order."""


@dataclass(frozen=True, slots=True)
class Experiment:
    """A question of the laboratory."""

    name: str
    asks: str
    """In a sentence."""
    tasks: Callable[[Setting], list[Task]]
    run: Callable[[Task], Any]
    rows: Callable[[Results, Setting], list[Row]]


def shared_out(
    name: str, setting: Setting, cells: Sequence[tuple[Any, ...]], trials: int, each: int
) -> list[Task]:
    """Return tasks of at most `each` trials for every cell."""
    return [
        Task(name, cell, first, min(each, trials - first), setting.seed, setting.sizes)
        for cell in cells
        for first in range(0, trials, each)
    ]


def word(place: Place) -> str:
    """Return a place's name for the table."""
    return place.name.lower()
