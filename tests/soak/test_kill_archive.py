"""kill -9 of batch, line and receiver while fixes are sealed, months made whole, and archived
fixes brought back for late ones: archive and tables together are the journal, fix by fix."""

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import Engine, exists, func, select

from tagwatch.config import Config
from tagwatch.core import ledger
from tagwatch.core.ids import WearerId
from tagwatch.core.recorded_archive import RewriteReason
from tagwatch.core.units import DAY, HOUR, Instant
from tagwatch.engine import installation
from tagwatch.engine.archive_alone import check_archive
from tagwatch.engine.centre import InProcessCentre
from tagwatch.store import schema
from tagwatch.store.archive import parts
from tagwatch.store.database import Access, open_tables, reading
from tagwatch.store.drafts import draft_of
from tagwatch.store.journal.files import OsFiles
from tagwatch.store.journal.verify import verify
from tests.engine.archive_world import findings, keeper_of, same
from tests.notify.world import unused_port
from tests.soak.archive_life import (
    FIRST_SEAL,
    Frames,
    install,
    looked,
    running,
    send_late,
    tell_day,
    until,
    waiting,
    wearer_of,
)
from tests.soak.serving import pid_of

ROUNDS = 22
STEP = 5
"""Days between two seals."""
_OF_ARCHIVE = (ledger.TrailSealed, ledger.TrailRewritten, ledger.TrailStaged)
_OF_OTHERS = (ledger.Applied, ledger.HeartbeatMissed, ledger.ProcessStarted)


@pytest.mark.soak
@pytest.mark.timeout(900)
@pytest.mark.xdist_group("served")
def test_archive_and_tables_are_the_journal_whenever_a_process_is_killed(tmp_path: Path) -> None:
    seed = random.randrange(1 << 30)
    print(f"seed {seed}")
    config, begins = install(tmp_path / "data", {"web": unused_port(), "tags": unused_port()})
    life = Life(config, begins, random.Random(seed), f"seed {seed}")
    with running(config), life.looking():
        for number in range(ROUNDS):
            life.round(number)
        life.come_to_rest()
    print(f"killed {dict(life.killed)}, of them at work {dict(life.at_work)}; {life.counts()}")
    life.check_end(tmp_path / "twin")
    # A victim that is still coming up from the kill before has no process to be killed.
    assert life.killed.total() >= ROUNDS - 4
    assert min(life.at_work["seal"], life.at_work["bring back"]), f"{life.said}: never at work"


