"""Pages as a browser has them, beside those of an earlier commit: `-m tests.bench.bench_pages`.

Workload: an installation of 200 wearers with an order each, a protected person and a zone for every
second one, 100 open alerts and 200 closed ones; one of them has ten weeks of fixes, thirty days of
them in the archive (`bench_trail_page`). Every page is asked signed in, with the audit on the disk.

`--before COMMIT` builds the same installation with the code of that commit, in a worktree and a
process of its own, and asks the two in turn, a few pages each time, so that what else the machine
does hits both alike. Reported are the p50 and p95 by the clock, the processor time, and their ratio
to those of before. The packages are today's for both: what is compared is the
project's own code.
"""

import argparse
import contextlib
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import msgspec

from tagwatch.core.ledger import Event
from tagwatch.core.outcome import AlertState, Phase
from tagwatch.core.person import ProtectedPerson
from tagwatch.core.recorded_register import (
    ConditionRecorded,
    OrderRecorded,
    PersonRecorded,
    WearerRecorded,
)
from tagwatch.core.units import DAY, MINUTE, Instant, iso
from tagwatch.engine.centre import InProcessCentre
from tagwatch.store import schema
from tests.bench import bench_trail_page
from tests.web import sample

WEARERS = 200
OPEN, CLOSED = 100, 200
ROOT = Path(__file__).resolve().parents[2]
Took = list[tuple[float, float]]


def build(folder: Path) -> dict[str, str]:
    """Make the installation; return what is asked of it, by name. With it the config's folder."""
    config, end = bench_trail_page.build(folder)
    with InProcessCentre.open(config) as centre:
        centre.record(*_register(), at=sample.now())
        centre.apply()
    rows = []
    for number in range(OPEN + CLOSED):
        wearer_id, at = f"w_{number % WEARERS:03d}", Instant(sample.now() - number * MINUTE)
        found = sample.alert(wearer_id, f"al_{number:03d}", raised_at=at, happened_at=at)
        if number >= OPEN:
            found = msgspec.structs.replace(
                found, state=AlertState.CLOSED, phase=Phase.ENDED, closed_at=at
            )
        rows.append((schema.alert, sample.alert_row(found)))
        rows.append((schema.alert_event, sample.event_row(found.alert_id, wearer_id, "raised")))
    sample.put(config, *rows)
    trail = f"/wearers/{bench_trail_page.WEARER}/trail"
    week = f"?start={iso(Instant(end - 7 * DAY))}&end={iso(end)}"
    archived = Instant(end - 60 * DAY)
    past = f"?start={iso(Instant(archived - 7 * DAY))}&end={iso(archived)}"
    return {
        "open alerts": "/alerts",
        "an alert": "/alerts/al_w_team",
        "wearers": "/wearers",
        "a wearer": f"/wearers/{bench_trail_page.WEARER}",
        "a trail of a week": trail + week,
        "a week in the archive": trail + past,
    }


def _register() -> Iterator[Event]:
    for number in range(WEARERS):
        wearer_id = f"w_{number:03d}"
        wearer = msgspec.structs.replace(
            sample.wearer("w_team", 1_000 + number),
            wearer_id=wearer_id,
            name=f"Demo Person {number}",
        )
        order = msgspec.structs.replace(
            sample.order("w_team"),
            order_id=f"o_{wearer_id}",
            wearer_id=wearer_id,
            reference=f"REF-{wearer_id}",
        )
        yield WearerRecorded(wearer=wearer, by=sample.BY)
        yield OrderRecorded(order=order, by=sample.BY)
        if number % 2:
            continue
        person_id = f"p_{number:03d}"
        person = ProtectedPerson(
            person_id=person_id,
            name=f"Demo Protected {number}",
            wearers=(wearer_id,),
            liaison="k_liaison",
        )
        zone = sample.zone(f"c_{number:03d}", sample.ZoneKnowledge.TOLD, 250.0)
        terms = msgspec.structs.replace(zone.terms, protects=(person_id,))
        zone = msgspec.structs.replace(
            zone, wearer_id=wearer_id, order_id=order.order_id, terms=terms
        )
        yield PersonRecorded(person=person, by=sample.BY)
        yield ConditionRecorded(condition=zone, by=sample.BY)


