"""`tagwatch crimes check`: tables, lines and exit codes as docs/crimes.md says."""

import json

import pytest

from tests.cli.program import run
from tests.ingest.files.crime_rows import mail, row


def made(tmp_path, data: bytes, name: str = "crimes.csv"):
    path = tmp_path / name
    path.write_bytes(data)
    return path


def test_the_table_that_goes_back_to_the_sender(tmp_path) -> None:
    lines = [row(), row(reference="=1+1", start="x"), row(reference="", latitude="")]
    ended = run("crimes", "check", made(tmp_path, "\n".join(lines).encode()))
    assert ended.returncode == 0
    assert ended.stdout.splitlines() == [
        "Crime reference,Error type,Required action",
        '\'=1+1,INVALID_FROM_DATE_FORMAT,"Write the start as yyyyMMddHHmmss, in UTC"',
        ",MISSING_CRIME_REFERENCE,Give the crime's reference",
        ',DEPENDENT_LOCATION_DATA,"Give easting and northing, or latitude and longitude, together"',
    ]
    assert ended.stderr == "3 rows, 1 accepted, 2 rejected: partial\n"


@pytest.mark.parametrize("name", ["crimes.csv", "crimes.eml"])
def test_json_has_a_line_for_each_error_and_one_of_totals(tmp_path, name: str) -> None:
    rows = f"{row()}\n\n{row(force='x', type='')}\n,".encode()
    data = mail(("a.csv", rows)) if name.endswith("eml") else rows
    ended = run("crimes", "check", made(tmp_path, data, name), "--json")
    assert ended.returncode == 0
    assert [json.loads(line) for line in ended.stdout.splitlines()] == [
        {
            "row": 2,
            "crimeReference": "CRI00000001",
            "crimeTypeId": None,
            "errorType": "INVALID_POLICE_FORCE",
            "field": "policeForce",
            "value": "x",
        },
        {
            "row": 2,
            "crimeReference": "CRI00000001",
            "crimeTypeId": None,
            "errorType": "INVALID_CRIME_TYPE",
            "field": "crimeType",
            "value": "",
        },
        {
            "row": 3,
            "crimeReference": None,
            "crimeTypeId": None,
            "errorType": "INVALID_COLUMN_COUNT",
            "field": None,
            "value": None,
        },
        {"rows": 3, "accepted": 1, "rejected": 2, "status": "partial", "batchError": None},
    ]


def test_a_mail_that_is_no_request_has_failed(tmp_path) -> None:
    path = made(tmp_path, mail(("a.txt", b"")), "crimes.eml")
    ended = run("crimes", "check", path, "--json")
    assert json.loads(ended.stdout) == {
        "rows": 0,
        "accepted": 0,
        "rejected": 0,
        "status": "failed",
        "batchError": "INVALID_ATTACHMENT",
    }
    assert "0 .csv files are attached" in ended.stderr
    table = run("crimes", "check", path).stdout.splitlines()
    assert table[1].startswith(",INVALID_ATTACHMENT,")


def test_a_profile_has_types_of_its_own(tmp_path) -> None:
    path = made(tmp_path, row(type="STK").encode())
    assert '"accepted":1' in run("crimes", "check", path, "--json", "--profile", "stalking").stdout
    assert '"accepted":0' in run("crimes", "check", path, "--json").stdout


def test_what_cannot_be_read_is_said_and_ends_with_2(tmp_path) -> None:
    for words in ([tmp_path / "none.csv"], [tmp_path], [made(tmp_path, b""), "--profile", "x"]):
        ended = run("crimes", "check", *words)
        assert (ended.returncode, ended.stdout) == (2, "")
        assert ended.stderr.startswith("tagwatch: ")
