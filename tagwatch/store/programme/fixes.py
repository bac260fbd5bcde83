"""The fixes of a programme as Parquet, a file a month of their own time, and what they come to."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from sqlalchemy import Connection, func, select

from tagwatch.core.fix import FixBlock
from tagwatch.core.ids import ActivationId, WearerId
from tagwatch.core.recorded_archive import ArchiveOrder
from tagwatch.core.units import Instant, instant, utc
from tagwatch.store import schema
from tagwatch.store.archive.layout import Names, Rows, parquet, schema_of, to_table, writing
from tagwatch.store.archive.read import whole_trail

NOBODY: Final = WearerId("")
"""Of fixes at whose time no activation was in force."""
_ORDER: Final = ArchiveOrder.BY_PERSON


class MonthOfFixes(NamedTuple):
    """All fixes of one wearer in one month, one sorted block an activation."""

    month: str
    wearer: WearerId
    blocks: list[tuple[ActivationId, FixBlock]]

    @property
    def fixes(self) -> int:
        """How many there are."""
        return sum(len(block) for _, block in self.blocks)

    def digest(self) -> str:
        """Return the SHA-256 of the fixes, every field of each, and of whose they are."""
        hashed = sha256()
        for activation, block in self.blocks:
            hashed.update(f"{activation}\0{len(block)}\0".encode())
            hashed.update(np.ascontiguousarray(block).tobytes())
        return hashed.hexdigest()


def months_of(connection: Connection, wearers: Sequence[WearerId]) -> Iterator[MonthOfFixes]:
    """Give the fixes of these wearers, month after month; months and wearers without any are left
    out."""
    ends = _ends(connection)
    if ends is None:
        return
    start, last = ends
    while start <= last:
        end = _next_month(start)
        for wearer in wearers:
            found = whole_trail(connection, wearer, start, end)
            blocks = sorted(((a, b) for a, b in found if len(b)), key=lambda one: one[0])
            if blocks:
                yield MonthOfFixes(f"{utc(start):%Y-%m}", wearer, blocks)
        start = end


class FixFiles:
    """Writes months of fixes as they come, into `fixes/<month>.parquet`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._month = ""
        self._writer: Any = None
        self.rows: dict[str, int] = {}
        """By file name."""

    def add(self, part: MonthOfFixes) -> None:
        """Write the fixes of one wearer in one month; months must come in order."""
        if part.month != self._month:
            self.close()
            self._month = part.month
            path = self._folder / f"{part.month}.parquet"
            self._writer = parquet().ParquetWriter(path, schema_of(_ORDER), **writing(_ORDER))
        for activation, block in part.blocks:
            names = Names()
            wearers = np.full(len(block), names.wearer(part.wearer), np.int32)
            activations = np.full(len(block), names.activation(activation), np.int32)
            self._writer.write_table(to_table(names, Rows(wearers, activations, block), _ORDER))
        name = f"{part.month}.parquet"
        self.rows[name] = self.rows.get(name, 0) + part.fixes

    def close(self) -> None:
        """Finish the file that is open."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None


def parquet_rows(path: Path) -> int:
    """Return how many rows a Parquet file has. Raises ValueError for what is none."""
    return int(parquet().ParquetFile(path).metadata.num_rows)


def _ends(connection: Connection) -> tuple[Instant, Instant] | None:
    """Return the beginning of the first month with fixes, and the last fix."""
    found: list[tuple[int | None, int | None]] = []
    for table in (schema.trail_block, schema.trail_part):
        first, last = connection.execute(
            select(func.min(table.c.first_at), func.max(table.c.last_at))
        ).one()
        found.append((first, last))
    firsts = [first for first, _ in found if first is not None]
    lasts = [last for _, last in found if last is not None]
    if not firsts or not lasts:
        return None
    day = utc(Instant(min(firsts)))
    return instant(datetime(day.year, day.month, 1, tzinfo=day.tzinfo)), Instant(max(lasts))


def _next_month(start: Instant) -> Instant:
    day = utc(start)
    year, month = divmod(day.year * 12 + day.month, 12)
    return instant(datetime(year, month + 1, 1, tzinfo=day.tzinfo))
