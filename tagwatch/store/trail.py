"""The trail: every fix of a wearer, in blocks as they arrived, read back in order of time."""

from collections.abc import Sequence
from functools import cache
from types import ModuleType
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import (
    ColumnElement,
    Connection,
    Executable,
    Select,
    bindparam,
    or_,
    select,
    text,
    union_all,
)

from tagwatch.core.fix import FIX_DTYPE, FixBlock, empty_block, joined
from tagwatch.core.ids import ActivationId, WearerId
from tagwatch.core.units import DAY, Instant
from tagwatch.store import schema, schema_trail
from tagwatch.store.archive.parts import Seam, recent
from tagwatch.store.unpacked import HEAD, WIDTH, unpack

_BLOCK: Final = schema.trail_block.c
_BLOCKS: Final = (
    select(_BLOCK.activation_id, _BLOCK.rows)
    .where(
        _BLOCK.wearer_id == bindparam("wearer"),
        _BLOCK.last_at >= bindparam("start"),
        _BLOCK.first_at < bindparam("end"),
    )
    .order_by(_BLOCK.seq)
)
_WHERE: Final = (_BLOCK.last_at >= bindparam("start"), _BLOCK.first_at < bindparam("end"))
_OF_LINE: Final = _BLOCKS.where(
    or_(_BLOCK.last_at >= bindparam("settled"), _BLOCK.seq > bindparam("settled_upto"))
)
_OF_LINE_ENDED: Final = _OF_LINE.where(_BLOCK.last_at <= bindparam("ended_by"))


def overlapping(whose: ColumnElement[bool]) -> Select[Any]:
    """Return the statement for the rows of `whose` messages that are not archived and have fixes
    in a window, with seq, wearer, activation and rows, by seq; `window` gives what it asks for.

    Quick however long ago the window was: of all but long messages only those that end soon
    after it are looked at.
    """
    columns = select(_BLOCK.seq, _BLOCK.wearer_id, _BLOCK.activation_id, _BLOCK.rows)
    all_of_them = columns.where(whose, *_WHERE, recent())
    short = all_of_them.where(_BLOCK.last_at < bindparam("soon"))
    long = all_of_them.where(_BLOCK.last_at >= bindparam("soon"), text(schema_trail.LONG_SPAN))
    return select(union_all(short, long).subquery()).order_by("seq")


def window(start: Instant, end: Instant) -> dict[str, int]:
    """Return what `overlapping` asks for."""
    return {"start": start, "end": end, "soon": min(end + DAY, 2**63 - 1)}


_RECENT: Final = overlapping(_BLOCK.wearer_id == bindparam("wearer"))


def pack(block: FixBlock) -> bytes:
    """Return the bytes of a block as the table keeps them: in the fixes of one message most bytes
    are the same from row to row, and those are kept once.

    A head (how many rows, and a bit for each byte of a row: does it vary), the first row, then of
    each row the bytes that vary.
    """
    count = len(block)
    if not count:
        return HEAD.pack(0, b"")
    flat = np.ascontiguousarray(block).view(np.uint8)
    if (kernel := _kernel()) is None:
        return _by_arrays(flat, count)
    found = np.empty(HEAD.size + len(flat) + WIDTH, np.uint8)
    found[: HEAD.size] = 0
    return found[: kernel.packed(flat, count, WIDTH, found)].tobytes()


def _by_arrays(flat: NDArray[np.uint8], count: int) -> bytes:
    turns = (flat[WIDTH:] ^ flat[:-WIDTH]).reshape(count - 1, WIDTH)
    varies: NDArray[np.bool_] = np.bitwise_or.reduce(turns, axis=0) != 0
    kept: NDArray[np.uint8] = flat.reshape(count, WIDTH).take(varies.nonzero()[0], axis=1)
    head = HEAD.pack(count, np.packbits(varies).tobytes())
    return head + flat[:WIDTH].tobytes() + kept.tobytes()


@cache
def _kernel() -> ModuleType | None:
    """Return the compiled pass, None where nothing is compiled: plainly the arrays are quicker."""
    from tagwatch.core.compiled import COMPILED  # noqa: PLC0415  # it loads the compiler

    if not COMPILED:
        return None
    from tagwatch.store import trail_kernel  # noqa: PLC0415  # as above

    return trail_kernel


def load_kernel() -> None:
    """Compile what packs, or load it, at a better time than at the first fix."""
    pack(np.zeros(1, FIX_DTYPE))


