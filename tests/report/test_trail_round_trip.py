"""What is exported is read back the same, to what docs/exports.md says of each format."""

import re
from io import BytesIO
from math import hypot
from pathlib import Path
from tempfile import TemporaryDirectory
from xml.etree import ElementTree as ET

import duckdb
import msgspec
import numpy as np
import pyarrow.parquet as pq
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from tagwatch.cli.replay_files import format_of, read_trails
from tagwatch.core.fix import FIX_DTYPE, NO_INSTANT, FixBlock, Mark, Motion, Source
from tagwatch.core.geometry import LonLat, Plane
from tagwatch.core.ids import ActivationId, OrderId, TagId, WearerId
from tagwatch.core.order import LegalBasis, Order, Programme
from tagwatch.core.person import Tag, Wearer
from tagwatch.core.settings import DEFAULT_SETTINGS
from tagwatch.core.timetable import london
from tagwatch.core.units import DAY, MINUTE, SECOND, Instant, parse_iso
from tagwatch.report.trail_csv import CONDENSED, PERSON
from tagwatch.report.trail_file import TrailFormat, TrailHead, rows_of
from tagwatch.report.trail_formats import FORMATS

START = parse_iso("2026-10-24T22:00:00Z")
ACTIVATION, WEARER = ActivationId("act_1"), WearerId("w_1")
HEAD = TrailHead(
    wearer=Wearer(
        wearer_id=WEARER,
        name='=cmd|"/C calc"!A0',
        programme=Programme.STALKING,
        borough="Camden",
        agency="probation-london",
        date_of_birth="1990-02-01",
    ),
    start=START,
    end=Instant(START + 3 * DAY),
    made_at=Instant(START + 5 * DAY),
    made_by="ac_one",
    purpose="disclosure",
    settings=DEFAULT_SETTINGS,
    orders=(
        Order(
            order_id=OrderId("o"),
            wearer_id=WEARER,
            reference="R",
            legal_basis=LegalBasis.LICENCE,
            programme=Programme.STALKING,
            starts_at=Instant(START - DAY),
        ),
    ),
    tags={ACTIVATION: Tag(tag_id=TagId("t"), serial="@SN<&>1\x07", model="m")},
    officer="A. Officer",
)
EXACT = ("fixed_at", "lon_deg", "lat_deg", "hdop", "altitude_m", "speed_mps", "bearing_deg")
WHOLE = (*EXACT, "accuracy_m", "confidence", "battery_pct", "sent_at", "satellites", "source",
         "motion", "charging", "marks")  # fmt: skip


def maybe(strategy):
    return st.one_of(st.none(), strategy)


def floats(least, most):
    """Without the all but endless decimals next to nought, which no tag sends."""
    return st.floats(least, most).map(lambda value: value if abs(value) > 1e-12 else 0.0)


FIX = st.fixed_dictionaries(
    {
        "after": st.integers(1_000, 5 * 3600 * SECOND),
        "place": maybe(st.tuples(floats(-8.5, 2.6), floats(49.5, 61.5))),
        "circle": maybe(st.tuples(floats(0.5, 5e4), st.sampled_from([0.5, 0.68, 0.95]))),
        "hdop": maybe(floats(0.3, 40)),
        "altitude_m": maybe(floats(-50, 900)),
        "speed_mps": maybe(floats(0, 60)),
        "bearing_deg": maybe(floats(0, 359.9)),
        "battery_pct": maybe(floats(0, 100)),
        "satellites": maybe(st.integers(0, 30)),
        "source": st.sampled_from(list(Source)),
        "motion": st.sampled_from(list(Motion)),
        "charging": st.sampled_from([-1, 0, 1]),
        "sent_after": maybe(st.integers(0, 3600 * SECOND)),
        "marks": st.sampled_from([Mark.NONE, Mark.NOT_VALID, Mark.MOCK, Mark.LATE]),
    }
)


def block_of(fixes: list[dict]) -> FixBlock:
    block = np.zeros(len(fixes), FIX_DTYPE)
    at = START
    for row, fix in zip(block, fixes, strict=True):
        at += fix["after"]
        marks = fix["marks"] | (Mark.NONE if fix["place"] else Mark.BAD_POSITION)
        accuracy, confidence = fix["circle"] or (np.nan, np.nan)
        row["fixed_at"], row["received_at"] = at, at + DAY
        row["sent_at"] = NO_INSTANT if fix["sent_after"] is None else at + fix["sent_after"]
        row["lon_deg"], row["lat_deg"] = fix["place"] or (np.nan, np.nan)
        row["accuracy_m"], row["confidence"], row["marks"] = accuracy, confidence, marks
        row["satellites"] = -1 if fix["satellites"] is None else fix["satellites"]
        for name in ("hdop", "altitude_m", "speed_mps", "bearing_deg", "battery_pct"):
            row[name] = np.nan if fix[name] is None else fix[name]
        for name in ("source", "motion", "charging"):
            row[name] = fix[name]
    return block


