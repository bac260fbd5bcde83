"""Railway lines and stations as an installation has loaded them."""

import json
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from tagwatch.config import Config, MovementsConfig
from tagwatch.query.railways import railways_of


def written(path: Path, *features: tuple[str, dict[str, Any]]) -> None:
    found = [
        {"type": "Feature", "properties": {"name": name}, "geometry": geometry}
        for name, geometry in features
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": found}))


def config(folder: Path, railways: str = "lines.geojson", stations: str = "") -> Config:
    files = MovementsConfig(railways=(railways,), stations=(stations,) if stations else ())
    return msgspec.structs.replace(Config(data=folder), movements=files)


def test_lines_of_several_parts_and_stations_by_name(tmp_path: Path) -> None:
    one, other = [[-0.1, 51.5], [-0.08, 51.5]], [[-0.2, 51.6], [-0.2, 51.62]]
    written(
        tmp_path / "lines.geojson",
        ("", {"type": "MultiLineString", "coordinates": [one, other]}),
        ("", {"type": "Point", "coordinates": [-0.3, 51.5]}),
    )
    ring = [[-0.09, 51.4998], [-0.0898, 51.4998], [-0.0898, 51.5002], [-0.09, 51.4998]]
    written(
        tmp_path / "stops.geojson",
        ("Alder", {"type": "Point", "coordinates": [-0.1, 51.5]}),
        ("Birch", {"type": "Polygon", "coordinates": [ring]}),
    )
    found = railways_of(config(tmp_path, stations="stops.geojson"))
    assert found
    apart_m, _ = found.near(np.array([-0.09, -0.3]), np.array([51.501, 51.5]))
    assert 100.0 < apart_m[0] < 120.0
    assert np.isinf(apart_m[1])
    assert set(found.names) == {"Alder", "Birch"}
    assert found.said.startswith("lines.geojson (SHA-256 ")
    assert "stops.geojson" in found.said


def test_a_file_that_cannot_be_used_is_said_and_nothing_is_loaded(tmp_path: Path) -> None:
    absent = railways_of(config(tmp_path))
    (tmp_path / "lines.geojson").write_text("{")
    broken = railways_of(config(tmp_path))
    written(tmp_path / "lines.geojson", ("A", {"type": "Point", "coordinates": [-0.3, 51.5]}))
    empty = railways_of(config(tmp_path))
    assert not absent
    assert not broken
    assert not empty
    assert "there is no such file" in absent.said
    assert "no GeoJSON that can be read" in broken.said
    assert "There is no line in lines.geojson" in empty.said


def test_no_files_are_no_lines(tmp_path: Path) -> None:
    assert railways_of(Config(data=tmp_path)).said == ""


def test_real_stations_lie_at_real_lines(tagwatch_data: Path) -> None:
    geo = tagwatch_data / "geo"
    found = railways_of(config(geo, "nr_lines.geojson", "nr_stations.geojson"))
    apart_m, _ = found.near(found.stations[:, 0], found.stations[:, 1])
    assert len(found.names) > 300
    assert np.mean(apart_m < 100.0) > 0.95
