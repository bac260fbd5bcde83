"""The audit viewer: filters, paging that stands still, one line with its proof, files, own page."""

import base64
import csv
import hashlib
import io
import re
from typing import Any

import msgspec
from litestar import Litestar

from tagwatch.access.audit import Act, AuditLine
from tagwatch.access.audit_index import caught_up, index_file
from tagwatch.access.enrolment import now
from tagwatch.access.role import MATRIX, Role
from tagwatch.config import Config
from tagwatch.core.ids import AccountId
from tagwatch.core.units import HOUR, Instant
from tagwatch.engine.batch_audit import BY, line
from tagwatch.query.audit import AuditSearch, audit_lines
from tagwatch.store.journal.proof import InclusionProof, Verdict, check
from tagwatch.store.journal.record import Head
from tests.web.conftest import Enter
from tests.web.test_routes import audit

START = Instant(now() - HOUR)


def kept(app: Litestar, count: int = 120, start: Instant = START) -> None:
    """Lines of an hour ago: every third is about one wearer, every fourth a colleague's."""
    app.state.foundation.audit.send(
        *(
            AuditLine(
                at=Instant(start + number),
                by="ac_colleague" if number % 4 == 0 else "ac_officer",
                role="practitioner",
                act=Act.CONSULTATION,
                question="wearer",
                purpose="supervision",
                purpose_words=f"=visit {number}",
                ids=("w_own",) if number % 3 == 0 else ("w_team",),
                address="10.1.2.3",
            )
            for number in range(count)
        )
    ).result(60)


def numbers(page: str) -> list[int]:
    return [int(each) for each in re.findall(r'/audit/lines/web/(\d+)"', page)]


def test_pages_stand_still_while_lines_come_in(enter: Enter, app: Litestar) -> None:
    kept(app)
    browser = enter("administrator")
    first = browser.get("/audit?question=wearer").text
    older = re.search(r'href="(/audit\?[^"]*before=[^"]+)"', first)
    assert older
    kept(app, 30, now())  # meanwhile
    second = browser.get(older[1].replace("&amp;", "&")).text
    both = numbers(first) + numbers(second)
    assert len(both) == len(set(both)) == 100
    assert both == sorted(both, reverse=True)


def test_each_filter_leaves_what_fits(enter: Enter, app: Litestar) -> None:
    kept(app)
    browser = enter("administrator")
    wanted = {
        "who=demo colleague": 30,
        "who=ac_colleague": 30,
        "about=w_own": 40,
        "about=w_own&who=ac_colleague": 10,
        "question=wearer&q=visit 11": 11,
        "agency=probation-kent": 0,
        "purpose=supervision&role=practitioner&address=10.1.2.3&q=visit 7": 11,
        "act=ERASURE": 0,
        "outcome=REFUSED&question=wearer": 0,
        "stream=web&until=2000-01-01": 0,
    }
    found = {asked: len(numbers(browser.get(f"/audit?{asked}").text)) for asked in wanted}
    assert found == wanted


def test_a_line_is_opened_with_its_proof(enter: Enter, app: Litestar) -> None:
    kept(app)
    browser = enter("administrator")
    seq = numbers(browser.get("/audit?about=w_own").text)[0]
    page = browser.get(f"/audit/lines/web/{seq}").text
    assert "=visit 117" in page
    assert "10.1.2.3" in page
    assert "Purpose stated: {" not in page
    shown = re.search(r"<pre[^>]*>(.*?)</pre>", page, re.DOTALL)
    assert shown
    proof = msgspec.json.decode(shown[1].replace("&#34;", '"'), type=InclusionProof)
    assert proof.seq == seq
    assert check(proof, Head(proof.head_seq, proof.head)) is Verdict.PROVED
    assert browser.get("/audit/lines/web/999999").status_code == 404
    assert browser.get("/audit/lines/nowhere/1").status_code == 404


