"""The fixes of many wearers at once: of a time, and of those the ones that may be at a place.

Archived fixes come from the order by time, recent ones from the tables; each fix once, if the
connection is in one transaction.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, bindparam

from tagwatch.core.fix import FixBlock
from tagwatch.core.ids import ActivationId, WearerId
from tagwatch.core.recorded_archive import ArchiveOrder
from tagwatch.core.uncertainty import ErrorSettings
from tagwatch.core.units import Instant
from tagwatch.store import schema
from tagwatch.store.archive.footer import footer_of, opened, read_groups
from tagwatch.store.archive.layout import (
    Names,
    Rows,
    arrow,
    instants,
    joined_rows,
    to_block,
    to_rows,
)
from tagwatch.store.archive.parts import folder_of, visible
from tagwatch.store.archive.vicinity import DECIDING, Box, Groups, groups_near, rows_near
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
        numbers = np.flatnonzero(footer.overlaps("fixed_at", asked.start, asked.end - 1))
        reach_m = np.full(len(numbers), np.inf)
        if asked.boxes:
            numbers, reach_m = groups_near(footer, numbers, asked.boxes, asked.errors)
        if not len(numbers):
            continue
        path = folder / sealed.path
        file = opened(path, footer.metadata)
        for at in range(0, len(numbers), _GROUPS):
            some = slice(at, at + _GROUPS)
            yield _of_groups(_Part(path, file, numbers[some], reach_m[some]), names, whose, asked)


class _Part(NamedTuple):
    """Some row groups of one file, with how far each fix in one can be from where it says."""

    path: Path
    file: Any
    numbers: Groups
    reach_m: NDArray[np.float64]


def _of_groups(part: _Part, names: Names, whose: frozenset[WearerId], asked: Asked) -> Rows:
    """Return the rows that are asked for. With boxes what decides that is read first, and the rest
    only of the groups in which there is any: most have none."""
    numbers, near = part.numbers, None
    if asked.boxes:
        sizes = [part.file.metadata.row_group(k).num_rows for k in numbers.tolist()]
        told = to_block(read_groups(part.path, part.file, numbers.tolist(), DECIDING))
        chosen = (told["fixed_at"] >= asked.start) & (told["fixed_at"] < asked.end)
        rows = np.flatnonzero(chosen)
        reach_m = np.repeat(part.reach_m, sizes)[rows]
        chosen[rows] = rows_near(told[rows], asked.boxes, asked.errors, reach_m)
        groups = np.repeat(np.arange(len(numbers)), sizes)
        held = np.unique(groups[chosen])
        numbers, near = numbers[held], chosen[np.isin(groups, held)]
    table = read_groups(part.path, part.file, numbers.tolist())
    return _kept(names, table if near is None else table.filter(arrow().array(near)), whose, asked)


def _kept(names: Names, table: Any, whose: frozenset[WearerId], asked: Asked) -> Rows:
    """Return the rows of a table of these wearers in this time; the others are left out before
    they are rows."""
    times = instants(table)
    codes = table.column("wearer_id").unify_dictionaries().combine_chunks()
    asked_for = np.array([text in whose for text in codes.dictionary.to_pylist()], np.bool_)
    inside = (times >= asked.start) & (times < asked.end)
    if len(inside):
        inside &= asked_for[codes.indices.to_numpy()]
    return to_rows(names, table if inside.all() else table.filter(arrow().array(inside)))


def _recent(
    connection: Connection, names: Names, wearers: Sequence[WearerId], asked: Asked
) -> Iterator[Rows]:
    times = window(asked.start, asked.end)
    for at in range(0, len(wearers), _AT_ONCE):
        some = {"whose": wearers[at : at + _AT_ONCE]}
        found = connection.execute(_RECENT, times | some).all()
        if not found:
            continue
        # Of hundreds of thousands of messages: no look at a row by itself, each id numbered once.
        _, whose, worn, packed = zip(*found, strict=True)
        block, sizes = unpack_all(packed)
        his_number = {each: names.wearer(each) for each in dict.fromkeys(whose)}
        tag_number = {each: names.activation(each) for each in dict.fromkeys(worn)}
        his = np.array([his_number[each] for each in whose], np.int32)
        tags = np.array([tag_number[each] for each in worn], np.int32)
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
