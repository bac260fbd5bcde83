"""Shapes: what is refused and in which words, GeoJSON there and back, edges in the plane."""

import json
import time
from itertools import pairwise

import msgspec
import numpy as np
import pytest
import shapely
from hypothesis import assume, given
from hypothesis import strategies as st

from tagwatch.core.contour import planar
from tagwatch.core.crossing import first_crossing
from tagwatch.core.geometry import (
    Disc,
    LonLat,
    MultiPolygon,
    Plane,
    Polygon,
    Shape,
    ShapeError,
    from_geojson,
    mass,
    to_geojson,
    validate,
)

SQUARE = [[0.0, 51.0], [0.1, 51.0], [0.1, 51.1], [0.0, 51.1], [0.0, 51.0]]
HOLE = [[0.02, 51.02], [0.02, 51.08], [0.08, 51.08], [0.08, 51.02], [0.02, 51.02]]
BOW_TIE = [[0.0, 51.0], [0.1, 51.1], [0.1, 51.0], [0.0, 51.1], [-0.1, 51.05], [0.0, 51.0]]
NEIGHBOUR = [[0.1, 51.0], [0.2, 51.0], [0.2, 51.1], [0.1, 51.1], [0.1, 51.0]]
ISLAND = [[0.04, 51.04], [0.06, 51.04], [0.06, 51.06], [0.04, 51.06], [0.04, 51.04]]


def polygon(*rings):
    return {"type": "Polygon", "coordinates": list(rings)}


def collection(*geometries):
    features = [{"type": "Feature", "properties": {}, "geometry": g} for g in geometries]
    return {"type": "FeatureCollection", "features": features}


def places(*pairs):
    return tuple(LonLat(lon_deg=lon, lat_deg=lat) for lon, lat in pairs)


@pytest.mark.parametrize(
    "document",
    [
        polygon(SQUARE),
        polygon(SQUARE, HOLE),
        {"type": "MultiPolygon", "coordinates": [[SQUARE, HOLE], [ISLAND]]},
    ],
)
def test_geojson_there_and_back(document):
    assert to_geojson(from_geojson(document)) == document


def test_rings_drawn_the_wrong_way_round_are_put_right():
    drawn = from_geojson(polygon(SQUARE[::-1], HOLE[::-1]))
    assert drawn == from_geojson(polygon(SQUARE, HOLE)) or shapely.equals(
        shapely.from_geojson(json.dumps(to_geojson(drawn))),
        shapely.from_geojson(json.dumps(polygon(SQUARE, HOLE))),
    )
    outer, hole = to_geojson(drawn)["coordinates"]
    assert shapely.is_ccw(shapely.LinearRing(outer))
    assert not shapely.is_ccw(shapely.LinearRing(hole))


def test_a_collection_is_the_union_of_its_polygons():
    both = from_geojson(collection(polygon(SQUARE), polygon(NEIGHBOUR)))
    assert isinstance(both, MultiPolygon)
    plane = Plane.at(LonLat(lon_deg=0.1, lat_deg=51.05))
    assert mass(planar(both, plane), 0.0, 0.0, 50.0) == pytest.approx(1.0, abs=1e-8)


def test_a_disc_becomes_a_point_with_its_radius():
    disc = Disc(centre=LonLat(lon_deg=-0.1, lat_deg=51.5), radius_m=200.0)
    written = to_geojson(disc)
    assert written["geometry"] == {"type": "Point", "coordinates": [-0.1, 51.5]}
    assert written["properties"] == {"radius_m": 200.0}
    validate(disc)


def test_height_and_repeated_corners_are_left_out():
    ring = [[*SQUARE[0], 12.0], SQUARE[0], *SQUARE[1:]]
    assert from_geojson(polygon(ring)) == from_geojson(polygon(SQUARE))


NOT_A_ZONE = {
    "type 'Point' is not an area": {"type": "Point", "coordinates": [0, 51]},
    "type None is not an area": {},
    "feature has no geometry": {"type": "Feature", "geometry": None},
    "no list of features": {"type": "FeatureCollection"},
    "no list of coordinates": {"type": "Polygon", "coordinates": 3},
    "the GeoJSON is empty": collection(),
    "the polygon is empty": polygon(),
    "the polygon of part 2 is empty": {"type": "MultiPolygon", "coordinates": [[SQUARE], 3]},
    "the outer ring is empty": polygon([]),
    "hole 1 is empty": polygon(SQUARE, []),
    "hole 1 is not closed": polygon(SQUARE, HOLE[:-1]),
    "different corners": polygon([SQUARE[0], SQUARE[1], SQUARE[0]]),
    "that is not .longitude, latitude": polygon([[1.0]]),
    "not made of numbers": polygon([["0", "51"]]),
    "made of numbers": polygon([[True, False]]),
    "longitude nan": polygon([[float("nan"), 51.0]]),
    "latitude inf": polygon([[0.0, float("inf")]]),
    "latitude 151.5": polygon([[0.0, 151.5]]),
    "impossible corner": polygon([[0.0, 10**400]]),
    "the outer ring has no area": polygon([[0, 51], [1, 51], [2, 51], [0, 51]]),
    "the outer ring crosses itself near longitude 0.05": polygon(BOW_TIE),
    "antimeridian": polygon([[-179, 0], [179, 0], [179, 1], [-179, 0]]),
    "hole 1 is misplaced": polygon(SQUARE, [[5, 51], [6, 51], [6, 52], [5, 51]]),
    "hole 2 is misplaced": polygon(SQUARE, HOLE, ISLAND),
    "the outer ring crosses hole 1": polygon(
        SQUARE, [[0.05, 51.05], [0.15, 51.05], [0.05, 51.06], [0.05, 51.05]]
    ),
    "the outer ring crosses itself of part 2": collection(polygon(SQUARE), polygon(BOW_TIE)),
    "20006 corners, the limit is 10000": polygon([[0.0, 51.0]] * 20_006),
}


