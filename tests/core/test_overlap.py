"""The share of a circle within a disc, against polygons of many corners and against itself."""

from math import inf, nan, pi, sqrt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Point

from tagwatch.core.overlap import circle_share, largest_radius_m

CORNERS = 2_048


def polygons(radius_m: float, offset_m: float, disc_m: float) -> float:
    circle = Point(offset_m, 0.0).buffer(radius_m, quad_segs=CORNERS // 4)
    disc = Point(0.0, 0.0).buffer(disc_m, quad_segs=CORNERS // 4)
    return circle.intersection(disc).area / circle.area


@given(
    radius_m=st.floats(0.5, 5_000.0),
    disc_m=st.floats(5.0, 500.0),
    along=st.floats(0.0, 1.2),
)
@settings(max_examples=150, deadline=None)
def test_it_is_what_polygons_say(radius_m: float, disc_m: float, along: float) -> None:
    offset_m = along * (radius_m + disc_m)
    assert circle_share(radius_m, offset_m, disc_m) == pytest.approx(
        polygons(radius_m, offset_m, disc_m), abs=1e-3
    )


@given(
    radius_m=st.floats(1e-6, 1e7),
    disc_m=st.floats(1e-3, 1e5),
    steps=st.tuples(st.floats(0.0, 1.5), st.floats(0.0, 1.5)),
)
@settings(max_examples=200, deadline=None)
def test_it_never_grows_with_the_distance(
    radius_m: float, disc_m: float, steps: tuple[float, float]
) -> None:
    near, far = sorted(step * (radius_m + disc_m) for step in steps)
    nearer, farther = (circle_share(radius_m, at, disc_m) for at in (near, far))
    assert 0.0 <= farther <= nearer + 1e-12 <= 1.0 + 1e-12


@given(one=st.floats(1e-3, 1e5), other=st.floats(1e-3, 1e5), along=st.floats(0.0, 1.0))
@settings(max_examples=200, deadline=None)
def test_both_circles_have_the_same_common_area(one: float, other: float, along: float) -> None:
    offset_m = along * (one + other)
    mine = circle_share(one, offset_m, other) * one * one
    theirs = circle_share(other, offset_m, one) * other * other
    assert mine == pytest.approx(theirs, rel=1e-6, abs=1e-12 * max(one, other) ** 2)


@given(radius_m=st.floats(1e-3, 1e5), disc_m=st.floats(1e-3, 1e5))
@settings(max_examples=100, deadline=None)
def test_it_has_no_step_where_circles_touch(radius_m: float, disc_m: float) -> None:
    for touching in (abs(disc_m - radius_m), disc_m + radius_m):
        apart = 1e-9 * (radius_m + disc_m)
        below = circle_share(radius_m, max(0.0, touching - apart), disc_m)
        above = circle_share(radius_m, touching + apart, disc_m)
        assert below == pytest.approx(above, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("share", [0.49, 0.50, 0.51])
def test_at_dead_centre_it_is_the_ratio_of_the_areas(share: float) -> None:
    assert circle_share(100.0 / sqrt(share), 0.0, 100.0) == pytest.approx(share, abs=1e-12)


@pytest.mark.parametrize(
    ("offset_m", "radius_m"), [(10.0, 0.0), (100.0, 0.0), (0.0, 100.0), (60.0, 40.0)]
)
def test_a_circle_within_the_disc_is_whole(offset_m: float, radius_m: float) -> None:
    assert circle_share(radius_m, offset_m, 100.0) == 1.0


def test_a_point_outside_has_no_share() -> None:
    assert circle_share(0.0, 100.1, 100.0) == 0.0


def test_a_wide_circle_at_the_rim_of_a_small_disc() -> None:
    # A half plane through the disc's centre leaves it half.
    assert circle_share(1e9, 1e9, 1.0) * 1e18 * pi == pytest.approx(pi / 2, rel=1e-3)


@pytest.mark.parametrize("numbers", [(nan, 1.0, 1.0), (-1.0, 1.0, 1.0), (1.0, inf, 1.0)])
def test_what_is_not_known_has_no_share(numbers: tuple[float, float, float]) -> None:
    with pytest.raises(ValueError, match="radius"):
        circle_share(*numbers)


@given(radius_m=st.floats(142.0, 1e6), offset_m=st.floats(0.0, 1e6))
@settings(max_examples=200, deadline=None)
def test_from_142_m_on_no_circle_has_half_its_area_in_100_m(
    radius_m: float, offset_m: float
) -> None:
    assert circle_share(radius_m, offset_m, 100.0) <= 100.0**2 / 142.0**2 < 0.5


def test_the_largest_circle_that_can_count() -> None:
    assert 141.0 < largest_radius_m(100.0, 0.5) < 142.0
    assert circle_share(largest_radius_m(100.0, 0.5), 0.0, 100.0) == pytest.approx(0.5)
    with pytest.raises(ValueError, match="share"):
        largest_radius_m(100.0, 0.0)
