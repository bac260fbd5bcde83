"""The archive's benchmark: months of fixes sealed day by day, compacted, and beside the recent."""

import time
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
from sqlalchemy import Connection, insert

from tagwatch.core.fix import FixBlock
from tagwatch.core.recorded_archive import ArchiveFile, ArchiveOrder
from tagwatch.core.units import DAY, Instant
from tagwatch.store import schema
from tagwatch.store.archive.parts import FOLDER, Seam
from tagwatch.store.archive.write import rewrite, write_parts
from tagwatch.store.database import Access, open_database
from tagwatch.store.migrations import migrate
from tagwatch.store.trail import block_row
from tests.bench.archive_world import BEGINS, World, activation_id, day, wearer_id

RECENT_DAYS: Final = 2
"""Of the days, the last ones are in the tables."""
_AT_ONCE: Final = 1 << 21
_NOTED: Final = "built.json"


@dataclass(frozen=True, slots=True)
class Built:
    """What was made and how long it took."""

    fixes: int
    archived: int
    bytes: dict[str, int]
    files: int
    sealing_s: float
    compacting_s: float


def build(folder: Path, of: World, days: int, words: bool = True) -> Built:
    """Return what lies in `folder` afterwards: an archive, and projections with the recent fixes.

    A folder in which the same was built before is taken as it is.
    """
    noted = folder / _NOTED
    if noted.exists():
        return msgspec.json.decode(noted.read_bytes(), type=Built)
    folder.mkdir(parents=True, exist_ok=True)
    archive, sealed = folder / FOLDER, list[ArchiveFile]()
    sealing_s = compacting_s = 0.0
    seq, fixes = 1, 0
    database = open_database(folder / "projections.db", Access.WRITE)
    with database.begin() as connection:
        migrate(connection)
        for number in range(days):
            blocks, seq = day(of, number, seq)
            fixes += sum(len(block) for _, block in blocks)
            if number >= days - RECENT_DAYS:
                _put_recent(connection, blocks)
                continue
            begins = time.perf_counter()
            rows = ((wearer_id(w), activation_id(w), block) for w, block in blocks)
            sealed += write_parts(archive, f"d{number:03d}", rows, at_once=_AT_ONCE)
            sealing_s += time.perf_counter() - begins
            upto = seq - 1
            if words:
                print(f"  day {number + 1} of {days}, {fixes:,} fixes", flush=True)
        by_time = [one for one in sealed if one.order is ArchiveOrder.BY_TIME]
        deltas = [one for one in sealed if one.order is ArchiveOrder.BY_PERSON]
        begins = time.perf_counter()
        whole = rewrite(archive, "months", deltas)
        compacting_s = time.perf_counter() - begins
        for one in deltas:
            (archive / one.path).unlink()
        horizon = Instant(BEGINS + (days - RECENT_DAYS) * DAY)
        put_files(connection, [*whole, *by_time], horizon, upto)
    database.dispose()
    built = Built(
        fixes=fixes,
        archived=sum(one.fixes for one in whole),
        bytes={
            order.value: sum(one.bytes for one in [*whole, *by_time] if one.order is order)
            for order in ArchiveOrder
        },
        files=len(whole) + len(by_time),
        sealing_s=sealing_s,
        compacting_s=compacting_s,
    )
    noted.write_bytes(msgspec.json.encode(built))
    return built


def _put_recent(connection: Connection, blocks: list[tuple[int, FixBlock]]) -> None:
    for w, block in blocks:
        if not len(block):
            continue
        whole = block[np.argsort(block["seq"], kind="stable")]
        cuts = [0, *(np.flatnonzero(np.diff(whole["seq"])) + 1).tolist(), len(whole)]
        connection.execute(
            insert(schema.trail_block),
            [
                block_row(int(whole["seq"][a]), wearer_id(w), activation_id(w), whole[a:b])
                for a, b in pairwise(cuts)
            ],
        )


def put_files(
    connection: Connection, files: list[ArchiveFile], horizon: Instant, upto: int
) -> None:
    """Put in the tables which files there are and up to where they reach."""
    names = ArchiveFile.__struct_fields__
    for one in files:
        row = {name: getattr(one, name) for name in names} | {"order": one.order.value}
        connection.execute(insert(schema.trail_part), row)
    found = Seam(horizon=horizon, upto=upto, settled=horizon, settled_upto=upto, sealed_at=horizon)
    row = found._asdict() | {"name": "trail", "sweeping": 0}
    connection.execute(insert(schema.trail_seam), row)
