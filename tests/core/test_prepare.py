"""What the rules have ready: versions in force, intervals, areas, and bounded caches."""

from math import nan

import pytest

from tagwatch.core.derive import Prepared, SettingsHistory
from tagwatch.core.geometry import Disc, LonLat, MultiPolygon, Polygon
from tagwatch.core.rules.area import area, farthest_m
from tagwatch.core.rules.prepare import FOREVER, in_force, reach_m
from tagwatch.core.settings import Settings
from tagwatch.core.uncertainty import tail
from tagwatch.core.units import DAY
from tests.core.worlds import MONDAY, at, curfew, orders, place, row, zone


def test_the_highest_version_is_in_force_and_gaps_stay_gaps() -> None:
    first, second = zone(until=1000.0), zone(since=500.0, until=700.0, version=2)
    third = zone(since=2000.0, version=3)
    spans = in_force([third, first, second])
    assert [(s, e, v.version) for s, e, v in spans] == [
        (at(-86400), at(500), 1),
        (at(500), at(700), 2),
        (at(700), at(1000), 1),
        (at(2000), FOREVER, 3),
    ]
    overruled = in_force([zone(until=1000.0), zone(since=100.0, until=200.0, version=0)])
    assert [(s, e) for s, e, _ in overruled] == [(at(-86400), at(1000))]


def test_intervals_of_a_curfew() -> None:
    (track,) = Prepared().tracks(orders(curfew(until=2000.0))).curfews
    (piece,) = track.pieces
    assert piece.interval_at(at(0)) == (at(0), at(2000))
    assert piece.interval_at(at(-1)) is None
    assert piece.interval_at(at(2000)) is None
    assert track.next_interval(at(-500)) == (at(0), at(2000))
    assert track.next_interval(at(2000)) is None
    assert track.next_interval(at(-90000)) == (at(0), at(2000))


def test_a_window_once_a_year_is_out_of_sight() -> None:
    long_ago = at(-800 * 86400)
    sunday = row("Su", "10:00", "Su", "11:00")
    (track,) = Prepared().tracks(orders(curfew(sunday, since=0.0))).curfews
    assert track.next_interval(long_ago) is None
    never = curfew(row("Mo", "10:00", "Mo", "11:00"), until=0.0)
    (track,) = Prepared().tracks(orders(never)).curfews
    assert track.next_interval(at(-60)) is None


def test_a_curfew_without_a_pause_runs_on() -> None:
    (track,) = Prepared().tracks(orders(curfew(row("Mo", "10:00", "Mo", "10:00")))).curfews
    end = track.pieces[0].interval_at(at(0))
    assert end is not None
    later = MONDAY + 100 * DAY
    assert track.runs_until(end[1], later) > later


def test_caches_start_anew_when_full() -> None:
    small = Prepared(most=1)
    for name in ("a", "b"):
        of = orders(zone(name=name, buffer_m=50.0))
        small.tracks(type(of)(wearer_id=name, conditions=of.conditions))
        small.fix_error(5.0 if name == "a" else nan, nan, nan, 7, 1, "", Settings())
    assert (len(small.areas), len(small.wearers), len(small.errors)) == (1, 1, 1)


def test_areas_are_prepared_once_until_their_terms_change() -> None:
    prepared = Prepared()
    one = prepared.tracks(orders(zone())).zones[0].pieces[0].area
    again = prepared.tracks(orders(zone(), curfew())).zones[0].pieces[0].area
    assert again is one
    assert prepared.tracks(orders(zone(300.0))).zones[0].pieces[0].area is not one
    assert prepared.tracks(orders(zone(300.0))) is prepared.tracks(orders(zone(300.0)))


def test_less_than_the_floor_lies_beyond_the_reach() -> None:
    error = Prepared().fix_error(5.0, 0.68, nan, -1, 1, "", Settings())
    assert tail(error.mixture, error.reach_m) <= Settings().zone.floor
    assert reach_m(error.mixture, 0.5) < error.reach_m


def square(x_m: float, size_m: float) -> Polygon:
    corners = [(0, 0), (size_m, 0), (size_m, size_m), (0, size_m)]
    return Polygon(rings=(tuple(place(x_m + x, y) for x, y in corners),))


def test_a_buffer_goes_round_every_part() -> None:
    apart = MultiPolygon(parts=(square(0, 100), square(500, 100)))
    wide, joined = area(apart, 50.0), area(apart, 250.0)
    assert wide.shape.box_m[2] - wide.shape.box_m[0] == pytest.approx(700.0, abs=0.5)
    assert joined.shape.edges.size < wide.shape.edges.size * 2
    assert farthest_m(wide.shape, 0.0, 0.0) >= 350.0


def test_the_inner_disc_lies_inside() -> None:
    ready = area(square(0, 400))
    assert 180.0 < ready.inner[2] <= 200.0
    ring = tuple(
        LonLat(lon_deg=-0.1 + 1e-6 * k, lat_deg=51.5 + (1e-3 if k % 2 else 0)) for k in range(600)
    )
    crowded = area(Polygon(rings=((*ring, LonLat(lon_deg=-0.1, lat_deg=51.6)),)))
    assert crowded.inner[2] == 0.0
    assert area(Disc(centre=place(0), radius_m=70.0)).inner[2] == 70.0


def test_settings_before_the_first_are_the_first() -> None:
    history = SettingsHistory(((at(0), Settings()), (at(10), Settings(version=2))))
    assert [history.at(at(s)).version for s in (-5, 0, 9, 10, 99)] == [1, 1, 1, 2, 2]
