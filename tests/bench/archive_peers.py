"""The same rows in a plain table of SQLite and of DuckDB, as the archive's benchmark asks them."""

import sqlite3
import time
from pathlib import Path
from typing import Any, Final

import duckdb
import numpy as np

from tagwatch.core.fix import FIX_DTYPE, FixBlock, joined
from tests.bench.archive_world import World, day

COLUMNS: Final = FIX_DTYPE.names or ()
_TABLE: Final = ", ".join(f'"{name}"' for name in ("wearer", *COLUMNS))


def fill_sqlite(path: Path, of: World, days: int) -> float:
    """Return the seconds it took to fill a table, and to index it by wearer and time; a file that
    is there is taken as it is. Wearers are numbers, which is kind to it."""
    if path.exists():
        return 0.0
    begins = time.perf_counter()
    draft = path.with_suffix(".draft")
    draft.unlink(missing_ok=True)
    database = sqlite3.connect(draft)
    database.execute("PRAGMA journal_mode=OFF")
    database.execute("PRAGMA synchronous=OFF")
    database.execute(f"CREATE TABLE fix ({_TABLE})")
    seq = 1
    marks = ",".join("?" * (1 + len(COLUMNS)))
    for number in range(days):
        blocks, seq = day(of, number, seq)
        for w, block in blocks:
            columns = [block[name].tolist() for name in COLUMNS]
            rows = zip([w] * len(block), *columns, strict=True)
            database.executemany(f"INSERT INTO fix VALUES ({marks})", rows)
        database.commit()
    database.execute("CREATE INDEX fix_by_wearer ON fix(wearer, fixed_at)")
    database.commit()
    database.close()
    draft.rename(path)
    return time.perf_counter() - begins


def fill_duckdb(path: Path, of: World, days: int) -> float:
    """Return the seconds it took to fill a table in order of arrival by day; as `fill_sqlite`."""
    if path.exists():
        return 0.0
    begins = time.perf_counter()
    draft = path.with_suffix(".draft")
    draft.unlink(missing_ok=True)
    database = duckdb.connect(draft)
    seq = 1
    for number in range(days):
        blocks, seq = day(of, number, seq)
        whole: FixBlock = joined([block for _, block in blocks])
        whose = np.repeat([w for w, _ in blocks], [len(block) for _, block in blocks])
        arrived = np.argsort(whole["seq"], kind="stable")
        told: dict[str, Any] = {"wearer": whose[arrived]}
        told |= {name: np.ascontiguousarray(whole[name][arrived]) for name in COLUMNS}
        database.register("told", told)
        database.execute(
            "CREATE TABLE fix AS SELECT * FROM told" if not number
            else "INSERT INTO fix SELECT * FROM told"
        )  # fmt: skip
        database.unregister("told")
    database.close()
    draft.rename(path)
    return time.perf_counter() - begins
