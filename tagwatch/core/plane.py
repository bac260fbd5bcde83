"""Places on the ellipsoid, and a local metric plane in which shapes and errors are computed.

Metres are never added to degrees: a shape and a fix are both carried into one `Plane` first.
"""

from dataclasses import dataclass
from math import asin, cos, hypot, isfinite, radians, sin, sqrt

import msgspec
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# WGS 84 (EPSG:4326): semi-major axis in metres and first eccentricity squared.
_SEMI_MAJOR_M = 6_378_137.0
_ECCENTRICITY_2 = 0.006694379990141317
_DEGREE = radians(1.0)
_DEGREE_2 = _DEGREE * _DEGREE
_INVERSE_STEPS = 8


class LonLat(msgspec.Struct, frozen=True, kw_only=True, gc=False, array_like=True):
    """A place in WGS 84 degrees, longitude first; written `[lon, lat]` as GeoJSON does.

    Raises ValueError if a coordinate is not finite or out of range.
    """

    lon_deg: float
    lat_deg: float

    def __post_init__(self) -> None:
        if not (isfinite(self.lon_deg) and -180.0 <= self.lon_deg <= 180.0):
            raise ValueError(
                f"longitude {self.lon_deg} is not within -180 to 180 degrees; "
                "give longitude first, then latitude"
            )
        if not (isfinite(self.lat_deg) and -90.0 <= self.lat_deg <= 90.0):
            raise ValueError(
                f"latitude {self.lat_deg} is not within -90 to 90 degrees; "
                "give longitude first, then latitude"
            )


@dataclass(frozen=True, slots=True)
class Plane:
    """A metric plane touching the ellipsoid at `origin`: x metres east, y metres north.

    It is the second-order expansion of the tangent plane in longitude and latitude, so it needs
    no trigonometry per place and gives the same bits on every processor. Lengths and directions
    are within 0.01 % up to 20 km from the origin and within 0.1 % up to 100 km (tested
    against geodesics for latitudes to 60 degrees). Antimeridian and poles are not supported.
    """

    origin: LonLat
    _x_lon: float
    _x_lon_lat: float
    _y_lat: float
    _y_lon_lon: float
    _y_lat_lat: float

    @classmethod
    def at(cls, origin: LonLat) -> "Plane":
        """Return the plane centred on `origin`. Raises ValueError beyond 80 degrees of latitude."""
        if abs(origin.lat_deg) > 80.0:
            raise ValueError(
                f"no metric plane at latitude {origin.lat_deg}: beyond 80 degrees is not supported"
            )
        return cls(origin, *terms_at(origin.lat_deg))

    @property
    def numbers(self) -> tuple[float, ...]:
        """The origin, longitude first, and the five terms: what the kernels take."""
        return (
            self.origin.lon_deg,
            self.origin.lat_deg,
            self._x_lon,
            self._x_lon_lat,
            self._y_lat,
            self._y_lon_lon,
            self._y_lat_lat,
        )

    @property
    def scale_m(self) -> tuple[float, float]:
        """Metres per degree of longitude and of latitude at the origin."""
        return self._x_lon, self._y_lat

    def xy(self, lon_deg: float, lat_deg: float) -> tuple[float, float]:
        """Return (x_m, y_m) of one place."""
        east = lon_deg - self.origin.lon_deg
        north = lat_deg - self.origin.lat_deg
        x_m = east * (self._x_lon + self._x_lon_lat * north)
        y_m = north * (self._y_lat + self._y_lat_lat * north) + self._y_lon_lon * east * east
        return x_m, y_m

    def xy_arrays(self, lon_deg: Floats, lat_deg: Floats) -> tuple[Floats, Floats]:
        """Return (x_m, y_m) arrays of the same shape as the inputs, bit for bit as `xy`."""
        east = lon_deg - self.origin.lon_deg
        north = lat_deg - self.origin.lat_deg
        x_m = east * (self._x_lon + self._x_lon_lat * north)
        y_m = north * (self._y_lat + self._y_lat_lat * north) + self._y_lon_lon * east * east
        return x_m, y_m

    def lonlat(self, x_m: float, y_m: float) -> LonLat:
        """Return the place at (x_m, y_m); inverse of `xy` within 1e-9 degrees to 100 km.

        Raises ValueError where the plane ends (thousands of kilometres away).
        """
        lons, lats = self.lonlat_arrays(np.array([x_m]), np.array([y_m]))
        return LonLat(lon_deg=float(lons[0]), lat_deg=float(lats[0]))

    def lonlat_arrays(self, x_m: Floats, y_m: Floats) -> tuple[Floats, Floats]:
        """Return (lon_deg, lat_deg) arrays of the same shape as the inputs, as `lonlat`."""
        east, north = np.zeros_like(x_m), np.zeros_like(y_m)
        for _ in range(_INVERSE_STEPS):
            east = x_m / (self._x_lon + self._x_lon_lat * north)
            bent = y_m - self._y_lon_lon * east * east
            north = bent / (self._y_lat + self._y_lat_lat * north)
        return self.origin.lon_deg + east, self.origin.lat_deg + north


