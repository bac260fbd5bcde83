"""What the receiver needs of the projections when it starts, read once and read-only."""

from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import msgspec
from sqlalchemy import Connection, Engine, inspect, select

from tagwatch.core.order import Order
from tagwatch.core.person import Activation, Credential, Tag
from tagwatch.core.settings import Settings
from tagwatch.core.units import Instant
from tagwatch.store import schema
from tagwatch.store.engines import open_engine
from tagwatch.store.forgettings import forgettings
from tagwatch.store.health import ailing_since
from tagwatch.store.journal.record import Lane

T = TypeVar("T")


class DoorRows(NamedTuple):
    """The register as of journal record `seq`; everything after it is in the journal."""

    seq: int = 0
    tags: tuple[Tag, ...] = ()
    activations: tuple[Activation, ...] = ()
    credentials: tuple[Credential, ...] = ()
    revoked: tuple[str, ...] = ()
    settings: tuple[tuple[Instant, Settings], ...] = ()
    orders: tuple[Order, ...] = ()
    """Every version, by order and number."""
    ailing: tuple[str, ...] = ()
    """Parts of the installation, and of the door, that ail."""


def read_door_rows(projections: Path) -> DoorRows:
    """Return the register in the projections; empty, from record 0, where there are none yet."""
    if not projections.exists():
        return DoorRows()
    engine = open_engine(f"/file:{projections}?mode=ro&uri=true")
    try:
        return _read(engine)
    finally:
        engine.dispose()


def _read(engine: Engine) -> DoorRows:
    if not inspect(engine).has_table(schema.credential.name):
        return DoorRows()
    with engine.connect() as connection:
        # The first read opens the snapshot that all of them see.
        seq = connection.scalar(
            select(schema.cursor.c.seq).where(schema.cursor.c.lane == int(Lane.FRESH))
        )
        table = schema.credential
        revoked = select(table.c.credential_id).where(table.c.revoked_at.is_not(None))
        published = select(schema.settings.c.effective_from, schema.settings.c.body)
        return DoorRows(
            seq=seq or 0,
            tags=_bodies(connection, schema.tag, Tag),
            activations=_worn(connection),
            credentials=_bodies(connection, schema.credential, Credential),
            revoked=tuple(str(row) for row in connection.scalars(revoked)),
            settings=tuple(
                (Instant(int(row[0])), msgspec.json.decode(row[1], type=Settings))
                for row in connection.execute(published)
            ),
            orders=_orders(connection),
            ailing=tuple(ailing_since(connection)),
        )


def _orders(connection: Connection) -> tuple[Order, ...]:
    """Return every version of every order."""
    row = schema.order_version.c
    query = select(row.body).order_by(row.order_id, row.version)
    decode = msgspec.json.Decoder(Order).decode
    return tuple(decode(body) for body in connection.scalars(query))


def _worn(connection: Connection) -> tuple[Activation, ...]:
    """Return the activations but those of wearers who are being forgotten."""
    found = _bodies(connection, schema.activation, Activation)
    if not inspect(connection).has_table(schema.forgetting.name):
        return found  # the tables are of a version before this one: the line brings them up
    gone = {name for each in forgettings(connection) for name in each.begun.trace.activations}
    return tuple(each for each in found if each.activation_id not in gone)


def _bodies(connection: Connection, table: Any, wanted: type[T]) -> tuple[T, ...]:
    decode = msgspec.json.Decoder(wanted).decode
    return tuple(decode(body) for body in connection.scalars(select(table.c.body)))
