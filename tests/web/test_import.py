"""A file is uploaded, shown as what it would record, and recorded whole when it is confirmed."""

import json
import re

from sqlalchemy import func, select

from tagwatch.access.audit import Act, Outcome
from tagwatch.access.role import Role
from tagwatch.core.ids import AccountId, WearerId
from tagwatch.core.order import ExclusionZone
from tagwatch.core.units import MINUTE, Instant
from tagwatch.desk.import_reading import Source
from tagwatch.store import schema
from tagwatch.store.database import reading
from tagwatch.web.bring_in import FILE_MOST
from tagwatch.web.uploads import MOST, Uploads
from tests.desk.test_import_drawing import SQUARE, collection, feature, polygon
from tests.desk.test_import_orders import ORDER
from tests.web.conftest import Enter
from tests.web.test_api import bearer
from tests.web.test_register import token
from tests.web.test_routes import audit

HEAD = "ref,name,programme,borough,agency,crn,officer\n"
TWO = HEAD + (
    "N-1,Demo Rowan,stalking,Camden,probation-london,X900001,officer\n"
    "N-2,Demo Yew,other,Hackney,probation-london,X900002,\n"
)


def bring(browser, content: str | bytes, name: str = "C:\\files\\wearers.csv", **fields: str):
    page = browser.get("/import")
    assert page.status_code == 200, page.text
    data = {"_csrf_token": token(page.text), **fields}
    files = {"file": (name, content, "application/x-anything")}
    return browser.post("/import", data=data, files=files)


def confirm(browser, page: str, **changes: str):
    held = re.search(r'name="upload_id" value="(\w+)"', page)
    assert held, page
    data = {"_csrf_token": token(page), "upload_id": held[1], **changes}
    return browser.post("/import/confirm", data=data, follow_redirects=False)


def plainly(page: str) -> str:
    """The page without what differs each time."""
    return re.sub(r'(value|data-[a-z]*marker)="[^"]*"|As of [^<]*', "", page)


def names(centre) -> set[str]:
    return {one.name for one in centre.line.state.register.wearers.values()}


def records(centre) -> int:
    return centre.writer.head().seq


def test_a_table_is_shown_and_recorded_whole_when_confirmed(
    enter: Enter, app, config, centre
) -> None:
    officer, before = enter("officer"), records(centre)
    shown = bring(officer, TWO)
    assert shown.status_code == 200
    assert "wearers.csv: wearers, as a table" in shown.text
    assert "<strong>2</strong> × wearer" in shown.text
    assert "1 wearer without a responsible officer" in shown.text
    assert records(centre) == before, "nothing is recorded before it is confirmed"
    assert confirm(officer, shown.text).headers["location"] == "/import?done=saved"
    assert names(centre) >= {"Demo Rowan", "Demo Yew"}
    assert records(centre) == before + 2
    (line,) = [one for one in audit(config, app) if one.question == "record_import"]
    assert (line.act, line.by, len(line.ids)) == (Act.COLLECTION, "ac_officer", 2)
    assert "2 records" in line.detail
    gone = confirm(officer, shown.text)
    assert (gone.status_code, "not kept any more" in gone.text) == (422, True)
    assert "This file changes nothing" in bring(officer, TWO).text


def test_with_one_mistake_nothing_can_be_confirmed(enter: Enter, centre) -> None:
    officer, before = enter("officer"), records(centre)
    found = bring(officer, TWO.replace("Hackney,", "Hackney,,", 1).replace("stalking", "knives"))
    assert found.status_code == 422
    assert "wearers.csv has 2 mistakes" in found.text
    assert "row 2, programme" in found.text
    assert "row 3, agency" in found.text
    assert "upload_id" not in found.text
    for content, says in ((b"\x89PNG\r\n", "no UTF-8"), (b"", "it is empty")):
        assert says in bring(officer, content).text
    assert "larger than 4 MB" in bring(officer, b"x" * (FILE_MOST + 1)).text
    assert bring(officer, b"x" * (FILE_MOST + (1 << 20))).status_code == 413
    assert records(centre) == before


