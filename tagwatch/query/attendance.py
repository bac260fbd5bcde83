"""What became of a wearer's appointments?"""

from typing import Final

import msgspec
from sqlalchemy import Connection

from tagwatch.core.attendance import Attendance, attendance
from tagwatch.core.exemption import newest
from tagwatch.core.ids import ConditionId, WearerId
from tagwatch.core.order import ConditionVersion, Curfew
from tagwatch.core.rules.prepare import Prepared, WearerOrders
from tagwatch.core.trail import TrailPart
from tagwatch.core.units import Instant
from tagwatch.query.coverage import settings_history, versions_of_wearer, worn_until
from tagwatch.query.reader import Reader
from tagwatch.store.exemptions import versions_of
from tagwatch.store.trail import read_trail

MOST: Final = 20


class Appointment(msgspec.Struct, frozen=True, kw_only=True):
    """One past appointment of a condition."""

    condition_id: ConditionId
    label: str
    attendance: Attendance


def appointments(reader: Reader, wearer_id: WearerId) -> tuple[Appointment, ...]:
    """Return a wearer's last MOST past appointments, latest first. Raises NotFound; audits."""
    with reader.connection() as connection:
        reader.wearer(connection, wearer_id, "appointments")
        found = _of(connection, wearer_id, reader.now())
    reader.consulted("appointments", [wearer_id])
    return found


def _of(connection: Connection, wearer_id: WearerId, now: Instant) -> tuple[Appointment, ...]:
    versions = tuple(versions_of_wearer(connection, wearer_id))
    latest: dict[ConditionId, ConditionVersion] = {}
    for version in versions:
        held = latest.get(version.condition_id)
        if held is None or held.version < version.version:
            latest[version.condition_id] = version
    past = sorted(
        (
            (window, version)
            for version in latest.values()
            if isinstance(version.terms, Curfew)
            for window in version.terms.appointments
            if window.end <= now
        ),
        key=lambda item: item[0].start,
        reverse=True,
    )[:MOST]
    if not past:
        return ()
    orders = WearerOrders(
        wearer_id=wearer_id,
        conditions=versions,
        exemptions=newest(versions_of(connection, wearer_id)),
    )
    settings, prepared = settings_history(connection), Prepared()
    models = worn_until(connection, wearer_id, now)[1]
    found: list[Appointment] = []
    for window, version in past:
        trail = [
            TrailPart(activation, models.get(activation, ""), block)
            for activation, block in read_trail(connection, wearer_id, window.start, window.end)
        ]
        said = attendance(trail, orders, version, window, settings, prepared)
        found.append(
            Appointment(
                condition_id=version.condition_id, label=version.terms.label, attendance=said
            )
        )
    return tuple(found)
