"""kill -9 of each of the four processes, again and again, while tags send and mails go out."""

import os
import random
import signal
import socket
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import select

from tagwatch.config import Config
from tagwatch.engine.centre import InProcessCentre
from tagwatch.engine.rebuild import rebuild
from tagwatch.store import schema
from tagwatch.store.database import Access, open_database, reading
from tagwatch.store.journal.check import ChainState
from tagwatch.store.journal.files import OsFiles
from tagwatch.store.journal.verify import verify
from tests.faults.world import bodies_in
from tests.notify.world import Postbox, unused_port
from tests.soak.serving import PROCESSES, Tags, install, pid_of, serving
from tests.walk.content import content

KILLS = 52
OLDEST_S = 4.0
"""How long a process that is at work may go on, at most."""
GROWN_S = 4.0
LONGEST_S = 150.0
SETTLE_S = 60.0
WEARERS = [f"w{n}" for n in range(1, 13)]


@pytest.fixture
def mail() -> Iterator[tuple[Controller, Postbox]]:
    box = Postbox()
    server = Controller(box, hostname="127.0.0.1", port=unused_port())
    server.start()
    try:
        yield server, box
    finally:
        server.stop()


@pytest.mark.soak
def test_nothing_acknowledged_is_lost_and_nobody_is_left_untold(
    tmp_path: Path, mail: tuple[Controller, Postbox], soak_share_s: float
) -> None:
    server, box = mail
    seed = random.randrange(1 << 30)
    print(f"seed {seed}")
    ports = {"web": unused_port(), "tags": unused_port(), "smtp": server.port}
    config = install(tmp_path / "data", WEARERS, ports)
    tags = Tags(f"http://127.0.0.1:{config.tags.port}", WEARERS)
    with serving(config):
        tags.start()
        try:
            killed = kill(config, random.Random(seed), soak_share_s)
        finally:
            tags.stop()
        settle(config)
    print(f"killed {dict(killed)}; {len(tags.acknowledged)} messages acknowledged")
    assert killed.total() >= KILLS, f"seed {seed}: {killed}"
    assert set(killed) == set(PROCESSES), f"seed {seed}: {killed}"
    assert not tags.refused, f"seed {seed}: {tags.refused[:3]}"
    check(config, tags, box, seed)


def kill(config: Config, rng: random.Random, share_s: float) -> Counter[str]:
    """Kill each process at seeded moments of its life, most of them at work; return how many."""
    killed: Counter[str] = Counter()
    doomed: dict[str, tuple[int, float]] = {}
    began = time.monotonic()
    while time.monotonic() - began < LONGEST_S:
        if killed.total() >= KILLS and time.monotonic() - began > 0.5 * share_s:
            break
        time.sleep(0.05)
        for name in PROCESSES:
            pid = pid_of(config, name)
            if pid is None:
                continue
            victim, dies_at = doomed.get(name, (0, 0.0))
            if pid != victim:
                if rng.random() < 0.01 or at_work(config, name):
                    doomed[name] = pid, time.monotonic() + rng.uniform(0.0, OLDEST_S)
            elif time.monotonic() >= dies_at:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                    killed[name] += 1
    return killed


def at_work(config: Config, name: str) -> bool:
    """Return whether a process does more than come up: it answers, or has been up for a while."""
    if name in ("receiver", "web"):
        port = config.tags.port if name == "receiver" else config.web.port
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0
    started_at = (config.run_folder / f"{name}.pid").stat().st_mtime
    return time.time() - started_at > GROWN_S


def settle(config: Config) -> None:
    """Wait until everybody was told of everything that is decided."""
    until = time.monotonic() + SETTLE_S
    quiet = 0
    while quiet < 6 and time.monotonic() < until:
        time.sleep(0.5)
        quiet = quiet + 1 if not pending(config) else 0


def pending(config: Config) -> int:
    engine = open_database(config.projections_file, Access.READ)
    table = schema.notification.c
    try:
        with reading(engine) as connection:
            return len(
                connection.scalars(
                    select(table.notification_id).where(table.state == "pending")
                ).all()
            )
    finally:
        engine.dispose()


def check(config: Config, tags: Tags, box: Postbox, seed: int) -> None:
    with InProcessCentre.open(config) as centre:
        centre.apply()
        head = centre.writer.head().seq
        found = content(centre.projections, sent=False)
        states = Counter(row["state"] for row in content(centre.projections)["notification"])
    print(f"notifications {dict(states)}, {len(box.mails)} mails")
    assert tags.acknowledged <= set(bodies_in(config, OsFiles(), head)), f"seed {seed}"
    report = verify(config.journal_folder, OsFiles(), config.keys_folder)
    assert report.chain is ChainState.WHOLE, (seed, report.contradictions)
    entered = {row["wearer_id"] for row in found["alert"] if row["kind"] == "zone_entry"}
    assert entered == set(WEARERS), f"seed {seed}: an alert is lost"
    check_mails(found["notification"], box, seed)
    with InProcessCentre.open(config) as centre:
        centre.line.close()
        rebuild(config, centre.writer, head)
        centre.line = type(centre.line).open(config, centre.writer)
        again = content(centre.projections, sent=False)
    for table, rows in found.items():
        assert again[table] == rows, f"seed {seed}: {table} is not what the journal says"


def check_mails(rows: list[dict[str, str]], box: Postbox, seed: int) -> None:
    """Every notification was delivered; what came twice bore the same Message-ID and words."""
    mails: dict[str, set[str]] = {}
    for each in box.mails:
        name = str(each["Message-ID"]).strip("<>").partition("@")[0]
        mails.setdefault(name, set()).add(f"{each['To']} {each['Subject']} {each.get_payload()}")
    told = {row["notification_id"] for row in rows if row["state"] == "delivered"}
    assert told == {row["notification_id"] for row in rows}, f"seed {seed}: somebody is untold"
    assert set(mails) == told, f"seed {seed}"
    assert all(len(texts) == 1 for texts in mails.values()), f"seed {seed}"
