"""Legal holds: wearers of whom nothing is let go because of its age; and what is let go of."""

from typing import Final

import msgspec
from sqlalchemy import Connection, bindparam, delete, func, select

from tagwatch.core.ids import WearerId
from tagwatch.core.recorded_archive import LegalHoldEnded, LegalHoldSet
from tagwatch.core.units import Instant
from tagwatch.store import schema
from tagwatch.store.writes import Writes

_HOLD: Final = schema.legal_hold.c
_LAST: Final = (
    select(func.max(_HOLD.seq).label("seq")).group_by(_HOLD.wearer_id).subquery("last_hold")
)
_HELD: Final = select(_HOLD.wearer_id).join(_LAST, _LAST.c.seq == _HOLD.seq).where(_HOLD.held == 1)
_OLD_SNAPSHOTS: Final = delete(schema.snapshot).where(
    schema.snapshot.c.at < bindparam("before"), schema.snapshot.c.wearer_id.not_in(_HELD)
)


class Hold(msgspec.Struct, frozen=True, kw_only=True):
    """A legal hold in force, or one that ended."""

    wearer_id: WearerId
    held: bool
    at: Instant
    """When it was set, or ended."""
    why: str
    by: str


def put_hold(writes: Writes, event: LegalHoldSet | LegalHoldEnded, seq: int) -> None:
    """Keep that a hold was set, or ended."""
    row = {"seq": seq, "wearer_id": event.wearer_id, "held": int(isinstance(event, LegalHoldSet))}
    writes.put(schema.legal_hold, row | {"at": event.at, "why": event.why, "by": event.by})


def held(connection: Connection) -> frozenset[WearerId]:
    """Return the wearers on hold now."""
    return frozenset(WearerId(wearer) for wearer in connection.scalars(_HELD))


def history(connection: Connection, wearer: WearerId | None = None) -> list[Hold]:
    """Return every hold that was set or ended, oldest first; of one wearer if he is given."""
    query = select(schema.legal_hold).order_by(_HOLD.seq)
    if wearer is not None:
        query = query.where(_HOLD.wearer_id == wearer)
    return [
        Hold(
            wearer_id=WearerId(row.wearer_id),
            held=bool(row.held),
            at=Instant(row.at),
            why=row.why,
            by=row.by,
        )
        for row in connection.execute(query)
    ]


def let_go(writes: Writes, before: Instant) -> None:
    """Let go of what the line remembers of trails before an instant, save of those on hold."""
    writes.remove(_OLD_SNAPSHOTS, {"before": before})
