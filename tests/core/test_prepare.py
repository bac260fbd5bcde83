"""What the rules have ready: versions in force, intervals, areas, and bounded caches."""

from math import cos, nan, sin

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tagwatch.core.derive import Prepared, SettingsHistory
from tagwatch.core.geometry import (
    Disc,
    LonLat,
    MultiPolygon,
    Plane,
    Polygon,
    distance_to_shape_m,
)
from tagwatch.core.rules.area import area, bound, farthest_m
from tagwatch.core.rules.fix_error import reach_m
from tagwatch.core.rules.force import FOREVER, in_force
from tagwatch.core.rules.kept import Kept
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


def test_caches_let_go_when_full() -> None:
    small = Prepared(most=2)
    for name in "abcdef":
        of = orders(zone(name=name, buffer_m=50.0))
        tracks = small.tracks(type(of)(wearer_id=name, conditions=of.conditions))
        assert tracks.zones[0].pieces[0].area is tracks.zones[0].pieces[0].area
        small.fix_error(5.0 + ord(name), nan, nan, 7, 1, "", Settings())
        small.fix_error(nan, nan, nan, 7, 1, "", Settings())
    assert (len(small.areas), len(small.wearers), len(small.errors)) == (4, 2, 2)


def test_what_is_asked_for_stays() -> None:
    kept: Kept[str, int] = Kept(4)
    kept.put("asked", 0)
    for number in range(20):
        kept.put(f"{number}", number)
        assert kept.get("asked") == 0
    assert kept.get("1") is None
    assert len(kept) <= 4
    heavy: Kept[str, int] = Kept(10, lambda weight: weight)
    heavy.put("a", 3)
    heavy.put("a", 2)
    heavy.put("b", 2)
    assert (heavy.get("a"), heavy.get("b"), len(heavy)) == (2, 2, 2)
    heavy.put("whole", 100)
    heavy.put("c", 1)
    assert (heavy.get("a"), heavy.get("whole"), heavy.get("c")) == (None, 100, 1)


@given(st.data())
def test_the_bound_holds_the_area_and_its_ring(data: st.DataObject) -> None:
    size = st.floats(20.0, 60_000.0)
    corners = data.draw(st.lists(st.tuples(size, st.floats(0.0, 6.2)), min_size=3, max_size=8))
    lat_deg = data.draw(st.sampled_from([50.0, 51.5, 58.5]))
    plane = Plane.at(LonLat(lon_deg=-0.1, lat_deg=lat_deg))
    turns = sorted({round(turn, 2): (r, turn) for r, turn in corners}.values(), key=lambda c: c[1])
    assume(len(turns) >= 3)
    ring = tuple(plane.lonlat(r * cos(turn), r * sin(turn)) for r, turn in turns)
    shape, buffer_m = Polygon(rings=(ring,)), data.draw(st.sampled_from([0.0, 50.0, 3000.0]))
    ready, disc = area(shape).shape, bound(shape, buffer_m)
    far_m, reach = data.draw(st.floats(0.0, 400_000.0)), data.draw(st.floats(0.0, 50_000.0))
    turn = data.draw(st.floats(0.0, 6.3))
    here = plane.lonlat(far_m * cos(turn), far_m * sin(turn))
    if disc.is_beyond(here.lon_deg, here.lat_deg, reach):
        gap_m = distance_to_shape_m(ready, *ready.plane.xy(here.lon_deg, here.lat_deg))
        assert gap_m - buffer_m > reach


def test_areas_are_prepared_once_until_their_terms_change() -> None:
    prepared = Prepared()
    one = prepared.tracks(orders(zone())).zones[0].pieces[0].area
    again = prepared.tracks(orders(zone(), curfew())).zones[0].pieces[0].area
    assert again is one
    assert prepared.tracks(orders(zone(300.0))).zones[0].pieces[0].area is not one
    assert prepared.tracks(orders(zone(300.0))) is prepared.tracks(orders(zone(300.0)))


def test_less_than_the_floor_lies_beyond_the_reach() -> None:
    error = Prepared().fix_error(5.0, 0.68, nan, -1, 1, "", Settings())
    assert tail(error.mixture, error.near_m) <= 0.01
    assert reach_m(error.mixture, 0.5) < error.near_m
    assert error.near_m >= Settings().zone.near_m


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
