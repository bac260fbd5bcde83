"""Where has this wearer been, fix by fix, and how well is each of them known?"""

from math import isnan
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, select

from tagwatch.core.fix import NO_INSTANT, UNDECIDABLE, UNKNOWN_COUNT, Mark, Source, fix_id
from tagwatch.core.ids import FixId, WearerId
from tagwatch.core.settings import DEFAULT_SETTINGS, Settings
from tagwatch.core.uncertainty import FixQuality, error_mixture, r95_m
from tagwatch.core.units import Instant
from tagwatch.query.reader import Reader
from tagwatch.store import schema
from tagwatch.store.archive.read import whole_trail

MOST: Final = 10_000
"""More fixes than this are thinned for the page: every n-th, with the last."""


class TrailFix(msgspec.Struct, frozen=True, kw_only=True):
    """One fix as a map and a table show it. None is unknown."""

    number: int
    """From 1, oldest first."""
    fix_id: FixId
    fixed_at: Instant
    received_at: Instant
    sent_at: Instant | None
    lon_deg: float
    lat_deg: float
    accuracy_m_95: float | None
    """Radius within which the true place lies with probability 0.95; None without a place."""
    source: Source
    satellites: int | None
    speed_mps: float | None
    bearing_deg: float | None
    battery_pct: float | None
    marks: tuple[str, ...]
    decides: bool
    """A fix with one of the marks that keep it from deciding is shown and never evaluated."""


class Trail(msgspec.Struct, frozen=True, kw_only=True):
    """A wearer's fixes with start ≤ fixed_at < end."""

    wearer_id: WearerId
    start: Instant
    end: Instant
    fixes: tuple[TrailFix, ...]
    total: int
    """How many there are; more than `fixes` if they were thinned."""


def trail(reader: Reader, wearer_id: WearerId, start: Instant, end: Instant) -> Trail:
    """Return the trail of a wearer within scope. Raises NotFound, and puts either on the audit."""
    with reader.connection() as connection:
        reader.wearer(connection, wearer_id, "trail")
        found = fixes_between(connection, wearer_id, start, end)
    shown = found
    if len(found) > MOST:
        step = -(-len(found) // MOST)
        shown = [*found[:-1:step], found[-1]]
    reader.consulted("trail", [wearer_id], f"[{start}, {end}) {len(shown)} fixes")
    return Trail(wearer_id=wearer_id, start=start, end=end, fixes=tuple(shown), total=len(found))


def fixes_between(
    connection: Connection, wearer_id: WearerId, start: Instant, end: Instant
) -> list[TrailFix]:
    """Return all fixes of the interval, oldest first. The caller has checked the scope."""
    settings = current_settings(connection)
    fixes: list[TrailFix] = []
    for _, block in whole_trail(connection, wearer_id, start, end):
        fixes += [_trail_fix(row, settings) for row in block]
    fixes.sort(key=lambda fix: (fix.fixed_at, fix.received_at, fix.fix_id))
    return [msgspec.structs.replace(fix, number=n) for n, fix in enumerate(fixes, start=1)]


def current_settings(connection: Connection) -> Settings:
    """Return the newest published settings."""
    column = schema.settings.c
    body = connection.scalar(select(column.body).order_by(column.version.desc()).limit(1))
    return DEFAULT_SETTINGS if body is None else msgspec.json.decode(body, type=Settings)


def _trail_fix(row: Any, settings: Settings) -> TrailFix:
    marks = Mark(int(row["marks"]))
    source = Source(int(row["source"]))
    satellites = None if row["satellites"] == UNKNOWN_COUNT else int(row["satellites"])
    radius_m = None
    if not marks & Mark.BAD_POSITION:
        quality = FixQuality(
            accuracy_m=_known(row["accuracy_m"]),
            confidence=_known(row["confidence"]),
            hdop=_known(row["hdop"]),
            satellites=satellites,
            source=source,
        )
        radius_m = round(r95_m(error_mixture(quality, settings.errors)), 1)
    return TrailFix(
        number=0,
        fix_id=fix_id(int(row["seq"]), int(row["index"])),
        fixed_at=Instant(int(row["fixed_at"])),
        received_at=Instant(int(row["received_at"])),
        sent_at=None if row["sent_at"] == NO_INSTANT else Instant(int(row["sent_at"])),
        lon_deg=float(row["lon_deg"]),
        lat_deg=float(row["lat_deg"]),
        accuracy_m_95=radius_m,
        source=source,
        satellites=satellites,
        speed_mps=_known(row["speed_mps"]),
        bearing_deg=_known(row["bearing_deg"]),
        battery_pct=_known(row["battery_pct"]),
        marks=tuple(str(mark.name).lower() for mark in Mark if mark and mark in marks),
        decides=not marks & UNDECIDABLE,
    )


def _known(number: Any) -> float | None:
    value = float(number)
    return None if isnan(value) else value
