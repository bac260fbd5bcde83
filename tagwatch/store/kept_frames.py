"""What stays of messages under zones-only orders: taken in, and put in the place of what goes."""

from collections.abc import Callable
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np
from sqlalchemy import Connection, bindparam, select

from tagwatch.core.ids import ActivationId, WearerId
from tagwatch.core.recorded_zones_only import FixesKept, KeptFrame
from tagwatch.core.zones_only import blanked
from tagwatch.store import schema
from tagwatch.store.trail import pack, unpack
from tagwatch.store.writes import Writes

_ROW: Final = schema.kept_frame.c
_OF_DAY: Final = select(schema.kept_frame).where(
    _ROW.activation_id == bindparam("activation"), _ROW.day == bindparam("day")
)
_BLOCK: Final = select(schema.trail_block).where(schema.trail_block.c.seq == bindparam("seq"))
DAY_LENGTH: Final = len("2026-11-22")


class KeptMessage(NamedTuple):
    """What stays of one message, and whose it was."""

    frame: KeptFrame
    activation: ActivationId
    wearer: WearerId


Find = Callable[[int], KeptMessage | None]
"""Returns what stays of the journal record of this seq, None for nothing."""


def put_kept(writes: Writes, event: FixesKept) -> None:
    """Keep what stays of the messages of a day."""
    for frame in event.frames:
        writes.put(
            schema.kept_frame,
            {
                "seq": frame.seq,
                "activation_id": event.activation_id,
                "wearer_id": event.wearer_id,
                "day": event.day,
                "rows": frame.fixes,
                "kept": msgspec.json.encode(frame.kept).decode(),
            },
        )


def blank_day(connection: Connection, writes: Writes, activation: str, day: str) -> int:
    """Take the places of all that does not stay of a day out of the trail; returns how many."""
    asked = {"activation": activation, "day": day}
    rows = connection.execute(_OF_DAY, asked).mappings()
    found: dict[int, Any] = {row["seq"]: row for row in rows}
    for row in writes.put_rows(schema.kept_frame):
        if (row["activation_id"], row["day"]) == (activation, day):
            found[row["seq"]] = row
    pending = {row["seq"]: row for row in writes.put_rows(schema.trail_block)}
    gone = 0
    for seq, kept in found.items():
        row = pending.get(seq) or connection.execute(_BLOCK, {"seq": seq}).mappings().first()
        if row is None:
            continue
        block = unpack(row["rows"])
        stays = np.zeros(len(block), np.bool_)
        stays[msgspec.json.decode(kept["kept"], type=list[int])] = True
        writes.put(schema.trail_block, dict(row) | {"rows": pack(blanked(block, stays))})
        gone += int(np.count_nonzero(~stays))
    return gone
