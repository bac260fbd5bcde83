"""Zones begin with a borough, or with a place of a file that the installation has loaded."""

import json
from pathlib import Path

import pytest

from tagwatch.core.geometry import Disc, LonLat, Plane, distance_to_shape_m, planar, validate
from tagwatch.desk.zone import area_m2
from tagwatch.query.templates import TemplateError, files_in, names, shape_of
from tagwatch.web.borough import OUTLINES, borough_of

STATION = {"type": "Point", "coordinates": [-0.1, 51.5]}
HALF = 0.001
CORNERS = [(0.0, 0.0), (HALF, 0.0), (HALF, HALF), (0.0, HALF), (0.0, 0.0)]
WARD = {"type": "Polygon", "coordinates": [[[-0.1 + x, 51.5 + y] for x, y in CORNERS]]}


def loaded(folder: Path, name: str, *places: tuple[dict, dict]) -> Path:
    features = [{"type": "Feature", "properties": p, "geometry": g} for p, g in places]
    path = folder / f"{name}.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return path


def test_a_borough_widened_holds_what_lies_just_outside_it() -> None:
    shape = shape_of([OUTLINES], "Boroughs: Camden", 0.0)
    validate(shape)
    assert 20e6 < area_m2(shape) < 24e6
    wide = shape_of([OUTLINES], "Boroughs: Camden", 200.0)
    validate(wide)
    assert area_m2(wide) > area_m2(shape) + 200.0 * 15_000
    place = LonLat(lon_deg=-0.1416, lat_deg=51.5390)
    assert borough_of(place.lon_deg, place.lat_deg) == "Camden"
    plane = Plane.at(place)
    assert distance_to_shape_m(planar(shape, plane), 0.0, 0.0) < 0.0
    deeper_m = distance_to_shape_m(planar(wide, plane), 0.0, 0.0)
    assert deeper_m == pytest.approx(distance_to_shape_m(planar(shape, plane), 0, 0) - 200, abs=20)


def test_stations_and_wards_come_from_the_files_in_the_folder(tmp_path: Path) -> None:
    loaded(tmp_path, "stations", ({"name": "Kings Bridge"}, STATION))
    loaded(tmp_path, "wards", ({"WD13NM": "Abbey"}, WARD), ({"WD13NM": "Abbey"}, WARD))
    paths = files_in(tmp_path)
    assert names(paths) == ("Stations: Kings Bridge", "Wards: Abbey", "Wards: Abbey (2)")
    disc = shape_of(paths, "Stations: Kings Bridge", 150.0)
    assert isinstance(disc, Disc)
    assert disc.radius_m == 150.0
    with pytest.raises(TemplateError, match="point or a line"):
        shape_of(paths, "Stations: Kings Bridge", 0.0)
    side_m = Plane.at(disc.centre).scale_m[0] * HALF
    assert area_m2(shape_of(paths, "Wards: Abbey", 0.0)) == pytest.approx(side_m**2 * 1.6, rel=0.1)


def test_what_is_not_there_or_not_readable_is_said(tmp_path: Path) -> None:
    assert files_in(tmp_path / "nowhere") == ()
    with pytest.raises(TemplateError, match="of the list"):
        shape_of([OUTLINES], "Boroughs: Atlantis", 0.0)
    broken = tmp_path / "wards.geojson"
    broken.write_text("{")
    with pytest.raises(TemplateError, match=r"wards\.geojson is no GeoJSON"):
        names([broken])
