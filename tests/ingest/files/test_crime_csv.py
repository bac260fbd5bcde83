"""Police's crimes: each error as the Ministry of Justice words it, and no bytes that raise."""

import csv
import io

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tagwatch.core.crime import Crime
from tagwatch.core.crime_errors import BatchErrorType as Batch
from tagwatch.core.crime_errors import CrimeBatchStatus as Status
from tagwatch.core.crime_errors import CrimeErrorType
from tagwatch.core.crime_profiles import DEFAULT_PROFILE, FORCES, PROFILES
from tagwatch.core.crime_row import judge_row
from tagwatch.core.plane import LonLat
from tagwatch.core.units import iso
from tagwatch.ingest.files.crime_csv import CrimesRead, read_crimes, records
from tagwatch.ingest.files.crime_mail import MailRefused, read_mail, read_mailed_crimes
from tests.ingest.files.crime_rows import CELLS, grid, mail, row

NEVER = "INVALID_COLUMN_COUNT"
FORCE, TYPE = "INVALID_POLICE_FORCE", "INVALID_CRIME_TYPE"
NONE, FORM, DATE = "MISSING_BATCH_ID", "INVALID_BATCH_ID_FORMAT", "INVALID_BATCH_ID_DATE"
START, END = "INVALID_FROM_DATE_FORMAT", "INVALID_TO_DATE_FORMAT"
BEFORE, LONG = "CRIME_DATE_TIME_TO_AFTER_FROM", "CRIME_DATE_TIME_EXCEEDS_WINDOW"
NUMBER, ALONE = "INVALID_NUMBER", "DEPENDENT_LOCATION_DATA"
BOTH, RANGE = "MULTIPLE_LOCATION_DATA_TYPES", "INVALID_LOCATION_DATA_RANGE"


def read(*lines: str) -> CrimesRead:
    return read_crimes("\n".join(lines).encode(), DEFAULT_PROFILE)


def faults(line: str) -> list[tuple[str, str | None, str | None]]:
    found = read(line)
    assert found.rows == 1
    return [(error.error_type.value, error.field, error.value) for error in found.errors]


def test_a_good_row_is_a_crime() -> None:
    found = read(row(type="tomv", text="left <open>", reference=" CRI1 ", datum="anything"))
    assert (found.status, found.batch_error, found.errors) == (Status.SUCCESSFUL, None, ())
    ((number, crime),) = found.good
    assert number == 1
    assert crime == Crime(
        police_force="Metropolitan",
        crime_type="TOMV",
        type_description="Theft of a motor vehicle",
        batch_id="MPS20250126",
        reference="CRI1",
        from_at=crime.from_at,
        to_at=crime.to_at,
        place=LonLat(lon_deg=-0.12776, lat_deg=51.50735),
        datum="anything",
        text="left <open>",
    )
    assert (iso(crime.from_at), iso(crime.to_at)) == (
        "2025-01-25T08:30:00Z",
        "2025-01-25T09:30:00Z",
    )


def test_a_place_on_the_national_grid_is_kept_and_converted() -> None:
    ((_, crime),) = read(grid("530034", "180381")).good
    assert (crime.easting_m, crime.northing_m) == (530034.0, 180381.0)
    assert crime.place.lon_deg == pytest.approx(-0.12767, abs=1e-4)
    assert crime.place.lat_deg == pytest.approx(51.50741, abs=1e-4)


@pytest.mark.parametrize(("force", "code"), FORCES.items())
def test_each_force_has_its_code(force: str, code: str) -> None:
    assert faults(row(force=force, batch=f"{code}20250126")) == []


