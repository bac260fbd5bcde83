"""`tagwatch assess`: streams, exit codes and lines as docs/assess.md says."""

import json
import math
import random
import time
from pathlib import Path

import numpy as np
import pytest
from shapely import segmentize, transform
from shapely.geometry import mapping, shape
from shapely.ops import unary_union

from tagwatch.cli.assess import read_zone
from tagwatch.core.geometry import LonLat, Plane, planar
from tests.cli.program import Ended, really_run, run

AT = "2026-03-02T{:02}:{:02}:00Z"


def box(west: float, south: float, east: float, north: float) -> list[list[float]]:
    return [[west, south], [east, south], [east, north], [west, north], [west, south]]


SQUARE = {"type": "Polygon", "coordinates": [box(-0.104, 51.498, -0.096, 51.502)]}


def zone_file(tmp_path: Path, document: object) -> Path:
    path = tmp_path / "zone.geojson"
    path.write_text(document if isinstance(document, str) else json.dumps(document))
    return path


def fixes_file(tmp_path: Path, places: list[tuple[float, float]], header="time,lat,lon") -> Path:
    path = tmp_path / "fixes.csv"
    rows = [f"{AT.format(8 + k // 60, k % 60)},{lat},{lon}" for k, (lat, lon) in enumerate(places)]
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


VISIT = [(51.51, -0.1)] * 3 + [(51.5, -0.1)] * 6 + [(51.51, -0.1)] * 4


def assessed(tmp_path: Path, document: object, places=VISIT) -> list[dict]:
    ended = run("assess", "--zone", zone_file(tmp_path, document), fixes_file(tmp_path, places))
    assert ended.returncode == 0, ended.stderr
    return [json.loads(line) for line in ended.stdout.splitlines()]


def refused(*words: str | Path) -> str:
    ended = run("assess", *words)
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert ended.stderr.startswith("tagwatch: ")
    return ended.stderr


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ([box(20.0, 80.9, 20.1, 81.0)], "latitude 81"),
        ([box(-0.1, 51.4, 0.0, 51.5), box(150.0, -33.1, 150.1, -33.0)], "divide it"),
        ([box(179.9, 0.0, 180.0, 0.1), box(-180.0, 0.0, -179.9, 0.1)], "divide it"),
    ],
)
def test_where_nothing_can_be_judged_is_refused(tmp_path, parts, said: str) -> None:
    zone = zone_file(tmp_path, {"type": "MultiPolygon", "coordinates": [[p] for p in parts]})
    assert said in refused("--zone", zone, fixes_file(tmp_path, VISIT))


def test_lines_are_those_of_the_document(tmp_path) -> None:
    lines = assessed(tmp_path, SQUARE)
    fixes, episodes = lines[:13], lines[13:]
    assert [line["index"] for line in fixes] == list(range(13))
    assert all(set(line) == {"kind", "index", "fixed_at", "p_inside"} for line in fixes)
    assert fixes[0]["fixed_at"] == "2026-03-02T08:00:00Z"
    assert fixes[5]["p_inside"] > 0.99 > 0.01 > fixes[0]["p_inside"]
    (episode,) = episodes
    assert list(episode) == [
        *("kind", "class", "probability", "entered_at", "left_at", "fixes"),
    ]
    assert (episode["kind"], episode["class"]) == ("episode", "confirmed")
    assert episode["entered_at"] == ["2026-03-02T08:02:00Z", "2026-03-02T08:03:00Z"]
    assert episode["left_at"] == ["2026-03-02T08:08:00Z", "2026-03-02T08:09:00Z"]
    assert set(range(3, 9)) <= set(episode["fixes"])


def test_a_stay_at_the_end_is_open_and_nothing_found_is_no_failure(tmp_path) -> None:
    assert assessed(tmp_path, SQUARE, VISIT[:9])[-1]["left_at"] is None
    assert [line["kind"] for line in assessed(tmp_path, SQUARE, VISIT[:3])] == ["fix"] * 3
    assert assessed(tmp_path, SQUARE, []) == []


