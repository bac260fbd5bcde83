"""A case is shared with a partner agency: the least of it, for a time; each look is recorded."""

import re
from base64 import b64decode
from hashlib import sha256
from typing import Any

import pypdfium2
from litestar import Litestar
from litestar.testing import TestClient
from sqlalchemy import select

from tagwatch.access.audit import Act
from tagwatch.access.enrolment import now
from tagwatch.access.role import Role
from tagwatch.config import Config
from tagwatch.core.case_share import CaseShare, ShareBasis, ShareField
from tagwatch.core.ids import AccountId, ShareId, WearerId
from tagwatch.core.ledger import Tick
from tagwatch.core.recorded_share import CaseShared
from tagwatch.core.timetable import london
from tagwatch.core.units import DAY, HOUR, Instant
from tagwatch.engine.centre import InProcessCentre
from tagwatch.store import schema
from tagwatch.store.schema_sharing import case_share, case_share_fetch
from tests.web.conftest import Enter
from tests.web.test_api import bearer
from tests.web.test_glass import come, send, told
from tests.web.test_routes import audit

__all__ = ["told"]
PURPOSE = "To plan for the STAC meeting of Thursday"
SECRETS = ("secret zone", "51.5", "0.1416", "Demo Person", "told zone")


def fields(until: Instant, **more: Any) -> dict[str, Any]:
    at = london(until)
    return {
        "whom": "STAC|everybody",
        "fields": [each.value for each in ShareField],
        "alert_days": "28",
        "case_id": "",
        "purpose": PURPOSE,
        "basis": "mappa",
        "until-day": str(at.day),
        "until-month": str(at.month),
        "until-year": str(at.year),
        "until-time": at.strftime("%H:%M"),
        **more,
    }


def words_of(pdf: bytes) -> str:
    document = pypdfium2.PdfDocument(pdf)
    return " ".join(page.get_textpage().get_text_range() for page in document)


def test_a_case_is_shared_read_fetched_and_ended(
    enter: Enter, app: Litestar, config: Config, centre: InProcessCentre
) -> None:
    browser = come(enter, "officer")
    at = "/wearers/w_own/shares/new"
    end = Instant(now() + 30 * DAY)
    assert "20 characters" in send(browser, at, **fields(end, purpose="meeting")).text
    assert "at least one thing" in send(browser, at, **fields(end, fields=[])).text
    assert "90 days" in send(browser, at, **fields(Instant(now() + 91 * DAY))).text
    assert "partner&#39;s account" in send(browser, at, **fields(end, whom="Nobody|everybody")).text
    assert send(browser, "/wearers/w_team/shares/new", **fields(end)).status_code == 403
    page = send(browser, at, **fields(end)).text
    (share,) = set(re.findall(r"/shares/(sh_\w+)/vary", page))
    assert "Nobody yet" in page

    browser = enter("partner")
    home = browser.get("/").text
    assert "Demo Alder" in home
    assert PURPOSE in home
    page = browser.get(f"/shared/{share}").text
    assert "X000000" in page
    pack = browser.get(f"/shared/{share}/pack.pdf")
    text = words_of(pack.content)
    assert "Made for STAC; expires" in text
    assert "Demo Alder" in text
    assert "Exclusion zone he was told of (place not shared)" in " ".join(text.split())
    for secret in SECRETS:
        assert secret not in page
        assert secret not in text
    for path in ("/wearers/w_own", "/wearers/w_own/week", "/alerts", "/live", "/shares"):
        assert browser.get(path).status_code == 403

    digest = pack.headers["x-content-sha256"]
    lines = [line for line in audit(config, app) if line.act is Act.DISCLOSURE]
    assert [digest in line.detail for line in lines] == [False, True]
    assert all(line.ids == (share, "w_own") for line in lines)
    browser = come(enter, "officer")
    page = browser.get(f"/shares/{share}").text
    assert digest[:16] in page
    assert "Demo Partner" in page
    assert "Fetched 2 times" in browser.get("/wearers/w_own/shares").text
    send(browser, f"/shares/{share}/vary", seen="1", words="less", **fields(end, fields=["order"]))
    assert "Load it again" in send(browser, f"/shares/{share}/end", seen="1").text
    browser = enter("partner")
    assert "Demo Alder" not in browser.get("/shared").text
    assert "Demo Alder" not in browser.get(f"/shared/{share}").text
    browser = come(enter, "officer")
    assert "reaches nobody" in send(browser, f"/shares/{share}/end", seen="2", words="done").text
    browser = enter("partner")
    assert "Nothing is shared" in browser.get("/shared").text
    ended, unknown = browser.get(f"/shared/{share}"), browser.get("/shared/sh_none")
    assert ended.status_code == unknown.status_code == 404
    assert browser.get(f"/shared/{share}/pack.pdf").status_code == 404
    with centre.projections.connect() as connection:
        assert len(connection.execute(select(case_share_fetch)).all()) == 3


