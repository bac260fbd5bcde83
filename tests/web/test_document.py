"""Documents of a case: what is taken in, who gets it back, and what erasure leaves."""

import re
import shutil
from pathlib import Path

import pypdfium2
import pytest
from litestar import Litestar

from tagwatch.access.audit import Act
from tagwatch.access.enrolment import now
from tagwatch.access.role import MATRIX, Role
from tagwatch.config import Config
from tagwatch.core.case import Case
from tagwatch.core.document import MOST_BYTES
from tagwatch.core.ids import AccountId, CaseId
from tagwatch.core.units import HOUR
from tagwatch.engine.centre import InProcessCentre
from tagwatch.engine.installation import open_writer
from tagwatch.engine.rebuild import rebuild
from tagwatch.query.reader import open_projections
from tagwatch.store.cases import case_of
from tagwatch.store.drafts import wearer_owner
from tagwatch.store.journal.record import DataClass
from tests.web.conftest import Enter
from tests.web.test_case import opened, sent
from tests.web.test_routes import audit

LETTER = b"%PDF-1.7\nDr Demo writes: seen in the clinic on Tuesday\n%%EOF\n"
NAME = "C:\\letters\\Dr Demo <b>.exe"


def text_of(pdf: bytes) -> str:
    """The text of a PDF, its spaces made one."""
    document = pypdfium2.PdfDocument(pdf)
    pages = [page.get_textpage().get_text_bounded() for page in document]
    document.close()
    return re.sub(r"\s+", " ", " ".join(pages).replace("\u200b", ""))


def attached(browser, page: str, content: bytes = LETTER, name: str = NAME, **changes: str):
    text = browser.get(page).text
    seen = re.search(r'name="seen" value="(\d+)"', text)
    csrf = re.search(r'name="_csrf_token" value="([^"]+)"', text)
    assert seen
    assert csrf
    data = {"_csrf_token": csrf[1], "seen": seen[1], "says": "he was at the clinic", **changes}
    files = {"document": (name, content, "application/x-msdownload")}
    return browser.post(f"{page}/documents", data=data, files=files, follow_redirects=True)


def address_in(text: str) -> str:
    found = re.search(r"/cases/\w+/documents/do_[0-9a-f]{20}", text)
    assert found
    return found[0]


def test_a_letter_goes_in_and_comes_back_as_an_attachment(
    enter: Enter, app: Litestar, config
) -> None:
    page = opened(enter)
    browser = enter("officer")
    shown = attached(browser, page).text
    for said in ("he was at the clinic", "PDF of 1 kB", "came as “Dr Demo &lt;b&gt;.exe”"):
        assert said in shown, said
    assert "Document attached" in shown
    address = address_in(shown)
    saved = browser.get(address)
    assert saved.content == LETTER
    assert saved.headers["content-type"] == "application/pdf"
    assert saved.headers["content-disposition"] == (
        f'attachment; filename="{address.rsplit("/", 1)[1]}.pdf"'
    )
    assert saved.headers["x-content-type-options"] == "nosniff"
    assert saved.headers["cache-control"] == "no-store"
    line = audit(config, app)[-1]
    assert (line.act, line.question, line.by) == (Act.DISCLOSURE, "document", "ac_officer")
    again = attached(browser, page)
    assert (again.status_code, "attached already" in again.text) == (422, True)


@pytest.mark.parametrize(
    ("content", "changes", "said"),
    [
        (b"MZ\x90\x00 an executable", {"name": "letter.pdf"}, "no whole PDF"),
        (b"%PDF-1.7 cut off in the middle", {"name": "a.pdf"}, ""),
        (b"\x89PNG\r\n\x1a\n cut off", {"name": "a.png"}, "no whole PDF"),
        (b"<html>\x00</html>", {"name": "a.txt"}, "no whole PDF"),
        (b"", {"name": "a.pdf"}, "empty"),
        (LETTER + b"\0" * MOST_BYTES, {}, "larger than 4 MB"),
        (LETTER, {"says": " "}, "Write what the document shows"),
        (LETTER, {"about": "de_none"}, "Choose what it belongs to"),
    ],
)
def test_what_is_not_taken_in(enter: Enter, content: bytes, changes, said: str) -> None:
    page = opened(enter)
    answer = attached(enter("officer"), page, content, **changes)
    if not said:  # a text that begins like a PDF is a text, and is called one
        assert "TEXT of" in answer.text
        return
    assert (answer.status_code, said in answer.text) == (422, True), answer.text[-3000:]


