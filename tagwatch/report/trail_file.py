"""A wearer's trail as a file for others: what every format is made of.

Each format is a writer in a module of its own; docs/exports.md says what each keeps and loses.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from functools import partial
from heapq import merge
from math import isnan
from typing import Any, BinaryIO, Final, NamedTuple, TypeAlias

import msgspec

from tagwatch.core.fix import NO_INSTANT, UNKNOWN_COUNT, FixBlock, Mark, Motion, Source, fix_id
from tagwatch.core.ids import ActivationId
from tagwatch.core.order import Order
from tagwatch.core.person import Tag, TagMode, Wearer
from tagwatch.core.settings import Settings
from tagwatch.core.uncertainty import FixQuality, error_mixture, r95_m
from tagwatch.core.units import SECOND, Instant, iso


class TrailFormat(StrEnum):
    """Formats in which a trail is handed out."""

    GPX = "gpx"
    KML = "kml"
    GEOJSON = "geojson"
    CSV = "csv"
    MOJ = "moj"
    MOJ_FULL = "moj-full"
    NMEA = "nmea"
    GEOPARQUET = "geoparquet"


class TrailHead(msgspec.Struct, frozen=True, kw_only=True):
    """Whose trail it is, of when, and who made the file, when and why."""

    wearer: Wearer
    start: Instant
    end: Instant
    made_at: Instant
    made_by: str
    purpose: str
    settings: Settings
    """In force now: they say how large the circle of a fix is."""
    orders: tuple[Order, ...] = ()
    tags: Mapping[ActivationId, Tag] = {}
    officer: str = ""
    """The responsible officer's name, as far as it is known."""

    def gap_us(self, activation_id: ActivationId) -> int:
        """Return after how long without a fix it is no longer known how he went: twice the
        longest interval expected of the tag."""
        tag = self.tags.get(activation_id)
        mode = TagMode() if tag is None else tag.mode
        return 2 * max(mode.moving_interval_s, mode.resting_interval_s) * SECOND

    def serial(self, activation_id: ActivationId) -> str:
        """Return the serial number of a tag, the activation's id where it is not known."""
        tag = self.tags.get(activation_id)
        return activation_id if tag is None else tag.serial


class TrailRow(NamedTuple):
    """One fix as the formats write it: None is unknown."""

    number: int
    """From 1, oldest first."""
    fix_id: str
    activation_id: ActivationId
    fixed_at: Instant
    sent_at: Instant | None
    received_at: Instant
    lon_deg: float | None
    lat_deg: float | None
    accuracy_m: float | None
    confidence: float | None
    radius_m_95: float | None
    hdop: float | None
    satellites: int | None
    altitude_m: float | None
    speed_mps: float | None
    bearing_deg: float | None
    battery_pct: float | None
    source: Source
    motion: Motion
    charging: bool | None
    marks: Mark


Writer: TypeAlias = Callable[[TrailHead, Iterable[TrailRow], BinaryIO], None]
"""Writes the rows as one file, a bounded part of it at a time."""

CIRCLE: Final = (
    "A dot is a circle: radius_m_95 is the radius in metres within which the true place lies with "
    "probability 0.95; accuracy_m is the radius the tag gave, of the stated confidence. What is "
    "empty or absent is unknown, never 0. The way between two fixes is not known."
)
FIELDS: Final = (
    "time", "lat", "lon", "accuracy_m", "confidence", "radius_m_95", "hdop", "satellites", "source",
    "speed_mps", "bearing_deg", "altitude_m", "battery_pct", "motion", "charging", "marks",
    "sent_at", "received_at", "number", "fix_id", "activation_id", "tag",
)  # fmt: skip
"""Names of what is known of a fix, in every format that can hold them."""


def head_words(head: TrailHead) -> str:
    """Return who, when and why in one sentence, for the formats that have a place for it."""
    return (
        f"Trail of {head.wearer.name} ({head.wearer.wearer_id}) from {iso(head.start)} up to "
        f"{iso(head.end)}, made {iso(head.made_at)} by {head.made_by} for: {head.purpose}."
    )


