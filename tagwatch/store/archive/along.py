"""The fixes of others along somebody's way: of many days at once, only those that may be near him.

As `everybody`, but each place has a time of its own, and no more is read than who, when and where.
"""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, bindparam

from tagwatch.core.beside import Nearby
from tagwatch.core.fix import NO_INSTANT, FixBlock, Motion
from tagwatch.core.ids import WearerId
from tagwatch.core.recorded_archive import ArchiveOrder
from tagwatch.core.units import HOUR
from tagwatch.store import schema
from tagwatch.store.archive.footer import footer_of, opened, read_groups
from tagwatch.store.archive.layout import arrow
from tagwatch.store.archive.parts import folder_of, visible
from tagwatch.store.trail import overlapping, unpack_all, window

Times = NDArray[np.int64]
_COLUMNS: Final = ("wearer_id", "fixed_at", "lon_deg", "lat_deg", "motion")
_GROUPS: Final = 16
"""Row groups read at once: a quarter of a million fixes."""
_THREADS: Final = 2
"""Unpacking takes most of the time, and lets go of the interpreter meanwhile."""
_AT_ONCE: Final = 5_000
"""Wearer-hours asked about in one statement, and of wearers a tenth of that at most."""
_STILL: Final = int(Motion.STILL)
_RECENT: Final = overlapping(schema.trail_block.c.wearer_id.in_(bindparam("whose", expanding=True)))


def near_times(
    connection: Connection, wearers: Iterable[WearerId], around: Nearby
) -> dict[WearerId, Times]:
    """Return, of each of these wearers who has any, the times of fixes that may be near, rising.

    Fixes that decide nothing are among them: whoever asks judges them. Raises ArchiveDamage.
    """
    chosen = list(dict.fromkeys(wearers))
    found: dict[WearerId, list[Times]] = {}
    for part in (_archived(connection, frozenset(chosen), around),
                 _recent(connection, chosen, around)):  # fmt: skip
        for wearer, times in part:
            found.setdefault(wearer, []).append(times)
    return {wearer: np.sort(np.concatenate(parts)) for wearer, parts in found.items()}


def _archived(
    connection: Connection, whose: frozenset[WearerId], around: Nearby
) -> Iterator[tuple[WearerId, Times]]:
    folder = folder_of(connection)
    if folder is None:
        return
    parts: list[tuple[Path, Any, list[int]]] = []
    for sealed in visible(connection, ArchiveOrder.BY_TIME, around.start, around.end):
        footer = footer_of(folder, sealed)
        (west, east), (south, north) = footer.bounds["lon_deg"], footer.bounds["lat_deg"]
        chosen = around.may_touch(footer.bounds["fixed_at"], (west, south, east, north))
        numbers = np.flatnonzero(chosen).tolist()
        if not numbers:
            continue
        parts += [
            (folder / sealed.path, footer.metadata, numbers[at : at + _GROUPS])
            for at in range(0, len(numbers), _GROUPS)
        ]

    def found_in(part: tuple[Path, Any, list[int]]) -> list[tuple[WearerId, Times]]:
        path, metadata, numbers = part
        table = read_groups(path, opened(path, metadata), numbers, _COLUMNS)
        return list(_of_table(table, whose, around))

    with ThreadPoolExecutor(_THREADS) as readers:
        for found in readers.map(found_in, parts):
            yield from found


def _of_table(
    table: Any, whose: frozenset[WearerId], around: Nearby
) -> Iterator[tuple[WearerId, Times]]:
    pa = arrow()
    at = table.column("fixed_at").cast(pa.int64()).fill_null(NO_INSTANT).to_numpy()
    lon, lat = (table.column(name).fill_null(np.nan).to_numpy() for name in ("lon_deg", "lat_deg"))
    still = table.column("motion").to_numpy() == _STILL
    rows = around.near_rows(at, lon, lat, still)
    codes = table.column("wearer_id").unify_dictionaries().combine_chunks()
    his: NDArray[np.int32] = codes.indices.to_numpy()[rows]
    for code, name in enumerate(codes.dictionary.to_pylist()):
        if name in whose and (mine := rows[his == code]).size:
            yield WearerId(name), at[mine]


def _recent(
    connection: Connection, wearers: Sequence[WearerId], around: Nearby
) -> Iterator[tuple[WearerId, Times]]:
    start, end = around.start, around.end
    hours = max(1, (end - start) // HOUR)
    count = max(1, min(_AT_ONCE // hours, _AT_ONCE // 10))
    for at in range(0, len(wearers), count):
        some = {"whose": wearers[at : at + count]}
        found = connection.execute(_RECENT, window(start, end) | some).all()
        if not found:
            continue
        block, sizes = unpack_all([row.rows for row in found])
        rows = _near(block, around)
        names: list[str] = [row.wearer_id for row in found]
        owners = np.repeat(np.array(names), sizes)[rows]
        for name in np.unique(owners).tolist():
            yield WearerId(name), block["fixed_at"][rows[owners == name]]


def _near(block: FixBlock, around: Nearby) -> NDArray[np.intp]:
    still = block["motion"] == _STILL
    return around.near_rows(block["fixed_at"], block["lon_deg"], block["lat_deg"], still)
