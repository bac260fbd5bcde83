"""Weeks of trails for measuring overviews: simulated lives with the frozen errors, put into the
tables of an installation as if the tags had sent them."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import insert

from tagwatch.config import Config
from tagwatch.core.fix import FixBlock
from tagwatch.core.ids import ActivationId, WearerId
from tagwatch.core.plane import LonLat, Plane
from tagwatch.core.timetable import london
from tagwatch.core.units import DAY, HOUR, MINUTE, Instant
from tagwatch.report.week.facts import monday_of, week_from
from tagwatch.sim.quality.trace import MOVING_MPS, PLANE, Tells, lonlats, made, truth
from tagwatch.sim.world import World, build
from tagwatch.store import schema
from tagwatch.store.database import Access, open_tables
from tagwatch.store.trail import block_row

LIVES = 24
RESTING = 5
"""At rest every fifth minute brings a fix, on the move every one."""


@dataclass(frozen=True, slots=True)
class Life:
    """What the tag of one simulated life reported, its places in metres from home."""

    block: FixBlock
    x_m: NDArray[np.float64]
    y_m: NDArray[np.float64]


def monday_before(now: Instant) -> date:
    """Return the Monday of the last whole London week."""
    return monday_of(london(now).date()) - timedelta(days=7)


def world_of(count: int, since: Instant, until: Instant) -> World:
    """Return so many wearers of the simulated London."""
    return build(11, since, until, count)


def lives(world: World, since: Instant, until: Instant) -> list[Life]:
    """Return the reports of the first LIVES wearers' tags over [since, until)."""
    found: list[Life] = []
    for number, sim in enumerate(world.wearers[:LIVES]):
        rng = np.random.default_rng([world.seed, number, 5])
        slots = np.arange(since + int(rng.integers(0, MINUTE)), until, MINUTE, dtype=np.int64)
        speeds = truth(sim.tag.course, slots)[3]
        kept = (speeds > MOVING_MPS) | (np.arange(len(slots)) % RESTING == 0)
        trace = made(sim.tag.course, slots[kept], rng, Tells.MOTION)
        x_m, y_m = PLANE.xy_arrays(trace.block["lon_deg"], trace.block["lat_deg"])
        block = trace.block.copy()
        block["accuracy_m"] = np.round(block["accuracy_m"], 1)
        hours = (block["fixed_at"] - since) / HOUR
        block["battery_pct"] = np.round(100.0 - 3.1 * (hours % 23.0), 0)
        found.append(Life(block, x_m, y_m))
    return found


def blocks(life: Life, home: LonLat, first_seq: int) -> list[FixBlock]:
    """Return the reports round another home, a block a day."""
    block = life.block.copy()
    block["lon_deg"], block["lat_deg"] = lonlats(life.x_m, life.y_m, Plane.at(home))
    block["seq"] = first_seq
    days = (block["fixed_at"] - block["fixed_at"][0]) // DAY
    return [block[days == day] for day in np.unique(days)]


def put(
    config: Config,
    held: list[tuple[WearerId, ActivationId, LonLat]],
    of: list[Life],
    seq: int = -1,
) -> int:
    """Put a trail of each of these wearers into the tables, as messages numbered from `seq` down;
    return how many fixes."""
    engine = open_tables(config, Access.WRITE)
    fixes = 0
    with engine.connect() as connection:
        for number, (wearer, activation, home) in enumerate(held):
            rows = []
            for block in blocks(of[number % len(of)], home, seq):
                rows.append(block_row(seq, wearer, activation, block))
                seq -= 1
                fixes += len(block)
            with connection.begin():
                connection.execute(insert(schema.trail_block), rows)
    engine.dispose()
    return fixes


def week_of(now: Instant) -> tuple[Instant, Instant]:
    """Return the last whole London week."""
    return week_from(monday_before(now))
