"""Real multi-part zones: the congestion charge, low emission and ultra low emission zones."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely

from tagwatch.core.contour import planar
from tagwatch.core.geometry import (
    LonLat,
    Plane,
    ShapeError,
    distance_to_shape_m,
    from_geojson,
    mass,
)


def _zone(folder: Path, name: str) -> dict[str, Any]:
    return json.loads((folder / "geo" / f"zone_{name}.geojson").read_text())


def _thinned(document: dict[str, Any]) -> dict[str, Any]:
    """Return the union of the features without corners that matter less than about 2 m."""
    shapes = [shapely.from_geojson(json.dumps(f["geometry"])) for f in document["features"]]
    whole = shapely.simplify(shapely.union_all([shapely.make_valid(s) for s in shapes]), 2e-5)
    return json.loads(shapely.to_geojson(whole))


@pytest.mark.parametrize("name", ["lez", "ulez_2021"])
def test_too_many_corners_are_refused_saying_how_many(tagwatch_data, name):
    with pytest.raises(ShapeError, match=r"corners, the limit is 10000; simplify"):
        from_geojson(_zone(tagwatch_data, name))


@pytest.mark.parametrize("name", ["congestion_charge", "lez", "ulez_2021"])
def test_mass_and_distance_over_a_real_zone(tagwatch_data, name):
    document = _zone(tagwatch_data, name)
    if name != "congestion_charge":
        document = _thinned(document)
    shape = from_geojson(document)
    truth = shapely.from_geojson(json.dumps(document))
    truth = shapely.union_all(shapely.get_parts(truth))
    shapely.prepare(truth)
    west, south, east, north = shapely.bounds(truth)
    plane = Plane.at(LonLat(lon_deg=(west + east) / 2, lat_deg=(south + north) / 2))
    flat = planar(shape, plane)
    rng = np.random.default_rng(11)
    edges = flat.edges.reshape(-1, 4)
    for start in edges[rng.integers(0, len(edges), 3), :2]:
        x_m, y_m = (start + rng.normal(0.0, 40.0, 2)).tolist()
        draws = rng.normal(0.0, 30.0, (8_000, 2))
        draws = np.concatenate([draws, -draws]) + np.array([x_m, y_m])
        lonlat = np.array([(p.lon_deg, p.lat_deg) for p in (plane.lonlat(*d) for d in draws)])
        sampled = float(np.mean(shapely.contains_xy(truth, lonlat)))
        assert mass(flat, x_m, y_m, 30.0) == pytest.approx(sampled, abs=0.015)
        here = plane.lonlat(x_m, y_m)
        inside = shapely.contains_xy(truth, here.lon_deg, here.lat_deg)
        assert (distance_to_shape_m(flat, x_m, y_m) < 0.0) == bool(inside)
