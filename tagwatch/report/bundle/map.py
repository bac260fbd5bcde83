"""Maps of a bundle as SVG: places, fixes with their 95 % circles, and tracks only where asked.

The frame is laid by what is drawn; a map without a secret place is laid without it.
"""

from collections.abc import Iterator
from html import escape
from itertools import pairwise
from math import floor, log10
from typing import Final, NamedTuple

from tagwatch.core.plane import LonLat, Plane
from tagwatch.core.units import MINUTE
from tagwatch.report.borough import RIVER, outlines
from tagwatch.report.bundle.story import Dot, DrawnPlace, Ring, Story

WIDE: Final = 900
HIGH: Final = 640
_EDGE: Final = 40.0
_LEAST_M: Final = 400.0
JOINED: Final = 10 * MINUTE
"""Fixes farther apart than this are not joined: nobody knows how he went."""
MOST_DRAWN: Final = 2_000
_FONT: Final = 'font-family="sans-serif" font-size="15"'


class MapFrame(NamedTuple):
    """Where on the drawing a place lies."""

    plane: Plane
    x_m: float
    y_m: float
    scale: float
    """Pixels in a metre."""

    def at(self, lon_deg: float, lat_deg: float) -> tuple[float, float]:
        """Return x and y of a place."""
        x, y = self.plane.xy(lon_deg, lat_deg)
        return (
            round(WIDE / 2 + (x - self.x_m) * self.scale, 1),
            round(HIGH / 2 - (y - self.y_m) * self.scale, 1),
        )


def map_svg(story: Story, with_track: str = "") -> str:
    """Return the map; `with_track` is `track` to join consecutive fixes, empty not to.

    Empty if there is nothing to draw.
    """
    dots = [dot for dot in story.dots if dot.decides and dot.radius_m_95 is not None]
    dots = dots[:: max(1, -(-len(dots) // MOST_DRAWN))]
    if not dots and not story.places:
        return ""
    frame = _frame(dots, story.places)
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDE} {HIGH}" role="img" '
            f'width="{WIDE}" height="{HIGH}"><title>{escape(_says(story, with_track))}</title>'
        ),
        f'<rect width="{WIDE}" height="{HIGH}" fill="#f8f8f6"/>',
        *ground(frame),
        *_places(story.places, frame),
        *_circles(dots, frame),
        *(_track(dots, frame) if with_track else ()),
        *_points(dots, frame),
        *scale_bar(frame),
        f'<rect width="{WIDE}" height="{HIGH}" fill="none" stroke="#505a5f"/></svg>',
    ]
    return "\n".join(parts)


def _says(story: Story, with_track: str) -> str:
    drawn = "joined where less than ten minutes apart" if with_track else "not joined"
    return f"Map: {len(story.dots)} fixes of wearer {story.wearer_id}, {story.span}, {drawn}"


def _frame(dots: list[Dot], places: tuple[DrawnPlace, ...]) -> MapFrame:
    outlines_of = [[corner for ring in place.rings for corner in ring] for place in places]
    return frame_of([(dot.lon_deg, dot.lat_deg) for dot in dots], outlines_of)


