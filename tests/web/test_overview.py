"""The pages of a week: what they show to whom, the paper, the digest, what goes on the audit."""

import csv
import re
from datetime import timedelta
from io import StringIO

import msgspec
from litestar import Litestar

from tagwatch.access.audit import Act
from tagwatch.access.enrolment import now
from tagwatch.config import Config
from tagwatch.core.ids import WearerId
from tagwatch.core.units import DAY
from tagwatch.report.paper import typeset
from tagwatch.report.week.brief import row_of
from tagwatch.report.week.facts import last_week, week_from
from tagwatch.report.week.overview import DigestRow, Overview, Said
from tagwatch.report.week.paper import paper
from tagwatch.store.overviews import Kind, Overviews
from tests.report.week_scene import Scene
from tests.web.conftest import Enter
from tests.web.test_document import text_of
from tests.web.test_question import state_purpose
from tests.web.test_rehearsal import purposeful
from tests.web.test_routes import audit

OWN = WearerId("w_own")
SECRETS = ("Rose Cottage", "c_secret", "18:06", "18:24")


def monday() -> str:
    return last_week(now()).isoformat()


def kept(config: Config) -> Overview:
    """Keep the week of a scene as that of `w_own`, with its paper and a digest of three."""
    made = msgspec.structs.replace(Scene(last_week(now())).overview(), wearer_id=OWN)
    folder, content = Overviews(config.overviews_folder), msgspec.json.encode(made)
    folder.put(OWN, monday(), Kind.WEEK, content)
    folder.put(OWN, monday(), Kind.PDF, typeset(paper(made)))
    rows = [row_of(made, monday(), "0" * 64)]
    for name, said in (("w_team", "Quieter."), ("w_other", "=Far off.")):
        changed = (Said(sentence=said, surprise=9.0 if name == "w_other" else 1.0),)
        rows.append(
            DigestRow(wearer_id=WearerId(name), monday=monday(), sha256="", changed=changed)
        )
    folder.put_digest(monday(), b"".join(msgspec.json.encode(row) + b"\n" for row in rows))
    return made


def test_the_week_as_it_was_made_with_its_map_and_its_paper(
    enter: Enter, app: Litestar, config: Config
) -> None:
    made = kept(config)
    browser = purposeful(enter, "officer")
    page = browser.get(f"/wearers/w_own/week?from={monday()}").text
    assert "As it was known when it was made" in page
    for said in (
        "2 nights not at the usual place", "in 1 of the last 8 weeks", "Rose Cottage", "<svg",
        "Mallow flat", "2,130 min", "465 min", "765 min", "true breach", "Cannot say",
        "What this cannot say",
    ):  # fmt: skip
        assert said in page, said
    assert audit(config, app)[-1].question == "week"
    answer = browser.get(f"/wearers/w_own/week.pdf?from={monday()}")
    line = audit(config, app)[-1]
    assert (line.act, line.question, line.ids) == (Act.DISCLOSURE, "week_pdf", (OWN,))
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.content == typeset(paper(made))
    assert b"pdfuaid" in answer.content
    assert "Rose Cottage" in text_of(answer.content)


def test_a_secret_place_is_in_nothing_that_others_get(enter: Enter, config: Config) -> None:
    kept(config)
    browser = purposeful(enter, "colleague")
    state_purpose(browser, "w_own")
    page = browser.get(f"/wearers/w_own/week?from={monday()}").text
    asked = {"x-purpose": "supervision", "x-task": "his officer is away"}
    data = browser.get(f"/api/v1/wearers/w_own/week?from={monday()}", headers=asked).text
    content = browser.get(f"/wearers/w_own/week.pdf?from={monday()}").content
    digest = browser.get("/weeks").text + browser.get(f"/weeks/{monday()}.csv").text
    digest += text_of(browser.get(f"/weeks/{monday()}.pdf").content)
    for text in (page, data, text_of(content), digest):
        for secret in SECRETS:
            assert secret not in text, secret
    assert "1 place that your account may not know" in page
    assert "Mallow flat" in page


