"""Small worlds round one place for tests of the rules: metres and seconds in, findings out."""

from datetime import time
from math import nan
from random import Random

import numpy as np

from tagwatch.core.derive import (
    EMPTY,
    Memory,
    Prepared,
    SettingsHistory,
    TrailPart,
    WearerOrders,
    advance,
    derive_findings,
)
from tagwatch.core.episode import Episode
from tagwatch.core.fix import FIX_DTYPE, NO_INSTANT, FixBlock, Source
from tagwatch.core.geometry import Disc, LonLat, Plane, Polygon
from tagwatch.core.ids import ActivationId, ConditionId, OrderId, PersonId, WearerId
from tagwatch.core.order import ConditionVersion, Curfew, ExclusionZone, Thresholds
from tagwatch.core.settings import Settings
from tagwatch.core.timetable import CurfewRow, Weekday
from tagwatch.core.units import DAY, SECOND, Instant, parse_iso

HERE = LonLat(lon_deg=-0.1, lat_deg=51.5)
PLANE = Plane.at(HERE)
MONDAY = parse_iso("2026-03-02T10:00:00Z")
"""A Monday in winter: London is on UTC."""
ALWAYS = (Instant(MONDAY - 400 * DAY), Instant(MONDAY + 400 * DAY))
WEARER = WearerId("wearer-1")
TAG = ActivationId("activation-1")
SETTINGS = SettingsHistory.of(Settings())
SHARP = 6.0


def at(seconds: float) -> Instant:
    return Instant(MONDAY + round(seconds * SECOND))


def place(x_m: float, y_m: float = 0.0) -> LonLat:
    return PLANE.lonlat(x_m, y_m)


def fixes(*rows: tuple[float, ...], seq: int = 1) -> FixBlock:
    """Rows of (seconds, x_m, y_m, accuracy_m at 68 % [, source])."""
    block = np.zeros(len(rows), dtype=FIX_DTYPE)
    for number, (seconds, x_m, y_m, accuracy_m, *source) in enumerate(rows):
        where = place(x_m, y_m)
        row = block[number]
        for name in FIX_DTYPE.names or ():
            if row.dtype[name].kind == "f":
                row[name] = nan
        row["fixed_at"], row["received_at"] = at(seconds), at(seconds + 5)
        row["sent_at"], row["seq"], row["index"] = NO_INSTANT, seq, number
        row["lon_deg"], row["lat_deg"] = where.lon_deg, where.lat_deg
        row["accuracy_m"], row["confidence"] = accuracy_m, 0.68
        row["satellites"], row["charging"] = -1, -1
        row["source"] = source[0] if source else Source.GNSS
    return block


def part(block: FixBlock, activation: str = TAG) -> TrailPart:
    return TrailPart(ActivationId(activation), "plain", block)


def zone(
    radius_m: float = 200.0,
    *,
    x_m: float = 0.0,
    y_m: float = 0.0,
    buffer_m: float = 0.0,
    name: str = "zone-1",
    told: float | None = -86400.0,
    since: float = -86400.0,
    until: float | None = None,
    version: int = 1,
    schedule: tuple[CurfewRow, ...] = (),
    protects: tuple[str, ...] = (),
    thresholds: Thresholds | None = None,
    square: float | None = None,
) -> ConditionVersion:
    shape: Disc | Polygon = Disc(centre=place(x_m, y_m), radius_m=radius_m)
    if square is not None:
        half = square / 2
        corners = [(-half, -half), (half, -half), (half, half), (-half, half)]
        shape = Polygon(rings=(tuple(place(x_m + x, y_m + y) for x, y in corners),))
    return ConditionVersion(
        condition_id=ConditionId(name),
        version=version,
        order_id=OrderId("order-1"),
        wearer_id=WEARER,
        terms=ExclusionZone(
            label=name,
            shape=shape,
            buffer_m=buffer_m,
            schedule=schedule,
            protects=tuple(PersonId(p) for p in protects),
        ),
        valid_from=at(since),
        valid_until=None if until is None else at(until),
        recorded_at=at(since),
        told_at=None if told is None else at(told),
        thresholds=thresholds,
    )


def row(from_day: str, from_time: str, until_day: str, until_time: str) -> CurfewRow:
    return CurfewRow(
        from_day=Weekday(from_day),
        from_time=time.fromisoformat(from_time),
        until_day=Weekday(until_day),
        until_time=time.fromisoformat(until_time),
    )


def curfew(
    *rows: CurfewRow,
    x_m: float = 0.0,
    name: str = "curfew-1",
    told: float | None = -86400.0,
    since: float = -86400.0,
    until: float | None = None,
    version: int = 1,
    **terms: object,
) -> ConditionVersion:
    chosen = rows or (row("Mo", "10:00", "Mo", "12:00"),)
    return ConditionVersion(
        condition_id=ConditionId(name),
        version=version,
        order_id=OrderId("order-1"),
        wearer_id=WEARER,
        terms=Curfew(label=name, address=place(x_m), rows=chosen, **terms),  # type: ignore[arg-type]  # by name
        valid_from=at(since),
        valid_until=None if until is None else at(until),
        recorded_at=at(since),
        told_at=None if told is None else at(told),
    )


def orders(*conditions: ConditionVersion) -> WearerOrders:
    return WearerOrders(wearer_id=WEARER, conditions=conditions)


def found(
    block: FixBlock, *conditions: ConditionVersion, settings: SettingsHistory = SETTINGS
) -> tuple[Episode, ...]:
    """What the whole trail yields."""
    return derive_findings([part(block)], orders(*conditions), settings, ALWAYS, Prepared())


def live(block: FixBlock, *conditions: ConditionVersion, memory: Memory = EMPTY):
    return advance(memory, part(block), orders(*conditions), SETTINGS, Prepared())


def wandering(
    random: Random, count: int, *, reach_m: float = 900.0, step_s: float = 60.0
) -> FixBlock:
    """A walk about the origin that stays, crosses and leaves, with fixes good and bad."""
    rows: list[tuple[float, ...]] = []
    seconds, x_m, y_m = 0.0, random.uniform(-reach_m, reach_m), random.uniform(-reach_m, reach_m)
    goal = (x_m, y_m)
    for _ in range(count):
        seconds += random.choice([0.0, 1.0, 5.0, step_s, step_s, step_s, 10 * step_s])
        if random.random() < 0.15:
            size = random.choice([30.0, 150.0, reach_m, reach_m, 20_000.0])
            goal = (random.uniform(-size, size), random.uniform(-size, size))
        pull = random.choice([0.0, 0.3, 1.0])
        x_m += pull * (goal[0] - x_m)
        y_m += pull * (goal[1] - y_m)
        kind = random.random()
        accuracy_m = random.choice([4.0, 6.0, 9.0, 25.0, 80.0, 400.0, nan])
        source = Source.GNSS if kind < 0.8 else random.choice([Source.WIFI, Source.LBS])
        rows.append(
            (seconds, x_m + random.gauss(0, 5), y_m + random.gauss(0, 5), accuracy_m, source)
        )
    return fixes(*rows)
