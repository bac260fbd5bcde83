"""Where a person is by the filter, as rules about areas ask it."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import Final

import msgspec

from tagwatch.core.contour import no_edges
from tagwatch.core.filter_settings import STEADY_SHARE, FilterSettings
from tagwatch.core.geometry import Plane
from tagwatch.core.plane import Floats, LonLat
from tagwatch.core.rules.area import Area, Bound
from tagwatch.core.rules.fix_error import PlacedFix
from tagwatch.core.uncertainty import quantised
from tagwatch.core.units import Instant

MOST_LAT_DEG: Final = 80.0


class Where(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """What is remembered of where he is: the filter's belief, in the plane about `origin`."""

    origin: LonLat
    at: Instant
    flag: int
    log_claim: float
    parts: bytes


class LastFix(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """The last fix of somebody who is not followed: where the filter begins when he comes near."""

    at: Instant
    lon_deg: float
    lat_deg: float
    log_claim: float
    claim2: float
    motion: int

    @classmethod
    def of(cls, fix: PlacedFix) -> "LastFix":
        """Return what is remembered of `fix`."""
        return cls(
            at=Instant(fix.at),
            lon_deg=fix.lon_deg,
            lat_deg=fix.lat_deg,
            log_claim=fix.error.log_claim,
            claim2=fix.error.claim2,
            motion=fix.motion,
        )


@dataclass(slots=True, eq=False)
class Whereabouts:
    """Where he is at the time of one fix, given it and all before; ask it `against` an area."""

    parts: Floats
    fix: PlacedFix
    x_m: float
    y_m: float
    """The fix in the filter's plane."""

    def against(self, area: Area) -> "Held":
        """Return where he is, held against an area.

        The areas' planes and the filter's are parallel within the few kilometres it reaches: a
        kilometre apart they turn by 0.0001, so that places near the fix are off by centimetres.
        """
        shape = area.shape
        x_m, y_m = shape.plane.xy(self.fix.lon_deg, self.fix.lat_deg)
        disc = (shape.centre_x_m, shape.centre_y_m, shape.bound_radius_m)
        return Held(self.parts, shape.scalar_edges, disc, x_m - self.x_m, y_m - self.y_m, area)

    def reaching(self, bound: Bound) -> float:
        """Return what is never less than `Held.reaching` of the area that the bound holds."""
        x_m, y_m = bound.plane.xy(self.fix.lon_deg, self.fix.lat_deg)
        disc = (0.0, 0.0, bound.plane_radius_m)
        east_m, north_m = x_m - self.x_m, y_m - self.y_m
        found = _kernels().share_reaching(self.parts, no_edges(), disc, east_m, north_m)
        return quantised(found)

    def inside(self, area: Area) -> float:
        """Return the probability that he is in the area, a whole multiple of 1e-6."""
        return self.against(area).inside()


@dataclass(slots=True, eq=False)
class Held:
    """Where he is, held against one area. All probabilities are whole multiples of 1e-6."""

    parts: Floats
    edges: Sequence[float]
    disc: tuple[float, float, float]
    """x, y and radius of a disc that holds the area."""
    east_m: float
    north_m: float
    """From the filter's plane to the area's."""
    area: Area

    def inside(self) -> float:
        """Return the probability that he is in the area."""
        found = _kernels().mass_inside(self.parts, self.edges, self.disc, self.east_m, self.north_m)
        return quantised(found)

    def reaching(self) -> float:
        """Return P(an error as large as the distance to the area): never less than `inside`.

        At most 0.01 says that the area lies outside the region that holds 99 %.
        """
        found = _kernels().share_reaching(
            self.parts, self.edges, self.disc, self.east_m, self.north_m
        )
        return quantised(found)

    def at_most(self) -> float:
        """Return what `inside` could be at most if fixes so good lay in the middle of an area of
        this size; no area of this size can have more."""
        return quantised(_kernels().most_inside(self.parts, self.area.size_m2))

    def beyond(self) -> float:
        """Return an upper bound of P(an error larger than the distance to all of the area)."""
        return quantised(_kernels().share_beyond(self.parts, self.disc, self.east_m, self.north_m))

    def steady_m(self) -> float:
        """Return M: no steady error below M metres towards the area explains these fixes; 0 if
        the place that they show may lie outside it."""
        return _kernels().depth_shown(
            self.parts, self.edges, self.disc, self.east_m, self.north_m, STEADY_SHARE
        )

    def clear_m(self) -> float:
        """Return how far outside the area the place lies that the fixes show: no steady error below
        it towards the area explains them; 0 if it may lie inside."""
        return _kernels().gap_shown(
            self.parts, self.edges, self.disc, self.east_m, self.north_m, STEADY_SHARE
        )


class Follower:
    """Follows people by one version of the filter's settings; holds no person's state."""

    def __init__(self, settings: FilterSettings) -> None:
        self.filter = _filter().Filter(settings)

    def begin(self, fix: LastFix) -> Where:
        """Return what to remember of somebody of whom nothing is known but this fix."""
        return self._begun(fix)[0]

    def follow(self, where: Where | None, fix: PlacedFix) -> tuple[Where, Whereabouts]:
        """Return what to remember after `fix`, and where he is at its time; None starts anew."""
        if where is None:
            begun, parts, (x_m, y_m) = self._begun(LastFix.of(fix))
            return begun, Whereabouts(parts, fix, x_m, y_m)
        x_m, y_m = Plane.at(where.origin).xy(fix.lon_deg, fix.lat_deg)
        claims, flag = (fix.error.log_claim, fix.error.claim2), _filter().MOTION_FLAGS[fix.motion]
        parts, counts = self.filter.take(where, fix.at, (x_m, y_m), claims, flag)
        seen = Whereabouts(parts, fix, x_m, y_m)
        if not counts:
            return where, seen
        kept = Where(
            origin=where.origin,
            at=Instant(fix.at),
            flag=flag,
            log_claim=claims[0] if claims[1] == 0.0 else where.log_claim,
            parts=_filter().packed(parts),
        )
        return kept, seen

    def _begun(self, fix: LastFix) -> tuple[Where, Floats, tuple[float, float]]:
        origin, flag = _origin(fix), _filter().MOTION_FLAGS[fix.motion]
        place_m = (0.0, 0.0)
        if origin.lat_deg != fix.lat_deg:
            place_m = Plane.at(origin).xy(fix.lon_deg, fix.lat_deg)
        parts, _ = self.filter.take(None, fix.at, place_m, (fix.log_claim, fix.claim2), flag)
        packed = _filter().packed(parts)
        begun = Where(origin=origin, at=fix.at, flag=flag, log_claim=fix.log_claim, parts=packed)
        return begun, parts, place_m


def _origin(fix: LastFix) -> LonLat:
    # A fix beyond the latitudes of planes says hardly anything, or no zone would be near.
    lat_deg = min(MOST_LAT_DEG, max(-MOST_LAT_DEG, fix.lat_deg))
    return LonLat(lon_deg=fix.lon_deg, lat_deg=lat_deg)


@cache
def _filter() -> ModuleType:
    """Return the filter, loaded when first asked for: it brings the compiler, as the kernels do."""
    from tagwatch.core import filter as found  # noqa: PLC0415  # see above

    return found


@cache
def _kernels() -> ModuleType:
    from tagwatch.core import filter_area  # noqa: PLC0415  # as `_filter`

    return filter_area