def frame_of(
    spots: list[tuple[float, float]], outlines_of: list[list[tuple[float, float]]]
) -> MapFrame:
    """Return a frame that shows all spots, and each outline that lies beside them whole."""
    corners = spots or outlines_of[0]
    plane = Plane.at(LonLat(lon_deg=corners[0][0], lat_deg=corners[0][1]))
    held = [plane.xy(*corner) for corner in corners]
    # A place beside what he did is shown whole; one far off does not make the rest small.
    reach = max(max(abs(x), abs(y)) for x, y in held) + _LEAST_M
    for outline in outlines_of:
        ring = [plane.xy(*corner) for corner in outline]
        if all(max(abs(x), abs(y)) <= reach for x, y in ring):
            held += ring
    xs, ys = [x for x, _ in held], [y for _, y in held]
    wide, high = max(xs) - min(xs), max(ys) - min(ys)
    scale = min((WIDE - 2 * _EDGE) / max(wide, _LEAST_M), (HIGH - 2 * _EDGE) / max(high, _LEAST_M))
    return MapFrame(plane, (min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2, scale)


def ground(frame: MapFrame) -> Iterator[str]:
    """Yield boroughs and the Thames."""
    for one in outlines():
        river = one.name == RIVER
        paths = [path for ring in one.rings if (path := path_of(frame, ring))]
        if paths:
            look = 'fill="#cfe0ee"' if river else 'fill="none" stroke="#b9b4a8"'
            yield f'<path d="{" ".join(paths)}" {look} fill-rule="evenodd"/>'


def path_of(frame: MapFrame, ring: Ring) -> str:
    """Return the path of a ring; empty if it lies outside the drawing."""
    points = [frame.at(*corner) for corner in ring]
    xs, ys = [x for x, _ in points], [y for _, y in points]
    if max(xs) < 0 or min(xs) > WIDE or max(ys) < 0 or min(ys) > HIGH:
        return ""
    inside = [(min(max(x, -30.0), WIDE + 30.0), min(max(y, -30.0), HIGH + 30.0)) for x, y in points]
    kept = [inside[0], *(b for a, b in pairwise(inside) if a != b)]
    return f"M{'L'.join(f'{x:g} {y:g}' for x, y in kept)}Z"


def _places(places: tuple[DrawnPlace, ...], frame: MapFrame) -> Iterator[str]:
    for place in places:
        look = (
            'fill="#d4351c" fill-opacity=".10" stroke="#942514" stroke-width="2"'
            if place.is_zone
            else 'fill="#1d70b8" fill-opacity=".10" stroke="#144e81" stroke-width="2" '
            'stroke-dasharray="7 4"'
        )
        path = " ".join(path_of(frame, ring) for ring in place.rings)
        if path.strip():
            yield f'<path d="{path}" fill-rule="evenodd" {look}/>'


def _circles(dots: list[Dot], frame: MapFrame) -> Iterator[str]:
    for dot in dots:
        x, y = frame.at(dot.lon_deg, dot.lat_deg)
        r = round((dot.radius_m_95 or 0.0) * frame.scale, 1)
        yield (
            f'<circle cx="{x:g}" cy="{y:g}" r="{r:g}" fill="#00703c" fill-opacity=".05" '
            'stroke="#00703c" stroke-opacity=".35" stroke-width=".7"/>'
        )


def _track(dots: list[Dot], frame: MapFrame) -> Iterator[str]:
    for a, b in pairwise(dots):
        (ax, ay), (bx, by) = frame.at(a.lon_deg, a.lat_deg), frame.at(b.lon_deg, b.lat_deg)
        look = 'stroke-dasharray="2 6" stroke-opacity=".6"' if b.at - a.at > JOINED else ""
        yield f'<path d="M{ax:g} {ay:g}L{bx:g} {by:g}" fill="none" stroke="#0b0c0c" {look}/>'


def _points(dots: list[Dot], frame: MapFrame) -> Iterator[str]:
    step = max(1, len(dots) // 25)
    for place, dot in enumerate(dots):
        x, y = frame.at(dot.lon_deg, dot.lat_deg)
        yield f'<circle cx="{x:g}" cy="{y:g}" r="2.2" fill="#00401f"/>'
        if place % step == 0:
            yield (
                f'<text x="{x + 4:g}" y="{y - 4:g}" {_FONT} fill="#0b0c0c" stroke="#fff" '
                f'stroke-width="3" paint-order="stroke">{dot.number}</text>'
            )


def scale_bar(frame: MapFrame) -> Iterator[str]:
    """Yield a bar with its length."""
    metres = 150.0 / frame.scale
    power = 10 ** floor(log10(metres))
    bar_m = int(next(step for step in (5, 2, 1) if step * power <= metres) * power)
    said = f"{bar_m / 1000:g} km" if bar_m >= 1000 else f"{bar_m} m"
    long = round(bar_m * frame.scale, 1)
    yield f'<path d="M14 {HIGH - 14}h{long:g}" stroke="#0b0c0c" stroke-width="3"/>'
    yield f'<text x="14" y="{HIGH - 20}" {_FONT} fill="#0b0c0c">{said}</text>'