class Life:
    """What is done to an installation, and what it must hold all the while."""

    projections: Engine
    frames: Frames

    def __init__(self, config: Config, begins: Instant, rng: random.Random, said: str) -> None:
        self.config, self.begins, self.rng, self.said = config, begins, rng, said
        self.day = FIRST_SEAL
        self.killed: Counter[str] = Counter()
        self.at_work: Counter[str] = Counter()

    @contextmanager
    def looking(self) -> Iterator[None]:
        """Look into tables and journal meanwhile."""
        self.projections = open_tables(self.config, Access.READ)
        self.frames = Frames(self.config)
        try:
            yield
        finally:
            self.frames.close()
            self.projections.dispose()

    def round(self, number: int) -> None:
        """Give the archive something to do, kill one who does it at some moment, and look."""
        self.until_up()
        bring = number % 3 == 1 or (number % 3 == 2 and self.rng.random() < 0.4)
        before, at = self.stirred(), Instant(0)
        if bring:
            at = Instant(self.begins + (self.day - 41 - number) * DAY + 11 * HOUR)
            send_late(self.config, wearer_of(number), at)
        else:
            self.day += STEP
            tell_day(self.config, Instant(self.begins + self.day * DAY))
        what = "bring back" if bring else "seal"
        if self.rng.random() < 0.8:
            until(
                lambda: self.stirred() != before or self.taken_in(wearer_of(number), at),
                f"{self.said}, round {number}: {what}",
            )
        time.sleep(self.rng.choice((0.0, 0.02, 0.1, 0.4)) * self.rng.random())
        victim = self.rng.choices(("batch", "line", "receiver"), (6, 3, 2))[0]
        self.kill(victim, what)
        self.look(f"{self.said}, round {number}: {victim} killed, {what}")

    def stirred(self) -> tuple[int, int]:
        """Return what changes as soon as the archive's keeper begins: files, requests."""
        return sum(1 for _ in self.config.archive_folder.rglob("*")), self.requests()

    def taken_in(self, wearer: WearerId, at: Instant) -> bool:
        """Return whether a late fix is in the tables: what is needed for it may be there already,
        brought back since the last seal for an earlier time of his, so that nothing is asked."""
        block = schema.trail_block.c
        with reading(self.projections) as connection:
            query = select(exists().where(block.wearer_id == wearer, block.first_at == at))
            return bool(connection.scalar(query))

    def requests(self) -> int:
        """Return how many requests there were so far, as far as they are known still."""
        with reading(self.projections) as connection:
            return connection.scalar(select(func.count()).select_from(schema.stage_request)) or 0

    def kill(self, name: str, what: str) -> None:
        """Send SIGKILL, and note whether anything was left in the middle."""
        pid = pid_of(self.config, name)
        if pid is None:
            return
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
            self.killed[name] += 1
        until(lambda: pid_of(self.config, name) != pid, f"{name} ends")
        unfinished = waiting(self.projections) if what == "bring back" else self.strays()
        self.at_work[what] += bool(unfinished)

    def strays(self) -> int:
        """Return how many files nothing names, and nothing named."""
        folder = self.config.archive_folder
        there = {path.relative_to(folder) for path in folder.rglob("*") if path.is_file()}
        with reading(self.projections) as connection:
            return len(there - {Path(each.path) for each in parts.visible(connection)})

    def until_up(self) -> None:
        """Wait until all that is due was done, so that a round begins with something new."""
        due = Instant(self.begins + self.day * DAY)
        until(lambda: not waiting(self.projections), f"{self.said}: fixes are brought back")
        until(lambda: self.sealed_at() >= due, f"{self.said}: the seal is made")

    def sealed_at(self) -> Instant:
        """Return when the last seal was made whose rows are all swept; else 0."""
        with reading(self.projections) as connection:
            seam = parts.seam(connection)
        return Instant(0) if seam.sweeping else seam.sealed_at

    def look(self, said: str) -> None:
        """Compare archive and tables with the journal."""
        found, wanted = looked(self.config, self.projections, self.frames)
        assert same(found, wanted), f"{said}: {len(found)} of {len(wanted)} fixes"

    def come_to_rest(self) -> None:
        """Let what is due be done without a kill."""
        self.until_up()
        self.look(f"{self.said}, in the end")

    def events(self) -> Iterator[tuple[Instant, object, ledger.Event]]:
        """Yield the journal's records: when received, lane, event."""
        reader = installation.open_reader(self.config)
        for record in reader.read(0, 1 << 40, most=1 << 20, most_bytes=1 << 40):
            if record.payload is not None:
                yield record.received_at, record.lane, ledger.decode(record.kind, record.payload)
        reader.close()

    def counts(self) -> dict[str, int]:
        """Return what became of the archive, by the journal."""
        found = Counter(type(event).__name__ for _, _, event in self.events())
        whole = sum(
            isinstance(event, ledger.TrailRewritten) and event.reason is RewriteReason.COMPACTION
            for _, _, event in self.events()
        )
        return {"seals": found["TrailSealed"], "staged": found["TrailStaged"], "whole": whole}

    def check_end(self, folder: Path) -> None:
        """Hold the findings against an installation without an archive, and check every file."""
        report = check_archive(self.config)
        assert report.files, self.said
        assert not report.damaged, (self.said, report.damaged)
        chain = verify(self.config.journal_folder, OsFiles(), self.config.keys_folder)
        assert not chain.contradictions, (self.said, chain.contradictions)
        with InProcessCentre.open(self.config) as centre:
            centre.apply()
            found = findings(centre)
            keeper = keeper_of(centre)
            keeper.tidy(0.0)
            keeper.close()
        twin = msgspec.structs.replace(self.config, data=folder)
        with InProcessCentre.open(twin) as centre:
            drafts = [
                draft_of(event, at, lane=lane)  # type: ignore[arg-type]
                for at, lane, event in self.events()
                if not isinstance(event, (*_OF_ARCHIVE, *_OF_OTHERS))
            ]
            centre.append(drafts)
            centre.apply()
            wanted = findings(centre)
        assert found, self.said
        assert found == wanted, f"{self.said}: findings know of a seam"
        counts = self.counts()
        assert min(counts.values()) > 0, (self.said, counts)
