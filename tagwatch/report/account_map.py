"""The map of one statement as SVG: the place with its vagueness, the fixes with their 95 % circles,
gaps dotted, and the ring nearer than which he cannot have come.

Nothing else is drawn: no zone, no home, nobody's address.
"""

from collections.abc import Iterator, Sequence
from html import escape
from itertools import pairwise

from tagwatch.core.geometry import to_geojson
from tagwatch.core.shape import Disc, Shape, outline_of
from tagwatch.core.was_near import Closeness
from tagwatch.report.bundle.map import (
    HIGH,
    JOINED,
    WIDE,
    MapFrame,
    frame_of,
    ground,
    path_of,
    scale_bar,
)

Gaps = Sequence[tuple[Closeness, Closeness]]
"""The fixes before and after each time in which none came."""
Rings = list[list[tuple[float, float]]]
_ARC_STEPS = 48
_FONT = 'font-family="sans-serif" font-size="15"'


def statement_map(
    place: Shape, fixes: Sequence[Closeness], gaps: Gaps, nearest_m: float, says: str
) -> str:
    """Return the map. `fixes` by time, numbered as they stand; `nearest_m`: no nearer to the place
    can he have come, 0 if he can have been in it."""
    rings = _rings(place)
    corners = [corner for ring in rings for corner in ring]
    spots = [(fix.lon_deg, fix.lat_deg) for fix in fixes]
    frame = frame_of([*corners, *spots], [])
    size = f'width="{WIDE}" height="{HIGH}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDE} {HIGH}" role="img" {size}>',
        f"<title>{escape(says)}</title>",
        f'<rect {size} fill="#f8f8f6"/>',
        *ground(frame),
        *_nearest(rings, nearest_m, frame),
        *_place(rings, frame),
        *_gaps(gaps, frame),
        *_fixes(fixes, frame),
        *scale_bar(frame),
        f'<rect {size} fill="none" stroke="#505a5f"/></svg>',
    ]
    return "\n".join(parts)


def _rings(place: Shape) -> Rings:
    outline = outline_of(place) if isinstance(place, Disc) else place
    geometry = to_geojson(outline)
    found = geometry["coordinates"]
    polygons = found if geometry["type"] == "MultiPolygon" else [found]
    return [[(float(x), float(y)) for x, y in ring] for one in polygons for ring in one]


def _nearest(rings: Rings, nearest_m: float, frame: MapFrame) -> Iterator[str]:
    """Yield the land nearer to the place than he can have come."""
    if nearest_m <= 0.0:
        return
    from shapely import Polygon, buffer, union_all  # noqa: PLC0415  # costs 0.1 s, rarely needed

    plane = frame.plane
    drawn = [Polygon([plane.xy(*corner) for corner in ring]) for ring in rings]
    wide = buffer(union_all(drawn), nearest_m, quad_segs=_ARC_STEPS)
    for part in getattr(wide, "geoms", [wide]):
        corners = [plane.lonlat(x, y) for x, y in part.exterior.coords[:-1]]
        path = path_of(frame, tuple((spot.lon_deg, spot.lat_deg) for spot in corners))
        if path:
            look = 'fill="#b58840" fill-opacity=".16" stroke="#7a5a20" stroke-width="1"'
            yield f'<path d="{path}" {look}/>'


def _place(rings: Rings, frame: MapFrame) -> Iterator[str]:
    paths = [path for ring in rings if (path := path_of(frame, tuple(ring)))]
    if paths:
        yield (
            f'<path d="{" ".join(paths)}" fill="#1d70b8" fill-opacity=".14" stroke="#144e81" '
            'stroke-width="2" stroke-dasharray="7 4" fill-rule="evenodd"/>'
        )


def gaps_of(fixes: Sequence[Closeness]) -> Gaps:
    """Return the times of more than ten minutes without a fix. `fixes`: all, by time."""
    return [(a, b) for a, b in pairwise(fixes) if b.at - a.at > JOINED]


def _gaps(gaps: Gaps, frame: MapFrame) -> Iterator[str]:
    """Yield a dotted line over each gap: no route, nobody knows how he went."""
    for a, b in gaps:
        (ax, ay), (bx, by) = frame.at(a.lon_deg, a.lat_deg), frame.at(b.lon_deg, b.lat_deg)
        yield (
            f'<path d="M{ax:g} {ay:g}L{bx:g} {by:g}" fill="none" stroke="#0b0c0c" '
            'stroke-width="1.6" stroke-dasharray="2 6"/>'
        )


def _fixes(fixes: Sequence[Closeness], frame: MapFrame) -> Iterator[str]:
    spots = [frame.at(fix.lon_deg, fix.lat_deg) for fix in fixes]
    for fix, (x, y) in zip(fixes, spots, strict=True):
        r = round(fix.accuracy_m_95 * frame.scale, 1)
        there = fix.p_inside > 0.5
        look = 'stroke="#00401f" stroke-width="1.6"' if there else 'stroke="#00703c"'
        yield (
            f'<circle cx="{x:g}" cy="{y:g}" r="{r:g}" fill="#00703c" fill-opacity=".06" '
            f'stroke-opacity=".6" {look}/>'
        )
    step = max(1, len(fixes) // 25)
    for number, (x, y) in enumerate(spots, start=1):
        yield f'<circle cx="{x:g}" cy="{y:g}" r="2.2" fill="#00401f"/>'
        if (number - 1) % step == 0:
            yield (
                f'<text x="{x + 4:g}" y="{y - 4:g}" {_FONT} fill="#0b0c0c" stroke="#fff" '
                f'stroke-width="3" paint-order="stroke">{number}</text>'
            )
