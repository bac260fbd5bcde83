"""Who must not meet whom, and what the line remembers of each two."""

from typing import Final

import msgspec
from sqlalchemy import Connection, bindparam, delete, select

from tagwatch.core.encounters import NOTHING, SLOT, EncounterMemory
from tagwatch.core.ids import ConditionId, WearerId
from tagwatch.core.order import ConditionVersion, NoContact
from tagwatch.core.units import DAY, Instant
from tagwatch.store import schema
from tagwatch.store.writes import Writes

SLOTS_KEPT: Final = 35 * DAY // SLOT
"""Stretches of event time for which each memory is kept; of older ones, those of one day in 30."""
_DAY: Final = DAY // SLOT

_ROW: Final = schema.encounter_memory.c
_OLD: Final = delete(schema.encounter_memory).where(
    _ROW.condition_id == bindparam("name"),
    _ROW.slot < bindparam("first"),
    _ROW.slot % (30 * _DAY) >= _DAY,
)
_DECODE: Final = msgspec.msgpack.Decoder(EncounterMemory).decode
_ENCODE: Final = msgspec.msgpack.Encoder().encode


class Pairs:
    """Of each wearer, the conditions of no contact that name him, his own and others'."""

    def __init__(self) -> None:
        self._of: dict[WearerId, set[ConditionId]] = {}

    def __contains__(self, wearer: object) -> bool:
        return wearer in self._of

    def hold(self, version: ConditionVersion) -> None:
        """Keep whom a condition of no contact is about; any other is no matter."""
        if isinstance(version.terms, NoContact):
            for wearer in (version.wearer_id, version.terms.other):
                self._of.setdefault(wearer, set()).add(version.condition_id)

    def of(self, wearer: WearerId) -> list[ConditionId]:
        """Return the conditions that his fixes matter to, sorted."""
        return sorted(self._of.get(wearer, ()))


class EncounterBook:
    """What is remembered under each condition, now and at the end of each stretch before."""

    def __init__(self, connection: Connection) -> None:
        """Read through `connection`."""
        self._connection = connection
        self._put: dict[ConditionId, dict[int, EncounterMemory]] = {}
        self._waiting: dict[WearerId, Instant] = {}

    def now(self, name: ConditionId) -> EncounterMemory:
        """Return what is remembered now."""
        return self.before(name, Instant(2**62))

    def before(self, name: ConditionId, at: Instant) -> EncounterMemory:
        """Return the latest memory whose last fix is before `at`; NOTHING if there is none."""
        put = self._put.get(name, {})
        earlier = [slot for slot, memory in put.items() if memory.upto < at]
        newest = max(earlier, default=None)
        query = (
            select(_ROW.slot, _ROW.body)
            .where(_ROW.condition_id == name, _ROW.upto < at)
            .order_by(_ROW.slot.desc())
        )
        for row in self._connection.execute(query):
            if newest is not None and newest >= row.slot:
                break
            if row.slot not in put:
                return _DECODE(row.body)
        return NOTHING if newest is None else put[newest]

    def put(self, name: ConditionId, slots: dict[int, EncounterMemory], writes: Writes) -> None:
        """Keep the memories of these stretches in place of what was kept of them."""
        self._put.setdefault(name, {}).update(slots)
        for slot, memory in slots.items():
            row = {"condition_id": name, "slot": slot, "upto": memory.upto}
            writes.put(schema.encounter_memory, row | {"body": _ENCODE(memory)})
        if slots:
            writes.remove(_OLD, {"name": name, "first": max(slots) - SLOTS_KEPT})

    def wait(self, wearer: WearerId, since: Instant) -> None:
        """Note fixes that the wearer's last frame of the slice decides with its own."""
        self._waiting[wearer] = min(since, self._waiting.get(wearer, since))

    def waited(self, wearer: WearerId, since: Instant) -> Instant:
        """Return the earliest of `since` and the fixes that waited, which wait no more."""
        return min(since, self._waiting.pop(wearer, since))

    def forget(self) -> None:
        """Let go of what is in the tables now."""
        self._put.clear()
