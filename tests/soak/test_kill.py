"""kill -9 of each of the four processes, again and again, while tags send and mails go out."""

import os
import random
import signal
import socket
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import Engine, func, select

from tagwatch.config import Config
from tagwatch.core.units import SECOND
from tagwatch.engine.centre import InProcessCentre
from tagwatch.engine.rebuild import rebuild
from tagwatch.store import schema
from tagwatch.store.cursors import cursors
from tagwatch.store.database import Access, open_tables, reading
from tagwatch.store.journal.check import ChainState
from tagwatch.store.journal.files import OsFiles
from tagwatch.store.journal.record import Lane
from tagwatch.store.journal.verify import verify
from tagwatch.store.post import JournalPost, PostError
from tests.faults.world import bodies_in
from tests.notify.world import Postbox, unused_port
from tests.soak.serving import PROCESSES, Tags, install, pid_of, serving
from tests.walk.content import content

KILLS = 52
OLDEST_S = 4.0
"""How long a process that is at work may go on, at most."""
AT_BIRTH = 0.15
"""Share of processes that are not even let come up."""
LONGEST_S = 240.0
STALLED_S = 60.0
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
@pytest.mark.xdist_group("served")
def test_nothing_acknowledged_is_lost_and_nobody_is_left_untold(
    tmp_path: Path, mail: tuple[Controller, Postbox], soak_share_s: float
) -> None:
    server, box = mail
    seed = random.randrange(1 << 30)
    print(f"seed {seed}")
    ports = {"web": unused_port(), "tags": unused_port(), "smtp": server.port}
    config = install(tmp_path / "data", WEARERS, ports)
    tags = Tags(f"http://127.0.0.1:{config.tags.port}", WEARERS)
    with serving(config), looking(config) as projections:
        tags.start()
        try:
            killed = kill(config, projections, random.Random(seed), tags, soak_share_s)
        finally:
            tags.stop()
        head = settled(config, projections)
    print(f"killed {dict(killed)}; {len(tags.acknowledged)} messages acknowledged")
    assert killed.total() >= KILLS, f"seed {seed}: {killed}"
    assert set(killed) == set(PROCESSES), f"seed {seed}: {killed}"
    assert not tags.refused, f"seed {seed}: {tags.refused[:3]}"
    check(config, tags, box, head, seed)


@contextmanager
def looking(config: Config) -> Iterator[Engine]:
    """Look into the projections while the line writes them."""
    engine = open_tables(config, Access.READ)
    try:
        yield engine
    finally:
        engine.dispose()


def kill(
    config: Config, projections: Engine, rng: random.Random, tags: Tags, share_s: float
) -> Counter[str]:
    """Kill each process at seeded moments of its life, most of them at work; return how many.

    At least KILLS, until every wearer is in the zone, and for `share_s`.
    """
    killed: Counter[str] = Counter()
    lives = {name: Life() for name in PROCESSES}
    began = time.monotonic()
    while (passed_s := time.monotonic() - began) < LONGEST_S + share_s:
        enough = killed.total() >= KILLS and set(killed) == set(PROCESSES) and tags.all_entered
        if enough and passed_s >= share_s:
            break
        time.sleep(0.05)
        for name, life in lives.items():
            pid = pid_of(config, name)
            if pid is None:
                continue
            if pid != life.pid:
                hasty = rng.random() < AT_BIRTH
                dies_at = time.monotonic() + rng.uniform(0.0, OLDEST_S) if hasty else None
                lives[name] = Life(pid, applied(projections), dies_at)
            elif life.dies_at is None:
                if at_work(config, projections, name, life):
                    life.dies_at = time.monotonic() + rng.uniform(0.0, OLDEST_S)
            elif time.monotonic() >= life.dies_at:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                    killed[name] += 1
                lives[name] = Life()
    return killed


@dataclass
class Life:
    """One life of a process: from when it came up to when it is to be killed."""

    pid: int = 0
    applied: int = 0
    """Where the line stood when it began."""
    dies_at: float | None = None


