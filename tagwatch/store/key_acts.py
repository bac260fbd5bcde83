"""What was done with the installation's own keys: the rows that say so."""

from typing import Final, TypeAlias

import msgspec
from sqlalchemy import Connection, select

from tagwatch.core.recorded_keys import KeyRotated, KeysDrilled, KeysExported
from tagwatch.store import schema
from tagwatch.store.writes import Writes

KeyAct: TypeAlias = KeyRotated | KeysExported | KeysDrilled
_KINDS: Final[dict[type[KeyAct], str]] = {
    KeyRotated: "rotated",
    KeysExported: "exported",
    KeysDrilled: "drilled",
}
_DECODERS: Final = {name: msgspec.json.Decoder(kind) for kind, name in _KINDS.items()}


def put_key_act(writes: Writes, event: KeyAct, seq: int) -> None:
    """Write that something was done with keys."""
    row = {"seq": seq, "kind": _KINDS[type(event)], "at": event.at}
    writes.put(schema.key_act, row | {"body": msgspec.json.encode(event).decode()})


def key_acts(connection: Connection) -> list[KeyAct]:
    """Return what was done with keys, the oldest first."""
    column = schema.key_act.c
    rows = connection.execute(select(column.kind, column.body).order_by(column.seq))
    return [_DECODERS[row.kind].decode(row.body) for row in rows]
