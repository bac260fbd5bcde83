"""A small world decided once, so that everything that decides is loaded, and compiled where it is.

That takes seconds, or minutes where nothing is kept of an earlier time: a process spends them
better at its start than at its first decision.
"""

from datetime import time
from math import nan
from typing import Final

import numpy as np

from tagwatch.core.derive import (
    EMPTY,
    Prepared,
    SettingsHistory,
    TrailPart,
    WearerOrders,
    advance,
    derive_findings,
)
from tagwatch.core.fix import FIX_DTYPE, NO_INSTANT, UNKNOWN_COUNT, FixBlock, Source
from tagwatch.core.geometry import load_kernels
from tagwatch.core.ids import ActivationId, ConditionId, OrderId, WearerId
from tagwatch.core.order import ConditionVersion, Curfew, ExclusionZone, Terms
from tagwatch.core.passing import without_passers
from tagwatch.core.plane import LonLat, Plane
from tagwatch.core.screen import bounds, note, screened
from tagwatch.core.settings import Settings
from tagwatch.core.shape import Disc, Polygon
from tagwatch.core.timetable import CurfewRow, Weekday
from tagwatch.core.units import MINUTE, Instant

_PLANE: Final = Plane.at(LonLat(lon_deg=0.0, lat_deg=51.5))
_WEARER: Final = WearerId("nobody")
_OUT_AND_BACK: Final = (400.0, 200.0, 80.0, *[0.0] * 8, 90.0, *[600.0] * 6, *[20.0] * 6)
"""Metres east of the zones' centre, minute by minute."""


def warm_up() -> None:
    """Load, and compile where that is done, everything that deciding uses."""
    load_kernels()
    orders = WearerOrders(wearer_id=_WEARER, conditions=_conditions())
    settings, block = SettingsHistory.of(Settings()), _fixes()
    part = TrailPart(ActivationId("none"), "plain", block)
    advance(EMPTY, part, orders, settings, Prepared())
    derive_findings([part], orders, settings, (Instant(0), Instant(MINUTE)), Prepared())
    _screen(part, orders, settings.at(Instant(0)))


def _screen(part: TrailPart, orders: WearerOrders, rules: Settings) -> None:
    prepared = Prepared()
    tracks, count = prepared.tracks(orders), len(part.block)
    known = bounds([tracks])
    note(known, 0, tracks, EMPTY, part.tag_model, rules, Instant(0))
    nobody, starts = np.zeros(count, dtype=np.int64), np.array([0, count])
    answers = screened(part.block, nobody, known, rules)
    without_passers(part.block, starts, nobody, answers, known, rules, prepared)


def _conditions() -> tuple[ConditionVersion, ...]:
    corners = ((-90.0, -90.0), (90.0, -90.0), (90.0, 90.0), (-90.0, 90.0))
    square = Polygon(rings=(tuple(_PLANE.lonlat(x_m, y_m) for x_m, y_m in corners),))
    disc = Disc(centre=_PLANE.origin, radius_m=100.0)
    nights = CurfewRow(
        from_day=Weekday.TH, from_time=time(0), until_day=Weekday.FR, until_time=time(0)
    )
    terms: tuple[Terms, ...] = (
        ExclusionZone(label="", shape=square, buffer_m=100.0),
        ExclusionZone(label="", shape=disc, buffer_m=100.0),
        Curfew(label="", address=_PLANE.origin, rows=(nights,)),
    )
    return tuple(
        ConditionVersion(
            condition_id=ConditionId(f"condition-{number}"),
            version=1,
            order_id=OrderId("none"),
            wearer_id=_WEARER,
            terms=each,
            valid_from=Instant(0),
            recorded_at=Instant(0),
            told_at=Instant(0),
        )
        for number, each in enumerate(terms)
    )


def _fixes() -> FixBlock:
    block = np.zeros(len(_OUT_AND_BACK), dtype=FIX_DTYPE)
    for name in FIX_DTYPE.names or ():
        if block.dtype[name].kind == "f":
            block[name] = nan
    minutes = np.arange(len(block))
    block["fixed_at"] = block["received_at"] = minutes * MINUTE
    block["sent_at"], block["satellites"], block["charging"] = NO_INSTANT, UNKNOWN_COUNT, -1
    block["accuracy_m"], block["confidence"] = np.where(minutes % 3 == 0, nan, 8.0), 0.68
    block["source"] = np.where(minutes % 5 == 4, int(Source.WIFI), int(Source.GNSS))
    block["index"] = minutes
    east_m = np.array(_OUT_AND_BACK)
    block["lon_deg"], block["lat_deg"] = _PLANE.lonlat_arrays(east_m, np.zeros(len(block)))
    return block
