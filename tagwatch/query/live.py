"""Where is everybody within scope, as far as is known, and how old is that?"""

from typing import Any, Final

import msgspec
from sqlalchemy import select

from tagwatch.access.scope import may_see_zone
from tagwatch.core.order import ConditionVersion
from tagwatch.core.person import Wearer
from tagwatch.core.units import Instant
from tagwatch.query.alert import zone_shape
from tagwatch.query.reader import Reader
from tagwatch.query.wearers import last_seen, open_counts
from tagwatch.store import schema

MOST: Final = 2_000
MOST_ZONES: Final = 1_000


class LivePlace(msgspec.Struct, frozen=True, kw_only=True):
    """The last fix of one wearer. `fixed_at` None: none yet."""

    wearer: Wearer
    fixed_at: Instant | None
    lon_deg: float | None
    lat_deg: float | None
    accuracy_m_95: float | None
    battery_pct: float | None
    open_alerts: int


class LiveMap(msgspec.Struct, frozen=True, kw_only=True):
    """The caseload now."""

    at: Instant
    places: tuple[LivePlace, ...]
    """Longest unseen first: who cannot be seen is what one must know."""
    zones: tuple[tuple[ConditionVersion, dict[str, Any]], ...]
    """Zones and curfew places in force that may be shown, as GeoJSON Features."""
    more: int
    """Wearers within scope beyond the first MOST."""


def live(reader: Reader) -> LiveMap:
    """Return the last fix of every wearer within scope; on the audit."""
    column = schema.wearer.c
    with reader.connection() as connection:
        bodies = connection.scalars(
            select(column.body)
            .where(reader.scope.condition())
            .order_by(column.name)
            .limit(MOST + 1)
        ).all()
        found = [msgspec.json.decode(body, type=Wearer) for body in bodies[:MOST]]
        ids = [wearer.wearer_id for wearer in found]
        seen = last_seen(connection, ids)
        alerts = open_counts(connection, ids)
        condition = schema.condition.c
        versions = [
            msgspec.json.decode(body, type=ConditionVersion)
            for body in connection.scalars(
                select(condition.body)
                .where(condition.wearer_id.in_(ids))
                .order_by(condition.condition_id, condition.version.desc())
            )
        ]
    places = [_place(wearer, seen, alerts) for wearer in found]
    places.sort(key=lambda place: place.fixed_at or 0)
    reader.consulted("live", ids)
    return LiveMap(
        at=reader.now(),
        places=tuple(places),
        zones=_zones(reader, {wearer.wearer_id: wearer for wearer in found}, versions),
        more=len(bodies) - len(found),
    )


def _place(wearer: Wearer, seen: dict[str, dict[str, Any]], alerts: dict[str, int]) -> LivePlace:
    row = seen.get(wearer.wearer_id, {})
    return LivePlace(
        wearer=wearer,
        fixed_at=row.get("fixed_at"),
        lon_deg=row.get("lon_deg"),
        lat_deg=row.get("lat_deg"),
        accuracy_m_95=row.get("accuracy_m_95"),
        battery_pct=row.get("battery_pct"),
        open_alerts=alerts.get(wearer.wearer_id, 0),
    )


def _zones(
    reader: Reader, found: dict[Any, Wearer], versions: list[ConditionVersion]
) -> tuple[tuple[ConditionVersion, dict[str, Any]], ...]:
    at = reader.now()
    taken: set[str] = set()
    zones: list[tuple[ConditionVersion, dict[str, Any]]] = []
    for version in versions:
        in_force = version.valid_from <= at and (
            version.valid_until is None or at < version.valid_until
        )
        if version.condition_id in taken or not in_force or len(zones) >= MOST_ZONES:
            continue
        taken.add(version.condition_id)
        wearer = found[version.wearer_id]
        if may_see_zone(reader.actor, wearer, version):
            shape = zone_shape(reader, wearer, version)
            if shape is not None:
                zones.append((version, shape))
    return tuple(zones)