def test_what_the_role_or_the_scope_does_not_allow_is_refused(enter: Enter, centre) -> None:
    officer, before = enter("officer"), records(centre)
    foreign = bring(officer, TWO.replace("probation-london", "probation-kent"))
    assert "enters wearers of the own agency only" in foreign.text
    order = {"tagwatch_import": 1, "no_contacts": [
        {"ref": "x", "order": "id:o_w_other", "label": "n", "other": "id:w_own"}]}  # fmt: skip
    assert "no order &#39;id:o_w_other&#39;" in bring(officer, json.dumps(order)).text
    contact = {"tagwatch_import": 1, "contacts": [
        {"ref": "x", "label": "n", "duty": "police", "channel": "in_app"}]}  # fmt: skip
    assert "your role does not" in bring(officer, json.dumps(contact)).text
    assert bring(enter("operator"), json.dumps(contact)).status_code == 200
    unseen = {"tagwatch_import": 1, "exclusion_zones": [
        {"ref": "id:c_secret", "order": "id:o_w_own", "label": "n", "knowledge": "told",
         "disc": {"centre": [-0.1, 51.5], "radius_m": 300}}]}  # fmt: skip
    nothing = {**unseen, "exclusion_zones": [{**unseen["exclusion_zones"][0], "ref": "id:c_none"}]}
    told = [bring(enter("colleague"), json.dumps(each)).text for each in (unseen, nothing)]
    assert plainly(told[0]).replace("c_secret", "c_none") == plainly(told[1])
    assert enter("police").get("/import").status_code == 403
    assert records(centre) == before


def test_a_reference_of_a_hidden_record_is_answered_like_one_of_none(enter: Enter, centre) -> None:
    officer, before = enter("officer"), records(centre)
    named = [TWO.replace("N-1", f"id:{name}") for name in ("w_other", "w_nobody")]
    told = [plainly(bring(officer, each).text) for each in named]
    assert told[0].replace("w_other", "w_nobody") == told[1]
    assert "Demo Cedar" not in told[0]
    assert confirm(officer, bring(officer, named[0]).text).status_code == 303
    assert records(centre) == before + 2
    assert centre.line.state.register.wearers[WearerId("w_other")].name == "Demo Cedar"
    again = bring(officer, named[0]).text
    assert "upload_id" not in again, "twice is once"


def test_what_changed_since_it_was_shown_is_shown_again(enter: Enter, centre) -> None:
    officer = enter("officer")
    shown = bring(officer, TWO).text
    one = HEAD + TWO.splitlines()[1] + "\n"
    other = enter("administrator")
    assert confirm(other, bring(other, one).text).status_code == 303
    officer = enter("officer")
    fresh = token(officer.get("/import").text)
    assert confirm(officer, shown, upload_id="0" * 32, _csrf_token=fresh).status_code == 422
    again = confirm(officer, shown, _csrf_token=fresh)
    assert again.status_code == 422
    assert "the register changed since the preview was made" in again.text
    assert "<strong>1</strong> × wearer" in again.text
    assert "Demo Yew" not in names(centre)
    assert confirm(officer, again.text).status_code == 303
    assert "Demo Yew" in names(centre)


def test_zones_of_a_drawing_join_the_order_and_secret_ones_wait(enter: Enter, centre) -> None:
    officer = enter("officer")
    reference = centre.line.state.register.orders["o_w_own"].reference
    data = collection(
        feature(polygon(SQUARE), name="School"),
        feature(polygon(SQUARE), name="Refuge", knowledge="secret"),
    )
    missing = bring(officer, data)
    assert "Say to which order the zones of this drawing belong" in missing.text
    shown = bring(officer, data, "zones.geojson", order=reference, knowledge="told").text
    assert "waits for a second person to publish it" in shown
    assert "told, 0.46" in shown
    assert confirm(officer, shown).status_code == 303
    versions = centre.line.state.register.conditions_of(WearerId("w_own"))
    labels = {v.terms.label for v in versions if isinstance(v.terms, ExclusionZone)}
    assert "School" in labels
    assert "Refuge" not in labels, "nobody has published it"
    assert "Refuge" in officer.get("/zone-drafts").text
    again = bring(officer, data, order=reference, knowledge="told").text
    assert "This file changes nothing" in again
    assert "a secret zone waits already, drawn as this file says" in again
    moved = data.replace(b"51.536", b"51.537")
    refused = bring(officer, moved, order=reference, knowledge="told").text
    assert "a drawing of it waits for a second person already" in refused


