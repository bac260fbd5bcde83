"""Questions to the trail archive, beside plain tables: `python -m tests.bench.bench_archive`.

Workload: 100 wearers × 12 days (`--full`: 1,000 × 70, 100 million fixes), some 1,450 fixes a wearer
and day at irregular times, with gaps, late and repeated ones; all but the last two days sealed day
by day in the archive and compacted. The same rows stand in a table of SQLite (indexed by wearer and
time, wearers as numbers) and in one of DuckDB (in order of arrival). Every answer is compared,
fix by fix, with a walk over the rows as they were made; who was with somebody with the question
about each pair alone. `--folder` keeps what was built, `--only-companions` asks only that.
"""

import argparse
import os
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from statistics import median, quantiles
from typing import Final, NamedTuple

import duckdb
import numpy as np

from tagwatch.core.fix import FIX_DTYPE, FixBlock, joined
from tagwatch.core.geometry import Disc, LonLat, Plane, load_kernels, planar
from tagwatch.core.settings import DEFAULT_SETTINGS
from tagwatch.core.uncertainty import FixQuality, error_mixture, p_inside
from tagwatch.core.units import DAY, HOUR, Instant
from tagwatch.store.archive.everybody import Asked, Trails, trails_between
from tagwatch.store.archive.read import whole_trail
from tagwatch.store.archive.vicinity import Box
from tagwatch.store.database import Access, open_database, reading
from tests.bench.archive_build import RECENT_DAYS, Built, build
from tests.bench.archive_company import print_company
from tests.bench.archive_peers import fill_duckdb, fill_sqlite
from tests.bench.archive_world import BEGINS, World, day, wearer_id, world

ERRORS: Final = DEFAULT_SETTINGS.errors
REACH_M: Final = 150.0
WEEK: Final = 7 * DAY


class Question(NamedTuple):
    """A place and two hours, or a wearer and a week."""

    wearer: int
    start: Instant
    end: Instant
    place: LonLat


class Times(NamedTuple):
    """Milliseconds: the first time, and of the later ones the middle and the 95th percentile."""

    first: float
    middle: float
    high: float

    def __str__(self) -> str:
        return f"{self.middle:.1f} (p95 {self.high:.1f}, first {self.first:.1f})"


def main() -> None:
    """Build, ask, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--wearers", type=int)
    parser.add_argument("--days", type=int)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--no-peers", action="store_true")
    parser.add_argument("--only-companions", action="store_true")
    asked = parser.parse_args()
    wearers = asked.wearers or (1_000 if asked.full else 100)
    days = asked.days or (70 if asked.full else 12)
    folder = asked.folder or Path(tempfile.mkdtemp(prefix="tagwatch-archive-"))
    try:
        if asked.only_companions:
            build(folder, world(wearers), days, words=days > 20)
            load_kernels()
            print_company(folder, world(wearers), days, asked.no_peers)
        else:
            measure(folder, world(wearers), days, asked.no_peers)
    finally:
        if asked.folder is None:
            shutil.rmtree(folder)


def measure(folder: Path, of: World, days: int, alone: bool) -> None:
    """Print the figures."""
    load = os.getloadavg()[0]
    built = build(folder, of, days, words=days > 20)
    _print_built(built, of, days, load)
    load_kernels()
    rng = np.random.default_rng(9)
    weeks = [_week(rng, of, days) for _ in range(40)]
    hours = [_hours(rng, of, days) for _ in range(40)]
    ours = _ours(folder, of)
    rows = [("a week of one wearer", weeks, *ours[:2]), ("two hours of a place", hours, *ours[2:])]
    peers = {} if alone else _peers(folder, of, days)
    print("\n| question | Tagwatch, ms | same fixes as the walk |", end="")
    print("".join(f" {name}, ms | times ours |" for name in peers))
    for number, (name, questions, ask, check) in enumerate(rows):
        mine = _timed(ask, questions)
        right = check(questions[:6])
        print(f"| {name} | {mine} | {right} |", end="")
        for other in peers.values():
            theirs = _timed(other[number], questions[:6])
            print(f" {theirs} | {theirs.middle / mine.middle:.1f} |", end="")
        print()
    print_company(folder, of, days, alone)


def _print_built(built: Built, of: World, days: int, load: float) -> None:
    total = sum(built.bytes.values())
    print(f"{of.count:,} wearers, {days} days, {built.fixes:,} fixes; load {load:.1f}")
    each = total / built.archived
    print(f"archived {built.archived:,} in {built.files} files: {each:.1f} bytes a fix")
    for order, size in built.bytes.items():
        print(f"  {order}: {size / built.archived:.1f}")
    print(f"sealed in {built.sealing_s:.0f} s, compacted in {built.compacting_s:.0f} s")


def _week(rng: np.random.Generator, of: World, days: int) -> Question:
    first = int(rng.integers(0, max(1, days - 7)))
    start = Instant(BEGINS + first * DAY)
    wearer = int(rng.integers(of.count))
    return Question(wearer, start, Instant(start + WEEK), _place(of, wearer, 0))


def _hours(rng: np.random.Generator, of: World, days: int) -> Question:
    at = BEGINS + int(rng.integers(0, days - RECENT_DAYS)) * DAY + int(rng.integers(0, 22)) * HOUR
    wearer = int(rng.integers(of.count))
    return Question(wearer, Instant(at), Instant(at + 2 * HOUR), _place(of, wearer, 1))


def _place(of: World, wearer: int, number: int) -> LonLat:
    lon, lat = of.places[wearer, number].tolist()
    return LonLat(lon_deg=lon, lat_deg=lat)


def _timed(ask: Callable[[Question], object], questions: list[Question]) -> Times:
    taken: list[float] = []
    for one in questions:
        begins = time.perf_counter()
        ask(one)
        taken.append((time.perf_counter() - begins) * 1e3)
    return Times(taken[0], median(taken[1:]), quantiles(taken[1:], n=20)[-1])


def _ours(folder: Path, of: World) -> tuple[Callable[..., object], ...]:
    database = open_database(folder / "projections.db", Access.READ)
    everybody = [wearer_id(w) for w in range(of.count)]

    def week(one: Question) -> FixBlock:
        with reading(database) as connection:
            found = whole_trail(connection, wearer_id(one.wearer), one.start, one.end)
        return joined([block for _, block in found])

    def near(one: Question) -> Trails:
        box = Box.about(one.place.lon_deg, one.place.lat_deg, REACH_M)
        with reading(database) as connection:
            asked = Asked(one.start, one.end, (box,), ERRORS)
            return trails_between(connection, everybody, asked)

    def inside(one: Question) -> dict[tuple[int, int], float]:
        found = near(one)
        return {
            key: p
            for parts in found.values()
            for _, block in parts
            for key, p in _p_inside(block, one.place).items()
        }

    def weeks_right(questions: list[Question]) -> bool:
        return all(_said(week(one)) == _said(_walk(of, one, one.wearer)) for one in questions)

    def hours_right(questions: list[Question]) -> bool:
        return all(inside(one) == _p_inside(_walk(of, one, None), one.place) for one in questions)

    return week, weeks_right, inside, hours_right


def _said(block: FixBlock) -> bytes:
    """Return all that fixes say, but for the record's number: the walk numbers days anew."""
    told = block.copy()
    told["seq"] = 0
    return told.tobytes()


