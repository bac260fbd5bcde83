"""Exact Gaussian mass: closed forms, Monte Carlo, symmetries, and compiled against plain."""

import json
import os
import subprocess
import sys
from math import erf, exp, hypot, pi, sqrt
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import assume, given
from hypothesis import strategies as st

from tagwatch.core import compiled as switch
from tagwatch.core import gaussian
from tagwatch.core.compiled import plain
from tagwatch.core.contour import clearance_m
from tagwatch.core.geometry import (
    Disc,
    LonLat,
    MultiPolygon,
    PlanarShape,
    Plane,
    Polygon,
    distance_to_shape_m,
    mass,
    planar,
    tail_bound,
)

ORIGIN = LonLat(lon_deg=-0.1, lat_deg=51.5)
PLANE = Plane.at(ORIGIN)

L_SHAPE = [(0, 0), (60, 0), (60, 20), (20, 20), (20, 60), (0, 60)]
STAR = [(50, 0), (10, 8), (15, 48), (-8, 12), (-40, 30), (-12, -5), (-30, -40), (3, -11)]
OUTER = [(-60, -60), (60, -60), (60, 60), (-60, 60)]
HOLE = [(-30, -20), (-30, 25), (35, 20), (20, -30)]

sigmas = st.floats(1.0, 200.0)
offsets = st.floats(-250.0, 250.0)


def in_plane(*rings: list[tuple[float, float]]) -> Polygon:
    """Return the polygon with these corners in metres round ORIGIN."""
    return Polygon(rings=tuple(tuple(PLANE.lonlat(x, y) for x, y in ring) for ring in rings))


def in_degrees(*rings: list[tuple[float, float]]) -> Polygon:
    """Return the polygon with these corners as (longitude, latitude)."""
    return Polygon(
        rings=tuple(tuple(LonLat(lon_deg=x, lat_deg=y) for x, y in ring) for ring in rings)
    )


def disc(radius_m: float) -> PlanarShape:
    return planar(Disc(centre=ORIGIN, radius_m=radius_m), PLANE)


def gon(radius_m: float, corners: int, turn: float = 0.0, x: float = 0.0, y: float = 0.0):
    angles = turn + np.arange(corners) * 2 * pi / corners
    return [(x + radius_m * np.cos(a), y + radius_m * np.sin(a)) for a in angles.tolist()]


def upper(h: float) -> float:
    """Return P(standard normal > -h)."""
    return 0.5 * (1.0 + erf(h / sqrt(2.0)))


def sampled(shape: PlanarShape, x_m: float, y_m: float, sigma_m: float) -> float:
    """Return the share of two million seeded draws that fall inside, by crossing counts."""
    draws = np.random.default_rng(6).normal(0.0, sigma_m, (1_000_000, 2))
    inside_share = 0.0
    for sign in (1.0, -1.0):
        x, y = x_m + sign * draws[:, 0], y_m + sign * draws[:, 1]
        if shape.is_disc:
            inside = np.hypot(x - shape.centre_x_m, y - shape.centre_y_m) < shape.radius_m
        else:
            inside = np.zeros(len(x), dtype=bool)
            for x0, y0, x1, y1 in shape.edges.reshape(-1, 4).tolist():
                if y0 != y1:
                    meets = (y0 > y) != (y1 > y)
                    inside ^= meets & (x < x0 + (y - y0) * (x1 - x0) / (y1 - y0))
        inside_share += 0.5 * float(np.mean(inside))
    return inside_share


SHAPES = {
    "disc": disc(50.0),
    "L": planar(in_plane(L_SHAPE), PLANE),
    "star": planar(in_plane(STAR), PLANE),
    "hole": planar(in_plane(OUTER, HOLE), PLANE),
    "parts": planar(MultiPolygon(parts=(in_plane(L_SHAPE), in_plane(gon(30, 7, x=90)))), PLANE),
}


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("at", [(0.0, 0.0, 15.0), (20.0, 20.0, 8.0), (70.0, -10.0, 40.0)])
def test_mass_agrees_with_monte_carlo(name, at):
    assert mass(SHAPES[name], *at) == pytest.approx(sampled(SHAPES[name], *at), abs=0.0015)


@pytest.mark.parametrize("x_sigmas", [-4.0, -1.0, -1e-9, 0.0, 1e-9, 0.3, 2.0, 5.0])
def test_half_plane_limit(x_sigmas):
    sigma_m = 10.0
    wide = planar(in_plane([(-500, -500), (0, -500), (0, 500), (-500, 500)]), PLANE)
    assert mass(wide, -x_sigmas * sigma_m, 3.0, sigma_m) == pytest.approx(upper(x_sigmas), abs=1e-7)