def test_the_digest_is_sorted_by_surprise_within_scope(
    enter: Enter, app: Litestar, config: Config
) -> None:
    kept(config)
    browser = purposeful(enter, "officer")
    page = browser.get("/weeks").text
    assert page.index("Demo Alder") < page.index("Demo Birch")
    assert "Demo Cedar" not in page, "another agency's"
    assert "1 absence from Mallow flat (confirmed)" in page
    rows = list(csv.DictReader(StringIO(browser.get(f"/weeks/{monday()}.csv").text)))
    assert [row["WEARER"] for row in rows] == ["Demo Alder", "Demo Birch"]
    assert rows[0]["CONFIRMED"] == "1"
    looked, left = [line for line in audit(config, app) if line.question == "weeks"]
    assert (looked.act, left.act) == (Act.CONSULTATION, Act.DISCLOSURE)
    assert set(left.ids) == {"w_own", "w_team"}
    paper_of_all = browser.get(f"/weeks/{monday()}.pdf")
    assert audit(config, app)[-1].act is Act.DISCLOSURE
    assert b"pdfuaid" in paper_of_all.content
    said = text_of(paper_of_all.content)
    assert said.index("Demo Alder") < said.index("Demo Birch")
    assert "1 absence from Mallow flat (confirmed)" in said
    assert "Demo Cedar" not in said
    told = browser.get("/api/v1/weeks", headers={"x-purpose": "supervision"}).json()
    assert [row["row"]["wearer_id"] for row in told["rows"]] == ["w_own", "w_team"]
    other = purposeful(enter, "outsider")
    assert "'=Far off." in other.get(f"/weeks/{monday()}.csv").text, "no formula"
    assert "No weekly overviews" not in other.get("/weeks/2020-01-06").text
    assert "Nobody within your scope" in other.get("/weeks/2020-01-06").text
    assert [other.get(f"/weeks/{name}").status_code for name in ("0", "x.csv", "0001-01-01")] == [
        404
    ] * 3


def test_a_window_that_is_none_is_said_and_the_last_week_shown(
    enter: Enter, config: Config
) -> None:
    kept(config)
    browser = purposeful(enter, "officer")
    for query, said in (
        ("from=2026-13-01", "is no day"),
        ("from=2026-03-09&until=2026-03-02", "must not lie before"),
        ("from=2026-03-02&until=2026-04-12", "five weeks at the most"),
        ("from=2199-01-01", "lies ahead"),
    ):
        answer = browser.get(f"/wearers/w_own/week?{query}")
        assert (answer.status_code, said in answer.text) == (422, True), query
        api = browser.get(
            f"/api/v1/wearers/w_own/week?{query}", headers={"x-purpose": "supervision"}
        )
        assert api.status_code == 422, query
        assert browser.get(f"/wearers/w_own/week.pdf?{query}").status_code == 422


def test_the_days_of_this_week_are_worked_out_and_said_to_be_part(enter: Enter) -> None:
    browser = purposeful(enter, "officer")
    first = last_week(now()) + timedelta(days=7)
    page = browser.get(f"/wearers/w_own/week?from={first.isoformat()}").text
    if now() - DAY >= week_from(first)[0]:
        newly = browser.get("/wearers/w_own/week").text
        assert "The week is not over" in newly, "a tag since yesterday: nothing of last week"
    assert "As it is known now" in page
    assert "The week is not over" in page
    assert "to come" in page.lower()
    assert "told zone" in page


def test_before_any_was_made_the_page_says_so(enter: Enter) -> None:
    browser = purposeful(enter, "officer")
    assert "No weekly overviews were made yet" in browser.get("/weeks").text
    assert "week from" not in browser.get("/monday").text.lower().split("</h1>")[1][:400]


def test_everybody_chooses_for_himself_whether_he_is_told(enter: Enter) -> None:
    browser = purposeful(enter, "officer")
    asked = {"x-purpose": "supervision"}
    token = re.search(r'name="_csrf_token" value="([^"]+)"', browser.get("/weeks").text)
    assert token
    choice = {"_csrf_token": token[1], "wanted": "yes"}
    page = browser.post("/weeks/notice", data=choice, follow_redirects=True).text
    assert "You are told each Monday" in page
    assert browser.get("/api/v1/week-notice", headers=asked).json()["wanted"] is True
    assert "You are not told" in purposeful(enter, "colleague").get("/weeks").text
