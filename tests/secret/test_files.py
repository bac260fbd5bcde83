"""After a walk through the pages no file of the data folder holds what is protected."""

from pathlib import Path

from litestar import Litestar

from tagwatch.engine.centre import InProcessCentre
from tests.secret.conftest import Enter
from tests.secret.plants import found_in
from tests.secret.test_walk import entered
from tests.web.test_enquiry import NEW, asked, send
from tests.web.test_routes import token_of

WORDS = ("Brindlewick", "Demo Plover")
"""What the officer writes down, and who is protected."""


def held(path: Path) -> list[str]:
    data = path.read_bytes()
    said = [word for word in WORDS if word.encode() in data or word.encode("utf-16-le") in data]
    return [*said, *found_in(data)]


def test_no_file_of_the_data_folder_holds_what_is_protected(
    app: Litestar, enter: Enter, centre: InProcessCentre, about: str, tmp_path: Path
) -> None:
    browser, _ = entered(app, enter, "officer")
    assert browser.get(f"/alerts/{about}/map").status_code == 200
    token = token_of(browser)
    note = {"_csrf_token": token, "risk_note": "She moved in at Brindlewick"}
    assert "Brindlewick" in browser.post("/wearers/w_own/risk-notes", data=note).text
    said = {"_csrf_token": token, "words": "She was seen at Brindlewick"}
    assert "Brindlewick" in browser.post(f"/alerts/{about}/note", data=said).text
    question = asked(question="Does he go to Brindlewick?")
    assert "Brindlewick" in send(enter("operator"), NEW.format("w_own"), **question).text
    folder = centre.config.data
    files = [
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file() and centre.config.keys_folder not in path.parents
    ]
    assert {"projections.db", "accounts.db"} <= {path.name for path in files}
    (tmp_path / "plain").write_text("12 Brindlewick")
    assert held(tmp_path / "plain"), "the search finds it where it stands"
    found = {path.relative_to(folder).as_posix(): held(path) for path in files}
    assert not {name: words for name, words in found.items() if words}