def terms_at(lat_deg: float) -> tuple[float, float, float, float, float]:
    """Return the terms of the plane that touches at this latitude, in the order of `Plane`.

    It calls nothing but mathematics: the kernels compile it.
    """
    lat = lat_deg * _DEGREE
    sine, cosine = sin(lat), cos(lat)
    flatness = 1.0 - _ECCENTRICITY_2 * sine * sine
    normal_m = _SEMI_MAJOR_M / sqrt(flatness)
    meridian_m = normal_m * (1.0 - _ECCENTRICITY_2) / flatness
    # d(N cos)/dlat = -M sin; dM/dlat = 3 M e2 sin cos / (1 - e2 sin2)
    bend = 3.0 * meridian_m * _ECCENTRICITY_2 * sine * cosine / flatness
    return (
        normal_m * cosine * _DEGREE,
        -meridian_m * sine * _DEGREE_2,
        meridian_m * _DEGREE,
        0.5 * normal_m * sine * cosine * _DEGREE_2,
        0.5 * bend * _DEGREE_2,
    )


def scale_m(lat_deg: float) -> tuple[float, float]:
    """Return metres per degree of longitude and of latitude at a latitude within 80 degrees."""
    lat = radians(lat_deg)
    meridian_m, normal_m = _radii_m(lat)
    return normal_m * cos(lat) * _DEGREE, meridian_m * _DEGREE


def distance_m(a: LonLat, b: LonLat) -> float:
    """Return metres over the ground between two places: within 0.01 % to 500 km, 0.5 % to 8,000 km.

    The straight line through the ellipsoid, bent to the mean radius halfway.
    """
    ax_m, ay_m, az_m = _earth_centred_m(a)
    bx_m, by_m, bz_m = _earth_centred_m(b)
    chord_m = hypot(ax_m - bx_m, ay_m - by_m, az_m - bz_m)
    meridian_m, normal_m = _radii_m(radians((a.lat_deg + b.lat_deg) / 2.0))
    diameter_m = 2.0 * sqrt(meridian_m * normal_m)
    return diameter_m * asin(min(1.0, chord_m / diameter_m))


def _radii_m(lat: float) -> tuple[float, float]:
    """Return the radii of curvature (meridian, prime vertical) at a latitude in radians."""
    flatness = 1.0 - _ECCENTRICITY_2 * sin(lat) ** 2
    normal_m = _SEMI_MAJOR_M / sqrt(flatness)
    return normal_m * (1.0 - _ECCENTRICITY_2) / flatness, normal_m


def _earth_centred_m(place: LonLat) -> tuple[float, float, float]:
    lon, lat = radians(place.lon_deg), radians(place.lat_deg)
    _, normal_m = _radii_m(lat)
    return (
        normal_m * cos(lat) * cos(lon),
        normal_m * cos(lat) * sin(lon),
        normal_m * (1.0 - _ECCENTRICITY_2) * sin(lat),
    )
