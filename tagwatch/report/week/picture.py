"""The map of an overview as SVG: the same on the page and on paper.

Boroughs and the river lie beneath; stops are discs by the time spent; fixes on the way are joined
only where one followed the other in time, and nothing is drawn across a gap.
"""

from collections.abc import Iterable, Iterator, Sequence
from html import escape
from itertools import pairwise
from math import floor, log10, sqrt
from typing import Final

import msgspec

from tagwatch.core.plane import LonLat, Plane
from tagwatch.report.borough import RIVER, outlines
from tagwatch.report.week.overview import Overview

WIDE: Final = 640
HIGH: Final = 460
_EDGE: Final = 34.0
_LEAST_M: Final = 1_200.0
"""The shorter side shows no less."""
_NUMBERED: Final = 30
_STEP: Final = 1.5
"""Corners of an outline nearer to each other than this, in units of the drawing, are one."""
_LOOK: Final = {
    "zone": 'fill="#d4351c" fill-opacity=".16" stroke="#8f1d14" stroke-width="1.6" '
    'stroke-dasharray="6 3"',
    "curfew": 'fill="#1d70b8" fill-opacity=".10" stroke="#1d4f91" stroke-width="1.6"',
}
_FONT: Final = 'font-family="Libertinus Serif, Georgia, serif" font-size="19"'

Place = tuple[float, float]


class Picture(msgspec.Struct, frozen=True, kw_only=True):
    """The map, and what it shows in words."""

    svg: str
    says: str


class _Frame(msgspec.Struct, frozen=True, kw_only=True):
    """From degrees to units of the drawing; north is up."""

    plane: Plane
    x_m: float
    y_m: float
    scale: float
    """Units a metre."""

    def at(self, place: Place) -> Place:
        x_m, y_m = self.plane.xy(*place)
        x = WIDE / 2 + (x_m - self.x_m) * self.scale
        return round(x, 1), round(HIGH / 2 - (y_m - self.y_m) * self.scale, 1)


def picture(overview: Overview) -> Picture | None:
    """Return the map of a week; None where he was nowhere seen to stay."""
    stops = overview.movements.stops
    if not stops:
        return None
    frame = _frame(overview)
    dwell = _dwell(overview)
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDE} {HIGH}" '
        f'width="{WIDE}" height="{HIGH}">'
    )
    parts = [
        head,
        f'<rect width="{WIDE}" height="{HIGH}" fill="#fbfaf7"/>',
        *_ground(frame),
        *_zones(overview, frame),
        *_routes(overview, frame),
        *_discs(dwell, frame),
        *_rule(frame),
        f'<rect x=".5" y=".5" width="{WIDE - 1}" height="{HIGH - 1}" fill="none" stroke="#777"/>',
        "</svg>",
    ]
    return Picture(svg="".join(parts), says=_says(overview, len(dwell)))


def _says(overview: Overview, places: int) -> str:
    kinds = {each.kind for each in overview.drawn}
    said = [
        f"North is up. Each of the {places} numbered discs is a place where he stayed, the larger "
        "the longer; the numbers are those of the table of places. A thin line joins fixes on the "
        "way where they followed one another; where nothing was seen nothing is drawn."
        if places > 1
        else "North is up. The disc is the one place where he was seen to stay."
    ]
    if "zone" in kinds:
        said.append("Red with a broken edge: a place he must not enter, as then in force.")
    if "curfew" in kinds:
        said.append("Blue: a place he must be in at stated hours.")
    return " ".join(said)


def _dwell(overview: Overview) -> list[tuple[int, Place, float]]:
    """Return number, place and seconds of each frequented place of the week, the longest first."""
    found: dict[int, float] = {}
    for stop, number in zip(overview.movements.stops, overview.places.of_stop, strict=True):
        found[number] = found.get(number, 0.0) + max(stop.least_s, 60)
    places: list[tuple[int, Place, float]] = []
    for number, time_s in found.items():
        known = overview.places.numbered(number)
        if known is not None:
            places.append((number, (known.lon_deg, known.lat_deg), time_s))
    return sorted(places, key=lambda each: (-each[2], each[0]))


def _frame(overview: Overview) -> _Frame:
    stops = overview.movements.stops
    corners = [(stop.lon_deg, stop.lat_deg) for stop in stops]
    plane = Plane.at(LonLat(lon_deg=corners[0][0], lat_deg=corners[0][1]))
    held = [plane.xy(*each) for each in corners]
    held += [plane.xy(*each) for route in overview.routes for each in route]
    x0, x1, y0, y1 = _reach(held)
    # A zone beside what he did is shown whole; one far off does not make the rest small.
    wide, high = max(x1 - x0, _LEAST_M), max(y1 - y0, _LEAST_M)
    for one in overview.drawn:
        ring = [plane.xy(*each) for part in one.rings for each in part]
        zx0, zx1, zy0, zy1 = _reach(ring)
        if zx0 > x0 - wide and zx1 < x1 + wide and zy0 > y0 - high and zy1 < y1 + high:
            held += ring
    x0, x1, y0, y1 = _reach(held)
    scale = min(
        (WIDE - 2 * _EDGE) / max(x1 - x0, _LEAST_M * WIDE / HIGH),
        (HIGH - 2 * _EDGE) / max(y1 - y0, _LEAST_M),
    )
    return _Frame(plane=plane, x_m=(x0 + x1) / 2, y_m=(y0 + y1) / 2, scale=scale)


