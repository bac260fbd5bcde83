"""Fifty officers at their desks, on the four real processes: `-m tests.bench.bench_desk`.

Workload: `tagwatch serve` on a folder with N wearers (five zones and a curfew each; `--full`:
20,000), a tenth as many open alerts of those who went into a zone, and single fixes coming in at
the nation's share of them. Fifty officers, 20 operators and 30 practitioners, each with a
stream of alerts open, work in a closed loop: look at a page, think (exponential, five seconds in
the mean), go on. One turn is the list, an alert, a note on it, the wearer of it, another page of
the menu; the live map's page asks for what its map draws, as its script does. Everything is signed
in, scoped and on the audit as in service. A page's time runs from the first byte asked to the last
byte had. Printed with it: what processors each process used, the client among them, and how much of
the time of the machine others took.
"""

import argparse
import asyncio
import os
import random
import re
import shutil
import sqlite3
import tempfile
import time
from collections import defaultdict
from pathlib import Path

import httpx

from tagwatch.access.purpose import Purpose
from tagwatch.web.entry import cookie_name
from tests.bench.bench_live import memory, row
from tests.bench.live_client import Crowd, Seen, Sender, connections, listen, load
from tests.bench.live_world import Served, build, people_of, sessions

OFFICERS = 50
THINK_S = 5.0
COME_S = 30.0
"""Within which they all sit down, about one turn: a shift does not begin in one second."""
NATION_RATE = 333.0 / 20_000
"""Fixes a second of one wearer: 20,000 of them send 333."""
MENU = ("/cases", "/wearers", "/on-call", "/tags", "/live")
_TOKEN = re.compile(r'name="_csrf_token" value="([^"]+)"')
_ALERT = re.compile(r'href="/alerts/(al_[^"/?#]+)"')
_WEARER = re.compile(r'href="(/wearers/[^"/?#]+)"')


class Took:
    """Seconds by kind of page, and answers that were no page."""

    def __init__(self) -> None:
        self.seconds: dict[str, list[float]] = defaultdict(list)
        self.refused: dict[str, int] = defaultdict(int)


class Officer:
    """One person with a browser, who goes on when the page is there and read."""

    def __init__(self, client: httpx.AsyncClient, seed: int, took: Took) -> None:
        self._client, self._rng, self._took = client, random.Random(seed), took
        self._token = ""

    async def begin(self) -> None:
        """State a purpose, as the first look at a wearer asks."""
        page = await self._client.get("/purpose")
        self._token = _TOKEN.findall(page.text)[0]
        purposes = re.findall(r'name="purpose"[^>]*value="([a-z_]+)"', page.text)
        purpose = purposes[0] if purposes else Purpose.ALERT_RESPONSE.value
        data = {"_csrf_token": self._token, "purpose": purpose, "next": "/"}
        await self._client.post("/purpose", data=data)

    async def work(self, until: float) -> None:
        """Take turns until the time is over."""
        await asyncio.sleep(self._rng.uniform(0, COME_S))
        while time.perf_counter() < until:
            listed = await self._page("list of open alerts", "/alerts")
            alerts = _ALERT.findall(listed)
            if alerts:
                page = f"/alerts/{self._rng.choice(alerts)}"
                about = await self._page("alert", page)
                await self._note(page)
                wearers = _WEARER.findall(about)
                if wearers:
                    await self._page("wearer", wearers[0])
            other = self._rng.choice(MENU)
            if other == "/live":
                await self._asked("menu: /live", other)
                await self._page("the map of /live", "/live/places")
            else:
                await self._page(f"menu: {other}", other)

    async def _page(self, kind: str, path: str) -> str:
        found = await self._asked(kind, path)
        await self._think()
        return found

    async def _asked(self, kind: str, path: str) -> str:
        began = time.perf_counter()
        answer = await self._client.get(path)
        self._note_time(kind, began, answer)
        return answer.text

    async def _note(self, page: str) -> None:
        began = time.perf_counter()
        data = {"_csrf_token": self._token, "words": "rang him, no answer yet"}
        answer = await self._client.post(f"{page}/note", data=data)
        self._note_time("note on an alert", began, answer)
        await self._think()

    def _note_time(self, kind: str, began: float, answer: httpx.Response) -> None:
        if answer.status_code == 200:
            self._took.seconds[kind].append(time.perf_counter() - began)
        else:
            self._took.refused[f"{kind}: {answer.status_code}"] += 1

    async def _think(self) -> None:
        await asyncio.sleep(self._rng.expovariate(1.0 / THINK_S))


