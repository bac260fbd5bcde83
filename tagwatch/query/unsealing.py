"""Openings of sealed trails: those that wait for a second person, those open now, and one's own."""

from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Connection, func, select

from tagwatch.access.role import Verb
from tagwatch.core.ids import WearerId
from tagwatch.core.person import Wearer
from tagwatch.core.units import Instant
from tagwatch.core.unsealing import WAITS, Unsealing, UnsealingState
from tagwatch.query.reader import Reader
from tagwatch.query.seen_trail import Sealed, standing
from tagwatch.store import schema
from tagwatch.store.settings import settings_at
from tagwatch.store.unsealings import unsealings

MOST: Final = 50
_ROW: Final = schema.unsealing.c


class UnsealingRow(msgspec.Struct, frozen=True, kw_only=True):
    """One opening as it stands; `wearer` is None where he is out of this reader's reach by now."""

    unsealing: Unsealing
    state: UnsealingState
    wearer: Wearer | None


class UnsealingLists(msgspec.Struct, frozen=True, kw_only=True):
    """What concerns one officer."""

    at: Instant
    waiting: tuple[UnsealingRow, ...]
    """Asked by others about wearers in his reach: he may decide them; oldest first."""
    others: tuple[UnsealingRow, ...]
    """Of those wearers, asked by others and decided: open ones first, at most MOST."""
    own: tuple[UnsealingRow, ...]
    """Those he asked for, the newest first, at most MOST."""


class UnsealingsOf(msgspec.Struct, frozen=True, kw_only=True):
    """What one officer asked about one wearer, and what of a stretch he could ask for."""

    wearer: Wearer
    at: Instant
    lasts_s: int
    """For how long a stretch is open once approved, by the settings in force."""
    sealed: Sealed | None
    """How much of the stretch is sealed, and how much of that is gone; None: nothing."""
    own: tuple[UnsealingRow, ...]


def unsealing_lists(reader: Reader) -> UnsealingLists:
    """Return the openings that the reader may decide or end, and his own. On the audit."""
    at, by = reader.now(), reader.actor.account_id
    waiting = others = ()
    with reader.connection() as connection:
        if reader.actor.may(Verb.APPROVE_SEALED):
            waiting = _rows(reader, connection, _ROW.at, *_to_decide(reader))
            decided = (_reached(reader), _ROW.by != by, _ROW.waiting != 1)
            others = _rows(reader, connection, _ROW.until.desc(), *decided)
        own = _rows(reader, connection, _ROW.at.desc(), _ROW.by == by)
    reader.consulted(
        "unsealings", [each.unsealing.unsealing_id for each in (*waiting, *others, *own)]
    )
    return UnsealingLists(at=at, waiting=waiting, others=others, own=own)


def unsealings_about(
    reader: Reader, wearer_id: WearerId, start: Instant, end: Instant
) -> UnsealingsOf:
    """Return what the reader asked about a wearer within scope, and how much of [start, end) is
    sealed. Raises NotFound; puts either on the audit."""
    at = reader.now()
    with reader.connection() as connection:
        wearer = reader.wearer(connection, wearer_id, "unsealings")
        his = (_ROW.by == reader.actor.account_id, _ROW.wearer_id == wearer_id)
        own = _rows(reader, connection, _ROW.at.desc(), *his)
        sealed = standing(connection, wearer_id, start, end)
        lasts_s = settings_at(connection, at).access.unsealed_s
    named = [each.unsealing.unsealing_id for each in own]
    reader.consulted("unsealings", [wearer_id, *named])
    return UnsealingsOf(wearer=wearer, at=at, lasts_s=lasts_s, sealed=sealed, own=own)


def sealed_of(reader: Reader, wearer_id: WearerId, start: Instant, end: Instant) -> Sealed:
    """Return how much of a stretch of a wearer within scope is sealed. Raises NotFound; puts a
    refusal on the audit, and leaves what follows to whoever asks."""
    with reader.connection() as connection:
        reader.wearer(connection, wearer_id, "ask_unsealing")
        return standing(connection, wearer_id, start, end) or Sealed(fixes=0, days=0)


def unsealings_to_decide(reader: Reader) -> int:
    """Return how many openings wait for this reader, who did not ask for them."""
    if not reader.actor.may(Verb.APPROVE_SEALED):
        return 0
    query = select(func.count()).select_from(schema.unsealing).where(*_to_decide(reader))
    with reader.connection() as connection:
        return int(connection.scalar(query) or 0)


def _to_decide(reader: Reader) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions for those that wait, of wearers he reaches without break-glass."""
    return (
        _reached(reader),
        _ROW.by != reader.actor.account_id,
        _ROW.waiting == 1,
        _ROW.at > reader.now() - WAITS,
    )


def _reached(reader: Reader) -> ColumnElement[bool]:
    reached = select(schema.wearer.c.wearer_id).where(reader.scope.ordinary())
    return _ROW.wearer_id.in_(reached)


def _rows(
    reader: Reader, connection: Connection, order: Any, *wanted: ColumnElement[bool]
) -> tuple[UnsealingRow, ...]:
    query = select(_ROW.body).where(*wanted).order_by(order, _ROW.unsealing_id).limit(MOST)
    found = unsealings(connection.scalars(query).all())
    seen = reader.wearers(connection, {each.wearer_id for each in found})
    return tuple(_row(each, seen, reader.now()) for each in found)


def _row(unsealing: Unsealing, seen: dict[WearerId, Wearer], at: Instant) -> UnsealingRow:
    state, wearer = unsealing.state(at), seen.get(unsealing.wearer_id)
    if wearer is None:
        unsealing = msgspec.structs.replace(unsealing, wearer_id=WearerId(""))
    return UnsealingRow(unsealing=unsealing, state=state, wearer=wearer)