def at_work(config: Config, projections: Engine, name: str, life: Life) -> bool:
    """Return whether a process does more than come up: it answers, it decided, it is niced."""
    if name == "line":
        return applied(projections) > life.applied
    if name == "batch":
        with suppress(ProcessLookupError):
            return os.getpriority(os.PRIO_PROCESS, life.pid) > os.getpriority(os.PRIO_PROCESS, 0)
        return False
    port = config.tags.port if name == "receiver" else config.web.port
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def answered_head(config: Config) -> int:
    """Return the journal's head as soon as the receiver, killed perhaps just now, answers again."""
    ends = time.monotonic() + STALLED_S
    while True:
        try:
            with closing(JournalPost(config.receiver_socket)) as post:
                return post.head().seq
        except PostError:
            if time.monotonic() > ends:
                raise
            time.sleep(0.2)


def settled(config: Config, projections: Engine) -> int:
    """Wait until everybody was told of all that is in the journal now; return its head.

    Raises AssertionError when nothing has moved for STALLED_S although an attempt was due.
    """
    head = answered_head(config)
    before, moved_at = standing(projections, head), time.monotonic()
    while before.applied < head or before.untold:
        assert time.monotonic() - moved_at < STALLED_S, f"nothing moves any more: {before}"
        time.sleep(0.5)
        now = standing(projections, head)
        if now != before or now.next_at > time.time():
            before, moved_at = now, time.monotonic()
    return head


class Standing(NamedTuple):
    """How far the line has come in telling of the journal up to some record."""

    applied: int
    untold: int
    attempts: int
    next_at: float
    """When the next attempt is due, in seconds since 1970; 0 if nothing waits."""


def standing(projections: Engine, head: int) -> Standing:
    table = schema.notification.c
    waits = (table.state == "pending") & (table.cause_seq <= head)
    with reading(projections) as connection:
        untold, next_at = connection.execute(
            select(func.count(), func.min(table.next_attempt_at)).where(waits)
        ).one()
        attempts = connection.scalar(select(func.sum(table.attempts)))
        upto = min(head, cursors(connection)[Lane.FRESH])
    return Standing(upto, untold, attempts or 0, (next_at or 0) / SECOND)


def applied(projections: Engine) -> int:
    """Return the last record the line has applied."""
    with reading(projections) as connection:
        return cursors(connection)[Lane.FRESH]


def check(config: Config, tags: Tags, box: Postbox, settled: int, seed: int) -> None:
    """`settled`: the record up to which everybody has been told."""
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
    check_mails(found["notification"], box, settled, seed)
    with InProcessCentre.open(config) as centre:
        centre.line.close()
        rebuild(config, centre.writer, head)
        centre.line = type(centre.line).open(config, centre.writer)
        again = content(centre.projections, sent=False)
    for table, rows in found.items():
        assert again[table] == rows, f"seed {seed}: {table} is not what the journal says"


def check_mails(rows: list[dict[str, Any]], box: Postbox, settled: int, seed: int) -> None:
    """Whatever was decided by then was delivered; what came twice bore the same Message-ID and
    words. What was decided while the processes ended may wait for the next start."""
    mails: dict[str, set[str]] = {}
    for each in box.mails:
        name = str(each["Message-ID"]).strip("<>").partition("@")[0]
        mails.setdefault(name, set()).add(f"{each['To']} {each['Subject']} {each.get_payload()}")
    told = {row["notification_id"] for row in rows if row["state"] == "delivered"}
    owed = {row["notification_id"] for row in rows if row["cause_seq"] <= settled}
    assert owed, f"seed {seed}: nobody had to be told"
    assert owed <= told, f"seed {seed}: somebody is untold: {sorted(owed - told)}"
    assert told <= set(mails), f"seed {seed}: {sorted(told - set(mails))}"
    assert set(mails) <= {row["notification_id"] for row in rows}, f"seed {seed}"
    assert all(len(texts) == 1 for texts in mails.values()), f"seed {seed}"