async def measure(
    served: Served, crowd: Crowd, cookies: list[str], alerts: int, rate: float, seconds: float
) -> None:
    """Raise the alerts, let the officers work, print what their pages took."""
    seen, took = Seen(), Took()
    browsers = await listen(served.web_port, cookie_name(None), cookies, seen)
    await raise_alerts(served, crowd, await connections(served.tags_port, 50, seen), alerts)
    senders = await connections(served.tags_port, 50, seen)  # the first ones idled too long
    print(f"{open_alerts(served):,} alerts are open")
    before, own, began = served.processor_s(), time.process_time(), time.perf_counter()
    machine = machine_s()
    async with asyncio.TaskGroup() as group:
        until = time.perf_counter() + seconds
        group.create_task(load(senders, crowd, seen, rate, 0.2, seconds))
        for number, cookie in enumerate(cookies):
            group.create_task(officer(served, cookie, number, took, until))
    print(f"\n{'':34} {'p50':>8} {'p90':>8} {'p95':>8} {'most':>8}  (ms)")
    for kind, times in sorted(took.seconds.items()):
        line(f"{kind} ({len(times)})", sorted(times))
    every = sorted(t for times in took.seconds.values() for t in times)
    line(f"every page ({len(every)})", every)
    print(f"not answered with a page: {dict(took.refused) or 'none'}")
    row("fix acknowledged", sorted(seen.acknowledged))
    after, took_s = served.processor_s(), time.perf_counter() - began
    used = {name: s - before[name] for name, s in after.items() if name in before}
    used["client"] = time.process_time() - own
    others = machine_s() - machine - sum(used.values())
    shares = ", ".join(f"{name} {s / took_s:.0%}" for name, s in sorted(used.items()))
    print(f"processor, of one core: {shares}; others {max(0.0, others) / took_s:.0%}")
    memory(served)
    for one in (*browsers, *senders):
        one.transport.abort()


async def officer(served: Served, cookie: str, number: int, took: Took, until: float) -> None:
    """Let one officer work."""
    async with httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{served.web_port}",
        cookies={cookie_name(None): cookie},
        follow_redirects=True,
        timeout=60,
    ) as client:
        person = Officer(client, number, took)
        await person.begin()
        await person.work(until)


async def raise_alerts(served: Served, crowd: Crowd, senders: list[Sender], alerts: int) -> None:
    """Send wearers into their zones until so many alerts are open, and wait until their cards are
    written and told: the measurement is of a full list, not of a storm."""
    for _ in range(600):
        left = alerts - open_alerts(served)
        if left <= 0:
            break
        for number in range(min(left, 25)):
            _, request = crowd.entering()
            senders[number % len(senders)].send(request, time.perf_counter())
        await asyncio.sleep(1.0)
    else:
        raise RuntimeError(f"{open_alerts(served)} alerts after ten minutes, of {alerts}")
    before = -1
    for _ in range(20):
        now = count(served, "select count(*) from alert_event")
        if now == before:
            return
        before = now
        await asyncio.sleep(25.0)


def machine_s() -> float:
    """Return the processor time that everything on this machine has used."""
    parts = Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]
    user, nice, system, _idle, _wait, irq, softirq, steal = (int(part) for part in parts[:8])
    return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")


def open_alerts(served: Served) -> int:
    """Return how many alerts are not closed."""
    return count(served, "select count(*) from alert where state != 'closed'")


def count(served: Served, query: str) -> int:
    """Return what a counting query finds."""
    found = sqlite3.connect(f"file:{served.config.projections_file}?mode=ro", uri=True)
    (number,) = found.execute(query).fetchone()
    found.close()
    return int(number)


def line(name: str, times: list[float]) -> None:
    """Print one row of the table."""
    ranks = [times[min(len(times) - 1, int(len(times) * share))] for share in (0.5, 0.9, 0.95)]
    print(f"{name:34} " + " ".join(f"{found * 1e3:8.0f}" for found in (*ranks, times[-1])))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--wearers", type=int, default=2_000)
    parser.add_argument("--seconds", type=float, default=90.0)
    parser.add_argument("--full", action="store_true", help="20,000 wearers, 2,000 open alerts")
    asked = parser.parse_args()
    wearers = 20_000 if asked.full else asked.wearers
    folder, served = Path(tempfile.mkdtemp(prefix="tagwatch-bench-desk-")), None
    try:
        build(folder / "data", wearers)
        served = Served(folder / "data")
        cookies = sessions(served.config, OFFICERS)
        print(
            f"{wearers:,} wearers, {OFFICERS} officers thinking {THINK_S:.0f} s in the mean, "
            f"{os.cpu_count()} cores shared with the client, load {os.getloadavg()[0]:.1f}; all "
            f"four processes up to date after {served.wait(600):.1f} s"
        )
        crowd, rate = Crowd(people_of(wearers), 1), wearers * NATION_RATE
        asyncio.run(measure(served, crowd, cookies, wearers // 10, rate, asked.seconds))
    finally:
        if served is not None:
            served.end()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