@pytest.mark.parametrize("turn", [0.0, 0.3, 1.1, 2.5])
def test_the_corner_of_a_square_holds_a_quarter(turn):
    c, s = np.cos(turn), np.sin(turn)
    corners = [(x * c - y * s, x * s + y * c) for x, y in [(0, 0), (400, 0), (400, 400), (0, 400)]]
    assert mass(planar(in_plane(corners), PLANE), 0.0, 0.0, 20.0) == pytest.approx(0.25, abs=1e-7)


@given(x=offsets, y=offsets, sigma=sigmas)
def test_a_rectangle_is_the_product_of_two_normals(x, y, sigma):
    box = planar(in_plane([(-80, -30), (80, -30), (80, 30), (-80, 30)]), PLANE)
    wide = upper((80 - x) / sigma) - upper((-80 - x) / sigma)
    high = upper((30 - y) / sigma) - upper((-30 - y) / sigma)
    assert mass(box, x, y, sigma) == pytest.approx(wide * high, abs=1e-7)


@given(radius=st.floats(0.5, 5000.0), sigma=sigmas)
def test_a_centred_disc_has_its_closed_form(radius, sigma):
    expected = 1.0 - exp(-0.5 * (radius / sigma) ** 2)
    assert mass(disc(radius), 0.0, 0.0, sigma) == pytest.approx(expected, abs=1e-8)


@given(radius=st.floats(5.0, 300.0), x=offsets, y=offsets, sigma=sigmas)
def test_a_disc_is_the_limit_of_polygons(radius, x, y, sigma):
    within = mass(planar(in_plane(gon(radius, 400)), PLANE), x, y, sigma)
    around = mass(planar(in_plane(gon(radius / np.cos(pi / 400), 400)), PLANE), x, y, sigma)
    exact = mass(disc(radius), x, y, sigma)
    assert within - 1e-6 <= exact <= around + 1e-6
    assert around - within <= 4e-5 * radius / sigma + 1e-6


@given(x=offsets, y=offsets, sigma=sigmas, name=st.sampled_from(sorted(SHAPES)))
def test_mass_is_a_probability_and_bounded_by_distance(x, y, sigma, name):
    shape = SHAPES[name]
    p, distance_m = mass(shape, x, y, sigma), distance_to_shape_m(shape, x, y)
    assert 0.0 <= p <= 1.0
    ring_m = abs(distance_m)
    bound = tail_bound(np.array([ring_m]), np.array([sigma]), np.array([1.0]))[0]
    assert (p if distance_m > 0 else 1.0 - p) <= bound
    assert clearance_m(shape, x, y) <= max(0.0, distance_m) + 1e-6


@given(x=offsets, y=offsets, sigma=sigmas)
def test_hole_and_filling_add_up(x, y, sigma):
    whole = mass(planar(in_plane(OUTER), PLANE), x, y, sigma)
    filling = mass(planar(in_plane(HOLE), PLANE), x, y, sigma)
    assert mass(SHAPES["hole"], x, y, sigma) == pytest.approx(whole - filling, abs=1e-7)


@given(x=offsets, y=offsets, sigma=sigmas)
def test_parts_add_up(x, y, sigma):
    second = mass(planar(in_plane(gon(30, 7, x=90)), PLANE), x, y, sigma)
    together = mass(SHAPES["parts"], x, y, sigma)
    assert together == pytest.approx(mass(SHAPES["L"], x, y, sigma) + second, abs=1e-7)


@given(turn=st.floats(0, 6.3), dx=offsets, dy=offsets, x=offsets, y=offsets, sigma=sigmas)
def test_turning_and_shifting_everything_changes_nothing(turn, dx, dy, x, y, sigma):
    c, s = np.cos(turn), np.sin(turn)

    def moved(px: float, py: float) -> tuple[float, float]:
        return dx + px * c - py * s, dy + px * s + py * c

    before = planar(in_plane(STAR), PLANE)
    after = planar(in_plane([moved(*corner) for corner in STAR]), PLANE)
    assert mass(after, *moved(x, y), sigma) == pytest.approx(mass(before, x, y, sigma), abs=1e-7)


@given(x=offsets, y=offsets, sigma=sigmas, name=st.sampled_from(["L", "star"]))
def test_mirrored_shapes_have_mirrored_mass(x, y, sigma, name):
    corners = {"L": L_SHAPE, "star": STAR}[name]
    mirrored = planar(in_plane([(-a, b) for a, b in corners]), PLANE)
    assert mass(mirrored, -x, y, sigma) == pytest.approx(mass(SHAPES[name], x, y, sigma), abs=1e-7)


@given(r=st.floats(1, 300), more=st.floats(0.1, 100), x=offsets, y=offsets, sigma=sigmas)
def test_a_larger_disc_holds_no_less(r, more, x, y, sigma):
    assert mass(disc(r + more), x, y, sigma) >= mass(disc(r), x, y, sigma) - 1e-9