def answer() -> None:
    """Serve what is asked for on the standard input, line by line: a name and how often."""
    with tempfile.TemporaryDirectory() as folder:
        pages = build(Path(folder))
        config = bench_trail_page.Config(data=Path(folder) / "data")
        with bench_trail_page.served(config) as address:
            client = bench_trail_page.entered(config, address)
            print(json.dumps(list(pages)), flush=True)
            for line in sys.stdin:
                name, times = json.loads(line)
                took = [_asked(client, pages[name]) for _ in range(times)]
                print(json.dumps(took), flush=True)


def _asked(client: httpx.Client, path: str) -> tuple[float, float]:
    began, cpu = time.perf_counter(), time.process_time()
    page = client.get(path)
    used = time.process_time() - cpu
    if page.status_code != httpx.codes.OK or "/purpose" in str(page.url):
        raise RuntimeError(f"{path}: {page.status_code} {page.url}")
    return 1000 * (time.perf_counter() - began), 1000 * used


class Side:
    """The pages of one tree, in a process of its own."""

    def __init__(self, tree: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.bench_pages", "--answer"],
            cwd=tree,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def names(self) -> list[str]:
        """Return what can be asked, once it is up."""
        return self._read()

    def ask(self, name: str, times: int) -> Took:
        """Return by the clock and of the processor what each took, in ms."""
        assert self._process.stdin is not None
        print(json.dumps([name, times]), file=self._process.stdin, flush=True)
        return [(wall, used) for wall, used in self._read()]

    def _read(self) -> list:  # type: ignore[type-arg]  # whatever JSON says
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the pages of one side did not come up: see above")
        return json.loads(line)

    def end(self) -> None:
        """End it."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(60)


@contextlib.contextmanager
def before(commit: str) -> Iterator[Path]:
    """Yield a tree of an earlier commit that can ask itself what this one can."""
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "before"
        git = ("git", "-C", str(ROOT), "worktree")
        subprocess.run([*git, "add", "--detach", "--quiet", str(tree), commit], check=True)
        try:
            here = "tests/bench/bench_pages.py"
            (tree / here).write_bytes((ROOT / here).read_bytes())
            vendor = "tagwatch/web/static/vendor"
            (tree / vendor).symlink_to(ROOT / vendor)
            yield tree
        finally:
            subprocess.run([*git, "remove", "--force", str(tree)], check=True)


def compare(sides: list[Side], rounds: int, each: int) -> None:
    """Ask the sides in turn and print what they took, the first of them to the second."""
    names = [side.names() for side in sides][-1]  # what both can be asked
    for name in names:
        for side in sides:
            side.ask(name, 3)  # what is compiled and cached is so afterwards
        took: list[Took] = [[] for _ in sides]
        for number in range(rounds):
            order = list(zip(sides, took, strict=True))
            for side, kept in order if number % 2 else reversed(order):
                kept.extend(side.ask(name, each))
        said = [_said(kept) for kept in took]
        for what, (middle, slow, used) in zip(("now", "before"), said, strict=False):
            print(
                f"  {name:24} {what:7} p50 {middle:6.1f} ms   p95 {slow:6.1f} ms"
                f"   processor p50 {used:6.1f} ms"
            )
        if len(said) > 1:
            ratio = [now / then for now, then in zip(*said, strict=True)]
            print(
                "  {:24} ratio   p50 {:6.2f}      p95 {:6.2f}      processor {:6.2f}".format(
                    name, *ratio
                )
            )


def _said(took: Took) -> tuple[float, float, float]:
    by_clock = sorted(wall for wall, _ in took)
    slow = by_clock[max(0, -(-95 * len(by_clock) // 100) - 1)]
    return statistics.median(by_clock), slow, statistics.median(used for _, used in took)


def main() -> None:
    """Build, ask, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--before", metavar="COMMIT", default="")
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--each", type=int, default=10)
    parser.add_argument("--answer", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.answer:
        answer()
        return
    with contextlib.ExitStack() as stack:
        trees = [ROOT]
        if asked.before:
            trees.append(stack.enter_context(before(asked.before)))
        sides = [Side(tree) for tree in trees]
        try:
            compare(sides, asked.rounds, asked.each)
        finally:
            for side in sides:
                side.end()


if __name__ == "__main__":
    main()
