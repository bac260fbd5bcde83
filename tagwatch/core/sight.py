"""Fixes seen against one area: how far, how sure; for the circumstances, not for deciding."""

from collections.abc import Sequence
from dataclasses import dataclass

from tagwatch.core.fix import FIX_DTYPE, Mark, fix_id
from tagwatch.core.geometry import distance_to_shape_m
from tagwatch.core.ids import FixId
from tagwatch.core.order import ConditionVersion
from tagwatch.core.outcome import RuleKind
from tagwatch.core.rules.prepare import Prepared, SettingsHistory, WearerOrders
from tagwatch.core.trail import TrailPart, merged
from tagwatch.core.uncertainty import p_inside
from tagwatch.core.units import Instant


@dataclass(frozen=True, slots=True)
class Sight:
    """One decidable fix against the area of an episode."""

    fix_id: FixId
    at: Instant
    sent_at: int
    marks: Mark
    lon_deg: float
    lat_deg: float
    accuracy_m_95: float
    distance_m: float
    """To the border of the area, negative inside."""
    p_inside: float


def sights(
    trail: Sequence[TrailPart],
    condition: ConditionVersion,
    rule: RuleKind,
    settings: SettingsHistory,
    prepared: Prepared,
) -> tuple[Sight, ...]:
    """Return every decidable fix of the trail against the condition's area, in event order."""
    tracks = prepared.tracks(WearerOrders(wearer_id=condition.wearer_id, conditions=(condition,)))
    area = next(t for t in (*tracks.zones, *tracks.curfews) if t.rule is rule).pieces[0].area
    names = FIX_DTYPE.names or ()
    found: list[Sight] = []
    for number, row in merged(trail, -(2**62)):
        part = trail[number]
        fix = dict(zip(names, part.block[row].item(), strict=True))
        error = prepared.fix_error(
            fix["accuracy_m"],
            fix["confidence"],
            fix["hdop"],
            fix["satellites"],
            fix["source"],
            part.tag_model,
            settings.at(Instant(fix["fixed_at"])),
        )
        x_m, y_m = area.shape.plane.xy(fix["lon_deg"], fix["lat_deg"])
        found.append(
            Sight(
                fix_id=fix_id(fix["seq"], fix["index"]),
                at=Instant(fix["fixed_at"]),
                sent_at=fix["sent_at"],
                marks=Mark(fix["marks"]),
                lon_deg=fix["lon_deg"],
                lat_deg=fix["lat_deg"],
                accuracy_m_95=error.r95_m,
                distance_m=distance_to_shape_m(area.shape, x_m, y_m),
                p_inside=p_inside(area.shape, x_m, y_m, error.mixture),
            )
        )
    return tuple(found)