@given(x=offsets, y=offsets, sigma=st.floats(0.5, 20.0), name=st.sampled_from(sorted(SHAPES)))
def test_far_is_nought_and_deep_is_one(x, y, sigma, name):
    distance_m = distance_to_shape_m(SHAPES[name], x, y)
    assume(abs(distance_m) > 9.0 * sigma)
    expected = 0.0 if distance_m > 0.0 else 1.0
    assert mass(SHAPES[name], x, y, sigma) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("ring_m", [5.0, 10_000.0, 60_000.0])
def test_discs_of_any_size_meet_the_half_plane_at_their_rim(ring_m):
    sigma_m = ring_m / 5000.0
    assert mass(disc(ring_m), ring_m, 0.0, sigma_m) == pytest.approx(0.5, abs=1e-4)
    assert mass(disc(ring_m), ring_m - 2 * sigma_m, 0.0, sigma_m) == pytest.approx(
        upper(2.0), abs=1e-4
    )


@pytest.mark.parametrize("sigma_m", [0.0, -1.0, float("nan")])
def test_a_sigma_that_is_not_positive_is_refused(sigma_m):
    with pytest.raises(ValueError, match="not positive"):
        mass(disc(50.0), 0.0, 0.0, sigma_m)


def test_signed_distance():
    assert distance_to_shape_m(SHAPES["disc"], 0.0, 80.0) == pytest.approx(30.0)
    assert distance_to_shape_m(SHAPES["disc"], 10.0, 0.0) == pytest.approx(-40.0)
    assert distance_to_shape_m(SHAPES["hole"], 0.0, 0.0) == pytest.approx(22.2, abs=3.0)
    assert distance_to_shape_m(SHAPES["hole"], 0.0, 58.0) == pytest.approx(-2.0, abs=1e-3)
    assert distance_to_shape_m(SHAPES["L"], -3.0, -4.0) == pytest.approx(5.0, abs=1e-3)
    assert distance_to_shape_m(SHAPES["L"], 63.0, 24.0) == pytest.approx(5.0, abs=1e-3)


def test_tail_bound_is_above_the_tail_and_takes_rows():
    clearances_m = np.array([-5.0, 0.0, 10.0, 50.0, 1e4])
    sigmas_m, weights = np.array([5.0, 100.0]), np.array([0.9, 0.1])
    bound = tail_bound(clearances_m, sigmas_m, weights)
    exact = [0.9 * exp(-0.5 * (c / 5) ** 2) + 0.1 * exp(-0.5 * (c / 100) ** 2) for c in (10, 50)]
    assert bound[:2].tolist() == [1.0, 1.0]
    assert np.all(bound[2:4] > exact)
    assert bound[2:4] == pytest.approx(exact, rel=1e-5)
    assert bound[4] == pytest.approx(1e-9)
    rows = tail_bound(clearances_m, np.tile(sigmas_m, (5, 1)), np.tile(weights, (5, 1)))
    assert rows.tolist() == bound.tolist()


KERNELS_AT = [(x, y, s) for x in (-70.0, 0.0, 20.0, 59.9) for y in (0.0, 21.0) for s in (2, 9, 80)]


@pytest.mark.parametrize(("x_m", "y_m", "sigma_m"), KERNELS_AT)
def test_plain_functions_equal_the_compiled_ones(x_m, y_m, sigma_m):
    edges = SHAPES["hole"].scalar_edges
    at = (x_m, y_m, float(sigma_m))
    assert plain(gaussian.polygon_mass)(edges, *at) == pytest.approx(
        gaussian.polygon_mass(edges, *at), abs=1e-12
    )
    offset_m = hypot(x_m, y_m)
    for radius_m in (1.0, 50.0, 5000.0):
        assert plain(gaussian.disc_mass)(radius_m, offset_m, at[2]) == pytest.approx(
            gaussian.disc_mass(radius_m, offset_m, at[2]), abs=1e-12
        )
    assert plain(gaussian.signed_distance_m)(edges, x_m, y_m) == pytest.approx(
        gaussian.signed_distance_m(edges, x_m, y_m), abs=1e-9
    )
    assert plain(gaussian.disc_distance_m)(50.0, x_m, y_m) == gaussian.disc_distance_m(
        50.0, x_m, y_m
    )


@pytest.mark.parametrize("h2", [0.0, 1e-9, 0.3, 9.0, 40.0])
@pytest.mark.parametrize("half", [0.001, 0.3, 1.0, 1.5, 3.0, 4.5, 6.6])
def test_every_number_of_nodes_is_enough(h2, half):
    fine = np.linspace(-half, half, 200_001)
    u = np.maximum(0.5 * (h2 + fine * fine), 1e-12)
    expected = float(np.trapezoid(-np.expm1(-u) / u, fine))
    for integral in (gaussian._edge_integral, plain(gaussian._edge_integral)):
        assert integral(h2, -half, half) == pytest.approx(expected, abs=1e-7)
    assert plain(gaussian._step)(half) == gaussian._step(half)
    assert plain(gaussian.entire)(float(u[0])) == pytest.approx(-np.expm1(-u[0]) / u[0])
    assert plain(gaussian.entire)(0.0) == 1.0