@pytest.mark.parametrize("profile", PROFILES, ids=lambda one: one.profile_id)
def test_each_profile_takes_its_types_and_no_other(profile) -> None:
    for kind in profile.crime_types:
        assert read_crimes(row(type=kind.lower()).encode(), profile).accepted == 1
    others = {kind for one in PROFILES for kind in one.crime_types} - set(profile.crime_types)
    for kind in others:
        (error,) = read_crimes(row(type=kind).encode(), profile).errors
        assert error.error_type == CrimeErrorType.INVALID_CRIME_TYPE


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (",,", [(NEVER, None, None)]),
        ("x" + "," * 13, [(NEVER, None, None)]),
        (row(force="metropolitan"), [(FORCE, "policeForce", "metropolitan")]),
        (row(force=""), [(FORCE, "policeForce", "")]),
        (row(force="Nowhere", batch=""), [(FORCE, "policeForce", "Nowhere")]),
        (row(type="xx"), [(TYPE, "crimeType", "xx")]),
        (row(type=""), [(TYPE, "crimeType", "")]),
        (row(batch=" "), [(NONE, "batchId", None)]),
        (row(batch="AVS20250126"), [(FORM, "batchId", "AVS20250126")]),
        (row(batch="mps20250126"), [(FORM, "batchId", "mps20250126")]),
        (row(batch="xMPS20250126"), [(FORM, "batchId", "xMPS20250126")]),
        (row(batch="MPS2025012"), [(FORM, "batchId", "MPS2025012")]),
        (row(batch="MPS２０２５０１２６"), [(FORM, "batchId", "MPS２０２５０１２６")]),
        (row(batch="MPS20250230-1-R"), [(DATE, "batchId", "MPS20250230-1-R")]),
        (row(batch="MPS00000101"), [(DATE, "batchId", "MPS00000101")]),
        (row(reference="  "), [("MISSING_CRIME_REFERENCE", "crimeReference", None)]),
        (row(start="", end="x"), [(START, "dateFrom", ""), (END, "dateTo", "x")]),
        (row(start="20250125246000"), [(START, "dateFrom", "20250125246000")]),
        (row(end="2025-01-25 08:30"), [(END, "dateTo", "2025-01-25 08:30")]),
        (row(end="20250125082959"), [(BEFORE, "dateTo", "20250125082959")]),
        (row(end="20250125203001"), [(LONG, "dateTo", "12h 0m")]),
        (row(end="20250125212959"), [(LONG, "dateTo", "12h 59m")]),
        (row(end="20250325083000"), [(LONG, "dateTo", "1416h 0m")]),
        (row(latitude="", longitude=" "), [("MISSING_LOCATION_DATA", None, None)]),
        (row(latitude="51.5x"), [(NUMBER, "latitude", "51.5x")]),
        (row(latitude="51.5", longitude=""), [(ALONE, "latitude", "51.5")]),
        (row(latitude="x", longitude=""), [(NUMBER, "latitude", "x")]),
        (grid("", "180000"), [(ALONE, "northing", "180000")]),
        (
            row(easting="1", northing="1"),
            [(BOTH, field, None) for field in ("easting", "northing", "latitude", "longitude")],
        ),
        (
            row(easting="530000"),
            [(ALONE, "easting", "530000"), (BOTH, "latitude", None), (BOTH, "longitude", None)],
        ),
        (grid("600001", "1300000.5"), [
            (RANGE, "easting", "600001.0"), (RANGE, "northing", "1300000.5"),
        ]),
        (grid("-1", "1e22"), [
            (RANGE, "easting", "-1.0"), (RANGE, "northing", "10000000000000000000000.0"),
        ]),
        (row(latitude="49.4999999", longitude="1e-9"), [(RANGE, "latitude", "49.4999999")]),
        (row(longitude="2.60001"), [(RANGE, "longitude", "2.60001")]),
    ],
)  # fmt: skip
def test_each_error_with_its_field_and_value(line: str, expected: list[object]) -> None:
    assert faults(line) == expected


def test_an_error_says_whose_row_it_is_where_that_can_be_told() -> None:
    found = read(
        row(start="x"), row(start="x", reference="", type="?"), ",", row(start="x", type=" rb ")
    )
    assert [(e.row, e.crime_reference, e.crime_type_id) for e in found.errors] == [
        (1, "CRI00000001", "TOMV"),
        (2, None, None),
        (2, None, None),
        (2, None, None),
        (3, None, None),
        (4, "CRI00000001", "RB"),
    ]


