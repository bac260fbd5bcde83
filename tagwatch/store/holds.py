"""Legal holds: wearers of whom nothing is let go because of its age; and what is let go of."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, bindparam, delete, func, select

from tagwatch.core.event import Event
from tagwatch.core.ids import AccountId, WearerId
from tagwatch.core.recorded_archive import (
    LegalHoldEnded,
    LegalHoldLiftAsked,
    LegalHoldLiftRefused,
    LegalHoldSet,
)
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


class HoldAct(msgspec.Struct, frozen=True, kw_only=True):
    """Something that was done about a hold."""

    wearer_id: WearerId
    what: str
    """`set`, `ended`, `lift asked for`, `lift refused`."""
    at: Instant
    why: str
    by: AccountId


def put(writes: Writes, event: Event, seq: int) -> None:
    """Keep what was done about a hold, if it is that."""
    match event:
        case LegalHoldSet() | LegalHoldEnded():
            _put_hold(writes, event, seq)
        case LegalHoldLiftAsked() | LegalHoldLiftRefused():
            _put_lift(writes, event, seq)
        case _:
            pass


def _put_hold(writes: Writes, event: LegalHoldSet | LegalHoldEnded, seq: int) -> None:
    row = {"seq": seq, "wearer_id": event.wearer_id, "held": int(isinstance(event, LegalHoldSet))}
    writes.put(schema.legal_hold, row | {"at": event.at, "why": event.why, "by": event.by})


def _put_lift(writes: Writes, event: LegalHoldLiftAsked | LegalHoldLiftRefused, seq: int) -> None:
    asked = int(isinstance(event, LegalHoldLiftAsked))
    row = {"seq": seq, "wearer_id": event.wearer_id, "asked": asked}
    writes.put(schema.legal_hold_lift, row | {"at": event.at, "why": event.why, "by": event.by})


def held(connection: Connection) -> frozenset[WearerId]:
    """Return the wearers on hold now."""
    return frozenset(WearerId(wearer) for wearer in connection.scalars(_HELD))


def held_since(connection: Connection) -> dict[WearerId, Instant]:
    """Return who is on hold now, and since when."""
    since = select(_HOLD.wearer_id, _HOLD.at).join(_LAST, _LAST.c.seq == _HOLD.seq)
    rows = connection.execute(since.where(_HOLD.held == 1))
    return {WearerId(row.wearer_id): Instant(row.at) for row in rows}


def history(connection: Connection, wearer: WearerId | None = None) -> list[Hold]:
    """Return every hold that was set or ended, oldest first; of one wearer if he is given."""
    return [hold for _, hold in _holds(connection, wearer)]


def acts(connection: Connection, wearer: WearerId | None = None) -> list[HoldAct]:
    """Return all that was done about holds, oldest first; of one wearer if he is given."""
    found = [
        (seq, _act("set" if hold.held else "ended", hold))
        for seq, hold in _holds(connection, wearer)
    ]
    query = select(schema.legal_hold_lift)
    if wearer is not None:
        query = query.where(schema.legal_hold_lift.c.wearer_id == wearer)
    for row in connection.execute(query):
        what = "lift asked for" if row.asked else "lift refused"
        found.append((row.seq, _act(what, row)))
    return [act for _, act in sorted(found, key=lambda each: each[0])]


def standing(acts: Sequence[HoldAct]) -> tuple[HoldAct | None, HoldAct | None]:
    """Return by which of one wearer's acts he is on hold, and which asks that it be lifted."""
    hold: HoldAct | None = None
    lift: HoldAct | None = None
    for act in acts:
        match act.what:
            case "set":
                hold, lift = act, None
            case "ended":
                hold, lift = None, None
            case "lift asked for":
                lift = act if hold is not None else None
            case _:
                lift = None
    return hold, lift


def _act(what: str, row: Any) -> HoldAct:
    return HoldAct(
        wearer_id=WearerId(row.wearer_id),
        what=what,
        at=Instant(row.at),
        why=row.why,
        by=AccountId(row.by),
    )


def _holds(connection: Connection, wearer: WearerId | None) -> list[tuple[int, Hold]]:
    query = select(schema.legal_hold).order_by(_HOLD.seq)
    if wearer is not None:
        query = query.where(_HOLD.wearer_id == wearer)
    return [
        (
            row.seq,
            Hold(
                wearer_id=WearerId(row.wearer_id),
                held=bool(row.held),
                at=Instant(row.at),
                why=row.why,
                by=row.by,
            ),
        )
        for row in connection.execute(query)
    ]


def let_go(writes: Writes, before: Instant) -> None:
    """Let go of what the line remembers of trails before an instant, save of those on hold."""
    writes.remove(_OLD_SNAPSHOTS, {"before": before})
