"""From a tag to officers' screens through the four real processes: `-m tests.bench.bench_live`.

Workload: `tagwatch serve` on a folder with N wearers (five zones and a curfew each), 200 officers
signed in, each with an open stream (every alert is in everybody's scope), and an open loop of 333
single fixes a second over HTTP at random times, two of which a second lie in a zone of a wearer
who was at home till then. Meanwhile batch makes everybody's weekly overview with its PDF, as on a
Monday morning, of 1,000 wearers with a week of fixes each and of the others without. Then the same
with late fixes beside it, in batches of 1,000. Latency runs from the moment a fix was due to be
written to an open socket until a browser's socket gave the alert: the first stream that had it, and
the last of all 200.
`--rate 2000 --pages 5` loads the front door instead, with pages loaded beside the streams; then
"fix acknowledged" is the figure.
"""

import argparse
import asyncio
import os
import shutil
import sqlite3
import tempfile
import time
from pathlib import Path

from tagwatch.access.enrolment import now
from tagwatch.config import Config
from tagwatch.core.ids import ActivationId, WearerId
from tagwatch.core.plane import LonLat
from tagwatch.web.entry import cookie_name
from tests.bench import national_people
from tests.bench.live_client import (
    LATE_BATCH,
    Crowd,
    Seen,
    browse,
    connections,
    flood,
    listen,
    load,
)
from tests.bench.live_world import Served, build, people_of, sessions
from tests.bench.week_world import LIVES, lives, put, week_of, world_of

RATE = 333.0
ENTRIES = 2.0
STREAMS = 200
CONNECTIONS = 200
MOST_S = 1800.0
SLACK = int(RATE)
"""Fixes of the last second, which the line need not have taken when the late ones are decided."""
WITH_WEEKS = 1_000
"""Wearers with a week of fixes to make an overview of."""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--wearers", type=int, default=2_000)
    parser.add_argument("--seconds", type=float, default=25.0)
    parser.add_argument("--late", type=int, default=20_000, help="late fixes beside live traffic")
    parser.add_argument("--rate", type=float, default=RATE, help="single fixes a second")
    parser.add_argument("--pages", type=float, default=0.0, help="pages loaded a second beside")
    parser.add_argument("--full", action="store_true", help="20,000 wearers, 1,000,000 late fixes")
    asked = parser.parse_args()
    wearers = 20_000 if asked.full else asked.wearers
    late = 1_000_000 if asked.full else asked.late
    seconds = 60.0 if asked.full else asked.seconds
    folder = Path(tempfile.mkdtemp(prefix="tagwatch-bench-live-"))
    served: Served | None = None
    try:
        began = time.monotonic()
        build(folder / "data", wearers, week_of(now())[0])
        weeks = put_weeks(folder / "data", min(wearers, WITH_WEEKS))
        print(
            f"{wearers:,} wearers, {STREAMS} streams, {asked.rate:.0f} fixes/s over {CONNECTIONS} "
            f"connections, {os.cpu_count()} cores shared with the client, load "
            f"{os.getloadavg()[0]:.1f}; register made in {time.monotonic() - began:.0f} s, with "
            f"{weeks:,} fixes of last week"
        )
        served = Served(folder / "data")
        cookies = sessions(served.config, STREAMS)
        print(f"all four processes up to date after {served.wait(600):.1f} s")
        crowd = Crowd(people_of(wearers), 1)
        asyncio.run(measure(served, crowd, cookies, seconds, late, asked.rate, asked.pages))
    finally:
        if served is not None:
            served.end()
        shutil.rmtree(folder, ignore_errors=True)


