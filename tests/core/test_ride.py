"""Rides by rail: named, not excluded, or excluded, by lines, stations and speed."""

import numpy as np
import pytest

from tagwatch.core.movements import Movements, movements
from tagwatch.core.person import TagMode
from tagwatch.core.plane import LonLat, Plane
from tagwatch.core.railway import NO_RAILWAYS, REACH_M, Railways
from tagwatch.core.trip import Trip, TripMode
from tagwatch.sim.quality.trace import PLANE, lonlats
from tests.core.worlds import SETTINGS, at, fixes, part

MINUTE_S = 60.0
Points = list[tuple[float, float]]


def degrees(points: Points) -> np.ndarray:
    xy = np.array(points)
    return np.column_stack(lonlats(xy[:, 0], xy[:, 1]))


def loaded(line: Points, stations: dict[str, tuple[float, float]]) -> Railways:
    places = degrees(list(stations.values())) if stations else np.empty((0, 2))
    named = [(name, *place) for name, place in zip(stations, places.tolist(), strict=True)]
    return Railways.of([degrees(line)], named, "lines")


LINE: Points = [(-2000.0, 0.0), (4000.0, 0.0), (9000.0, 2500.0), (14000.0, 2500.0)]
STATIONS = {"Alder": (0.0, 0.0), "Birch": (4000.0, 0.0), "Cedar": (11000.0, 2500.0)}


def along(metres: float, points: Points = LINE) -> tuple[float, float]:
    """Return the place so many metres along a line from x = 0."""
    corners = np.array([(0.0, 0.0), *points[1:]])
    upto = np.concatenate(([0.0], np.cumsum(np.hypot(*np.diff(corners, axis=0).T))))
    return (
        float(np.interp(metres, upto, corners[:, 0])),
        float(np.interp(metres, upto, corners[:, 1])),
    )


def journey(way: Points, *, off_m: float = 0.0, foot: bool = True) -> np.ndarray:
    """An hour at a place 400 m from the way's beginning, a walk to it, a fix a minute along it,
    and the same at its end."""
    first, last = (way[0][0], way[0][1] - 400.0), (way[-1][0], way[-1][1] + 400.0)
    walk = [(first[0], first[1] + 80.0 * k) for k in range(1, 5)] if foot else []
    back = [(last[0], last[1] - 400.0 + 80.0 * k) for k in range(1, 5)] if foot else []
    moved = [*walk, *((x, y + off_m) for x, y in way), *back]
    rows = [(MINUTE_S * k, first[0] + 2.0 * (-1) ** k, first[1], 6.0) for k in range(60)]
    rows += [(MINUTE_S * (60 + k), x, y, 6.0) for k, (x, y) in enumerate(moved)]
    count = len(rows)
    rows += [(MINUTE_S * (count + k), last[0] + 2.0 * (-1) ** k, last[1], 6.0) for k in range(60)]
    return fixes(*rows)


def train(mps: float = 14.0, until_m: float = 11590.0) -> Points:
    """A minute at Alder, then along the line without slowing down, and a minute at Cedar."""
    steps = np.arange(0.0, until_m, mps * MINUTE_S).tolist()
    return [(0.0, 0.0), *(along(metres) for metres in steps), along(until_m), along(until_m)]


def moved(block: np.ndarray, railways: Railways) -> Movements:
    window = (at(0.0), at(4 * 3600.0))
    return movements([part(block)], [window], TagMode(), window, SETTINGS, railways=railways)


def trip(block: np.ndarray, railways: Railways) -> Trip:
    (one,) = moved(block, railways).trips
    return one


def test_a_ride_between_stations_is_named_with_its_stations_and_times() -> None:
    block = journey(train())
    found = trip(block, loaded(LINE, STATIONS))
    ride = found.ride
    assert ride is not None
    assert (found.mode, found.mode_probability) == (TripMode.RAIL, ride.probability)
    assert 0.9 <= ride.probability <= 0.99
    assert (ride.named, ride.is_faster) == (True, False)
    assert (ride.from_station, ride.to_station) == ("Alder", "Cedar")
    assert at(60 * 62) <= ride.started_at <= at(60 * 66)
    assert at(60 * 78) <= ride.ended_at <= at(60 * 81)
    assert ride.line_m_95 < 20
    assert moved(block, loaded(LINE, STATIONS)).railways == "lines"


def test_without_lines_it_is_a_vehicle_and_nothing_is_said_of_rail() -> None:
    got = moved(journey(train()), NO_RAILWAYS)
    (one,) = got.trips
    assert (one.mode, one.ride, got.railways) == (TripMode.VEHICLE, None, "")


def test_along_a_line_but_not_between_stations_rail_is_only_not_excluded() -> None:
    for stations in ({}, {"Alder": (0.0, 0.0)}, {"Elsewhere": (0.0, 5000.0)}):
        found = trip(journey(train()), loaded(LINE, stations))
        assert found.mode is TripMode.VEHICLE
        assert found.ride is not None
        assert not found.ride.named


