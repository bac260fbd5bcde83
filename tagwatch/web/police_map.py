"""The drawing of the police response page: circles, a zone, north and a scale, and no tiles."""

from collections.abc import Iterable, Sequence
from math import cos, floor, log10, radians, sin
from typing import Any, Final, cast

import msgspec

from tagwatch.core.plane import LonLat, Plane
from tagwatch.query.trail import TrailFix

SIZE: Final = 320
_LEAST_M: Final = 150.0
_REACH: Final = 3.0
"""A zone further off than this many times what the fixes need is left out of the frame."""


class Circle(msgspec.Struct, frozen=True, kw_only=True):
    """A fix, in units of the drawing."""

    x: float
    y: float
    r: float
    is_last: bool


class Drawing(msgspec.Struct, frozen=True, kw_only=True):
    """What the template draws in a square of SIZE units."""

    circles: tuple[Circle, ...]
    zone: str
    """An SVG path, empty if there is none to be shown."""
    disc: Circle | None
    bar: float
    bar_m: int


def drawing(fixes: Sequence[TrailFix], zone: dict[str, Any] | None) -> Drawing | None:
    """Return the drawing round the last fix, None without a fix."""
    if not fixes:
        return None
    last = fixes[-1]
    plane = Plane.at(LonLat(lon_deg=last.lon_deg, lat_deg=last.lat_deg))
    half_m = max(_LEAST_M, 1.3 * (last.accuracy_m_95 or 0.0))
    around = [(plane.xy(one.lon_deg, one.lat_deg), one.accuracy_m_95 or 0.0) for one in fixes]
    half_m = max(half_m, min(_REACH * half_m, max(_far(xy) + r for xy, r in around)))
    rings, disc = _zone(plane, zone)
    reach = [abs(value) for ring in rings for xy in ring for value in xy]
    if disc is not None:
        reach = [abs(value) + disc[1] for value in disc[0]]
    if reach:
        half_m = max(half_m, min(_REACH * half_m, 1.1 * max(reach)))
    scale = SIZE / 2 / half_m
    bar_m = _round(half_m / 2)
    return Drawing(
        circles=tuple(
            _circle(xy, r, scale, is_last=i == len(around) - 1) for i, (xy, r) in enumerate(around)
        ),
        zone=" ".join(_path(ring, scale) for ring in rings),
        disc=None if disc is None else _circle(*disc, scale, is_last=False),
        bar=round(bar_m * scale, 1),
        bar_m=bar_m,
    )


def _far(xy: tuple[float, float]) -> float:
    return max(abs(xy[0]), abs(xy[1]))


def _circle(xy: tuple[float, float], r_m: float, scale: float, *, is_last: bool) -> Circle:
    x, y = _at(xy, scale)
    return Circle(x=x, y=y, r=round(max(3.0, r_m * scale), 1), is_last=is_last)


def _at(xy: tuple[float, float], scale: float) -> tuple[float, float]:
    return round(SIZE / 2 + xy[0] * scale, 1), round(SIZE / 2 - xy[1] * scale, 1)


def _path(ring: Iterable[tuple[float, float]], scale: float) -> str:
    points = (f"{x} {y}" for x, y in (_at(xy, scale) for xy in ring))
    return f"M{'L'.join(points)}Z"


Ring = list[tuple[float, float]]


def _zone(
    plane: Plane, zone: dict[str, Any] | None
) -> tuple[list[Ring], tuple[tuple[float, float], float] | None]:
    """Return the rings of a polygon zone, or the centre and radius of a disc, in metres."""
    if zone is None:
        return [], None
    geometry = cast("dict[str, Any]", zone.get("geometry") or {})
    places: Any = geometry.get("coordinates")
    match geometry.get("type"):
        case "Point":
            properties = cast("dict[str, Any]", zone.get("properties") or {})
            return [], (plane.xy(*places[:2]), float(properties.get("radius_m", 0.0)))
        case "Polygon":
            parts = [places]
        case "MultiPolygon":
            parts = places
        case _:
            return [], None
    return [[plane.xy(*p[:2]) for p in ring] for part in parts for ring in part], None


def _round(metres: float) -> int:
    power = 10 ** floor(log10(metres))
    return int(next(step for step in (5, 2, 1) if step * power <= metres) * power)


def arrow(bearing_deg: float) -> tuple[float, float]:
    """Return where an arrow from the middle of the drawing points, in its units."""
    turned = radians(bearing_deg)
    return round(SIZE / 2 + 60 * sin(turned), 1), round(SIZE / 2 - 60 * cos(turned), 1)
