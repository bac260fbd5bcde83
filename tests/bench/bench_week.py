"""Weekly overviews of everybody, as batch makes them: `-m tests.bench.bench_week`.

Workload: N wearers of the simulated London (zones, curfews), a week of fixes each by the frozen
error model (a fix a minute on the move, every five at rest), and what is kept of the eight weeks
before, as it is from week to week. Two processes make data and tagged PDF of each, niced, and the
digest. `--cold` keeps nothing of the weeks before: their trails are there, and are worked out too.
"""

import argparse
import asyncio
import os
import resource
import shutil
import tempfile
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from tagwatch.access.enrolment import now
from tagwatch.config import Config
from tagwatch.core.event import Event
from tagwatch.core.ids import ActivationId
from tagwatch.core.units import HOUR, Instant
from tagwatch.engine.centre import InProcessCentre
from tagwatch.engine.child import stand_back
from tagwatch.engine.weeks import Weeks
from tagwatch.query.week_facts import Shared, made_of, wearer_of, worn_in
from tagwatch.report.week.facts import week_from
from tagwatch.store.database import Access, open_tables, reading
from tagwatch.store.overviews import Kind, Overviews
from tests.bench.week_world import LIVES, lives, monday_before, put, world_of

PAST = 8


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--wearers", type=int, default=30)
    parser.add_argument("--full", action="store_true", help="1,000 wearers")
    parser.add_argument("--cold", action="store_true", help="nothing is kept of the weeks before")
    asked = parser.parse_args()
    wearers = 1_000 if asked.full else asked.wearers
    folder = Path(tempfile.mkdtemp(prefix="tagwatch-bench-week-"))
    try:
        config = Config(data=folder / "data")
        began = time.monotonic()
        fixes = build(config, wearers)
        print(
            f"{wearers:,} wearers, {fixes:,} fixes in the tables, made in "
            f"{time.monotonic() - began:.0f} s; {os.cpu_count()} cores, load "
            f"{os.getloadavg()[0]:.1f}"
        )
        if not asked.cold:
            keep_past(config, wearers)
        measure(config)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def build(config: Config, wearers: int) -> int:
    """Make the installation: the first LIVES wearers with nine weeks of trail, the others with
    the last; return how many fixes."""
    monday = monday_before(now())
    since = week_from(monday - PAST * timedelta(days=7))[0]
    start, end = week_from(monday)
    world = world_of(wearers, Instant(since - 12 * HOUR), Instant(end + 12 * HOUR))
    with InProcessCentre.open(config) as centre:
        events = list(world.register())
        for first in range(0, len(events), 5_000):
            centre.record(*events[first : first + 5_000], at=since)
        centre.apply()
    held = [
        (
            sim.wearer.wearer_id,
            ActivationId(f"act-demo-{sim.number:03d}"),
            sim.life.plane.origin,
        )
        for sim in world.wearers
    ]
    all_weeks = lives(world, since, end)
    count = put(config, held[:LIVES], all_weeks)
    if wearers > LIVES:
        count += put(config, held[LIVES:], lives(world, Instant(start - 6 * HOUR), end), -(10**7))
    return count


def keep_past(config: Config, wearers: int) -> None:
    """Keep what the eight weeks before came to, as it is from week to week: worked out for the
    first LIVES wearers, and theirs for the others."""
    kept, monday = Overviews(config.overviews_folder), monday_before(now())
    engine = open_tables(config, Access.READ)
    with reading(engine) as connection:
        names = worn_in(connection, week_from(monday))
        shared = Shared.of(connection)
        for name in names[:LIVES]:
            wearer = wearer_of(connection, name)
            if wearer is not None:
                made_of(connection, wearer, week_from(monday), kept, now(), "on demand", shared)
    engine.dispose()
    for number, name in enumerate(names[LIVES:wearers]):
        for back in range(1, PAST + 1):
            week = (monday - back * timedelta(days=7)).isoformat()
            content = kept.get(names[number % LIVES], week, Kind.PAST)
            if content is not None:
                kept.put(name, week, Kind.PAST, content)


def measure(config: Config) -> None:
    """Make the week, and print how long it took."""
    monday = monday_before(now())
    engine = open_tables(config, Access.READ)
    recorded: list[Event] = []

    async def record(events: Sequence[Event]) -> None:
        recorded.extend(events)

    with reading(engine) as connection:
        names = worn_in(connection, week_from(monday))
    stand_back(10)
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    asyncio.run(Weeks(config, engine, record).make(monday, names, asyncio.Event()))
    took = time.monotonic() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    engine.dispose()
    kept = Overviews(config.overviews_folder)
    pdf = sum(len(kept.get(name, monday.isoformat(), Kind.PDF) or b"") for name in names)
    print(
        f"{len(names):,} overviews with PDF in {took:.1f} s by the clock, {spent:.1f} s of "
        f"processor time ({1000 * spent / len(names):.0f} ms each); the largest process "
        f"{after.ru_maxrss / 1024:.0f} MB; {pdf / len(names) / 1000:.0f} kB of PDF each"
    )
    print(recorded[0])
    print(f"1,000 in {1000 * took / len(names):.0f} s at this pace; to reach: 300 s")


if __name__ == "__main__":
    main()
