"""Where he may have been at each fix by its own error alone: what calibration asks of the error
model. Decisions ask the filter, which remembers the fixes before."""

from collections.abc import Iterator
from dataclasses import dataclass

from tagwatch.core.geometry import LonLat, distance_m
from tagwatch.core.rules.area import Area
from tagwatch.core.rules.prepare import Prepared
from tagwatch.core.settings import Settings
from tagwatch.core.trail import TrailPart, event_order
from tagwatch.core.uncertainty import ErrorMixture, p_inside


@dataclass(frozen=True, slots=True, eq=False)
class Believed:
    """Where he may be: a mixture of circular Gaussians about one place."""

    centre: LonLat
    error: ErrorMixture

    def p_inside(self, area: Area) -> float:
        """Return the probability that he is in the area, a whole multiple of 1e-6."""
        x_m, y_m = area.shape.plane.xy(self.centre.lon_deg, self.centre.lat_deg)
        return p_inside(area.shape, x_m, y_m, self.error)

    def error_m(self, truth: LonLat) -> float:
        """Return metres from the middle of the belief to where he truly was."""
        return distance_m(self.centre, truth)


def beliefs(
    part: TrailPart, settings: Settings, prepared: Prepared
) -> Iterator[tuple[int, Believed]]:
    """Give (row of the block, belief) of every fix that decides, in event order.

    Of rows equal in all that decides only the first is given; they share its belief.
    Each fix is believed for itself, by the error model of its own claim.
    """
    for row in event_order(part.block).tolist():
        fix = part.block[row]
        error = prepared.fix_error(
            float(fix["accuracy_m"]),
            float(fix["confidence"]),
            float(fix["hdop"]),
            int(fix["satellites"]),
            int(fix["source"]),
            part.tag_model,
            settings,
        )
        centre = LonLat(lon_deg=float(fix["lon_deg"]), lat_deg=float(fix["lat_deg"]))
        yield row, Believed(centre, error.mixture)
