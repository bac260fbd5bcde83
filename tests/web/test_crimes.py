"""Police send a file of crimes by page and by API, and see what became of each row."""

import pytest

from tagwatch.access.audit import Act
from tagwatch.access.role import Role
from tagwatch.desk import crime
from tests.ingest.files.crime_rows import mail, row
from tests.web.conftest import Enter
from tests.web.test_api import bearer
from tests.web.test_register import token
from tests.web.test_routes import audit

TWO = "\n".join([row(reference="A <b>"), row(reference="=B", start="x", type="")])


def send(browser, content: str | bytes, name: str = "crimes.csv", profile: str = "moj-acquisitive"):
    page = browser.get("/crimes")
    assert page.status_code == 200, page.text
    data = {"_csrf_token": token(page.text), "profile": profile}
    files = {"file": (name, content, "application/x-anything")} if name else None
    return browser.post("/crimes", data=data, files=files, follow_redirects=False)


def test_a_file_is_taken_in_and_shown_with_what_was_wrong(enter: Enter, app, config) -> None:
    police = enter("police")
    sent = send(police, TWO)
    assert sent.status_code == 303
    place = sent.headers["location"].split("?")[0]
    page = police.get(place).text
    assert "1 of 2 rows are kept" in page
    assert "A &lt;b&gt;" in page
    assert "INVALID_CRIME_TYPE" in page
    assert "INVALID_FROM_DATE_FORMAT" in page
    assert place in police.get("/crimes").text
    table = police.get(f"{place}/errors.csv")
    assert table.headers["content-type"] == "text/csv; charset=utf-8"
    assert table.text.splitlines()[0] == "Crime reference,Error type,Required action"
    assert table.text.splitlines()[1].startswith("'=B,INVALID_CRIME_TYPE,")
    assert police.get(f"{place}/file").text == TWO
    lines = [one for one in audit(config, app) if place.rsplit("/", 1)[1] in one.ids]
    assert {(one.act, one.question, one.purpose) for one in lines} >= {
        (Act.COLLECTION, "take_crimes", "crime_matching"),
        (Act.CONSULTATION, "crime_batch", "crime_matching"),
        (Act.DISCLOSURE, "crime_validation", "crime_matching"),
        (Act.DISCLOSURE, "crime_file", "crime_matching"),
    }


def test_a_crime_that_comes_again_is_shown_in_its_versions(enter: Enter) -> None:
    police = enter("police")
    send(police, row(reference="A"))
    send(police, row(reference="A", text="a car"))
    place = send(police, row(reference="A", text="a car")).headers["location"]
    page = police.get(place).text
    assert "known already" in page
    link = page.split('href="/crime/')[1].split('"')[0]
    shown = police.get(f"/crime/{link}").text
    assert "2 versions, the latest first" in shown
    assert "Version 2: crime text changed" in shown
    assert "Sent again unchanged" in shown
    assert police.get("/crime/cr_none").status_code == 404


def test_police_see_what_their_own_agency_sent(enter: Enter) -> None:
    operator = enter("operator")
    place = send(operator, row(reference="A")).headers["location"].split("?")[0]
    assert operator.get(place).status_code == 200
    link = operator.get(place).text.split('href="/crime/')[1].split('"')[0]
    police = enter("police")
    for path in (place, f"{place}/errors.csv", f"{place}/file", f"/crime/{link}"):
        assert police.get(path).status_code == 404, path
    assert place not in police.get("/crimes").text


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({"name": ""}, "Choose a file"),
        ({"profile": "all"}, "Choose which crimes these are"),
        ({"content": "\n" * 100, "most": 10}, "larger than 0 MB: part it"),
    ],
)
def test_what_cannot_be_taken_is_said(enter: Enter, monkeypatch, sent, words: str) -> None:
    if most := sent.pop("most", 0):
        monkeypatch.setattr("tagwatch.ingest.crime_batch.MOST_BYTES", most)
    answer = send(enter("police"), **{"content": row(), **sent})
    assert answer.status_code == 422
    assert words in answer.text


def test_an_e_mail_that_is_no_request_says_why(enter: Enter) -> None:
    police = enter("police")
    place = send(police, mail(("a.txt", b"")), "mail.eml").headers["location"]
    page = police.get(place).text
    assert "INVALID_ATTACHMENT" in page
    assert "0 .csv files are attached" in page


def test_the_api_takes_a_file_as_it_is_and_says_what_became_of_it(app, client) -> None:
    with_token = bearer(app, "police", Role.POLICE) | {"x-purpose": "crime_matching"}
    sent = client.post(
        "/api/v1/crimes?name=a.csv",
        content=TWO.encode(),
        headers={**with_token, "content-type": "text/csv"},
    )
    assert sent.status_code == 200, sent.text
    batch = sent.json()["batch"]
    assert (batch["status"], batch["accepted"], batch["rows"]) == ("partial", 1, 2)
    found = client.get(f"/api/v1/crimes/{batch['batch_key']}", headers=with_token).json()
    assert [one["crime"]["reference"] for one in found["rows"]] == ["A <b>"]
    assert [one["error_type"] for one in found["errors"]] == [
        "INVALID_CRIME_TYPE",
        "INVALID_FROM_DATE_FORMAT",
    ]
    crime_id = found["rows"][0]["crime_id"]
    one = client.get(f"/api/v1/crime/{crime_id}", headers=with_token).json()
    assert one["versions"][0]["crime"]["crime_type"] == "TOMV"
    assert client.get("/api/v1/crimes", headers=with_token).json()["total"] == 1
    wrong = client.post("/api/v1/crimes?profile=x", content=b"", headers=with_token)
    assert (wrong.status_code, "moj-acquisitive" in wrong.text) == (422, True)
    too_large = client.post(
        "/api/v1/crimes", content=b"x" * (crime.MOST_BYTES + 1), headers=with_token
    )
    assert too_large.status_code == 413
