"""Late, shuffled and repeated upload: are the findings the same, every one?"""

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.random import Generator

from tagwatch.core.derive import (
    EMPTY,
    Memory,
    Prepared,
    WearerOrders,
    advance,
    decidable,
    derive_findings,
    is_unseen,
    late_rows,
    rederive,
    snapshot_due,
)
from tagwatch.core.episode import Episode
from tagwatch.core.fix import FixBlock
from tagwatch.core.reconcile import content, is_gone
from tagwatch.core.units import HOUR, MINUTE
from tagwatch.sim.error import Place
from tagwatch.sim.quality.bound import share
from tagwatch.sim.quality.entry import on_foot_or_by_car, visit
from tagwatch.sim.quality.experiment import (
    PLACES,
    Experiment,
    Results,
    Setting,
    Task,
    shared_out,
    word,
)
from tagwatch.sim.quality.judge import ALWAYS, Zone, orders_of, part_of, settings_of
from tagwatch.sim.quality.table import Row, Target, row
from tagwatch.sim.quality.trace import Tells, made, slots

NAME: Final = "order of arrival"
ZONES: Final = (
    Zone("small", 0.0, 0.0, 100.0, buffer_m=200.0),
    Zone("beside", 60.0, 130.0, 80.0),
    Zone("large", -200.0, 0.0, 400.0),
)
STAY: Final = 25 * MINUTE
LONGEST_DELAY: Final = 2 * HOUR
FRAME: Final = 5
"""Fixes in a message."""


@dataclass
class Line:
    """The least of a line: what it stores, and when it derives anew."""

    orders: WearerOrders
    memory: Memory = EMPTY
    trail: list[FixBlock] = field(default_factory=list[FixBlock])
    snapshots: list[Memory] = field(default_factory=list[Memory])
    episodes: dict[str, Episode] = field(default_factory=dict[str, Episode])
    prepared: Prepared = field(default_factory=Prepared)

    def take(self, frame: FixBlock) -> None:
        """Take in one message as it arrives."""
        self.trail.append(frame)
        settings = settings_of(None)
        if late_rows(self.memory, frame).any():
            self._anew(int(frame["fixed_at"][decidable(frame)].min()))
            return
        done = advance(self.memory, part_of(frame), self.orders, settings, self.prepared)
        if snapshot_due(self.memory, done.memory):
            self.snapshots.append(done.memory)
        self.memory = done.memory
        self.episodes |= {e.episode_id: e for e in (*done.changed, *done.progressed)}

    def _anew(self, since: int) -> None:
        older = [memory for memory in self.snapshots if memory.upto < since]
        start = max(older, key=lambda memory: memory.upto, default=EMPTY)
        done = rederive(
            start,
            [part_of(frame[frame["fixed_at"] > start.upto]) for frame in self.trail],
            self.orders,
            settings_of(None),
            self.prepared,
            list(self.episodes.values()),
            self.memory,
            "a late fix",
        )
        self.snapshots = [m for m in self.snapshots if m.upto <= start.upto] + list(done.snapshots)
        self.memory = done.memory
        self.episodes |= {e.episode_id: e for e in done.changed}

    def findings(self) -> list[Episode]:
        """Return what it holds to be so: no ids, no service facts, nothing kept as history."""
        kept = [e for e in self.episodes.values() if not is_unseen(e) and not is_gone(e)]
        return sorted((content(e) for e in kept), key=repr)


def tasks(setting: Setting) -> list[Task]:
    """Return the trails of each kind of place."""
    return shared_out(NAME, setting, [(p,) for p in PLACES], setting.sizes.arrivals, 10)


def run(task: Task) -> list[bool]:
    """Return, trail by trail, whether every order of arrival gave the same findings."""
    (place,) = task.cell
    return [same(place, task.rng(n)) for n in range(task.first, task.first + task.count)]


def same(place: Place, rng: Generator) -> bool:
    """Return whether delayed, shuffled and repeated messages give what the whole trail gives."""
    visited = visit(place, ZONES[0], rng.uniform(-20, 80), on_foot_or_by_car(rng), STAY)
    times = slots(visited.course.at[0], visited.course.at[-1], 60.0, rng)
    block = made(visited.course, times, rng, Tells.MOTION).block
    orders = orders_of(ZONES)
    whole = derive_findings([part_of(block)], orders, settings_of(None), ALWAYS, Prepared())
    expected = sorted((content(e) for e in whole), key=repr)
    frames = [block[k : k + FRAME] for k in range(0, len(block), FRAME)]
    for arrivals in (
        frames,
        frames[::-1],
        _delayed(frames, rng),
        _delayed([*frames, *frames], rng),
    ):
        line = Line(orders)
        for frame in arrivals:
            line.take(frame)
        if line.findings() != expected:
            return False
    return True


def _delayed(frames: list[FixBlock], rng: Generator) -> list[FixBlock]:
    """Return the messages by time of arrival, each held up on its own, most hardly at all."""
    held = [rng.uniform(0, LONGEST_DELAY) if rng.random() < 0.3 else 0.0 for _ in frames]
    arrives = [int(f["fixed_at"][-1]) + late for f, late in zip(frames, held, strict=True)]
    return [frames[k] for k in np.argsort(arrives, kind="stable")]


def rows(results: Results, _setting: Setting) -> list[Row]:
    """Return the share of trails that came out the same, which must be all."""
    table: list[Row] = []
    for place in PLACES:
        found = [one for part in results[NAME, place] for one in part]
        trials = f"{len(found)} trails, four orders of arrival each"
        measured = share(sum(found), len(found))
        target = Target(least=1.0)
        table.append(row(NAME, word(place), "findings identical", measured, trials, target))
    return table


EXPERIMENT: Final = Experiment(
    NAME, "Late, shuffled and repeated upload: are the findings the same?", tasks, run, rows
)
