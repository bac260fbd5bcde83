"""The trail page of one wearer, as a browser has it: `-m tests.bench.bench_trail_page`.

Workload: made-up fixes, about one in 56 s with gaps and vague ones (`archive_world`), of one wearer
who has a zone at a place of his and one far off; a week (10,800 fixes), a week that lies in the
archive, and ten weeks (100,000 and more), of which the last 40 days lie in the tables and the rest
in the archive, as in an installation. The server's time is from the first byte asked to the last
byte had, signed in, with the audit on the disk, the page and its audit asked N times; by hand
beside it the parts of it. The browser's time is from the navigation until map and rows are drawn,
and from a move of the slider until the next picture is on the screen. The archive holds this one
wearer; what reading one of many takes is `bench_archive`'s.
"""

import argparse
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import msgspec
import uvicorn
from playwright.sync_api import sync_playwright

from tagwatch.access.actor import Actor
from tagwatch.access.audit import AuditTrail
from tagwatch.access.enrolment import demonstration_link, now
from tagwatch.access.purpose import Purpose
from tagwatch.access.reader import Reader, open_projections
from tagwatch.access.role import Role
from tagwatch.access.scope import scope
from tagwatch.config import RECENT_DAYS_LEAST, Config, WebConfig
from tagwatch.core.fix import FixBlock, joined
from tagwatch.core.ids import AccountId, ActivationId, WearerId
from tagwatch.core.order import ZoneKnowledge
from tagwatch.core.person import Activation, Tag
from tagwatch.core.plane import LonLat
from tagwatch.core.recorded_register import ActivationStarted, ConditionRecorded, TagRecorded
from tagwatch.core.shape import Disc
from tagwatch.core.units import DAY, Instant, iso
from tagwatch.engine.centre import InProcessCentre
from tagwatch.query.trail_view import trail_view
from tagwatch.store import schema
from tagwatch.store.archive.write import write_parts
from tagwatch.store.database import Access, open_tables
from tagwatch.store.trail import block_row
from tagwatch.web.app import create_app, uvicorn_config
from tests.bench.archive_build import put_files
from tests.bench.archive_world import BEGINS, day, world
from tests.conftest import CHROMIUM_ARGUMENTS
from tests.web import sample

WEARER = WearerId("w_team")
DAYS = 70
PURPOSE = {"purpose": "supervision", "next": "/"}
SLIDE = """async () => {
  const range = document.querySelector('#play-at');
  const took = [];
  const picture = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 0)));
  for (let k = 0; k < 60; k += 1) {
    range.value = Number(range.max) * ((k * 37) % 60) / 60;
    const began = performance.now();
    range.dispatchEvent(new Event('input', { bubbles: true }));
    await picture();
    took.push(performance.now() - began);
    await picture();
  }
  return took;
}"""


