"""What became of a wearer's appointments?"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Final

import msgspec
from sqlalchemy import Connection

from tagwatch.core.attendance import Attendance, attendance
from tagwatch.core.exemption import newest
from tagwatch.core.ids import ConditionId, WearerId
from tagwatch.core.order import ConditionVersion, Curfew, Demand
from tagwatch.core.rules.prepare import Prepared, WearerOrders
from tagwatch.core.timetable import OneOff, windows
from tagwatch.core.trail import TrailPart
from tagwatch.core.units import DAY, Instant
from tagwatch.query.coverage import settings_history, versions_of_wearer, worn_until
from tagwatch.query.reader import Reader
from tagwatch.query.seen_trail import whole_trail
from tagwatch.store.exemptions import versions_of
from tagwatch.store.orders import order_spans

MOST: Final = 20
LATELY: Final = 28 * DAY
"""So far back weekly appointments are looked at."""


class Appointment(msgspec.Struct, frozen=True, kw_only=True):
    """One past appointment of a condition."""

    condition_id: ConditionId
    label: str
    attendance: Attendance
    is_told: bool
    """Whether he had been told of it when it began; else nothing of it is held against him."""


def appointments(reader: Reader, wearer_id: WearerId) -> tuple[Appointment, ...]:
    """Return a wearer's last MOST past appointments, latest first. Raises NotFound; audits."""
    with reader.connection() as connection:
        reader.wearer(connection, wearer_id, "appointments")
        found = _of(connection, wearer_id, reader.now())
    reader.consulted("appointments", [wearer_id])
    return found


def _of(connection: Connection, wearer_id: WearerId, now: Instant) -> tuple[Appointment, ...]:
    versions = tuple(versions_of_wearer(connection, wearer_id))
    past = sorted(_past(versions, now), key=lambda item: item[0].start, reverse=True)[:MOST]
    if not past:
        return ()
    orders = WearerOrders(
        wearer_id=wearer_id,
        conditions=versions,
        exemptions=newest(versions_of(connection, wearer_id)),
        spans=order_spans(connection, wearer_id),
    )
    settings, prepared = settings_history(connection), Prepared()
    models = worn_until(connection, wearer_id, now)[1]
    found: list[Appointment] = []
    for window, version in past:
        trail = [
            TrailPart(activation, models.get(activation, ""), block)
            for activation, block in whole_trail(connection, wearer_id, window.start, window.end)
        ]
        said = attendance(trail, orders, version, window, settings, prepared)
        found.append(
            Appointment(
                condition_id=version.condition_id,
                label=version.terms.label,
                attendance=said,
                is_told=version.told_at is not None and version.told_at <= window.start,
            )
        )
    return tuple(found)


def _past(
    versions: Iterable[ConditionVersion], now: Instant
) -> Iterator[tuple[OneOff, ConditionVersion]]:
    """Yield the windows that are over, with the version that was in force when each began: what
    a later one calls off or no longer names was an appointment all the same."""
    held: dict[ConditionId, list[ConditionVersion]] = defaultdict(list)
    for version in sorted(versions, key=lambda each: each.version):
        held[version.condition_id].append(version)
    for of_one in held.values():
        starts = {window.start: window for each in of_one for window in _windows(each, now)}
        for start, window in starts.items():
            then = [
                each
                for each in of_one
                if each.valid_from <= start
                and (each.valid_until is None or start < each.valid_until)
            ]
            if then and window in _windows(then[-1], now):
                yield window, then[-1]


def _windows(version: ConditionVersion, now: Instant) -> tuple[OneOff, ...]:
    """Return the appointments of a version that are over: single windows; and of what the order
    calls attendance, those of its weekly rows in the last weeks."""
    terms = version.terms
    if not isinstance(terms, Curfew):
        return ()
    single = tuple(one for one in terms.appointments if one.end <= now)
    if terms.demand is not Demand.ATTENDANCE:
        return single
    since = Instant(now - LATELY)
    spans = windows(terms.rows, since, now)  # one that is cut off here is not whole
    return (*single, *(OneOff(start=a, end=b) for a, b in spans if since < a and b < now))
