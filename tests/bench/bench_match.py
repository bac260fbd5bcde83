"""Crimes matched against months of fixes: `python -m tests.bench.bench_match`.

Workload: the archive of `bench_archive` (100 wearers × 12 days; `--full`: 1,000 × 70, 100 million
fixes; `--folder` takes what that benchmark built), and 500 crimes in its archived days: half at
places wearers go to, half up to some 300 m off; windows of 0 to 12 hours. Rule `overlap-50`:
which fixes count, of whom, and under which label. Beside it DuckDB over the same fixes in a table
of its own, in order of day: a bucketed join (cells of 0.002 degrees, hours), the exact lens of two
circles in SQL, and the labels by windows over each candidate's fixes. Every pair, fix and label is
compared. The curves: fewer crimes, and less history. Warm: the third time.
"""

import argparse
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

import duckdb
import numpy as np

from tagwatch.core.crime_match import scene_of
from tagwatch.core.match import MatchSettings, Scene
from tagwatch.core.plane import LonLat, Plane
from tagwatch.core.units import DAY, HOUR, SECOND, Instant
from tagwatch.store.archive.matching import Counts, archived_matches
from tagwatch.store.database import Access, open_database, reading
from tests.bench.archive_build import RECENT_DAYS, build
from tests.bench.archive_world import BEGINS, World, world

RULE: Final = MatchSettings()
CRIMES: Final = 500
Answer = TypeVar("Answer")
Found = set[tuple[int, str, int, str]]
"""Number of the crime, wearer, time, label."""