def build(folder: Path) -> tuple[Config, Instant]:
    """Make the installation; return it with the end of the trail."""
    config = sample.build(folder)
    of = world(1)
    end = Instant(now() // DAY * DAY)
    moved = end - DAYS * DAY - BEGINS
    began = Instant(end - (DAYS + 5) * DAY)
    home, other = (
        LonLat(lon_deg=float(lon), lat_deg=float(lat)) for lon, lat in of.places[0, (0, 2)]
    )
    with InProcessCentre.open(config) as centre:
        tag = Tag(tag_id="t_team", serial="TW-0002")
        worn = Activation(
            activation_id="act_team", tag_id="t_team", wearer_id=WEARER, started_at=began
        )
        centre.record(
            TagRecorded(tag=tag, by=sample.BY),
            ActivationStarted(activation=worn, by=sample.BY),
            *(_zone(f"c_{k}", at, began) for k, at in enumerate((other, home))),
            at=now(),
        )
        centre.apply()
    rows, old, seq = [], [], 1_000
    for number in range(DAYS):
        blocks, seq = day(of, number, seq)
        block = joined([block for _, block in blocks])
        for name in ("fixed_at", "received_at"):
            block[name] += moved
        block["sent_at"] = block["received_at"]
        if number < DAYS - RECENT_DAYS_LEAST:
            old.append((WEARER, ActivationId("act_team"), block))
        else:
            rows.append((schema.trail_block, block_row(seq, WEARER, "act_team", block)))
        seq += 1
    sample.put(config, *rows)
    _archive(config, old, Instant(end - RECENT_DAYS_LEAST * DAY), seq)
    return config, end


def _archive(
    config: Config, rows: list[tuple[WearerId, ActivationId, FixBlock]], horizon: Instant, upto: int
) -> None:
    files = write_parts(config.archive_folder, "months", rows)
    database = open_tables(config, Access.WRITE)
    with database.begin() as connection:
        put_files(connection, list(files), horizon, upto)
    database.dispose()


def _zone(name: str, at: LonLat, began: Instant) -> ConditionRecorded:
    told = sample.zone(name, ZoneKnowledge.TOLD, 150.0)
    off = 0.0 if name == "c_0" else 0.01  # a street away from his home
    centre = LonLat(lon_deg=at.lon_deg + off, lat_deg=at.lat_deg)
    terms = msgspec.structs.replace(told.terms, shape=Disc(centre=centre, radius_m=150.0))
    return ConditionRecorded(
        condition=msgspec.structs.replace(
            told,
            wearer_id=WEARER,
            order_id=f"o_{WEARER}",
            terms=terms,
            valid_from=began,
            recorded_at=began,
            told_at=began,
        ),
        by=sample.BY,
    )


@contextmanager
def served(config: Config) -> Iterator[str]:
    """Serve the pages from a thread of this process."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    app = create_app(config)
    web = msgspec.structs.replace(config, web=WebConfig(port=port))
    server = uvicorn.Server(uvicorn_config(app, web))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(20)


def entered(config: Config, address: str) -> httpx.Client:
    """Return a client that is signed in and has said why it looks."""
    client = httpx.Client(base_url=address, follow_redirects=True, timeout=60)
    client.get(demonstration_link(config, AccountId("ac_colleague"), address))
    page = client.get("/purpose").text
    token = page.split('name="_csrf_token" value="', 1)[1].split('"', 1)[0]
    client.post("/purpose", data={**PURPOSE, "_csrf_token": token})
    return client


def timed(what: str, times: int, work: Callable[[int], Any]) -> Any:
    """Do it so often; print the middle and the slow end of what it took, and how much of a
    processor it used, the client with it: the rest is others' work on the machine."""
    took, used, found = [], [], None
    for number in range(times):
        began, cpu = time.perf_counter(), time.process_time()
        found = work(number)
        took.append(1000 * (time.perf_counter() - began))
        used.append(1000 * (time.process_time() - cpu))
    slow = sorted(took)[max(0, -(-95 * len(took) // 100) - 1)]
    said = (statistics.median(took), slow, statistics.median(used))
    print("  {:24} p50 {:6.0f} ms   p95 {:6.0f} ms   processor {:6.0f} ms".format(what, *said))
    return found


def server_side(config: Config, client: httpx.Client, end: Instant, days: int, times: int) -> str:
    """Print what the page of so many days takes; return its address."""
    start = Instant(end - days * DAY)
    path = f"/wearers/{WEARER}/trail?start={iso(start)}&end={iso(end)}"
    page = timed("page, with audit", times, lambda k: client.get(f"{path}&page={1 + k % 5}"))
    if page.status_code != httpx.codes.OK:
        raise RuntimeError(page.text[:500])
    engine, audit = open_projections(config), AuditTrail.open(config, "bench")
    actor = Actor(
        account_id=AccountId("ac_colleague"),
        name="Demo Colleague",
        role=Role.PRACTITIONER,
        agency="probation-london",
    )
    reader = Reader(engine, scope(actor, Purpose.SUPERVISION), audit, now)
    view = timed("of it: the question", times, lambda _: trail_view(reader, WEARER, start, end))
    said = (len(view.columns.block), len(view.drawn), len(view.movements.stops), len(page.content))
    print("  {:,} fixes, {:,} drawn, {} stops, {:,} bytes of page".format(*said))
    audit.close()
    engine.dispose()
    return path


def browser_side(config: Config, address: str, paths: list[str]) -> None:
    """Print what a browser takes until the map is drawn, and for a move of the slider."""
    asked = subprocess.run(
        [sys.executable, "setup/browser.py"], capture_output=True, text=True, check=False
    )
    if asked.returncode != 0:
        print(f"  no browser: {asked.stderr.strip()}")
        return
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=asked.stdout.strip(), args=list(CHROMIUM_ARGUMENTS)
        )
        page = browser.new_page(viewport={"width": 1200, "height": 900})
        page.set_default_timeout(60_000)
        page.goto(demonstration_link(config, AccountId("ac_colleague"), address))
        page.goto(f"{address}/purpose?next=/about")
        page.locator(".govuk-radios__label").first.click()
        page.get_by_role("button", name="Continue").click()
        for path in paths:
            drawn = []
            for _ in range(3):
                page.goto(address + path)
                element = page.locator("[data-trail-page][data-ready=yes]")
                element.wait_for(state="attached")
                drawn.append(int(element.get_attribute("data-drawn-ms") or 0))
            slid = sorted(page.evaluate(SLIDE))
            said = (statistics.median(drawn), slid[len(slid) // 2], slid[-3])
            print("  browser: drawn after {} ms; slider p50 {:.0f}, p95 {:.0f} ms".format(*said))
        browser.close()


def main() -> None:
    """Build, ask, look."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=20)
    times = parser.parse_args().times
    with tempfile.TemporaryDirectory() as folder:
        config, end = build(Path(folder))
        with served(config) as address:
            client = entered(config, address)
            paths = []
            archived = Instant(end - (DAYS - 10) * DAY)
            for name, until, days, often in (
                ("a week", end, 7, times),
                ("a week in the archive", archived, 7, times),
                ("ten weeks, thirty days of them in the archive", end, DAYS, times // 4 or 1),
            ):
                print(name)
                paths.append(server_side(config, client, until, days, often))
            browser_side(config, address, paths)


if __name__ == "__main__":
    main()
