"""The shortest way from fix to fix that touches a shape, against brute force."""

from math import cos, hypot, pi, sin
from random import Random

import pytest

from tagwatch.core.geometry import Disc, LonLat, PlanarShape, Plane, Polygon, planar
from tagwatch.core.reach import shortest_way_m

HERE = LonLat(lon_deg=-0.1, lat_deg=51.5)
PLANE = Plane.at(HERE)


def disc(radius_m: float) -> PlanarShape:
    return planar(Disc(centre=HERE, radius_m=radius_m), PLANE)


def outline(*corners: tuple[float, float]) -> PlanarShape:
    return planar(Polygon(rings=(tuple(PLANE.lonlat(x, y) for x, y in corners),)), PLANE)


CORNERS = ((0, 0), (300, 0), (300, 100), (100, 100), (100, 300), (0, 300))


def border(corners: tuple[tuple[float, float], ...], step: int = 400) -> list[tuple[float, float]]:
    return [
        (x0 + (x1 - x0) * k / step, y0 + (y1 - y0) * k / step)
        for (x0, y0), (x1, y1) in zip(corners, corners[1:] + corners[:1], strict=True)
        for k in range(step)
    ]


def brute(points: list[tuple[float, float]], a: tuple[float, ...], b: tuple[float, ...]) -> float:
    return min(hypot(x - a[0], y - a[1]) + hypot(x - b[0], y - b[1]) for x, y in points)


@pytest.mark.parametrize("seed", range(30))
def test_a_way_by_a_disc_is_the_shortest(seed: int) -> None:
    random = Random(seed)
    ring = [(100 * cos(k * pi / 2000), 100 * sin(k * pi / 2000)) for k in range(4000)]
    while True:
        a, b = ([random.uniform(-400, 400) for _ in range(2)] for _ in range(2))
        if hypot(*a) > 100 and hypot(*b) > 100:
            break
    assert shortest_way_m(disc(100), *a, *b) == pytest.approx(brute(ring, a, b), abs=0.05)


@pytest.mark.parametrize("seed", range(30))
def test_a_way_by_an_outline_is_the_shortest(seed: int) -> None:
    random = Random(seed)
    a = (random.uniform(-400, -1), random.uniform(-400, 400))
    b = (random.uniform(101, 400), random.uniform(101, 400))
    got = shortest_way_m(outline(*CORNERS), *a, *b)
    assert got == pytest.approx(brute(border(CORNERS), a, b), abs=0.05)


def test_from_within_it_is_the_way_itself() -> None:
    assert shortest_way_m(disc(100), 50, 0, 500, 0) == pytest.approx(450)
    assert shortest_way_m(outline(*CORNERS), -200, 50, 50, 50) == pytest.approx(250)


def test_straight_through_it_is_the_way_itself() -> None:
    assert shortest_way_m(disc(100), -300, 20, 300, 20) == pytest.approx(600)
    assert shortest_way_m(outline(*CORNERS), -300, 50, 500, 50) == pytest.approx(800)


def test_there_and_back_is_twice_the_distance() -> None:
    assert shortest_way_m(disc(100), 300, 0, 300, 0) == pytest.approx(400)
    assert shortest_way_m(outline(*CORNERS), -70, 50, -70, 50) == pytest.approx(140)
