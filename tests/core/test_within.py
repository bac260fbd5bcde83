"""Whether an area lies wholly within another: an approval may only make it smaller."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagwatch.core.geometry import Disc, LonLat, MultiPolygon, Polygon, Shape
from tagwatch.core.within import SLACK_M, TooManyCornersError, lies_within
from tests.walk.timeline import metres_from

HERE = LonLat(lon_deg=-0.1, lat_deg=51.5)


def ring(*corners: tuple[float, float]) -> tuple[LonLat, ...]:
    return tuple(metres_from(HERE, east, north) for east, north in corners)


def box(east: float, north: float, wide: float, high: float) -> tuple[LonLat, ...]:
    return ring(
        (east, north), (east + wide, north), (east + wide, north + high), (east, north + high)
    )


def square(size: float, *holes: tuple[LonLat, ...]) -> Polygon:
    return Polygon(rings=(box(-size / 2, -size / 2, size, size), *holes))


def disc(radius_m: float, east: float = 0.0, north: float = 0.0) -> Disc:
    return Disc(centre=metres_from(HERE, east, north), radius_m=radius_m)


HOLE = box(-50, -50, 100, 100)[::-1]
NOTCHED = Polygon(
    rings=(ring((0, 0), (300, 0), (300, 300), (200, 300), (150, 50), (100, 300), (0, 300)),)
)
ACROSS = Polygon(rings=(ring((0, 0), (300, 0), (300, 300), (200, 300), (100, 300), (0, 300)),))
PARTED = MultiPolygon(
    parts=(Polygon(rings=(box(0, 0, 100, 100),)), Polygon(rings=(box(90, 0, 100, 100),)))
)
APART = MultiPolygon(
    parts=(Polygon(rings=(box(0, 0, 100, 100),)), Polygon(rings=(box(300, 0, 100, 100),)))
)


@pytest.mark.parametrize(
    ("inner", "outer"),
    [
        (disc(200), disc(200)),
        (disc(100, 100), disc(200)),
        (disc(99), square(200)),
        (square(140), disc(100)),
        (square(200), square(200)),
        (square(100), square(200)),
        (Polygon(rings=(box(60, 60, 30, 30),)), square(200, HOLE)),
        (square(190, HOLE), square(200, HOLE)),
        (Polygon(rings=(box(10, 10, 170, 80),)), PARTED),
        (APART, Polygon(rings=(box(-1, -1, 402, 102),))),
        (NOTCHED, ACROSS),
    ],
)
def test_a_smaller_area_lies_within(inner: Shape, outer: Shape) -> None:
    assert lies_within(inner, outer)


@pytest.mark.parametrize(
    ("inner", "outer"),
    [
        (disc(201), disc(200)),
        (disc(100, 102), disc(200)),
        (disc(102), square(200)),
        (square(144), disc(100)),
        (square(202), square(200)),
        (disc(20), square(200, HOLE)),
        (square(190), square(200, HOLE)),
        (Polygon(rings=(box(-90, -10, 180, 20),)), square(200, HOLE)),
        (ACROSS, NOTCHED),
        (Polygon(rings=(box(0, 0, 400, 100),)), APART),
        (disc(10, 200, 50), APART),
        (disc(500), square(100)),
    ],
)
def test_what_reaches_out_or_over_a_hole_does_not(inner: Shape, outer: Shape) -> None:
    assert not lies_within(inner, outer)


@given(
    st.floats(1, 400), st.floats(-300, 300), st.floats(-300, 300), st.sampled_from([150.0, 300.0])
)
def test_discs_in_a_square_are_told_as_by_hand(
    radius: float, east: float, north: float, half: float
) -> None:
    beyond = max(abs(east), abs(north)) + radius - half
    found = lies_within(disc(radius, east, north), square(2 * half))
    if beyond < -0.2:
        assert found
    if beyond > SLACK_M + 0.2:
        assert not found


def test_outlines_of_too_many_corners_are_refused_with_words() -> None:
    def round_outline(corners: int) -> Polygon:
        turns = [2 * math.pi * k / corners for k in range(corners)]
        return Polygon(rings=(ring(*((900 * math.cos(t), 900 * math.sin(t)) for t in turns)),))

    with pytest.raises(TooManyCornersError, match="simplify"):
        lies_within(round_outline(5_000), round_outline(6_000))
