"""Companions of one person over 14 days, as the archive's benchmark asks.

Beside it the same join in SQLite and DuckDB, which judges nothing, and each pair asked alone.
"""

import sqlite3
import time
from contextlib import closing
from pathlib import Path
from statistics import median
from typing import Final

import duckdb
import numpy as np
from sqlalchemy import Connection

from tagwatch.core.ids import WearerId
from tagwatch.core.meeting import Followed, Meeting, meetings
from tagwatch.core.person import TagMode
from tagwatch.core.rules.prepare import Prepared
from tagwatch.core.units import DAY, MINUTE, Instant
from tagwatch.query.question import CACHED, Window, known
from tagwatch.query.question_companions import company_of
from tagwatch.store.archive.vicinity import Box
from tagwatch.store.database import Access, open_database, reading
from tests.bench.archive_build import RECENT_DAYS
from tests.bench.archive_world import BEGINS, World, wearer_id

WITHIN_M: Final = 50.0
TIMES: Final = 8
ASKED_ALONE: Final = 12
"""Others asked about each by himself, of a shorter window, to compare the answers."""
PATIENCE_S: Final = 60.0
_JOIN: Final = """
WITH his AS (SELECT fixed_at AS t, lon_deg AS lon, lat_deg AS lat FROM fix
             WHERE wearer = {w} AND fixed_at >= {start} AND fixed_at < {end}),
     cells AS (SELECT t, lon, lat, UNNEST([t // {step} - 1, t // {step}, t // {step} + 1]) AS c
               FROM his)
SELECT f.wearer, count(*) FROM fix f JOIN cells ON f.fixed_at // {step} = cells.c
 WHERE f.fixed_at >= {start} AND f.fixed_at < {end} AND f.wearer <> {w}
   AND abs(f.fixed_at - t) <= {step}
   AND abs(f.lon_deg - lon) <= {east} AND abs(f.lat_deg - lat) <= {north}
 GROUP BY f.wearer"""
_PLAIN: Final = """
SELECT f.wearer, count(*) FROM fix f JOIN fix h ON h.wearer = {w}
   AND h.fixed_at BETWEEN f.fixed_at - {step} AND f.fixed_at + {step}
   AND abs(f.lon_deg - h.lon_deg) <= {east} AND abs(f.lat_deg - h.lat_deg) <= {north}
 WHERE f.wearer <> {w} AND f.fixed_at >= {start} AND f.fixed_at < {end}
 GROUP BY f.wearer"""


def print_company(folder: Path, of: World, days: int, alone: bool) -> None:
    """Ask of several wearers who was with them, compare, and print the row of the table."""
    rng = np.random.default_rng(14)
    long = min(14, days - RECENT_DAYS)
    asked = [
        (int(rng.integers(of.count)), int(rng.integers(0, days - RECENT_DAYS - long + 1)))
        for _ in range(TIMES)
    ]
    database = open_database(folder / "projections.db", Access.READ)
    taken: list[float] = []
    found: list[int] = []
    for wearer, first in asked:
        begins = time.perf_counter()
        with reading(database) as connection:
            found.append(len(company(connection, of, wearer, window(first, long))))
        taken.append(time.perf_counter() - begins)
    right = all(is_right(database, of, wearer, first) for wearer, first in asked[:2])
    later = sorted(taken[1:])
    print(
        f"| companions over {long} days, {min(found)} to {max(found)} of {of.count - 1} | "
        f"{1e3 * median(later):.0f} (most {1e3 * later[-1]:.0f}, first {1e3 * taken[0]:.0f}) | "
        f"as each pair asked alone: {right} |",
        end="",
    )
    if not alone:
        for name, theirs in (("SQLite", _sqlite), ("DuckDB", _duckdb)):
            wearer, first = asked[1]
            begins = time.perf_counter()
            rows = theirs(folder, _of(wearer, window(first, long), of))
            took = time.perf_counter() - begins
            said = "given up" if rows is None else f"{rows} within"
            print(f" {name} {1e3 * took:.0f} ({said}), {took / median(later):.1f} |", end="")
    print()
    database.dispose()


def window(first: int, long: int) -> Window:
    """Whole days, known for ever."""
    start, end = Instant(BEGINS + first * DAY), Instant(BEGINS + (first + long) * DAY)
    return Window(start=start, end=end, known_at=Instant(2**62))


def company(
    connection: Connection, of: World, wearer: int, asked: Window
) -> dict[WearerId, list[Meeting]]:
    """As the question asks it, after scope and before sentence and audit."""
    others = {wearer_id(w): "" for w in range(of.count) if w != wearer}
    of_one = known(connection, wearer_id(wearer), asked)
    found = company_of(connection, of_one, others, WITHIN_M, asked, Prepared(most=CACHED))
    return {who: times for who, times, _ in found}


def is_right(database: object, of: World, wearer: int, first: int) -> bool:
    """Return whether two days' answer is that of pairs asked about alone: of those found, and of
    some others."""
    asked = window(first, 2)
    with reading(database) as connection:  # type: ignore[arg-type]  # an engine
        found = company(connection, of, wearer, asked)
        some = [wearer_id(w) for w in range(0, of.count, max(1, of.count // ASKED_ALONE))]
        for who in [*list(found)[:ASKED_ALONE], *some]:
            if who == wearer_id(wearer):
                continue
            two = [known(connection, each, asked) for each in (wearer_id(wearer), who)]
            followed = [Followed(each.trail, [asked.span], TagMode()) for each in two]
            alone = meetings(
                *followed, WITHIN_M, asked.span, two[0].settings, Prepared(most=CACHED)
            )
            if list(alone.meetings) != found.get(who, []):
                return False
    return True


def _of(wearer: int, asked: Window, of: World) -> dict[str, float]:
    """Return what the join asks: within a minute and, on each axis, the distance."""
    box = Box.about(*of.places[wearer, 0].tolist(), WITHIN_M)
    east, north = 0.5 * (box.east - box.west), 0.5 * (box.north - box.south)
    whole = {"w": wearer, "start": asked.start, "end": asked.end, "step": MINUTE}
    return whole | {"east": east, "north": north}


def _duckdb(folder: Path, asked: dict[str, float]) -> int | None:
    with duckdb.connect(folder / "plain.duckdb", read_only=True) as database:
        return len(database.execute(_JOIN.format(**asked)).fetchall())


def _sqlite(folder: Path, asked: dict[str, float]) -> int | None:
    with closing(sqlite3.connect(folder / "plain.sqlite")) as database:
        until = time.perf_counter() + PATIENCE_S
        database.set_progress_handler(lambda: int(time.perf_counter() > until), 100_000)
        try:
            return len(database.execute(_PLAIN.format(**asked)).fetchall())
        except sqlite3.OperationalError as error:
            if "interrupted" not in str(error):
                raise
            return None
