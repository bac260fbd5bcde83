"""Whether one area lies wholly within another, as an approval may make an area smaller only. Pure.

Of two areas with borders: one lies within the other if its corners do and no border of the other
runs through it. Borders that touch, or run together, are within `SLACK_M`.
"""

from typing import Final

import numpy as np

from tagwatch.core.contour import PlanarShape, planar
from tagwatch.core.plane import Floats, LonLat, Plane
from tagwatch.core.shape import Disc, Shape, outline_of, polygons
from tagwatch.core.thinning import EXACT_PAIRS, Rows, near_shape

SLACK_M: Final = 0.5
"""So far over the border is within: places are typed with six decimals."""
_CORNERS: Final = 512
"""Of the outline that stands for a disc against an outline: it leaves the circle by 0.01 %."""
_LOOKED: Final = np.array([0.05, 0.2, 0.35, 0.5, 0.65, 0.8, 0.95])
"""At which shares of each piece of a border it is looked how deep it lies."""


class TooManyCornersError(ValueError):
    """Areas of so many corners that they cannot be compared; the text says what to do."""


def lies_within(inner: Shape, outer: Shape) -> bool:
    """Say whether all of `inner` lies in `outer`; False too where it can only just not be told.

    Raises TooManyCornersError.
    """
    if inner == outer:
        return True
    plane = Plane.at(middle_of(outer))
    around = planar(outer, plane)
    if isinstance(inner, Disc) and isinstance(outer, Disc):
        x_m, y_m = plane.xy(inner.centre.lon_deg, inner.centre.lat_deg)
        apart_m = float(np.hypot(x_m - around.centre_x_m, y_m - around.centre_y_m))
        return apart_m + inner.radius_m <= outer.radius_m + SLACK_M
    if isinstance(inner, Disc):
        inner = outline_of(inner, _CORNERS)
    within = planar(inner, plane)
    edges, borders = _edges(within), _edges(around)
    if len(edges) * max(1, len(borders)) > EXACT_PAIRS:
        raise TooManyCornersError(
            "these outlines have too many corners to compare: simplify the area"
        )
    if not bool(_near(around, edges[:, 0], edges[:, 1], SLACK_M).all()):
        return False
    return around.is_disc or not _runs_through(borders, within, edges)


def middle_of(shape: Shape) -> LonLat:
    """Return the middle of a shape's box."""
    if isinstance(shape, Disc):
        return shape.centre
    corners = [corner for part in polygons(shape) for corner in part.rings[0]]
    lon, lat = (
        (min(values) + max(values)) / 2
        for values in ([c.lon_deg for c in corners], [c.lat_deg for c in corners])
    )
    return LonLat(lon_deg=lon, lat_deg=lat)


def _edges(shape: PlanarShape) -> Floats:
    return shape.edges.reshape(-1, 4)


def _near(shape: PlanarShape, x_m: Floats, y_m: Floats, reach_m: float) -> Rows:
    """Say which places lie in the shape or within `reach_m` of it; of a negative reach, so deep
    in it."""
    return near_shape(shape, x_m, y_m, np.full(len(x_m), reach_m))


def _runs_through(borders: Floats, within: PlanarShape, edges: Floats) -> bool:
    """Say whether a border runs deeper than the slack through what is to lie within.

    Each border is cut where it meets an edge; a piece lies on one side all along.
    """
    low, high = np.array(within.box_m[:2]), np.array(within.box_m[2:])
    ends = borders.reshape(-1, 2, 2)
    close = (ends.max(axis=1) >= low).all(axis=1) & (ends.min(axis=1) <= high).all(axis=1)
    pieces: list[Floats] = []
    for border in borders[close]:
        shares = np.concatenate(([0.0, 1.0], _meetings(border, edges)))
        shares.sort()
        looked = (shares[:-1, None] + np.diff(shares)[:, None] * _LOOKED).reshape(-1)
        pieces.append(border[:2] + looked[:, None] * (border[2:] - border[:2]))
    if not pieces:
        return False
    places = np.concatenate(pieces)
    return bool(_near(within, places[:, 0], places[:, 1], -SLACK_M).any())


def _meetings(border: Floats, edges: Floats) -> Floats:
    """Return at which shares of a border it meets edges."""
    dx, dy = border[2] - border[0], border[3] - border[1]
    ex, ey = edges[:, 2] - edges[:, 0], edges[:, 3] - edges[:, 1]
    ax, ay = edges[:, 0] - border[0], edges[:, 1] - border[1]
    cross = dx * ey - dy * ex
    crossed = cross != 0.0
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(crossed, (ax * ey - ay * ex) / cross, -1.0)
        there = np.where(crossed, (ax * dy - ay * dx) / cross, -1.0)
    met = (share > 0.0) & (share < 1.0) & (there >= 0.0) & (there <= 1.0)
    return share[met]
