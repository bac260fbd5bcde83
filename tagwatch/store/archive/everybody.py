"""The fixes of many wearers at once: of a time, and of those the ones that may be at a place.

Archived fixes come from the order by time, recent ones from the tables; each fix once, if the
connection is in one transaction.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any, Final, NamedTuple

import numpy as np
from sqlalchemy import Connection, bindparam

from tagwatch.core.fix import NO_INSTANT, FixBlock
from tagwatch.core.ids import ActivationId, WearerId
from tagwatch.core.recorded_archive import ArchiveOrder
from tagwatch.core.uncertainty import ErrorSettings
from tagwatch.core.units import Instant
from tagwatch.store import schema
from tagwatch.store.archive.footer import footer_of, opened, read_groups
from tagwatch.store.archive.layout import Names, Rows, arrow, joined_rows, to_rows
from tagwatch.store.archive.parts import folder_of, visible
from tagwatch.store.archive.vicinity import Box, groups_near, rows_near
from tagwatch.store.trail import overlapping, unpack_all, window, within

Trails = dict[WearerId, list[tuple[ActivationId, FixBlock]]]
_AT_ONCE: Final = 500
"""Wearers asked about in one statement."""
_GROUPS: Final = 32
"""Row groups read at once: half a million fixes."""
_RECENT: Final = overlapping(schema.trail_block.c.wearer_id.in_(bindparam("whose", expanding=True)))


class Asked(NamedTuple):
    """Fixes with start ≤ fixed_at < end; with boxes only those that may truly be in one of them."""

    start: Instant
    end: Instant
    boxes: Sequence[Box] = ()
    errors: ErrorSettings = ErrorSettings()


def trails_between(connection: Connection, wearers: Iterable[WearerId], asked: Asked) -> Trails:
    """Return the fixes of each of these wearers that has any, as `whole_trail` would.

    With boxes: those whose 99 % region touches a box, and perhaps others just outside; whoever
    asks judges them. Raises ArchiveDamage.
    """
    chosen = list(dict.fromkeys(wearers))
    names = Names()
    whose = frozenset(chosen)
    found = [
        *_archived(connection, names, whose, asked),
        *_recent(connection, names, chosen, asked),
    ]
    return _by_wearer(names, found, asked) if found else {}


def _archived(
    connection: Connection, names: Names, whose: frozenset[WearerId], asked: Asked
) -> Iterator[Rows]:
    folder = folder_of(connection)
    if folder is None or asked.end <= asked.start:
        return
    for sealed in visible(connection, ArchiveOrder.BY_TIME, asked.start, asked.end):
        footer = footer_of(folder, sealed)
        chosen = footer.overlaps("fixed_at", asked.start, asked.end - 1)
        if asked.boxes:
            chosen &= groups_near(footer, asked.boxes, asked.errors)
        numbers = np.flatnonzero(chosen).tolist()
        if not numbers:
            continue
        path = folder / sealed.path
        file = opened(path, footer.metadata)
        for at in range(0, len(numbers), _GROUPS):
            table = read_groups(path, file, numbers[at : at + _GROUPS])
            yield _kept(names, table, whose, asked)


def _kept(names: Names, table: Any, whose: frozenset[WearerId], asked: Asked) -> Rows:
    """Return the rows of a table that are asked for; the others are left out before they are
    rows."""
    pa = arrow()
    times = table.column("fixed_at").cast(pa.int64()).fill_null(NO_INSTANT).to_numpy()
    codes = table.column("wearer_id").unify_dictionaries().combine_chunks()
    asked_for = np.array([text in whose for text in codes.dictionary.to_pylist()], np.bool_)
    inside = (times >= asked.start) & (times < asked.end)
    if len(inside):
        inside &= asked_for[codes.indices.to_numpy()]
    rows = to_rows(names, table.filter(pa.array(inside)))
    if asked.boxes and len(rows.block):
        rows = rows.taken(rows_near(rows.block, asked.boxes, asked.errors))
    return rows


def _recent(
    connection: Connection, names: Names, wearers: Sequence[WearerId], asked: Asked
) -> Iterator[Rows]:
    times = window(asked.start, asked.end)
    for at in range(0, len(wearers), _AT_ONCE):
        some = {"whose": wearers[at : at + _AT_ONCE]}
        found = connection.execute(_RECENT, times | some).all()
        if not found:
            continue
        block, sizes = unpack_all([row.rows for row in found])
        his = np.array([names.wearer(row.wearer_id) for row in found], np.int32)
        tags = np.array([names.activation(row.activation_id) for row in found], np.int32)
        rows_of = Rows(np.repeat(his, sizes), np.repeat(tags, sizes), block)
        if asked.boxes:
            rows_of = rows_of.taken(rows_near(block, asked.boxes, asked.errors))
        if len(rows_of.block):
            yield rows_of


def _by_wearer(names: Names, found: list[Rows], asked: Asked) -> Trails:
    rows = joined_rows(found)
    whose = rows.wearers.astype(np.int64) << 32 | rows.activations
    sorting = np.argsort(whose, kind="stable")
    ordered = rows.taken(sorting)
    cuts = [0, *(np.flatnonzero(np.diff(whose[sorting])) + 1).tolist(), len(sorting)]
    trails: Trails = {}
    for begins, ends in pairwise(cuts):
        if begins == ends:
            continue
        wearer = names.wearers[int(ordered.wearers[begins])]
        activation = names.activations[int(ordered.activations[begins])]
        block = within([ordered.block[begins:ends]], asked.start, asked.end)
        if len(block):
            trails.setdefault(wearer, []).append((activation, block))
    return trails
