"""What the line remembers of each wearer between two records, and of the installation."""

from typing import Any, Final

import msgspec
from sqlalchemy import Connection, bindparam, delete, select

from tagwatch.core.derive import EMPTY, NEVER, Memory
from tagwatch.core.fix import Source
from tagwatch.core.ids import ActivationId, WearerId
from tagwatch.core.ledger import Tick
from tagwatch.core.person import Duty
from tagwatch.core.rules.battery import BatteryMemory
from tagwatch.core.rules.comms import CommsMemory
from tagwatch.core.rules.installation import MassMemory
from tagwatch.core.rules.tamper import TamperMemory
from tagwatch.core.units import DAY, Instant
from tagwatch.store import schema
from tagwatch.store.journal.record import month_of
from tagwatch.store.writes import Writes

SNAPSHOTS_KEPT: Final = 35 * DAY
"""Event time for which all snapshots are kept; of older ones the first of each month stays."""


class Seen(msgspec.Struct, frozen=True, kw_only=True, gc=False, array_like=True):
    """Where and when a wearer was last located, and his tag's battery. None: unknown."""

    activation_id: ActivationId
    fixed_at: Instant | None = None
    received_at: Instant | None = None
    lon_deg: float | None = None
    lat_deg: float | None = None
    accuracy_m_95: float | None = None
    source: Source = Source.UNKNOWN
    speed_mps: float | None = None
    bearing_deg: float | None = None
    battery_pct: float | None = None
    charging: int | None = None
    battery_at: Instant | None = None


class WearerState(msgspec.Struct, frozen=True, kw_only=True, gc=False, array_like=True):
    """All that deciding about one wearer needs besides his orders."""

    findings: Memory = EMPTY
    newest_at: Instant | None = None
    """Of all his fixes so far whose clock can be believed."""
    comms: CommsMemory | None = None
    """None: no tag is on him."""
    worn: ActivationId | None = None
    """The activation that comms, battery and tamper speak of."""
    battery: BatteryMemory = BatteryMemory()
    tamper: TamperMemory = TamperMemory()
    seen: Seen | None = None
    unmonitored: Instant | None = None
    """Since when he is not monitored, where that has alarmed."""


class RotaGap(msgspec.Struct, frozen=True, kw_only=True):
    """Nobody is on shift for a duty in an area."""

    duty: Duty
    borough: str = ""
    since: Instant


class InstallationState(msgspec.Struct, frozen=True, kw_only=True):
    """What the line remembers of the installation itself."""

    last_tick: Tick | None = None
    listening_since: Instant = Instant(-(2**62))
    """End of the last blind interval."""
    mass: MassMemory = MassMemory()
    held_upto: int = 0
    """Notifications caused by records up to this seq are held back: a rebuild never sends."""
    rota_due: Instant = Instant(0)
    """When somebody next comes on shift or goes off; 0: look at the next tick."""
    rota_gaps: tuple[RotaGap, ...] = ()
    """Where nobody is on shift now."""


_WEARER: Final = msgspec.msgpack.Decoder(WearerState)
_INSTALLATION: Final = msgspec.msgpack.Decoder(InstallationState)
_MEMORY: Final = msgspec.msgpack.Decoder(Memory)
_ENCODER: Final = msgspec.msgpack.Encoder()
_HIS: Final = schema.snapshot.c.wearer_id == bindparam("who")
_DROP_BEFORE: Final = delete(schema.snapshot).where(
    _HIS, schema.snapshot.c.at < bindparam("when"), schema.snapshot.c.kept == 0
)
_DROP_AFTER: Final = delete(schema.snapshot).where(_HIS, schema.snapshot.c.at > bindparam("when"))


def load_wearers(connection: Connection) -> dict[WearerId, WearerState]:
    """Return what is remembered of every wearer."""
    return {
        WearerId(row.wearer_id): _WEARER.decode(row.body)
        for row in connection.execute(select(schema.memory))
    }


def put_wearer(writes: Writes, wearer: WearerId, state: WearerState) -> None:
    """Keep what is remembered of a wearer, and show where he was last seen."""
    writes.put(schema.memory, {"wearer_id": wearer, "body": _ENCODER.encode(state)})


def put_seen(writes: Writes, wearer: WearerId, seen: Seen) -> None:
    """Show where a wearer was last seen."""
    row: dict[str, Any] = {name: getattr(seen, name) for name in seen.__struct_fields__}
    row["source"] = int(seen.source)
    writes.put(schema.last_seen, {"wearer_id": wearer, **row})


def load_installation(connection: Connection) -> InstallationState:
    """Return what is remembered of the installation."""
    query = select(schema.line_state.c.body).where(schema.line_state.c.name == "installation")
    body = connection.scalar(query)
    return InstallationState() if body is None else _INSTALLATION.decode(body)


def put_installation(writes: Writes, state: InstallationState) -> None:
    """Keep what is remembered of the installation."""
    writes.put(schema.line_state, {"name": "installation", "body": _ENCODER.encode(state)})


def read_snapshots(connection: Connection, wearer: WearerId) -> list[Memory]:
    """Return the wearer's snapshots, oldest first."""
    table = schema.snapshot
    query = select(table.c.body).where(table.c.wearer_id == wearer).order_by(table.c.at)
    return [_MEMORY.decode(body) for body in connection.scalars(query)]


def put_snapshot(writes: Writes, wearer: WearerId, before: Instant, memory: Memory) -> None:
    """Keep a snapshot, and let go of those that are too old. The first one of a month stays:
    `before` is up to where the fixes went before it."""
    table = schema.snapshot
    too_old = memory.upto - SNAPSHOTS_KEPT
    writes.remove(_DROP_BEFORE, {"who": wearer, "when": too_old})
    kept = before != NEVER and month_of(before) != month_of(memory.upto)
    row = {"wearer_id": wearer, "at": memory.upto, "body": _ENCODER.encode(memory)}
    writes.put(table, row | {"kept": int(kept)})


def drop_snapshots(writes: Writes, wearer: WearerId, after: Instant) -> None:
    """Let go of the wearer's snapshots later than `after`."""
    table = schema.snapshot
    writes.remove(_DROP_AFTER, {"who": wearer, "when": after})
    writes.unput(table, lambda row: row["wearer_id"] == wearer and row["at"] > after)
