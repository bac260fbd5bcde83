"""Openings by break-glass as the tables keep them."""

from collections.abc import Iterable

import msgspec
from sqlalchemy import Connection, select

from tagwatch.core.glass import Glass
from tagwatch.core.ids import AccountId, GlassId, WearerId
from tagwatch.core.units import Instant
from tagwatch.store import schema
from tagwatch.store.writes import Writes

_DECODER = msgspec.json.Decoder(Glass)


def put_glass(writes: Writes, glass: Glass) -> None:
    """Write an opening as it stands."""
    writes.put(
        schema.glass,
        {
            "glass_id": glass.glass_id,
            "wearer_id": glass.wearer_id,
            "by": glass.by,
            "at": glass.at,
            "until": glass.until,
            "owed": int(glass.is_owed),
            "body": msgspec.json.encode(glass).decode(),
        },
    )


def glass_of(
    connection: Connection, glass_id: GlassId, writes: Writes | None = None
) -> Glass | None:
    """Return an opening as it is now, with what `writes` holds of it; None if there is none."""
    for row in writes.put_rows(schema.glass) if writes is not None else ():
        if row["glass_id"] == glass_id:
            return _DECODER.decode(row["body"])
    column = schema.glass.c
    body = connection.scalar(select(column.body).where(column.glass_id == glass_id))
    return None if body is None else _DECODER.decode(body)


def open_glasses(connection: Connection, by: AccountId, at: Instant) -> dict[WearerId, Glass]:
    """Return by wearer what is open to this officer by break-glass at `at`."""
    column = schema.glass.c
    query = select(column.body).where(column.by == by, column.until > at, column.at <= at)
    found = (_DECODER.decode(body) for body in connection.scalars(query))
    return {glass.wearer_id: glass for glass in found}


def holders(connection: Connection, at: Instant) -> frozenset[AccountId]:
    """Return the officers to whom anything is open by break-glass at `at`."""
    column = schema.glass.c
    query = select(column.by).where(column.until > at, column.at <= at).distinct()
    return frozenset(AccountId(by) for by in connection.scalars(query))


def glasses(bodies: Iterable[str]) -> tuple[Glass, ...]:
    """Return the openings of these rows' bodies."""
    return tuple(_DECODER.decode(body) for body in bodies)
