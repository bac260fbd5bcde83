"""Retention: tried before it is published, and the proof of an erasure as page, data and paper."""

import pypdfium2

from tagwatch.access.enrolment import now
from tagwatch.core.ids import WearerId
from tagwatch.core.ledger import ForgettingBegun, ForgettingProved, OrderRecorded
from tagwatch.core.recorded_erasure import DestroyedKey, ErasureProof, Trace
from tagwatch.core.units import DAY, Instant
from tests.web import sample
from tests.web.conftest import Enter
from tests.web.test_alert import token

PERIODS = {
    "order_months": "12",
    "fixes_months": "72",
    "bundle_months": "36",
    "quarantine_months": "12",
    "crime_file_months": "72",
    "backup_days": "90",
}


def test_periods_are_tried_and_published_with_a_reason(enter: Enter, centre) -> None:
    order = sample.order("w_team")
    ended = Instant(now() - 800 * DAY)
    changed = type(order)(
        **{f: getattr(order, f) for f in order.__struct_fields__}
        | {"starts_at": Instant(ended - DAY), "ends_at": ended}
    )
    centre.record(OrderRecorded(order=changed, by=sample.BY), at=now())
    centre.apply()
    browser = enter("administrator")
    page = browser.get("/retention").text
    assert "72 months after the end of his last order" in page
    assert "An alert about him is not closed." not in page
    tried = browser.get("/retention", params=PERIODS).text
    assert "Would be forgotten today" in tried
    assert "Demo Birch" in tried
    assert "An alert about him is not closed." in tried
    wrong = browser.get("/retention", params=PERIODS | {"order_months": "x"}).text
    assert "enter a whole number" in wrong
    form = PERIODS | {"version": "0", "_csrf_token": token(browser, "/retention")}
    assert browser.post("/retention", data=form).status_code == 422, "no reason"
    done = browser.post("/retention", data=form | {"why": "policy 7"}, follow_redirects=True)
    assert "policy 7" in done.text
    assert "Demo Birch" in done.text
    late = browser.post("/retention", data=form | {"why": "policy 8"})
    assert late.status_code == 422
    assert "meanwhile" in late.text
    assert enter("officer").get("/retention").status_code in (403, 404)


def test_the_proof_of_an_erasure_is_page_data_and_paper(enter: Enter, centre) -> None:
    key = DestroyedKey(
        key_id=7, owner_kind=2, owner_id="w_gone", data_class=11, period="2020-11", records=3
    )
    proof = ErasureProof(keys=(key,), head_seq=9, head_digest="ab" * 32, tables=(("wearer", 0),))
    trace = Trace(wearer_id=WearerId("w_gone"))
    begun = ForgettingBegun(
        forgetting_id="fg_1", trace=trace, at=now(), reason="period over", by=sample.BY
    )
    centre.record(begun, ForgettingProved(forgetting_id="fg_1", at=now(), proof=proof), at=now())
    centre.apply()
    browser = enter("administrator")
    assert "w_gone" in browser.get("/retention").text
    page = browser.get("/retention/fg_1").text
    assert "pictures 2020-11" in page
    assert "abababab" in page
    paper = browser.get("/retention/fg_1/certificate")
    text = "".join(
        each.get_textpage().get_text_range() for each in pypdfium2.PdfDocument(paper.content)
    )
    assert "Certificate of erasure" in text
    assert "wearer w_gone" in text
    assert browser.get("/retention/fg_no").status_code == 404
