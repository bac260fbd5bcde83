"""Where is everybody within scope, as far as is known, and how old is that?"""

import math
from collections import defaultdict
from typing import Any, Final, NamedTuple, TypeAlias

import msgspec
from msgspec.structs import replace
from sqlalchemy import ColumnElement, Connection, Integer, Select, and_, cast, func, select

from tagwatch.access.scope import may_see_zone
from tagwatch.core.order import ConditionVersion
from tagwatch.core.outcome import Severity
from tagwatch.core.person import Wearer
from tagwatch.core.units import HOUR, MINUTE, Instant
from tagwatch.query.alert import zone_shape
from tagwatch.query.reader import Reader
from tagwatch.query.seen_trail import places_hidden
from tagwatch.query.wearers import open_counts
from tagwatch.store import schema
from tagwatch.store.alerts import IS_OPEN
from tagwatch.store.orders import orders_ended

PAGE: Final = 100
MOST_DRAWN: Final = 300
"""Wearers a map draws one by one; of more it draws how many are where."""
MOST_ZONES: Final = 600
ACROSS: Final = 18
"""So many groups a map shows along its longer side, unless it asks for others."""
FRESH: Final = 10 * MINUTE
"""A last fix up to this old is fresh; older than an hour he can be anywhere by now."""
_FINE_DEG: Final = (0.03, 0.02)
"""Width and height of the cells in which everybody is counted before it is known how far apart they
are: two kilometres."""
_SEEN: Final = schema.last_seen.c
_ROW: Final = schema.wearer.c
_Rows: TypeAlias = Select[Any, Any, Any, Any, Any, Any]