def test_a_share_ends_by_itself_and_its_owner_is_asked_before(
    told: InProcessCentre, enter: Enter
) -> None:
    at = now()
    made = CaseShare(
        share_id=ShareId("sh_1"),
        wearer_id=WearerId("w_hidden"),
        agency="STAC",
        purpose=PURPOSE,
        basis=ShareBasis.MAPPA,
        fields=(ShareField.WHO,),
        made_at=at,
        until=Instant(at + 2 * HOUR),
        at=at,
        by=AccountId("ac_officer"),
    )
    told.record(CaseShared(share=made), at=at)
    told.apply()
    assert "Demo Dogwood" in enter("partner").get("/shared/sh_1").text
    for hours, many in ((0.9, 0), (1.1, 1), (1.9, 1)):
        when = Instant(at + int(hours * HOUR))
        told.record(Tick(at=when, monotonic_us=when), at=when)
        told.apply()
        with told.projections.connect() as connection:
            bodies = connection.scalars(select(schema.notification.c.body))
            found = sum("share_ends" in body for body in bodies)
        assert found == many
    with told.projections.connect() as connection:
        row = case_share.c.over_at
        assert connection.scalar(select(row)) == made.until


def test_programs_give_list_vary_end_and_take_the_same(
    app: Litestar, client: TestClient[Litestar], config: Config, centre: InProcessCentre
) -> None:
    officer = bearer(app, "officer", Role.PRACTITIONER)
    partner = bearer(app, "partner", Role.PARTNER) | {"x-purpose": "partnership"}
    at = "/api/v1/wearers/w_own/shares"
    what = {"purpose": PURPOSE, "basis": "mappa", "until": now() + 30 * DAY}
    given = {"agency": "STAC", "fields": ["who", "order"], **what}
    refused = client.post(at, json=given | {"agency": "Nobody"}, headers=officer)
    assert (refused.status_code, "partner's account" in refused.text) == (422, True)
    other = client.post("/api/v1/wearers/w_team/shares", json=given, headers=officer)
    assert other.status_code == 403
    share = client.post(at, json=given, headers=officer).json()["made_id"]
    for path in ("/api/v1/shares", at):
        (row,) = client.get(path, headers=officer).json()["rows"]
        assert row["share"]["share_id"] == share
    assert client.get("/api/v1/shares", headers=partner).status_code == 403

    (row,) = client.get("/api/v1/shared", headers=partner).json()["rows"]
    assert (row["share_id"], row["name"]) == (share, "Demo Alder")
    assert not set(row) & {"wearer", "by", "fetched"}
    fetch = f"/api/v1/shared/{share}/fetch"
    page, pack = (
        client.post(fetch, json={"form": form}, headers=partner).json() for form in ("page", "pdf")
    )
    for file in (page, pack):
        assert sha256(b64decode(file["content"])).hexdigest() == file["sha256"]
    sections = b64decode(page["content"]).decode()
    assert "X000000" in sections
    text = words_of(b64decode(pack["content"]))
    assert "Made for STAC; expires" in text
    for secret in SECRETS:
        assert secret not in sections
        assert secret not in text
    view = client.get(f"/api/v1/shares/{share}", headers=officer).json()
    taken = [each["sha256"] for each in view["row"]["fetched"]]
    assert sorted(taken) == sorted([page["sha256"], pack["sha256"]])
    lines = [line for line in audit(config, app) if line.act is Act.DISCLOSURE]
    for file, line in zip((page, pack), lines, strict=True):
        assert file["sha256"] in line.detail
        assert line.ids == (share, "w_own")

    less = {"fields": ["order"], "seen": 1, "words": "less", **what}
    vary, end = f"/api/v1/shares/{share}/vary", f"/api/v1/shares/{share}/end"
    assert client.post(vary, json=less, headers=officer).status_code == 200
    assert client.post(vary, json=less, headers=officer).status_code == 409
    (row,) = client.get("/api/v1/shared", headers=partner).json()["rows"]
    assert (row["version"], row["name"]) == (2, None)
    assert client.post(end, json={"seen": 2}, headers=officer).status_code == 200
    assert client.get("/api/v1/shared", headers=partner).json()["rows"] == []
    for name in (share, "sh_none"):
        gone = client.post(f"/api/v1/shared/{name}/fetch", json={}, headers=partner)
        assert gone.status_code == 404