def main() -> None:
    """Build, match, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--no-peer", action="store_true")
    asked = parser.parse_args()
    wearers, days = (1_000, 70) if asked.full else (100, 12)
    folder = asked.folder or Path(tempfile.mkdtemp(prefix="tagwatch-match-"))
    try:
        of = world(wearers)
        built = build(folder, of, days, words=asked.full)
        print(f"{built.archived:,} archived fixes; load {os.getloadavg()[0]:.1f}")
        measure(folder, of, days - RECENT_DAYS, asked.no_peer)
    finally:
        if asked.folder is None:
            shutil.rmtree(folder)


def measure(folder: Path, of: World, days: int, alone: bool) -> None:
    """Print the figures."""
    database = open_database(folder / "projections.db", Access.READ)

    def ours(scenes: list[Scene]) -> list[Counts]:
        with reading(database) as connection:
            return archived_matches(connection, scenes, RULE)

    crimes = scenes_of(of, days, CRIMES)
    first, warm, found = timed(lambda: ours(crimes))
    said = {
        (one.scene, one.wearer, at, label)
        for one in found
        for at, label in zip(one.at.tolist(), one.labels, strict=True)
    }
    pairs = len({(one.scene, one.wearer) for one in found})
    print(
        f"{CRIMES} crimes: first {first:.2f} s, warm {warm:.2f} s; {pairs} pairs, {len(said)} fixes"
    )
    if not alone:
        peer, theirs = duckdb_matches(folder, crimes)
        print(f"DuckDB, warm {peer:.2f} s, {peer / warm:.1f} times ours")
        print(f"same pairs, fixes and labels: {said == theirs}")
        for name, more in (("ours alone", said - theirs), ("theirs alone", theirs - said)):
            print(f"  {name}: {len(more)} {sorted(more)[:3]}")
    print("| crimes | days of history they lie in | s, warm |")
    for count in (50, 100, 250, 500, 1_000):
        _, took, _ = timed(lambda n=count: ours(scenes_of(of, days, n)))
        print(f"| {count} | {days} | {took:.2f} |")
    for part in (days // 8, days // 4, days // 2):
        _, took, _ = timed(lambda n=part: ours(scenes_of(of, n, CRIMES)))
        print(f"| {CRIMES} | {part} | {took:.2f} |")


def scenes_of(of: World, days: int, count: int) -> list[Scene]:
    """Return seeded crimes within the first days."""
    rng = np.random.default_rng([11, count, days])
    found: list[Scene] = []
    for number in range(count):
        place = of.places[rng.integers(of.count), rng.integers(of.places.shape[1])]
        if number % 2:
            place = place + rng.normal(0, 300, 2) * np.array(of.per_m)
        at = Instant(BEGINS + int(rng.integers(0, days * DAY // SECOND)) * SECOND)
        hours = rng.choice([0, 0.5, 1, 2, 12], p=[0.2, 0.3, 0.3, 0.15, 0.05])
        until = Instant(at + round(hours * HOUR))
        lon, lat = place.tolist()
        found.append(scene_of(LonLat(lon_deg=lon, lat_deg=lat), at, until, RULE))
    return found


def timed(work: Callable[[], Answer]) -> tuple[float, float, Answer]:
    """Return seconds of the first time and of the third, and the answer."""
    begins = time.perf_counter()
    work()
    first = time.perf_counter() - begins
    work()
    begins = time.perf_counter()
    answer = work()
    return first, time.perf_counter() - begins, answer


def duckdb_matches(folder: Path, scenes: list[Scene]) -> tuple[float, Found]:
    """Return DuckDB's seconds, warm, and what it finds."""
    peer = duckdb.connect(folder / "match.duckdb")
    tables = {row[0] for row in peer.execute("SHOW TABLES").fetchall()}
    if "fix" not in tables:
        files = f"{folder}/archive/by-time/**/*.parquet"
        peer.execute(
            "CREATE TABLE fix AS SELECT wearer_id, epoch_us(fixed_at) AS t, lon_deg, lat_deg, "
            "accuracy_m, confidence, marks, seq, index, source, hdop, satellites, "
            f"activation_id FROM read_parquet('{files}')"
        )
    peer.execute(
        "CREATE OR REPLACE TEMP TABLE crime (number INTEGER, a BIGINT, b BIGINT, lon DOUBLE, "
        "lat DOUBLE, k1 DOUBLE, k2 DOUBLE, k3 DOUBLE, k4 DOUBLE, k5 DOUBLE)"
    )
    rows = [(n, s.start, s.end, *Plane.at(s.place).numbers) for n, s in enumerate(scenes)]
    peer.executemany("INSERT INTO crime VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
    _, warm, found = timed(lambda: peer.execute(_SQL).fetchall())
    return warm, {(int(n), str(w), int(at), str(label)) for n, w, at, label in found}


_SQL: Final = """
WITH bucket AS (
  SELECT crime.*, hour, cx, cy FROM crime,
    unnest(range(a // 3600000000, b // 3600000000 + 1)) AS h(hour),
    unnest(range(-1, 2)) AS u(dx), unnest(range(-1, 2)) AS v(dy),
    LATERAL (SELECT CAST(floor(lon / 0.002) AS BIGINT) + dx AS cx,
                    CAST(floor(lat / 0.002) AS BIGINT) + dy AS cy)
), near AS (
  SELECT number, a, b, f.*,
    sqrt(pow((lon_deg - lon) * (k1 + k2 * (lat_deg - lat)), 2) + pow(
      (lat_deg - lat) * (k3 + k5 * (lat_deg - lat)) + k4 * pow(lon_deg - lon, 2), 2)) AS d,
    accuracy_m * 2.447746830680816 / sqrt(-2 * ln(1 - coalesce(confidence, 0.68))) AS r
  FROM bucket JOIN fix f
    ON f.t // 3600000000 = hour
   AND CAST(floor(lon_deg / 0.002) AS BIGINT) = cx AND CAST(floor(lat_deg / 0.002) AS BIGINT) = cy
  WHERE t BETWEEN a AND b AND marks & 103 = 0
), shares AS (
  SELECT *, CASE WHEN d <= 100 - r THEN 1.0 WHEN d >= 100 + r THEN 0.0
    WHEN d <= r - 100 THEN pow(100 / r, 2)
    ELSE (r * r * acos((d * d + r * r - 10000) / (2 * d * r))
        + 10000 * acos((d * d + 10000 - r * r) / (2 * d * 100))
        - 0.5 * sqrt((-d + r + 100) * (d + r - 100) * (d - r + 100) * (d + r + 100)))
        / (pi() * r * r) END AS share
  FROM near
), counting AS (SELECT * FROM shares WHERE round(share, 6) >= 0.5),
candidate AS (SELECT DISTINCT number, a, b, wearer_id FROM counting),
lot AS (
  SELECT DISTINCT ON (c.number, c.wearer_id, f.t, f.lon_deg, f.lat_deg, f.accuracy_m)
    c.number, c.wearer_id, f.t, f.seq, f.index, k.share IS NOT NULL AS counts
  FROM candidate c JOIN fix f
    ON f.wearer_id = c.wearer_id AND f.t BETWEEN c.a AND c.b AND f.marks & 103 = 0
  LEFT JOIN counting k ON k.number = c.number AND k.seq = f.seq AND k.index = f.index
), step AS (
  SELECT *, counts AND NOT coalesce(lag(counts) OVER w, false) AS starts FROM lot
  WINDOW w AS (PARTITION BY number, wearer_id ORDER BY t, seq, index)
), visits AS (
  SELECT *, sum(starts::INT) OVER (PARTITION BY number, wearer_id ORDER BY t, seq, index) AS visit
  FROM step
)
SELECT number, wearer_id, t,
  CASE WHEN visit > 26 THEN chr(CAST(64 + (visit - 1) // 26 AS INT)) ELSE '' END
  || chr(CAST(65 + (visit - 1) % 26 AS INT))
  || row_number() OVER (PARTITION BY number, wearer_id, visit ORDER BY t, seq, index)
FROM visits WHERE counts
"""

if __name__ == "__main__":
    main()