@given(
    corners=st.lists(st.tuples(st.integers(-8, 8), st.integers(-8, 8)), min_size=2, max_size=4),
    x=st.floats(-90, 90),
    y=st.floats(-90, 90),
)
def test_overlapping_parts_count_once(corners, x, y):
    squares = [[(0, 0), (60, 0), (60, 60), (0, 60)], [(0, 0), (40, 0), (40, 30), (0, 30)]]
    rings = [
        [(10 * a + px, 10 * b + py) for px, py in squares[k % 2]]
        for k, (a, b) in enumerate(corners)
    ]
    degrees = [[(-0.1 + 1.4e-5 * px, 51.5 + 9e-6 * py) for px, py in ring] for ring in rings]
    flat = planar(MultiPolygon(parts=tuple(in_degrees(ring) for ring in degrees)), PLANE)
    united = shapely.union_all([shapely.Polygon(ring) for ring in degrees])
    whole = [
        planar(
            in_degrees(*[list(ring.coords)[:-1] for ring in (one.exterior, *one.interiors)]), PLANE
        )
        for one in shapely.get_parts(united)
    ]
    expected = sum(mass(part, x, y, 15.0) for part in whole)
    assert mass(flat, x, y, 15.0) == pytest.approx(expected, abs=1e-6)
    nearest_m = min(distance_to_shape_m(part, x, y) for part in whole)
    assert distance_to_shape_m(flat, x, y) == pytest.approx(nearest_m, abs=1e-3)


DECIDE = """
import json, sys
import numpy as np
from tagwatch.core.compiled import COMPILED
from tagwatch.core.geometry import *
from tagwatch.core.uncertainty import *
plane = Plane.at(LonLat(lon_deg=-0.1, lat_deg=51.5))
rng = np.random.default_rng(3)
found = []
for k in range(40):
    angles = np.arange(17) * (2 * np.pi / 17)
    radii = rng.uniform(20.0, 300.0, 17)
    ring = tuple(
        plane.lonlat(float(r * np.cos(a)), float(r * np.sin(a)))
        for r, a in zip(radii, angles)
    )
    centre = LonLat(lon_deg=-0.1, lat_deg=51.5)
    for shape in (Polygon(rings=(ring,)), Disc(centre=centre, radius_m=float(radii[0]))):
        flat = planar(shape, plane)
        for x, y in rng.uniform(-350.0, 350.0, (10, 2)).tolist():
            quality = FixQuality(accuracy_m=float(rng.uniform(2.0, 60.0)))
            mixture = error_mixture(quality, ErrorSettings())
            found.append([p_inside(flat, x, y, mixture), quantised(
                min(1.0, abs(distance_to_shape_m(flat, x, y)) / 1e6))])
print(json.dumps({"compiled": COMPILED, "found": found}))
"""


def _decided(**environment: str):
    asked = subprocess.run(
        [sys.executable, "-c", DECIDE],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return json.loads(asked.stdout)


def test_findings_are_identical_with_numba_without_it():
    pytest.importorskip("numba")
    compiled = _decided()
    without = _decided(NUMBA_DISABLE_JIT="1")
    assert (compiled["compiled"], without["compiled"]) == (True, False)
    assert compiled["found"] == without["found"]
    assert len({p for p, _ in compiled["found"]}) > 100


def test_findings_are_identical_on_a_plainer_processor():
    plainer = _decided(NPY_DISABLE_CPU_FEATURES="AVX2 FMA3", NUMBA_DISABLE_JIT="1")
    assert plainer["found"] == _decided(NUMBA_DISABLE_JIT="1")["found"]


def test_the_switch_takes_numba_only_where_it_is(monkeypatch):
    def double(x: float) -> float:
        return 2.0 * x

    numba = pytest.importorskip("numba")
    monkeypatch.setattr(numba.config, "DISABLE_JIT", 1)
    assert switch._compiler() is None
    monkeypatch.setitem(sys.modules, "numba", None)
    assert switch._compiler() is None
    monkeypatch.setattr(switch, "_COMPILER", None)
    assert switch.compiled(double) is double
    assert plain(double) is double


def test_compiled_code_need_not_be_kept():
    pytest.importorskip("numba")
    made: dict[str, Any] = {}
    exec("def double(x):\n    return 2.0 * x", made)
    assert switch.compiled(made["double"])(4.0) == 8.0
