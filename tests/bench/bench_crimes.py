"""Intake of a file of crimes: `-m tests.bench.bench_crimes [--rows N] [--bad PERCENT] [--line]`.

Workload: a CSV of 100,000 rows, 10 % of them bad in one of eight ways, half with easting and
northing, some with quoted text over two lines. It is checked as `tagwatch crimes check --json`
does, in a process of its own, and so is one of a tenth of the rows: printed are the time and the
most memory of each. A report is asserted to name exactly the bad rows. With `--line` the file is
then taken into an installation, twice: journaled as the folder does, and applied by the line,
which finds every crime new, and then every one known.
"""

import argparse
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from itertools import islice
from pathlib import Path
from typing import Final

from tagwatch.config import Config
from tagwatch.core.crime_profiles import DEFAULT_PROFILE
from tagwatch.core.units import Instant
from tagwatch.engine.centre import InProcessCentre
from tagwatch.ingest.crime_batch import Sent, take_in
from tagwatch.store.crimes import batch_of
from tagwatch.store.database import reading

ROWS: Final = 100_000
SEED: Final = 20261126
GROUP: Final = 8
"""Journal records appended at once."""
SPOILED: Final[tuple[tuple[int, str], ...]] = (
    (0, "metropolitan"), (1, "XX"), (3, "MPS2026"), (4, ""), (5, "20260230000000"),
    (6, "20270101000000"), (9, "91"), (10, "east"),
)  # fmt: skip


def line(chance: random.Random, number: int, bad: bool) -> str:
    """Return one row."""
    text = '"Window forced,\nof the rear door"' if number % 7 == 0 else "Window forced"
    day = f"202611{chance.randint(1, 28):02d}"
    place = [f"{chance.uniform(51.3, 51.7):.5f}", f"{chance.uniform(-0.5, 0.3):.5f}"]
    grid = [str(chance.randint(505_000, 560_000)), str(chance.randint(160_000, 200_000))]
    odd, value = SPOILED[number % len(SPOILED)]
    by_grid = number % 2 and not (bad and odd in (9, 10))
    cells = [
        "Metropolitan", chance.choice(("RB", "BIAD", "AB", "BOTD", "TOMV", "TFP", "TFMV")),
        "as said", "MPS20261125", f"CRI{number:08d}", f"{day}080000", f"{day}113000",
        *((*grid, "", "") if by_grid else ("", "", *place)),
        "OSGB36" if by_grid else "WGS84", text,
    ]  # fmt: skip
    if bad:
        cells[odd] = value
    return ",".join(cells)


def write(path: Path, rows: int, percent: int) -> int:
    """Write a file; return how many of its rows are bad."""
    chance = random.Random(SEED)
    count = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        for number in range(rows):
            bad = chance.random() * 100 < percent
            count += bad
            file.write(line(chance, number, bad) + "\n")
    return count


def measured(path: Path) -> tuple[float, float, dict[str, object]]:
    """Check a file in a process of its own; return seconds, MB at most, and the totals."""
    code = (
        "import resource, sys; from tagwatch.cli import app\n"
        "try: app(['crimes', 'check', sys.argv[1], '--json'])\n"
        "except SystemExit: pass\n"
        "sys.stderr.write(str(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss))"
    )
    with tempfile.TemporaryFile() as out:
        began = time.perf_counter()
        ended = subprocess.run(
            [sys.executable, "-c", code, str(path)], stdout=out, stderr=subprocess.PIPE, check=True
        )
        took = time.perf_counter() - began
        out.seek(0)
        rows = {json.loads(line).get("row") for line in out}
        out.seek(0)
        totals = json.loads(out.read().splitlines()[-1])
    assert len(rows - {None}) == totals["rejected"]
    return took, int(ended.stderr) / 1024, totals


def into_an_installation(path: Path, folder: Path) -> None:
    """Take a file in twice and print how long reading with journaling, and the line, took."""
    with InProcessCentre.open(Config(data=folder / "data")) as centre:
        for key in ("cb_first", "cb_again"):
            at = Instant(time.time_ns() // 1000)
            began = time.perf_counter()
            with path.open("rb") as file:
                sent = Sent(key, "folder", path.name, at)
                taken = take_in(file, path.stat().st_size, sent, DEFAULT_PROFILE)
                while some := list(islice(taken.events, GROUP)):
                    centre.record(*some, at=at)
            journaled = time.perf_counter()
            centre.apply()
            applied = time.perf_counter()
            with reading(centre.projections) as connection:
                batch = batch_of(connection, key)
            assert batch is not None
            assert batch.complete
            print(
                f"{key}: journaled in {journaled - began:.2f} s, applied in "
                f"{applied - journaled:.2f} s: {batch.made} new, {batch.same} known"
            )


def main() -> None:
    """Measure."""
    asked = argparse.ArgumentParser()
    asked.add_argument("--rows", type=int, default=ROWS)
    asked.add_argument("--bad", type=int, default=10)
    asked.add_argument("--line", action="store_true")
    wanted = asked.parse_args()
    print(f"{'rows':>10} {'bad':>8} {'MB':>6} {'s':>7} {'rows/s':>9} {'most MB':>8}")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "crimes.csv"
        for rows in (wanted.rows // 10, wanted.rows):
            bad = write(path, rows, wanted.bad)
            took, memory, totals = measured(path)
            assert (totals["rows"], totals["rejected"]) == (rows, bad)
            size = path.stat().st_size / 1e6
            rate = rows / took
            print(f"{rows:>10,} {bad:>8,} {size:>6.1f} {took:>7.2f} {rate:>9,.0f} {memory:>8.0f}")
        if wanted.line:
            into_an_installation(path, Path(folder))
    print(f"own process {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