@pytest.mark.parametrize(
    "cells",
    [
        {"batch": "MPS20250126-1-R"},
        {"batch": "MPS20250126-r"},
        {"batch": "MPS20250126-whatever follows"},
        {"end": "20250125083000"},
        {"end": "20250125203000"},
        {"latitude": "49.5", "longitude": "-8.5"},
        {"latitude": "61.5", "longitude": "2.6"},
        {"latitude": " 51.5 ", "longitude": "+.1"},
        {"latitude": "5.15e1", "longitude": "-0"},
        {"latitude": "", "longitude": "", "easting": "0", "northing": "0"},
        {"latitude": "", "longitude": "", "easting": "6e5", "northing": "1300000."},
    ],
)
def test_what_is_just_good_enough(cells: dict[str, str]) -> None:
    assert faults(row(**cells)) == []


@pytest.mark.parametrize(
    "cell",
    ["nan", "NaN", "inf", "-Infinity", "1_000", "0x10", "1e", ".", "1e999", "٥١", "51,5x", "1 2"],
)
def test_what_is_no_number(cell: str) -> None:
    line = row(latitude=f'"{cell}"')
    assert faults(line) == [(NUMBER, "latitude", cell)]


def test_all_errors_of_a_row_come_in_the_order_of_its_columns() -> None:
    line = row(
        type="x", batch="x", reference="", start="x", end="x", easting="x", northing="1",
        latitude="9", longitude="",
    )  # fmt: skip
    assert [name for name, _, _ in faults(line)] == [
        *(TYPE, FORM, "MISSING_CRIME_REFERENCE", START, END),
        *(NUMBER, BOTH, ALONE),
    ]


def test_lines_marks_and_ends() -> None:
    text = row(text='"one, ""two""\r\nthree"').replace("Theft", '"Theft"').replace('"Theft"', "Th")
    found = read_crimes(
        b"\xef\xbb\xbf" + row(reference="A").encode() + b"\r\n\r\n   \r\n"
        + text.encode() + b"\r" + b",\n\n" + row(reference="B").encode(),
        DEFAULT_PROFILE,
    )  # fmt: skip
    assert [number for number, _ in found.good] == [1, 2, 4]
    assert [error.row for error in found.errors] == [3]
    assert found.good[1][1].text == 'one, "two"\r\nthree'
    assert (found.rows, found.accepted, found.rejected) == (4, 3, 1)


@pytest.mark.parametrize(
    ("bad", "rows"),
    [
        (row(text='"never closed'), 1),
        (row(text='"closed" too early'), 1),
        (row(text='"never closed') + "\n" + row(reference="X", text='"nor this'), 2),
    ],
)
def test_a_stray_mark_costs_its_own_line_alone(bad: str, rows: int) -> None:
    found = read(row(reference="A"), bad, row(reference="B"), row(reference="C"))
    assert [crime.reference for _, crime in found.good] == ["A", "B", "C"]
    assert [error.error_type.value for error in found.errors] == [NEVER] * rows
    assert found.rows == 3 + rows


def test_a_mark_inside_a_cell_is_a_character() -> None:
    ((_, crime),) = read(row(text='a 5" pipe')).good
    assert crime.text == 'a 5" pipe'


def test_a_record_without_end_is_one_bad_row() -> None:
    found = read(row(text="x" * (3 << 20)), row(text="y" * 200_000), row(text='"\n' + "z\n" * 1200))
    assert [number for number, _ in found.good] == [2]
    assert found.errors[0].row == 1
    assert found.errors[0].error_type.value == NEVER


def test_bytes_that_are_no_utf_8_do_not_hide_a_crime() -> None:
    ((_, crime),) = read_crimes(row(text="caf\u00e9").encode("latin-1"), DEFAULT_PROFILE).good
    assert crime.text == "caf\ufffd"