def _reach(held: Sequence[Place]) -> tuple[float, float, float, float]:
    xs, ys = [x for x, _ in held], [y for _, y in held]
    return min(xs), max(xs), min(ys), max(ys)


def _ground(frame: _Frame) -> Iterator[str]:
    """Yield the boroughs and the river, as far as they lie in the frame."""
    west, north = _corner(frame, 0.0, 0.0)
    east, south = _corner(frame, float(WIDE), float(HIGH))
    for one in outlines():
        left, low, right, top = one.box
        if right < west or left > east or top < south or low > north:
            continue
        if one.name == RIVER:
            path = " ".join(_closed(frame, ring) for ring in one.rings)
            yield f'<path d="{path}" fill="#cfe0ee" fill-rule="evenodd"/>'
        else:
            path = " ".join(_within(frame, ring) for ring in one.rings)
            if path.strip():
                yield f'<path d="{path}" fill="none" stroke="#b9b4a8"/>'


def _corner(frame: _Frame, x: float, y: float) -> Place:
    place = frame.plane.lonlat(
        frame.x_m + (x - WIDE / 2) / frame.scale, frame.y_m - (y - HIGH / 2) / frame.scale
    )
    return place.lon_deg, place.lat_deg


def _thinned(points: Iterable[Place]) -> list[Place]:
    found: list[Place] = []
    for x, y in points:
        if not found or abs(x - found[-1][0]) + abs(y - found[-1][1]) >= _STEP:
            found.append((x, y))
    return found


def _closed(frame: _Frame, ring: Iterable[Place]) -> str:
    """Return a ring, its corners outside drawn in to beside the frame."""
    inside = (
        (min(max(x, -20.0), WIDE + 20.0), min(max(y, -20.0), HIGH + 20.0))
        for x, y in map(frame.at, ring)
    )
    points = _thinned(inside)
    return f"M{'L'.join(f'{x:g} {y:g}' for x, y in points)}Z" if len(points) > 2 else ""


def _within(frame: _Frame, ring: Iterable[Place]) -> str:
    """Return what of an outline lies in the frame: its edges, without those outside."""
    words: list[str] = []
    pen = False
    for (ax, ay), (bx, by) in pairwise(_thinned(map(frame.at, ring))):
        gone = max(ax, bx) < 0 or min(ax, bx) > WIDE or max(ay, by) < 0 or min(ay, by) > HIGH
        if not gone:
            words.append(f"L{bx:g} {by:g}" if pen else f"M{ax:g} {ay:g}L{bx:g} {by:g}")
        pen = not gone
    return "".join(words)


def _zones(overview: Overview, frame: _Frame) -> Iterator[str]:
    for one in overview.drawn:
        path = " ".join(_closed(frame, ring) for ring in one.rings)
        if path.strip():
            yield f'<path d="{path}" fill-rule="evenodd" {_LOOK[one.kind]}/>'


def _routes(overview: Overview, frame: _Frame) -> Iterator[str]:
    for route in overview.routes:
        points = _thinned(map(frame.at, route))
        if len(points) > 1:
            path = "L".join(f"{x:g} {y:g}" for x, y in points)
            yield f'<path d="M{path}" fill="none" stroke="#505a5f" stroke-opacity=".55"/>'


def _discs(dwell: Sequence[tuple[int, Place, float]], frame: _Frame) -> Iterator[str]:
    most_s = max((time_s for _, _, time_s in dwell), default=1.0)
    for _, place, time_s in dwell:
        x, y = frame.at(place)
        r = round(7.0 + 17.0 * sqrt(time_s / most_s), 1)
        yield (
            f'<circle cx="{x:g}" cy="{y:g}" r="{r:g}" fill="#00703c" fill-opacity=".30" '
            'stroke="#00401f"/>'
        )
    for number, place, _ in dwell[:_NUMBERED]:
        x, y = frame.at(place)
        yield (
            f'<text x="{x:g}" y="{y + 6.5:g}" text-anchor="middle" {_FONT} font-weight="bold" '
            f'fill="#0b0c0c" stroke="#fff" stroke-width="3" paint-order="stroke">{number}</text>'
        )


def _rule(frame: _Frame) -> Iterator[str]:
    bar_m = _round(150.0 / frame.scale)
    long, low = round(bar_m * frame.scale, 1), HIGH - 14
    said = f"{bar_m / 1000:g} km" if bar_m >= 1000 else f"{bar_m} m"
    yield f'<path d="M14 {low}h{long:g}" stroke="#0b0c0c" stroke-width="3"/>'
    yield f'<text x="14" y="{low - 6}" {_FONT} fill="#0b0c0c">{escape(said)}</text>'


def _round(metres: float) -> int:
    power = 10 ** floor(log10(metres))
    return int(next(step for step in (5, 2, 1) if step * power <= metres) * power)
