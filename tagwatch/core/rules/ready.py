"""All that the rules compute with, loaded and compiled before the first fix waits for it."""

from itertools import product
from math import nan
from typing import Final

from tagwatch.core.fix import Source
from tagwatch.core.geometry import Disc, LonLat, Plane, Polygon, load_kernels, mixed_mass
from tagwatch.core.ids import FixId
from tagwatch.core.rules.area import area
from tagwatch.core.rules.fix_error import PlacedFix
from tagwatch.core.rules.prepare import Prepared
from tagwatch.core.rules.whereabouts import Where
from tagwatch.core.settings import DEFAULT_SETTINGS
from tagwatch.core.units import MINUTE

_ORIGIN: Final = LonLat(lon_deg=0.0, lat_deg=0.0)
_CLAIMS_M: Final = (9.0, nan)


def load_rules() -> None:
    """Load what judges a fix, and compile it where that is done: a second or two, and a quarter
    of a minute after an upgrade, which nobody near a zone should wait for."""
    load_kernels()
    plane = Plane.at(_ORIGIN)
    corners = tuple(plane.lonlat(x_m, y_m) for x_m, y_m in ((0.0, 0.0), (9.0, 0.0), (0.0, 9.0)))
    shapes = (Disc(centre=_ORIGIN, radius_m=9.0), Polygon(rings=(corners,)))
    areas = [area(shape) for shape in shapes]
    prepared = Prepared(most=8)
    follower = prepared.follower(DEFAULT_SETTINGS)
    where: Where | None = None
    for k, (source, claim_m) in enumerate(product(Source, _CLAIMS_M)):
        error = prepared.fix_error(claim_m, 0.68, nan, -1, source, "", DEFAULT_SETTINGS)
        fix = PlacedFix(k * MINUTE, 0.0, 0.0, FixId(f"0.{k}"), error, source)
        where, seen = follower.follow(where, fix)
        for each in areas:
            mixed_mass(each.shape, 0.0, 0.0, error.mixture.weights, error.mixture.sigmas_m)
            held = seen.against(each)
            held.inside()
            held.reaching()
            held.beyond()
            held.steady_m()
