"""NMEA logs: sentences, checksums, dates, and gpsd's own reports as the yardstick."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagwatch.core.fix import Mark
from tagwatch.core.units import iso, parse_iso
from tagwatch.ingest.files.block import FileReport
from tagwatch.ingest.files.nmea import read_nmea

RECEIVED = parse_iso("2026-03-01T12:00:00Z")
LOGS = [
    "gp-320fw-2019-04-07-coldboot", "hemi", "nmea-fuzzy-cases", "nmea-rtk", "quectel",
    "quectelLC79D", "sirfstarv-nmea", "telit-he910", "ublox-8", "ublox-neo-m9n-nmea",
]  # fmt: skip


def read(path, report=None):
    blocks = [block.fixes for block in read_nmea(path, report or FileReport(), RECEIVED)]
    return np.concatenate(blocks) if blocks else np.zeros(0)


def sentence(text: str) -> bytes:
    checksum = 0
    for byte in text.encode():
        checksum ^= byte
    return f"${text}*{checksum:02X}\r\n".encode()


@pytest.mark.parametrize("name", LOGS)
def test_positions_and_times_equal_those_of_gpsd(name, tagwatch_data) -> None:
    folder = tagwatch_data / "frames/gpsd"
    fixes = read(folder / f"{name}.log")
    own = {int(row["fixed_at"]): (row["lat_deg"], row["lon_deg"]) for row in fixes}
    compared = 0
    for line in (folder / f"{name}.log.chk").read_text(errors="replace").splitlines():
        said = json.loads(line) if line.startswith('{"class":"TPV"') else {}
        if "lat" in said and "time" in said:
            lat, lon = own[parse_iso(said["time"])]
            assert (lat, lon) == pytest.approx((said["lat"], said["lon"]), abs=2e-9, rel=0)
            compared += 1
    assert compared


def test_a_fix_gathers_its_sentences_and_the_date_rolls_at_midnight(tmp_path) -> None:
    log = b"".join(
        [
            b"boot\x00\xffnoise",
            sentence("GPRMC,235959.50,A,5130.0000,N,00006.0000,W,10.0,45.0,311225,,,A"),
            sentence("GNGGA,235959.50,5130.0000,N,00006.0000,W,1,09,1.2,31.0,M,45.0,M,,"),
            sentence("GPGST,235959.50,6.0,,,,3.0,4.0,5.0"),
            sentence("GPGGA,000000.50,5130.0600,N,00006.0000,W,1,09,1.2,31.0,M,45.0,M,,"),
            b"$GPGGA,000001.50,5130.0600,N,00006.0000,W,1,09,1.2,31.0,M,45.0,M,,*00\r\n",
            sentence("GPRMC,000002.00,V,5130.0600,N,00006.0000,W,,,010126,,,N"),
        ]
    )
    path = tmp_path / "log.nmea"
    path.write_bytes(log)
    report = FileReport()
    fixes = read(path, report)
    assert [iso(int(at)) for at in fixes["fixed_at"]] == [
        "2025-12-31T23:59:59.500000Z", "2026-01-01T00:00:00.500000Z", "2026-01-01T00:00:02Z",
    ]  # fmt: skip
    first = fixes[0]
    assert (first["lat_deg"], first["lon_deg"]) == (51.5, -0.1)
    assert (first["accuracy_m"], first["confidence"]) == (5.0, 0.63)
    assert (first["hdop"], first["satellites"], first["altitude_m"]) == (1.2, 9, 31.0)
    assert first["speed_mps"] == pytest.approx(10 * 1852 / 3600)
    assert np.isnan(fixes[1]["accuracy_m"])
    assert [int(marks) for marks in fixes["marks"]] == [0, 0, Mark.NOT_VALID]
    assert (report.faults, report.notes) == (1, {"garbage": 1})


@given(st.binary(max_size=400) | st.lists(st.text(alphabet="$GPRMA,.*0123456789NSEWV\n")).map(
    lambda parts: b"".join(sentence("GPRMC," + part) for part in parts)))  # fmt: skip
def test_any_bytes_are_passed_over(tmp_path_factory, data) -> None:
    path = tmp_path_factory.getbasetemp() / "any.nmea"
    path.write_bytes(data)
    read(path)