def test_orders_in_the_ministrys_form_leave_places_to_be_drawn(enter: Enter, centre) -> None:
    officer = enter("officer")
    crn = centre.line.state.register.wearers["w_own"].crn
    order = {**ORDER, "device_wearer": {**ORDER["device_wearer"], "delius_id": crn}}
    shown = bring(officer, json.dumps(order), "order.json").text
    assert "2 places in words only" in shown
    assert "Her street and the park" in shown
    assert confirm(officer, shown).status_code == 303
    with reading(centre.projections) as connection:
        assert connection.scalar(select(func.count()).select_from(schema.geometry_need)) == 2


def test_the_api_shows_first_and_records_what_it_showed(app, client, centre) -> None:
    headers = bearer(app, "officer", Role.PRACTITIONER)
    checked = client.post("/api/v1/imports/check", json={"content": TWO}, headers=headers).json()
    assert checked["counts"] == [["Wearer", 2]]
    assert checked["mistakes"] == []
    body = {"content": TWO, "seen": "other"}
    refused = client.post("/api/v1/imports/record", json=body, headers=headers)
    assert (refused.status_code, "new preview" in refused.text) == (409, True)
    body["seen"] = checked["digest"]
    assert client.post("/api/v1/imports/record", json=body, headers=headers).status_code == 200
    assert "Demo Yew" in names(centre)
    wrong = {"content": HEAD + "a,b\n"}
    found = client.post("/api/v1/imports/check", json=wrong, headers=headers).json()
    assert found["mistakes"][0]["where"].startswith("row 2")
    strange = client.post("/api/v1/imports/check", json={**wrong, "x": 1}, headers=headers)
    assert strange.status_code == 422


def test_what_is_refused_is_on_the_audit(enter: Enter, app, config) -> None:
    officer = enter("officer")
    confirm(officer, bring(officer, TWO).text, upload_id="f" * 32)
    lines = [one for one in audit(config, app) if one.question.endswith("_import")]
    assert [one.outcome for one in lines] == [Outcome.ANSWERED, Outcome.REFUSED]


def test_a_file_that_was_shown_outlasts_a_restart_sealed_for_its_officer_and_not_for_ever(
    tmp_path,
) -> None:
    at, own = Instant(10**15), AccountId("ac_officer")
    first = Uploads(tmp_path / "uploads", at)
    kept = first.keep(own, "a.csv", Source(TWO.encode(), "o_1", "told"), "d", at)
    other = first.keep(AccountId("ac_other"), "b.csv", Source(b"x"), "e", at)
    on_disk = [path.read_bytes() + path.name.encode() for path in (tmp_path / "uploads").iterdir()]
    assert len(on_disk) == 2
    assert not any(w in b"".join(on_disk) for w in (b"Rowan", b"ac_", kept.upload_id.encode()))
    again = Uploads(tmp_path / "uploads", at)
    assert again.find(own, kept.upload_id, at) == kept
    assert again.find(own, other.upload_id, at) is None, "another's"
    assert again.find(own, "0" * 64, at) is None
    newer = again.keep(own, "c.csv", Source(b"y"), "f", at)
    assert again.find(own, kept.upload_id, at) is None, "the last one counts"
    late = Instant(at + 31 * MINUTE)
    assert again.find(own, newer.upload_id, late) is None
    assert list((tmp_path / "uploads").iterdir()) == []
    many = [
        again.keep(AccountId(f"ac_{n}"), "m", Source(b"z"), "g", Instant(late + n))
        for n in range(MOST + 1)
    ]
    assert again.find(AccountId("ac_0"), many[0].upload_id, late) is None
    assert again.find(AccountId("ac_1"), many[1].upload_id, late) == many[1]