@pytest.mark.parametrize(
    ("lines", "status", "error", "accepted"),
    [
        ([row(), row()], Status.SUCCESSFUL, None, 2),
        ([row(), row(force="x")], Status.PARTIAL, None, 1),
        ([row(force="x")], Status.ERROR, Batch.ALL_RECORDS_FAILED, 0),
        ([], Status.ERROR, Batch.ALL_RECORDS_FAILED, 0),
        (
            [row(), row(force="Kent", batch="KNT20250126")],
            Status.FAILED,
            Batch.MULTIPLE_POLICE_FORCES,
            0,
        ),
        ([row(), row(batch="MPS20250127")], Status.FAILED, Batch.MULTIPLE_BATCH_IDS, 0),
        ([row(), row(force="Kent", batch="KNT20250126", end="")], Status.PARTIAL, None, 1),
        ([row(), row(batch="MPS20250127", end="")], Status.PARTIAL, None, 1),
    ],
)
def test_a_batch_is_judged_by_its_good_rows(lines, status, error, accepted: int) -> None:
    found = read(*lines)
    assert (found.status, found.batch_error, found.accepted) == (status, error, accepted)
    assert found.rejected == len(lines) - accepted


def test_a_mail_brings_its_one_csv_file() -> None:
    made = mail(("crimes.CSV", row().encode()), ("logo.png", b"\x89PNG"))
    assert read_mail(made).sender == "hub@force.example"
    assert read_mailed_crimes(made, DEFAULT_PROFILE).status == Status.SUCCESSFUL


@pytest.mark.parametrize(
    ("made", "why"),
    [
        (mail(), "0 .csv files"),
        (mail(("a.csv", b""), ("b.csv", b"")), "2 .csv files"),
        (mail(("a.csv.exe", b"")), "0 .csv files"),
        (mail(("a.csv", b""), subject="Crimes"), "subject"),
        (b"", "subject"),
        (b"\xff\x00" * 100, "subject"),
    ],
)
def test_any_other_mail_is_refused_with_its_reason(made: bytes, why: str) -> None:
    with pytest.raises(MailRefused, match=why):
        read_mail(made)
    found = read_mailed_crimes(made, DEFAULT_PROFILE)
    assert (found.status, found.batch_error, found.rows) == (
        Status.FAILED,
        Batch.INVALID_ATTACHMENT,
        0,
    )


ODD = st.text(
    st.sampled_from([*'",\r\n \t\0\ufeff\u2028', "a", "0", "e", ".", "-", "é"]), max_size=60
)


@given(st.binary(max_size=300) | ODD.map(str.encode))
@example(b'"' + b"\n" * 3000)
@example(b"\xef\xbb\xbf")
def test_any_bytes_are_reported_on(data: bytes) -> None:
    found = read_crimes(data, DEFAULT_PROFILE)
    assert found.rows == found.accepted + found.rejected
    assert {error.row for error in found.errors} == set(range(1, found.rows + 1))
    msgspec.json.encode(found.errors)


@given(st.lists(ODD, min_size=13, max_size=13))
def test_any_cells_are_judged(cells: list[str]) -> None:
    judged = judge_row(1, cells, DEFAULT_PROFILE)
    assert isinstance(judged, Crime) or judged


@given(st.sampled_from(sorted(CELLS)), ODD)
def test_one_odd_cell_spoils_no_other(name: str, cell: str) -> None:
    judged = judge_row(1, list((CELLS | {name: cell}).values()), DEFAULT_PROFILE)
    if isinstance(judged, tuple):
        fields = {
            "force": "policeForce", "type": "crimeType", "batch": "batchId",
            "reference": "crimeReference", "start": "dateFrom", "end": "dateTo",
        }  # fmt: skip
        own = {fields.get(name, name), "dateTo" if name == "start" else None}
        places = {"easting", "northing", "latitude", "longitude"}
        assert {error.field for error in judged} <= own | (places if name in places else set())


@given(st.lists(st.lists(ODD, min_size=2, max_size=5), max_size=5))
def test_what_a_csv_writer_writes_is_read_back(rows: list[list[str]]) -> None:
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL).writerows(rows)
    assert list(records(io.BytesIO(out.getvalue().encode()))) == rows


@given(st.binary(max_size=400) | ODD.map(str.encode))
@example(b"Subject: Crime Mapping Request\nContent-Type: multipart/mixed; boundary=x\n\n--x\n")
def test_any_bytes_are_a_mail_or_refused(data: bytes) -> None:
    head = b"Subject: Crime Mapping Request\nContent-Disposition: attachment; filename=a.csv\n"
    for made in (data, head + data, head + b"\n" + data):
        read_mailed_crimes(made, DEFAULT_PROFILE)
