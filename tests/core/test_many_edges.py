"""Over many edges at once: bit for bit what the scalar kernels say edge by edge."""

import numpy as np
import pytest

from tagwatch.core import compiled, gaussian, many_edges
from tagwatch.core.compiled import plain


def outline(corners: int, radius_m: float, seed: int) -> np.ndarray:
    """A closed, ragged outline round (50, -20) as flat edges."""
    rng = np.random.default_rng(seed)
    turns = np.linspace(0.0, 2 * np.pi, corners, endpoint=False)
    radii = radius_m * (1.0 + 0.2 * rng.random(corners))
    points = np.stack([50.0 + radii * np.cos(turns), -20.0 + radii * np.sin(turns)], axis=1)
    return np.hstack([points, np.roll(points, -1, axis=0)]).reshape(-1)


@pytest.mark.parametrize("corners", [3, 17, 400, 3000])
@pytest.mark.parametrize("radius_m", [5.0, 80.0, 2000.0])
def test_every_bit_is_the_same(corners, radius_m) -> None:
    edges = outline(corners, radius_m, corners)
    walked = tuple(edges.tolist())
    rng = np.random.default_rng(7)
    places = [(50.0, -20.0), (edges[0], edges[1]), ((edges[0] + edges[2]) / 2, edges[3])]
    places += [(50.0 + x, y - 20.0) for x, y in rng.normal(0.0, radius_m, (8, 2)).tolist()]
    for x_m, y_m in [(float(x), float(y)) for x, y in places]:
        for sigma_m in (2.5, 14.0, 100.0, 3000.0, 1e6):
            at_once = many_edges.polygon_mass(edges, x_m, y_m, sigma_m)
            assert at_once == plain(gaussian.polygon_mass)(walked, x_m, y_m, sigma_m)
        away = many_edges.signed_distance_m(edges, x_m, y_m)
        assert away == plain(gaussian.signed_distance_m)(walked, x_m, y_m)


def test_shapes_of_many_edges_take_this_way_where_nothing_is_compiled(monkeypatch) -> None:
    from tagwatch.core import geometry
    from tagwatch.core.geometry import LonLat, Plane, Polygon, planar

    plane = Plane.at(LonLat(lon_deg=-0.1, lat_deg=51.5))
    points = outline(150, 200.0, 1).reshape(-1, 4)[:, :2].tolist()
    shape = planar(Polygon(rings=(tuple(plane.lonlat(x, y) for x, y in points),)), plane)
    walked = [
        geometry.mass(shape, 60.0, 0.0, 30.0),
        geometry.mixed_mass(shape, 260.0, 0.0, (0.9, 0.1), (5.0, 90.0)),
        geometry.distance_to_shape_m(shape, 60.0, 0.0),
    ]
    monkeypatch.setattr(compiled, "COMPILED", not compiled.COMPILED)
    other = [
        geometry.mass(shape, 60.0, 0.0, 30.0),
        geometry.mixed_mass(shape, 260.0, 0.0, (0.9, 0.1), (5.0, 90.0)),
        geometry.distance_to_shape_m(shape, 60.0, 0.0),
    ]
    assert other == pytest.approx(walked, abs=1e-12)
