"""The wearer's photo: put in by an officer, shown to police and on his page, and nowhere else."""

import re
from io import BytesIO
from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import TestClient
from PIL import Image

from tagwatch.access.enrolment import now
from tagwatch.desk.photo import KEPT_MOST
from tagwatch.store.drafts import wearer_owner
from tagwatch.store.journal.record import DataClass
from tests.web.conftest import HOST, Enter, from_address
from tests.web.test_alert import token
from tests.web.test_police import give, made
from tests.web.test_routes import audit

Browser = TestClient[Litestar]
PAGE = "/wearers/w_own/photo"


def face() -> bytes:
    out = BytesIO()
    Image.new("RGB", (600, 800), (120, 90, 70)).save(out, "JPEG")
    return out.getvalue()


def put(browser: Browser, content: bytes, page: str = PAGE, taken_on: str = "2026-11-02") -> Any:
    data = {"_csrf_token": token(browser, "/sign-in"), "taken_on": taken_on}
    files = {"photo": ("IMG_1.exe", content, "text/plain")}
    return browser.post(page, data=data, files=files, follow_redirects=True)


def address_in(text: str, before: str) -> str:
    found = re.search(rf'src="({before}/photo/ph_\w+)"', text)
    assert found, text[:3000]
    return found[1]


def supervise(browser: Browser) -> Browser:
    data = {"_csrf_token": token(browser, "/sign-in"), "purpose": "supervision", "next": "/about"}
    browser.post("/purpose", data=data)
    return browser


@pytest.fixture
def phone(client: Browser, app: Litestar) -> Browser:
    return TestClient(from_address(app, "192.0.2.7"), base_url=HOST)


def test_it_is_shown_on_his_page_and_to_police_until_it_is_taken_out(
    enter: Enter, phone: Browser, app: Litestar, config
) -> None:
    officer = supervise(enter("officer"))
    saved = put(officer, face())
    assert saved.status_code == 200
    assert "Taken 2 November 2026" in saved.text
    shown = officer.get("/wearers/w_own").text
    picture = officer.get(address_in(shown, "/wearers/w_own"))
    assert picture.headers["content-type"] == "image/jpeg"
    assert picture.headers["cache-control"] == "no-store"
    assert 0 < len(picture.content) <= KEPT_MOST
    path, code = made(officer)
    give(phone, path, code)
    page = phone.get("/p/alerts/al_w_own").text
    linked = address_in(page, "/p/alerts/al_w_own")
    assert "Taken 2 November 2026" in page
    assert phone.get(linked).content == picture.content
    photo_id = linked.rsplit("/", 1)[1]
    assert phone.get(f"/p/alerts/al_w_team/photo/{photo_id}").status_code == 404
    seen = [line for line in audit(config, app) if line.question == "photo"]
    assert any(line.by.startswith("pl_") and photo_id in line.ids for line in seen)
    assert enter("administrator").get(f"{PAGE}/{photo_id}").status_code == 403
    assert enter("liaison").get(f"/police/al_w_own/photo/{photo_id}").status_code == 403
    assert enter("outsider").get(f"{PAGE}/{photo_id}").status_code == 404
    assert enter("operator").get(f"/police/al_w_own/photo/{photo_id}").status_code == 200
    officer = enter("officer")
    none = officer.post(
        f"{PAGE}/remove", data={"_csrf_token": token(officer, "/sign-in")}, follow_redirects=True
    )
    assert "None is shown" in none.text
    assert phone.get(linked).status_code == 404
    assert "<img" not in phone.get("/p/alerts/al_w_own").text


def test_another_replaces_it_and_the_first_is_not_shown_any_more(enter: Enter) -> None:
    officer = enter("officer")
    first = address_in(put(officer, face()).text, "/wearers/w_own")
    second = address_in(put(officer, face(), taken_on="").text, "/wearers/w_own")
    assert first != second
    assert officer.get(first).status_code == 404
    assert officer.get(second).status_code == 200


@pytest.mark.parametrize(
    ("content", "taken_on", "says"),
    [
        (b"%PDF-1.7 %%EOF", "", "no whole JPEG or PNG"),
        (b"", "", "Choose a file"),
        (face(), "02/11/2026", "Write the day as"),
        (face(), "2199-01-01", "between 1950 and today"),
    ],
)
def test_what_is_wrong_is_said(enter: Enter, content: bytes, taken_on: str, says: str) -> None:
    answer = put(enter("officer"), content, taken_on=taken_on)
    assert (answer.status_code, says in answer.text) == (422, True)


def test_only_whoever_sees_him_puts_one_in(enter: Enter) -> None:
    assert put(enter("outsider"), face()).status_code == 404
    data = {"_csrf_token": token(police := enter("police"), "/sign-in")}
    assert police.post("/wearers/w_bail/photo", data=data).status_code == 403


def test_erasure_reaches_it(enter: Enter, centre) -> None:
    officer = enter("officer")
    picture = address_in(put(officer, face()).text, "/wearers/w_own")
    assert officer.get(picture).status_code == 200
    kept = centre.writer.erase(wearer_owner("w_own"), DataClass.PICTURE, None, now())
    assert len(kept.keys) == 1
    gone = officer.get(picture)
    assert (gone.status_code, gone.content) == (410, b"")


def test_the_tables_hold_no_picture(enter: Enter, config) -> None:
    officer = enter("officer")
    picture = officer.get(address_in(put(officer, face()).text, "/wearers/w_own")).content
    for file in config.projections_file.parent.glob(f"{config.projections_file.name}*"):
        assert picture[:200] not in file.read_bytes(), file