@pytest.mark.parametrize("words", NOT_A_ZONE)
def test_what_cannot_be_a_zone_is_refused_in_words(words):
    with pytest.raises(ShapeError, match=words):
        from_geojson(NOT_A_ZONE[words])


def test_empty_and_oversize_shapes_cannot_be_built():
    ring = places(*((i * 1e-5, 51.0 + (i % 2) * 1e-3) for i in range(10_001)))
    with pytest.raises(ShapeError, match="10001 corners, the limit is 10000"):
        Polygon(rings=(ring,))
    half = Polygon(rings=(ring[:6000],))
    with pytest.raises(ShapeError, match="12000 corners"):
        MultiPolygon(parts=(half, half))
    with pytest.raises(ShapeError, match="empty"):
        Polygon(rings=())
    with pytest.raises(ShapeError, match="empty"):
        MultiPolygon(parts=())


@pytest.mark.parametrize("radius_m", [0.0, -1.0, float("nan"), float("inf"), 100_001.0])
def test_impossible_radii_are_refused(radius_m):
    with pytest.raises(ShapeError, match="radius"):
        Disc(centre=LonLat(lon_deg=0.0, lat_deg=51.0), radius_m=radius_m)


def test_shapes_are_journaled_and_check_themselves_when_read():
    shapes = (
        Disc(centre=LonLat(lon_deg=-0.1, lat_deg=51.5), radius_m=200.0),
        from_geojson(polygon(SQUARE, HOLE)),
        from_geojson({"type": "MultiPolygon", "coordinates": [[SQUARE, HOLE], [ISLAND]]}),
    )
    for shape in shapes:
        assert msgspec.json.decode(msgspec.json.encode(shape), type=Shape) == shape
    bad = b'{"type":"disc","centre":[-0.1,51.5],"radius_m":-5}'
    with pytest.raises(msgspec.ValidationError, match="radius -5"):
        msgspec.json.decode(bad, type=Shape)


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), min_size=3, max_size=9))
def test_crossings_are_found_as_shapely_finds_them(corners):
    assume(all(a != b for a, b in pairwise([*corners, corners[0]])))
    ring = np.array(corners, dtype=np.float64)
    edges = [shapely.LineString(pair) for pair in pairwise([*corners, corners[0]])]
    expected = any(
        a.crosses(b) or a.intersection(b).length > 0.0
        for i, a in enumerate(edges)
        for b in edges[i + 1 :]
    )
    assert (first_crossing([ring]) is not None) == expected


def _comb(teeth: int):
    xs = np.arange(teeth) * 1e-4
    return np.stack([xs, 51.0 + (np.arange(teeth) % 2) * 0.05], axis=1)


@pytest.mark.parametrize("slant", [0.0, 1.0, 0.4])
def test_an_outline_of_ten_thousand_corners_is_checked_quickly(slant):
    top = _comb(9_998)
    ring = np.concatenate([top, [[1.0, 52.0], [-0.1, 52.0]]])
    ring[:, 0] += slant * (ring[:, 1] - 51.0)
    began = time.process_time()
    assert first_crossing([ring]) is None
    tangled = ring.copy()
    tangled[7000, 0] += 3e-4
    assert first_crossing([tangled]) is not None
    assert time.process_time() - began < 30.0, "pair by pair it would take far longer"


def test_long_edges_follow_the_parallel():
    plane = Plane.at(LonLat(lon_deg=0.0, lat_deg=51.5))
    wide = Polygon(rings=(places((-0.2, 51.5), (0.2, 51.5), (0.2, 51.6), (-0.2, 51.6)),))
    edges = planar(wide, plane).edges.reshape(-1, 4)
    assert np.max(np.hypot(edges[:, 2] - edges[:, 0], edges[:, 3] - edges[:, 1])) < 2_100.0
    x_m, y_m = plane.xy(0.07, 51.5)
    near = np.min(np.abs(edges[:, 1] - y_m)[np.abs(edges[:, 0] - x_m) < 2_000.0])
    assert near < 1.0


def test_shared_borders_between_parts_are_no_border():
    plane = Plane.at(LonLat(lon_deg=0.1, lat_deg=51.05))
    one = planar(from_geojson(collection(polygon(SQUARE), polygon(NEIGHBOUR))), plane)
    edges = one.edges.reshape(-1, 4)
    assert not np.any((np.abs(edges[:, 0]) < 1e-6) & (np.abs(edges[:, 2]) < 1e-6))
    assert planar(from_geojson(polygon(SQUARE)), plane).edges.flags.writeable is False


def test_the_bounding_disc_and_box_hold_the_shape():
    plane = Plane.at(LonLat(lon_deg=0.0, lat_deg=51.0))
    shape = planar(from_geojson(polygon(SQUARE, HOLE)), plane)
    corners = shape.edges.reshape(-1, 4)[:, :2]
    away = np.hypot(corners[:, 0] - shape.centre_x_m, corners[:, 1] - shape.centre_y_m)
    assert away.max() <= shape.bound_radius_m
    assert np.all(corners.min(axis=0) >= shape.box_m[:2])
    assert np.all(corners.max(axis=0) <= shape.box_m[2:])


def test_a_ring_turned_in_the_order_is_turned_back_in_the_plane():
    plane = Plane.at(LonLat(lon_deg=0.05, lat_deg=51.05))
    backwards = Polygon(rings=(places(*SQUARE[:-1][::-1]),))
    validate(backwards)
    assert mass(planar(backwards, plane), 0.0, 0.0, 10.0) == pytest.approx(1.0, abs=1e-8)
