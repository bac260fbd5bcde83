"""Whether he is where he must be, at one fix: by that fix alone, or by the filter in doubt.

Most fixes lie clearly in the place, or far from it, and are judged by their own error. The filter
is asked where a fix by itself speaks against somebody who was there, and until he is shown there
again; errors that persist then count once. It begins at the fix before.
"""

from collections.abc import Callable
from dataclasses import dataclass

from tagwatch.core.geometry import distance_to_shape_m
from tagwatch.core.outcome import Compliance
from tagwatch.core.rules.fix_error import PlacedFix
from tagwatch.core.rules.prepare import Piece
from tagwatch.core.rules.whereabouts import Where, Whereabouts
from tagwatch.core.rules.zone import SLACK
from tagwatch.core.settings import Settings
from tagwatch.core.uncertainty import p_inside, quantised


@dataclass(slots=True, eq=False)
class Presence:
    """What is known at one fix. Probabilities are whole multiples of 1e-6."""

    inside: float
    outside: float
    """Confidence of the largest region that does not touch the place, at most 1 - `inside`: of the
    fix by itself, and where the filter was asked the lower of both."""
    lies_in: bool
    """The fix itself lies in the place, however vague it is."""
    steady_m: float = 0.0
    """No steady error below this towards the place explains the fixes; 0 where some may."""
    by_filter: bool = False


@dataclass(slots=True, eq=False)
class Doubt:
    """The filter for one fix of somebody under curfew, asked at most once."""

    after: Callable[[Where | None, PlacedFix], tuple[Where, Whereabouts]]
    """The filter: from what it remembers and a fix to what it is to remember, and makes of it."""
    fix: PlacedFix
    kept: Where | None
    """What it remembers; None where it has not followed him up to the fix before."""
    found: Whereabouts | None = None

    def where(self) -> Whereabouts:
        """Return what the filter makes of the fix."""
        if self.found is None:
            self.kept, self.found = self.after(self.kept, self.fix)
        return self.found


def answer(piece: Piece, fix: PlacedFix, settings: Settings) -> tuple[float, float, Compliance]:
    """Return P(inside), P(outside) and what the fix alone says: COMPLIANT or CANNOT_SAY.

    P(outside) is 0 for a vague fix at the door: a small P(inside) is not absence.
    """
    inside, outside, _ = _alone(piece, fix)
    if inside >= settings.curfew.present:
        return inside, outside, Compliance.COMPLIANT
    return inside, outside, Compliance.CANNOT_SAY


def is_surely_there(piece: Piece, fix: PlacedFix, settings: Settings) -> bool:
    """Return True only for fixes that alone show him there, without the exact P(inside)."""
    depth_m = -_gap_m(piece, fix)
    return fix.error.beyond(depth_m) < 1.0 - settings.curfew.present - SLACK


def presence(
    piece: Piece, fix: PlacedFix, settings: Settings, doubt: Doubt, doubtful_from: float | None
) -> Presence:
    """Return whether he is in the place of a piece, as far as it is known at `fix`.

    The filter is asked where it runs already; else where P(outside) of the fix alone is at least
    `doubtful_from`, or, for None, where the fix alone does not show him there. A fix farther off
    than the filter follows is judged alone.
    """
    if piece.bound.is_beyond(fix.lon_deg, fix.lat_deg, fix.error.near_m):
        inside, outside, gap_m = _alone(piece, fix)
        return Presence(inside, outside, gap_m <= 0.0, max(0.0, gap_m - fix.error.region_m))
    if doubt.kept is None:
        inside, outside, gap_m = _alone(piece, fix)
        clear = inside >= settings.curfew.present
        if clear or (doubtful_from is not None and outside < doubtful_from):
            return Presence(inside, outside, gap_m <= 0.0)
    held = doubt.where().against(piece.area)
    gap_m = _gap_m(piece, fix)
    # A place that sticks convinces the filter in the end; by themselves such fixes do not accuse.
    outside = quantised(min(1.0 - held.reaching(), 1.0 - fix.error.beyond(gap_m)))
    steady_m = held.clear_m() if outside > 0.5 else 0.0
    return Presence(held.inside(), outside, gap_m <= 0.0, steady_m, by_filter=True)


def _gap_m(piece: Piece, fix: PlacedFix) -> float:
    """Return the metres from the place to the fix, negative inside."""
    shape = piece.area.shape
    return distance_to_shape_m(shape, *shape.plane.xy(fix.lon_deg, fix.lat_deg))


def _alone(piece: Piece, fix: PlacedFix) -> tuple[float, float, float]:
    """Return P(inside), P(outside) and the metres from the place to the fix, as `_gap_m`."""
    shape = piece.area.shape
    x_m, y_m = shape.plane.xy(fix.lon_deg, fix.lat_deg)
    gap_m = distance_to_shape_m(shape, x_m, y_m)
    outside = quantised(1.0 - fix.error.beyond(gap_m))
    return p_inside(shape, x_m, y_m, fix.error.mixture), outside, gap_m
