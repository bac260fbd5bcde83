"""Where has this wearer been, fix by fix, and how well is each of them known?"""

from dataclasses import dataclass
from functools import cache
from math import isnan
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, select

from tagwatch.core.fix import (
    NO_INSTANT,
    UNDECIDABLE,
    UNKNOWN_COUNT,
    FixBlock,
    Mark,
    Source,
    empty_block,
    fix_id,
    joined,
)
from tagwatch.core.ids import ActivationId, FixId, UnsealingId, WearerId
from tagwatch.core.radii import radii_95_m
from tagwatch.core.settings import DEFAULT_SETTINGS, Settings
from tagwatch.core.units import Instant
from tagwatch.query.seen_trail import Sealed, whole_trail
from tagwatch.store import schema
from tagwatch.store.archive import read

_SHOWN: Final = (
    "seq", "index", "fixed_at", "received_at", "sent_at", "lon_deg", "lat_deg", "source",
    "satellites", "speed_mps", "bearing_deg", "battery_pct", "marks",
)  # fmt: skip
_SOURCES: Final = {source.value: source for source in Source}


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


@dataclass(frozen=True, slots=True, eq=False)
class TrailColumns:
    """A wearer's fixes in columns, oldest first: what is cheap however many they are."""

    block: FixBlock
    radii_m: NDArray[np.float64]
    """Radius of the 95 % circle, shape (n,); NaN without a place."""

    @property
    def times(self) -> NDArray[np.int64]:
        """When each was measured, shape (n,), in order."""
        return self.block["fixed_at"]

    @property
    def decides(self) -> NDArray[np.bool_]:
        """Which bear no mark that keeps them from deciding, shape (n,)."""
        return (self.block["marks"] & int(UNDECIDABLE)) == 0

    def fixes(self, rows: NDArray[np.intp]) -> list[TrailFix]:
        """Return these rows as objects; the number of a fix is its place in the whole."""
        part = self.block[rows]
        columns = (
            *(part[name].tolist() for name in _SHOWN),
            self.radii_m[rows].tolist(),
            self.decides[rows].tolist(),
            rows.tolist(),
        )
        return [_trail_fix(*values) for values in zip(*columns, strict=True)]


class Trail(msgspec.Struct, frozen=True, kw_only=True):
    """A wearer's fixes with start ≤ fixed_at < end."""

    wearer_id: WearerId
    start: Instant
    end: Instant
    fixes: tuple[TrailFix, ...]
    total: int
    """How many there are; more than `fixes` if they were thinned."""
    sealed: Sealed | None = None
    """How many have no place here, where he is monitored for zones only."""
    unsealed: tuple[UnsealingId, ...] = ()
    """By which approvals anything of a sealed trail is shown to the asker alone."""


def fixes_between(
    connection: Connection, wearer_id: WearerId, start: Instant, end: Instant
) -> list[TrailFix]:
    """Return all fixes of the interval, oldest first, sealed ones too: for alerts, where somebody
    may be in danger. The caller has checked the scope."""
    parts = read.whole_trail(connection, wearer_id, start, end)
    found = columns_of(parts, current_settings(connection))
    return found.fixes(np.arange(len(found.block)))


def columns_between(
    connection: Connection, wearer_id: WearerId, start: Instant, end: Instant
) -> TrailColumns:
    """Return the fixes of the interval as columns, sealed ones without a place. The caller has
    checked the scope."""
    found = whole_trail(connection, wearer_id, start, end)
    return columns_of(found, current_settings(connection))


def columns_of(parts: list[tuple[ActivationId, FixBlock]], settings: Settings) -> TrailColumns:
    """Return the fixes of all activations in one order."""
    block = joined([part for _, part in parts]) if parts else empty_block()
    keys = [block[name] for name in ("index", "seq", "received_at", "fixed_at")]
    times = keys[-1]
    if not bool((times[1:] > times[:-1]).all()):
        block = block[np.lexsort(keys)]
    return TrailColumns(block=block, radii_m=radii_95_m(block, settings.errors))


def current_settings(connection: Connection) -> Settings:
    """Return the newest published settings."""
    column = schema.settings.c
    body = connection.scalar(select(column.body).order_by(column.version.desc()).limit(1))
    return DEFAULT_SETTINGS if body is None else msgspec.json.decode(body, type=Settings)


def _trail_fix(
    seq: int,
    index: int,
    fixed_at: int,
    received_at: int,
    sent_at: int,
    lon_deg: float,
    lat_deg: float,
    source: int,
    satellites: int,
    speed_mps: float,
    bearing_deg: float,
    battery_pct: float,
    marks: int,
    radius_m: float,
    decides: bool,
    row: int,
) -> TrailFix:
    return TrailFix(
        number=row + 1,
        fix_id=fix_id(seq, index),
        fixed_at=Instant(fixed_at),
        received_at=Instant(received_at),
        sent_at=None if sent_at == NO_INSTANT else Instant(sent_at),
        lon_deg=lon_deg,
        lat_deg=lat_deg,
        accuracy_m_95=None if isnan(radius_m) else round(radius_m, 1),
        source=_SOURCES[source],
        satellites=None if satellites == UNKNOWN_COUNT else satellites,
        speed_mps=_known(speed_mps),
        bearing_deg=_known(bearing_deg),
        battery_pct=_known(battery_pct),
        marks=_marks(marks),
        decides=decides,
    )


@cache
def _marks(bits: int) -> tuple[str, ...]:
    marks = Mark(bits)
    return tuple(str(mark.name).lower() for mark in Mark if mark and mark in marks)


def _known(value: float) -> float | None:
    return None if isnan(value) else value