def test_a_zone_drawn_inside_out_or_wrapped_is_the_same_zone(tmp_path) -> None:
    plain = assessed(tmp_path, SQUARE)
    hole = box(-0.1005, 51.5005, -0.0995, 51.501)
    inside_out = {"type": "Polygon", "coordinates": [SQUARE["coordinates"][0][::-1]]}
    feature = {"type": "Feature", "properties": None, "geometry": SQUARE}
    for same in (
        inside_out,
        feature,
        {"type": "MultiPolygon", "coordinates": [SQUARE["coordinates"]]},
        {"type": "FeatureCollection", "features": [feature, feature]},
    ):
        assert assessed(tmp_path, same) == plain
    holed = [
        {"type": "Polygon", "coordinates": [SQUARE["coordinates"][0], ring]}
        for ring in (hole, hole[::-1])
    ]
    first, second = (assessed(tmp_path, one) for one in holed)
    assert first == second != plain


def test_a_collection_is_the_union_of_its_polygons(tmp_path) -> None:
    whole = assessed(tmp_path, SQUARE)
    for parts in (
        [box(-0.104, 51.498, -0.1, 51.502), box(-0.1, 51.498, -0.096, 51.502)],
        [box(-0.104, 51.498, -0.099, 51.502), box(-0.101, 51.498, -0.096, 51.502)],
        [box(-0.104, 51.498, -0.096, 51.502), box(-0.103, 51.499, -0.097, 51.501)],
    ):
        collection = {
            "type": "FeatureCollection",
            "features": [
                {"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [ring]}}
                for ring in parts
            ],
        }
        found = assessed(tmp_path, collection)
        assert [line["kind"] for line in found] == [line["kind"] for line in whole]
        for one, other in zip(found[:13], whole[:13], strict=True):
            assert one["p_inside"] == pytest.approx(other["p_inside"], abs=3e-6)


def _rectangle(r: random.Random):
    """A random box on a coarse grid: many touch, share edges, or fill each other's corners."""
    west, south = r.randrange(8), r.randrange(8)
    return (west, south, west + r.randint(1, 5), south + r.randint(1, 5))


@pytest.mark.parametrize("seed", range(25))
def test_the_union_covers_what_shapely_says(tmp_path, seed) -> None:
    r = random.Random(seed)
    rings = [
        box(-0.1 + w * 1e-3, 51.5 + s * 1e-3, -0.1 + e * 1e-3, 51.5 + n * 1e-3)
        for w, s, e, n in (_rectangle(r) for _ in range(r.randint(2, 7)))
    ]
    if seed % 3 == 0:
        turned = [[x + 0.4 * (y - 51.5), y] for x, y in rings[0]]
        rings.append(turned)
    geometries = [{"type": "Polygon", "coordinates": [ring]} for ring in rings]
    path = zone_file(
        tmp_path,
        {
            "type": "FeatureCollection",
            "features": [{"type": "Feature", "geometry": g} for g in geometries],
        },
    )
    plane = Plane.at(LonLat(lon_deg=-0.1, lat_deg=51.5))
    edges = planar(read_zone(path), plane).edges.reshape(-1, 4)
    starts, ends = (sorted(map(tuple, edges[:, at : at + 2].tolist())) for at in (0, 2))
    gaps_m = [math.dist(a, b) for a, b in zip(starts, ends, strict=True)]
    assert max(gaps_m) < 1e-5, "the border is closed"
    area = 0.5 * float((edges[:, 0] * edges[:, 3] - edges[:, 2] * edges[:, 1]).sum())
    whole = unary_union([shape(g) for g in geometries])
    metric = transform(segmentize(whole, 2e-4), lambda xy: np.stack(plane.xy_arrays(*xy.T), 1))
    assert area == pytest.approx(metric.area, abs=2.0), "a bend of a hair along each edge"


BOW = {"type": "Polygon", "coordinates": [[[0, 51], [0.1, 51.1], [0.1, 51], [0, 51.1], [0, 51]]]}
ACROSS = {"type": "Polygon", "coordinates": [box(-179.9, 51, 179.9, 52)]}


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ("", "is not JSON"),
        ("{", "is not JSON"),
        ("[]", "holds no JSON object"),
        ("[" * 100_000, "is not JSON"),
        ("{}", "is not an area"),
        ({"type": "Point", "coordinates": [0, 51]}, "is not an area"),
        ({"type": "Polygon", "coordinates": []}, "is empty"),
        ({"type": "Polygon", "coordinates": [[]]}, "is empty"),
        ({"type": "MultiPolygon", "coordinates": []}, "is empty"),
        ({"type": "FeatureCollection", "features": []}, "is empty"),
        ({"type": "Feature", "geometry": None}, "has no geometry"),
        ({"type": "Polygon", "coordinates": [[[0, 51], [1, 51], [0, 51]]]}, "different corners"),
        ({"type": "Polygon", "coordinates": [[[0, 51], [1, 52], [2, 53], [0, 51]]]}, "no area"),
        ({"type": "Polygon", "coordinates": [box(0, 51, 1, 52)[:4]]}, "is not closed"),
        ({"type": "Polygon", "coordinates": [box(0, 91, 1, 92)]}, "impossible corner"),
        ({"type": "Polygon", "coordinates": [box(530000, 180000, 530100, 180100)]}, "impossible"),
        (BOW, "near longitude 0.050000, latitude 51.050000"),
        (ACROSS, "antimeridian"),
        (json.dumps(SQUARE).replace("51.498", "NaN"), "impossible corner"),
    ],
)
def test_a_zone_that_is_none_is_code_2_and_says_why(tmp_path, document, words) -> None:
    zone = zone_file(tmp_path, document)
    said = refused("--zone", zone, fixes_file(tmp_path, VISIT))
    assert words in said
    assert str(zone) in said


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("time,lat\n", "no column lon"),
        ("time,lat,lon\n2026-03-02T08:00:00Z,51.5,0\nnever,51.5,0\n", "row 1 (line 3)"),
        ("time,lat,lon\n2026-03-02T08:00:00,51.5,0\n", "has no zone"),
        ("time,lat,lon\n2026-03-02T08:00:00Z,95,0\n", "lat 95"),
    ],
)
def test_a_file_that_cannot_be_read_is_code_2_and_says_why(tmp_path, text, words) -> None:
    fixes = tmp_path / "fixes.csv"
    fixes.write_text(text)
    assert words in refused("--zone", zone_file(tmp_path, SQUARE), fixes)


