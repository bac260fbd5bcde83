"""Areas of conditions: their size, and what a belief can say of an area of that size at most."""

from math import pi

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagwatch.core.contour import planar
from tagwatch.core.filter_area import mass_inside, most_inside
from tagwatch.core.filter_kernel import SIZE, WIDTH
from tagwatch.core.geometry import Disc, LonLat, MultiPolygon, Plane, Polygon
from tagwatch.core.outcome import Finding, Phase
from tagwatch.core.rules.area import Area
from tests.core.worlds import SHARP, fixes, found, zone

PLANE = Plane.at(LonLat(lon_deg=-0.1, lat_deg=51.5))


def ring(*corners: tuple[float, float]) -> tuple[LonLat, ...]:
    return tuple(PLANE.lonlat(x, y) for x, y in corners)


def box(low: float, high: float, x: float = 0.0) -> tuple[LonLat, ...]:
    return ring((x + low, low), (x + high, low), (x + high, high), (x + low, high))


@pytest.mark.parametrize(
    ("shape", "size_m2"),
    [
        (Disc(centre=PLANE.lonlat(3.0, 4.0), radius_m=50.0), pi * 2500.0),
        (Polygon(rings=(box(-50.0, 50.0),)), 10_000.0),
        (Polygon(rings=(box(-50.0, 50.0), box(-20.0, 20.0))), 8_400.0),
        (
            MultiPolygon(
                parts=(Polygon(rings=(box(0.0, 40.0),)), Polygon(rings=(box(0.0, 40.0, 20.0),)))
            ),
            2_400.0,
        ),
        (Polygon(rings=(box(-50.0, 50.0, 3000.0),)), 10_000.0),
    ],
    ids=["disc", "square", "hole", "parts that overlap", "far from the origin"],
)
def test_the_size_is_that_of_the_ground_it_covers(shape, size_m2):
    assert Area(planar(shape, PLANE)).size_m2 == pytest.approx(size_m2, rel=2e-4)


@given(
    sigma_m=st.floats(1.0, 500.0),
    wide_m=st.floats(2.0, 400.0),
    high_m=st.floats(2.0, 400.0),
    x_m=st.floats(-300.0, 300.0),
)
def test_no_area_of_a_size_holds_more_than_is_said(sigma_m, wide_m, high_m, x_m):
    corners = ((0.0, 0.0), (wide_m, 0.0), (wide_m, high_m), (0.0, high_m))
    shape = planar(Polygon(rings=(ring(*corners),)), PLANE)
    belief = np.zeros(SIZE)
    belief[[0, 1, 2, 7]] = 0.7, x_m, 0.5 * high_m, sigma_m**2
    belief[[WIDTH, WIDTH + 1, WIDTH + 2, WIDTH + 7]] = 0.3, -x_m, 0.0, 4.0 * sigma_m**2
    disc = (shape.centre_x_m, shape.centre_y_m, shape.bound_radius_m)
    held = mass_inside(belief, shape.scalar_edges, disc, 0.0, 0.0)
    assert held <= most_inside(belief, Area(shape).size_m2) + 1e-6


@pytest.mark.parametrize(
    ("at_m", "size_m", "finding"),
    [
        (0.0, 24.0, Finding.UNDETERMINED),
        (26.0, 24.0, Finding.WITHDRAWN),
        (150.0, 300.0, Finding.UNDETERMINED),
        (172.0, 300.0, Finding.WITHDRAWN),
    ],
    ids=["in a garden", "beside a garden", "on the edge", "outside the edge"],
)
def test_what_could_not_be_shown_is_undetermined_and_not_withdrawn(at_m, size_m, finding):
    rows = [(60 * k, at_m, 0.0, SHARP) for k in range(3)]
    away = [(180 + 60 * k, 5000.0, 0.0, SHARP) for k in range(3)]
    (stay,) = found(fixes(*rows, *away), zone(square=size_m, protects=("her",)))
    assert (stay.phase, stay.finding) == (Phase.ENDED, finding)
    assert stay.probability < 0.8