def test_a_form_beyond_all_bounds_is_refused(enter: Enter) -> None:
    page = opened(enter)
    answer = attached(enter("officer"), page, LETTER + b"\0" * (6 << 20))
    assert answer.status_code == 413


def test_nobody_outside_the_scope_gets_it(enter: Enter) -> None:
    page = opened(enter)
    address = address_in(attached(enter("officer"), page).text)
    assert enter("police").get(address).status_code == 404
    assert enter("liaison").get(address).status_code == 403
    assert enter("operator").get(address).content == LETTER


def test_lawful_erasure_reaches_it_and_its_digest_stays(
    enter: Enter, centre: InProcessCentre, tmp_path: Path
) -> None:
    page = opened(enter)
    browser = enter("officer")
    address = address_in(attached(browser, page).text)
    erased = centre.writer.erase(wearer_owner("w_own"), DataClass.DOCUMENT, None, now())
    assert len(erased.keys) == 1
    gone = browser.get(address)
    assert (gone.status_code, "lawfully erased" in gone.text) == (410, True)
    assert LETTER not in gone.content
    again = rebuilt(centre.config, tmp_path, CaseId(page.rsplit("/", 1)[1]))
    assert [one.says for one in again.documents] == ["he was at the clinic"]
    assert again.version == 2, "what was decided on it can still be taken in"


def rebuilt(config: Config, tmp_path: Path, case_id: CaseId) -> Case:
    """The case as a rebuild of a copy of the installation makes it."""
    copy = Config(data=tmp_path / "copy")
    shutil.copytree(config.data, copy.data)
    writer = open_writer(copy)
    rebuild(copy, writer, writer.head().seq)
    writer.close()
    engine = open_projections(copy)
    with engine.connect() as connection:
        found = case_of(connection, case_id)
    engine.dispose()
    assert found is not None
    return found


def test_the_api_attaches_and_hands_out(enter: Enter, app: Litestar, client) -> None:
    page = opened(enter)
    client.cookies.clear()
    verbs = tuple(MATRIX[Role.PRACTITIONER])
    sign_in = app.state.foundation.sign_in
    bearer = sign_in.issue_token(AccountId("ac_officer"), "test", verbs, now() + HOUR)
    head = {"authorization": f"Bearer {bearer}"}
    body = {"seen": 1, "name": "a.txt", "says": "his own note", "content": "aGVsbG8="}
    done = client.post(f"/api/v1{page}/documents", json=body, headers=head)
    assert done.status_code == 200, done.text
    found = client.get(f"/api/v1{page}", headers=head).json()["case"]["documents"][0]
    assert (found["type"], found["size_bytes"]) == ("text", 5)
    handed = client.get(f"/api/v1{page}/documents/{found['document_id']}", headers=head)
    assert handed.json()["content"] == "aGVsbG8="


def test_what_he_contests_stands_apart_and_is_answered_before_the_case_closes(
    enter: Enter,
) -> None:
    page = opened(enter)
    browser = enter("officer")
    sent(browser, page, "decide", kind="no_action", words="talked to him")
    wrong = sent(browser, page, "contests", alert="al_w_own", words="I was at work", how="")
    assert (wrong.status_code, "how his words reached you" in wrong.text) == (422, True)
    shown = sent(browser, page, "contests", alert="al_w_own", words="I was at work", how="a letter")
    assert "waits for an answer" in shown.text
    contest = re.search(r"co_[0-9a-f]{20}", shown.text)
    assert contest
    proof = attached(browser, page, says="his employer's rota", about=contest[0])
    assert "Shown for it" in proof.text
    assert "I was at work" in browser.get("/alerts/al_w_own").text
    assert "nobody has answered" in sent(browser, page, "close", words="over").text
    answer = f"contests/{contest[0]}/answer"
    assert "Choose whether he is right" in sent(browser, page, answer, words="so it is").text
    sent(browser, page, answer, upheld="yes", words="the rota says so")
    assert "upheld: the rota says so" in browser.get("/alerts/al_w_own").text
    pdf = text_of(browser.get(f"{page}/breach-pack").content)
    for said in ("What he contests", "I was at work", "a letter", "upheld", "the rota says so"):
        assert said in pdf, said
    assert "Closed" in sent(browser, page, "close", words="nothing left").text
