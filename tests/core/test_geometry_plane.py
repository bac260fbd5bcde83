"""The metric plane and distances, against the geodesics of PROJ."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pyproj import Geod

from tagwatch.core.geometry import LonLat, Plane, distance_m

GEODESIC = Geod(ellps="WGS84")
latitudes = st.floats(-60.0, 60.0)
bearings = st.floats(0.0, 360.0)


def _place(lon_deg: float, lat_deg: float, bearing_deg: float, metres: float) -> LonLat:
    lon, lat, _ = GEODESIC.fwd(lon_deg, lat_deg, bearing_deg, metres)
    return LonLat(lon_deg=lon, lat_deg=lat)


@given(lat=latitudes, bearing=bearings, metres=st.floats(1.0, 100_000.0))
def test_lengths_and_directions_from_the_origin_are_true(lat, bearing, metres):
    plane = Plane.at(LonLat(lon_deg=-0.1, lat_deg=lat))
    there = _place(-0.1, lat, bearing, metres)
    x_m, y_m = plane.xy(there.lon_deg, there.lat_deg)
    error_m = np.hypot(
        x_m - metres * np.sin(np.radians(bearing)), y_m - metres * np.cos(np.radians(bearing))
    )
    assert error_m <= metres * (1e-4 if metres <= 20_000 else 1e-3) + 1e-6


@given(lat=latitudes, bearing=bearings, away=st.floats(0.0, 20_000.0), turn=bearings)
def test_lengths_far_from_the_origin_are_true(lat, bearing, away, turn):
    plane = Plane.at(LonLat(lon_deg=-0.1, lat_deg=lat))
    a = _place(-0.1, lat, bearing, away)
    b = _place(a.lon_deg, a.lat_deg, turn, 1000.0)
    ax_m, ay_m = plane.xy(a.lon_deg, a.lat_deg)
    bx_m, by_m = plane.xy(b.lon_deg, b.lat_deg)
    assert np.hypot(ax_m - bx_m, ay_m - by_m) == pytest.approx(1000.0, abs=0.1)


@given(lat=latitudes, x_m=st.floats(-100_000, 100_000), y_m=st.floats(-100_000, 100_000))
def test_there_and_back(lat, x_m, y_m):
    plane = Plane.at(LonLat(lon_deg=12.5, lat_deg=lat))
    back = plane.lonlat(x_m, y_m)
    assert plane.xy(back.lon_deg, back.lat_deg) == pytest.approx((x_m, y_m), abs=1e-4)


def test_arrays_give_the_same_bits_as_single_places():
    plane = Plane.at(LonLat(lon_deg=-0.1, lat_deg=51.5))
    rng = np.random.default_rng(20)
    lon, lat = rng.uniform(-0.6, 0.4, 500), rng.uniform(51.2, 51.8, 500)
    x_m, y_m = plane.xy_arrays(lon, lat)
    one_by_one = [plane.xy(a, b) for a, b in zip(lon.tolist(), lat.tolist(), strict=True)]
    assert list(zip(x_m.tolist(), y_m.tolist(), strict=True)) == one_by_one


@given(lat=st.floats(-89.0, 89.0), bearing=bearings, metres=st.floats(0.0, 500_000.0))
def test_distance_is_the_geodesic_within_the_stated_share(lat, bearing, metres):
    there = _place(-0.1, lat, bearing, metres)
    here = LonLat(lon_deg=-0.1, lat_deg=lat)
    assert distance_m(here, there) == pytest.approx(metres, rel=1e-4, abs=1e-6)
    assert distance_m(here, there) == distance_m(there, here)


@given(a=latitudes, b=latitudes, turn=st.floats(-70.0, 70.0))
def test_distance_between_continents(a, b, turn):
    true_m = GEODESIC.inv(0.0, a, turn, b)[2]
    assume(true_m < 8_000_000.0)
    told_m = distance_m(LonLat(lon_deg=0.0, lat_deg=a), LonLat(lon_deg=turn, lat_deg=b))
    assert told_m == pytest.approx(true_m, rel=5e-3, abs=1e-6)


@pytest.mark.parametrize("lon", [float("nan"), float("inf"), -180.1, 180.1])
def test_impossible_longitude_is_refused(lon):
    with pytest.raises(ValueError, match="longitude"):
        LonLat(lon_deg=lon, lat_deg=0.0)


@pytest.mark.parametrize("lat", [float("nan"), float("-inf"), -90.1, 90.1])
def test_impossible_latitude_is_refused(lat):
    with pytest.raises(ValueError, match="latitude"):
        LonLat(lon_deg=0.0, lat_deg=lat)


def test_no_plane_near_the_poles():
    with pytest.raises(ValueError, match="80 degrees"):
        Plane.at(LonLat(lon_deg=0.0, lat_deg=80.1))
