"""Reading exactly: what is missing is unknown, what makes no sense is refused with its row."""

import math

import pytest

from tagwatch.core.fix import Source
from tagwatch.core.units import parse_iso
from tagwatch.ingest.files import exact
from tagwatch.ingest.files.block import FileError
from tagwatch.ingest.files.exact import TRUTH, read_exact

FULL = "time,lat,lon,accuracy_m,confidence,hdop,satellites,source"
AT = "2026-03-02T08:00:00Z"


def table(tmp_path, text, **options):
    path = tmp_path / "fixes.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_exact(path, **options)


def one(tmp_path, cells: str):
    return table(tmp_path, f"{FULL}\n{AT},51.5,-0.1,{cells}\n").fixes[0]


def refusal(tmp_path, text) -> str:
    with pytest.raises(FileError) as raised:
        table(tmp_path, text)
    return str(raised.value)


def test_columns_are_found_by_name_whatever_the_file_looks_like(tmp_path) -> None:
    text = (
        b"\xef\xbb\xbf\r\nSource , LON,note,lat,time\r\n\r\n"
        b' wifi ,"-0.1",x,51.5,"2026-03-02 09:00:00.25+01:00"\r\n , , , , \r\n'
        b"gps,-0.1,,51.5,20260302T080001z,\r\n"
    )
    found = table(tmp_path, text)
    assert found.fixes["source"].tolist() == [Source.WIFI, Source.GNSS]
    assert found.fixes["lon_deg"].tolist() == [-0.1, -0.1]
    assert found.fixes["index"].tolist() == [0, 1]
    assert found.fixes["fixed_at"][0] == parse_iso("2026-03-02T08:00:00.25Z")
    assert found.fixes["fixed_at"][1] == parse_iso("2026-03-02T08:00:01Z")
    assert found.unused == ("note",)


@pytest.mark.parametrize("cell", ["", " ", "0", "-3", "nan", "NULL", "n/a", "-inf", "0.0"])
def test_an_accuracy_that_is_none_is_unknown_and_the_row_is_kept(tmp_path, cell) -> None:
    fix = one(tmp_path, f"{cell},,,,")
    assert math.isnan(fix["accuracy_m"])
    assert math.isnan(fix["confidence"])


@pytest.mark.parametrize("cell", ["inf", "1e300", "1E999", "+Infinity"])
def test_an_endless_radius_is_told_and_so_is_vague_not_unknown(tmp_path, cell) -> None:
    assert one(tmp_path, f"{cell},,,,")["accuracy_m"] == 1e12


def test_confidence_is_95_per_cent_unless_stated(tmp_path) -> None:
    assert one(tmp_path, "20,,,,")["confidence"] == 0.95
    assert one(tmp_path, "20,0.68,,,")["confidence"] == 0.68


