"""A shape prepared in a plane: directed edges in metres, and what bounds them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from math import hypot

import numpy as np
from numpy.typing import NDArray

from tagwatch.core.plane import Floats, Plane
from tagwatch.core.shape import Disc, Polygon, Shape, doubled_area, polygons, ring_array

MAX_EDGE_M = 2_000.0
"""Longer edges are divided: an edge is straight in degrees, as GeoJSON says, and a straight line
of this length in the plane leaves it by less than 0.1 m at London's latitude."""

_PER_METRE = 2.0**20
_TOUCH_M = 1e-5
"""Borders of two parts closer than this are the same border."""
_NONE = np.empty(0)
_NONE.flags.writeable = False


@dataclass(slots=True, eq=False)
class PlanarShape:
    """A shape in the metres of one plane. Not to be changed.

    `edges` is flat float64 x0, y0, x1, y1 of every directed edge of the border (the shape on its
    left, in no particular order; empty for a disc). `radius_m` is a disc's, 0 for polygons. The
    bounding disc and the box (min_x, min_y, max_x, max_y) hold the whole shape.
    """

    plane: Plane
    edges: Floats
    radius_m: float
    centre_x_m: float
    centre_y_m: float
    bound_radius_m: float
    box_m: tuple[float, float, float, float]
    walked: Sequence[float] | None = None

    @property
    def scalar_edges(self) -> Sequence[float]:
        """`edges` in the form that the scalar path reads fastest: made when first asked for."""
        if self.walked is None:
            self.walked = scalar(self.edges)
        return self.walked

    @property
    def is_disc(self) -> bool:
        """Whether the shape is a disc, and so has no edges."""
        return self.radius_m > 0.0


def planar(shape: Shape, plane: Plane) -> PlanarShape:
    """Return `shape` prepared in `plane`, for any number of questions."""
    if isinstance(shape, Disc):
        return _planar_disc(shape, plane)
    return bordered(_border(polygons(shape), plane), plane)


def bordered(edges: Floats, plane: Plane) -> PlanarShape:
    """Return the shape of a border: directed edges in the plane's metres, (n, 4), closed rings with
    the shape on their left."""
    xs, ys = edges[:, 0], edges[:, 1]
    box = (float(xs.min()), float(ys.min()), float(xs.max()), float(ys.max()))
    x_m, y_m = (box[0] + box[2]) / 2.0, (box[1] + box[3]) / 2.0
    flat = np.ascontiguousarray(edges.reshape(-1))
    flat.flags.writeable = False
    return PlanarShape(
        plane=plane,
        edges=flat,
        radius_m=0.0,
        centre_x_m=x_m,
        centre_y_m=y_m,
        bound_radius_m=float(np.max(np.hypot(xs - x_m, ys - y_m))),
        box_m=box,
    )


def _planar_disc(disc: Disc, plane: Plane) -> PlanarShape:
    x_m, y_m = plane.xy(disc.centre.lon_deg, disc.centre.lat_deg)
    radius_m = disc.radius_m
    return PlanarShape(
        plane=plane,
        edges=_NONE,
        radius_m=radius_m,
        centre_x_m=x_m,
        centre_y_m=y_m,
        bound_radius_m=radius_m,
        box_m=(x_m - radius_m, y_m - radius_m, x_m + radius_m, y_m + radius_m),
    )


@cache
def no_edges() -> Sequence[float]:
    """Return the edges of a disc in the form that the scalar path reads."""
    return scalar(_NONE)


def scalar(flat: Floats) -> Sequence[float]:
    """Return edges in the form that the scalar path reads fastest."""
    from tagwatch.core.compiled import COMPILED  # noqa: PLC0415  # it loads the compiler

    # Plain Python walks a tuple several times faster than an array; both are read by index alone.
    return flat if COMPILED else tuple(flat.tolist())  # type: ignore[return-value]  # no stub as a sequence


