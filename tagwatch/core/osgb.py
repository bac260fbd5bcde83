"""Eastings and northings of the British national grid as WGS 84 longitude and latitude.

Krüger's series for the transverse Mercator projection (to the fourth power of the third
flattening: well under a millimetre on the grid), then the published transformation of seven
parameters from OSGB36 to WGS 84 (EPSG:1314). Without the grid file OSTN15 that transformation is
itself good to about 2 m, rarely 4 m; what it computes here is within 1e-5 degrees of PROJ's
EPSG:27700 to EPSG:4326 without a grid, and in truth much nearer (tested).
"""

from math import asin, atan2, atanh, cos, cosh, degrees, hypot, radians, sin, sinh, sqrt
from typing import Final

from tagwatch.core.plane import LonLat

_AIRY_M: Final = (6_377_563.396, 6_356_256.909)
"""Semi-axes of the ellipsoid of Airy, 1830."""
_WGS84_M: Final = (6_378_137.0, 6_356_752.314245)
_SCALE: Final = 0.9996012717
_ORIGIN: Final = radians(49.0), radians(-2.0)
_FALSE_M: Final = 400_000.0, -100_000.0
_SHIFT_M: Final = 446.448, -125.157, 542.060
_SECOND: Final = radians(1.0 / 3600.0)
_TURN: Final = 0.150 * _SECOND, 0.247 * _SECOND, 0.842 * _SECOND
_GROWTH: Final = -20.489e-6
_DIGITS: Final = 9
"""Decimals kept of a degree, a tenth of a millimetre: processors may differ in the last bit."""

_N: Final = (_AIRY_M[0] - _AIRY_M[1]) / (_AIRY_M[0] + _AIRY_M[1])
_RECTIFYING_M: Final = _AIRY_M[0] / (1.0 + _N) * (1.0 + _N**2 / 4.0 + _N**4 / 64.0)
_TO_GRID: Final = (
    _N / 2 - 2 * _N**2 / 3 + 5 * _N**3 / 16 + 41 * _N**4 / 180,
    13 * _N**2 / 48 - 3 * _N**3 / 5 + 557 * _N**4 / 1440,
    61 * _N**3 / 240 - 103 * _N**4 / 140,
    49561 * _N**4 / 161280,
)
_FROM_GRID: Final = (
    _N / 2 - 2 * _N**2 / 3 + 37 * _N**3 / 96 - _N**4 / 360,
    _N**2 / 48 + _N**3 / 15 - 437 * _N**4 / 1440,
    17 * _N**3 / 480 - 37 * _N**4 / 840,
    4397 * _N**4 / 161280,
)
_TO_LATITUDE: Final = (
    2 * _N - 2 * _N**2 / 3 - 2 * _N**3 + 116 * _N**4 / 45,
    7 * _N**2 / 3 - 8 * _N**3 / 5 - 227 * _N**4 / 45,
    56 * _N**3 / 15 - 136 * _N**4 / 35,
    4279 * _N**4 / 630,
)


def from_osgb36(easting_m: float, northing_m: float) -> LonLat:
    """Return the WGS 84 place of an easting and a northing of the national grid.

    Meant for eastings of 0 to 600,000 and northings of 0 to 1,300,000 m. Raises ValueError if a
    number is not finite.
    """
    lat, lon = _geodetic_airy(easting_m, northing_m)
    lat, lon = _to_wgs84(lat, lon)
    return LonLat(lon_deg=round(degrees(lon), _DIGITS), lat_deg=round(degrees(lat), _DIGITS))


def _geodetic_airy(easting_m: float, northing_m: float) -> tuple[float, float]:
    """Return latitude and longitude, in radians, on the ellipsoid of the grid."""
    width = _SCALE * _RECTIFYING_M
    xi = (northing_m - _FALSE_M[1]) / width + _ORIGIN_XI
    eta = (easting_m - _FALSE_M[0]) / width
    up, across = xi, eta
    for k, part in enumerate(_FROM_GRID, start=1):
        up -= part * sin(2 * k * xi) * cosh(2 * k * eta)
        across -= part * cos(2 * k * xi) * sinh(2 * k * eta)
    conformal = asin(sin(up) / cosh(across))
    lat = conformal
    for k, part in enumerate(_TO_LATITUDE, start=1):
        lat += part * sin(2 * k * conformal)
    return lat, _ORIGIN[1] + atan2(sinh(across), cos(up))


def _origin_xi() -> float:
    """Return the grid's origin along the meridian, as a rectifying angle."""
    eccentricity = sqrt(1.0 - (_AIRY_M[1] / _AIRY_M[0]) ** 2)
    sine = sin(_ORIGIN[0])
    tangent = sinh(atanh(sine) - eccentricity * atanh(eccentricity * sine))
    conformal = atan2(tangent, 1.0)
    return conformal + sum(
        part * sin(2 * k * conformal) for k, part in enumerate(_TO_GRID, start=1)
    )


_ORIGIN_XI: Final = _origin_xi()


def _to_wgs84(lat: float, lon: float) -> tuple[float, float]:
    """Return latitude and longitude, in radians, after the transformation of seven parameters."""
    major, minor = _AIRY_M
    flat_2 = 1.0 - (minor / major) ** 2
    normal = major / sqrt(1.0 - flat_2 * sin(lat) ** 2)
    x = normal * cos(lat) * cos(lon)
    y = normal * cos(lat) * sin(lon)
    z = normal * (1.0 - flat_2) * sin(lat)
    (rx, ry, rz), scale = _TURN, 1.0 + _GROWTH
    return _latitude_longitude(
        _SHIFT_M[0] + scale * (x - rz * y + ry * z),
        _SHIFT_M[1] + scale * (rz * x + y - rx * z),
        _SHIFT_M[2] + scale * (-ry * x + rx * y + z),
    )


def _latitude_longitude(x: float, y: float, z: float) -> tuple[float, float]:
    """Return the WGS 84 latitude and longitude, in radians, over a place in space (Bowring)."""
    major, minor = _WGS84_M
    flat_2 = 1.0 - (minor / major) ** 2
    level = hypot(x, y)
    reduced = atan2(z * major, level * minor)
    lat = atan2(
        z + flat_2 / (1.0 - flat_2) * minor * sin(reduced) ** 3,
        level - flat_2 * major * cos(reduced) ** 3,
    )
    return lat, atan2(y, x)