def fields_of(head: TrailHead, row: TrailRow) -> dict[str, Any]:
    """Return all FIELDS of a fix; None is unknown, times are ISO 8601 in UTC."""
    return {
        "time": iso(row.fixed_at),
        "lat": row.lat_deg,
        "lon": row.lon_deg,
        "accuracy_m": row.accuracy_m,
        "confidence": row.confidence,
        "radius_m_95": row.radius_m_95,
        "hdop": row.hdop,
        "satellites": row.satellites,
        "source": row.source.name.lower(),
        "speed_mps": row.speed_mps,
        "bearing_deg": row.bearing_deg,
        "altitude_m": row.altitude_m,
        "battery_pct": row.battery_pct,
        "motion": row.motion.name.lower(),
        "charging": row.charging,
        "marks": " ".join(str(mark.name).lower() for mark in Mark if mark and mark in row.marks),
        "sent_at": None if row.sent_at is None else iso(row.sent_at),
        "received_at": iso(row.received_at),
        "number": row.number,
        "fix_id": row.fix_id,
        "activation_id": row.activation_id,
        "tag": head.serial(row.activation_id),
    }


def rows_of(
    blocks: Sequence[tuple[ActivationId, FixBlock]], settings: Settings
) -> Iterator[TrailRow]:
    """Give the fixes of all activations oldest first, each block being sorted by time."""
    known: dict[FixQuality, float] = {}
    walks = [map(partial(_row, known, settings, activation), block) for activation, block in blocks]
    in_order = merge(*walks, key=lambda row: (row.fixed_at, row.received_at))
    for number, row in enumerate(in_order, start=1):
        yield row._replace(number=number)


def walked(head: TrailHead, rows: Iterable[TrailRow]) -> Iterator[tuple[TrailRow, bool]]:
    """Give the fixes that have a place, and of each whether the way to it is not known at all:
    the first one, and one after a gap or of another tag."""
    before: TrailRow | None = None
    for row in rows:
        if row.lat_deg is None:
            continue
        begins = (
            before is None
            or before.activation_id != row.activation_id
            or row.fixed_at - before.fixed_at > head.gap_us(row.activation_id)
        )
        yield row, begins
        before = row


def _row(
    known: dict[FixQuality, float], settings: Settings, activation: ActivationId, row: Any
) -> TrailRow:
    marks, source = Mark(int(row["marks"])), Source(int(row["source"]))
    satellites = None if row["satellites"] == UNKNOWN_COUNT else int(row["satellites"])
    accuracy_m, confidence = _known(row["accuracy_m"]), _known(row["confidence"])
    hdop, lat = _known(row["hdop"]), _known(row["lat_deg"])
    radius_m = None
    if lat is not None and not marks & Mark.BAD_POSITION:
        quality = FixQuality(
            accuracy_m=accuracy_m,
            confidence=confidence,
            hdop=hdop,
            satellites=satellites,
            source=source,
        )
        radius_m = known.get(quality)
        if radius_m is None:
            radius_m = known[quality] = round(r95_m(error_mixture(quality, settings.errors)), 1)
    return TrailRow(
        number=0,
        fix_id=fix_id(int(row["seq"]), int(row["index"])),
        activation_id=activation,
        fixed_at=Instant(int(row["fixed_at"])),
        sent_at=None if row["sent_at"] == NO_INSTANT else Instant(int(row["sent_at"])),
        received_at=Instant(int(row["received_at"])),
        lon_deg=_known(row["lon_deg"]),
        lat_deg=lat,
        accuracy_m=accuracy_m,
        confidence=confidence,
        radius_m_95=radius_m,
        hdop=hdop,
        satellites=satellites,
        altitude_m=_known(row["altitude_m"]),
        speed_mps=_known(row["speed_mps"]),
        bearing_deg=_known(row["bearing_deg"]),
        battery_pct=_known(row["battery_pct"]),
        source=source,
        motion=Motion(int(row["motion"])),
        charging=None if row["charging"] < 0 else bool(row["charging"]),
        marks=marks,
    )


def _known(number: Any) -> float | None:
    value = float(number)
    return None if isnan(value) else value