class Box(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the map, borders included."""

    west_deg: float
    south_deg: float
    east_deg: float
    north_deg: float


class LivePlace(msgspec.Struct, frozen=True, kw_only=True):
    """The last fix of one wearer. `fixed_at` None: none yet."""

    wearer: Wearer
    fixed_at: Instant | None
    lon_deg: float | None
    lat_deg: float | None
    accuracy_m_95: float | None
    battery_pct: float | None
    open_alerts: int


class LiveRows(msgspec.Struct, frozen=True, kw_only=True):
    """One page of the caseload now."""

    at: Instant
    places: tuple[LivePlace, ...]
    """Longest unseen first: who cannot be seen is what one must know."""
    total: int
    """Wearers within scope who have a tag on or were ever seen, on all pages."""
    page: int
    pages: int


class LiveGroup(msgspec.Struct, frozen=True, kw_only=True):
    """Wearers who were last seen near each other: how many, and in the middle of which places."""

    lon_deg: float
    lat_deg: float
    wearers: int
    fresh: int
    """Of them so many were seen within FRESH; and so many within the hour, but not within FRESH."""
    hour: int
    alerts: dict[Severity, int]
    """Their open alerts by urgency."""


class LiveMap(msgspec.Struct, frozen=True, kw_only=True):
    """What a map of the caseload draws: each wearer, or, of too many, groups of them."""

    at: Instant
    box: Box | None
    """What was asked for; all places there are if nothing was. None: there are none."""
    wearers: int
    """With a place in the box."""
    places: tuple[LivePlace, ...] = ()
    groups: tuple[LiveGroup, ...] = ()
    zones: tuple[tuple[ConditionVersion, dict[str, Any]], ...] = ()
    """Zones and curfew places in force of the wearers drawn, as far as they may be shown, as
    GeoJSON Features."""


def live_rows(reader: Reader, page: int = 1) -> LiveRows:
    """Return a page of the last fixes within scope, longest unseen first; on the audit. Who never
    was seen is listed while a tag is on him."""
    joined = schema.wearer.outerjoin(schema.last_seen, _SEEN.wearer_id == _ROW.wearer_id)
    with reader.connection() as connection:
        listed = and_(reader.scope.condition(), _tagged())
        counted = select(func.count()).select_from(joined).where(listed)
        total = int(connection.scalar(counted) or 0)
        pages = max(1, -(-total // PAGE))
        page = min(max(1, page), pages)
        order = (func.coalesce(_SEEN.fixed_at, 0), _ROW.wearer_id)
        stand = select(_ROW.wearer_id).select_from(joined).where(listed).order_by(*order)
        # The records are read of those on the page only, not sorted with all the others.
        names = connection.scalars(stand.limit(PAGE).offset((page - 1) * PAGE)).all()
        query = _columns().select_from(joined).where(_ROW.wearer_id.in_(names)).order_by(*order)
        hidden = places_hidden(connection, reader.now())
        places = tuple(
            replace(one, lon_deg=None, lat_deg=None, accuracy_m_95=None)
            if one.wearer.wearer_id in hidden
            else one
            for one in _places(connection, query)
        )
    reader.consulted("live", [place.wearer.wearer_id for place in places])
    return LiveRows(at=reader.now(), places=places, total=total, page=page, pages=pages)


def live_map(reader: Reader, box: Box | None = None, across: int = ACROSS) -> LiveMap:
    """Return what a map of `box` draws, None: of all places within scope; on the audit.

    Groups are those of cells as wide as high, `across` of them along the longer side.
    """
    wide, high = _FINE_DEG if box is None else _cell_of(box, across)
    with reader.connection() as connection:
        cells = _cells(reader, connection, box, wide, high)
        count = sum(cell.wearers for cell in cells)
        groups: tuple[LiveGroup, ...] = ()
        places: tuple[LivePlace, ...] = ()
        zones: tuple[tuple[ConditionVersion, dict[str, Any]], ...] = ()
        if box is None and cells:
            box = _around(cells)
            wide, high = _cell_of(box, across)
        if count > MOST_DRAWN and box is not None:
            groups = _joined(cells, box, wide, high)
        elif count:
            joined = schema.wearer.join(schema.last_seen, _SEEN.wearer_id == _ROW.wearer_id)
            inside = select(_SEEN.wearer_id).where(*_inside(box))
            query = _columns().select_from(joined).where(_ROW.wearer_id.in_(inside))
            hidden = places_hidden(connection, reader.now())
            seen = query.where(reader.scope.condition(), _ROW.wearer_id.not_in(hidden))
            places = _places(connection, seen)
            zones = _zones(reader, connection, {p.wearer.wearer_id: p.wearer for p in places})
    ids = [place.wearer.wearer_id for place in places]
    reader.consulted("live_map", ids, f"{count} wearers in {_said(box)}")
    return LiveMap(
        at=reader.now(), box=box, wearers=count, places=places, groups=groups, zones=zones
    )


def _tagged() -> ColumnElement[bool]:
    worn = schema.activation.c
    on_him = select(worn.wearer_id).where(worn.wearer_id == _ROW.wearer_id, worn.ended_at.is_(None))
    return _SEEN.wearer_id.is_not(None) | on_him.exists()


def _inside(box: Box | None) -> list[ColumnElement[bool]]:
    known: list[ColumnElement[bool]] = [_SEEN.fixed_at.is_not(None), _SEEN.lon_deg.is_not(None)]
    if box is None:
        return known
    lon = _SEEN.lon_deg.between(box.west_deg, box.east_deg)
    return [*known, lon, _SEEN.lat_deg.between(box.south_deg, box.north_deg)]


def _said(box: Box | None) -> str:
    if box is None:
        return "no place"
    return f"{box.west_deg:.3f} {box.south_deg:.3f} {box.east_deg:.3f} {box.north_deg:.3f}"


def _columns() -> _Rows:
    return select(
        _ROW.body,
        _SEEN.fixed_at,
        _SEEN.lon_deg,
        _SEEN.lat_deg,
        _SEEN.accuracy_m_95,
        _SEEN.battery_pct,
    )


def _places(
    connection: Connection, query: Select[Any, Any, Any, Any, Any, Any]
) -> tuple[LivePlace, ...]:
    rows = connection.execute(query).all()
    wearers = [msgspec.json.decode(row[0], type=Wearer) for row in rows]
    alerts = open_counts(connection, [wearer.wearer_id for wearer in wearers])
    return tuple(
        LivePlace(
            wearer=wearer,
            fixed_at=row[1],
            lon_deg=row[2],
            lat_deg=row[3],
            accuracy_m_95=row[4],
            battery_pct=row[5],
            open_alerts=alerts.get(wearer.wearer_id, 0),
        )
        for wearer, row in zip(wearers, rows, strict=True)
    )


class _Cell(NamedTuple):
    """Wearers last seen within one cell of a grid, with the middle and the borders of theirs."""

    lon_deg: float
    lat_deg: float
    west_deg: float
    east_deg: float
    south_deg: float
    north_deg: float
    wearers: int
    fresh: int
    hour: int
    alerts: dict[Severity, int]


def _cells(
    reader: Reader, connection: Connection, box: Box | None, wide: float, high: float
) -> list[_Cell]:
    """Return the wearers within scope and box, by the cells of a grid of `wide` by `high`
    degrees."""
    lon, lat = _SEEN.lon_deg, _SEEN.lat_deg
    fresh, hour = reader.now() - FRESH, reader.now() - HOUR
    west, south = (-360.0, -90.0) if box is None else (box.west_deg, box.south_deg)
    cell = (cast((lon - west) / wide, Integer), cast((lat - south) / high, Integer))
    hidden = places_hidden(connection, reader.now())
    here = (*_inside(box), reader.scope.condition(), _ROW.wearer_id.not_in(hidden))
    seen = schema.last_seen.join(schema.wearer, _ROW.wearer_id == _SEEN.wearer_id)
    rows = connection.execute(
        select(
            *cell,
            func.avg(lon),
            func.avg(lat),
            func.min(lon),
            func.max(lon),
            func.min(lat),
            func.max(lat),
            func.count(),
            func.sum(cast(_SEEN.fixed_at >= fresh, Integer)),
            func.sum(cast(and_(_SEEN.fixed_at < fresh, _SEEN.fixed_at >= hour), Integer)),
        )
        .select_from(seen)
        .where(*here)
        .group_by(*cell)
    ).all()
    # Asked apart: they are far fewer, and everybody is then counted without them at hand.
    alert, open_by_cell = schema.alert, defaultdict[tuple[int, int], dict[Severity, int]](dict)
    for column, row, urgency, count in connection.execute(
        select(*cell, alert.c.severity, func.count())
        .select_from(alert.join(seen, alert.c.wearer_id == _SEEN.wearer_id))
        .where(IS_OPEN, *here)
        .group_by(*cell, alert.c.severity)
    ):
        open_by_cell[column, row][Severity(urgency)] = count
    return [_Cell(*row[2:], alerts=open_by_cell[row[0], row[1]]) for row in rows]


def _cell_of(box: Box, across: int) -> tuple[float, float]:
    """Return width and height, in degrees, of cells as wide as high on the ground, `across` of them
    along the longer side of the box."""
    squeeze = max(0.01, math.cos(math.radians((box.south_deg + box.north_deg) / 2)))
    wide, high = (box.east_deg - box.west_deg) * squeeze, box.north_deg - box.south_deg
    side = max(wide, high, 1e-6) / across
    return side / squeeze, side


def _around(cells: list[_Cell]) -> Box:
    return Box(
        west_deg=min(cell.west_deg for cell in cells),
        south_deg=min(cell.south_deg for cell in cells),
        east_deg=max(cell.east_deg for cell in cells),
        north_deg=max(cell.north_deg for cell in cells),
    )


def _joined(cells: list[_Cell], box: Box, wide: float, high: float) -> tuple[LiveGroup, ...]:
    """Return the groups of a map: cells whose middles lie in the same cell of its own grid."""
    found: dict[tuple[int, int], list[_Cell]] = {}
    for cell in cells:
        column = int((cell.lon_deg - box.west_deg) / wide)
        row = int((cell.lat_deg - box.south_deg) / high)
        found.setdefault((column, row), []).append(cell)
    return tuple(_group(part) for part in found.values())


def _group(cells: list[_Cell]) -> LiveGroup:
    wearers = sum(cell.wearers for cell in cells)
    return LiveGroup(
        lon_deg=sum(cell.lon_deg * cell.wearers for cell in cells) / wearers,
        lat_deg=sum(cell.lat_deg * cell.wearers for cell in cells) / wearers,
        wearers=wearers,
        fresh=sum(cell.fresh for cell in cells),
        hour=sum(cell.hour for cell in cells),
        alerts={one: sum(cell.alerts.get(one, 0) for cell in cells) for one in Severity},
    )


def _zones(
    reader: Reader, connection: Connection, found: dict[Any, Wearer]
) -> tuple[tuple[ConditionVersion, dict[str, Any]], ...]:
    at = reader.now()
    condition = schema.condition.c
    bodies = connection.scalars(
        select(condition.body)
        .where(condition.wearer_id.in_(found))
        .order_by(condition.condition_id, condition.version.desc())
    )
    ended = orders_ended(connection, list(found), at)
    taken: set[str] = set()
    zones: list[tuple[ConditionVersion, dict[str, Any]]] = []
    for body in bodies:
        version = msgspec.json.decode(body, type=ConditionVersion)
        in_force = version.valid_from <= at and (
            version.valid_until is None or at < version.valid_until
        )
        in_force = in_force and version.order_id not in ended
        if version.condition_id in taken or not in_force or len(zones) >= MOST_ZONES:
            continue
        taken.add(version.condition_id)
        wearer = found[version.wearer_id]
        if may_see_zone(reader.actor, wearer, version):
            shape = zone_shape(reader, wearer, version)
            if shape is not None:
                zones.append((version, shape))
    return tuple(zones)