def test_faster_than_any_road_allows_is_named_without_stations() -> None:
    found = trip(journey(train(mps=45.0)), loaded(LINE, {}))
    assert found.ride is not None
    assert (found.mode, found.ride.named, found.ride.is_faster) == (TripMode.RAIL, True, True)
    assert (found.ride.from_station, found.ride.to_station) == ("", "")


@pytest.mark.parametrize("off_m", [250.0, -300.0])
def test_a_road_that_runs_some_streets_beside_the_line_is_none(off_m: float) -> None:
    found = trip(journey(train(), off_m=off_m, foot=False), loaded(LINE, STATIONS))
    assert (found.mode, found.ride) == (TripMode.VEHICLE, None)


def test_a_walk_along_the_line_is_a_walk() -> None:
    towpath = [along(78.0 * k) for k in range(50)]
    found = trip(journey(towpath, foot=False), loaded(LINE, STATIONS))
    assert (found.mode, found.ride) == (TripMode.FOOT, None)


def test_a_ride_whose_middle_was_not_seen_is_named_by_its_stations() -> None:
    whole = journey(train(mps=11.0))
    minutes = (whole["fixed_at"] - at(0.0)) // 60_000_000
    seen = trip(whole[(minutes < 66) | (minutes > 81)], loaded(LINE, STATIONS))
    assert seen.ride is not None
    assert (seen.mode, seen.ride.from_station, seen.ride.to_station) == (
        TripMode.RAIL,
        "Alder",
        "Cedar",
    )


def test_a_short_ride_in_a_long_drive_is_a_part_of_it() -> None:
    drive = [(0.0, -12000.0 + 500.0 * k) for k in range(24)]
    block = journey([*drive, *train(until_m=4000.0)], foot=False)
    found = trip(block, loaded(LINE, STATIONS))
    assert found.mode is not TripMode.RAIL
    assert found.ride is None or found.ride.probability < 0.99


def test_distances_are_those_of_the_nearest_piece_of_any_line() -> None:
    rng = np.random.default_rng(5)
    lines: list[Points] = [
        [(float(x), float(y)) for x, y in rng.uniform(-3000, 3000, (4, 2))] for _ in range(3)
    ]
    places = rng.uniform(-3500, 3500, (300, 2))
    lon, lat = lonlats(places[:, 0], places[:, 1])
    index = Railways.of([degrees(each) for each in lines], ())
    apart_m, density = index.near(lon, lat)
    truth = np.full(len(places), np.inf)
    for each in lines:
        for a, b in zip(np.array(each)[:-1], np.array(each)[1:], strict=True):
            share = np.clip(((places - a) @ (b - a)) / ((b - a) @ (b - a)), 0.0, 1.0)
            truth = np.minimum(truth, np.hypot(*(places - a - share[:, None] * (b - a)).T))
    near = truth <= REACH_M - 10.0
    assert near.sum() > 50
    assert np.abs(apart_m[near] - truth[near]).max() < 3.0
    assert np.isinf(apart_m[truth > REACH_M + 10.0]).all()
    assert (density[near] > 0.0).all()


def test_the_nearest_station_is_found_and_none_where_none_is() -> None:
    index = loaded(LINE, STATIONS)
    lon, lat = lonlats(np.array([30.0, 3900.0, 7000.0]), np.array([40.0, 0.0, 0.0]))
    which, apart_m, _ = index.stations_near(lon, lat)
    assert [index.names[k] if k >= 0 else "" for k in which.tolist()] == ["Alder", "Birch", ""]
    assert apart_m[0] == pytest.approx(50.0, abs=0.5)
    assert np.isinf(apart_m[2])


def test_nothing_loaded_is_far_from_everywhere() -> None:
    apart_m, density = NO_RAILWAYS.near(np.array([-0.1]), np.array([51.5]))
    assert not NO_RAILWAYS
    assert np.isinf(apart_m).all()
    assert density.tolist() == [0.0]
    empty = NO_RAILWAYS.near(np.empty(0), np.empty(0))
    assert [len(each) for each in empty] == [0, 0]


def test_far_from_the_first_fix_distances_hold() -> None:
    """Two degrees farther north the scale of the map is another one."""
    far = Plane.at(LonLat(lon_deg=-2.2, lat_deg=53.5))
    line = np.column_stack(far.lonlat_arrays(np.array([-500.0, 500.0]), np.array([0.0, 0.0])))
    lon, lat = far.lonlat_arrays(np.array([0.0, 0.0]), np.array([100.0, 300.0]))
    index = Railways.of([line], [])
    lons, lats = np.concatenate([lon, [PLANE.origin.lon_deg]]), np.concatenate([lat, [51.5]])
    apart_m, _ = index.near(lons, lats)
    assert apart_m[:2] == pytest.approx([100.0, 300.0], rel=0.02)
