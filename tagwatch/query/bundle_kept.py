"""What of a bundle's window is of zones-only monitoring: kept of it, or still sealed."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from sqlalchemy import Connection, select

from tagwatch.core.ids import WearerId
from tagwatch.core.trail import TrailPart
from tagwatch.core.units import DAY, Instant
from tagwatch.core.zones_only import days_of, due_at, within_spans
from tagwatch.store import schema
from tagwatch.store.orders import zones_only_of


class ZonesOnlyPart(NamedTuple):
    """How much of a trail is of zones-only monitoring."""

    fixes: int
    kept: frozenset[int]
    """Journal records of messages of which only what was kept can be read."""
    sealed: int
    """Fixes of messages that stand whole under the key of a day that is not over."""
    over_at: Instant
    """When the last of those days is over."""


def zones_only_part(
    connection: Connection, wearer: WearerId, parts: Iterable[TrailPart]
) -> ZonesOnlyPart:
    """Return it. A message that reaches out of zones-only time was kept whole, and counts as any
    other does."""
    spans = zones_only_of(connection, wearer)
    row = schema.kept_frame.c
    known = set(connection.scalars(select(row.seq).where(row.wearer_id == wearer)))
    kept, fixes, sealed, over_at = set[int](), 0, 0, Instant(0)
    for part in parts if spans else ():
        times, seqs, came = (part.block[name] for name in ("fixed_at", "seq", "received_at"))
        inside = within_spans(times, ((span.start, span.end) for span in spans))
        fixes += int(np.count_nonzero(inside))
        whole = set(np.unique(seqs[~inside]).tolist())
        kept |= set(np.unique(seqs).tolist()) & known
        rows = zip(*(column[inside].tolist() for column in (seqs, times, came)), strict=True)
        for seq, at, received_at in rows:
            if seq not in known and seq not in whole:
                sealed += 1
                # The key is of the day of receipt.
                end = Instant((received_at // DAY + 1) * DAY)
                over_at = max(over_at, due_at(end, days_of(spans, Instant(at)) or 0))
    return ZonesOnlyPart(fixes, frozenset(kept), sealed, over_at)
