"""Who was forgotten and how far that has come, and for how long what is kept, as tables."""

from typing import Any, Final

import msgspec
from sqlalchemy import Connection, select

from tagwatch.core.ids import WearerId
from tagwatch.core.recorded_erasure import (
    ErasureProof,
    ForgettingBegun,
    ForgettingProved,
    RetentionPublished,
    WearerForgotten,
)
from tagwatch.core.retention import RetentionPeriods
from tagwatch.core.units import Instant
from tagwatch.store import schema
from tagwatch.store.writes import Writes

_ROW: Final = schema.forgetting.c
_BEGUN: Final = msgspec.json.Decoder(ForgettingBegun)
_PROOF: Final = msgspec.json.Decoder(ErasureProof)
_PUBLISHED: Final = msgspec.json.Decoder(RetentionPublished)
_MENTIONS: Final = msgspec.json.Decoder(tuple[tuple[str, str], ...])

BEGUN: Final = "begun"
FORGOTTEN: Final = "forgotten"
PROVED: Final = "proved"


class Forgetting(msgspec.Struct, frozen=True, kw_only=True):
    """One wearer who is being, or was, forgotten."""

    begun: ForgettingBegun
    state: str
    forgotten_at: Instant | None
    proved_at: Instant | None
    mentions: tuple[tuple[str, str], ...]
    """Table and key of rows of others that named him."""
    proof: ErasureProof | None


def put_begun(writes: Writes, event: ForgettingBegun) -> None:
    """Write that a wearer is to be forgotten; said twice it is the same."""
    row = {"forgetting_id": event.forgetting_id, "wearer_id": event.trace.wearer_id}
    row |= {"state": BEGUN, "at": event.at, "body": msgspec.json.encode(event).decode()}
    row |= {"forgotten_at": None, "proved_at": None, "mentions": "[]", "proof": None}
    writes.put(schema.forgetting, row)


def move(connection: Connection, writes: Writes, event: WearerForgotten | ForgettingProved) -> None:
    """Write how far one has come."""
    row = _row(connection, writes, event.forgetting_id)
    if row is None:
        return
    change: dict[str, Any]
    if isinstance(event, WearerForgotten):
        change = {"state": FORGOTTEN, "forgotten_at": event.at}
        if event.mentions:
            change["mentions"] = msgspec.json.encode(event.mentions).decode()
    else:
        proof = msgspec.json.encode(event.proof).decode()
        change = {"state": PROVED, "proved_at": event.at, "proof": proof}
    writes.put(schema.forgetting, row | change)


def _row(connection: Connection, writes: Writes, name: str) -> dict[str, Any] | None:
    for row in writes.put_rows(schema.forgetting):
        if row["forgetting_id"] == name:
            return dict(row)
    query = select(schema.forgetting).where(_ROW.forgetting_id == name)
    found = connection.execute(query).mappings().one_or_none()
    return None if found is None else dict(found)


def forgettings(connection: Connection) -> list[Forgetting]:
    """Return all of them, the latest first."""
    query = select(schema.forgetting).order_by(_ROW.at.desc(), _ROW.forgetting_id)
    return [_read(row) for row in connection.execute(query)]


def unfinished(connection: Connection) -> list[Forgetting]:
    """Return those that are still to be completed, the oldest first."""
    query = select(schema.forgetting).where(_ROW.state != PROVED).order_by(_ROW.at)
    return [_read(row) for row in connection.execute(query)]


def forgetting_of(connection: Connection, name: str) -> Forgetting | None:
    """Return one, by its own id or by the wearer's; of several the latest."""
    query = (
        select(schema.forgetting)
        .where((_ROW.forgetting_id == name) | (_ROW.wearer_id == name))
        .order_by(_ROW.at.desc())
        .limit(1)
    )
    found = connection.execute(query).one_or_none()
    return None if found is None else _read(found)


def was_forgotten(connection: Connection, wearer: WearerId) -> bool:
    """Tell whether a wearer was, or is being, forgotten."""
    return forgetting_of(connection, wearer) is not None


def _read(row: Any) -> Forgetting:
    return Forgetting(
        begun=_BEGUN.decode(row.body),
        state=row.state,
        forgotten_at=row.forgotten_at,
        proved_at=row.proved_at,
        mentions=_MENTIONS.decode(row.mentions),
        proof=None if row.proof is None else _PROOF.decode(row.proof),
    )


def put_periods(writes: Writes, event: RetentionPublished) -> None:
    """Write for how long what is kept from now on."""
    row = {"version": event.version, "at": event.at, "body": msgspec.json.encode(event).decode()}
    writes.put(schema.retention_periods, row)


def published(connection: Connection) -> list[RetentionPublished]:
    """Return every version of the periods, the latest first."""
    table = schema.retention_periods
    query = select(table.c.body).order_by(table.c.version.desc())
    return [_PUBLISHED.decode(body) for body in connection.scalars(query)]


def periods(connection: Connection, otherwise: RetentionPeriods) -> RetentionPeriods:
    """Return the periods in force; `otherwise` until some are published."""
    found = published(connection)
    return found[0].periods if found else otherwise
