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
    "satellites", "source", "motion",
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
    fix_id: FixId
    found_m: float | None = None
    found_error: FixError | None = None

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
        if self.found_m is None:
            self.found_m = distance_to_shape_m(self.area.shape, *self.xy_m)
        return self.found_m

    @property
    def xy_m(self) -> tuple[float, float]:
        """Metres east and north in the plane of the area."""
        return self.area.shape.plane.xy(self.lon_deg, self.lat_deg)

    @property
    def motion(self) -> int:
        """The tag's own flag, a `Motion`."""
        return self.row[11]

    @property
    def region_m(self) -> float:
        """How far it may err with 99 % probability."""
        return self._error.region_m

    @property
    def wide_m(self) -> float:
        """How far it may err with 99.9 % probability."""
        return self._error.wide_m

    @property
    def is_by_network(self) -> bool:
        """Whether it comes of Wi-Fi, a cell or a beacon: such fixes of a stay repeat one error."""
        return self._error.claim2 > 0.0

    @property
    def p_inside(self) -> float:
        """The probability that the fix's true place lies in the area."""
        return p_inside(self.area.shape, *self.xy_m, self._error.mixture)

    @property
    def _error(self) -> FixError:
        if self.found_error is None:
            accuracy_m, confidence, hdop, satellites, source = self.row[6:11]
            self.found_error = self.prepared.fix_error(
                accuracy_m, confidence, hdop, satellites, source, self.part.tag_model, self.rules
            )
        return self.found_error


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
        of_fix = rows[number][row]
        name = fix_id(of_fix[0], of_fix[1])
        found.append(Sight(Instant(at), trail[number], of_fix, area, rules, prepared, name))
    return tuple(found)
