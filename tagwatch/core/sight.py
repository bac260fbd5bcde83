"""Fixes seen against one area: how far, how sure; for the circumstances, not for deciding."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from tagwatch.core.fix import fix_id
from tagwatch.core.geometry import distance_to_shape_m
from tagwatch.core.ids import FixId
from tagwatch.core.order import ConditionVersion
from tagwatch.core.outcome import RuleKind
from tagwatch.core.rules.area import Area
from tagwatch.core.rules.prepare import FixError, Prepared, SettingsHistory, WearerOrders
from tagwatch.core.settings import Settings
from tagwatch.core.trail import TrailPart, merged
from tagwatch.core.uncertainty import p_inside
from tagwatch.core.units import Instant

_COLUMNS: Final = (
    "seq", "index", "sent_at", "marks", "lon_deg", "lat_deg", "accuracy_m", "confidence", "hdop",
    "satellites", "source",
)  # fmt: skip


@dataclass(slots=True, eq=False)
class Sight:
    """One decidable fix against the area of an episode. What takes time is found when asked."""

    at: Instant
    part: TrailPart
    row: tuple[Any, ...]
    """Of `_COLUMNS`."""
    area: Area
    rules: Settings
    prepared: Prepared

    @property
    def fix_id(self) -> FixId:
        """The fix's id."""
        return fix_id(self.row[0], self.row[1])

    @property
    def sent_at(self) -> int:
        """When the tag sent it, or NO_INSTANT."""
        return self.row[2]

    @property
    def marks(self) -> int:
        """Bits of `Mark`."""
        return self.row[3]

    @property
    def lon_deg(self) -> float:
        """Longitude of the fix."""
        return self.row[4]

    @property
    def lat_deg(self) -> float:
        """Latitude of the fix."""
        return self.row[5]

    @property
    def accuracy_m_95(self) -> float:
        """The radius of the fix's 95 % circle."""
        return self._error.r95_m

    @property
    def distance_m(self) -> float:
        """Metres to the border of the area, negative inside."""
        shape = self.area.shape
        return distance_to_shape_m(shape, *shape.plane.xy(self.lon_deg, self.lat_deg))

    @property
    def p_inside(self) -> float:
        """The probability that the fix's true place lies in the area."""
        shape = self.area.shape
        x_m, y_m = shape.plane.xy(self.lon_deg, self.lat_deg)
        return p_inside(shape, x_m, y_m, self._error.mixture)

    @property
    def _error(self) -> FixError:
        accuracy_m, confidence, hdop, satellites, source = self.row[6:]
        return self.prepared.fix_error(
            accuracy_m, confidence, hdop, satellites, source, self.part.tag_model, self.rules
        )


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
    rows = [
        list(zip(*(part.block[name].tolist() for name in _COLUMNS), strict=True)) for part in trail
    ]
    found: list[Sight] = []
    begins, ends, rules = settings.around(Instant(0))
    for at, number, row in merged(trail, -(2**62)):
        if not begins <= at < ends:
            begins, ends, rules = settings.around(Instant(at))
        found.append(Sight(Instant(at), trail[number], rows[number][row], area, rules, prepared))
    return tuple(found)
