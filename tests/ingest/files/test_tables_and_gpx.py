"""CSV of three kinds and GPX: exact fixes, and every row accounted for."""

from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagwatch.core.fix import Mark, Source
from tagwatch.core.units import iso, parse_iso
from tagwatch.ingest.files.block import FileError, FileReport
from tagwatch.ingest.files.csv_moj import read_moj
from tagwatch.ingest.files.csv_own import read_own
from tagwatch.ingest.files.gpx import read_gpx
from tagwatch.ingest.files.table import AngleUnit, Columns, read_table

RECEIVED = parse_iso("2026-07-01T12:00:00Z")
MOJ = (
    "person_id,position_latitude,position_longitude,position_precision,position_speed,"
    "position_direction,position_gps_date,position_recorded_date,position_lbs,device_id\n"
    "P1,51.5,-0.1,18,36,1.5707963267948966,,2026-06-19 13:55:29.000,6,D1\n"
)


def all_of(blocks):
    found = list(blocks)
    return np.concatenate([block.fixes for block in found]), found


def write(tmp_path, text: str, name: str = "f.csv"):
    path = tmp_path / name
    path.write_text(text)
    return path


def test_own_csv(tmp_path) -> None:
    text = (
        "time,lat,lon,accuracy_m,confidence,hdop,satellites,source\n"
        "2026-03-01T12:00:00Z,51.5,-0.1,9,0.95,1.2,8,gnss\n"
        "1764000000,51.6,-0.2,,,,,6\n"
        "later,51.6,-0.2,,,,,\n"
        "2026-03-01T12:00:00Z,north,-0.2,,,,,\n"
        "short\n"
    )
    report = FileReport()
    fixes, _ = all_of(read_own(write(tmp_path, text), report, RECEIVED))
    assert fixes["index"].tolist() == [0, 1, 2, 3]
    assert iso(int(fixes[0]["fixed_at"])) == "2026-03-01T12:00:00Z"
    assert (fixes[0]["accuracy_m"], fixes[0]["confidence"], fixes[0]["satellites"]) == (9, 0.95, 8)
    assert fixes["source"].tolist()[:2] == [Source.GNSS, Source.WIFI]
    assert [int(m) for m in fixes["marks"]] == [0, 0, Mark.BAD_TIME, Mark.BAD_POSITION]
    assert (report.rows, report.fixes, report.faults) == (5, 4, 3)
    assert [fault.row for fault in report.named] == [4, 5, 6]


def test_moj_csv_with_directions_in_radians(tmp_path) -> None:
    path = write(tmp_path, MOJ)
    fixes, [block] = all_of(read_moj(path, FileReport(), RECEIVED, AngleUnit.RADIANS))
    [fix] = fixes
    assert (fix["accuracy_m"], fix["confidence"], fix["speed_mps"]) == (18, 0.95, 10)
    assert fix["bearing_deg"] == pytest.approx(90)
    assert iso(int(fix["fixed_at"])) == "2026-06-19T13:55:29Z"
    assert (fix["source"], block.devices, block.persons) == (Source.WIFI, ["D1"], ["P1"])


def test_a_missing_column_is_named(tmp_path) -> None:
    path = write(tmp_path, "position_latitude,position_longitude\n1,2\n")
    with pytest.raises(FileError, match="position_precision, position_gps_date or position_rec"):
        list(read_moj(path, FileReport(), RECEIVED))


def test_moj_stub_and_real_trails(tagwatch_data) -> None:
    report = FileReport()
    fixes, _ = all_of(read_moj(tagwatch_data / "crime/stub_positions_001.csv", report, RECEIVED))
    assert (len(fixes), report.faults) == (report.rows, 8), "eight rows have no coordinates"
    bus = Columns(times=("timestamp",), lat="latitude", lon="longitude", bearing="bearing")
    fixes, _ = all_of(
        read_table(tagwatch_data / "trails/route14_outbound.csv", bus, FileReport(), RECEIVED)
    )
    assert (len(fixes), fixes["marks"].sum()) == (1533, 0)
    stopgo = Columns(times=("ts",), lat="latitude", lon="longitude")
    fixes, _ = all_of(
        read_table(tagwatch_data / "trails/stopgo_raw_example.csv", stopgo, FileReport(), RECEIVED)
    )
    assert len(fixes) == 697
    assert iso(int(fixes[0]["fixed_at"])) == "2000-01-12T02:50:29Z"


GPX = """<?xml version="1.0"?>
<gpx version="1.1" xmlns="http://www.topografix.com/GPX/1/1"><trk><name>n</name><trkseg>
<trkpt lat="51.5" lon="-0.1"><ele>31</ele><time>2026-03-01T12:00:00Z</time><sat>8</sat>
<hdop>1.5</hdop></trkpt>
<trkpt lat="51.6" lon="x"><time>2026-03-01T12:00:10Z</time></trkpt>
<trkpt lat="51.6" lon="-0.1"/></trkseg></trk></gpx>"""


def test_gpx(tmp_path) -> None:
    report = FileReport()
    fixes, _ = all_of(read_gpx(write(tmp_path, GPX), report, RECEIVED))
    assert (len(fixes), report.rows, report.faults) == (3, 3, 2)
    first = fixes[0]
    assert (first["lat_deg"], first["lon_deg"], first["altitude_m"]) == (51.5, -0.1, 31)
    assert (first["satellites"], first["hdop"], first["source"]) == (8, 1.5, Source.GNSS)
    assert iso(int(first["fixed_at"])) == "2026-03-01T12:00:00Z"
    assert [int(m) for m in fixes["marks"]] == [0, Mark.BAD_POSITION, Mark.BAD_TIME]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('<!DOCTYPE gpx [<!ENTITY a "b">]><gpx/>', "document type"),
        ("<gpx><trk>", "not whole XML"),
        ("<kml/>", "no GPX"),
        ("<gpx>" + "<a>" * 60, "nested"),
    ],
)
def test_what_is_no_gpx_says_why(tmp_path, text, says) -> None:
    with pytest.raises(FileError, match=says):
        list(read_gpx(write(tmp_path, text), FileReport(), RECEIVED))


@given(data=st.binary(max_size=300) | st.text(alphabet=',"\n\r0123456789.-timelaon').map(
    lambda text: b"time,lat,lon\n" + text.encode()))  # fmt: skip
def test_any_bytes_are_read_or_refused(tmp_path_factory, data) -> None:
    path = tmp_path_factory.getbasetemp() / "any.csv"
    path.write_bytes(data)
    for reader in (read_own, read_gpx):
        with suppress(FileError):
            list(reader(path, FileReport(), RECEIVED))