def test_files_say_the_same_and_are_disclosures_with_digest(
    enter: Enter, app: Litestar, config: Config
) -> None:
    kept(app)
    browser = enter("administrator")
    table = browser.get("/audit/lines.csv?about=w_own")
    rows = list(csv.DictReader(io.StringIO(table.text)))
    lines = browser.get("/audit/lines.jsonl?about=w_own").content.splitlines()
    assert len(rows) == len(lines) == 40
    assert rows[0]["reason"] == "'=visit 117"  # no formula
    assert msgspec.json.decode(lines[0])["reason"] == "=visit 117"
    assert rows[0]["name"] == "Demo Officer"
    made = [line for line in audit(config, app) if line.question == "audit_export"]
    assert [line.act for line in made] == [Act.DISCLOSURE] * 2
    assert hashlib.sha256(table.content).hexdigest() in made[0].detail
    assert "about=w_own" in made[0].detail


def test_the_index_is_made_anew_and_keeps_no_words(app: Litestar, config: Config) -> None:
    kept(app)
    before = audit_lines(config, AuditSearch(about="w_own"))
    assert b"visit" not in index_file(config).read_bytes()
    index_file(config).unlink()
    with caught_up(config, 50) as (_, whole):
        assert not whole
    assert audit_lines(config, AuditSearch(about="w_own")) == before


def test_the_officer_of_the_case_sees_who_looked_and_nobody_else_does(
    enter: Enter, app: Litestar
) -> None:
    kept(app)
    app.state.foundation.audit.record(line(Act.COMBINATION, "crime_matched", ("w_own",)))
    page = enter("officer").get("/wearers/w_own/looks", headers={"x-purpose": "supervision"})
    assert page.status_code == 200, page.text
    assert re.search(r"Demo Colleague.*?<td[^>]*>10</td>", page.text, re.DOTALL)
    assert "visit" not in page.text
    assert BY not in page.text, "what is done by itself is nobody's look"
    refused = enter("colleague").get("/wearers/w_own/looks", headers={"x-purpose": "supervision"})
    assert (refused.status_code, "10</td>" in refused.text) == (403, False)
    assert enter("outsider").get("/wearers/w_own/looks").status_code == 404
    assert enter("administrator").get("/wearers/w_own/looks").status_code == 403


def test_programs_search_prove_and_take_along_the_same(app: Litestar, client: Any, config) -> None:
    kept(app)
    sign_in, verbs = app.state.foundation.sign_in, tuple(MATRIX[Role.ADMINISTRATOR])
    token = sign_in.issue_token(AccountId("ac_administrator"), "test", verbs, now() + HOUR)

    def ask(path: str, status: int = 200) -> Any:
        headers = {"authorization": f"Bearer {token}"}
        found = client.get(f"/api/v1/audit{path}", headers=headers)
        assert found.status_code == status, found.text
        return found.json()

    first = ask("?question=wearer&who=demo officer")
    second = ask(f"?question=wearer&who=demo officer&before={first['older']}")
    both = [row["number"] for page in (first, second) for row in page["rows"]]
    assert len(both) == len(set(both)) == 90
    assert (first["rows"][0]["name"], first["rows"][0]["act"]) == ("Demo Officer", "consultation")
    assert second["older"] == ""
    line = ask(f"/lines/web/{both[0]}")
    proof = msgspec.convert(line["proof"], type=InclusionProof)
    assert check(proof, Head(proof.head_seq, proof.head)) is Verdict.PROVED
    assert ask("/lines/web/999999", 404)["error"] == "Not found"
    made = ask("/export?format=jsonl&about=w_own")
    content = base64.b64decode(made["content"])
    assert (made["lines"], len(content.splitlines())) == (40, 40)
    assert hashlib.sha256(content).hexdigest() == made["sha256"]
    assert "none of" in ask("?act=looking", 422)["detail"]
    assert "2026-11-22" in ask("?since=monday", 422)["detail"]
    assert "older" in ask("?before=x", 422)["detail"]
    told = [line.question for line in audit(config, app) if line.by == "ac_administrator"]
    assert told[:5] == ["audit", "audit", "audit_line", "audit_line", "audit_export"]