def test_files_that_are_not_there_and_settings_that_are_none(tmp_path) -> None:
    zone, fixes = zone_file(tmp_path, SQUARE), fixes_file(tmp_path, VISIT)
    assert "cannot be read" in refused("--zone", tmp_path / "none", fixes)
    assert "cannot be read" in refused("--zone", zone, tmp_path / "none")
    settings = tmp_path / "settings.json"
    settings.write_text('{"zone": {"fold_s": "soon"}}')
    assert "no rule settings" in refused("--zone", zone, "--settings", settings, fixes)
    assert run("assess", fixes).returncode == 2


def test_settings_of_a_file_are_the_rules(tmp_path) -> None:
    zone, fixes = zone_file(tmp_path, SQUARE), fixes_file(tmp_path, VISIT)
    settings = tmp_path / "settings.json"
    settings.write_text('{"zone": {"confirm_fixes": 50}}')
    ended = run("assess", "--zone", zone, "--settings", settings, fixes)
    assert json.loads(ended.stdout.splitlines()[-1])["class"] == "undetermined"


def test_accuracies_of_every_kind_keep_their_row(tmp_path) -> None:
    cells = ["", "0", "-5", "nan", "inf", "1e308", "0.001", "5", "1e6"]
    rows = [f"{AT.format(8, k)},51.5,-0.1,{cell}" for k, cell in enumerate(cells)]
    fixes = tmp_path / "fixes.csv"
    fixes.write_text("\n".join(["time,lat,lon,accuracy_m", *rows]))
    ended = run("assess", "--zone", zone_file(tmp_path, SQUARE), fixes)
    found = [json.loads(line) for line in ended.stdout.splitlines()]
    p = [line["p_inside"] for line in found if line["kind"] == "fix"]
    assert len(p) == len(cells)
    assert all(isinstance(one, float) and 0.0 <= one <= 1.0 for one in p)
    alone = {cell: p_of_one(tmp_path, cell) for cell in ("", "0", "-5", "inf", "5")}
    assert p[0] == alone[""] == alone["0"] == alone["-5"], "unknown, all of them"
    assert alone["inf"] < 0.01 < alone[""] <= alone["5"], "an endless radius says nothing"