def _border(parts: Sequence[Polygon], plane: Plane) -> Floats:
    """Return the directed edges of the parts' union in the plane's metres, shape (n, 4).

    Parts are united before they are carried into the plane. An edge is straight in degrees, and
    the plane bends it by a hair, so borders that lie on each other in degrees would there cross
    at angles of nothing.
    """
    edges = [_part_edges(part) for part in parts]
    if len(edges) == 1:
        return snapped(_carried(edges[0], plane))
    lon, lat = plane.origin.lon_deg, plane.origin.lat_deg
    here = np.array([lon, lat, lon, lat])
    per_degree = np.array([*plane.scale_m, *plane.scale_m])
    united = _united([snapped((own - here) * per_degree) for own in edges])
    return snapped(_carried(united / per_degree + here, plane))


def _part_edges(part: Polygon) -> Floats:
    """Return the part's directed edges in degrees, shape (n, 4), outer ring anticlockwise, holes
    clockwise."""
    found: list[Floats] = []
    for number, ring in enumerate(part.rings):
        corners = ring_array(ring)
        if (doubled_area(corners) > 0.0) != (number == 0):
            corners = corners[::-1]
        found.append(np.hstack([corners, np.roll(corners, -1, axis=0)]))
    return np.concatenate(found)


def _carried(degrees: Floats, plane: Plane) -> Floats:
    """Return edges given in degrees in the plane's metres; those over MAX_EDGE_M are divided."""
    degrees = _divided(degrees, plane)
    start = plane.xy_arrays(degrees[:, 0], degrees[:, 1])
    end = plane.xy_arrays(degrees[:, 2], degrees[:, 3])
    return np.stack([*start, *end], axis=1)


def snapped(edges: Floats) -> Floats:
    """Return the edges on a grid of about a micrometre, those of no length left out.

    So the pieces of two edges that were cut at one crossing meet in exactly the same place, and
    the contour stays closed to the last bit.
    """
    snapped = np.round(edges * _PER_METRE) / _PER_METRE
    return snapped[np.any(snapped[:, :2] != snapped[:, 2:], axis=1)]


def _divided(edges: Floats, plane: Plane) -> Floats:
    """Return edges given in degrees, shape (n, 4), those longer than MAX_EDGE_M in pieces."""
    start_x, start_y = plane.xy_arrays(edges[:, 0], edges[:, 1])
    end_x, end_y = plane.xy_arrays(edges[:, 2], edges[:, 3])
    lengths_m = np.hypot(end_x - start_x, end_y - start_y)
    counts = np.maximum(1, np.ceil(lengths_m / MAX_EDGE_M).astype(np.int64))
    if int(counts.max()) == 1:
        return edges
    pieces: list[Floats] = []
    for edge, count in zip(edges, counts, strict=True):
        shares: Floats = np.arange(count + 1, dtype=np.float64)[:, None] / count
        corners = edge[:2] + (edge[2:] - edge[:2]) * shares
        corners[-1] = edge[2:]
        pieces.append(np.hstack([corners[:-1], corners[1:]]))
    return np.concatenate(pieces)


def _united(parts: list[Floats]) -> Floats:
    """Return the border of the union of parts, edges (m, 4), from each part's own edges (n, 4).

    Edges are cut where parts meet, all of them before any piece is left out, so that both sides
    of a crossing are cut in the same place. A piece within another part is no border, nor is one
    that two parts share in opposite directions; one shared in the same direction counts once.
    """
    boxes = np.array([_box(part) for part in parts])
    kept: list[Floats] = []
    for number, edges in enumerate(parts):
        meets = np.all((boxes[:, :2] <= boxes[number, 2:]) & (boxes[:, 2:] >= boxes[number, :2]), 1)
        others = [int(other) for other in np.flatnonzero(meets) if other != number]
        near = np.zeros(len(edges), dtype=np.bool_)
        for other in others:
            near |= _within_box(edges, boxes[other])
        if bool(np.any(near)):
            pieces = _cut(edges[near], np.concatenate([parts[other] for other in others]))
            for other in others:
                pieces = pieces[_outside(pieces, parts[other], same_way=number < other)]
            kept += [edges[~near], pieces]
        else:
            kept.append(edges)
    return np.concatenate(kept)


