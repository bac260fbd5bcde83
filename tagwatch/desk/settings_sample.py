"""On whose past trails other rule settings are tried: drawn evenly from those within scope."""

import msgspec
from sqlalchemy import Connection, or_, select

from tagwatch.access.reader import Reader
from tagwatch.core.ids import WearerId
from tagwatch.core.order import ConditionVersion, NoContact
from tagwatch.core.units import Instant
from tagwatch.store import schema


def drawn(
    reader: Reader, window: tuple[Instant, Instant], most: int
) -> tuple[tuple[WearerId, ...], int]:
    """Return at most `most` wearers within scope who have conditions and had a tag on in the
    window, drawn evenly by id, and of how many they were drawn."""
    start, end = window
    row, worn, bound = schema.wearer.c, schema.activation.c, schema.condition.c
    tagged = select(worn.wearer_id).where(
        worn.started_at < end, or_(worn.ended_at.is_(None), worn.ended_at > start)
    )
    query = (
        select(row.wearer_id)
        .where(
            reader.scope.condition(),
            row.wearer_id.in_(select(bound.wearer_id)),
            row.wearer_id.in_(tagged),
        )
        .order_by(row.wearer_id)
    )
    with reader.connection() as connection:
        found = [WearerId(name) for name in connection.scalars(query)]
    if len(found) <= most:
        return tuple(found), len(found)
    return tuple(found[place * len(found) // most] for place in range(most)), len(found)


def others_of(connection: Connection, wearers: tuple[WearerId, ...]) -> tuple[WearerId, ...]:
    """Return those whom these wearers must not meet: their trails are looked at as well."""
    column = schema.condition.c
    query = select(column.wearer_id, column.body).where(column.kind == "no_contact")
    bodies = [body for wearer, body in connection.execute(query) if wearer in wearers]
    found: set[WearerId] = set()
    for body in bodies:
        terms = msgspec.json.decode(body, type=ConditionVersion).terms
        if isinstance(terms, NoContact):
            found.add(terms.other)
    return tuple(sorted(found - {*wearers}))
