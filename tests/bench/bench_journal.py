"""Measure the journal: durable appends, reads, verification. `python -m tests.bench.bench_journal`

Workload: records of random bytes for 12,000 owners in turn, groups of 500, one process, each group
durable (fdatasync) before the next. Printed per case: records a second by the clock and by the
processor's time of this process.
"""

import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

from tagwatch.core.units import Instant
from tagwatch.store.journal.files import OsFiles
from tagwatch.store.journal.keys import Keyring
from tagwatch.store.journal.reader import JournalReader
from tagwatch.store.journal.record import DataClass, Draft, Lane, Owner, OwnerKind
from tagwatch.store.journal.verify import verify
from tagwatch.store.journal.writer import JournalWriter

NOON = 1_795_348_800_000_000
OWNERS = [Owner(OwnerKind.ACTIVATION, f"act_{n:020d}") for n in range(12_000)]


def _drafts(first: int, count: int, size: int) -> list[Draft]:
    return [
        Draft(
            Instant(NOON + n),
            Lane.FRESH,
            1,
            OWNERS[n % len(OWNERS)],
            DataClass.FRAME,
            os.urandom(size),
        )
        for n in range(first, first + count)
    ]


def _measure(name: str, count: int, work: Callable[[], object]) -> None:
    clock, processor = time.perf_counter(), time.process_time()
    work()
    clock, processor = time.perf_counter() - clock, time.process_time() - processor
    rate, own = count / clock, count / processor
    print(f"{name:46} {rate:10,.0f} a second   {own:10,.0f} a processor second   {clock:6.2f} s")


def _append_all(journal: JournalWriter, groups: Iterable[list[Draft]]) -> None:
    for group in groups:
        journal.append(group)


def _read_all(reader: JournalReader, upto_seq: int, lane: Lane | None = None) -> None:
    while reader.read(reader.position, upto_seq, lane):
        pass


def measure(folder: Path, size: int, count: int) -> None:
    """Run every case with `count` records of `size` bytes in `folder`."""
    files = OsFiles()
    ring = Keyring.create(folder / "keys", files)
    journal = JournalWriter.open(folder / "journal", ring, files)
    first = _drafts(0, len(OWNERS), min(size, 300))
    name = f"append, {len(OWNERS)} new keys in one group"
    _measure(name, len(first), partial(journal.append, first))
    groups = [_drafts(n, 500, size) for n in range(0, count, 500)]
    name = f"append, {size} bytes, groups of 500"
    _measure(name, count, partial(_append_all, journal, groups))
    upto_seq = journal.head().seq
    fresh = Keyring.open(folder / "keys", files)
    for keys in ("keys unwrapped on the way", "keys in memory"):
        reader = JournalReader(folder / "journal", fresh, files)
        name = f"read, {size} bytes, {keys}"
        _measure(name, upto_seq, partial(_read_all, reader, upto_seq))
    reader = JournalReader(folder / "journal", fresh, files)
    name = f"pass over, {size} bytes, of the other lane"
    _measure(name, upto_seq, partial(_read_all, reader, upto_seq, Lane.BACKFILL))
    _measure(f"verify, {size} bytes", upto_seq, partial(verify, folder / "journal", files))
    one = _drafts(0, 1, size)
    _measure("append, groups of one", 300, partial(_append_all, journal, [one] * 300))
    journal.close()


if __name__ == "__main__":
    where = Path(tempfile.mkdtemp(prefix="journal-", dir="."))
    try:
        measure(where / "small", 300, 100_000)
        measure(where / "frames", 6_000, 20_000)
    finally:
        shutil.rmtree(where)