def _box(edges: Floats) -> tuple[float, float, float, float]:
    """Return (min x, min y, max x, max y) of the edges, with the tolerance around it."""
    corners = edges.reshape(-1, 2)
    low, high = corners.min(axis=0) - _TOUCH_M, corners.max(axis=0) + _TOUCH_M
    return float(low[0]), float(low[1]), float(high[0]), float(high[1])


def _within_box(edges: Floats, box: Floats) -> NDArray[np.bool_]:
    """Return which edges' boxes meet the box (min x, min y, max x, max y)."""
    ends = edges.reshape(-1, 2, 2)
    return np.all((ends.min(axis=1) <= box[2:]) & (ends.max(axis=1) >= box[:2]), axis=1)


def _cut(edges: Floats, other: Floats) -> Floats:
    """Return the edges cut at every crossing with `other` and at its corners that lie on them."""
    pieces: list[Floats] = []
    ends = other.reshape(-1, 2, 2)
    lows, highs = ends.min(axis=1) - _TOUCH_M, ends.max(axis=1) + _TOUCH_M
    for edge in edges:
        a, b = edge[:2], edge[2:]
        near = np.all((np.minimum(a, b) <= highs) & (np.maximum(a, b) >= lows), axis=1)
        if not bool(np.any(near)):
            pieces.append(edge[None, :])
            continue
        shares = np.unique(np.concatenate([[0.0], _cut_shares(a, b, other[near]), [1.0]]))
        points = a + (b - a) * shares[:, None]
        points[-1] = b
        pieces.append(np.hstack([points[:-1], points[1:]]))
    return snapped(np.concatenate(pieces))


def _cut_shares(a: Floats, b: Floats, other: Floats) -> Floats:
    """Return where along a → b, strictly between 0 and 1, it meets the edges `other` (n, 4)."""
    along, c = b - a, other[:, :2] - a
    length2 = float(along @ along)
    turn = other[:, 2:] - other[:, :2]
    slope = along[0] * turn[:, 1] - along[1] * turn[:, 0]
    crossing = slope != 0.0
    safe = np.where(crossing, slope, 1.0)
    share = (c[:, 0] * turn[:, 1] - c[:, 1] * turn[:, 0]) / safe
    there = (c[:, 0] * along[1] - c[:, 1] * along[0]) / safe
    met = share[crossing & (there >= 0.0) & (there <= 1.0)]
    beside_m = np.abs(c[:, 0] * along[1] - c[:, 1] * along[0]) / length2**0.5
    touching = (c @ along / length2)[beside_m <= _TOUCH_M]
    shares = np.concatenate([met, touching])
    return shares[(shares > 0.0) & (shares < 1.0)]


def _outside(pieces: Floats, other: Floats, same_way: bool) -> NDArray[np.bool_]:
    """Return which pieces are border of the union with `other`.

    `same_way` says whether those along the border of `other` in its own direction stay.
    """
    middles = 0.5 * (pieces[:, :2] + pieces[:, 2:])
    along = pieces[:, 2:] - pieces[:, :2]
    keep = np.ones(len(pieces), dtype=np.bool_)
    for k, (middle, way) in enumerate(zip(middles, along, strict=True)):
        a, b = other[:, :2] - middle, other[:, 2:] - middle
        edge = b - a
        length2 = np.sum(edge * edge, axis=1)
        cross = a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]
        on = cross * cross <= _TOUCH_M**2 * length2
        on &= np.sum(a * b, axis=1) < 0.0
        if bool(np.any(on)):
            keep[k] = same_way and float(edge[int(np.argmax(on))] @ way) > 0.0
            continue
        upward, downward = (a[:, 1] <= 0.0) & (b[:, 1] > 0.0), (a[:, 1] > 0.0) & (b[:, 1] <= 0.0)
        turns = int(np.sum(upward & (cross > 0.0))) - int(np.sum(downward & (cross < 0.0)))
        keep[k] = turns == 0
    return keep


def clearance_m(shape: PlanarShape, x_m: float, y_m: float) -> float:
    """Return a lower bound of the distance from a place to the shape, from its bounding disc."""
    gap_m = hypot(x_m - shape.centre_x_m, y_m - shape.centre_y_m) - shape.bound_radius_m
    return max(0.0, gap_m)
