"""Notifications in a simulated London: the whole line, with every kind of alert counted.

Wearers live, work, shop and visit as `sim.routine` says. Each has a zone of 200 m radius; how far
his home lies from its edge is drawn from HOMES. One in eight goes into his zone once. Curfews,
batteries, silence: all that raises an alert is there, and simulated officers answer.
"""

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
from numpy.random import Generator

from tagwatch.config import load
from tagwatch.core.alert import Alert, AlertKind
from tagwatch.core.geometry import Disc
from tagwatch.core.order import Curfew, ExclusionZone
from tagwatch.core.units import DAY, HOUR, MINUTE, SECOND, Instant
from tagwatch.engine.centre import InProcessCentre
from tagwatch.sim import script
from tagwatch.sim.history import make_history
from tagwatch.sim.quality.bound import rate, share
from tagwatch.sim.quality.experiment import Experiment, Results, Setting, Task, shared_out
from tagwatch.sim.quality.table import Row, Target, row
from tagwatch.sim.quality.trace import BEGINS, truth
from tagwatch.sim.routine import Life, Spot, course
from tagwatch.sim.world import SimWearer, build
from tagwatch.store import alerts
from tagwatch.store.database import reading

NAME: Final = "a simulated London"
RADIUS_M: Final = 200.0
HOMES: Final = ((0.05, 20.0, 100.0), (0.10, 100.0, 300.0), (0.25, 300.0, 1000.0),
                (0.60, 1000.0, 4000.0))  # fmt: skip
"""Share of wearers, and metres from home to the zone's edge: least, most."""
NEAR_M: Final = 300.0
"""Only wearers with a place this near to an edge may be noisy."""
BUFFER_M: Final = 200.0
BUFFER_FROM_M: Final = 500.0
"""Nobody draws a ring through the wearer's home: nearer homes have none."""
ENTERS_EVERY: Final = 8
SETTLES: Final = 1 * DAY
"""Left out of the count: the first day of a tag is no ordinary one."""
PLACES_APART_M: Final = 350.0
ASKED_PER_1000: Final = 10.0
ABOUT_PLACES: Final = (AlertKind.ZONE_ENTRY, AlertKind.ZONE_APPROACH)


@dataclass(frozen=True, slots=True)
class Days:
    """What one wearer's days brought, the first one left out, and the truth."""

    home_m: float
    """From home to the zone's edge."""
    alerts: dict[str, int]
    entered: tuple[tuple[int, int], ...]
    """When he truly was inside, by the minute."""
    told: int
    """How many of these an alert speaks of."""


def tasks(setting: Setting) -> list[Task]:
    """Return the wearers, thirty to a centre."""
    return shared_out(NAME, setting, [("all",)], setting.sizes.wearers, 30)


def run(task: Task) -> list[Days]:
    """Return what became of each wearer of one centre."""
    begins, until = BEGINS, Instant(BEGINS + SETTLES + task.sizes.days * DAY)
    world = build(task.seed * 1000 + task.first, begins, until, task.count)
    homes = [_live(sim, task.first + k, task, until) for k, sim in enumerate(world.wearers)]
    with (
        tempfile.TemporaryDirectory(prefix="tagwatch-quality-") as folder,
        InProcessCentre.open(load(Path(folder) / "data", {})) as centre,
    ):
        make_history(centre, world, lambda: until, lambda _share: None)
        with reading(centre.projections) as connection:
            raised = alerts.every_alert(connection)
    return [
        _lived(sim, home_m, raised, until) for sim, home_m in zip(world.wearers, homes, strict=True)
    ]


def _live(sim: SimWearer, number: int, task: Task, until: Instant) -> float:
    """Give the wearer his zone, his places and his way of life; return metres from home to edge."""
    rng = task.rng(number)
    home_m = _home_m(rng)
    angle = rng.uniform(0, 2 * np.pi)
    far = RADIUS_M + home_m
    centre = (float(far * np.cos(angle)), float(far * np.sin(angle)))
    buffer_m = BUFFER_M if home_m >= BUFFER_FROM_M else 0.0
    plane = sim.life.plane
    protects = () if sim.person is None else (sim.person.person_id,)
    zone = ExclusionZone(
        label="Zone A",
        shape=Disc(centre=plane.lonlat(*centre), radius_m=RADIUS_M),
        buffer_m=buffer_m,
        protects=protects,
    )
    first = msgspec.structs.replace(sim.conditions[0], terms=zone)
    curfews = [version for version in sim.conditions if isinstance(version.terms, Curfew)]
    sim.conditions = [first, *curfews]
    sim.zones = [centre]
    kept = RADIUS_M + max(buffer_m, 50.0)
    sim.life = Life(
        plane,
        _spot(rng, centre, kept, 2500, 7000),
        _spot(rng, centre, kept, 300, 900),
        _spot(rng, centre, kept, 800, 3000),
        sim.life.streets,
        ((centre, kept + 250.0 if buffer_m else kept),),
    )
    sim.tag.course = course(sim.life, rng, BEGINS, until)
    if number % ENTERS_EVERY == 0:
        script.walk_in(sim, BEGINS + SETTLES + round(rng.uniform(9, 15) * HOUR))
    return home_m


