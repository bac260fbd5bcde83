"""A wearer's fixes wherever they are kept: those in the tables, and older ones in the archive."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, bindparam, select

from tagwatch.core.fix import FixBlock
from tagwatch.core.ids import ActivationId, WearerId
from tagwatch.core.recorded_archive import ArchiveFile, ArchiveOrder
from tagwatch.core.units import Instant
from tagwatch.store import schema
from tagwatch.store.archive.footer import footer_of, opened, read_groups
from tagwatch.store.archive.layout import (
    bucket_mark,
    bucket_of,
    instants,
    month_folder,
    month_of,
    to_block,
)
from tagwatch.store.archive.parts import folder_of
from tagwatch.store.trail import read_trail, within

_PART: Final = schema.trail_part.c
_BEYOND: Final = "~"
"""Sorts behind every character of a path."""
_OF_PERSON: Final = (
    select(schema.trail_part)
    .where(
        _PART.path >= bindparam("first"),
        _PART.path < bindparam("beyond"),
        _PART.path.like(bindparam("bucket")),
        _PART.last_at >= bindparam("start"),
        _PART.first_at < bindparam("end"),
    )
    .order_by(_PART.path)
)


def whole_trail(
    connection: Connection, wearer: WearerId, start: Instant, end: Instant
) -> list[tuple[ActivationId, FixBlock]]:
    """Return the wearer's fixes with start ≤ fixed_at < end, one sorted block an activation.

    Each fix once, if the connection is in one transaction. Raises ArchiveDamage.
    """
    recent = read_trail(connection, wearer, start, end)
    folder = folder_of(connection)
    if folder is None or not (files := _files_of(connection, wearer, start, end)):
        return recent
    found: dict[ActivationId, list[FixBlock]] = {}
    for sealed in files:
        for activation, block in _read(folder, sealed, wearer, start, end):
            found.setdefault(activation, []).append(block)
    for activation, block in recent:
        found.setdefault(activation, []).append(block)
    return [(activation, within(blocks, start, end)) for activation, blocks in found.items()]


def _files_of(
    connection: Connection, wearer: WearerId, start: Instant, end: Instant
) -> list[ArchiveFile]:
    """Return the files that may hold fixes of the wearer in [start, end)."""
    if end <= start:
        return []
    asked = {
        "first": month_folder(ArchiveOrder.BY_PERSON, month_of(start)),
        "beyond": month_folder(ArchiveOrder.BY_PERSON, month_of(Instant(end - 1))) + _BEYOND,
        "bucket": f"%{bucket_mark(bucket_of(wearer))}%",
        "start": start,
        "end": end,
    }
    rows = connection.execute(_OF_PERSON, asked).mappings()
    names = ArchiveFile.__struct_fields__
    return [msgspec.convert({name: row[name] for name in names}, ArchiveFile) for row in rows]


def _read(
    folder: Path, sealed: ArchiveFile, wearer: WearerId, start: Instant, end: Instant
) -> Iterator[tuple[ActivationId, FixBlock]]:
    """Yield his fixes of one file that may lie in [start, end), a block an activation."""
    footer = footer_of(folder, sealed)
    in_time = footer.overlaps("fixed_at", start, end - 1)
    numbers = [
        k
        for k, (least, greatest) in enumerate(zip(*footer.wearers, strict=True))
        if in_time[k] and least <= wearer <= greatest
    ]
    if not numbers:
        return
    path = folder / sealed.path
    table = read_groups(path, opened(path, footer.metadata), numbers)
    whose = _coded(table, "wearer_id")
    rows = np.flatnonzero(whose[0] == whose[1].get(wearer, -1))
    if not len(rows):
        return
    # A file stands by wearer and time, and so do row groups behind one another: his are in a row.
    his = table.slice(rows[0], rows[-1] + 1 - rows[0])
    first, beyond = np.searchsorted(instants(his), (start, end)).tolist()
    his = his.slice(first, beyond - first)
    block, (codes, numbered) = to_block(his), _coded(his, "activation_id")
    for activation, code in numbered.items():
        chosen = codes == code
        if chosen.any():
            yield ActivationId(activation), block if chosen.all() else block[chosen]


def _coded(table: Any, name: str) -> tuple[NDArray[np.int32], dict[str, int]]:
    """Return a column of ids as numbers, and the number of each id."""
    whole = table.column(name).unify_dictionaries().combine_chunks()
    texts: list[str] = whole.dictionary.to_pylist()
    return whole.indices.to_numpy(), {text: code for code, text in enumerate(texts)}
