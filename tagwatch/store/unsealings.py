"""Openings of sealed trails as the tables keep them."""

from collections.abc import Iterable

import msgspec
from sqlalchemy import Connection, func, select

from tagwatch.core.ids import AccountId, UnsealingId, WearerId
from tagwatch.core.routing import Verdict
from tagwatch.core.units import Instant
from tagwatch.core.unsealing import WAITS, Unsealing
from tagwatch.store import schema
from tagwatch.store.writes import Writes

_NOTHING, _DECISION, _END = 0, 1, 2
"""What an opening waits for."""
MOST_OVER = 500
_DECODER = msgspec.json.Decoder(Unsealing)
_ROW = schema.unsealing.c


def put_unsealing(writes: Writes, unsealing: Unsealing) -> None:
    """Write an opening as it stands."""
    waits = _NOTHING
    if unsealing.ending is None and unsealing.verdict is not Verdict.REFUSED:
        waits = _DECISION if unsealing.verdict is None else _END
    writes.put(
        schema.unsealing,
        {
            "unsealing_id": unsealing.unsealing_id,
            "wearer_id": unsealing.wearer_id,
            "by": unsealing.by,
            "at": unsealing.at,
            "waiting": waits,
            "until": unsealing.until or Instant(0),
            "body": msgspec.json.encode(unsealing).decode(),
        },
    )


def unsealing_of(
    connection: Connection, unsealing_id: UnsealingId, writes: Writes | None = None
) -> Unsealing | None:
    """Return an opening as it is now, with what `writes` holds of it; None if there is none."""
    for row in writes.put_rows(schema.unsealing) if writes is not None else ():
        if row["unsealing_id"] == unsealing_id:
            return _DECODER.decode(row["body"])
    body = connection.scalar(select(_ROW.body).where(_ROW.unsealing_id == unsealing_id))
    return None if body is None else _DECODER.decode(body)


def open_unsealings(
    connection: Connection, by: AccountId, wearer: WearerId, at: Instant
) -> tuple[Unsealing, ...]:
    """Return what of a wearer's sealed trail is open to this officer at `at`, oldest first."""
    query = select(_ROW.body).where(_ROW.by == by, _ROW.wearer_id == wearer, _ROW.until > at)
    found = unsealings(connection.scalars(query.order_by(_ROW.at, _ROW.unsealing_id)))
    return tuple(each for each in found if each.decided_at is not None and each.decided_at <= at)


def count_waiting(connection: Connection, by: AccountId, at: Instant) -> int:
    """Return how many askings of this officer wait to be decided at `at`."""
    query = select(func.count()).where(_ROW.by == by, _ROW.waiting == 1, _ROW.at > at - WAITS)
    return int(connection.scalar(query) or 0)


def over_unsealings(connection: Connection, at: Instant) -> tuple[Unsealing, ...]:
    """Return openings whose time was over by `at` and of which no end is journaled, oldest first,
    at most MOST_OVER."""
    query = select(_ROW.body).where(_ROW.waiting == _END, _ROW.until <= at)
    return unsealings(connection.scalars(query.order_by(_ROW.until).limit(MOST_OVER)))


def unsealings(bodies: Iterable[str]) -> tuple[Unsealing, ...]:
    """Return the openings of these rows' bodies."""
    return tuple(_DECODER.decode(body) for body in bodies)