def _home_m(rng: Generator) -> float:
    shares = np.array([part for part, _, _ in HOMES])
    _, least, most = HOMES[int(rng.choice(len(HOMES), p=shares / shares.sum()))]
    return float(rng.uniform(least, most))


def _spot(rng: Generator, centre: Spot, kept_m: float, least: float, most: float) -> Spot:
    """Return a place that far from home and well clear of the zone."""
    while True:
        angle, far = rng.uniform(0, 2 * np.pi), rng.uniform(least, most)
        spot = (float(far * np.cos(angle)), float(far * np.sin(angle)))
        if np.hypot(spot[0] - centre[0], spot[1] - centre[1]) > kept_m + PLACES_APART_M:
            return spot


def _lived(sim: SimWearer, home_m: float, raised: list[Alert], until: int) -> Days:
    since = BEGINS + SETTLES
    mine = [a for a in raised if a.wearer_id == sim.wearer.wearer_id and a.raised_at >= since]
    kinds: dict[str, int] = {}
    for alert in mine:
        kinds[alert.kind.value] = kinds.get(alert.kind.value, 0) + 1
    entered = _entered(sim, since, until)
    told = sum(
        any(
            a.kind is AlertKind.ZONE_ENTRY
            and start - 10 * MINUTE <= a.happened_at <= end + 2 * MINUTE
            for a in mine
        )
        for start, end in entered
    )
    return Days(home_m, kinds, entered, told)


def _entered(sim: SimWearer, since: int, until: int) -> tuple[tuple[int, int], ...]:
    """Return the stays truly inside, at least two minutes long, from the true course."""
    times = np.arange(since, until, 10 * SECOND, dtype=np.int64)
    x, y, _, _ = truth(sim.tag.course, times)
    inside = np.hypot(x - sim.zones[0][0], y - sim.zones[0][1]) < RADIUS_M
    edges = np.flatnonzero(np.diff(np.concatenate(([False], inside, [False])).astype(int)))
    found = [(int(times[a]), int(times[b - 1])) for a, b in edges.reshape(-1, 2)]
    return tuple((a, b) for a, b in found if b - a >= 2 * MINUTE)


def rows(results: Results, setting: Setting) -> list[Row]:
    """Return alerts per 1,000 wearers and day, by how near their homes are, and entries told."""
    lives: list[Days] = [life for part in results[NAME, "all"] for life in part]
    days = setting.sizes.days
    quiet = [life for life in lives if not life.entered]
    table: list[Row] = []
    bands = [(f"home {low:g} to {high:g} m from an edge", low, high) for _, low, high in HOMES]
    groups = [("no place within 300 m of an edge", NEAR_M, 1e9), *bands, ("all", 0.0, 1e9)]
    for cell, low, high in groups:
        group = [life for life in quiet if low <= life.home_m < high]
        trials = f"{len(group)} wearers who never enter, {days} days"
        target = Target(most=ASKED_PER_1000) if low == NEAR_M and high > 1e6 else None
        total = np.array([sum(life.alerts.values()) for life in group], dtype=float)
        measured = rate(total, days / 1000)
        figure = "alerts of all kinds per 1,000 wearers and day"
        table.append(row(NAME, cell, figure, measured, trials, target))
        about = np.array(
            [sum(life.alerts.get(k.value, 0) for k in ABOUT_PLACES) for life in group], dtype=float
        )
        figure = "alerts about zones per 1,000 wearers and day"
        table.append(row(NAME, cell, figure, rate(about, days / 1000), trials))
    for kind in sorted({kind for life in quiet for kind in life.alerts}):
        counts = np.array([life.alerts.get(kind, 0) for life in quiet], dtype=float)
        figure = f"alerts `{kind}` per 1,000 wearers and day"
        trials = f"{len(quiet)} wearers who never enter, {days} days"
        table.append(row(NAME, "all", figure, rate(counts, days / 1000), trials))
    entries = sum(len(life.entered) for life in lives)
    told = share(sum(life.told for life in lives), entries)
    trials = f"{entries} true entries of two minutes or more"
    table.append(row(NAME, "all", "true entries alerted", told, trials, Target(least=1.0)))
    return table


EXPERIMENT: Final = Experiment(
    NAME, "Alerts of every kind in a simulated London, through the whole line.", tasks, run, rows
)