def written(kind: TrailFormat, block: FixBlock) -> bytes:
    file = BytesIO()
    FORMATS[kind].write(HEAD, rows_of([(ACTIVATION, block)], HEAD.settings), file)
    return file.getvalue()


def read_back(kind: TrailFormat, content: bytes) -> FixBlock:
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"trail.{FORMATS[kind].ending}"
        path.write_bytes(content)
        found = read_trails(path, format_of(path))
    return np.concatenate([t.fixes for t in found]) if found else np.zeros(0, FIX_DTYPE)


def same(found: FixBlock, wanted: FixBlock, names: tuple[str, ...]) -> None:
    assert len(found) == len(wanted)
    by_tag = int(Mark.NOT_VALID | Mark.MOCK | Mark.BAD_POSITION)
    for name in names:
        ours = wanted[name] & by_tag if name == "marks" else wanted[name]
        np.testing.assert_array_equal(found[name], ours, err_msg=name)


@pytest.mark.parametrize(
    "kind", [TrailFormat.CSV, TrailFormat.GEOJSON, TrailFormat.GEOPARQUET, TrailFormat.KML]
)
@settings(max_examples=25, deadline=None)
@given(st.lists(FIX, min_size=1, max_size=12))
def test_formats_with_every_field_give_the_same_fixes(kind, fixes) -> None:
    block = block_of(fixes)
    same(read_back(kind, written(kind, block)), block, WHOLE)


@settings(max_examples=25, deadline=None)
@given(st.lists(FIX, min_size=1, max_size=12))
def test_gpx_gives_the_same_fixes_but_for_those_without_a_place(fixes) -> None:
    block = block_of(fixes)
    content = written(TrailFormat.GPX, block)
    placed = block[~np.isnan(block["lat_deg"])]
    if len(placed):
        same(read_back(TrailFormat.GPX, content), placed, WHOLE)
    gpx_is_in_order(ET.fromstring(content))


GPX = "{http://www.topografix.com/GPX/1/1}"
POINT_ORDER = ("ele", "time", "magvar", "geoidheight", "name", "cmt", "desc", "src", "link", "sym",
               "type", "fix", "sat", "hdop", "vdop", "pdop", "ageofdgpsdata", "dgpsid",
               "extensions")  # fmt: skip


def gpx_is_in_order(root: ET.Element) -> None:
    """The rules of the GPX 1.1 schema that a file of tracks can break."""
    assert (root.tag, root.get("version"), bool(root.get("creator"))) == (f"{GPX}gpx", "1.1", True)
    assert [child.tag for child in root][:1] == [f"{GPX}metadata"]
    assert {child.tag for child in root[1:]} <= {f"{GPX}trk"}
    decimal = re.compile(r"-?\d+(\.\d+)?")
    for point in root.iter(f"{GPX}trkpt"):
        assert set(point.attrib) == {"lat", "lon"}
        assert all(decimal.fullmatch(value) for value in point.attrib.values())
        names = [child.tag.removeprefix(GPX) for child in point]
        assert names == sorted(names, key=POINT_ORDER.index)
        assert len(set(names)) == len(names)
        own = {child.tag for child in point.find(f"{GPX}extensions") or ()}
        assert all(tag.startswith("{urn:tagwatch:trail:1}") for tag in own)


