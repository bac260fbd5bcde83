"""Power cuts while the line commits: what SQLite has is the state before or after, never between;
and from each such state the line comes to the same projections as if nothing had happened.

SQLite does its own file work, so the journal's faulty files cannot stand under it. What a cut
leaves is made instead from what a run wrote: all of the write-ahead log that was synced by the
last commit, and of what the next one had written any sectors, some, all or none, or a part of
one. With `synchronous=FULL` a commit has synced its log before the line goes on; that SQLite
really calls fsync there is taken from its documentation and not tested here. The checkpoint is
cut likewise: the log whole, the pages of the database old or new, one by one.
"""

import shutil
import sqlite3
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from random import Random

import pytest

from tagwatch.config import Config, Limits
from tagwatch.engine.centre import InProcessCentre
from tests.pipeline.test_batches import evening
from tests.walk.content import content

LOG_CUTS = 400
"""As many here; `make soak` makes a thousand others."""
WHOLE_EVERY = 20
"""One cut in so many is compared row by row; the others by cursors and the check of pages."""
PAGE_CUTS = 16
RESUMES = 5
SECTOR = 512
PAGE = 4096


@dataclass
class Run:
    """An undisturbed run, and what was on the disk after each of its commits."""

    folder: Path
    base: bytes = b""
    log: bytes = b""
    lengths: list[int] = field(default_factory=list)
    digests: list[str] = field(default_factory=list)
    cursors: list[object] = field(default_factory=list)
    after: dict[str, object] = field(default_factory=dict)
    whole: bytes = b""
    """The database with the whole log moved into it."""

    @property
    def commits(self) -> int:
        return len(self.lengths)


def config_of(folder: Path) -> Config:
    return Config(data=folder, limits=Limits(batch_records=24, backfill_slice_ms=5))


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("undisturbed")
    made = Run(folder)
    config = config_of(folder)
    log = Path(f"{config.projections_file}-wal")
    with InProcessCentre.open(config) as centre:
        centre.append(evening(2))
        centre.line.step(centre.writer.head().seq)
        made.base = config.projections_file.read_bytes()
        while centre.line.step(centre.writer.head().seq):
            made.log, before = log.read_bytes(), made.log
            assert made.log.startswith(before), "the log began anew: no test of it here"
            made.lengths.append(len(made.log))
            made.digests.append(digest(config.projections_file))
            made.cursors.append(cursors(config.projections_file))
        assert config.projections_file.read_bytes() == made.base, "pages moved: no test of it here"
        made.after = content(centre.projections)
    tidy = sqlite3.connect(config.projections_file)
    tidy.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    tidy.close()
    made.whole = config.projections_file.read_bytes()
    assert made.commits > 40
    return made


def digest(database: Path) -> str:
    """Return what tells one state of all tables from another."""
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    try:
        hasher = sha256()
        names = connection.execute("SELECT name FROM sqlite_master WHERE type='table' ORDER BY 1")
        for (name,) in names.fetchall():
            for row in connection.execute(f"SELECT * FROM {name} ORDER BY rowid"):
                hasher.update(repr(row).encode())
        return hasher.hexdigest()
    finally:
        connection.close()


def cursors(database: Path) -> object:
    """Return how far each lane is applied, and that every page of the file holds together."""
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    try:
        checked = connection.execute("PRAGMA quick_check(1)").fetchall()
        return checked, connection.execute("SELECT lane, seq FROM cursor ORDER BY lane").fetchall()
    finally:
        connection.close()


def torn(random: Random, tail: bytes) -> bytes:
    """Return what a disk may have kept of bytes that were written and not synced."""
    fate = random.choice(["none", "all", "prefix", "sectors", "sectors", "sectors"])
    if fate in ("none", "all"):
        return tail if fate == "all" else b""
    if fate == "prefix":
        return tail[: random.randrange(len(tail) + 1)]
    kept = bytearray(tail[: random.randrange(len(tail) + 1)])
    for start in range(0, len(kept), SECTOR):
        if random.random() < 0.3:
            kept[start : start + SECTOR] = bytes(len(kept[start : start + SECTOR]))
    return bytes(kept)


def cut(run: Run, seed: int) -> tuple[int, bytes]:
    """Return after how many commits the power went, and the log that is left."""
    random = Random(seed)
    number = random.randrange(run.commits - 1)
    synced, written = run.lengths[number], run.lengths[number + 1]
    return number, run.log[:synced] + torn(random, run.log[synced:written])


@pytest.mark.parametrize("share", range(2))
def test_a_cut_leaves_the_state_before_or_after(run: Run, tmp_path: Path, share: int) -> None:
    before_or_after(run, tmp_path, range(share, LOG_CUTS, 2))


@pytest.mark.soak
@pytest.mark.parametrize("share", range(2))
def test_each_of_many_cuts_does(run: Run, tmp_path: Path, share: int) -> None:
    before_or_after(run, tmp_path, range(LOG_CUTS + share, LOG_CUTS + 1000, 2))


def before_or_after(run: Run, tmp_path: Path, seeds: range) -> None:
    database = tmp_path / "projections.db"
    database.write_bytes(run.base)
    before = after = 0
    for seed in seeds:
        number, log = cut(run, seed)
        Path(f"{database}-shm").unlink(missing_ok=True)
        Path(f"{database}-wal").write_bytes(log)
        stands = cursors(database)
        before += stands == run.cursors[number]
        after += stands == run.cursors[number + 1]
        assert stands in run.cursors[number : number + 2], f"seed {seed}"
        if seed // 2 % WHOLE_EVERY == 0:
            assert digest(database) in run.digests[number : number + 2], f"seed {seed}"
    assert before
    assert after


def test_a_cut_while_the_log_is_moved_into_the_database_loses_nothing(
    run: Run, tmp_path: Path
) -> None:
    database = tmp_path / "projections.db"
    for seed in range(PAGE_CUTS):
        random = Random(seed)
        size = random.choice([len(run.base), len(run.whole)])
        mixed = bytearray(run.base[:size].ljust(size, b"\0"))
        for start in range(0, size, PAGE):
            if random.random() < 0.5:
                mixed[start : start + PAGE] = run.whole[start : start + PAGE]
        database.write_bytes(mixed)
        Path(f"{database}-shm").unlink(missing_ok=True)
        Path(f"{database}-wal").write_bytes(run.log)
        assert digest(database) == run.digests[-1], f"seed {seed}"


@pytest.mark.parametrize("seed", range(RESUMES))
def test_the_line_comes_to_the_same_from_wherever_it_was_cut(
    run: Run, tmp_path: Path, seed: int
) -> None:
    comes_to_the_same(run, tmp_path, seed * (LOG_CUTS // RESUMES))


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(1, 7))
def test_it_does_from_many_more(run: Run, tmp_path: Path, seed: int) -> None:
    comes_to_the_same(run, tmp_path, LOG_CUTS + seed)


def comes_to_the_same(run: Run, tmp_path: Path, seed: int) -> None:
    folder = tmp_path / "again"
    shutil.copytree(run.folder, folder)
    config = config_of(folder)
    config.projections_file.write_bytes(run.base)
    Path(f"{config.projections_file}-shm").unlink(missing_ok=True)
    _, log = cut(run, seed)
    Path(f"{config.projections_file}-wal").write_bytes(log)
    with InProcessCentre.open(config) as centre:
        head = centre.writer.head().seq
        centre.apply()
        assert centre.writer.head().seq == head, "a turn that was journaled is not taken anew"
        found = content(centre.projections)
    for table, rows in run.after.items():
        assert found[table] == rows, f"seed {seed}: {table}"