def test_what_else_is_missing_is_unknown(tmp_path) -> None:
    fix = one(tmp_path, "20,,0,-1,")
    assert math.isnan(fix["hdop"])
    assert (fix["satellites"], fix["source"]) == (-1, Source.UNKNOWN)
    told = one(tmp_path, "20,,1.5,9.0,5")
    assert (told["hdop"], told["satellites"], told["source"]) == (1.5, 9, Source.LBS)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty"),
        ("\n \n", "is empty"),
        ("time,lat\n", "no column lon"),
        ("time;lat;lon\n", "no column time, lat, lon"),
        ("timestamp,latitude,longitude\n", "its header is: timestamp, latitude, longitude"),
        ("time,lat,lon,lat\n", "column lat more than once"),
        (f"time,lat,lon\n{AT},51.5\n", "row 0 (line 2): 2 cells under 3 headings"),
        (f"time,lat,lon\n\n{AT},51,5,-0,1\n", "row 0 (line 3): 5 cells under 3 headings"),
        (f"time,lat,lon\n{AT},51.5,0\n2026-03-02T08:00:00,51.5,0\n", "row 1 (line 3): the time"),
        ("time,lat,lon\n2026-03-02T08:00:00,51.5,0\n", "has no zone"),
        ("time,lat,lon\nyesterday,51.5,0\n", "'yesterday' is not an ISO 8601 time"),
        ("time,lat,lon\n1772438400,51.5,0\n", "is not an ISO 8601 time"),
        ("time,lat,lon\n2026-02-30T08:00:00Z,51.5,0\n", "the time cannot be used"),
        ("time,lat,lon\n0001-01-01T00:00:00+14:00,51.5,0\n", "the time cannot be used"),
        ("time,lat,lon\n,51.5,0\n", "no time"),
        (f"time,lat,lon\n{AT},,0\n", "lat '' is no place"),
        (f"time,lat,lon\n{AT},nan,0\n", "lat 'nan' is no place"),
        (f"time,lat,lon\n{AT},51.5,inf\n", "lon 'inf' is no place"),
        (f"time,lat,lon\n{AT},51_5,0\n", "lat '51_5' is no number"),
        (f'time,lat,lon\n{AT},"51,5",0\n', "lat '51,5' is no number"),
        (f"time,lat,lon\n{AT},90.1,0\n", "lat 90.1 is not within -90 to 90"),
        (f"time,lat,lon\n{AT},51.5,-180.5\n", "lon -180.5 is not within -180 to 180"),
        (f"{FULL}\n{AT},51.5,0,good,,,,\n", "accuracy_m 'good' is no number"),
        (f"{FULL}\n{AT},51.5,0,5,95,,,\n", "confidence 95 is no share"),
        (f"{FULL}\n{AT},51.5,0,5,1,,,\n", "confidence 1 is no share"),
        (f"{FULL}\n{AT},51.5,0,5,0,,,\n", "confidence 0 is no share"),
        (f"{FULL}\n{AT},51.5,0,5,,,,loran\n", "source 'loran' is not known"),
        (f'time,lat,lon\n{AT},"51.5"x,0\n', "not CSV"),
        (f'time,lat,lon\n{AT},"51.5,0\n', "not CSV"),
        (f"time,lat,lon\n{AT},{'1' * 2000},0\n", "has 2000 characters"),
        (b"time,lat,lon\n\xff\xfe,51.5,0\n", "is not UTF-8"),
        (f"time,lat,lon\n{AT},51.5,0\n".encode("utf-16"), "is not UTF-8"),
    ],
)
def test_what_cannot_be_read_is_refused_by_name(tmp_path, text, words) -> None:
    assert words in refusal(tmp_path, text)


def test_a_file_that_is_not_there_is_told(tmp_path) -> None:
    with pytest.raises(FileError, match="cannot be read"):
        read_exact(tmp_path / "none.csv")


def test_a_file_of_a_header_alone_has_no_fixes(tmp_path) -> None:
    assert len(table(tmp_path, FULL).fixes) == 0


def test_a_file_too_long_is_refused_and_not_cut(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(exact, "MOST_ROWS", 2)
    rows = f"{AT},51.5,0\n"
    assert len(table(tmp_path, "time,lat,lon\n" + 2 * rows).fixes) == 2
    assert "more than 2 rows" in refusal(tmp_path, "time,lat,lon\n" + 3 * rows)


def test_truth_words_and_columns_of_other_names(tmp_path) -> None:
    text = f"when,Lat,lon,true_lat,true_lon,place\n{AT},51.5,-0.1,51.6,-0.2,Bank\n"
    found = table(tmp_path, text, truth=TRUTH, words=("place", "model"), named={"time": "When"})
    assert found.truth.tolist() == [[-0.2, 51.6]]
    assert found.words == {"place": ["Bank"]}
    assert found.unused == ()
    with pytest.raises(FileError, match="no column true_lat, true_lon"):
        table(tmp_path, f"time,lat,lon\n{AT},51.5,0\n", truth=TRUTH)