@settings(max_examples=25, deadline=None)
@given(st.lists(FIX, min_size=1, max_size=12))
def test_nmea_keeps_place_time_and_circle_to_its_digits(fixes) -> None:
    block = block_of(fixes)
    content = written(TrailFormat.NMEA, block)
    assert max(map(len, content.split(b"\r\n"))) <= 80, "82 with the line end"
    placed = block[~np.isnan(block["lat_deg"])]
    if not len(placed):
        return
    found = read_back(TrailFormat.NMEA, content)
    assert len(found) == len(placed)
    assert np.array_equal(found["fixed_at"], placed["fixed_at"] // 1000 * 1000)
    places = dict.fromkeys(("lon_deg", "lat_deg"), 1e-8)
    hundredths = dict.fromkeys(("hdop", "altitude_m", "bearing_deg"), 0.006)
    for name, within in (places | hundredths | {"speed_mps": 0.0003}).items():
        np.testing.assert_allclose(found[name], placed[name], atol=within, rtol=0, err_msg=name)
    sigma = placed["accuracy_m"] / np.sqrt(-2 * np.log(1 - placed["confidence"]))
    np.testing.assert_allclose(found["accuracy_m"], sigma * np.sqrt(2), atol=1e-3, rtol=1e-6)
    valid = placed["marks"] & int(Mark.NOT_VALID) == 0
    satellite = valid & (placed["source"] == Source.GNSS)
    assert np.array_equal(found["source"] == Source.GNSS, satellite)
    assert np.array_equal(found["marks"] & int(Mark.NOT_VALID) == 0, valid)


def steady(count: int, step: int, **more: object) -> FixBlock:
    fix = dict.fromkeys(
        ("hdop", "altitude_m", "speed_mps", "bearing_deg", "battery_pct", "satellites",
         "sent_after"))  # fmt: skip
    fix |= {"after": step, "place": (-0.1, 51.5), "circle": (9.0, 0.68), "source": Source.GNSS,
            "motion": Motion.UNKNOWN, "charging": -1, "marks": Mark.NONE, **more}  # fmt: skip
    return block_of([fix] * count)


@pytest.mark.parametrize("kind", [TrailFormat.MOJ, TrailFormat.MOJ_FULL])
def test_moj_csv_has_its_headers_and_reads_back_to_the_minute_over_the_long_night(kind) -> None:
    block = steady(60, 7 * MINUTE, speed_mps=10.0, bearing_deg=90.0)
    lines = written(kind, block).decode().split("\r\n")
    heads = CONDENSED if kind is TrailFormat.MOJ else PERSON + CONDENSED
    assert lines[0] == ",".join(heads)
    assert heads[-7:] == CONDENSED
    first = f"{london(Instant(int(block['fixed_at'][0]))):%d/%m/%Y %H:%M},51.5,-0.1,"
    assert first in lines[1]
    assert lines[1].endswith(",36.00,90.0,1")
    if kind is TrailFormat.MOJ_FULL:
        assert "'@SN<&>1" in lines[1], "no formula for a spreadsheet"
        assert "\"'=cmd|" in lines[1]
    found = read_back(kind, written(kind, block))
    minute = block["fixed_at"] // MINUTE * MINUTE
    assert np.array_equal(found["fixed_at"], minute), "also in the hour that comes twice"
    assert np.allclose(found["speed_mps"], 10, atol=0.002)
    assert set(found["confidence"]) == {0.95}


def test_unknown_is_never_nought_and_a_gap_is_no_way() -> None:
    block = steady(3, 3600 * SECOND, circle=None)
    assert b"<hdop>" not in written(TrailFormat.GPX, block)
    assert written(TrailFormat.GPX, block).count(b"<trkseg>") == 3
    assert written(TrailFormat.GPX, steady(3, MINUTE)).count(b"<trkseg>") == 1
    assert b"LineString" not in written(TrailFormat.KML, block)
    assert written(TrailFormat.NMEA, block).count(b"GST") == 0
    [heads, first, *_] = written(TrailFormat.CSV, block).decode().split("\r\n")
    cells = dict(zip(heads.split(","), first.split(","), strict=True))
    assert (cells["accuracy_m"], cells["speed_mps"], cells["satellites"]) == ("", "", "")
    assert float(cells["radius_m_95"]) > 0


def test_others_can_read_it(tmp_path: Path) -> None:
    block = np.concatenate([steady(5, MINUTE), steady(1, MINUTE, place=None)])
    block["fixed_at"][5] += 6 * MINUTE
    path = tmp_path / "t.parquet"
    path.write_bytes(written(TrailFormat.GEOPARQUET, block))
    geo = msgspec.json.decode(pq.read_schema(path).metadata[b"geo"])
    column = geo["columns"][geo["primary_column"]]
    assert (geo["version"], column["encoding"], "crs" in column) == ("1.1.0", "WKB", False)
    table = pq.read_table(path)
    points = [shapely.from_wkb(g) for g in table["geometry"].to_pylist()[:5]]
    assert {(p.x, p.y) for p in points} == {(-0.1, 51.5)}
    asked = "select count(*), count(geometry), count(hdop), max(radius_m_95) from read_parquet(?)"
    [counts] = duckdb.connect().execute(asked, [str(path)]).fetchall()
    assert counts[:3] == (6, 5, 0)
    assert counts[3] > 9
    whole = msgspec.json.decode(written(TrailFormat.GEOJSON, block))
    assert whole["features"].pop()["geometry"] is None
    shape = shapely.from_geojson(msgspec.json.encode(whole))
    assert shapely.get_num_geometries(shape) == 5
    assert "radius" in whole["circles"]
    assert WEARER in whole["about"]
    kml = ET.fromstring(written(TrailFormat.KML, block))
    ns = {"k": "http://www.opengis.net/kml/2.2"}
    marks = kml.findall("k:Document/k:Placemark", ns)
    assert len(marks) == 6
    order = ["name", "TimeStamp", "styleUrl", "ExtendedData", "MultiGeometry"]
    assert [child.tag.rpartition("}")[2] for child in marks[0]] == order
    assert marks[5].find("k:MultiGeometry", ns) is None
    ring = marks[0].findtext(".//k:LinearRing/k:coordinates", "", ns).split()
    assert ring[0] == ring[-1]
    corners = [tuple(map(float, corner.split(","))) for corner in ring]
    plane = Plane.at(LonLat(lon_deg=-0.1, lat_deg=51.5))
    radii = [hypot(*plane.xy(lon, lat)) for lon, lat in corners]
    assert radii == pytest.approx([counts[3]] * 25, rel=0.01)