def unpack_all(packed: Sequence[bytes]) -> tuple[FixBlock, NDArray[np.int64]]:
    """Return the rows of many packed blocks behind one another, and how many of each. Raises
    ValueError as `unpack`. Those packed alike are unpacked together."""
    sizes = np.zeros(len(packed), np.int64)
    alike: dict[bytes, list[int]] = {}
    for number, rows in enumerate(packed):
        head = rows[: HEAD.size]
        alike.setdefault(head, []).append(number)
    for head, numbers in alike.items():
        sizes[numbers] = HEAD.unpack(head)[0]
    begins = np.cumsum(sizes) - sizes
    found = np.empty((int(sizes.sum()), WIDTH), np.uint8)
    for head, numbers in alike.items():
        count, bits = HEAD.unpack(head)
        varies = np.unpackbits(np.frombuffer(bits, np.uint8), count=WIDTH).nonzero()[0]
        whole = HEAD.size + (WIDTH + count * len(varies) if count else 0)
        if any(len(packed[number]) != whole for number in numbers):
            raise ValueError(f"not every packed block of {count} fixes has {whole} bytes")
        if not count:
            continue
        said = np.frombuffer(b"".join([packed[number] for number in numbers]), np.uint8)
        said = said.reshape(len(numbers), whole)[:, HEAD.size :]
        blocks = np.repeat(said[:, None, :WIDTH], count, axis=1)
        blocks[:, :, varies] = said[:, WIDTH:].reshape(len(numbers), count, len(varies))
        found[begins[numbers][:, None] + np.arange(count)] = blocks
    return found.reshape(-1).view(FIX_DTYPE), sizes


def block_row(
    seq: int,
    wearer: WearerId | None,
    activation: ActivationId | None,
    block: FixBlock,
    ends: tuple[int, int] | None = None,
) -> dict[str, Any]:
    """Return the row of the fixes of one journal record; at least one fix. `ends` are the times
    of the earliest and the latest, where the caller knows them."""
    times = block["fixed_at"]
    first_at, last_at = ends or (int(times.min()), int(times.max()))
    return {
        "seq": seq,
        "wearer_id": wearer or "",
        "activation_id": activation or "",
        "first_at": first_at,
        "last_at": last_at,
        "fixes": len(block),
        "rows": pack(block),
    }


def read_trail(
    connection: Connection, wearer: WearerId, start: Instant, end: Instant
) -> list[tuple[ActivationId, FixBlock]]:
    """Return the wearer's fixes with start ≤ fixed_at < end that are not archived, one sorted
    block an activation."""
    asked = {"wearer": wearer} | window(start, end)
    return _by_activation(connection, _RECENT, asked, start, end)


def read_trail_of_line(
    connection: Connection,
    wearer: WearerId,
    start: Instant,
    end: Instant,
    seam: Seam,
    ended_by: Instant | None = None,
) -> list[tuple[ActivationId, FixBlock]]:
    """Return the same for the line, which knows in memory where its seam lies.

    `ended_by` leaves out messages whose last fix is later: quick however long ago it was.
    """
    asked = {"wearer": wearer, "start": start, "end": end, "ended_by": ended_by}
    asked |= {"settled": seam.settled, "settled_upto": seam.settled_upto}
    query = _OF_LINE if ended_by is None else _OF_LINE_ENDED
    return _by_activation(connection, query, asked, start, end)


def _by_activation(
    connection: Connection,
    query: Executable,
    asked: dict[str, Any],
    start: Instant,
    end: Instant,
) -> list[tuple[ActivationId, FixBlock]]:
    found: dict[ActivationId, list[FixBlock]] = {}
    for row in connection.execute(query, asked):
        found.setdefault(ActivationId(row.activation_id), []).append(unpack(row.rows))
    return [(activation, within(blocks, start, end)) for activation, blocks in found.items()]


def within(blocks: list[FixBlock], start: Instant, end: Instant) -> FixBlock:
    """Return the fixes of `blocks` in [start, end), sorted by time, then by arrival."""
    if not blocks:
        return empty_block()
    kept = joined(blocks)
    times = kept["fixed_at"]
    chosen = (times >= start) & (times < end)
    if not chosen.all():
        kept, times = kept[chosen], times[chosen]
    later = times[1:] > times[:-1]
    if not later.all():
        same = times[1:] == times[:-1]
        for name in ("seq", "index"):
            column = kept[name]
            later |= same & (column[1:] > column[:-1])
            same &= column[1:] == column[:-1]
    if later.all():
        return kept
    return kept[np.lexsort((kept["index"], kept["seq"], kept["fixed_at"]))]
