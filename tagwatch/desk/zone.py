"""What an author of a zone must know before it is recorded: its size, and what it gives away."""

from math import pi
from typing import Final

from tagwatch.core.geometry import Disc, LonLat, Plane, Shape, distance_m
from tagwatch.core.shape import doubled_area, polygons, ring_array

REVEALS_M: Final = 100.0
"""A secret zone's centre nearer than this to the address it hides gives the address away."""


_LONS: Final = (-8.7, 2.6)
_LATS: Final = (49.5, 61.5)
"""Where orders of these courts can hold; Northern Ireland and the islands are in it."""


class Abroad(ValueError):
    """A place outside the United Kingdom: a zone with its numbers swapped protects nobody."""


class Revealing(ValueError):
    """A secret zone whose middle is the address it is to hide; the text says what to do."""


def area_m2(shape: Shape) -> float:
    """Return the area over the ground in square metres; overlapping parts count twice."""
    if isinstance(shape, Disc):
        return pi * shape.radius_m**2
    return sum(area for area, _ in _parts(shape, _plane(shape)))


def centre(shape: Shape) -> LonLat:
    """Return the centroid: the place anybody would guess from the shape."""
    if isinstance(shape, Disc):
        return shape.centre
    plane = _plane(shape)
    parts = _parts(shape, plane)
    whole = sum(area for area, _ in parts)
    x_m = sum(area * middle[0] for area, middle in parts) / whole
    y_m = sum(area * middle[1] for area, middle in parts) / whole
    return plane.lonlat(x_m, y_m)


def refuse_abroad(place: LonLat) -> None:
    """Raise Abroad if the place lies outside the United Kingdom."""
    lon_deg, lat_deg = place.lon_deg, place.lat_deg
    if _at_home(lon_deg, lat_deg):
        return
    hint = (
        "its two numbers are swapped: write the longitude first, then the latitude"
        if _at_home(lat_deg, lon_deg)
        else "write [longitude, latitude]"
    )
    raise Abroad(
        f"the middle of it, longitude {lon_deg:.4f} and latitude {lat_deg:.4f}, lies outside the "
        f"United Kingdom: {hint}"
    )


def _at_home(lon_deg: float, lat_deg: float) -> bool:
    return _LONS[0] <= lon_deg <= _LONS[1] and _LATS[0] <= lat_deg <= _LATS[1]


def refuse_revealing(shape: Shape, address: LonLat) -> None:
    """Raise Revealing if the middle of the shape lies within REVEALS_M of the address."""
    near_m = distance_m(centre(shape), address)
    if near_m < REVEALS_M:
        raise Revealing(
            f"The middle of this zone is {near_m:.0f} m from the address it is to hide. Move or "
            f"stretch the zone so that its middle is at least {REVEALS_M:.0f} m away from it"
        )


def _plane(shape: Shape) -> Plane:
    if isinstance(shape, Disc):
        return Plane.at(shape.centre)
    return Plane.at(polygons(shape)[0].rings[0][0])


def _parts(shape: Shape, plane: Plane) -> list[tuple[float, tuple[float, float]]]:
    """Return (area in m², centroid) of every part, holes taken off."""
    if isinstance(shape, Disc):
        return [(area_m2(shape), (0.0, 0.0))]
    found: list[tuple[float, tuple[float, float]]] = []
    for part in polygons(shape):
        for number, ring in enumerate(part.rings):
            degrees = ring_array(ring)
            x_m, y_m = plane.xy_arrays(degrees[:, 0], degrees[:, 1])
            corners = degrees.copy()
            corners[:, 0], corners[:, 1] = x_m, y_m
            area = abs(doubled_area(corners)) / 2.0
            sign = 1.0 if number == 0 else -1.0
            found.append((sign * area, _middle(list(x_m), list(y_m))))
    return found


def _middle(x_m: list[float], y_m: list[float]) -> tuple[float, float]:
    """Return the centroid of a ring of at least three corners with an area."""
    whole = sum_x = sum_y = 0.0
    for i in range(len(x_m)):
        j = (i + 1) % len(x_m)
        cross = x_m[i] * y_m[j] - x_m[j] * y_m[i]
        whole += cross
        sum_x += (x_m[i] + x_m[j]) * cross
        sum_y += (y_m[i] + y_m[j]) * cross
    return sum_x / (3.0 * whole), sum_y / (3.0 * whole)
