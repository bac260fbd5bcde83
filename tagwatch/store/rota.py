"""The rota as the line holds it and as the tables keep it: every version of every entry."""

from typing import Any

import msgspec
from sqlalchemy import Connection, select

from tagwatch.core.ids import OverrideId, ShiftId
from tagwatch.core.rota import Override, Rota, Shift
from tagwatch.core.settings import HolidaySettings
from tagwatch.store import schema
from tagwatch.store.leaves import LeaveBook, load_leaves
from tagwatch.store.writes import Writes


class RotaBook:
    """The newest version of each shift and override, and every leave."""

    def __init__(self) -> None:
        self.shifts: dict[ShiftId, Shift] = {}
        self.overrides: dict[OverrideId, Override] = {}
        self.leaves = LeaveBook()

    def hold_shift(self, shift: Shift) -> None:
        """Keep a version in memory, in place of an older one."""
        held = self.shifts.get(shift.shift_id)
        if held is None or held.version <= shift.version:
            self.shifts[shift.shift_id] = shift

    def hold_override(self, override: Override) -> None:
        """Keep a version in memory, in place of an older one."""
        held = self.overrides.get(override.override_id)
        if held is None or held.version <= override.version:
            self.overrides[override.override_id] = override

    def rota(self, holidays: HolidaySettings) -> Rota:
        """Return what is in force, with these bank holidays."""
        return Rota(
            shifts=tuple(s for _, s in sorted(self.shifts.items()) if not s.withdrawn),
            overrides=tuple(o for _, o in sorted(self.overrides.items()) if not o.withdrawn),
            holidays=holidays.days,
            leaves=self.leaves.all(),
        )


def load_rota(connection: Connection) -> RotaBook:
    """Return the rota as the projections hold it."""
    book = RotaBook()
    book.leaves = load_leaves(connection)
    shift, override = schema.rota_shift.c, schema.rota_override.c
    for body in connection.scalars(select(shift.body).order_by(shift.shift_id, shift.version)):
        book.hold_shift(msgspec.json.decode(body, type=Shift))
    query = select(override.body).order_by(override.override_id, override.version)
    for body in connection.scalars(query):
        book.hold_override(msgspec.json.decode(body, type=Override))
    return book


def put_shift(writes: Writes, shift: Shift) -> None:
    """Write a version of a shift."""
    row: dict[str, Any] = {name: getattr(shift, name) for name in ("shift_id", "version")}
    row |= {"contact_id": shift.contact_id, "body": msgspec.json.encode(shift).decode()}
    writes.put(schema.rota_shift, row)


def put_override(writes: Writes, override: Override) -> None:
    """Write a version of an override."""
    row: dict[str, Any] = {"override_id": override.override_id, "version": override.version}
    row |= {"contact_id": override.contact_id, "end_at": override.end}
    writes.put(schema.rota_override, row | {"body": msgspec.json.encode(override).decode()})