def _walk(of: World, one: Question, wearer: int | None) -> FixBlock:
    """Return the fixes of the time as they were made: of one wearer, or of all."""
    found: list[FixBlock] = []
    # A day's last fix may be told as the next one's midnight.
    first = max(0, (one.start - BEGINS) // DAY - 1)
    for number in range(first, -(-(one.end - BEGINS) // DAY)):
        blocks, _ = day(of, int(number), 1)
        found += [block for w, block in blocks if wearer in (None, w)]
    whole = joined(found)
    times = whole["fixed_at"]
    kept = whole[(times >= one.start) & (times < one.end)]
    return kept[np.lexsort((kept["index"], kept["seq"], kept["fixed_at"]))]


def _p_inside(block: FixBlock, place: LonLat) -> dict[tuple[int, int], float]:
    """Return P(inside the disc) of each fix that leaves any, by what it says."""
    shape = planar(Disc(centre=place, radius_m=REACH_M), Plane.at(place))
    found: dict[tuple[int, int], float] = {}
    x_m, y_m = shape.plane.xy_arrays(block["lon_deg"], block["lat_deg"])
    for k in np.flatnonzero(np.hypot(x_m, y_m) < 20_000).tolist():
        row = block[k]
        quality = FixQuality(
            accuracy_m=float(row["accuracy_m"]),
            confidence=float(row["confidence"]),
            hdop=float(row["hdop"]),
            source=int(row["source"]),
        )
        p = p_inside(shape, float(x_m[k]), float(y_m[k]), error_mixture(quality, ERRORS))
        if p > 0.01:
            found[int(row["fixed_at"]), hash(row.tobytes()[32:])] = p
    return found


def _peers(
    folder: Path, of: World, days: int
) -> dict[str, tuple[Callable[[Question], object], ...]]:
    filled = (
        fill_sqlite(folder / "plain.sqlite", of, days),
        fill_duckdb(folder / "plain.duckdb", of, days),
    )
    print(f"SQLite filled in {filled[0]:.0f} s, DuckDB in {filled[1]:.0f} s")
    names = ", ".join(f'"{name}"' for name in FIX_DTYPE.names or ())
    between = "fixed_at >= ? AND fixed_at < ?"
    week = f"SELECT {names} FROM fix WHERE wearer = ? AND {between} ORDER BY fixed_at"
    hours = (
        f"SELECT wearer, {names} FROM fix WHERE {between} "
        "AND lon_deg BETWEEN ? AND ? AND lat_deg BETWEEN ? AND ?"
    )

    def box(one: Question) -> Box:
        # What SQL can say of errors is a margin: 600 m holds nearly all that are judged.
        return Box.about(one.place.lon_deg, one.place.lat_deg, REACH_M + 600.0)

    def sqlite_week(one: Question) -> object:
        return _sqlite(folder, week, (one.wearer, one.start, one.end))

    def sqlite_hours(one: Question) -> object:
        b = box(one)
        return _sqlite(folder, hours, (one.start, one.end, b.west, b.east, b.south, b.north))

    duck = duckdb.connect(folder / "plain.duckdb", read_only=True)

    def duck_week(one: Question) -> object:
        return duck.execute(week, (one.wearer, one.start, one.end)).fetchnumpy()

    def duck_hours(one: Question) -> object:
        b = box(one)
        asked = (one.start, one.end, b.west, b.east, b.south, b.north)
        return duck.execute(hours, asked).fetchnumpy()

    return {"SQLite": (sqlite_week, sqlite_hours), "DuckDB": (duck_week, duck_hours)}


def _sqlite(folder: Path, query: str, asked: tuple[float, ...]) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(folder / "plain.sqlite")) as database:
        return database.execute(query, asked).fetchall()


if __name__ == "__main__":
    main()