def p_of_one(tmp_path, accuracy: str) -> float:
    """What a single fix of that accuracy in the square says."""
    fixes = tmp_path / "one.csv"
    fixes.write_text(f"time,lat,lon,accuracy_m\n{AT.format(8, 0)},51.5,-0.1,{accuracy}\n")
    ended = run("assess", "--zone", zone_file(tmp_path, SQUARE), fixes)
    return json.loads(ended.stdout.splitlines()[0])["p_inside"]


def test_columns_that_nothing_is_read_from_are_named(tmp_path) -> None:
    fixes = fixes_file(tmp_path, [], "time,lat,lon,accuracy,true_lat")
    ended = run("assess", "--zone", zone_file(tmp_path, SQUARE), fixes)
    assert ended.returncode == 0
    assert "nothing is read from the columns accuracy, true_lat" in ended.stderr


def circle(corners: int) -> dict:
    ring = [
        [
            -0.1 + 0.004 * math.cos(2 * math.pi * k / corners),
            51.5 + 0.0025 * math.sin(2 * math.pi * k / corners),
        ]
        for k in range(corners)
    ]
    return {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}


def test_ten_thousand_corners_and_one_too_many(tmp_path) -> None:
    began = time.perf_counter()
    many = assessed(tmp_path, circle(10_000), VISIT * 10)
    assert time.perf_counter() - began < 60
    few = assessed(tmp_path, circle(1000), VISIT * 10)
    for one, other in zip(many[:130], few[:130], strict=True):
        assert one["p_inside"] == pytest.approx(other["p_inside"], abs=1e-4)
    zone = zone_file(tmp_path, circle(10_001))
    assert "the limit is 10000" in refused("--zone", zone, fixes_file(tmp_path, VISIT))


def test_it_runs_plainly_without_a_compiler_and_says_the_same(tmp_path) -> None:
    zone, fixes = zone_file(tmp_path, SQUARE), fixes_file(tmp_path, VISIT * 3)
    ended: list[Ended] = []
    for environ in ({"NUMBA_DISABLE_JIT": "1"}, {}):
        done = really_run("assess", "--zone", zone, fixes, **environ)
        ended.append(Ended(done.returncode, done.stdout, done.stderr))
    assert ended[0] == ended[1]
    assert ended[0].returncode == 0


def test_real_zones_are_read(tagwatch_data, tmp_path) -> None:
    fixes = fixes_file(tmp_path, [(51.512, -0.11), (51.55, 0.2)])
    zone = tagwatch_data / "geo" / "zone_congestion_charge.geojson"
    ended = run("assess", "--zone", zone, fixes)
    p = [json.loads(line)["p_inside"] for line in ended.stdout.splitlines()[:2]]
    assert p[0] > 0.99
    assert p[1] == 0.0
    boroughs = tagwatch_data / "geo" / "boroughs_spdata_cc0_debian.geojson"
    whole = run("assess", "--zone", boroughs, fixes)
    assert whole.returncode in (0, 2)
    assert mapping(shape(SQUARE))["type"] == "Polygon"
