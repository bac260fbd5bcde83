"""A trail leaves as a file: who may, what the audit keeps of it, and what the page says."""

from base64 import b64decode
from hashlib import sha256

import msgspec
import pytest
from litestar import Litestar

from tagwatch.access.audit import Act
from tagwatch.access.enrolment import now
from tagwatch.config import Config
from tagwatch.core.units import DAY, Instant, iso
from tagwatch.report.trail_file import TrailFormat
from tests.web.conftest import Enter
from tests.web.test_rehearsal import purposeful
from tests.web.test_routes import audit

PAGE = "/wearers/w_own/trail/export"


def test_every_format_is_handed_out_and_on_the_audit_with_its_digest(
    enter: Enter, app: Litestar, config: Config
) -> None:
    browser = purposeful(enter, "officer")
    assert "Your purpose: to supervise the wearer" in browser.get(PAGE).text
    for kind in TrailFormat:
        answer = browser.get(f"{PAGE}?format={kind}")
        assert answer.status_code == 200
        assert 'attachment; filename="trail-w_own-' in answer.headers["content-disposition"]
        digest = sha256(answer.content).hexdigest()
        assert answer.headers["x-content-sha256"] == digest
        line = audit(config, app)[-1]
        assert (line.act, line.question, line.ids) == (Act.DISCLOSURE, "trail_export", ("w_own",))
        assert (line.purpose, digest in line.detail) == ("supervision", True)
    asked = {"x-purpose": "disclosure", "x-task": "subject access 7"}
    told = browser.get(f"/api/v1{PAGE}?format=csv", headers=asked).json()
    content = b64decode(told["content"])
    assert sha256(content).hexdigest() == told["file"]["sha256"]
    assert len(content.splitlines()) == told["file"]["fixes"] + 1 > 2


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("from=2026-02-02", "format must be one of"),
        ("format=shapefile", "format must be one of"),
        ("format=gpx&from=yesterday", "is no day"),
        ("format=gpx&from=2026-02-02&to=2026-01-01", "must end after it begins"),
        ("format=gpx&from=2020-01-01&to=2021-01-01", "within 92 days"),
        ("format=gpx&from=1800-01-01&to=1800-01-02", "between 1990 and 2199"),
    ],
)
def test_what_cannot_be_asked_is_said_and_nothing_leaves(
    enter: Enter, app: Litestar, config: Config, query: str, said: str
) -> None:
    browser = purposeful(enter, "officer")
    answer = browser.get(f"{PAGE}?{query}")
    assert (answer.status_code, said in answer.text) == (422, True)
    assert browser.get(f"/api/v1{PAGE}?{query}").status_code in (403, 422)
    assert not [line for line in audit(config, app) if line.act is Act.DISCLOSURE]


def test_a_day_is_a_day_of_london_and_an_instant_is_exact(enter: Enter) -> None:
    browser = purposeful(enter, "officer")

    def fixes(first: str, last: str) -> int:
        found = browser.get(f"{PAGE}?format=geojson&from={first}&to={last}")
        return len(msgspec.json.decode(found.content)["features"])

    end = now()
    everything = fixes(iso(Instant(end - 3 * DAY)), iso(end))
    assert everything > 0
    assert fixes(iso(Instant(end - 40 * DAY)), iso(Instant(end - 39 * DAY))) == 0
    first = iso(Instant(end - 3 * DAY))[:10]
    assert fixes(first, iso(Instant(end + DAY))[:10]) == everything