async def measure(
    served: Served,
    crowd: Crowd,
    cookies: list[str],
    seconds: float,
    late: int,
    rate: float,
    pages: float,
) -> None:
    """Run both phases and print a table."""
    seen = Seen()
    browsers = await listen(served.web_port, cookie_name(None), cookies, seen)
    senders = await connections(served.tags_port, CONNECTIONS, seen)
    made, since = overviews(served), time.perf_counter()
    await load(senders, crowd, Seen(), rate, 0.01, 5.0)
    await asyncio.sleep(2.0)
    before, began = served.processor_s(), time.perf_counter()
    looking = asyncio.create_task(look(served, seen))
    browsing = asyncio.create_task(
        browse(served.web_port, cookie_name(None), cookies, pages) if pages else asyncio.sleep(0)
    )
    await load(senders, crowd, seen, rate, ENTRIES, seconds)
    browsing.cancel()
    loads = await browsing if pages else None
    await settle(seen)
    looking.cancel()
    used = {name: s - before[name] for name, s in served.processor_s().items() if name in before}
    print(f"\n{'':34} {'p50':>8} {'p90':>8} {'p99':>8} {'most':>8}  (ms)")
    show("live", seen)
    if loads:
        row(f"a page of {len(loads)} loaded beside", sorted(loads))
    took = time.perf_counter() - began
    shares = ", ".join(f"{name} {s / took:.0%}" for name, s in sorted(used.items()))
    print(f"processor: {shares} of a core")
    memory(served)
    if late:
        lates = await connections(served.tags_port, 4, seen)
        beside = Seen()
        for browser in browsers:
            browser._seen = beside
        for sender in senders:
            sender._seen = beside
        work = asyncio.create_task(flood(lates, crowd, late // LATE_BATCH))
        began, decided = time.perf_counter(), False
        while not decided and time.perf_counter() - began < MOST_S:
            await load(senders, crowd, beside, rate, ENTRIES, 5.0)
            acknowledged = len(seen.acknowledged) + len(beside.acknowledged) + late
            decided = work.done() and await caught_up(served, acknowledged - SLACK)
        taken, took = await work
        await settle(beside)
        show("beside late data", beside)
        print(
            f"{taken:,} late fixes acknowledged in {took:.0f} s, "
            f"{'all' if decided else 'NOT all'} decided after {time.perf_counter() - began:.0f} s"
        )
        memory(served)
    made, span = overviews(served) - made, time.perf_counter() - since
    print(f"{made:,} weekly overviews with PDF made meanwhile, {made / span:.1f} a second")
    for one in (*browsers, *senders):
        one.transport.abort()


def put_weeks(folder: Path, wearers: int) -> int:
    """Put a week of fixes into the tables for the first `wearers`; return how many fixes."""
    config, (start, end) = Config(data=folder), week_of(now())
    people = people_of(wearers)
    life = lives(world_of(LIVES, start, end), start, end)
    held = [
        (
            WearerId(national_people.wearer_id(w)),
            ActivationId(national_people.activation_id(w)),
            LonLat(lon_deg=float(people.home[w, 0]), lat_deg=float(people.home[w, 1])),
        )
        for w in range(wearers)
    ]
    return put(config, held, life)


def overviews(served: Served) -> int:
    """Return how many weekly overviews there are."""
    return sum(1 for _ in served.config.overviews_folder.glob("wearers/*/*.week"))


async def settle(seen: Seen) -> None:
    """Wait until every stream has every alert, half a minute at most."""
    until = time.perf_counter() + 30
    while time.perf_counter() < until:
        if all(seen.streams.get(w, 0) >= STREAMS for w in seen.sent):
            return
        await asyncio.sleep(0.1)


async def look(served: Served, seen: Seen) -> None:
    """Note when alerts are in the projections, until cancelled."""
    found = sqlite3.connect(
        f"file:{served.config.projections_file}?mode=ro", uri=True, check_same_thread=False
    )
    query, last = "select rowid, wearer_id from alert where rowid > ?", 0
    try:
        while True:
            for rowid, wearer in await asyncio.to_thread(list, found.execute(query, [last])):
                last = max(last, rowid)
                w = int(wearer[1:]) if wearer else -1
                if w in seen.sent:
                    seen.committed.setdefault(w, time.perf_counter())
            await asyncio.sleep(0.01)
    finally:
        found.close()


async def caught_up(served: Served, fixes: int) -> bool:
    """Tell whether the line has counted this many fixes."""

    def look() -> int:
        found = sqlite3.connect(f"file:{served.config.projections_file}?mode=ro", uri=True)
        rows = dict(found.execute("select name, value from counter"))
        found.close()
        return int(rows.get("fixes", 0))

    return await asyncio.to_thread(look) >= fixes


def show(name: str, seen: Seen) -> None:
    """Print the latencies of one phase."""
    missing = [w for w in seen.sent if seen.streams.get(w, 0) < STREAMS]
    if seen.committed:
        row(
            f"{name}: alert committed",
            sorted(at - seen.sent[w] for w, at in seen.committed.items()),
        )
    for what, found in (("first stream", seen.first), ("last of all streams", seen.last)):
        times = sorted(found[w] - seen.sent[w] for w in found)
        row(f"{name}: {what}", times)
    row(f"{name}: fix acknowledged", sorted(seen.acknowledged))
    print(
        f"{len(seen.sent)} entries, {len(seen.first)} alerts seen, {len(missing)} not in every "
        f"stream; {len(seen.acknowledged):,} fixes acknowledged, {seen.refused} refused"
    )


def row(name: str, times: list[float]) -> None:
    """Print one row of the table."""
    if not times:
        print(f"{name:34} nothing")
        return
    ranks = [times[min(len(times) - 1, int(len(times) * share))] for share in (0.5, 0.9, 0.99)]
    cells = " ".join(f"{found * 1e3:8.0f}" for found in (*ranks, times[-1]))
    print(f"{name:34} {cells}")


def memory(served: Served) -> None:
    """Print what each process holds in memory."""
    found = served.memory_mb()
    parts = ", ".join(f"{name} {rss:.0f}" for name, (rss, _) in sorted(found.items()))
    print(
        f"memory: {sum(rss for rss, _ in found.values()):.0f} MB resident ({parts}), "
        f"{sum(pss for _, pss in found.values()):.0f} MB with shared pages counted once"
    )


if __name__ == "__main__":
    main()
